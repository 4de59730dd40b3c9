"""Words of messages, what providers report about them, and what patients answer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models.cases import Case
from cases.models.choices import choices_of, one_of
from cases.models.kept import never_changed, never_emptied
from cases.models.patients import Patient
from cases.models.reminders import Reminder
from cases.models.visits import Visit
from cases.rules.delivery import Delivered
from cases.rules.inbound import Intent
from cases.rules.terms import Channel, Language, MessageKind
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, reach_of, within_reach

# What a message can be written in: a call has words for the caller only, and they are shipped.
WRITTEN = (Channel.EMAIL, Channel.SMS)


class MessageTemplate(models.Model):
    """One version of one site's words for one kind, language and channel; the highest version is in force.

    body: with {clinic}, {phone}, {link} and {stop} to fill in; "" goes back to the shipped words.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="message_templates")
    language = models.CharField(max_length=5, choices=choices_of(Language))
    kind = models.CharField(max_length=20, choices=choices_of(MessageKind))
    channel = models.CharField(max_length=10, choices=[(each.value, each.label) for each in WRITTEN])
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=80, blank=True)
    body = models.TextField(blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "kind", "language", "channel", "version"], name="one_text_per_version_of_a_template"
            ),
            models.CheckConstraint(condition=one_of("channel", WRITTEN), name="template_channel_is_written"),
            models.CheckConstraint(condition=Q(channel="email") | Q(subject=""), name="texts_have_no_subject"),
            models.CheckConstraint(condition=Q(version__gte=1), name="template_versions_begin_at_one"),
        ]
        triggers = [
            # What was sent under a version must stay what it was.
            never_changed("template_is_never_changed"),
            never_emptied("templates_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.language}, version {self.version}"


class DeliveryEvent(models.Model):
    """One report of a provider about one message, as it came in; appended, never changed.

    event_id: the provider's own, unique: a repeat is no second event. named: the provider's word for it.
    reminder None: a message we do not know. effect: what followed here.
    """

    class Effect(models.TextChoices):
        NONE = "none", "Nothing new"
        NOTED = "noted", "Noted"
        UNKNOWN_MESSAGE = "unknown_message", "About a message we do not know"
        UNREADABLE = "unreadable", "Could not be read"
        CHANNEL_CHANGED = "channel_changed", "Goes by the next channel"
        ADDRESS_FAILED = "address_failed", "Address marked as wrong"
        OPTED_OUT = "opted_out", "Messages stopped"

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    reminder = models.ForeignKey(
        Reminder, on_delete=models.PROTECT, null=True, blank=True, related_name="delivery_events"
    )
    message_id = models.CharField(max_length=120, blank=True, help_text="The message as the provider names it.")
    state = models.CharField(max_length=14, choices=choices_of(Delivered))
    named = models.CharField(max_length=40, blank=True)
    happened_at = models.DateTimeField(null=True, blank=True, help_text="By the provider's clock.")
    received_at = models.DateTimeField()
    effect = models.CharField(max_length=16, choices=Effect.choices)

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="each_delivery_event_is_taken_once"),
            models.CheckConstraint(condition=one_of("state", Delivered), name="delivery_state_is_known"),
        ]
        indexes = [models.Index(fields=["-received_at", "-id"], name="delivery_event_newest")]
        triggers = [
            never_changed("delivery_event_is_never_changed"),
            never_emptied("delivery_events_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.state} {self.received_at:%Y-%m-%d %H:%M}"


class InboundMessageQuerySet(models.QuerySet["InboundMessage"]):
    def visible_to(self, user: User, action: Action = Action.MANAGE_REMINDERS) -> InboundMessageQuerySet:
        """The messages of one's sites; those of a number nobody knows are for whoever answers for a whole site."""
        seen = within_reach(user, action, site="site", therapist="case__therapist")
        whole, _ = reach_of(user, action)
        return self.filter(seen | Q(site__isnull=True) if whole else seen)

    def unread(self) -> InboundMessageQuerySet:
        return self.filter(status=InboundMessage.Status.UNREAD)


class InboundMessage(models.Model):
    """One answer that came in: from whom, what it meant, and who saw to it.

    message_id: the provider's own, unique: a repeat is no second message. sent_at: when the patient sent it, by the
    provider's clock. patient None: a number nobody or several people have. in_reply_to: the message it answers.
    reply: what goes back by itself, once; reply_status says how far it got.
    """

    class Status(models.TextChoices):
        DONE = "done", "Done by itself"
        UNREAD = "unread", "To be read"
        ANSWERED = "answered", "Answered"

    class ReplyStatus(models.TextChoices):
        NONE = "none", "Nothing goes back"
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"
        UNKNOWN = "unknown", "Perhaps sent"

    provider = models.CharField(max_length=20)
    message_id = models.CharField(max_length=120)
    channel = models.CharField(max_length=10, choices=choices_of(Channel))
    sender = models.CharField(max_length=254, help_text="The number in E.164 or the address it came from.")
    text = models.TextField(blank=True)
    sent_at = models.DateTimeField()
    received_at = models.DateTimeField()
    intent = models.CharField(max_length=12, choices=choices_of(Intent))
    language = models.CharField(max_length=5, blank=True)
    note = models.CharField(max_length=120, blank=True, help_text="What followed, or why a person must read it.")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="inbound_messages"
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="inbound_messages")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, blank=True, related_name="inbound_messages")
    in_reply_to = models.ForeignKey(Reminder, on_delete=models.PROTECT, null=True, blank=True, related_name="answers")
    status = models.CharField(max_length=10, choices=Status.choices)
    assigned_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    reply = models.CharField(max_length=12, blank=True, help_text="Which answer goes back: stopped, started or help.")
    reply_status = models.CharField(max_length=8, choices=ReplyStatus.choices, default=ReplyStatus.NONE.value)
    reply_try_at = models.DateTimeField(null=True, blank=True)
    reply_tries = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    PERSONAL = ("sender", "text")

    objects = InboundMessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "message_id"], name="each_inbound_message_is_taken_once"),
            models.CheckConstraint(condition=one_of("intent", Intent), name="inbound_intent_is_known"),
            models.CheckConstraint(
                condition=Q(status="answered", answered_at__isnull=False, answered_by__isnull=False)
                | (~Q(status="answered") & Q(answered_at__isnull=True, answered_by__isnull=True)),
                name="answered_message_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(reply_status="none", reply="") | (~Q(reply_status="none") & ~Q(reply="")),
                name="reply_is_named_when_there_is_one",
            ),
            models.CheckConstraint(
                condition=~Q(reply_status__in=["waiting", "sending"]) | Q(reply_try_at__isnull=False),
                name="waiting_reply_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="inbound_newest"),
            models.Index(fields=["sender", "-sent_at"], name="inbound_of_sender"),
            models.Index(fields=["received_at"], condition=Q(status="unread"), name="inbound_unread"),
            models.Index(
                fields=["reply_try_at"],
                condition=Q(reply_status__in=["waiting", "sending"]),
                name="inbound_reply_waiting",
            ),
        ]
        triggers = [never_emptied("inbound_messages_are_never_emptied")]

    def __str__(self) -> str:
        return f"{self.intent} {self.received_at:%Y-%m-%d %H:%M}"
