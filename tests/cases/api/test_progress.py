"""Measuring at the API's door: instruments as data, scores from items, the picture, and visits against the plan."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client

from cases.models import Case
from cases.rules.instruments import INSTRUMENTS
from cases.services.outcomes import record_outcome
from clinic.accounts.models import User
from tests.api import Api, path_of, treated
from tests.factories import CaseFactory, VisitFactory

BEST_RUN = {"activities": [{"activity": "Run 5 km", "score": 4}, {"activity": "Kneel", "score": 5}]}


def test_the_instruments_are_shown_as_data(auditor_api: Api):
    shown = auditor_api.get("/api/v1/instruments/").data

    assert [each["instrument"] for each in shown] == [each.value for each in INSTRUMENTS]
    akps = next(each for each in shown if each["instrument"] == "akps")
    assert (len(akps["items"]), akps["important_change"], akps["high"]) == (13, 10, 100)
    assert akps["items"][0]["options"][0] == {"value": "none", "points": 5}


def test_items_are_scored_by_the_server(therapist_api: Api, case: Case):
    response = therapist_api.post(path_of(case, "outcomes/"), {"instrument": "psfs", "items": BEST_RUN})

    assert response.status_code == 201, response.content
    assert (response.data["score"], response.data["items"]) == (4.5, BEST_RUN)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"instrument": "akps", "items": {"limp": "none"}}, "items.stairs"),
        ({"instrument": "nprs_now", "items": {"rating": 11}}, "items.rating"),
        ({"instrument": "nprs_now"}, "score"),
        ({"instrument": "nprs_now", "score": 1, "items": {"rating": 1}}, "score"),
    ],
)
def test_what_cannot_be_scored_is_refused_by_name(therapist_api: Api, case: Case, body: dict[str, object], field: str):
    response = therapist_api.post(path_of(case, "outcomes/"), body)

    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")
    assert field in response.data["errors"]
    assert not case.outcomes.exists()


def test_the_picture_is_an_svg_with_a_title(therapist_api: Api, case: Case):
    therapist_api.post(path_of(case, "outcomes/"), {"instrument": "nprs_worst", "score": 7})

    response = therapist_api.get(path_of(case, "progress.svg"))

    assert response.headers["Content-Type"].startswith("image/svg+xml")
    root = ElementTree.fromstring(response.content)
    assert root.find("{http://www.w3.org/2000/svg}title").text == f"Progress of {case.reference}"


@pytest.mark.parametrize("address", ["progress.svg", "progress/"])
def test_who_reads_no_answers_sees_no_picture(auditor_api: Api, case: Case, address: str):
    assert auditor_api.get(path_of(case, address)).status_code == 403


def test_the_picture_and_its_table_are_the_same_at_three_doors(
    manager_api: Api, manager: User, therapist: User, case: Case, monday: datetime
):
    scores = (("nprs_worst", 7, 0), ("akps", 61, 0), ("psfs", 3.5, 1), ("nprs_worst", 4, 15), ("akps", 72, 15))
    for instrument, score, day in scores:
        at = monday + timedelta(days=day)
        record_outcome(case, instrument=instrument, score=score, by=therapist, now=at)
    missed = monday + timedelta(days=3)
    VisitFactory(case=case, starts_at=missed, status="missed", settled_at=missed)
    staff = Client()
    staff.force_login(manager)
    with time_machine.travel(monday + timedelta(days=20), tick=False):
        page = staff.get(f"/admin/cases/case/{case.pk}/change/").content.decode()
        printed = staff.get(f"/admin/cases/case/{case.pk}/print/").content.decode()
        drawn = manager_api.get(path_of(case, "progress.svg")).content.decode()
        table = manager_api.get(path_of(case, "progress/")).data

    assert _drawing(page) == _drawing(printed) == _drawing(drawn)
    assert "Improved: 7 to 4" in _drawing(drawn)
    assert _numbers(page) == _numbers(printed) == [_as_cells(row) for row in table["rows"]]
    assert [column["instrument"] for column in table["columns"]] == ["nprs_worst", "akps", "psfs"]
    assert table["rows"] == [
        {"on": "2026-11-02", "week": "Week 0", "scores": [7, 61, None], "happened": ""},
        {"on": "2026-11-03", "week": "Week 0", "scores": [None, None, 3.5], "happened": ""},
        {"on": "2026-11-05", "week": "Week 0", "scores": [None, None, None], "happened": "missed"},
        {"on": "2026-11-17", "week": "Week 2", "scores": [4, 72, None], "happened": ""},
    ]


def _drawing(text: str) -> str:
    """The picture in a page or a file, without the paper that a file brings along."""
    found = re.search(r'<svg[^>]*aria-labelledby="progress-title.*?</svg>', text, re.DOTALL)
    assert found
    return re.sub(r'<rect width="320" height="\d+" rx="6" fill="#ffffff"/>| color="#16242a"', "", found[0])


def _numbers(page: str) -> list[list[str]]:
    table = re.search(r'<div class="scroll" role="region" aria-label="Scores by day".*?</table>', page, re.DOTALL)
    assert table
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall("<tr>.*?</tr>", table[0])[1:]]


def _as_cells(row: dict[str, Any]) -> list[str]:
    on = date.fromisoformat(row["on"])
    scores = ["–" if score is None else f"{score:g}" for score in row["scores"]]
    return [f"{on.day} {on:%b %Y}", row["week"], *scores, row["happened"]]


def test_a_case_shows_its_visits_against_the_plan(therapist_api: Api, therapist: User, monday: datetime):
    case = treated(therapist)
    with time_machine.travel(monday + timedelta(days=1), tick=False):
        shown = therapist_api.get(path_of(case)).data["visit_plan"]

    assert shown == {
        **{"prescribed": 8, "due": 0, "booked": 0, "attended": 0, "cancelled": 0, "missed": 0, "moved": 0},
        "next": {"number": 1, "week": 1, "on": "2026-11-09", "opens_on": "2026-11-03", "closes_on": "2026-11-12"},
        "off_plan": None,
    }


def test_the_list_finds_who_is_off_plan_from_the_next_day(therapist_api: Api, therapist: User, monday: datetime):
    case = treated(therapist)
    CaseFactory(therapist=therapist)

    def found(day: int) -> list[str]:
        with time_machine.travel(monday.replace(day=day, hour=7), tick=False):
            return [each["reference"] for each in therapist_api.get("/api/v1/cases/?off_plan=true").data["results"]]

    # The first window closes on the 12th; 07:00 UTC is one o'clock at night in Chicago.
    assert found(12) == []
    assert found(13) == [case.reference]
    with time_machine.travel(monday.replace(day=13, hour=7), tick=False):
        shown = therapist_api.get(path_of(case)).data["visit_plan"]["off_plan"]
    assert (shown["rule_id"], shown["since"]) == ("V1", "2026-11-13")


@pytest.mark.parametrize("value", ["yes", "1", "false"])
def test_off_plan_is_asked_for_with_true(therapist_api: Api, value: str):
    assert therapist_api.get("/api/v1/cases/", {"off_plan": value}).status_code == 400


def test_a_visit_is_given_for_the_patients_calendar(therapist_api: Api, case: Case):
    visit = VisitFactory(case=case)

    response = therapist_api.get(path_of(case, f"visits/{visit.pk}.ics"))

    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.content.startswith(b"BEGIN:VCALENDAR")
    assert (
        therapist_api.get(path_of(CaseFactory(therapist=case.therapist), f"visits/{visit.pk}.ics")).status_code == 404
    )
