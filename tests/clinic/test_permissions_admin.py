"""Every page of the admin, for every role, at the own and at another site; a page that is not in the table fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from cases.admin.case_deeds import OF_CASE, OF_FLAG, OF_OUTCOME, OF_VISIT
from cases.admin.inbox import OF_INBOUND
from cases.admin.patient_deeds import OF_PATIENT
from cases.admin.plan_templates import DEEDS as OF_TEMPLATE
from cases.admin.reminder_deeds import OF_REMINDER
from cases.admin.sending import OF_SITE
from cases.models import (
    Case,
    CaseEvent,
    Flag,
    InboundMessage,
    Outcome,
    Plan,
    PlanExercise,
    Reminder,
    SymptomReport,
    Visit,
)
from clinic.accounts.models import Role, Site, User
from clinic.accounts.permissions import GRANTS, Action, Reach
from intake.models import Draft, SignedConsent, Upload
from tests.clinic.papers import papers_of
from tests.factories import (
    MONDAY,
    CaseFactory,
    MembershipFactory,
    PatientFactory,
    ReminderFactory,
    SiteFactory,
    UserFactory,
    VisitFactory,
    staff,
)

pytestmark = pytest.mark.django_db

# --- the table: what each page of the admin needs ---

OPEN = {"login"}
ANY_STAFF = {"index", "password_change", "password_change_done", "jsi18n", "app_list", "logout", None}
LISTS = {
    "cases_case_changelist": Action.LIST_CASES,
    "cases_visit_changelist": Action.LIST_CASES,
    "cases_patient_changelist": Action.READ_CONTACT,
    "cases_patient_add": Action.EDIT_CONTACT,
    "cases_reminder_changelist": Action.READ_REMINDERS,
    "cases_inboundmessage_changelist": Action.MANAGE_REMINDERS,
    "cases_messagetemplate_changelist": Action.MANAGE_SITE,
    "cases_caseevent_changelist": Action.READ_EVENTS,
    "quality": Action.READ_QUALITY,
    "intake_draft_changelist": Action.SUBMIT_INTAKE,
    "intake_kioskcode_changelist": Action.SUBMIT_INTAKE,
    "intake_kioskcode_issue": Action.SUBMIT_INTAKE,
    "intake_consenttext_changelist": Action.MANAGE_SITE,
    "intake_questiontiming_changelist": Action.MANAGE_SITE,
    "intake_signedconsent_changelist": Action.READ_ANSWERS,
    "intake_upload_changelist": Action.LIST_UPLOADS,
    "accounts_user_changelist": Action.MANAGE_STAFF,
    "accounts_user_add": Action.MANAGE_STAFF,
    "accounts_site_changelist": Action.MANAGE_SITE,
    "cases_plantemplate_changelist": Action.MANAGE_SITE,
    "cases_sitemessages_changelist": Action.MANAGE_SITE,
}
ROWS = {
    "cases_case_change": Action.LIST_CASES,
    "cases_case_programme": Action.READ_PROGRAMME,
    "cases_case_print": Action.LIST_CASES,
    "cases_case_messages": Action.READ_REMINDERS,
    "cases_case_visit_entry": Action.LIST_CASES,
    "cases_patient_change": Action.READ_CONTACT,
    "cases_reminder_change": Action.READ_REMINDERS,
    "cases_inboundmessage_change": Action.MANAGE_REMINDERS,
    "cases_messagetemplate_words": Action.MANAGE_SITE,
    "intake_draft_resume": Action.SUBMIT_INTAKE,
    "intake_kioskcode_poster": Action.SUBMIT_INTAKE,
    "intake_consenttext_write": Action.MANAGE_SITE,
    "intake_signedconsent_change": Action.READ_ANSWERS,
    "intake_signedconsent_copy": Action.READ_ANSWERS,
    "accounts_user_change": Action.MANAGE_STAFF,
    "accounts_user_history": Action.MANAGE_STAFF,
    "auth_user_password_change": Action.MANAGE_STAFF,
    "accounts_site_change": Action.MANAGE_SITE,
    "accounts_site_history": Action.MANAGE_SITE,
    "cases_sitemessages_change": Action.MANAGE_SITE,
    "cases_sitemessages_messages": Action.MANAGE_SITE,
}
# The row must be seen first (else 404), then the deed must be granted (else 403).
DEEDS = {
    "cases_case_do": (Action.LIST_CASES, OF_CASE),
    "cases_case_flag": (Action.READ_ANSWERS, OF_FLAG),
    "cases_case_score": (Action.READ_ANSWERS, OF_OUTCOME),
    "cases_case_visit": (Action.LIST_CASES, OF_VISIT),
    "cases_patient_do": (Action.READ_CONTACT, OF_PATIENT),
    "cases_reminder_do": (Action.READ_REMINDERS, OF_REMINDER),
    "cases_plantemplate_do": (Action.MANAGE_SITE, OF_TEMPLATE),
    "cases_inboundmessage_do": (Action.MANAGE_REMINDERS, OF_INBOUND),
    "cases_sitemessages_do": (Action.MANAGE_SITE, OF_SITE),
}
# Pressed, never opened: seen in the list first (else 404), then granted (else 403).
PRESSED = {
    "intake_upload_open": Action.OPEN_UPLOADS,
    "intake_upload_release": Action.RELEASE_UPLOADS,
}
INSTALLER_ONLY = {"accounts_site_add"}


def pages() -> list[str | None]:
    """The names of all addresses of the admin, as the resolver has them."""

    def walk(patterns: Any) -> Iterator[str | None]:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns)
            else:
                yield pattern.name

    return list(walk(admin.site.get_urls()))


def test_every_page_of_the_admin_stands_in_the_table():
    known = OPEN | ANY_STAFF | set(LISTS) | set(ROWS) | set(DEEDS) | set(PRESSED) | INSTALLER_ONLY

    assert set(pages()) == known
    assert len(pages()) == len(known)


def test_deeds_have_an_action_of_the_matrix():
    for _, deeds in DEEDS.values():
        assert {deed.action for deed in deeds.values()} <= set(GRANTS)


# --- who is who ---


@dataclass
class Rows:
    """One row of each kind, all at one site and about one case."""

    site: Site
    case: Case
    flag: Flag
    score: Outcome
    visit: Visit
    reminder: Reminder
    answer: InboundMessage
    draft: Draft
    signed: SignedConsent
    upload: Upload
    member: User

    def address(self, name: str, deed: str = "") -> str:
        arguments: dict[str, list[Any]] = {
            "cases_case_change": [self.case.pk],
            "cases_case_programme": [self.case.pk],
            "cases_case_print": [self.case.pk],
            "cases_case_messages": [self.case.pk],
            "cases_case_visit_entry": [self.case.pk, self.visit.pk],
            "cases_patient_change": [self.case.patient_id],
            "cases_reminder_change": [self.reminder.pk],
            "cases_inboundmessage_change": [self.answer.pk],
            "cases_messagetemplate_words": [self.site.pk, "visit", "sms", "en"],
            "intake_draft_resume": [self.draft.pk],
            "intake_kioskcode_poster": [self.site.pk],
            "intake_consenttext_write": [self.site.pk, "en"],
            "intake_signedconsent_change": [self.signed.pk],
            "intake_signedconsent_copy": [self.signed.pk],
            "intake_upload_open": [self.upload.pk],
            "intake_upload_release": [self.upload.pk],
            "accounts_user_change": [self.member.pk],
            "accounts_user_history": [self.member.pk],
            "auth_user_password_change": [self.member.pk],
            "accounts_site_change": [self.site.pk],
            "accounts_site_history": [self.site.pk],
            "cases_sitemessages_change": [self.site.pk],
            "cases_sitemessages_messages": [self.site.pk],
            "cases_case_do": [self.case.pk, deed],
            "cases_case_flag": [self.case.pk, self.flag.pk, deed],
            "cases_case_score": [self.case.pk, self.score.pk, deed],
            "cases_case_visit": [self.case.pk, self.visit.pk, deed],
            "cases_patient_do": [self.case.patient_id, deed],
            "cases_reminder_do": [self.reminder.pk, deed],
            "cases_sitemessages_do": [self.site.pk, deed],
            "cases_plantemplate_do": [self.site.pk, "T1", deed],
            "cases_inboundmessage_do": [self.answer.pk, deed],
        }
        return reverse(f"admin:{name}", args=arguments[name])

    def nowhere(self, name: str, deed: str = "") -> str:
        """The same page of a row that does not exist."""
        none, nothing = 987654321, "00000000-0000-4000-8000-000000000000"
        keys = {"cases_reminder_change", "cases_reminder_do", "intake_draft_resume"}
        first: Any = nothing if name in keys else none
        several = {
            "cases_case_flag": [none, deed],
            "cases_case_score": [none, deed],
            "cases_plantemplate_do": ["T1", deed],
            "cases_case_visit": [none, deed],
            "cases_case_visit_entry": [none],
            "cases_messagetemplate_words": ["visit", "sms", "en"],
            "intake_consenttext_write": ["en"],
        }
        more = several.get(name, [deed] if deed else [])
        return reverse(f"admin:{name}", args=[first, *more])


def planned(case: Case, by: User) -> None:
    """A plan in force with one exercise to do at home."""
    plan = Plan.objects.create(case=case, number=1, drafted_by=by, drafted_at=MONDAY)
    PlanExercise.objects.create(
        plan=plan, position=1, name="Clam", instructions="Open the upper knee.", sets=3, reps=10, days_per_week=3
    )
    Plan.objects.filter(pk=plan.pk).update(status="approved", approved_by=by, approved_at=MONDAY)


def rows_at(site: Site, therapist: User) -> Rows:
    case = CaseFactory(patient=PatientFactory(site=site), therapist=therapist)
    report = SymptomReport.objects.create(
        case=case,
        source="intake",
        reported_at=MONDAY,
        answers={"fever": "yes"},
        questionnaire_version="2026.11",
        rules_version="2026.11",
        urgency="emergency",
    )
    flag = Flag.objects.create(
        case=case,
        report=report,
        rule_id="E1",
        level="emergency",
        suspicion="Septic joint",
        answers={"fever": "yes"},
        source="reference 3.1",
        rules_version="2026.11",
        raised_at=MONDAY,
        act_by=MONDAY + timedelta(minutes=15),
    )
    draft = Draft.objects.create(
        digest=f"{case.pk:064x}",
        site=site,
        staff=therapist,
        questionnaire_version="2026.11",
        started_at=MONDAY,
        saved_at=MONDAY,
        expires_at=MONDAY + timedelta(days=36500),
    )
    planned(case, therapist)
    score = Outcome.objects.create(case=case, instrument="akps", score=70, taken_at=MONDAY)
    visit = VisitFactory(case=case, booked_by=therapist)
    reminder = ReminderFactory(case=case, patient=case.patient)
    answer = InboundMessage.objects.create(
        provider="sms",
        message_id=f"answer of {case.pk}",
        channel="sms",
        sender=case.patient.phone,
        text="Is there parking?",
        sent_at=MONDAY,
        received_at=MONDAY,
        intent="free_text",
        site=site,
        patient=case.patient,
        case=case,
        status="unread",
    )
    return Rows(site, case, flag, score, visit, reminder, answer, draft, *papers_of(case, report), therapist)


@pytest.fixture
def clinic(db: None) -> dict[str, Rows]:
    """own: at the person's site, of another therapist; mine: the person's own cases; other: at another site."""
    here = SiteFactory()
    there = SiteFactory(slug="hilltop", name="Hilltop", time_zone="America/Denver")
    return {
        "own": rows_at(here, staff(Role.THERAPIST, here)),
        "other": rows_at(there, staff(Role.THERAPIST, there)),
    }


def sign_in(client: Client, role: Role | None, clinic: dict[str, Rows]) -> User:
    """A person with the role at the own site; without a role, the installer."""
    user = UserFactory(is_superuser=role is None)
    if role is not None:
        MembershipFactory(user=user, site=clinic["own"].site, role=role)
        mine = rows_at(clinic["own"].site, user)
        mine.member = clinic["own"].member
        clinic["mine"] = mine
    client.force_login(user)
    return user


def granted(role: Role | None, action: Action, whose: str) -> bool:
    """What the matrix says, read without asking the code that enforces it."""
    reach = GRANTS[action].get(role) if role else None
    return whose != "other" and (reach is Reach.SITE or (reach is Reach.CASE and whose == "mine"))


HUMAN = (Role.FRONT_DESK, Role.THERAPIST, Role.MANAGER, Role.AUDITOR)


@pytest.mark.parametrize("role", [*HUMAN, None])
def test_lists_open_for_those_with_the_action_somewhere(client, clinic, role):
    sign_in(client, role, clinic)
    installer = {name for name in LISTS if name.startswith("accounts_")} if role is None else set()

    answers = {name: client.get(reverse(f"admin:{name}")).status_code for name in LISTS}

    expected = {
        name: 200
        if name in installer or granted(role, action, "own") or granted(role, action, "mine")
        else (404 if name == "accounts_user_add" else 403)
        for name, action in LISTS.items()
    }
    assert answers == expected


@pytest.mark.parametrize("role", HUMAN)
@pytest.mark.parametrize("whose", ["own", "mine", "other"])
def test_rows_open_within_reach_and_do_not_exist_beyond(client, clinic, role, whose):
    sign_in(client, role, clinic)

    answers = {name: client.get(clinic[whose].address(name)).status_code for name in ROWS}

    expected = {name: 200 if granted(role, action, whose) else 404 for name, action in ROWS.items()}
    assert answers == expected


@pytest.mark.parametrize("role", HUMAN)
@pytest.mark.parametrize("whose", ["own", "mine", "other"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_deeds_follow_the_matrix(client, clinic, role, whose, method):
    sign_in(client, role, clinic)
    before = CaseEvent.objects.count()

    for name, (seen, deeds) in DEEDS.items():
        for deed in deeds.values():
            # Rows of a patient are acted on for the whole site only: no case is at hand to be on.
            at = "own" if name == "cases_patient_do" and whose == "mine" else whose
            allowed = granted(role, seen, whose) and granted(role, deed.action, at)
            if allowed and method == "post":
                continue
            answer = getattr(client, method)(clinic[whose].address(name, deed.name))
            expected = 200 if allowed else (403 if granted(role, seen, whose) else 404)
            assert answer.status_code == expected, (name, deed.name)

    assert CaseEvent.objects.count() == before


@pytest.mark.parametrize("role", HUMAN)
def test_what_is_out_of_scope_looks_exactly_like_what_does_not_exist(client, clinic, role):
    sign_in(client, role, clinic)
    there = clinic["other"]
    asked = [(name, "") for name in ROWS] + [(name, deed) for name, (_, deeds) in DEEDS.items() for deed in deeds]

    for name, deed in asked:
        foreign, absent = client.get(there.address(name, deed)), client.get(there.nowhere(name, deed))
        assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content), (name, deed)


def test_a_flag_or_visit_of_another_case_does_not_exist_under_ones_own(client, clinic):
    sign_in(client, Role.FRONT_DESK, clinic)
    own, other = clinic["own"], clinic["other"]

    flag = client.get(reverse("admin:cases_case_flag", args=[own.case.pk, other.flag.pk, "acknowledge"]))
    visit = client.post(reverse("admin:cases_case_visit", args=[own.case.pk, other.visit.pk, "cancel"]))

    assert (flag.status_code, visit.status_code) == (404, 404)
    assert Visit.objects.get(pk=other.visit.pk).status == "planned"


@pytest.mark.parametrize("who", ["nobody", "integration", "left"])
def test_whoever_is_not_staff_is_sent_to_the_sign_in_from_every_page(client, clinic, who):
    if who == "integration":
        sign_in(client, Role.INTEGRATION, clinic)
    elif who == "left":
        user = sign_in(client, Role.MANAGER, clinic)
        User.objects.filter(pk=user.pk).update(is_active=False)
    own = clinic["own"]
    plain = [reverse(f"admin:{name}") for name in [*LISTS, *INSTALLER_ONLY, "index", "password_change", "jsi18n"]]
    addresses = [*plain, *(own.address(name) for name in ROWS), "/admin/nothing/here/", "/admin/cases/"]
    addresses += [own.address(name, deed) for name, (_, deeds) in DEEDS.items() for deed in deeds]

    for address in addresses:
        for answer in (client.get(address), client.post(address)):
            assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("admin:login")), address


def test_the_installer_sees_staff_and_sites_and_no_patient(client, clinic):
    sign_in(client, None, clinic)
    own = clinic["own"]

    rows = {name: client.get(own.address(name)).status_code for name in ROWS}
    deeds = {client.get(own.address(name, deed)).status_code for name, (_, deeds) in DEEDS.items() for deed in deeds}

    assert rows == {name: 200 if name.startswith(("accounts_", "auth_")) else 404 for name in ROWS}
    assert deeds == {404}
    assert client.get(reverse("admin:accounts_site_add")).status_code == 200


@pytest.mark.parametrize("role", HUMAN)
def test_nobody_but_the_installer_adds_a_site(client, clinic, role):
    sign_in(client, role, clinic)

    assert client.get(reverse("admin:accounts_site_add")).status_code == 404


@pytest.mark.parametrize("role", HUMAN)
def test_lists_hold_no_row_of_another_site(client, clinic, role):
    sign_in(client, role, clinic)
    there = clinic["other"]
    marks = [there.case.reference, there.case.patient.reference, there.case.patient.family_name, "Hilltop"]

    for name, action in LISTS.items():
        if granted(role, action, "own") or granted(role, action, "mine"):
            for query in ("", "?q=Quill", f"?q={there.case.reference}", "?status=all", "?when=all", "?site=hilltop"):
                page = client.get(reverse(f"admin:{name}") + query).content.decode().replace(query[3:], "")
                assert not [mark for mark in marks if mark in page], (name, query)
    front = client.get(reverse("admin:index")).content.decode()
    assert not [mark for mark in marks if mark in front]


def test_an_auditor_reads_no_name_anywhere(client, clinic):
    sign_in(client, Role.AUDITOR, clinic)
    patient = clinic["own"].case.patient
    pages = [reverse(f"admin:{name}") for name in LISTS] + [clinic["own"].address(name) for name in ROWS]

    for page in [reverse("admin:index"), *pages]:
        text = client.get(page).content.decode()
        assert not [word for word in (patient.family_name, patient.phone, patient.email, "Septic") if word in text], (
            page
        )
    found = client.get(reverse("admin:cases_case_changelist"), {"q": patient.family_name}).content.decode()
    assert clinic["own"].case.reference not in found


@pytest.mark.parametrize("role", HUMAN)
@pytest.mark.parametrize("whose", ["own", "mine", "other"])
def test_what_is_pressed_follows_the_matrix_and_is_never_opened(client, clinic, role, whose):
    sign_in(client, role, clinic)

    for name, action in PRESSED.items():
        address = clinic[whose].address(name)
        seen, allowed = granted(role, Action.LIST_UPLOADS, whose), granted(role, action, whose)
        assert client.post(address).status_code == (302 if allowed else 403 if seen else 404), name
        assert client.get(address).status_code == 405
