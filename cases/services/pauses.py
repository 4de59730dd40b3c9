"""Sending stopped and released by people: per site, per kind, as a whole, and after a restore."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Greatest, Least

from cases.models import Heartbeat, InboundMessage, Installation, Pause, Reminder
from cases.rules.sending import Hold, Why
from cases.rules.terms import Channel, MessageKind
from cases.services import gate
from cases.services.errors import Refusal, WrongInput
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User


class NotPaused(Refusal):
    """It was released already."""

    code = "not_paused"


class Restored(Refusal):
    """This database was restored from a copy: that pause ends with `release_after_restore` alone."""

    code = "restored"


@one_transaction
def pause_sending(
    *, site: Site | None, kind: MessageKind | None = None, reason: str, by: User | None, now: datetime
) -> Pause:
    """Hold back messages of a kind (None: all) at a site (None: everywhere). Harmless to repeat. Raises WrongInput.

    What is being sent at this moment goes out; everything else waits, and expires when its time is over.
    """
    if not reason.strip():
        raise WrongInput({"reason": ["Say why: whoever finds it paused wants to know."]})
    Pause.objects.bulk_create(
        [Pause(site=site, kind=kind.value if kind else "", reason=reason.strip()[:200], paused_at=now, paused_by=by)],
        ignore_conflicts=True,
    )
    return Pause.objects.in_force().get(site=site, kind=kind.value if kind else "")


@one_transaction
def release_pause(pause: Pause, *, by: User | None, now: datetime) -> Pause:
    """Let messages go again, at the next sane hour. Raises NotPaused, Restored."""
    stored = Pause.objects.select_for_update(of=("self",), no_key=True).get(pk=pause.pk)
    if stored.released_at is not None:
        raise NotPaused("This pause was released already.")
    known = Installation.objects.values_list("identity", flat=True).first()
    if stored.site_id is None and stored.kind == "" and known is not None and known != gate.whose():
        raise Restored(gate.RESTORED)
    _release(stored, by=by, now=now)
    return stored


@one_transaction
def release_after_restore(
    *, since: datetime | None, sent: Mapping[UUID, bool] | None, by: User | None, now: datetime
) -> dict[str, int]:
    """Let a restored database send again; what was, or may have been, sent after the copy was made is not sent again.

    since: when the copy was made; None takes the last sign of life in it. sent: keys from the log of messages kept
    outside the database, with whether each certainly went; None when there is no log: then every message that fell due
    since counts as perhaps sent, and a person decides. So does every answer to a text that still waits: no log tells of
    those. How many were settled either way, and how many go on.
    """
    if since is None:
        since = gate.last_beat() or now
    waiting = Reminder.objects.waiting().exclude(channel=Channel.PHONE.value)
    if sent is None:
        # What was on its way when the copy was made fell due before it.
        doubtful = waiting.filter(Q(due_at__gte=since) | Q(leased_until__isnull=False), due_at__lte=now)
        settled, unsure = 0, _settle(doubtful, Reminder.Status.UNKNOWN, Why.BEFORE_RESTORE, now=now)
    else:
        certain = [key for key, went in sent.items() if went]
        perhaps = [key for key, went in sent.items() if not went]
        settled = _settle(waiting.filter(pk__in=certain), Reminder.Status.ACCEPTED, "", now=now)
        unsure = _settle(waiting.filter(pk__in=perhaps), Reminder.Status.UNKNOWN, Why.BEFORE_RESTORE, now=now)
    unsure += InboundMessage.objects.filter(reply_status=InboundMessage.ReplyStatus.WAITING).update(
        reply_status=InboundMessage.ReplyStatus.UNKNOWN
    )
    Heartbeat.objects.filter(name=gate.OF_COPY).delete()
    Installation.objects.filter(only=True).update(identity=gate.whose(), epoch=F("epoch") + 1, since=now)
    for pause in Pause.objects.in_force().filter(site=None, kind=""):
        _release(pause, by=by, now=now)
    return {"sent": settled, "perhaps sent": unsure, "still to be sent": waiting.filter(due_at__lte=now).count()}


def _settle(rows: QuerySet[Reminder], status: Reminder.Status, reason: str, *, now: datetime) -> int:
    return rows.update(
        status=status,
        reason=str(reason),
        settled_at=now,
        leased_until=None,
        held_for="",
        fencing_token=F("fencing_token") + 1,
    )


def _release(pause: Pause, *, by: User | None, now: datetime) -> None:
    pause.released_at, pause.released_by = now, by
    pause.save(update_fields=["released_at", "released_by"])
    held = Reminder.objects.waiting().exclude(channel=Channel.PHONE.value)
    if pause.site_id is not None:
        held = held.filter(patient__site=pause.site_id)
    if pause.kind:
        held = held.filter(kind=pause.kind)
    # Due again now, not late since it was held: nobody forgot it.
    overdue = Q(try_at__lt=now, leased_until__isnull=True)
    held.filter(Q(held_for=Hold.PAUSED.value) | overdue).update(
        try_at=Least(Greatest(F("due_at"), Value(now, output_field=DateTimeField())), F("expires_at")), held_for=""
    )
