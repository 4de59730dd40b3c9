"""Scores that were wrong: struck out with a name and a reason, kept, and counted nowhere any longer."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.models import Case, CaseEvent, Outcome, ProgressPoint, StrikeOut
from cases.services import moves, outcomes, progress
from cases.services.errors import Stale, WrongInput
from cases.services.pictures import picture_of
from clinic.accounts.models import User
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WRONG = "Typed 9, the patient said 6."


@pytest.fixture
def measured(therapist: User, monday: datetime) -> Case:
    """In treatment; worst pain 6 at first, and 9 typed a week later."""
    found = CaseFactory(therapist=therapist, status="in_treatment")
    for score, at in ((6, monday), (9, monday + 7 * DAY)):
        outcomes.record_outcome(found, instrument="nprs_worst", score=score, by=therapist, now=at)
    return found


def latest(case: Case) -> Outcome:
    return case.outcomes.order_by("taken_at").last()


def struck(case: Case, by: User, now: datetime) -> StrikeOut:
    """The latest score of the case, struck out."""
    return outcomes.strike_out_outcome(latest(case), reason=WRONG, by=by, now=now)


def test_a_score_struck_out_stays_with_who_when_and_why(measured: Case, therapist: User, monday: datetime):
    row = outcomes.strike_out_outcome(latest(measured), reason=f" {WRONG} ", by=therapist, now=monday + 8 * DAY)

    assert (row.reason, row.struck_by, row.struck_at) == (WRONG, therapist, monday + 8 * DAY)
    assert list(measured.outcomes.order_by("taken_at").values_list("score", flat=True)) == [6, 9]
    stored = Case.objects.get(pk=measured.pk)
    assert (stored.version, stored.updated_at) == (measured.version + 1, monday + 8 * DAY)
    told = CaseEvent.objects.get(kind="outcome_struck_out")
    assert (told.case, told.by, told.details) == (
        *(measured, therapist),
        {"outcome": row.outcome_id, "instrument": "nprs_worst"},
    )


def test_progress_is_judged_again_without_it(measured: Case, therapist: User, monday: datetime):
    assert measured.progress_points.order_by("pk").last().status == "worsening"

    struck(measured, therapist, monday + 8 * DAY)

    point = measured.progress_points.order_by("pk").last()
    assert (point.status, point.taken_at) == ("too_early", monday + 8 * DAY)
    assert progress.progress_now(measured, now=monday + 8 * DAY).status == "too_early"


def test_a_point_that_counted_it_no_longer_holds(measured: Case, therapist: User, monday: datetime):
    struck(measured, therapist, monday + 8 * DAY)

    points = measured.progress_points.saying_whether_they_hold().order_by("pk")
    assert [(point.status, point.holds) for point in points] == [
        ("too_early", True),
        ("worsening", False),
        ("too_early", True),
    ]
    assert ProgressPoint.objects.holding().count() == 2


def test_the_picture_is_drawn_without_it(measured: Case, therapist: User, monday: datetime):
    struck(measured, therapist, monday + 8 * DAY)

    [(_, series)] = picture_of(measured, now=monday + 8 * DAY).scores.items()
    assert [score for _, score in series] == [6]


def test_a_score_measured_anew_counts_in_its_place(measured: Case, therapist: User, monday: datetime):
    struck(measured, therapist, monday + 8 * DAY)

    outcomes.record_outcome(measured, instrument="nprs_worst", score=4, by=therapist, now=monday + 8 * DAY)

    assert [day.worst_pain for day in progress.history_of(measured, now=monday + 8 * DAY)] == [6, 4]


def test_it_is_no_outcome_to_discharge_with(therapist: User, monday: datetime):
    treated = CaseFactory(therapist=therapist, status="in_treatment")
    outcomes.record_outcome(treated, instrument="nprs_worst", score=9, by=therapist, now=monday)
    assert moves.moves_of(treated)["discharge"] == ()

    struck(treated, therapist, monday + DAY)

    assert [guard.id for guard in moves.moves_of(treated)["discharge"]] == ["outcome_or_why_not"]
    with pytest.raises(moves.IllegalMove):
        moves.discharge_case(treated, by=therapist, now=monday + DAY)


def test_it_says_nothing_of_what_to_expect(therapist: User, monday: datetime):
    begun = CaseFactory(therapist=therapist)
    outcomes.record_outcome(begun, instrument="akps", score=40, by=therapist, now=monday)

    def expected() -> list[str]:
        rows = progress.outcomes_of(begun, now=monday + DAY)
        return [flag.id for flag in progress.prognosis_from(rows, weeks=None)]

    [_] = expected()
    struck(begun, therapist, monday + DAY)

    assert expected() == []


def test_a_score_is_struck_out_once(measured: Case, therapist: User, monday: datetime):
    struck(measured, therapist, monday + 8 * DAY)

    with pytest.raises(outcomes.StruckOutAlready):
        struck(measured, therapist, monday + 9 * DAY)
    assert StrikeOut.objects.get().struck_at == monday + 8 * DAY


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_score_is_not_struck_out_without_a_reason(measured: Case, therapist: User, monday: datetime, reason: str):
    with pytest.raises(WrongInput) as refused:
        outcomes.strike_out_outcome(latest(measured), reason=reason, by=therapist, now=monday + 8 * DAY)

    assert list(refused.value.errors) == ["reason"]
    assert not StrikeOut.objects.exists()


def test_a_score_is_struck_out_in_the_case_that_was_read(measured: Case, therapist: User, monday: datetime):
    with pytest.raises(Stale):
        outcomes.strike_out_outcome(
            latest(measured), reason=WRONG, expected_version=measured.version + 1, by=therapist, now=monday + 8 * DAY
        )


def test_an_ended_case_is_put_right_too(measured: Case, therapist: User, monday: datetime):
    moves.discharge_case(measured, by=therapist, now=monday + 8 * DAY)

    struck(measured, therapist, monday + 9 * DAY)

    assert progress.progress_now(measured, now=monday + 9 * DAY).status == "too_early"
    assert Case.objects.get(pk=measured.pk).status == "discharged"


def test_a_flag_that_it_raised_is_left_to_a_clinician(measured: Case, therapist: User, monday: datetime):
    Case.objects.filter(pk=measured.pk).update(urgency="clinician_review")

    struck(measured, therapist, monday + 8 * DAY)

    assert Case.objects.get(pk=measured.pk).urgency == "clinician_review"
