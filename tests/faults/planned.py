"""What is due: reminders planned past the services, many at once, each to a person of its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cases.models import Case, CheckIn, ContactConsent, Link, Patient, Reminder
from cases.services import links
from tests.factories import SiteFactory


def plan_due(
    count: int, *, due_in: timedelta = timedelta(minutes=-1), expires_in: timedelta = timedelta(days=3)
) -> list[Reminder]:
    """As many reminders, due now, half by e-mail and half by text, each to a person of its own where it is midday."""
    now = datetime.now(UTC)
    site = SiteFactory(slug=f"rig-{now.timestamp()}", time_zone=zone_where_it_is(13, now))
    before = Patient.objects.count()
    channels = ["email", "sms"]
    patients = Patient.objects.bulk_create(
        Patient(
            reference=f"P-{before + number:08}",
            site=site,
            given_name="Ada",
            family_name="Quill",
            date_of_birth=date(1990, 1, 1),
            phone=f"+1312{before + number:07}",
            email=f"p{before + number}@example.org",
            preferred_channel=channels[number % 2],
            is_provisional=False,
            registered_at=now,
        )
        for number in range(count)
    )
    ContactConsent.objects.bulk_create(
        ContactConsent(patient=each, channel=each.preferred_channel, granted_at=now, source="test") for each in patients
    )
    due_at, expires_at = now + due_in, now + expires_in
    cases = Case.objects.bulk_create(
        Case(
            reference=f"K-{before + number:08}",
            site=site,
            patient=each,
            affects_left=True,
            affects_right=False,
            opened_at=now,
            status_since=now,
            updated_at=now,
        )
        for number, each in enumerate(patients)
    )
    made = Link.objects.bulk_create(
        links.new_link(each.pk, purpose=Link.Purpose.CHECK_IN, expires_at=now + timedelta(days=3), now=now)
        for each in patients
    )
    check_ins = CheckIn.objects.bulk_create(
        CheckIn(case=case, step="rest_check", due_at=due_at, expires_at=expires_at, link=link)
        for case, link in zip(cases, made, strict=True)
    )
    return Reminder.objects.bulk_create(
        Reminder(
            case=check_in.case,
            patient=check_in.case.patient,
            check_in=check_in,
            link=check_in.link,
            kind=Reminder.Kind.CHECK_IN,
            channel=check_in.case.patient.preferred_channel,
            dedupe_key=f"rig:{check_in.pk}:{check_in.case.patient.preferred_channel}",
            due_at=due_at,
            try_at=due_at,
            expires_at=expires_at,
            planned_at=now,
        )
        for check_in in check_ins
    )


def zone_where_it_is(hour: int, now: datetime) -> str:
    """Some zone in which that hour of the day has begun."""
    east = hour - now.hour
    if east < -12:
        east += 24
    # POSIX signs: west is positive in these names.
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


def all_settled() -> bool:
    return not Reminder.objects.waiting().exists()


def plan_another(rows: list[Reminder]) -> list[Reminder]:
    """One more message to each of the same people, due now."""
    now = datetime.now(UTC)
    return Reminder.objects.bulk_create(
        Reminder(
            case=row.case,
            patient=row.patient,
            check_in=row.check_in,
            link=row.link,
            kind=row.kind,
            channel=row.channel,
            dedupe_key=f"rig:{row.check_in_id}-another:{row.channel}",
            due_at=now,
            try_at=now,
            expires_at=row.expires_at,
            planned_at=now,
        )
        for row in rows
    )
