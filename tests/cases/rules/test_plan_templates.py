"""What a plan proposes for each finding (reference 8.3)."""

from __future__ import annotations

import json
import re
from itertools import combinations

import pytest

from cases.rules.plan_templates import LOAD_RULES, NEEDLING_ITEM, NEEDLING_PATIENT_TEXT, PLAN_ITEMS, template_for
from cases.rules.terms import FoundCause, Intervention

ALWAYS = ["T1", "T2", "T3"]


@pytest.mark.parametrize(
    ("causes", "runs", "expected"),
    [
        (set(), False, ALWAYS),
        ({FoundCause.OTHER}, True, [*ALWAYS, "T12"]),
        ({FoundCause.OVERUSE}, False, [*ALWAYS, "T4"]),
        ({FoundCause.OVERUSE}, True, [*ALWAYS, "T12", "T4", "T5"]),
        ({FoundCause.MOVEMENT_DYSFUNCTION}, True, [*ALWAYS, "T12", "T6", "T7"]),
        ({FoundCause.MUSCLE_IMBALANCE}, False, [*ALWAYS, "T8"]),
        ({FoundCause.MOBILITY_CONTRIBUTOR}, False, [*ALWAYS, "T9", "T10"]),
        ({FoundCause.OVERUSE, FoundCause.MUSCLE_IMBALANCE}, False, [*ALWAYS, "T4", "T8"]),
    ],
)
def test_each_finding_adds_its_items(causes, runs, expected):
    assert [item.id for item in template_for(causes, runs=runs)] == expected


def test_every_plan_has_education_load_and_strength_and_none_has_needling():
    for size in range(len(FoundCause) + 1):
        for causes in combinations(FoundCause, size):
            proposed = {item.intervention for item in template_for(causes, runs=True)}

            assert proposed >= {Intervention.EDUCATION, Intervention.LOAD_MANAGEMENT, Intervention.STRENGTHENING}
            assert Intervention.DRY_NEEDLING not in proposed


@pytest.mark.parametrize("item", [*PLAN_ITEMS, NEEDLING_ITEM], ids=lambda item: item.id)
def test_every_item_is_whole_and_honest_about_its_evidence(item):
    assert all(value for name, value in item.as_data().items())
    assert re.search(r"\[[SRG]\]", item.evidence)
    assert 1 <= item.duration_weeks <= 12
    assert json.loads(json.dumps(item.as_data())) == item.as_data()


@pytest.mark.parametrize(
    ("item_id", "frequency", "longest"),
    [
        ("T3", "3 times a week for 6-12 weeks", 12),
        ("T5", "8-18 sessions over 2-6 weeks", 6),
        ("T6", "3-4 times a week for 2-6 weeks", 6),
        ("T8", "3 times a week for 8-12 weeks", 12),
    ],
)
def test_a_dose_gives_the_range_of_the_reference_and_the_item_its_longer_end(item_id, frequency, longest):
    [item] = [each for each in PLAN_ITEMS if each.id == item_id]

    assert (item.frequency, item.duration_weeks) == (frequency, longest)


def test_every_runner_is_told_when_to_start_and_how_to_rebuild():
    [item] = [each for each in template_for([], runs=True) if each.runners_only]

    told = f"{item.dose} {item.progression} {item.cautions}"
    for number in ("30 minutes", "<= 2/10", "10 slow step-downs <= 3/10", "no downhill or stair", "10-20 %"):
        assert number in told


def test_needling_is_never_called_effective():
    assert "effective" not in NEEDLING_PATIENT_TEXT
    assert "do not use" in NEEDLING_ITEM.evidence


def test_the_load_rules_are_three_colours():
    assert [rule.colour for rule in LOAD_RULES] == ["green", "amber", "red"]
