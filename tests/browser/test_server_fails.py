"""The server fails at a press of a button: it says so, nothing is lost, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from cases.models import Case
from clinic.accounts.models import Site
from intake.models import Draft, Submission
from tests.browser.cable import Cable
from tests.browser.chromium import Chromium
from tests.browser.journey import agree_and_send, begin, fill_screen, go_until
from tests.intake.routine_patient import SCREENS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

WORDS = "document.querySelector('main').innerText"


@contextmanager
def refused(table: str, deed: str) -> Iterator[None]:
    """A database that takes no more rows of one table: a real failure of the server, with its own page."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION pg_temp_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                       "$$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$")  # fmt: skip
        cursor.execute(f"CREATE TRIGGER refuse BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION pg_temp_refuse()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refuse ON {table}")
            cursor.execute("DROP FUNCTION pg_temp_refuse()")


def test_continue_that_fails_says_so_and_loses_nothing(browser: Chromium, live_server: Any, riverside: Site) -> None:
    begin(browser, live_server.url)
    go_until(browser, "where")
    with refused("intake_draft", "UPDATE"):
        fill_screen(browser, SCREENS["where"])
        browser.until("document.querySelector('[data-saved]').dataset.state === 'failing'")
        browser.press("[data-continue]")

        assert "It is our fault" in browser.run(WORDS)
        browser.picture("server-fails")
        assert "knee_side" not in Draft.objects.get().answers

    browser.open(f"{live_server.url}/intake/continue/")

    browser.until("document.querySelector('[name=knee_side]:checked')?.value === 'left'")
    browser.until("location.pathname.startsWith('/intake/step/')")
    assert Draft.objects.get().answers["knee_side"] == "left"


def test_a_form_that_could_not_be_taken_is_sent_again_and_taken_once(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    begin(browser, live_server.url)
    go_until(browser, "/intake/review/")
    with refused("intake_submission", "INSERT"):
        agree_and_send(browser)

        assert "It is our fault" in browser.run(WORDS)
        assert (Submission.objects.count(), Case.objects.count()) == (0, 0)

    browser.leave_by("history.back()")
    agree_and_send(browser)

    assert browser.run("location.pathname") == "/intake/done/"
    assert (Submission.objects.count(), Case.objects.count()) == (1, 1)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_form_taken_although_the_answer_was_lost_is_not_taken_twice(
    browser: Chromium, cable: Cable, riverside: Site, scripts: bool
) -> None:
    if not scripts:
        browser.call("Network.setBlockedURLs", urls=["*.js"])
    begin(browser, cable.address)
    go_until(browser, "/intake/review/")
    cable.losing = True
    agree_and_send(browser)
    assert Submission.objects.count() == 1
    cable.losing = False

    if not scripts:
        # The browser's own page says that nothing came; the person goes back and presses once more.
        browser.open(f"{cable.address}/intake/review/")

    browser.until("location.pathname === '/intake/done/' && document.querySelector('.reference') !== null")
    assert (Submission.objects.count(), Case.objects.count()) == (1, 1)
