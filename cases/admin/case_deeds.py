"""What staff may do to a case, its flags and its visits: each a button or a small form, each one service."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cases.admin.examine_deeds import EXAMINE_DEEDS
from cases.admin.fields import ClockField, DayField, TherapistField, words
from cases.admin.small_forms import Deed, SmallForm
from cases.admin.wall_time import at_site, moment_of, said
from cases.models import Case, Flag, Outcome, Visit, choices_of
from cases.rules.terms import CloseReason, VisitStatus
from cases.services import care, flags, moves, outcomes, programme, visits
from cases.services.planned_visits import proposed_day
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action


class MomentForm(SmallForm):
    """A day and a time on the clocks of the case's site; gives `starts_at`."""

    day = DayField(label="Day")
    clock = ClockField(label="Time")

    @property
    def site(self) -> Site:
        return self.row.site

    def prepare(self) -> None:
        self.fields["clock"].help_text = f"{self.site.name} time ({self.site.time_zone})."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        day: date | None = cleaned.pop("day", None)
        clock: time | None = cleaned.pop("clock", None)
        if day is not None and clock is not None:
            try:
                cleaned["starts_at"] = moment_of(day, clock, self.site, now=self.now)
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned


class BookingForm(MomentForm):
    minutes = forms.IntegerField(label="Minutes", initial=45, min_value=5, max_value=240)
    therapist = TherapistField(label="Therapist", required=False, empty_label="The case's own, or nobody yet")

    def prepare(self) -> None:
        super().prepare()
        self.fields["therapist"].work_at(self.site)
        self.initial.setdefault("therapist", self.row.therapist_id)
        # The day the plan wants it on is a proposal: whoever books chooses.
        wanted = proposed_day(self.row, now=self.now) if isinstance(self.row, Case) else None
        self.initial.setdefault("day", wanted or at_site(self.now, self.site).date())


class MoveVisitForm(MomentForm):
    @property
    def site(self) -> Site:
        return self.row.case.site

    def prepare(self) -> None:
        super().prepare()
        before = at_site(self.row.starts_at, self.site)
        self.initial.setdefault("day", before.date())
        self.initial.setdefault("clock", before.time())


class CloseForm(SmallForm):
    reason = forms.TypedChoiceField(
        label="Why", choices=[("", "Choose …"), *choices_of(CloseReason)], coerce=CloseReason
    )
    note = words("Anything to add", required=False)


class ReopenForm(SmallForm):
    reason = words("Why is it taken up again?")


class DischargeForm(SmallForm):
    reason = words("Why is there no outcome?", required=False, help_text="Only when none was recorded.")


class ClearFlagForm(SmallForm):
    reason = words("Why is it settled?", help_text="What you asked, saw or arranged. It stays with your name.")


class StrikeOutForm(SmallForm):
    reason = words("How did it come to be wrong?", help_text="It stays with your name, beside the score.")


class AssignForm(SmallForm):
    therapist = TherapistField(label="Therapist", required=False, empty_label="Nobody yet")

    def prepare(self) -> None:
        self.fields["therapist"].work_at(self.row.site)
        self.initial.setdefault("therapist", self.row.therapist_id)


def _read(case: Case, *, expected_version: int, by: User, now: datetime) -> str:
    moves.review_case(case, expected_version=expected_version, by=by, now=now)
    return f"{case} is marked as read."


def _note_reading(case: Case, *, by: User, now: datetime) -> str:
    care.mark_read(case, by=by, now=now)
    return f"{case} is marked as read."


def _schedule(case: Case, *, starts_at: datetime, by: User, **given: Any) -> str:
    moves.schedule_case(case, starts_at=starts_at, by=by, **given)
    return f"{case} is scheduled for {said(starts_at, case.site)}"


def _start(case: Case, **given: Any) -> str:
    moves.start_treatment(case, **given)
    return f"Treatment of {case} has started."


def _discharge(case: Case, **given: Any) -> str:
    moves.discharge_case(case, **given)
    return f"{case} is discharged. Messages still to come were cancelled."


def _close(case: Case, **given: Any) -> str:
    moves.close_case(case, **given)
    return f"{case} is closed. It can be reopened."


def _reopen(case: Case, **given: Any) -> str:
    moves.reopen_case(case, **given)
    return f"{case} is open again."


def _assign(case: Case, *, therapist: User | None, **given: Any) -> str:
    care.assign_therapist(case, therapist=therapist, **given)
    return f"{therapist} now treats {case}." if therapist else f"{case} has no therapist now."


def _book(case: Case, *, starts_at: datetime, **given: Any) -> str:
    visits.book_visit(case, starts_at=starts_at, **given)
    return f"A visit of {case} is booked for {said(starts_at, case.site)}"


def _send_own_page(case: Case, *, by: User, now: datetime) -> str:
    programme.send_own_page(case.patient, by=by, now=now)
    return f"A link to the home programme of {case} is on its way, at the next sane hour."


def _acknowledge_all(case: Case, *, by: User, now: datetime) -> str:
    for flag in case.flags.standing().filter(acknowledged_at__isnull=True).order_by("pk"):
        flags.acknowledge_flag(flag, by=by, now=now)
    return f"You have {case}: call the patient now."


def _acknowledge(flag: Flag, *, by: User, now: datetime) -> str:
    flags.acknowledge_flag(flag, by=by, now=now)
    return f"You have {flag.rule_id} of {flag.case}: call the patient now."


