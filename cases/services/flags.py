"""Red flags: somebody is on it, and a clinician says it is settled."""

from __future__ import annotations

from datetime import datetime

from cases.models import Flag
from cases.rules.terms import Urgency, worst
from cases.services import reminders
from cases.services.errors import Refusal, WrongInput
from cases.services.events import EventKind, record
from cases.services.locking import locked_case, save_change
from cases.services.transactions import one_transaction
from clinic.accounts.models import User


class FlagCleared(Refusal):
    """The flag was cleared already."""

    code = "flag_cleared"


@one_transaction
def acknowledge_flag(flag: Flag, *, by: User, now: datetime) -> Flag:
    """Somebody has called, or is calling, the patient. The first one stands; harmless to repeat."""
    case = locked_case(flag.case)
    stored = Flag.objects.select_for_update(no_key=True).get(pk=flag.pk)
    if stored.cleared_at is not None:
        raise FlagCleared(f"{stored.rule_id} was cleared already.")
    if stored.acknowledged_at is None:
        stored.acknowledged_at = now
        stored.acknowledged_by = by
        stored.save(update_fields=["acknowledged_at", "acknowledged_by"])
        record(case, EventKind.FLAG_ACKNOWLEDGED, by=by, now=now, rule=stored.rule_id, flag=stored.pk)
    return stored


@one_transaction
def clear_flag(flag: Flag, *, reason: str, by: User, now: datetime) -> Flag:
    """A clinician judged the flag settled, and says why.

    The case's urgency becomes that of the worst flag still standing. Raises FlagCleared, WrongInput.
    """
    if not reason.strip():
        raise WrongInput({"reason": ["Say why the flag is settled: what you asked, saw or arranged."]})
    case = locked_case(flag.case)
    stored = Flag.objects.select_for_update(no_key=True).get(pk=flag.pk)
    if stored.cleared_at is not None:
        raise FlagCleared(f"{stored.rule_id} was cleared already.")
    stored.cleared_at = now
    stored.cleared_by = by
    stored.clear_reason = reason.strip()
    stored.save(update_fields=["cleared_at", "cleared_by", "clear_reason"])
    left = worst(*(Urgency(level) for level in case.flags.standing().values_list("level", flat=True)))
    case.urgency = left.value
    save_change(case, ["urgency"], now=now)
    record(case, EventKind.FLAG_CLEARED, by=by, now=now, rule=stored.rule_id, flag=stored.pk, urgency=left.value)
    # Follow-up held back while the flag stood begins again.
    reminders.plan_for_case(case, now=now)
    return stored
