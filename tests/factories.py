"""Boring, fixed rows for tests; what a service makes is made by the service, not here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from cases.models import (
    Case,
    CaseEvent,
    CheckIn,
    ContactConsent,
    Flag,
    Link,
    Patient,
    Reminder,
    SymptomReport,
    Visit,
)
from clinic.accounts.models import Membership, Role, Site, User

MONDAY = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # 09:00 in Chicago


class SiteFactory(DjangoModelFactory[Site]):
    class Meta:
        model = Site
        django_get_or_create = ("slug",)

    slug = "riverside"
    name = "Riverside"
    time_zone = "America/Chicago"
    phone = "+13125550100"
    urgent_care = "Riverside Urgent Care, 1 Main Street, 312 555 0199"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence("person{}@clinic.example".format)
    name = factory.Sequence("Person {}".format)
    password = "!"


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    site = factory.SubFactory(SiteFactory)
    role = Role.FRONT_DESK


def staff(role: Role, site: Site | None = None, **fields: object) -> User:
    """A member of staff with one role at one site."""
    user = UserFactory(**fields)
    MembershipFactory(user=user, site=site or SiteFactory(), role=role)
    return user


class PatientFactory(DjangoModelFactory[Patient]):
    class Meta:
        model = Patient

    reference = factory.Sequence("P-TEST{:04d}".format)
    site = factory.SubFactory(SiteFactory)
    given_name = "Ada"
    family_name = factory.Sequence("Quill{}".format)
    date_of_birth = date(1999, 3, 4)
    phone = "+13125550123"
    email = factory.Sequence("ada{}@example.org".format)
    preferred_channel = "email"
    time_zone = factory.SelfAttribute("site.time_zone")
    is_provisional = False
    registered_at = MONDAY


class ConsentFactory(DjangoModelFactory[ContactConsent]):
    class Meta:
        model = ContactConsent

    patient = factory.SubFactory(PatientFactory)
    channel = "email"
    granted_at = MONDAY
    source = "intake form"


class CaseFactory(DjangoModelFactory[Case]):
    class Meta:
        model = Case

    reference = factory.Sequence("K-{:08X}".format)
    patient = factory.SubFactory(PatientFactory)
    site = factory.SelfAttribute("patient.site")
    affects_left = True
    affects_right = False
    opened_at = MONDAY
    status_since = MONDAY
    updated_at = MONDAY


class LinkFactory(DjangoModelFactory[Link]):
    class Meta:
        model = Link

    purpose = "check_in"
    patient = factory.SubFactory(PatientFactory)
    digest = factory.Sequence("{:064x}".format)
    made_at = MONDAY
    expires_at = factory.LazyAttribute(lambda link: link.made_at + timedelta(days=14))


class CheckInFactory(DjangoModelFactory[CheckIn]):
    class Meta:
        model = CheckIn

    case = factory.SubFactory(CaseFactory)
    step = "week_2"
    due_at = MONDAY
    expires_at = factory.LazyAttribute(lambda check_in: check_in.due_at + timedelta(days=14))
    link = factory.SubFactory(LinkFactory, patient=factory.SelfAttribute("..case.patient"))


class ReportFactory(DjangoModelFactory[SymptomReport]):
    class Meta:
        model = SymptomReport

    case = factory.SubFactory(CaseFactory)
    source = "check_in"
    reported_at = MONDAY
    answers = factory.LazyFunction(dict)
    questionnaire_version = "2026.11"
    rules_version = "2026.11"
    urgency = "routine"


class FlagFactory(DjangoModelFactory[Flag]):
    class Meta:
        model = Flag

    case = factory.SubFactory(CaseFactory)
    report = factory.SubFactory(ReportFactory, case=factory.SelfAttribute("..case"))
    rule_id = "S3"
    level = "same_day"
    suspicion = "deep vein thrombosis"
    answers = factory.LazyFunction(lambda: {"calf_swelling": "yes"})
    source = "reference 3.1"
    rules_version = "2026.11"
    raised_at = MONDAY
    act_by = MONDAY + timedelta(hours=2)


class VisitFactory(DjangoModelFactory[Visit]):
    class Meta:
        model = Visit

    case = factory.SubFactory(CaseFactory)
    starts_at = factory.LazyFunction(lambda: MONDAY + timedelta(days=1))
    booked_by = factory.SubFactory(UserFactory)
    booked_at = MONDAY


class ReminderFactory(DjangoModelFactory[Reminder]):
    class Meta:
        model = Reminder

    case = factory.SubFactory(CaseFactory)
    patient = factory.SelfAttribute("case.patient")
    kind = "check_in"
    channel = "email"
    dedupe_key = factory.LazyAttributeSequence(lambda reminder, number: f"test:{number}:{reminder.channel}")
    due_at = MONDAY
    try_at = factory.SelfAttribute("due_at")
    expires_at = factory.LazyAttribute(lambda reminder: reminder.due_at + timedelta(days=3))
    planned_at = MONDAY


class EventFactory(DjangoModelFactory[CaseEvent]):
    class Meta:
        model = CaseEvent

    case = factory.SubFactory(CaseFactory)
    patient = factory.SelfAttribute("case.patient")
    kind = "case_opened"
    at = MONDAY


_NOTHING_ALARMING = dict.fromkeys(
    (
        "chest_pain_or_breathless",
        "calf_swelling",
        "hot_red_joint",
        "fever",
        "feels_unwell",
        "cold_or_pale_foot",
        "leg_weakness_new",
        "numbness",
        "trauma",
        "cannot_bear_weight",
        "cannot_lift_straight_leg",
        "lump",
        "cancer_history",
        "unexplained_weight_loss",
        "knee_moves_inward",
        "kneecap_shifts_sideways",
        "weakness_or_one_side_stronger",
        "giving_way",
    ),
    "no",
)
# A routine form as another system sends it: the first worked example of the reference, section 14.
ROUTINE_ANSWERS = {
    "given_name": "Rosa",
    "family_name": "Runner",
    "date_of_birth": "1999-03-04",
    "sex": "female",
    "phone": "+13125550123",
    "email": "rosa@example.org",
    "preferred_channel": "email",
    "language": "en",
    "site": "riverside",
    **_NOTHING_ALARMING,
    "swelling": "none",
    "locking": "none",
    "night_pain": "none",
    "knee_side": "left",
    "onset": "gradual",
    "duration_weeks": 6,
    "pain_now": 3,
    "pain_worst": 6,
    "pain_location": ["front_around_kneecap"],
    "aggravating": ["squatting", "stairs_down", "long_sitting"],
    "activities": [
        {
            "type": "running",
            "sessions_per_week": 4,
            "volume_per_week": 32,
            "volume_unit": "km",
            "recent_change": "increase",
            "change_percent": 60,
            "changed_weeks_ago": 4,
        }
    ],
    "rest_tried_days": 0,
    "prior_injury_surgery": ["none"],
    "conditions": ["none"],
    "anticoagulant": "none",
    "pregnancy": "no",
    "goals": [{"activity": "Run 5 km", "score": 4}],
    "consent_to_process": "yes",
}
