"""Who may do what, where: one table, asked by every door."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q

from clinic.accounts.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from clinic.accounts.models import User


class Reach(StrEnum):
    """How far a grant goes."""

    SITE = "site"  # everything at one's own sites
    CASE = "case"  # at one's own sites, only the cases one is the therapist of


class Action(StrEnum):
    LIST_CASES = "list_cases"
    READ_CONTACT = "read_contact"
    EDIT_CONTACT = "edit_contact"
    READ_ANSWERS = "read_answers"
    READ_SUGGESTION = "read_suggestion"
    READ_NOTES = "read_notes"
    WRITE_NOTE = "write_note"
    SUBMIT_INTAKE = "submit_intake"
    SEND_FORM = "send_form"
    REVIEW = "review"
    SCHEDULE = "schedule"
    START_TREATMENT = "start_treatment"
    DISCHARGE = "discharge"
    CLOSE = "close"
    REOPEN = "reopen"
    ASSIGN = "assign"
    CORRECT_CASE = "correct_case"
    ACKNOWLEDGE_FLAG = "acknowledge_flag"
    CLEAR_FLAG = "clear_flag"
    RECORD_EXAMINATION = "record_examination"
    RECORD_FINDING = "record_finding"
    EDIT_PLAN = "edit_plan"
    APPROVE_PLAN = "approve_plan"
    READ_PROGRAMME = "read_programme"
    SEND_OWN_PAGE = "send_own_page"
    RECORD_NEEDLING = "record_needling"
    RECORD_VISIT = "record_visit"
    RECORD_OUTCOME = "record_outcome"
    RECORD_CHECK_IN = "record_check_in"
    READ_REMINDERS = "read_reminders"
    MANAGE_REMINDERS = "manage_reminders"
    READ_EVENTS = "read_events"
    READ_QUALITY = "read_quality"
    LIST_UPLOADS = "list_uploads"
    OPEN_UPLOADS = "open_uploads"
    RELEASE_UPLOADS = "release_uploads"
    MANAGE_STAFF = "manage_staff"
    MANAGE_SITE = "manage_site"


_DESK = {Role.FRONT_DESK: Reach.SITE}
_MANAGER = {Role.MANAGER: Reach.SITE}
_CARE = {Role.THERAPIST: Reach.CASE}

# trust.md's matrix as data; a role that is absent from a row may not. The generated permission test walks it.
GRANTS: dict[Action, dict[Role, Reach]] = {
    Action.LIST_CASES: _DESK | _CARE | _MANAGER | {Role.AUDITOR: Reach.SITE, Role.INTEGRATION: Reach.SITE},
    Action.READ_CONTACT: _DESK | _CARE | _MANAGER | {Role.INTEGRATION: Reach.SITE},
    Action.EDIT_CONTACT: _DESK | _MANAGER,
    Action.READ_ANSWERS: _DESK | _CARE | _MANAGER | {Role.INTEGRATION: Reach.SITE},
    Action.READ_SUGGESTION: _CARE | _MANAGER,
    Action.READ_NOTES: _CARE | _MANAGER,
    Action.WRITE_NOTE: _CARE,
    Action.SUBMIT_INTAKE: _DESK | _MANAGER | {Role.INTEGRATION: Reach.SITE},
    Action.SEND_FORM: _DESK | _MANAGER,
    Action.REVIEW: _DESK | _CARE | _MANAGER,
    Action.SCHEDULE: _DESK | _CARE | _MANAGER,
    Action.START_TREATMENT: _CARE | _MANAGER,
    Action.DISCHARGE: _CARE | _MANAGER,
    Action.CLOSE: _CARE | _MANAGER,
    Action.REOPEN: _CARE | _MANAGER,
    Action.ASSIGN: _MANAGER,
    Action.CORRECT_CASE: _CARE | _MANAGER,
    Action.ACKNOWLEDGE_FLAG: _DESK | _CARE | _MANAGER,
    Action.CLEAR_FLAG: _CARE,
    Action.RECORD_EXAMINATION: _CARE,
    Action.RECORD_FINDING: _CARE,
    Action.EDIT_PLAN: _CARE,
    Action.APPROVE_PLAN: _CARE,
    # The sheet that is printed for the patient: it names no cause.
    Action.READ_PROGRAMME: _DESK | _CARE | _MANAGER,
    Action.SEND_OWN_PAGE: _DESK | _CARE | _MANAGER,
    Action.RECORD_NEEDLING: _CARE,
    Action.RECORD_VISIT: _DESK | _CARE | _MANAGER,
    Action.RECORD_OUTCOME: _CARE,
    Action.RECORD_CHECK_IN: _CARE | _MANAGER,
    Action.READ_REMINDERS: _DESK | _CARE | _MANAGER | {Role.AUDITOR: Reach.SITE},
    Action.MANAGE_REMINDERS: _DESK | _CARE | _MANAGER,
    Action.READ_EVENTS: _MANAGER | {Role.AUDITOR: Reach.SITE},
    # A therapist reads how good the suggestions were in her own cases, not how her colleagues fare.
    Action.READ_QUALITY: _CARE | _MANAGER,
    Action.LIST_UPLOADS: _DESK | _CARE | _MANAGER,
    Action.OPEN_UPLOADS: _CARE | _MANAGER,
    Action.RELEASE_UPLOADS: _CARE | _MANAGER,
    Action.MANAGE_STAFF: _MANAGER,
    Action.MANAGE_SITE: _MANAGER,
}


def reach_of(user: User | AnonymousUser, action: Action) -> tuple[set[int], set[int]]:
    """Site ids where the user may do it to everything, and where only to the cases the user is on."""
    whole: set[int] = set()
    own: set[int] = set()
    for role, site in getattr(user, "places", ()):
        reach = GRANTS[action].get(role)
        if reach is Reach.SITE:
            whole.add(site)
        elif reach is Reach.CASE:
            own.add(site)
    return whole, own - whole


def within_reach(user: User | AnonymousUser, action: Action, *, site: str = "site", therapist: str = "therapist") -> Q:
    """The filter for rows the user may do it to; `site` and `therapist` are lookup paths from the row."""
    whole, own = reach_of(user, action)
    if not whole and not own:
        return Q(pk__in=[])
    return Q(**{f"{site}__in": sorted(whole)}) | Q(**{f"{site}__in": sorted(own), therapist: user.pk})


def may(
    user: User | AnonymousUser, action: Action, *, site_id: int | None = None, therapist_id: int | None = None
) -> bool:
    """May the user do it there? site_id None: anywhere at all; therapist_id: the therapist of the case asked about."""
    whole, own = reach_of(user, action)
    if site_id is None:
        return bool(whole or own)
    return site_id in whole or (site_id in own and therapist_id is not None and therapist_id == user.pk)
