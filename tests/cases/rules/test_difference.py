"""What would change, told one way for each change; the same judgement twice changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from cases.rules.difference import Difference, Gist, Totals, gist_of
from cases.rules.judgement import conclude
from cases.rules.measures import report_of
from cases.rules.terms import Likelihood, Urgency
from tests.cases.rules.reports import TODAY, report_with
from tests.cases.rules.strategies import odd_answers

QUIET = Gist(Urgency.ROUTINE, frozenset({"C2"}), Likelihood.LIKELY, {"overuse": "low", "muscle_imbalance": "moderate"})


def changed(**to: object) -> Difference:
    return Difference(QUIET, Gist(**{**vars(QUIET), **to}))


@given(odd_answers)
def test_the_same_judgement_changes_nothing(answers: dict[str, Any]):
    gist = gist_of(conclude(report_of(answers, TODAY)))

    assert not Difference(gist, gist_of(conclude(report_of(answers, TODAY))))


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ({"urgency": Urgency.SAME_DAY}, {"urgency": "routine -> same_day", "urgency_goes": "up"}),
        ({"flags": frozenset({"C2", "S10", "S3"})}, {"flags_gained": ["S3", "S10"]}),
        ({"flags": frozenset()}, {"flags_lost": ["C2"]}),
        ({"likelihood": Likelihood.UNCERTAIN}, {"likelihood": "likely -> uncertain"}),
        ({"causes": {"overuse": "low"}}, {"causes_lost": ["muscle_imbalance"]}),
        ({"causes": {**QUIET.causes, "movement_dysfunction": "low"}}, {"causes_gained": ["movement_dysfunction"]}),
        ({"causes": {"muscle_imbalance": "moderate", "overuse": "low"}}, {"reordered": True}),
        (
            {"causes": {"overuse": "moderate", "muscle_imbalance": "moderate"}},
            {"confidence": {"overuse": "low -> moderate"}},
        ),
    ],
)
def test_each_change_is_told_and_nothing_else(to: dict[str, object], told: dict[str, object]):
    difference = changed(**to)
    nothing = Difference(QUIET, QUIET).as_data()

    assert difference
    assert difference.as_data() == {**nothing, **told}


def test_urgency_goes_down_by_its_order_and_not_by_its_letters():
    urgent = Gist(**{**vars(QUIET), "urgency": Urgency.EMERGENCY})

    assert Difference(urgent, QUIET).urgency == "down"


def test_a_cause_gained_in_front_is_no_new_order_of_the_others():
    assert not changed(causes={"movement_dysfunction": "high", **QUIET.causes}).reordered


def test_totals_count_each_way_once_for_each_report():
    totals = Totals()
    totals.add(changed(flags=frozenset({"S3"}), urgency=Urgency.SAME_DAY), judged_by="2026.10")
    totals.add(changed(causes={}), judged_by="2026.10")
    totals.add(Difference(QUIET, QUIET), judged_by="2026.11")

    assert totals.as_data() == {
        "read": 3,
        "changed": 2,
        "judged_by": {"2026.10": 2, "2026.11": 1},
        "changes": {
            "cause lost: muscle_imbalance": 1,
            "cause lost: overuse": 1,
            "flag gained: S3": 1,
            "flag lost: C2": 1,
            "urgency up": 1,
        },
    }


def test_a_judgement_is_cut_down_to_what_can_be_compared():
    gist = gist_of(conclude(report_with(knee_moves_inward="yes")))

    assert gist == Gist(Urgency.ROUTINE, frozenset(), Likelihood.LIKELY, {"movement_dysfunction": "low"})
