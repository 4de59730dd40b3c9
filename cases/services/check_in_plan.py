"""Which check-ins a case asks for, kept in step with its schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.models import Case, CheckIn, Link
from cases.rules.follow_up import Times
from cases.services import links

Key = tuple[str, int]


@dataclass
class Arranged:
    """The check-ins as they should stand, not stored yet. all: by step and round; the rest is what is to be written."""

    all: dict[Key, CheckIn]
    made: list[CheckIn] = field(default_factory=list)
    changed: list[CheckIn] = field(default_factory=list)
    changed_links: list[Link] = field(default_factory=list)


def keep_check_ins(
    case: Case, wanted: Mapping[Key, Times], *, stored: Sequence[CheckIn], now: datetime
) -> dict[Key, CheckIn]:
    """Make the case's check-ins those wanted, inside the caller's transaction; all of them, by step and round.

    Those no longer asked for are cancelled, and come back when they are asked for again. An answered one never changes.
    """
    arranged = arrange_check_ins(case, wanted, stored=stored, now=now)
    if arranged.made:
        Link.objects.bulk_create(check_in.link for check_in in arranged.made)
        CheckIn.objects.bulk_create(arranged.made)
    if arranged.changed_links:
        Link.objects.bulk_update(arranged.changed_links, ["expires_at"])
    if arranged.changed:
        CheckIn.objects.bulk_update(arranged.changed, ["due_at", "expires_at", "cancelled_at"])
    return arranged.all


def arrange_check_ins(case: Case, wanted: Mapping[Key, Times], *, stored: Sequence[CheckIn], now: datetime) -> Arranged:
    """What `keep_check_ins` writes, done to the rows in hand alone."""
    known: dict[Key, CheckIn] = {(check_in.step, check_in.round): check_in for check_in in stored}
    result = Arranged(known)
    for (name, round_), times in wanted.items():
        check_in = known.get((name, round_))
        if check_in is None:
            if times.expires_at > now:
                result.made.append(_new(case, name, round_, times, now=now))
        elif check_in.answered_at is None and check_in.expires_at > now:
            if _moved(check_in, times):
                check_in.link.expires_at = times.expires_at
                result.changed_links.append(check_in.link)
            if _moved(check_in, times) or check_in.cancelled_at is not None:
                check_in.due_at, check_in.expires_at, check_in.cancelled_at = times.due_at, times.expires_at, None
                result.changed.append(check_in)
    for key, check_in in known.items():
        if key not in wanted and not (check_in.answered_at or check_in.cancelled_at):
            check_in.cancelled_at = now
            result.changed.append(check_in)
    result.all = known | {(check_in.step, check_in.round): check_in for check_in in result.made}
    return result


def _new(case: Case, name: str, round_: int, times: Times, *, now: datetime) -> CheckIn:
    link = links.new_link(case.patient_id, purpose=Link.Purpose.CHECK_IN, expires_at=times.expires_at, now=now)
    return CheckIn(case=case, step=name, round=round_, due_at=times.due_at, expires_at=times.expires_at, link=link)


def _moved(check_in: CheckIn, times: Times) -> bool:
    return (check_in.due_at, check_in.expires_at) != (times.due_at, times.expires_at)
