"""One case as the API shows it: its sections by role, its moves, its progress."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from cases.models import Case, Outcome, SymptomReport
from clinic.accounts.models import Role, Site, User
from tests.api import Api, api_of, flagged, path_of, reported, scheduled
from tests.factories import CaseFactory, CheckInFactory, PatientFactory, ReportFactory, VisitFactory, staff

BASE = {
    *("reference", "site", "knee_side", "status", "status_since", "urgency", "therapist", "updated_at", "version"),
    *("moves", "opened_at", "first_read_at", "first_read_by", "ended_at", "close_reason", "previous_case"),
    *("next_visit", "visit_plan"),
}
CONTACT = {"patient"}
ANSWERS = {"report", "flags", "progress", "ending_note"}
CLINICAL = {"suggestion", "suggestions", "examination", "finding", "codes", "plan"}


@pytest.mark.parametrize(
    ("role", "sections"),
    [
        (Role.THERAPIST, BASE | CONTACT | ANSWERS | CLINICAL),
        (Role.MANAGER, BASE | CONTACT | ANSWERS | CLINICAL),
        (Role.FRONT_DESK, BASE | CONTACT | ANSWERS),
        (Role.INTEGRATION, BASE | CONTACT | ANSWERS),
        (Role.AUDITOR, BASE),
    ],
)
def test_each_role_reads_its_own_sections(site: Site, role: Role, sections: set[str]):
    user = staff(role, site)
    case = CaseFactory(therapist=user)
    reported(case)

    response = api_of(user).get(path_of(case))

    assert response.status_code == 200
    assert set(response.data) == sections


def test_the_etag_is_strong_and_names_the_version(therapist_api: Api, case: Case):
    assert therapist_api.get(path_of(case)).headers["ETag"] == f'"{case.reference}-v1"'


def test_a_case_shows_suggestion_finding_and_plan_beside_each_other(therapist_api: Api, therapist: User):
    case = scheduled(therapist)

    shown = therapist_api.get(path_of(case)).data

    assert shown["suggestion"]["causes"] == ["overuse"]
    assert (shown["finding"]["causes"], shown["finding"]["agrees"]) == (["overuse"], True)
    assert shown["finding"]["therapist"] == {"id": therapist.pk, "name": "Theo Therapist"}
    assert shown["plan"]["draft"] is None
    assert shown["plan"]["approved"]["approved_by"]["name"] == "Theo Therapist"
    assert [item["position"] for item in shown["plan"]["approved"]["items"]] == list(
        range(1, len(shown["plan"]["approved"]["items"]) + 1)
    )
    assert shown["report"]["answers"] == {"knee_side": "left", "pain_now": 3}


def test_the_symptom_is_coded_until_a_cause_is_confirmed(therapist_api: Api, therapist: User):
    both = CaseFactory(therapist=therapist, affects_right=True)

    before = therapist_api.get(path_of(both)).data["codes"]
    after = therapist_api.get(path_of(scheduled(therapist))).data["codes"]

    assert [(row["code"], row["side"]) for row in before["codes"]] == [("M25.561", "right"), ("M25.562", "left")]
    assert [(row["code"], row["system"]) for row in after["codes"]] == [("M22.2X2", "ICD-10-CM")]
    assert after["codes"][0]["status"] == "in a public code list [S]"
    assert (after["codes"][0]["verified_on"], after["codes"][0]["verified_by"]) == (None, "")
    assert "current release" in after["note"]


def test_nothing_suggested_or_found_yet_is_null_and_not_absent(therapist_api: Api, case: Case):
    shown = therapist_api.get(path_of(case)).data

    assert (shown["suggestion"], shown["finding"], shown["report"]) == (None, None, None)
    assert shown["plan"] == {"approved": None, "draft": None}
    assert shown["progress"] == {"status": None, "findings": [], "series": [], "prognosis": []}


def test_a_case_says_which_moves_it_allows_and_what_is_in_their_way(therapist_api: Api, case: Case):
    flagged(case)

    moves = {
        move["name"]: [guard["id"] for guard in move["unmet"]]
        for move in therapist_api.get(path_of(case)).data["moves"]
    }

    assert moves == {"review": [], "schedule": ["no_stopping_flag"], "close": []}


def test_moves_name_the_guards_in_words(therapist_api: Api, therapist: User):
    case = CaseFactory(therapist=therapist, status="scheduled")

    moves = {move["name"]: move for move in therapist_api.get(path_of(case)).data["moves"]}

    assert moves["start-treatment"]["label"] == "Start treatment"
    assert [guard["id"] for guard in moves["start-treatment"]["unmet"]] == ["causes_confirmed", "plan_approved"]
    assert all(guard["sentence"].endswith(".") for guard in moves["start-treatment"]["unmet"])


def test_only_moves_of_ones_own_role_are_offered(desk_api: Api, auditor_api: Api, case: Case):
    assert [move["name"] for move in desk_api.get(path_of(case)).data["moves"]] == ["review", "schedule"]
    assert auditor_api.get(path_of(case)).data["moves"] == []


def test_guards_hold_for_readers_who_may_not_see_what_they_look_at(site: Site, therapist: User, desk_api: Api):
    case = CaseFactory(therapist=therapist)
    flagged(case)

    moves = {move["name"]: move for move in desk_api.get(path_of(case)).data["moves"]}

    assert [guard["id"] for guard in moves["schedule"]["unmet"]] == ["no_stopping_flag"]


def test_what_was_so_at_first_and_speaks_for_a_poorer_outcome_is_told(therapist: User, monday: datetime):
    case = CaseFactory(therapist=therapist)
    for weeks, days in ((9, 0), (60, 7)):
        told = reported(case)
        SymptomReport.objects.filter(pk=told.report_id).update(
            answers={"duration_weeks": weeks}, reported_at=monday + timedelta(days=days)
        )
    for days, score in ((0, 69), (14, 95)):
        Outcome.objects.create(case=case, instrument="akps", score=score, taken_at=monday + timedelta(days=days))

    progress = api_of(therapist).get(path_of(case)).data["progress"]

    # The first form and the first score count: a second form eight weeks later makes the pain no older.
    assert [each["rule_id"] for each in progress["prognosis"]] == ["PR1", "PR3"]
    assert all(each["statement"] and each["source"].startswith("reference 11") for each in progress["prognosis"])


def test_progress_sets_the_latest_scores_against_the_first(therapist: User, monday: datetime):
    case = CaseFactory(therapist=therapist)
    for days, score in ((0, 7), (14, 4)):
        Outcome.objects.create(
            case=case, instrument="nprs_worst", score=Decimal(score), taken_at=monday + timedelta(days=days)
        )

    with time_machine.travel(monday + timedelta(days=14), tick=False):
        progress = api_of(therapist).get(path_of(case)).data["progress"]

    assert progress["status"] == "partly_improved"
    assert progress["series"] == [
        {
            "instrument": "nprs_worst",
            "label": "Worst pain (NPRS)",
            "first": {"score": 7.0, "taken_at": "2026-11-02T15:00:00Z"},
            "latest": {"score": 4.0, "taken_at": "2026-11-16T15:00:00Z"},
            "change": -3.0,
            "important_change": 2.0,
            "higher_is_better": False,
        }
    ]


def test_a_day_with_pain_now_alone_hides_no_improvement(therapist: User, monday: datetime):
    case = CaseFactory(therapist=therapist)
    for days, instrument, score in ((0, "nprs_worst", 7), (42, "nprs_worst", 4), (49, "nprs_now", 2)):
        Outcome.objects.create(case=case, instrument=instrument, score=score, taken_at=monday + timedelta(days=days))

    with time_machine.travel(monday + timedelta(days=49), tick=False):
        progress = api_of(therapist).get(path_of(case)).data["progress"]

    assert progress["status"] == "partly_improved"


def test_goals_as_good_as_before_resolve_a_case_without_the_knee_scale(therapist: User, monday: datetime):
    case = CaseFactory(therapist=therapist)
    for days, scores in ((0, (3, 4)), (42, (9, 10)), (84, (9, 9))):
        at = monday + timedelta(days=days)
        goals = [{"activity": "Stairs", "score": score} for score in scores]
        report = ReportFactory(case=case, reported_at=at, answers={"goals": goals})
        for instrument, score in (("nprs_worst", 7 if days == 0 else 1), ("psfs", sum(scores) / 2)):
            Outcome.objects.create(case=case, report=report, instrument=instrument, score=score, taken_at=at)

    with time_machine.travel(monday + timedelta(days=84), tick=False):
        progress = api_of(therapist).get(path_of(case)).data["progress"]

    assert progress["status"] == "resolved"


@pytest.mark.parametrize(
    ("first", "second", "is_lost"),
    [
        ("missed", "missed", True),
        ("answered", "missed", False),
        ("missed", "answered", False),
        ("missed", "due", False),
    ],
)
def test_two_check_ins_without_a_reply_say_lost_and_not_recovered(
    therapist: User, monday: datetime, first: str, second: str, is_lost: bool
):
    case = CaseFactory(therapist=therapist)
    Outcome.objects.create(case=case, instrument="nprs_worst", score=7, taken_at=monday)
    for weeks, said in ((2, first), (6, second)):
        due = monday + timedelta(weeks=weeks)
        check_in = CheckInFactory(case=case, step=f"week_{weeks}", due_at=due)
        if said == "answered":
            check_in.answered_at, check_in.report = due, ReportFactory(case=case, reported_at=due)
            check_in.save()

    with time_machine.travel(monday + timedelta(weeks=7 if second == "due" else 9), tick=False):
        found = api_of(therapist).get(path_of(case)).data["progress"]["findings"]

    assert ("lost_to_follow_up" in [each["status"] for each in found]) is is_lost


def test_the_next_visit_is_the_first_planned_one(therapist_api: Api, therapist: User, case: Case, monday: datetime):
    for days in (9, 2):
        VisitFactory(case=case, starts_at=monday + timedelta(days=days), booked_by=therapist)

    shown = therapist_api.get(path_of(case)).data["next_visit"]

    assert (shown["starts_at"], shown["status"]) == ("2026-11-04T15:00:00Z", "planned")


def test_an_earlier_case_of_the_knee_is_named(therapist_api: Api, therapist: User, case: Case):
    later = CaseFactory(therapist=therapist, previous_case=case)

    assert therapist_api.get(path_of(later)).data["previous_case"] == case.reference


def test_what_is_not_yours_looks_like_what_is_not_there(therapist_api: Api, other_site: Site):
    elsewhere = CaseFactory(patient=PatientFactory(site=other_site))
    of_a_colleague = CaseFactory()

    answers = [
        therapist_api.get(path)
        for path in (
            path_of(elsewhere),
            path_of(of_a_colleague),
            "/api/v1/cases/K-FFFFFFFF/",
            "/api/v1/cases/what ever/",
            f"/api/v1/cases/{'K' * 500}/",
            "/api/v1/nowhere/",
        )
    ]

    assert {response.status_code for response in answers} == {404}
    assert len({response.content for response in answers}) == 1
    assert {response.headers["Content-Type"] for response in answers} == {"application/problem+json"}


def test_reading_changes_nothing(therapist_api: Api, case: Case):
    before = Case.objects.filter(pk=case.pk).values().get()

    therapist_api.get(path_of(case))

    assert Case.objects.filter(pk=case.pk).values().get() == before
    assert case.events.count() == 0


def test_a_case_takes_no_parameters(therapist_api: Api, case: Case):
    response = therapist_api.get(path_of(case), {"fields": "reference"})

    assert (response.status_code, list(response.data["errors"])) == (400, ["fields"])


def test_without_a_token_there_is_nothing_to_see(case: Case):
    response = api_of().get(path_of(case))

    assert (response.status_code, response.data["code"]) == (401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"
