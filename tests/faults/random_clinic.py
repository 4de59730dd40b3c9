"""A clinic as chance has it: sites, people and their cases; the same seed gives the same one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import count

from django.db import connection

from cases.models import (
    Case,
    CheckIn,
    ClosedDay,
    ContactConsent,
    NeedlingSession,
    Patient,
    Pause,
    Plan,
    Reminder,
    ReminderSettings,
)
from cases.rules.terms import CaseStatus, Channel, MessageKind, Purpose, Urgency
from cases.services import reminders
from clinic.accounts.models import Site
from tests.factories import (
    CaseFactory,
    ConsentFactory,
    FlagFactory,
    PatientFactory,
    ReportFactory,
    SiteFactory,
    UserFactory,
    VisitFactory,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Around the days on which clocks change somewhere, and days on which they do not.
EDGES = [
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2027, 3, 14, tzinfo=UTC),
    datetime(2027, 3, 28, tzinfo=UTC),
    datetime(2027, 4, 4, tzinfo=UTC),
    datetime(2027, 10, 31, tzinfo=UTC),
    datetime(2027, 6, 10, tzinfo=UTC),
]
SITE_ZONES = ["America/Chicago", "America/Phoenix", "Europe/Madrid", "Australia/Lord_Howe", "Pacific/Auckland", "UTC"]
PATIENT_ZONES = [
    *("", "", "Nowhere/At_All", "America/Chicago", "America/New_York", "Pacific/Honolulu", "Europe/Berlin"),
    *("Australia/Lord_Howe", "Pacific/Kiritimati", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns"),
]


class Clinic:
    """One or two sites, a few people and their cases, as chance has it; the same seed gives the same clinic."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.numbers = count()
        spread = timedelta(seconds=self.dice.randrange(-5 * 86_400, 3 * 86_400))
        self.now = self.dice.choice(EDGES) + spread
        self.past = self.now - timedelta(days=self.dice.choice([0, 0, 3, 9, 20]), hours=self.dice.randrange(24))
        self.sites = [self._site(number) for number in range(self.dice.choice([1, 1, 2]))]
        self.patients = [self._patient() for _ in range(self.dice.choice([1, 2, 3]))]
        self.cases = [case for patient in self.patients for case in self._cases(patient)]
        for patient in self.patients:
            if self.happens(15):
                reminders.offer_form(patient, now=self.past)

    def happens(self, percent: int) -> bool:
        return self.dice.randrange(100) < percent

    def around(self, days_before: float, days_after: float) -> datetime:
        span = (days_before + days_after) * 86_400
        return self.past + timedelta(seconds=self.dice.randrange(int(span)) - days_before * 86_400)

    def _site(self, number: int) -> Site:
        site = SiteFactory(slug=f"chance-{number}", time_zone=self.dice.choice(SITE_ZONES))
        if self.happens(70):
            self.decide(site)
        for day in {self.around(5, 40).date() for _ in range(self.dice.choice([0, 0, 2, 6]))}:
            ClosedDay.objects.create(site=site, day=day)
        if self.happens(15):
            kind = self.dice.choice(["", "check_in", "visit", "nudge"])
            Pause.objects.create(site=site, kind=kind, reason="chance", paused_at=self.past)
        if number == 0 and self.happens(4):
            Pause.objects.create(reason="chance", paused_at=self.past)
        return site

    def decide(self, site: Site) -> None:
        opens, closes = time(self.dice.choice([8, 9, 10]), self.dice.choice([0, 30])), time(self.dice.choice([17, 20]))
        repeat = self.dice.randint(1, 4)
        figures = {
            "kinds_off": self.dice.sample([kind.value for kind in MessageKind], self.dice.choice([0, 0, 1, 3])),
            "hour": time(self.dice.randint(opens.hour + 1, closes.hour - 1), self.dice.choice([0, 15, 59])),
            "opens": opens,
            "closes": closes,
            "cap_per_week": self.dice.choice([1, 1, 2, 4]),
            "rest_check_days": self.dice.randint(3, 5),
            "repeat_after_days": repeat,
            "call_after_days": self.dice.randint(repeat + 1, 6),
            "form_repeat_days": self.dice.randint(1, 5),
            "nudge_every_days": self.dice.choice([7, 8, 14]),
            "languages": self.dice.choice([[], ["en"], ["es", "en"]]),
            "sms_allowed": not self.happens(15),
        }
        ReminderSettings.objects.update_or_create(site=site, defaults=figures)

    def _patient(self) -> Patient:
        number = next(self.numbers)
        has_email, has_phone = self.dice.choice([(True, True), (True, True), (True, False), (False, True)])
        patient = PatientFactory(
            site=self.dice.choice(self.sites),
            time_zone=self.dice.choice(PATIENT_ZONES),
            language=self.dice.choice(["en", "es"]),
            phone=f"+1312555{number:04}" if has_phone else "",
            email=f"p{number}@example.org" if has_email else "",
            preferred_channel=self.dice.choice(["email", "email", "sms", "sms", "phone"]),
            is_provisional=self.happens(10),
            email_failed_at=self.past if self.happens(10) else None,
            phone_failed_at=self.past if self.happens(10) else None,
        )
        long_ago = self.past - 90 * DAY
        for channel in Channel:
            for purpose in self.dice.choice([*[[Purpose.ALL]] * 4, list(Purpose), [Purpose.FOLLOW_UP], []]):
                withdrawn = self.past if self.happens(8) else None
                ConsentFactory(
                    patient=patient, channel=channel, purpose=purpose, granted_at=long_ago, withdrawn_at=withdrawn
                )
        return patient

    def _cases(self, patient: Patient) -> Iterator[Case]:
        for left in self.dice.choice([[True], [True], [True, False]]):
            status = self.dice.choice([*CaseStatus, *[CaseStatus.IN_TREATMENT] * 5])
            opened_at = self.around(25, 0)
            since = opened_at + (self.past - opened_at) * self.dice.random()
            ended = status in {CaseStatus.DISCHARGED, CaseStatus.CLOSED}
            treated = status is CaseStatus.IN_TREATMENT
            case = CaseFactory(
                patient=patient,
                affects_left=left,
                affects_right=not left,
                status=CaseStatus.IN_TREATMENT if status is CaseStatus.DISCHARGED else status,
                urgency=self.dice.choice([Urgency.ROUTINE, Urgency.ROUTINE, Urgency.CLINICIAN_REVIEW]),
                opened_at=opened_at,
                status_since=since,
                ended_at=since if status is CaseStatus.CLOSED else None,
                close_reason="other" if status is CaseStatus.CLOSED else "",
                off_plan_from=self.around(3, 20) if treated and self.happens(40) else None,
            )
            if treated:
                self._treat(case, since)
            for _ in range(self.dice.choice([1, 2, 3])):
                self._visit(case)
            if status is CaseStatus.DISCHARGED:
                # Its check-ins were planned when the treatment began; now it is over.
                reminders.plan_for_case(case, now=since)
                Case.objects.filter(pk=case.pk).update(status=status, ended_at=self.past, status_since=self.past)
            if self.happens(12):
                FlagFactory(case=case, level=self.dice.choice(["same_day", "clinician_review"]))
            if ended or self.happens(90):
                reminders.plan_for_case(Case.objects.get(pk=case.pk), now=self.past)
            yield case

    def _treat(self, case: Case, since: datetime) -> None:
        by = UserFactory()
        Plan.objects.create(
            case=case,
            number=1,
            status="approved",
            weeks=self.dice.choice([4, 12]),
            drafted_by=by,
            drafted_at=since,
            approved_by=by,
            approved_at=since,
        )
        if self.happens(25):
            with connection.cursor() as cursor:
                # A session wants an examination, a screen and two plans before it: of no account for its message.
                cursor.execute("SET LOCAL session_replication_role = replica")
                NeedlingSession.objects.create(
                    case=case,
                    plan_item_id=0,
                    screening_id=0,
                    screening_result="ok",
                    therapist=by,
                    performed_at=since,
                    recorded_at=since,
                    muscles=["vastus medialis"],
                    needle="0.25",
                    batch="1",
                    response="none",
                    consent_version="1",
                )
                cursor.execute("SET LOCAL session_replication_role = origin")

    def _visit(self, case: Case) -> None:
        starts_at = self.around(5, 40)
        status = self.dice.choice(["planned", "planned", "missed", "attended", "cancelled"])
        settled_at = None if status == "planned" else min(max(starts_at, self.past - DAY), self.past)
        booked_at = min(starts_at, self.past) - self.dice.choice([HOUR, DAY, 9 * DAY])
        VisitFactory(case=case, starts_at=starts_at, status=status, settled_at=settled_at, booked_at=booked_at)

    def change(self) -> None:
        """What happened meanwhile and nobody has planned for yet."""
        for site in self.sites:
            if self.happens(25):
                self.decide(site)
        for patient in self.patients:
            if self.happens(15):
                Patient.objects.filter(pk=patient.pk).update(time_zone=self.dice.choice(PATIENT_ZONES))
            if self.happens(10):
                ContactConsent.objects.filter(patient=patient, withdrawn_at=None).update(withdrawn_at=self.now)
            if self.happens(10):
                Patient.objects.filter(pk=patient.pk).update(is_provisional=False)
        for case in self.cases:
            if self.happens(30):
                VisitFactory(case=case, starts_at=self.now + self.dice.randrange(1, 600) * HOUR, booked_at=self.now)
            if self.happens(8):
                FlagFactory(case=case, level="emergency")
            check_in = CheckIn.objects.filter(case=case, answered_at=None).order_by("due_at").first()
            if check_in is not None and self.happens(30):
                report = ReportFactory(case=case, reported_at=self.now)
                CheckIn.objects.filter(pk=check_in.pk).update(answered_at=self.now, report=report)
        stoppable = Reminder.objects.waiting().filter(started_at=None).order_by("dedupe_key").first()
        if stoppable is not None and self.happens(15):
            reminders.stop_reminder(stoppable, by=UserFactory(), now=self.now)

    def plan(self) -> None:
        for case in Case.objects.exclude(status="closed").order_by("pk"):
            reminders.plan_for_case(case, now=self.now)
