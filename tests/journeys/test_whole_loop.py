"""The whole loop with nothing replaced: from a patient's words to the case that shows whether it worked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from cases.models import Case, Reminder
from clinic.accounts.models import Role, Site
from tests.factories import ROUTINE_ANSWERS, SiteFactory, staff
from tests.intake.plain_browser import PlainBrowser
from tests.journeys.building import Building, waiting
from tests.journeys.http import HttpClient

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
PASSWORD = "a-long-enough-password"


def zone_where_it_is_day() -> str:
    """A zone whose clocks show about noon: the patient may be written to now."""
    offset = (12 - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


def let_days_pass(days: int) -> None:
    """Move everything stored into the past: to every process it is as if it had waited so long."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT table_name, string_agg(format('%%1$I = %%1$I - make_interval(days => %s)', column_name), ', ')
            FROM information_schema.columns
            WHERE data_type = 'timestamp with time zone' AND table_name ~ '^(cases|intake)_' AND table_schema = 'public'
            GROUP BY table_name
            """,
            [days],
        )
        moves = cursor.fetchall()
        # History refuses to be changed; for this one statement its triggers sleep.
        cursor.execute("SET session_replication_role = replica")
        try:
            for table, columns in moves:
                cursor.execute(f'UPDATE "{table}" SET {columns}')
        finally:
            cursor.execute("SET session_replication_role = origin")


def answer_screens(browser: PlainBrowser, answers: dict[str, Any], *, until: str) -> None:
    """Answer screen after screen with what each asks for, and "no" to the rest of a page that offers it."""
    for _ in range(40):
        if until in browser.page.path:
            return
        asked = browser.page.form.offered
        given = {name: value for name, value in answers.items() if name in asked}
        before = browser.page.text
        browser.send(given)
        assert browser.page.text != before, before
    raise AssertionError(f"never reached {until}; at {browser.page.path}")


def as_typed(answers: dict[str, Any]) -> dict[str, Any]:
    """The answers another system would send, as the inputs of the pages take them."""
    typed: dict[str, Any] = {}
    for name, value in answers.items():
        if name == "date_of_birth":
            year, month, day = value.split("-")
            typed |= {f"{name}-year": year, f"{name}-month": month, f"{name}-day": day}
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            typed |= {f"{name}-{row}-{sub}": each for row, one in enumerate(value) for sub, each in one.items()}
        else:
            typed[name] = value
    return typed


def wait_for_message(building: Building, *, to: str, holding: str) -> dict[str, Any]:
    """The first message in the sink to this address that holds the words."""
    for _ in waiting(75, every=0.5, what=lambda: list(Reminder.objects.values())):
        for line in building.sinks.lines("email"):
            if to in line["to"] and holding in line["body"]:
                return line
    raise AssertionError


@pytest.mark.django_db(transaction=True)
def test_from_the_form_to_the_answered_check_in(tmp_path: Path):
    site = SiteFactory(time_zone=zone_where_it_is_day())
    desk = staff(Role.FRONT_DESK, site, email="desk@clinic.example", name="Dana Desk")
    therapist = staff(Role.THERAPIST, site, email="therapist@clinic.example", name="Theo Therapist")
    for person in (desk, therapist):
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])

    with Building(tmp_path, parts=("web", "worker", "beat")) as building:
        reference = fill_in_the_form(building)
        schedule_in_the_admin(building, reference, therapist.name, site)
        treat_by_api(building, reference)
        answer_the_check_in(building, reference)

    case = Case.objects.get(reference=reference)
    assert case.status == "in_treatment"
    assert [report.source for report in case.reports.order_by("pk")] == ["intake", "check_in"]


def fill_in_the_form(building: Building) -> str:
    """The patient, without JavaScript: from the clinic's page to the thank-you page with a reference."""
    patient = PlainBrowser(HttpClient(building.address))
    patient.open("/")
    patient.open("/intake/")
    patient.send({})
    answer_screens(patient, as_typed(ROUTINE_ANSWERS), until="/intake/review/")
    patient.send({"consent_to_process": "yes", "signature_name": "Rosa Runner"})
    assert patient.page.path == "/intake/done/", patient.page.text
    [reference] = set(re.findall(r"K-[0-9A-F]{8}", patient.page.text))
    for never_shown in ("overuse", "Overuse", "patellofemoral"):
        assert never_shown not in patient.page.html
    return reference


def schedule_in_the_admin(building: Building, reference: str, therapist: str, site: Site) -> None:
    """The front desk: signs in, sees the case in the queue, books tomorrow's visit."""
    desk = PlainBrowser(HttpClient(building.address))
    desk.open("/admin/")
    desk.send({"username": "desk@clinic.example", "password": PASSWORD})
    assert reference in desk.page.text
    case = Case.objects.get(reference=reference)
    desk.open(f"/admin/cases/case/{case.pk}/do/schedule/")
    desk.page.forms = [form for form in desk.page.forms if "clock" in form.offered]
    tomorrow = datetime.now(ZoneInfo(site.time_zone)) + timedelta(hours=20)
    [chosen] = re.findall(rf'<option value="(\d+)"[^>]*>{therapist}', desk.page.html)
    desk.send({"day": f"{tomorrow:%Y-%m-%d}", "clock": f"{tomorrow:%H:%M}", "therapist": chosen})
    case.refresh_from_db()
    assert case.status == "scheduled", desk.page.text


def treat_by_api(building: Building, reference: str) -> None:
    """The therapist: a token, the finding, the plan and its approval, the start; the visit's reminder has gone out."""
    program = HttpClient(building.address)
    token = program.call("POST", "/tokens/", {"email": "therapist@clinic.example", "password": PASSWORD})
    assert token.status_code == 201, token.content
    program.token = token.json()["token"]

    seen = program.call("GET", f"/cases/{reference}/")
    assert seen.json()["suggestion"]["causes"] == ["overuse"]
    message = wait_for_message(building, to="rosa@example.org", holding="appointment")
    assert "Rosa" not in message["body"]
    finding = {"causes": ["overuse"], "confidence": "high"}
    for step, body, status in (
        ("finding", finding, 201),
        ("plan", {}, 201),
        ("plan/approve", {}, 200),
        ("start-treatment", {}, 200),
    ):
        answer = program.call("POST", f"/cases/{reference}/{step}/", body)
        assert answer.status_code == status, (step, answer.content)


def answer_the_check_in(building: Building, reference: str) -> None:
    """Two weeks later: the message, the birth date, the answers; the case shows them."""
    let_days_pass(14)
    message = wait_for_message(building, to="rosa@example.org", holding="/check-in/")
    [link] = set(re.findall(r"/check-in/[\w-]+/", message["body"]))
    patient = PlainBrowser(HttpClient(building.address))
    patient.open(link)
    patient.send(as_typed({"date_of_birth": ROUTINE_ANSWERS["date_of_birth"]}))
    assert patient.page.path == "/check-in/"
    answers = ROUTINE_ANSWERS | {"pain_now": 1, "pain_worst": 2, "groc": "2", "sessions_done": 3, "goal_1_score": 8}
    asked = patient.page.form.offered
    patient.send({name: value for name, value in as_typed(answers).items() if name in asked})
    assert "Thank you" in patient.page.text, patient.page.text

    shown = Case.objects.get(reference=reference).outcomes.filter(instrument="nprs_worst").order_by("taken_at")
    assert [int(outcome.score) for outcome in shown] == [6, 2]