def _clear(flag: Flag, *, reason: str, by: User, now: datetime) -> str:
    flags.clear_flag(flag, reason=reason, by=by, now=now)
    return f"{flag.rule_id} of {flag.case} is cleared."


def _settle(visit: Visit, status: VisitStatus, *, by: User, now: datetime) -> str:
    visits.settle_visit(visit, status=status, by=by, now=now)
    return f"The visit of {visit.case} on {said(visit.starts_at, visit.case.site)}: {status.label.lower()}."


def _attended(visit: Visit, **given: Any) -> str:
    return _settle(visit, VisitStatus.ATTENDED, **given)


def _missed(visit: Visit, **given: Any) -> str:
    return _settle(visit, VisitStatus.MISSED, **given)


def _cancelled(visit: Visit, **given: Any) -> str:
    return _settle(visit, VisitStatus.CANCELLED, **given)


def _move_visit(visit: Visit, *, starts_at: datetime, by: User, now: datetime) -> str:
    visits.move_visit(visit, starts_at=starts_at, by=by, now=now)
    return f"The visit of {visit.case} is now on {said(starts_at, visit.case.site)}; its reminder follows."


def _strike_out(outcome: Outcome, **given: Any) -> str:
    outcomes.strike_out_outcome(outcome, **given)
    return f"{outcome.get_instrument_display()} {float(outcome.score):g} of {outcome.case} is struck out."


# The deeds that change the status carry the names of `cases.rules.lifecycle.MOVES`.
OF_CASE = {
    deed.name: deed
    for deed in (
        Deed(
            "review",
            "Mark as read",
            Action.REVIEW,
            _read,
            versioned=True,
            explain="Somebody of the clinic has read what the patient reported.",
        ),
        Deed(
            "schedule",
            "Schedule",
            Action.SCHEDULE,
            _schedule,
            BookingForm,
            versioned=True,
            explain="Books the first visit. The patient gets a reminder the day before.",
        ),
        Deed(
            "start_treatment",
            "Start treatment",
            Action.START_TREATMENT,
            _start,
            versioned=True,
            explain="Begins the approved plan, and the check-ins that go with it.",
        ),
        Deed(
            "discharge",
            "Discharge",
            Action.DISCHARGE,
            _discharge,
            DischargeForm,
            versioned=True,
            explain="Ends the care of a treated patient and cancels messages still to come.",
        ),
        Deed(
            "close",
            "Close",
            Action.CLOSE,
            _close,
            CloseForm,
            versioned=True,
            serious=True,
            explain="Ends the case without treatment and cancels messages still to come. It can be reopened.",
        ),
        Deed(
            "reopen",
            "Reopen",
            Action.REOPEN,
            _reopen,
            ReopenForm,
            versioned=True,
            explain="Takes the case up again where somebody has to read it.",
        ),
        Deed(
            "assign",
            "Assign therapist",
            Action.ASSIGN,
            _assign,
            AssignForm,
            versioned=True,
            explain="The therapist sees the case from now on.",
        ),
        Deed("read", "Mark as read", Action.REVIEW, _note_reading, explain="Keeps who read it first, and when."),
        Deed(
            "acknowledge",
            "I am calling the patient",
            Action.ACKNOWLEDGE_FLAG,
            _acknowledge_all,
            explain="Tells everybody else that you have taken this. A clinician clears the flag.",
        ),
        Deed("book", "Book a visit", Action.RECORD_VISIT, _book, BookingForm),
        *EXAMINE_DEEDS,
        Deed(
            "send-own-page",
            "Send the home programme",
            Action.SEND_OWN_PAGE,
            _send_own_page,
            explain="The patient gets a link to their own page; with the birth date it shows the exercises.",
        ),
    )
}
OF_FLAG = {
    deed.name: deed
    for deed in (
        Deed(
            "acknowledge",
            "I am calling the patient",
            Action.ACKNOWLEDGE_FLAG,
            _acknowledge,
            explain="Tells everybody else that you have taken this. A clinician clears the flag.",
        ),
        Deed(
            "clear",
            "Clear this flag",
            Action.CLEAR_FLAG,
            _clear,
            ClearFlagForm,
            serious=True,
            explain="Only after speaking with or examining the patient. Scheduling is free again once no flag stands.",
        ),
    )
}
OF_OUTCOME = {
    deed.name: deed
    for deed in (
        Deed(
            "strike-out",
            "Strike out",
            Action.RECORD_OUTCOME,
            _strike_out,
            StrikeOutForm,
            serious=True,
            explain="The score stays on record and counts nowhere any longer; progress is judged again without it.",
        ),
    )
}
OF_VISIT = {
    deed.name: deed
    for deed in (
        Deed("attended", "Attended", Action.RECORD_VISIT, _attended, explain="The patient came."),
        Deed("missed", "Missed", Action.RECORD_VISIT, _missed, explain="The patient did not come."),
        Deed(
            "cancel",
            "Cancel the visit",
            Action.RECORD_VISIT,
            _cancelled,
            serious=True,
            explain="Frees the time; its reminder is not sent.",
        ),
        Deed(
            "move",
            "Move the visit",
            Action.RECORD_VISIT,
            _move_visit,
            MoveVisitForm,
            explain="Its reminder follows the new time.",
        ),
    )
}
