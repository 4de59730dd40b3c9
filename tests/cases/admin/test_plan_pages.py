"""The plan, the needling and the sheet on the case's page, and the site's templates."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import PlanTemplate
from cases.services import plans
from clinic.accounts.models import Membership, Role, Site, User
from tests.api import scheduled
from tests.factories import staff

pytestmark = pytest.mark.django_db
WORDS = {
    "title": "Our strength",
    "dose": "3 sets of 10",
    "frequency": "3 times a week",
    "weeks": "10",
    "progression": "All sets in the green",
    "evidence": "Grade A [R]",
    "cautions": "Pain-free range",
    "active": "on",
}


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_sheet_is_printed_without_a_cause(desk: Client, therapist: User):
    case = scheduled(therapist)

    text = page(desk, reverse("admin:cases_case_programme", args=[case.pk]))

    assert "Side leg lift" in text
    assert "3 sets of 12" in text
    assert "overuse" not in text.lower()


def test_without_a_programme_there_is_no_sheet(desk: Client, therapist: User):
    case = scheduled(therapist)
    case.plans.update(status="superseded")

    assert desk.get(reverse("admin:cases_case_programme", args=[case.pk])).status_code == 404


def test_the_page_tells_what_a_new_version_changed(therapist: User, monday: datetime):
    case = scheduled(therapist)
    plans.draft_plan(
        case, items=[{"intervention": "education", "name": "Only words", "weeks": 2}], by=therapist, now=monday
    )
    client = Client()
    client.force_login(therapist)

    text = page(client, reverse("admin:cases_case_change", args=[case.pk]))

    assert "What changed from version to version" in text
    assert "Only words" in text
    assert "h-needling" not in text


def test_both_sides_of_needling_stand_where_the_site_offers_it(therapist: User):
    case = scheduled(therapist)
    Site.objects.update(offers_dry_needling=True)
    client = Client()
    client.force_login(therapist)

    text = page(client, reverse("admin:cases_case_change", args=[case.pk]))

    assert "MD -0.86" in text
    assert "tells clinicians not to use it" in text


def test_a_manager_writes_the_sites_own_words(boss: Client, site: Site):
    address = reverse("admin:cases_plantemplate_do", args=[site.pk, "T3", "edit"])
    assert "Hip and knee strengthening" in page(boss, address)

    answer = boss.post(address, WORDS | {"version": "1"})
    again = boss.post(address, WORDS | {"version": "1", "title": "Late"})

    assert (answer.status_code, again.status_code) == (302, 409)
    assert PlanTemplate.objects.get().title == "Our strength"
    assert "Our strength" in page(boss, reverse("admin:cases_plantemplate_changelist"))


def test_a_manager_says_until_when_a_therapist_is_certified(boss: Client, site: Site):
    member = staff(Role.THERAPIST, site)
    membership = member.memberships.get()
    desk_member = staff(Role.FRONT_DESK, site)

    def send(who: User, row: Membership, until: str) -> int:
        prefix = "memberships"
        body = {
            "name": who.name,
            "email": who.email,
            "is_active": "on",
            f"{prefix}-TOTAL_FORMS": "1",
            f"{prefix}-INITIAL_FORMS": "1",
            f"{prefix}-0-id": str(row.pk),
            f"{prefix}-0-user": str(who.pk),
            f"{prefix}-0-site": str(site.pk),
            f"{prefix}-0-role": "manager",
            f"{prefix}-0-needling_certified_until": until,
        }
        return boss.post(reverse("admin:accounts_user_change", args=[who.pk]), body).status_code

    assert send(member, membership, "2027-11-02") == 302
    membership.refresh_from_db()
    # The role that was posted is not taken: a role is given and taken away, never turned into another.
    assert (str(membership.needling_certified_until), membership.role) == ("2027-11-02", "therapist")
    assert send(desk_member, desk_member.memberships.get(), "2027-11-02") == 200
    assert not Membership.objects.filter(user=desk_member, needling_certified_until__isnull=False).exists()
