"""Managers keep the staff of their own sites, and rise above nobody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from clinic.accounts.models import Membership, Role, Site, User
from clinic.accounts.tokens import issue_token
from tests.factories import MembershipFactory, UserFactory, staff

pytestmark = pytest.mark.django_db
PASSWORD = "long-enough-words-41"
ADD = "/admin/accounts/user/add/"


@pytest.fixture
def boss(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def roles(*given: tuple[int, str], existing: list[Membership] | None = None, away: list[int] | None = None) -> dict:
    """The roles part of the form: what is there, what is taken away, what is new."""
    kept = existing or []
    sent = {
        "memberships-TOTAL_FORMS": len(kept) + len(given),
        "memberships-INITIAL_FORMS": len(kept),
        "memberships-MIN_NUM_FORMS": 0,
        "memberships-MAX_NUM_FORMS": 1000,
    }
    for place, membership in enumerate(kept):
        sent |= {f"memberships-{place}-id": membership.pk, f"memberships-{place}-user": membership.user_id}
        if membership.pk in (away or []):
            sent[f"memberships-{place}-DELETE"] = "on"
    for place, (site, role) in enumerate(given, start=len(kept)):
        sent |= {f"memberships-{place}-site": site, f"memberships-{place}-role": role}
    return sent


def newcomer(**more) -> dict:
    return {"name": "Nora New", "email": "Nora@Clinic.example", "password1": PASSWORD, "password2": PASSWORD} | more


def change(member: User) -> str:
    return reverse("admin:accounts_user_change", args=[member.pk])


def test_a_newcomer_gets_a_role_at_once_and_can_sign_in(boss, site):
    boss.post(ADD, newcomer() | roles((site.pk, "front_desk")))

    member = User.objects.get(email="nora@clinic.example")
    assert member.places == {(Role.FRONT_DESK, site.pk)}
    assert Client().login(username="nora@clinic.example", password=PASSWORD)


def test_a_newcomer_without_a_role_is_refused(boss, site):
    answer = boss.post(ADD, newcomer() | roles())

    assert "Give at least one role" in answer.content.decode()
    assert not User.objects.filter(name="Nora New").exists()


def test_a_weak_password_is_refused(boss, site):
    answer = boss.post(ADD, newcomer(password1="short", password2="short") | roles((site.pk, "front_desk")))

    assert "too short" in answer.content.decode()
    assert not User.objects.filter(name="Nora New").exists()


def test_no_role_is_given_at_a_site_of_others(boss, site, other_site):
    member = staff(Role.FRONT_DESK, site)
    here = list(member.memberships.all())

    for page, sent in (
        (ADD, newcomer()),
        (change(member), {"name": member.name, "email": member.email, "is_active": "on"}),
    ):
        existing = here if page != ADD else None
        answer = boss.post(page, sent | roles((other_site.pk, "manager"), existing=existing))
        assert "Select a valid choice" in answer.content.decode()

    assert Membership.objects.filter(site=other_site).count() == 0


def test_rights_that_stand_in_no_form_are_not_taken_from_the_request(boss, site):
    boss.post(ADD, newcomer(is_superuser="on", is_staff="on", groups="1") | roles((site.pk, "therapist")))

    assert User.objects.get(name="Nora New").is_superuser is False


def test_a_role_is_given_and_taken_away(boss, site):
    member = staff(Role.FRONT_DESK, site)
    before = list(member.memberships.all())
    sent = {"name": member.name, "email": member.email, "is_active": "on"}

    boss.post(change(member), sent | roles((site.pk, "therapist"), existing=before, away=[before[0].pk]))

    assert set(member.memberships.values_list("role", flat=True)) == {"therapist"}


def test_nobody_changes_their_own_roles_or_closes_their_own_account(boss, manager, site):
    own = list(manager.memberships.all())
    sent = {"name": "Mara M.", "email": manager.email}

    boss.post(change(manager), sent | roles((site.pk, "therapist"), existing=own, away=[own[0].pk]))

    manager.refresh_from_db()
    assert (manager.name, manager.is_active) == ("Mara M.", True)
    assert list(manager.memberships.values_list("role", flat=True)) == ["manager"]


def test_the_account_of_somebody_who_works_elsewhere_too_is_not_hers_to_change(boss, site, other_site):
    shared = staff(Role.THERAPIST, site, name="Shared")
    MembershipFactory(user=shared, site=other_site, role=Role.MANAGER)
    here = list(shared.memberships.filter(site=site))
    page = boss.get(change(shared)).content.decode()

    boss.post(change(shared), {"name": "Taken", "email": "taken@clinic.example"} | roles(existing=here))
    password = boss.post(f"/admin/accounts/user/{shared.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})

    shared.refresh_from_db()
    assert (shared.name, shared.is_active, password.status_code) == ("Shared", True, 404)
    assert "Hilltop" not in page
    assert "Set a new password" not in page


def test_the_installer_who_also_works_here_is_not_hers_to_change(boss, site):
    installer = UserFactory(is_superuser=True, name="Ina")
    MembershipFactory(user=installer, site=site, role=Role.MANAGER)

    answer = boss.post(f"/admin/accounts/user/{installer.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})

    assert answer.status_code == 404
    assert not Client().login(username=installer.email, password=PASSWORD)


def test_a_new_password_for_ones_own_staff(boss, site):
    member = staff(Role.FRONT_DESK, site)

    boss.post(f"/admin/accounts/user/{member.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})

    assert Client().login(username=member.email, password=PASSWORD)


def test_a_password_set_by_the_manager_ends_the_persons_tokens_and_no_others(boss, manager, site):
    member = staff(Role.FRONT_DESK, site)
    issue_token(member, now=datetime.now(UTC))
    kept, _ = issue_token(manager, now=datetime.now(UTC))

    boss.post(f"/admin/accounts/user/{member.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})

    assert list(AuthToken.objects.all()) == [kept]


def test_changing_ones_own_password_ends_ones_tokens(site):
    member = staff(Role.FRONT_DESK, site)
    member.set_password("kneecap-and-tendon")
    member.save()
    issue_token(member, now=datetime.now(UTC))
    theirs = Client()
    theirs.force_login(member)

    theirs.post(
        "/admin/password_change/",
        {"old_password": "kneecap-and-tendon", "new_password1": PASSWORD, "new_password2": PASSWORD},
    )

    assert Client().login(username=member.email, password=PASSWORD)
    assert AuthToken.objects.count() == 0


def test_signing_in_ends_no_token_even_when_the_password_is_hashed_anew(site, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    member = staff(Role.FRONT_DESK, site)
    member.set_password(PASSWORD)
    member.save()
    issue_token(member, now=datetime.now(UTC))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]

    assert Client().login(username=member.email, password=PASSWORD)
    assert AuthToken.objects.count() == 1


def test_a_closed_account_opens_nothing_any_more(boss, site):
    member = staff(Role.FRONT_DESK, site)
    theirs = Client()
    theirs.force_login(member)
    before = theirs.get("/admin/").status_code

    boss.post(
        change(member), {"name": member.name, "email": member.email} | roles(existing=list(member.memberships.all()))
    )

    assert (before, theirs.get("/admin/").status_code) == (200, 302)


def test_a_manager_changes_the_own_site_but_not_its_short_name(boss, site):
    sent = {
        "name": "Riverside North",
        "slug": "stolen",
        "phone": "+13125550111",
        "emergency_number": "911",
        "urgent_care": "",
        "time_zone": "America/Chicago",
        "opens_at": "07:30",
        "closes_at": "18:00",
    }

    boss.post(f"/admin/accounts/site/{site.pk}/change/", sent)

    site.refresh_from_db()
    assert (site.name, site.slug, site.opens_at.hour) == ("Riverside North", "riverside", 7)


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"closes_at": "06:00"}])
def test_a_site_that_cannot_be_is_refused_with_words(boss, site, wrong):
    sent = {
        "name": "X",
        "phone": "+13125550111",
        "emergency_number": "911",
        "time_zone": "America/Chicago",
        "opens_at": "07:30",
        "closes_at": "18:00",
    } | wrong

    answer = boss.post(f"/admin/accounts/site/{site.pk}/change/", sent)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Site.objects.get(pk=site.pk).name == "Riverside"


def test_the_installer_sets_up_the_first_site_and_its_manager(db):
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    sent = {
        "name": "First",
        "slug": "first",
        "phone": "+13125550111",
        "emergency_number": "911",
        "urgent_care": "",
        "time_zone": "America/Chicago",
        "opens_at": "08:00",
        "closes_at": "18:00",
    }

    client.post("/admin/accounts/site/add/", sent)
    site = Site.objects.get()
    client.post(ADD, newcomer() | roles((site.pk, "manager")))

    assert User.objects.get(name="Nora New").places == {(Role.MANAGER, site.pk)}
