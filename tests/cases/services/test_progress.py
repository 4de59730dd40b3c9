"""Progress as it is kept: with the scores that say so, raised at once when it worsens, and found by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from cases.models import Case, CaseEvent, Outcome, ProgressPoint
from cases.rules.instruments import AKPS_ITEMS
from cases.rules.version import RULES_VERSION
from cases.services import check_ins, outcomes, progress
from cases.services.errors import WrongInput
from clinic.accounts.models import User
from tests.factories import CaseFactory, CheckInFactory, ReportFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BEST = {item.name: next(iter(item.options)) for item in AKPS_ITEMS}


def measured(case: Case, at: datetime, **scores: float) -> None:
    for instrument, score in scores.items():
        Outcome.objects.create(case=case, instrument=instrument, score=score, taken_at=at)


def answered(case: Case, at: datetime, *, step: str = "week_2", **answers: object) -> ProgressPoint:
    check_in = CheckInFactory(case=case, step=step, due_at=at - DAY)
    report = check_ins.answer_check_in(
        check_in, answers=answers, shown=sorted(answers), questionnaire_version="2026.11", now=at
    )
    return ProgressPoint.objects.get(report=report)


@pytest.fixture
def case(therapist: User, monday: datetime) -> Case:
    case = CaseFactory(therapist=therapist, status="in_treatment")
    measured(case, monday, nprs_worst=6)
    return case


def test_a_point_is_kept_with_the_rule_that_said_so(case: Case, monday: datetime):
    point = answered(case, monday + 14 * DAY, pain_worst=4)

    assert (point.status, point.rule_id, point.rules_version) == ("partly_improved", "G5", RULES_VERSION)
    assert point.findings[0]["because"] == ["worst pain down 2"]
    assert point.taken_at == monday + 14 * DAY


@pytest.mark.parametrize(("worst", "urgency", "flags"), [(7, "routine", []), (8, "clinician_review", ["G1"])])
def test_worsening_in_a_check_in_raises_the_case_at_once(
    case: Case, monday: datetime, worst: int, urgency: str, flags: list[str]
):
    answered(case, monday + 14 * DAY, pain_worst=worst)

    case.refresh_from_db()
    assert case.urgency == urgency
    assert list(case.flags.filter(rule_id="G1").values_list("rule_id", flat=True)) == flags


def test_worsening_is_to_be_called_about_within_two_working_days(case: Case, monday: datetime):
    answered(case, monday + 14 * DAY, pain_worst=9)

    flag = case.flags.get(rule_id="G1")
    # From a Monday to the Wednesday's closing time in Chicago.
    assert flag.act_by == datetime.fromisoformat("2026-11-18T18:00:00-06:00")
    assert (flag.level, flag.answers) == ("clinician_review", {"pain_worst": 9})
    kinds = set(CaseEvent.objects.filter(case=case).values_list("kind", flat=True))
    assert {"flag_raised", "urgency_raised"} <= kinds


def test_worsening_never_lowers_an_urgency(case: Case, monday: datetime):
    Case.objects.filter(pk=case.pk).update(urgency="same_day")

    answered(case, monday + 14 * DAY, pain_worst=9)

    case.refresh_from_db()
    assert case.urgency == "same_day"


def test_a_worsening_that_the_therapist_measured_is_kept_and_raises_no_flag(
    case: Case, therapist: User, monday: datetime
):
    outcomes.record_outcome(case, instrument="nprs_worst", score=9, by=therapist, now=monday + DAY)

    assert case.progress_points.get().status == "worsening"
    assert not case.flags.exists()


def test_a_worsening_told_earlier_stands_and_raises_no_second_flag(case: Case, monday: datetime):
    answered(case, monday + 14 * DAY, pain_worst=9)

    point = answered(case, monday + 15 * DAY, step="needling_check", pain_now=9)

    assert (point.status, case.flags.filter(rule_id="G1").count()) == ("worsening", 1)


def test_a_score_taken_after_the_check_in_leaves_the_improvement_it_told_of(
    case: Case, therapist: User, monday: datetime
):
    answered(case, monday + 42 * DAY, step="week_6", pain_worst=3, groc=2)

    outcomes.record_outcome(case, instrument="psfs", score=4, by=therapist, now=monday + 49 * DAY)

    assert case.progress_points.order_by("pk").last().rule_id == "G4"


def test_the_pain_that_came_back_by_week_26_is_a_recurrence(case: Case, monday: datetime):
    measured(case, monday + 42 * DAY, nprs_worst=2, groc=3)

    point = answered(case, monday + 182 * DAY, step="week_26", pain_worst=2, pain_came_back="yes")

    assert point.rule_id == "G2"


def test_items_are_scored_and_kept(case: Case, therapist: User, monday: datetime):
    outcome = outcomes.record_outcome(case, instrument="akps", items=BEST, by=therapist, now=monday + DAY)

    assert (outcome.score, outcome.items) == (100, BEST)


def test_the_lowest_goal_is_read_from_the_items(case: Case, therapist: User, monday: datetime):
    goals = [{"activity": "run", "score": 9}, {"activity": "kneel", "score": 4}]
    outcomes.record_outcome(case, instrument="psfs", items={"activities": goals}, by=therapist, now=monday + DAY)

    [_, today] = progress.history_of(case, now=monday + DAY)
    assert (today.psfs, today.lowest_goal) == (6.5, 4)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"instrument": "akps", "items": {"limp": "none"}}, "items.stairs"),
        ({"instrument": "nprs_now", "items": {"rating": 11}}, "items.rating"),
        (
            {"instrument": "psfs", "items": {"activities": [{"activity": "run", "score": 11}]}},
            "items.activities.0.score",
        ),
        ({"instrument": "adherence", "items": {"done": 1, "prescribed": 0}}, "items.prescribed"),
        ({"instrument": "nprs_now", "score": 11}, "score"),
        ({"instrument": "nprs_now"}, "score"),
        ({"instrument": "nprs_now", "score": 1, "items": {"rating": 1}}, "score"),
        ({"instrument": "mood", "score": 1}, "instrument"),
    ],
)
def test_what_cannot_be_scored_is_named_and_nothing_is_stored(
    case: Case, therapist: User, monday: datetime, given: dict[str, object], named: str
):
    with pytest.raises(WrongInput) as refused:
        outcomes.record_outcome(case, **given, by=therapist, now=monday)  # type: ignore[arg-type]

    assert named in refused.value.errors
    assert (case.outcomes.count(), case.progress_points.count()) == (1, 0)


def test_the_latest_score_of_a_day_counts_in_whatever_order_they_are_read(case: Case, monday: datetime):
    measured(case, monday + timedelta(hours=2), nprs_worst=4, akps=70)
    rows = progress.outcomes_of(case, now=monday + DAY)

    assert progress.history_of(case, now=monday, outcomes=rows) == progress.history_of(
        case, now=monday, outcomes=rows[::-1]
    )
    assert progress.history_of(case, now=monday)[0].worst_pain == 4


# --- lost to follow-up ---


def silent(case: Case, *due: datetime) -> None:
    for place, at in enumerate(due):
        CheckInFactory(case=case, step="week_2", round=place + 50, due_at=at, expires_at=at + 10 * DAY)


def test_two_check_ins_without_a_reply_are_lost_and_noted_once(case: Case, monday: datetime):
    silent(case, monday, monday + 10 * DAY)
    after = monday + 20 * DAY

    assert progress.note_lost_cases(now=after - timedelta(seconds=1)) == 0
    assert progress.note_lost_cases(now=after) == 1
    assert progress.note_lost_cases(now=after + DAY) == 0
    point = case.progress_points.get()
    assert (point.status, point.rule_id, point.missed_check_ins) == ("lost_to_follow_up", "G9", 2)
    assert case.events.filter(kind="lost_to_follow_up").count() == 1


def test_a_week_without_its_few_taps_is_not_silence(case: Case, monday: datetime):
    silent(case, monday)
    for week in (1, 3):
        at = monday + 7 * week * DAY
        CheckInFactory(case=case, step=f"week_{week}", due_at=at, expires_at=at + 7 * DAY)

    assert progress.note_lost_cases(now=monday + 28 * DAY) == 0


def test_who_answered_since_is_not_lost(case: Case, monday: datetime):
    silent(case, monday, monday + 5 * DAY)
    answered(case, monday + 14 * DAY, pain_worst=6)

    assert progress.note_lost_cases(now=monday + 16 * DAY) == 0


def test_who_answers_after_silence_is_not_lost_at_that_moment(case: Case, monday: datetime):
    silent(case, monday, monday + DAY)

    point = answered(case, monday + 14 * DAY, pain_worst=4)

    assert (point.status, point.missed_check_ins) == ("partly_improved", 0)


def test_who_is_silent_again_is_lost_again(case: Case, monday: datetime):
    silent(case, monday, monday + DAY)
    progress.note_lost_cases(now=monday + 11 * DAY)
    answered(case, monday + 14 * DAY, pain_worst=6)
    for number in (80, 81):
        at = monday + (number - 60) * DAY
        CheckInFactory(case=case, step="week_6", round=number, due_at=at, expires_at=at + 7 * DAY)

    assert progress.note_lost_cases(now=monday + 29 * DAY) == 1
    assert case.progress_points.filter(rule_id="G9").count() == 2


def test_a_case_that_was_never_measured_can_be_lost(monday: datetime):
    case = CaseFactory(status="in_treatment")
    silent(case, monday, monday + DAY)

    assert progress.note_lost_cases(now=monday + 11 * DAY) == 1
    assert case.progress_points.get().status == "lost_to_follow_up"


@pytest.mark.parametrize("status", ["closed", "discharged"])
def test_an_ended_case_is_not_looked_for(monday: datetime, status: str):
    case = CaseFactory(status=status, close_reason="declined", ended_at=monday)
    silent(case, monday, monday + DAY)

    assert progress.note_lost_cases(now=monday + 11 * DAY) == 0


# --- what the database refuses ---


def point_of(case: Case, monday: datetime, **changes: object) -> ProgressPoint:
    fields = {"status": "improved", "rule_id": "G4", "findings": [], "rules_version": "2026.11", "taken_at": monday}
    return ProgressPoint.objects.create(case=case, **(fields | changes))


@pytest.mark.parametrize(
    ("name", "changes"),
    [("progress_status_is_known", {"status": "cured"}), ("progress_names_the_rule_that_said_so", {"rule_id": ""})],
)
def test_a_point_that_says_nothing_is_refused(case: Case, monday: datetime, name: str, changes: dict[str, object]):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        point_of(case, monday, **changes)


def test_a_report_has_one_point(case: Case, monday: datetime):
    report = ReportFactory(case=case)
    point_of(case, monday, report=report)

    with pytest.raises(IntegrityError, match="one_progress_point_per_report"), transaction.atomic():
        point_of(case, monday, report=report)


@pytest.mark.parametrize(
    "sql", ["UPDATE cases_progresspoint SET status = 'resolved'", "DELETE FROM cases_progresspoint"]
)
def test_a_point_is_never_changed(case: Case, monday: datetime, sql: str):
    point_of(case, monday)

    with pytest.raises(ProgrammingError, match="Cannot update or delete"), connection.cursor() as cursor:
        cursor.execute(sql)
