"""Messages that are due: the row is the queue, its states are the proof."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from cases.models.cases import Case
from cases.models.choices import choices_of, one_of
from cases.models.follow_up import CheckIn
from cases.models.kept import never_emptied
from cases.models.links import Link
from cases.models.patients import Patient
from cases.models.visits import Visit
from cases.rules.terms import Channel, MessageKind
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, within_reach


def _pair(kind: MessageKind) -> tuple[str, str]:
    return kind.value, kind.label


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def visible_to(self, user: User, action: Action = Action.READ_REMINDERS) -> ReminderQuerySet:
        return self.filter(within_reach(user, action, site="patient__site", therapist="case__therapist"))

    def waiting(self) -> ReminderQuerySet:
        """Not settled: to be sent, or being sent."""
        return self.filter(status=Reminder.Status.WAITING)

    def to_take(self, *, now: datetime) -> ReminderQuerySet:
        """Due, and nobody has it in hand."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        return self.waiting().filter(free, try_at__lte=now)


class Reminder(models.Model):
    """One message due to one person for one reason on one channel.

    id: also the idempotency key at the gateway, the same on every attempt.
    due_at: when it may first go. try_at: when a sender may next take it (due, back-off or quiet hours; held_for says).
    expires_at: never sent after this. leased_until, fencing_token: whose turn it is, and the proof of it.
    started_at: a lease that ran out before this was set was certainly never sent.
    """

    class Kind(models.TextChoices):
        CHECK_IN = _pair(MessageKind.CHECK_IN)
        CHECK_IN_REPEAT = _pair(MessageKind.CHECK_IN_REPEAT)
        CHECK_IN_CALL = _pair(MessageKind.CHECK_IN_CALL)
        WEEKLY_CHECK_IN = _pair(MessageKind.WEEKLY_CHECK_IN)
        NEEDLING_CHECK = _pair(MessageKind.NEEDLING_CHECK)
        AFTER_DISCHARGE = _pair(MessageKind.AFTER_DISCHARGE)
        VISIT = _pair(MessageKind.VISIT)
        MISSED_VISIT = _pair(MessageKind.MISSED_VISIT)
        OFF_PLAN = _pair(MessageKind.OFF_PLAN)
        NUDGE = _pair(MessageKind.NUDGE)
        FORM = _pair(MessageKind.FORM)
        FORM_REPEAT = _pair(MessageKind.FORM_REPEAT)
        OWN_PAGE = _pair(MessageKind.OWN_PAGE)

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ACCEPTED = "accepted", "Sent"
        SUPPRESSED = "suppressed", "Not sent, on purpose"
        FAILED = "failed", "Failed: telephone the patient"
        EXPIRED = "expired", "Too late to send"
        UNKNOWN = "unknown", "Uncertain: ask the patient"

    # Somebody at the clinic should know.
    IN_TROUBLE = (Status.EXPIRED, Status.FAILED, Status.UNKNOWN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="reminders")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="reminders")
    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, null=True, blank=True, related_name="reminders")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, blank=True, related_name="reminders")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, null=True, blank=True, related_name="reminders")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    channel = models.CharField(max_length=10, choices=choices_of(Channel))
    dedupe_key = models.CharField(max_length=80, unique=True, help_text="What makes this message one: its reason.")
    due_at = models.DateTimeField()
    try_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.WAITING.value)
    reason = models.CharField(max_length=120, blank=True, help_text="Why it ended as it did.")
    held_for = models.CharField(max_length=60, blank=True, help_text="Why it waits longer than until it is due.")
    attempts_made = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    fencing_token = models.BigIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField()

    PERSONAL: tuple[str, ...] = ()

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="waiting", settled_at__isnull=True)
                | (~Q(status="waiting") & Q(settled_at__isnull=False)),
                name="settled_reminder_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["suppressed", "failed", "unknown"]) | ~Q(reason=""),
                name="reminder_not_sent_says_why",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("due_at")), name="reminder_expires_after_it_is_due"
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(attempts_made__gt=0), name="started_reminder_was_claimed"
            ),
            models.CheckConstraint(condition=one_of("channel", Channel), name="reminder_channel_is_known"),
        ]
        indexes = [
            # Only what still waits is indexed: a sweep costs the same with ten thousand and five million stored.
            # By channel: thousands of e-mails that wait for their provider must not stand before a text.
            models.Index(
                fields=["channel", "try_at"], condition=Q(status="waiting"), name="reminder_waiting_by_channel"
            ),
            models.Index(
                fields=["patient", "settled_at"],
                condition=Q(status__in=["accepted", "unknown"]),
                name="reminder_said_to_patient",
            ),
            models.Index(fields=["case", "due_at"], name="reminder_of_case"),
            models.Index(fields=["patient"], condition=Q(status="waiting"), name="reminder_waiting_of_patient"),
            models.Index(fields=["-planned_at", "-id"], name="reminder_newest"),
            # The front desk's list of calls: few rows among millions that were sent.
            models.Index(
                fields=["settled_at"],
                condition=Q(status__in=["expired", "failed", "unknown"]),
                name="reminder_in_trouble",
            ),
        ]
        triggers = [never_emptied("reminders_are_never_emptied")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}, {self.status}"


class ReminderAttempt(models.Model):
    """One turn at sending that is over: claimed, perhaps started, and what came of it.

    Written when it ends, by its sender or by whoever finds that its lease ran out: a turn under way stands on the
    reminder itself, which is locked anyway.
    """

    class Result(models.TextChoices):
        OPEN = "open", "Under way"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused for good"
        RETRY = "retry", "To be tried again"
        AMBIGUOUS = "ambiguous", "Perhaps sent"
        NEVER_STARTED = "never_started", "Never started"

    # Its index is that of `one_attempt_per_turn`.
    reminder = models.ForeignKey(Reminder, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    fencing_token = models.BigIntegerField()
    claimed_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=14, choices=Result.choices, default=Result.OPEN.value)
    detail = models.CharField(max_length=200, blank=True)
    # The database's own default: a sender of the release before knows nothing of these.
    words = models.CharField(
        max_length=80, blank=True, default="", db_default="", help_text="Which words went: shipped, or a version."
    )
    provider_id = models.CharField(
        max_length=120, blank=True, default="", db_default="", help_text="What the provider calls the message."
    )

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reminder", "fencing_token"], name="one_attempt_per_turn"),
        ]
        indexes = [
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="attempt_of_provider"),
        ]
        triggers = [never_emptied("attempts_are_never_emptied")]

    def __str__(self) -> str:
        return f"{self.result} {self.claimed_at:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """The last time a part of the clock was seen at work."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    PERSONAL: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name
