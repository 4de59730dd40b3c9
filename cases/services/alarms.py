"""Flags raised and the urgency that rises with them: the same whether a report, a score or a session tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.models import Case, CaseEvent, Flag, SymptomReport
from cases.rules.call_back import act_by
from cases.rules.terms import Urgency, worst
from cases.rules.triage import FiredRule
from cases.services.events import EventKind, event
from cases.services.locking import save_change
from clinic.accounts.models import User


def flag_of(case: Case, fired: FiredRule, *, report: SymptomReport | None, rules_version: str, now: datetime) -> Flag:
    """The flag of one rule, not yet stored, with the moment by which somebody must have called.

    report: what told of it; None where a session did and there is no report yet. rules_version: of the rules that fired
    now; those which judged the report may be older.
    """
    site = case.site
    local = now.astimezone(ZoneInfo(site.time_zone))
    return Flag(
        case=case,
        report=report,
        rule_id=fired.rule_id,
        level=fired.level.value,
        suspicion=fired.suspicion,
        answers=fired.answers,
        source=fired.source,
        rules_version=rules_version,
        raised_at=now,
        act_by=act_by(fired.level, local, opens_at=site.opens_at, closes_at=site.closes_at, rule_id=fired.rule_id),
    )


def raise_flags(
    case: Case, flags: Sequence[Flag], *, beside: Iterable[CaseEvent] = (), by: User | None, now: datetime
) -> None:
    """Store the flags of a locked case, and raise its urgency to the gravest of them; it never falls by this.

    beside: events of the same deed, stored with those of the flags. by: whose record told of it; None: the patient's.
    The case is counted as changed, also without a flag: whoever looks at it has not read what was told.
    """
    Flag.objects.bulk_create(flags)
    events = [
        *beside,
        *(event(case, EventKind.FLAG_RAISED, by=by, now=now, rule=each.rule_id, level=each.level) for each in flags),
    ]
    raised = worst(Urgency(case.urgency), *(Urgency(flag.level) for flag in flags))
    is_raised = raised.value != case.urgency
    if is_raised:
        events.append(event(case, EventKind.URGENCY_RAISED, by=None, now=now, start=case.urgency, end=raised.value))
        case.urgency = raised.value
    # A case that was opened by this very report is stored as it is.
    if is_raised or case.opened_at != now:
        save_change(case, ["urgency"], now=now)
    CaseEvent.objects.bulk_create(events)
