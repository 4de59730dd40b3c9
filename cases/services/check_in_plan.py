"""Which check-ins a case asks for, kept in step with its status."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.models import Case, CheckIn, Link
from cases.rules.follow_up import STEP, Start, Times, check_in_times, steps_of
from cases.rules.terms import CaseStatus, Urgency
from cases.services import links

# A patient who moves shifts every due time by hours; a treatment begun anew shifts them by days.
SAME_TREATMENT = timedelta(days=3)


def plan_check_ins(
    case: Case, *, zone: ZoneInfo, now: datetime, existing: Sequence[CheckIn] | None = None
) -> list[CheckIn]:
    """Make the case's check-ins what reference 11 asks for, inside the caller's transaction; all of them, as stored.

    Those no longer asked for are cancelled, and come back when they are asked for again. An answered one never changes.
    existing: when the caller knows them; a case just opened has none.
    """
    stored = list(case.check_ins.select_related("link").order_by("pk")) if existing is None else list(existing)
    wanted = _wanted(case, stored, zone)
    made, changed, changed_links = [], [], []
    for (name, round_), times in wanted.items():
        check_in = next((each for each in stored if (each.step, each.round) == (name, round_)), None)
        if check_in is None:
            if times.expires_at > now:
                made.append(_new(case, name, round_, times, now=now))
        elif check_in.answered_at is None and check_in.expires_at > now:
            if _moved(check_in, times):
                check_in.link.expires_at = times.expires_at
                changed_links.append(check_in.link)
            if _moved(check_in, times) or check_in.cancelled_at is not None:
                check_in.due_at, check_in.expires_at, check_in.cancelled_at = times.due_at, times.expires_at, None
                changed.append(check_in)
    for check_in in stored:
        if (check_in.step, check_in.round) not in wanted and not (check_in.answered_at or check_in.cancelled_at):
            check_in.cancelled_at = now
            changed.append(check_in)
    if made:
        Link.objects.bulk_create(check_in.link for check_in in made)
        CheckIn.objects.bulk_create(made)
    if changed_links:
        Link.objects.bulk_update(changed_links, ["expires_at"])
    if changed:
        CheckIn.objects.bulk_update(changed, ["due_at", "expires_at", "cancelled_at"])
    return [*stored, *made]


def _wanted(case: Case, stored: Sequence[CheckIn], zone: ZoneInfo) -> dict[tuple[str, int], Times]:
    wanted = {}
    steps = steps_of(CaseStatus(case.status), Urgency(case.urgency))
    round_ = _round(case, stored, zone) if any(step.start is Start.TREATMENT for step in steps) else 1
    for step in steps:
        start = case.opened_at if step.start is Start.OPENING else case.status_since
        wanted[step.name, 1 if step.start is Start.OPENING else round_] = check_in_times(step, start, zone)
    return wanted


def _round(case: Case, stored: Sequence[CheckIn], zone: ZoneInfo) -> int:
    """Which treatment of the case this is: the last one known, or the next when its times are others."""
    treated = [check_in for check_in in stored if STEP[check_in.step].start is Start.TREATMENT]
    last = max((check_in.round for check_in in treated), default=0)
    for check_in in treated:
        expected = check_in_times(STEP[check_in.step], case.status_since, zone).due_at
        if check_in.round == last and abs(check_in.due_at - expected) < SAME_TREATMENT:
            return last
    return last + 1


def _new(case: Case, name: str, round_: int, times: Times, *, now: datetime) -> CheckIn:
    link = links.new_link(case.patient_id, purpose=Link.Purpose.CHECK_IN, expires_at=times.expires_at, now=now)
    return CheckIn(case=case, step=name, round=round_, due_at=times.due_at, expires_at=times.expires_at, link=link)


def _moved(check_in: CheckIn, times: Times) -> bool:
    return (check_in.due_at, check_in.expires_at) != (times.due_at, times.expires_at)
