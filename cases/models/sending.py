"""What a site has decided about its messages, when it is closed, what is paused, and whose database this is."""

from __future__ import annotations

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cases.models.choices import choices_of, values_of
from cases.models.kept import never_changed, never_emptied
from cases.rules.quiet_hours import EARLIEST, LATEST, Window
from cases.rules.reminder_settings import DEFAULT, Settings
from cases.rules.terms import Channel, Language, MessageKind
from clinic.accounts.models import Site, User


class ReminderSettings(models.Model):
    """A site's own figures for its messages; a site without a row goes by `cases.rules.reminder_settings.DEFAULT`.

    replan_after: the last case brought into line with a change, while others still wait; None when all are.
    zone: of the site when its messages were last planned all together.
    """

    site = models.OneToOneField(Site, on_delete=models.PROTECT, related_name="reminder_settings")
    kinds_off = ArrayField(models.CharField(max_length=20, choices=choices_of(MessageKind)), default=list, blank=True)
    hour = models.TimeField(default=time(10), help_text="When messages are due, on the patient's wall.")
    opens = models.TimeField(default=time(9), help_text="No message goes earlier in the day.")
    closes = models.TimeField(default=time(20), help_text="No message goes later in the day.")
    cap_per_week = models.PositiveSmallIntegerField(default=4, help_text="Most messages to one patient in 7 days.")
    rest_check_days = models.PositiveSmallIntegerField(default=4)
    repeat_after_days = models.PositiveSmallIntegerField(default=3)
    call_after_days = models.PositiveSmallIntegerField(default=6)
    form_repeat_days = models.PositiveSmallIntegerField(default=2)
    nudge_every_days = models.PositiveSmallIntegerField(default=14)
    languages = ArrayField(models.CharField(max_length=5, choices=choices_of(Language)), default=list, blank=True)
    sms_allowed = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    replan_after = models.BigIntegerField(null=True, blank=True)
    replanned_at = models.DateTimeField(null=True, blank=True)
    # The database's own default: a door of the release before knows nothing of it.
    zone = models.CharField(max_length=64, blank=True, default="", db_default="")

    # What a site decides; the other columns keep account of it.
    FIGURES = (
        "kinds_off",
        "hour",
        "opens",
        "closes",
        "cap_per_week",
        "rest_check_days",
        "repeat_after_days",
        "call_after_days",
        "form_repeat_days",
        "nudge_every_days",
        "languages",
        "sms_allowed",
    )
    PERSONAL: tuple[str, ...] = ()

    class Meta:
        verbose_name_plural = "reminder settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(opens__gte=EARLIEST) & Q(opens__lt=F("closes")) & Q(closes__lte=LATEST),
                name="messages_go_between_08_and_21",
            ),
            models.CheckConstraint(
                condition=Q(hour__gte=F("opens")) & Q(hour__lt=F("closes")), name="messages_are_due_when_they_may_go"
            ),
            models.CheckConstraint(condition=Q(rest_check_days__range=(3, 5)), name="rest_check_is_on_day_3_to_5"),
            models.CheckConstraint(
                condition=Q(cap_per_week__range=(1, 14)), name="patient_gets_1_to_14_messages_a_week"
            ),
            models.CheckConstraint(
                condition=Q(repeat_after_days__gte=1)
                & Q(call_after_days__gt=F("repeat_after_days"))
                & Q(call_after_days__lte=6),
                name="call_comes_after_the_repeat_and_in_time",
            ),
            models.CheckConstraint(
                condition=Q(form_repeat_days__range=(1, 10)), name="form_is_asked_for_again_in_time"
            ),
            models.CheckConstraint(condition=Q(nudge_every_days__range=(7, 60)), name="nudge_comes_weekly_at_most"),
            models.CheckConstraint(
                condition=Q(kinds_off__contained_by=values_of(MessageKind)), name="kind_switched_off_is_known"
            ),
            models.CheckConstraint(
                condition=Q(languages__contained_by=values_of(Language)), name="language_of_messages_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"messages of site {self.site_id}"

    def as_rule(self) -> Settings:
        return Settings(
            kinds_off=frozenset(MessageKind(kind) for kind in self.kinds_off),
            hour=self.hour,
            window=Window(self.opens, self.closes),
            cap_per_week=self.cap_per_week,
            rest_check_days=self.rest_check_days,
            repeat_after_days=self.repeat_after_days,
            call_after_days=self.call_after_days,
            form_repeat_days=self.form_repeat_days,
            nudge_every_days=self.nudge_every_days,
            languages=tuple(self.languages) or DEFAULT.languages,
            sms_allowed=self.sms_allowed,
        )


class ReminderSettingsChange(models.Model):
    """Who changed a site's figures, when, and from what to what. Appended, never changed."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField()
    after = models.JSONField()

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        indexes = [models.Index(fields=["site", "-at"], name="settings_change_of_site")]
        triggers = [
            never_changed("settings_change_is_never_changed"),
            never_emptied("settings_changes_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class SiteMessages(Site):
    """A site as the page about its messages sees it."""

    class Meta:
        proxy = True
        verbose_name_plural = "message settings"

    def __str__(self) -> str:
        return self.name


class ClosedDay(models.Model):
    """A day on which a site is closed: messages that can wait go on the next open day."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="closed_days")
    day = models.DateField()
    name = models.CharField(max_length=60, blank=True, help_text="Such as 'Thanksgiving'.")

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "day"], name="day_is_closed_once_per_site")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class PauseQuerySet(models.QuerySet["Pause"]):
    def in_force(self) -> PauseQuerySet:
        return self.filter(released_at__isnull=True)


class Pause(models.Model):
    """Sending stopped until a person releases it. site None: at every site; kind "": every kind.

    paused_by None: the program itself, as after a restore.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=20, choices=choices_of(MessageKind), blank=True)
    reason = models.CharField(max_length=200)
    paused_at = models.DateTimeField()
    paused_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    PERSONAL: tuple[str, ...] = ()

    objects = PauseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="pause_says_why"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_at__gte=F("paused_at")),
                name="pause_is_released_after_it_began",
            ),
            models.UniqueConstraint(
                fields=["site", "kind"],
                condition=Q(released_at__isnull=True),
                nulls_distinct=False,
                name="one_pause_in_force_per_site_and_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind or 'all messages'} at {self.site_id or 'every site'}"


class Installation(models.Model):
    """The one database that may send, known by what a restore cannot keep: cluster, timeline, database and table.

    epoch: counts the restores that a person released.
    """

    only = models.BooleanField(primary_key=True, default=True)
    identity = models.CharField(max_length=120)
    epoch = models.PositiveIntegerField(default=1)
    since = models.DateTimeField()

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="there_is_one_installation")]

    def __str__(self) -> str:
        return f"epoch {self.epoch}"


class ProviderRate(models.Model):
    """How much a provider takes now: tokens that come back with time, and until when it asked to be left alone."""

    channel = models.CharField(max_length=10, primary_key=True, choices=choices_of(Channel))
    tokens = models.FloatField(default=0)
    filled_at = models.DateTimeField()
    closed_until = models.DateTimeField(null=True, blank=True)

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(tokens__gte=0), name="tokens_are_never_overdrawn")]

    def __str__(self) -> str:
        return self.channel
