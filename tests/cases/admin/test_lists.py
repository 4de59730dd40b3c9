"""Lists: what comes first, what is found, and that no address breaks them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.admin.search import read_birth_date, words_of
from cases.models import Suggestion, SymptomReport
from clinic.accounts.admin import access
from clinic.accounts.models import Role
from tests.cases.admin.conftest import case_of, raise_flag
from tests.factories import MONDAY, MembershipFactory, PatientFactory, ReminderFactory, VisitFactory, staff

pytestmark = pytest.mark.django_db
CASES = "/admin/cases/case/"
LISTS = (
    CASES,
    "/admin/cases/patient/",
    "/admin/cases/visit/",
    "/admin/cases/reminder/",
    "/admin/cases/caseevent/",
    "/admin/intake/draft/",
    "/admin/accounts/user/",
    "/admin/accounts/site/",
)


def shown(client, page: str = CASES, **query: str) -> list:
    return list(client.get(page, query).context["cl"].result_list)


def test_open_cases_come_urgent_first_then_oldest(desk, site):
    late = case_of(site, opened_at=MONDAY + timedelta(hours=1))
    early = case_of(site)
    same_day = case_of(site, urgency="same_day", opened_at=MONDAY + timedelta(hours=2))
    emergency = case_of(site, urgency="emergency", opened_at=MONDAY + timedelta(hours=3))
    case_of(site, status="closed", close_reason="declined", ended_at=MONDAY)

    assert shown(desk) == [emergency, same_day, early, late]


def test_filters_narrow_the_list(boss, site, therapist):
    flagged = case_of(site, urgency="same_day", therapist=therapist)
    raise_flag(flagged, level="same_day")
    read = case_of(site, status="reviewed", first_read_at=MONDAY, first_read_by=therapist)
    ended = case_of(site, status="closed", close_reason="declined", ended_at=MONDAY)

    assert shown(boss, status="reviewed") == [read]
    assert shown(boss, urgency="same_day") == [flagged]
    assert shown(boss, flagged="yes") == [flagged]
    assert shown(boss, unread="yes") == [flagged]
    assert shown(boss, therapist=str(therapist.pk)) == [flagged]
    assert shown(boss, therapist="none") == [read]
    assert shown(boss, status="closed") == [ended]
    assert set(shown(boss, status="all")) == {flagged, read, ended}


def test_the_suspected_cause_filters_for_those_who_may_read_it(boss, desk, site):
    case = case_of(site)
    report = SymptomReport.objects.create(
        case=case,
        source="intake",
        reported_at=MONDAY,
        answers={},
        questionnaire_version="1",
        rules_version="1",
        urgency="routine",
    )
    Suggestion.objects.create(
        case=case, report=report, rules_version="1", likelihood="likely", causes=["overuse"], body={}, made_at=MONDAY
    )
    case_of(site)

    assert shown(boss, cause="overuse") == [case]
    assert shown(boss, cause="muscle_imbalance") == []
    assert desk.get(CASES, {"cause": "overuse"}).status_code == 400


def test_a_case_is_found_by_whatever_the_caller_says_first(desk, site):
    found = case_of(
        site,
        name="González",
        reference="K-3F9A21C0",
        patient__given_name="Ana",
        patient__phone="+13125559876",
        patient__date_of_birth=date(1987, 2, 28),
        patient__email="ana@example.org",
    )
    case_of(site, name="Smith", patient__phone="+13125551111")

    for said in (
        "K-3F9A21C0",
        "k3f9a21c0",
        "K-3F9A",
        "gonz",
        "Ana",
        "ana gonz",
        "9876",
        "9876 1987",
        "(312) 555-9876",
        "+1 312 555 9876",
        "1987-02-28",
        "2/28/1987",
        "28 Feb 1987",
        "Feb 28, 1987",
        "02/28/87",
        "28.02.1987",
        "ana@example.org",
        "gonz 2/28/1987",
    ):
        assert shown(desk, q=said) == [found], said
    for said in ("K-3F9A21C1", "onzález", "1234", "1987-02-27", "ana smith", "%", "_", "*"):
        assert shown(desk, q=said) == [], said


def test_a_search_finds_ended_cases_too(desk, site):
    ended = case_of(site, name="Quist", status="closed", close_reason="declined", ended_at=MONDAY)

    assert shown(desk, q="quist") == [ended]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2/28/1987", date(1987, 2, 28)),
        ("02/28/87", date(1987, 2, 28)),
        ("1/1/70", date(1970, 1, 1)),
        ("31 Feb 1990", None),
        ("12/31/2099", None),
        ("0001-01-01", None),
        ("10000", None),
        ("", None),
    ],
)
def test_birth_dates_are_read_forgivingly(text, expected):
    assert read_birth_date(text, today=date(2026, 11, 2)) == expected


def test_a_telephone_number_with_spaces_is_one_word():
    assert words_of("312 555 0100", today=date(2026, 11, 2)) == ["3125550100"]


def test_a_reader_of_several_sites_finds_names_only_where_names_may_be_read(client, site, other_site):
    both = staff(Role.FRONT_DESK, site)
    MembershipFactory(user=both, site=other_site, role=Role.AUDITOR)
    here, there = case_of(site, name="Quist"), case_of(other_site, name="Quist", urgency="emergency")
    client.force_login(both)

    page = client.get(CASES, {"status": "all"})

    assert shown(client, q="quist") == [here]
    assert shown(client, q=there.reference) == [there]
    assert page.content.decode().count("Ada Quist") == 1
    # "Emergency" stands once, as the name of a filter: the foreign row does not show it.
    assert page.content.decode().count("pill-emergency") == 0
    assert shown(client, urgency="emergency") == []


HOSTILE = (
    "o=1",
    "o=-1",
    "o=999.-5.x",
    "o=a.b",
    "p=0",
    "p=-1",
    "p=x",
    "p=99999999999999999999999",
    "all=1",
    "q=%25",
    "q=(",
    "q=%F0%9F%A6%B5",
    "q=" + "a" * 1500,
    "q=" + "9" * 400,
    "q=+-()",
    "q=K-",
    "q='--",
    "q=1%2F1%2F0000",
    "e=1",
    "_popup=1",
    "_facets=1",
    "_changelist_filters=x",
    "status=bogus",
    "status=open&status=closed",
    "site=nowhere",
    "therapist=x",
    "therapist=99999999999999999999",
    "when=x",
    "state=x",
    "channel=x",
    "kind=x",
    "by=x",
    "unread=no",
    "urgency=",
    "role=x",
    "active=x",
    "standing=x",
)
REFUSED = (
    "q=%00",
    "patient__family_name__startswith=Q",
    "patient__family_name__regex=(a%2B)%2B$",
    "pk__exact=%00",
    "id__regex=(",
    "reference__regex=(",
    "site__memberships__user__password__startswith=s",
    "password__startswith=a",
    "_to_field=reference",
    "status__exact=new",
    "nonsense=1",
    "%00=1",
)


@pytest.mark.parametrize("page", LISTS)
def test_no_address_breaks_a_list(boss, site, page):
    case = case_of(site)
    VisitFactory(case=case)
    ReminderFactory(case=case)

    for query in HOSTILE:
        assert boss.get(f"{page}?{query}", follow=True).status_code in {200, 400}, query


@pytest.mark.parametrize("page", LISTS)
def test_undeclared_lookups_are_refused(boss, site, page):
    case_of(site)

    for query in REFUSED:
        assert boss.get(f"{page}?{query}").status_code == 400, query


@pytest.mark.parametrize("page", LISTS[:5])
def test_a_list_costs_the_same_for_one_row_and_for_forty(boss, site, page):
    def fill() -> None:
        case = case_of(site)
        VisitFactory(case=case, starts_at=MONDAY + timedelta(days=3650))
        ReminderFactory(case=case)

    fill()
    boss.get(page)
    with CaptureQueriesContext(connection) as one:
        boss.get(page)
    for _ in range(39):
        fill()
    with CaptureQueriesContext(connection) as forty:
        boss.get(page)

    assert len(one) == len(forty)
    assert len(forty) <= 9


def test_counting_stops_where_nobody_reads_on(desk, site, monkeypatch):
    monkeypatch.setattr(access, "COUNT_AT_MOST", 3)
    for _ in range(5):
        PatientFactory(site=site)

    page = desk.get("/admin/cases/patient/").content.decode()

    assert "more than 3 patients" in page


@pytest.mark.parametrize("page", LISTS)
def test_no_list_offers_to_delete(boss, site, page):
    case_of(site)

    text = boss.get(page).content.decode().lower()

    assert "delete" not in text
    assert 'name="action"' not in text
