"""The moves of a case, and who treats it: one door for each, one service call in each."""

from __future__ import annotations

from typing import Any

from cases.api.bodies import AssignIn, CloseIn, DischargeIn, NothingIn, ReopenIn, ScheduleIn
from cases.api.views.door import ChangeDoor, describe_change
from cases.models import Case
from cases.rules.terms import CloseReason
from cases.services import care, moves
from clinic.accounts.permissions import Action


@describe_change("reviewCase", "Mark a new case as read", NothingIn)
class ReviewView(ChangeDoor):
    action = Action.REVIEW

    def change(self, case: Case, given: dict[str, Any], **who_and_when: Any) -> Case:
        return moves.review_case(case, **who_and_when)


@describe_change("scheduleCase", "Book the first visit", ScheduleIn)
class ScheduleView(ChangeDoor):
    action, body = Action.SCHEDULE, ScheduleIn

    def change(self, case: Case, given: dict[str, Any], **who_and_when: Any) -> Case:
        return moves.schedule_case(case, **given, **who_and_when)


@describe_change("startTreatment", "Begin the approved plan", NothingIn)
class StartTreatmentView(ChangeDoor):
    action = Action.START_TREATMENT

    def change(self, case: Case, given: dict[str, Any], **who_and_when: Any) -> Case:
        return moves.start_treatment(case, **who_and_when)


@describe_change("dischargeCase", "End the care of a treated case", DischargeIn)
class DischargeView(ChangeDoor):
    action, body = Action.DISCHARGE, DischargeIn

    def change(self, case: Case, given: dict[str, Any], **who_and_when: Any) -> Case:
        return moves.discharge_case(case, **given, **who_and_when)


@describe_change("closeCase", "End a case without discharge", CloseIn)
class CloseView(ChangeDoor):
    action, body = Action.CLOSE, CloseIn

    def change(self, case: Case, given: dict[str, Any], **who_and_when: Any) -> Case:
        given["reason"] = CloseReason(given["reason"])
        return moves.close_case(case, **given, **who_and_when)


@describe_change("reopenCase", "Take an ended case up again", ReopenIn)
class ReopenView(ChangeDoor):
    action, body = Action.REOPEN, ReopenIn

    def change(self, case: Case, given: dict[str, Any], **who_and_when: Any) -> Case:
        return moves.reopen_case(case, **given, **who_and_when)


@describe_change("assignCase", "Give the case to a therapist of its site, or to nobody", AssignIn)
class AssignView(ChangeDoor):
    action, body = Action.ASSIGN, AssignIn

    def change(self, case: Case, given: dict[str, Any], **who_and_when: Any) -> Case:
        return care.assign_therapist(case, **given, **who_and_when)
