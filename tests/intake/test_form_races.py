"""The same button pressed many times at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from cases.models import Case, Patient
from intake.models import Submission
from tests.factories import SiteFactory
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS, fill_until


def press_at_once(path: str, data: dict, cookies: dict[str, str], times: int) -> list[tuple[int, str]]:
    def press(_number: int) -> tuple[int, str]:
        client = Client()
        for name, value in cookies.items():
            client.cookies[name] = value
        try:
            response = client.post(path, data)
            return response.status_code, response.headers.get("Location", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as crowd:
        return list(crowd.map(press, range(times)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "answers", "lands_on"),
    [
        ("review", CONSENT, {"/intake/done/"}),
        ("urgent_signs", SCREENS["urgent_signs"] | {"chest_pain_or_breathless": "yes"}, {"/intake/stop/"}),
    ],
)
def test_thirty_presses_at_once_are_one_case_and_one_answer(name: str, answers: dict, lands_on: set[str]) -> None:
    SiteFactory()
    browser = PlainBrowser()
    page = fill_until(browser, name)
    cookies = {key: morsel.value for key, morsel in browser.client.cookies.items()}

    seen = press_at_once(page.path, page.form.fields | answers, cookies, times=30)

    arrived = set()
    for status, location in seen:
        assert status == 302
        browser.open(location)
        arrived.add(browser.page.path)
    assert arrived == lands_on
    assert (Case.objects.count(), Patient.objects.count(), Submission.objects.count()) == (1, 1, 1)
