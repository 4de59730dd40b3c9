"""An examination is stored whole or not at all, and the rules are asked again beside what they said before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cases.models import Case, CaseEvent, Examination, Finding, Suggestion, SymptomReport
from cases.rules.examination import examined_from
from cases.rules.terms import FoundCause
from cases.services import flags
from cases.services.errors import Stale, WrongInput
from cases.services.examinations import record_examination
from cases.services.findings import record_finding
from cases.services.locking import CaseEnded
from cases.services.reports import file_report
from clinic.accounts.models import User
from tests.cases.rules.reports import answers_with
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db
FAULT = {"landing": {"left": ["inward_collapse"]}}
DAY = timedelta(days=1)


def told(case: Case, now: datetime, *, source: str = "intake", **changes: Any) -> SymptomReport:
    answers = answers_with(knee_side="left", **changes)
    return file_report(
        case,
        source=SymptomReport.Source(source),
        answers=answers,
        shown=answers,
        questionnaire_version="2026.11",
        by=None,
        now=now,
    )


@pytest.fixture
def case(therapist: User, monday: datetime) -> Case:
    case = CaseFactory(therapist=therapist, opened_at=monday)
    told(case, monday, knee_moves_inward="yes")
    return case


def test_an_examination_is_stored_as_it_reads_best(case: Case, therapist: User, monday: datetime):
    results = {
        "landing": {"left": ["inward_collapse"]},
        "quadriceps_strength": {"right": 120.0, "left": 95, "unit": "N"},
    }

    stored = record_examination(case, results=results, note=" Sore. ", by=therapist, now=monday)

    stored.refresh_from_db()
    assert stored.results == {
        "quadriceps_strength": {"left": 95, "right": 120, "unit": "N"},
        "landing": {"left": ["inward_collapse"]},
    }
    assert (stored.note, stored.therapist, stored.examined_at) == ("Sore.", therapist, monday)


def test_the_suggestion_is_worked_out_again_and_the_earlier_one_kept(case: Case, therapist: User, monday: datetime):
    before = case.suggestions.get()

    examination = record_examination(case, results=FAULT, by=therapist, now=monday + DAY)

    [kept, again] = case.suggestions.order_by("pk")
    assert (kept.pk, kept.examination, kept.body) == (before.pk, None, before.body)
    assert (again.examination, again.report) == (examination, before.report)
    assert [(each["cause"], each["confidence"]) for each in kept.body["causes"]] == [("movement_dysfunction", "low")]
    assert [(each["cause"], each["confidence"]) for each in again.body["causes"]] == [("movement_dysfunction", "high")]
    assert examined_from(again.body["examined"]).results == FAULT


def test_the_case_counts_the_change_and_its_event_tells_no_result(case: Case, therapist: User, monday: datetime):
    examination = record_examination(case, results=FAULT, by=therapist, now=monday)

    event = CaseEvent.objects.get(kind="examined")
    assert event.details == {"examination": examination.pk, "suggestion": examination.suggestions.get().pk}
    version = case.version
    case.refresh_from_db()
    assert case.version == version + 1


def test_what_an_earlier_examination_found_counts_until_it_is_done_again(case: Case, therapist: User, monday: datetime):
    weak = {"quadriceps_strength": {"left": 80, "right": 100, "unit": "N"}}
    record_examination(case, results=FAULT | weak, by=therapist, now=monday)
    record_examination(case, results={"landing": {"left": ["good_control"]}}, by=therapist, now=monday + DAY)

    assert case.suggestions.latest("pk").causes == ["muscle_imbalance"]


def test_the_side_the_case_is_about_decides(case: Case, therapist: User, monday: datetime):
    record_examination(case, results={"landing": {"right": ["inward_collapse"]}}, by=therapist, now=monday)

    assert case.suggestions.latest("pk").body["causes"] == case.suggestions.earliest("pk").body["causes"]


def test_a_check_in_is_not_what_an_examination_is_judged_with(case: Case, therapist: User, monday: datetime):
    told(case, monday + DAY, source="check_in")

    examination = record_examination(case, results=FAULT, by=therapist, now=monday + DAY)

    assert examination.suggestions.get().report.source == "intake"


def test_a_form_sent_after_an_examination_is_judged_with_it_too(case: Case, therapist: User, monday: datetime):
    examination = record_examination(case, results=FAULT, by=therapist, now=monday)

    report = told(Case.objects.get(pk=case.pk), monday + DAY, knee_moves_inward="no")

    [alone, examined] = report.suggestions.order_by("pk")
    assert (alone.examination, alone.causes) == (None, [])
    assert (examined.examination, examined.causes) == (examination, ["movement_dysfunction"])
    assert examined == case.suggestions.latest("pk")
    # What the therapist found is held against what was suggested with the examination known.
    finding = record_finding(
        case, causes=["movement_dysfunction"], confidence="high", by=therapist, now=monday + 2 * DAY
    )
    assert finding.agrees is True


def test_a_check_in_after_an_examination_suggests_nothing(case: Case, therapist: User, monday: datetime):
    record_examination(case, results=FAULT, by=therapist, now=monday)

    report = told(Case.objects.get(pk=case.pk), monday + DAY, source="check_in")

    assert not report.suggestions.exists()


def test_a_case_without_a_whole_form_is_examined_without_a_suggestion(therapist: User, monday: datetime):
    case = CaseFactory(therapist=therapist)

    examination = record_examination(case, results=FAULT, by=therapist, now=monday)

    assert not examination.suggestions.exists()


def test_a_flag_cleared_by_a_clinician_no_longer_withholds_the_causes(therapist: User, monday: datetime):
    case = CaseFactory(therapist=therapist)
    told(case, monday, locking="locked_now")
    record_examination(case, results=FAULT, by=therapist, now=monday)
    assert case.suggestions.latest("pk").body["causes_assessed"] is False

    flags.clear_flag(case.flags.get(), reason="Moves freely.", by=therapist, now=monday)
    record_examination(case, results=FAULT, by=therapist, now=monday + DAY)

    suggestion = case.suggestions.latest("pk")
    assert suggestion.causes == ["movement_dysfunction"]
    assert suggestion.body["settled"] == ["S5"]


@pytest.mark.parametrize(
    ("results", "place"),
    [
        ({}, "results"),
        ({"landing": {"left": ["falls over"]}}, "results.landing.left"),
        (FAULT | {"quadriceps_strength": {"left": 95}}, "results.quadriceps_strength.unit"),
    ],
)
def test_wrong_results_are_named_and_nothing_is_stored(
    case: Case, therapist: User, monday: datetime, results: dict[str, Any], place: str
):
    with pytest.raises(WrongInput) as refused:
        record_examination(case, results=results, by=therapist, now=monday)

    assert list(refused.value.errors) == [place]
    assert (Examination.objects.count(), Suggestion.objects.count()) == (0, 1)


def test_a_stale_page_does_not_examine(case: Case, therapist: User, monday: datetime):
    with pytest.raises(Stale):
        record_examination(case, results=FAULT, expected_version=99, by=therapist, now=monday)

    assert not Examination.objects.exists()


@pytest.mark.parametrize("status", ["closed", "discharged"])
def test_an_ended_case_is_neither_examined_nor_found_anything_in(
    case: Case, therapist: User, monday: datetime, status: str
):
    Case.objects.filter(pk=case.pk).update(status=status, close_reason="declined", ended_at=monday)

    with pytest.raises(CaseEnded):
        record_examination(case, results=FAULT, by=therapist, now=monday)
    with pytest.raises(CaseEnded):
        record_finding(case, causes=["overuse"], confidence="low", reason="x", by=therapist, now=monday)

    assert not Examination.objects.exists()
    assert not Finding.objects.exists()


def test_a_finding_may_be_a_differential_without_words(case: Case, therapist: User, monday: datetime):
    finding = record_finding(
        case, causes=["other"], differential="D7", confidence="high", reason="Joint line.", by=therapist, now=monday
    )

    assert (finding.differential, finding.other, finding.agrees) == ("D7", "", False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"causes": ["other"]}, "other"),
        ({"causes": ["other"], "differential": "D99"}, "differential"),
        ({"causes": ["overuse"], "differential": "D7"}, "differential"),
        ({"causes": ["overuse"], "other": "Tendon."}, "other"),
        ({"causes": ["movement_dysfunction", "laziness"]}, "causes"),
        ({"causes": []}, "causes"),
        ({"causes": ["movement_dysfunction"], "confidence": "certain"}, "confidence"),
        ({"causes": ["overuse"], "reason": " "}, "reason"),
    ],
)
def test_a_finding_that_says_nothing_is_refused_by_its_field(
    case: Case, therapist: User, monday: datetime, given: dict[str, Any], field: str
):
    with pytest.raises(WrongInput) as refused:
        record_finding(case, **{"confidence": "low", "reason": "x"} | given, by=therapist, now=monday)

    assert list(refused.value.errors) == [field]
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("causes", "agrees"),
    [
        (["movement_dysfunction"], True),
        (["movement_dysfunction", "mobility_contributor"], True),
        (["mobility_contributor"], False),
        (["movement_dysfunction", "overuse"], False),
        (["movement_dysfunction", "other"], False),
    ],
)
def test_the_contributor_beside_the_suggested_causes_is_no_disagreement(
    case: Case, therapist: User, monday: datetime, causes: list[str], agrees: bool
):
    words = "x" if "other" in causes else ""

    finding = record_finding(
        case, causes=causes, other=words, confidence="low", reason="Seen.", by=therapist, now=monday
    )

    assert finding.agrees is agrees


def test_a_finding_agrees_with_the_latest_suggestion(case: Case, therapist: User, monday: datetime):
    record_examination(case, results={"landing": {"left": ["good_control"]}}, by=therapist, now=monday)

    finding = record_finding(case, causes=["movement_dysfunction"], confidence="low", by=therapist, now=monday)

    # After the exam the rules abstain: nothing to agree with, and no reason asked.
    assert (finding.agrees, finding.suggestion) == (None, case.suggestions.latest("pk"))


def test_the_current_finding_is_the_latest_of_each_case(case: Case, therapist: User, monday: datetime):
    other = CaseFactory(therapist=therapist)
    for causes in (["overuse"], ["movement_dysfunction"]):
        record_finding(case, causes=causes, confidence="low", reason="Seen.", by=therapist, now=monday)
    record_finding(other, causes=["overuse"], confidence="low", by=therapist, now=monday)

    current = Finding.objects.current().order_by("pk")

    assert [(each.case_id, each.causes) for each in current] == [
        (case.pk, ["movement_dysfunction"]),
        (other.pk, ["overuse"]),
    ]
    assert list(Case.objects.confirmed(FoundCause.OVERUSE)) == [other]
    assert Finding.objects.count() == 3
