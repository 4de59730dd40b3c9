"""The page of one case."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.admin import timeline
from cases.models import Case
from cases.services import flags, moves
from cases.services.outcomes import record_outcome, strike_out_outcome
from clinic.accounts.models import Role, Site
from intake.services.submissions import submit_answers
from tests.cases.admin.conftest import case_of, raise_flag
from tests.factories import MONDAY, ROUTINE_ANSWERS, EventFactory, ReminderFactory, ReportFactory, VisitFactory, staff

pytestmark = pytest.mark.django_db
MOST_STATEMENTS = 29


def page_of(case: Case) -> str:
    return f"/admin/cases/case/{case.pk}/change/"


def text(client: Client, case: Case) -> str:
    return client.get(page_of(case)).content.decode()


def submitted(**answers) -> Case:
    given = {**ROUTINE_ANSWERS, **answers}
    return submit_answers(given, idempotency_key="k-1", language="en", by=None, now=MONDAY).case


def test_flags_quote_the_answers_in_the_words_the_patient_saw(desk, site):
    case = submitted(hot_red_joint="yes", fever="yes", cannot_bend_to_90="no", recent_needling_or_injection="no")

    page = text(desk, case)

    assert "Do you have a fever now?" in page
    assert "Is the knee hot and red?" in page
    assert "(312) 555-0123" in page
    assert "An emergency or same-day flag must first be cleared by a clinician." in page


def test_a_report_without_kept_wording_names_its_fields(desk, site):
    case = case_of(site)
    raise_flag(case)

    page = text(desk, case)

    assert "<dt>Fever</dt>" in page
    assert "<bdi>yes</bdi>" in page


def test_the_front_desk_sees_no_suspected_cause_and_no_note(desk, boss, site):
    case = submitted()

    assert "Suggested by the rules" not in text(desk, case)
    assert "overuse" not in text(desk, case).lower()
    assert "Suggested by the rules" in text(boss, case)


def test_staff_read_what_speaks_for_a_poorer_outcome(desk, site):
    told = re.compile(r"From the start: (\w+) ")

    assert told.search(text(desk, submitted(duration_weeks=9)))[1] == "PR1"
    Case.objects.update(status="closed", close_reason="declined", ended_at=MONDAY)
    again = submit_answers(
        {**ROUTINE_ANSWERS, "duration_weeks": 8}, idempotency_key="k-2", language="en", by=None, now=MONDAY
    ).case
    assert told.search(text(desk, again)) is None


def test_the_therapists_page_has_the_codes_in_one_line(desk, boss, site):
    case = submitted(knee_side="both")

    codes = [line for line in text(boss, case).splitlines() if "Codes: " in line]

    assert len(codes) == 1
    assert re.findall(r"<b>([^<]+)</b> Pain in knee, (\w+)", codes[0]) == [("M25.561", "right"), ("M25.562", "left")]
    assert "Codes: " not in text(desk, case)


def test_only_moves_that_the_role_may_make_are_offered(desk, boss, site):
    case = case_of(site)
    at = f"/admin/cases/case/{case.pk}/do"

    for_desk, for_boss = text(desk, case), text(boss, case)

    assert f"{at}/review/" in for_desk
    assert f"{at}/schedule/" in for_desk
    assert f"{at}/close/" not in for_desk
    assert f"{at}/assign/" not in for_desk
    assert f"{at}/close/" in for_boss
    assert f"{at}/assign/" in for_boss


@time_machine.travel(MONDAY + timedelta(hours=1), tick=False)
def test_it_tells_what_happened_in_order(desk, front_desk, site):
    case = submitted()
    moves.review_case(case, by=front_desk, now=MONDAY + timedelta(minutes=5))

    happened = desk.get(page_of(case)).context["events"]

    assert (happened[0].what, happened[0].detail, happened[0].who) == ("Status changed", "New → Reviewed", "Dana Desk")
    assert happened[-1].what in {"Patient registered", "Case opened"}


def test_a_telephone_is_a_channel_here_and_a_source_there():
    assert timeline.said({"channel": "phone"}, clinical=True) == "Telephone call"
    assert timeline.said({"source": "phone"}, clinical=True) == "By telephone, typed by staff"


def test_an_auditor_sees_states_and_events_without_words_or_names(client, site):
    client.force_login(staff(Role.AUDITOR, site))
    case = submitted(lump="yes")

    page = text(client, case)

    assert "Case opened" in page
    for hidden in ("Rosa", "Runner", "fever", "Same day", "tumour", "(312)"):
        assert hidden not in page


def test_the_therapist_strikes_out_a_wrong_score_and_it_is_shown_so(clinician, desk, site):
    client, tara = clinician
    case = case_of(site, therapist=tara)
    wrong = record_outcome(case, instrument="nprs_worst", score=9, by=tara, now=MONDAY)
    to = f"/admin/cases/case/{case.pk}/scores/{wrong.pk}/strike-out/"
    assert to in text(client, case)
    assert to not in text(desk, case)

    asked = client.get(to).content.decode()
    response = client.post(to, {"reason": "Typed 9, <b>said</b> 6."}, follow=True)

    assert "Worst pain" in asked
    page = response.content.decode()
    assert "is struck out." in page
    assert f"struck out by {tara.name}" in page
    assert "<bdi>Typed 9, &lt;b&gt;said&lt;/b&gt; 6.</bdi>" in page
    assert "counted a score that was struck out since" in page
    assert "Outcome struck out" in page
    assert to not in page
    assert f"struck out by {tara.name}" in text(desk, case)


def test_a_score_is_struck_out_with_a_reason_by_whom_may(clinician, desk, site):
    client, tara = clinician
    case = case_of(site, therapist=tara)
    wrong = record_outcome(case, instrument="nprs_worst", score=9, by=tara, now=MONDAY)
    to = f"/admin/cases/case/{case.pk}/scores/{wrong.pk}/strike-out/"

    assert desk.post(to, {"reason": "No."}).status_code == 403
    assert client.post(to, {"reason": " "}).status_code == 422
    assert client.post(to.replace(f"/{wrong.pk}/", f"/{wrong.pk + 1}/"), {"reason": "No."}).status_code == 404
    assert wrong.case.outcomes.counting().count() == 1

    strike_out_outcome(wrong, reason="Typed wrong.", by=tara, now=MONDAY)

    assert "was struck out already" in client.post(to, {"reason": "Again."}, follow=True).content.decode()


def test_it_costs_the_same_whatever_the_case_has_seen(boss, site: Site, therapist):
    case = submitted()
    boss.get(page_of(case))
    with CaptureQueriesContext(connection) as little:
        boss.get(page_of(case))
    for number in range(12):
        raise_flag(case, rule_id=f"S{number}", level="same_day")
        VisitFactory(case=case, starts_at=MONDAY + timedelta(days=number + 1))
        ReminderFactory(case=case)
        EventFactory(case=case)
        score = record_outcome(case, instrument="groc", score=1, by=therapist, now=MONDAY)
        if number % 2:
            strike_out_outcome(score, reason="Typed wrong.", by=therapist, now=MONDAY)
    with CaptureQueriesContext(connection) as much:
        page = boss.get(page_of(case))

    assert len(little) == len(much)
    assert len(much) <= MOST_STATEMENTS
    assert len(page.content) < 85_000


def test_names_and_answers_are_shown_as_text(desk, site):
    case = submitted(given_name="<script>alert(1)</script>", family_name="<img src=x onerror=alert(1)>")

    page = text(desk, case)

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_cleared_flag_says_who_and_why(boss, site):
    person = staff(Role.THERAPIST, site, name="Tara Treats")
    case = case_of(site, therapist=person, urgency="emergency")
    flags.clear_flag(raise_flag(case), reason="Examined, nothing found.", by=person, now=MONDAY)

    page = text(boss, case)

    assert "cleared by Tara Treats" in page
    assert "Examined, nothing found." in page


INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)|href=\"javascript:", re.IGNORECASE)
FOREIGN = re.compile(r"(?:src|href)=\"(?:https?:)?//", re.IGNORECASE)


@time_machine.travel(MONDAY, tick=False)
def test_no_page_has_inline_script_or_style_or_an_asset_from_elsewhere(boss, desk, site, manager, therapist):
    case = submitted(lump="yes")
    reminder = ReminderFactory(case=case)
    pages = [
        "/admin/",
        "/admin/login/",
        "/admin/password_change/",
        page_of(case),
        f"/admin/cases/case/{case.pk}/do/schedule/",
        f"/admin/cases/patient/{case.patient_id}/change/",
        f"/admin/cases/patient/{case.patient_id}/do/edit/",
        "/admin/cases/patient/add/",
        f"/admin/cases/reminder/{reminder.pk}/change/",
        "/admin/cases/case/",
        "/admin/cases/visit/",
        "/admin/cases/reminder/",
        "/admin/cases/caseevent/",
        "/admin/intake/draft/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        f"/admin/accounts/user/{therapist.pk}/change/",
        f"/admin/accounts/user/{therapist.pk}/password/",
        f"/admin/accounts/user/{therapist.pk}/history/",
        "/admin/accounts/site/",
        f"/admin/accounts/site/{site.pk}/change/",
    ]

    for page in pages:
        for client in (boss, Client()):
            answer = client.get(page, follow=True)
            shown = re.sub(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>', "", answer.content.decode())
            assert answer.status_code == 200, page
            assert not INLINE.search(shown), (page, INLINE.search(shown))
            assert not FOREIGN.search(shown), page
            assert "script-src" not in answer.headers["Content-Security-Policy"]
            assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_first_visit_is_booked_by_scheduling_alone(desk, site):
    reviewed, scheduled = case_of(site, status="reviewed"), case_of(site, status="scheduled")

    assert "/do/book/" not in text(desk, reviewed)
    assert "/do/book/" in text(desk, scheduled)


# --- what the patient told: the map, and what changed


def marked(html: str) -> set[str]:
    return set(re.findall(r'class="place hurts" data-place="([a-z_]+)"', html))


def test_the_page_shows_again_where_it_hurts(desk, site):
    case = submitted(knee_side="left", pain_location=["inner_side", "calf", "groin"])

    page = text(desk, case)

    assert marked(page) == {"inner_side", "calf"}
    assert "Map of the left knee" in page
    assert "It hurts here: Inner side of the knee, Groin, Calf" in page


def test_the_printed_page_shows_it_too_in_the_drawing_and_in_words(desk, site):
    case = submitted(knee_side="left", pain_location=["inner_side", "calf", "groin"])

    page = desk.get(f"/admin/cases/case/{case.pk}/print/").content.decode()

    assert marked(page) == {"inner_side", "calf"}
    assert "<p><bdi>Inner side of the knee, Groin, Calf</bdi></p>" in page


def test_the_page_and_its_print_tell_how_bad_it_is_at_each_place(desk, site):
    case = submitted(
        pain_location=["inner_side", "groin"],
        pain_by_place={"groin": {"quality": "burning"}, "inner_side": {"strength": 7, "quality": "sharp"}},
    )

    page = text(desk, case)
    printed = desk.get(f"/admin/cases/case/{case.pk}/print/").content.decode()

    # The answer stands among the others, in the order of the list; the drawing carries it too.
    told = ["Inner side of the knee: 7 of 10, Sharp", "Groin: Burning"]
    assert f"<bdi>{'<br>'.join(told)}</bdi>" in page
    for html in (page, printed):
        assert [line for line in told if f">{line}</text>" not in html] == []
        assert re.findall(r'class="strength"[^>]*>(\d+)</text>', html) == ["7", "7", "7"]


def test_who_may_not_read_answers_prints_no_map(client, site):
    client.force_login(staff(Role.AUDITOR, site))
    case = submitted(pain_location=["calf"])

    answer = client.get(f"/admin/cases/case/{case.pk}/print/")

    assert "knee-map" not in answer.content.decode()


def test_the_therapist_sees_what_changed_since_the_last_form(clinician, site):
    client, person = clinician
    case = case_of(site, therapist=person)
    ReportFactory(
        case=case,
        changes={
            "since": "2026-09-03T15:00:00Z",
            "lines": [
                {"name": "knee_side", "question": "Which knee hurts?", "then": "Left", "now": "Both"},
                {"name": "goals", "question": "What would you like to do?", "then": "<b>Run</b>", "now": "Dance"},
            ],
        },
    )
    ReportFactory(case=case, changes={"since": "2026-10-03T15:00:00Z", "lines": []})

    page = text(client, case)

    changed = [
        " ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in re.findall(r"<details open>.*?</details>", page)
    ]
    assert [each for each in changed if each.startswith("Changed since")] == [
        "Changed since the last form 0 Nothing.",
        "Changed since the last form 2 Which knee hurts? Left → Both What would you like to do?"
        " &lt;b&gt;Run&lt;/b&gt; → Dance",
    ]


def test_a_first_form_has_no_changes_to_show(clinician, site):
    client, person = clinician
    case = case_of(site, therapist=person)
    ReportFactory(case=case)

    assert "Changed since" not in text(client, case)


@pytest.mark.parametrize(
    ("seconds", "clinical", "expected"),
    [
        (600, True, "Same day, as the phone says: without a network, by itself, 10 min before this"),
        (600, False, "as the phone says: without a network, by itself, 10 min before this"),
        (None, False, "as the phone says: without a network, by itself"),
    ],
)
def test_what_a_phone_showed_by_itself_is_told_as_its_word(seconds, clinical, expected):
    details = {"how": "offline", "level": "same_day", "submission": 1} | (
        {} if seconds is None else {"seconds_before": seconds}
    )

    assert timeline.said(details, clinical=clinical) == expected
