"""Which check-ins a case asks for, kept in step with its schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cases.models import Case, CheckIn, Link
from cases.rules.follow_up import Times
from cases.services import links

Key = tuple[str, int]


def keep_check_ins(
    case: Case, wanted: Mapping[Key, Times], *, stored: Sequence[CheckIn], now: datetime
) -> dict[Key, CheckIn]:
    """Make the case's check-ins those wanted, inside the caller's transaction; all of them, by step and round.

    Those no longer asked for are cancelled, and come back when they are asked for again. An answered one never changes.
    """
    known: dict[Key, CheckIn] = {(check_in.step, check_in.round): check_in for check_in in stored}
    made, changed, changed_links = [], [], []
    for (name, round_), times in wanted.items():
        check_in = known.get((name, round_))
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
    for key, check_in in known.items():
        if key not in wanted and not (check_in.answered_at or check_in.cancelled_at):
            check_in.cancelled_at = now
            changed.append(check_in)
    if made:
        Link.objects.bulk_create(check_in.link for check_in in made)
        CheckIn.objects.bulk_create(made)
    if changed_links:
        Link.objects.bulk_update(changed_links, ["expires_at"])
    if changed:
        CheckIn.objects.bulk_update(changed, ["due_at", "expires_at", "cancelled_at"])
    return known | {(check_in.step, check_in.round): check_in for check_in in made}


def _new(case: Case, name: str, round_: int, times: Times, *, now: datetime) -> CheckIn:
    link = links.new_link(case.patient_id, purpose=Link.Purpose.CHECK_IN, expires_at=times.expires_at, now=now)
    return CheckIn(case=case, step=name, round=round_, due_at=times.due_at, expires_at=times.expires_at, link=link)


def _moved(check_in: CheckIn, times: Times) -> bool:
    return (check_in.due_at, check_in.expires_at) != (times.due_at, times.expires_at)
