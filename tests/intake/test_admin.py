"""Unfinished forms on the desk's list."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from intake.models import Draft
from intake.services import drafts
from tests.factories import MONDAY, staff

pytestmark = pytest.mark.django_db
FORMS = "/admin/intake/draft/"


@pytest.fixture(autouse=True)
def _on_monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def desk(client, front_desk):
    client.force_login(front_desk)
    return client


def begun(site, **more) -> tuple[Draft, str]:
    return drafts.start_draft(site=site, language="en", now=MONDAY, **more)


def test_unfinished_forms_are_listed_without_what_was_typed(desk, site, front_desk):
    begun(site, staff=front_desk)
    Draft.objects.update(answers={"given_name": "Zelda", "phone": "+13125550188", "knee_side": "left"})
    begun(site)

    page = desk.get(FORMS)

    assert len(page.context["cl"].result_list) == 2
    assert "Dana Desk, by telephone" in page.content.decode()
    assert "Zelda" not in page.content.decode()
    assert "about 0%" in page.content.decode()  # the form nobody has answered yet


def test_a_form_begun_by_telephone_is_taken_up_again_on_another_computer(desk, site, front_desk):
    draft, old = begun(site, staff=front_desk)
    page = f"{FORMS}{draft.pk}/resume/"

    looked = desk.get(page)
    unchanged = drafts.find_draft(old, now=MONDAY)
    answer = desk.post(page)

    assert (looked.status_code, unchanged) == (200, draft)
    assert answer.url == "/intake/continue/"
    assert drafts.find_draft(answer.cookies["form"].value, now=MONDAY) == draft
    assert drafts.find_draft(old, now=MONDAY) is None


def test_what_a_patient_is_filling_in_is_not_taken_from_them(desk, site):
    draft, secret = begun(site)

    answer = desk.post(f"{FORMS}{draft.pk}/resume/")

    assert answer.status_code == 404
    assert drafts.find_draft(secret, now=MONDAY) == draft


def test_expired_and_foreign_forms_are_not_there(desk, site, other_site, front_desk):
    expired, _ = begun(site, staff=front_desk)
    Draft.objects.filter(pk=expired.pk).update(expires_at=MONDAY - timedelta(seconds=1))
    foreign, _ = begun(other_site, staff=staff(Role.FRONT_DESK, other_site))

    answers = {desk.post(f"{FORMS}{draft.pk}/resume/").status_code for draft in (expired, foreign)}

    assert answers == {404}
    assert len(desk.get(FORMS).context["cl"].result_list) == 0
