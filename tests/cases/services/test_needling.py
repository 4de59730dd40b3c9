"""Dry needling: never first or alone, screened, agreed to, recorded, and stopped when it does not help."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from cases.models import Case, CaseEvent, Flag, Link, NeedlingScreening, NeedlingSession, Outcome, Plan, PlanItem
from cases.rules.needling import CONSENT_VERSION, SCREEN_HOLDS_DAYS
from cases.rules.needling_sessions import Standing
from cases.services import check_ins, findings, flags, needling, outcomes, plans
from cases.services.errors import WrongInput
from cases.services.links import make_link
from cases.services.locking import CaseEnded
from cases.services.opening import open_case
from cases.services.reports import known_to_the_record
from clinic.accounts.models import Membership, Site, User
from intake.services.drafts import start_draft
from intake.services.steps import save_step
from tests.factories import CaseFactory, CheckInFactory, FlagFactory, PatientFactory, ReportFactory, VisitFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FORM = {
    "knee_side": "left",
    "age": 27,
    "pain_location": ["front_around_kneecap"],
    "aggravating": ["squatting", "stairs_down"],
    "needling_interest": "yes",
    "needle_fear": "none",
    "fever": "no",
    "hot_red_joint": "no",
    "feels_unwell": "no",
    "skin_problem_at_site": "no",
    "conditions": ["none"],
    "anticoagulant": "none",
    "pregnancy": "no",
    "sex": "female",
    "prior_injury_surgery": ["none"],
    "metal_allergy": "no",
    "fainted_with_needles": "no",
    "cancer_history": "no",
    "numbness": "no",
}
TODAY = {
    "fever": "no",
    "feels_unwell": "no",
    "hot_red_joint": "no",
    "skin_problem_at_site": "no",
    "understands_consent": "yes",
    "varicose_veins": "no",
    "numb_skin": "no",
    "strong_pain_after_needling": "no",
    "active_cancer": "no",
}
# What a form would have told.
ASKED_BY_THE_THERAPIST = {
    "needling_interest": "yes",
    "needle_fear": "none",
    "pregnancy": "no",
    "anticoagulant": "none",
    "metal_allergy": "no",
    "fainted_with_needles": "no",
    "conditions": ["none"],
}
STRENGTH = {"intervention": "strengthening", "name": "Hip and knee strength", "weeks": 12}
NEEDLING = {
    "intervention": "dry_needling",
    "name": "Needling of the vastus lateralis",
    "weeks": 4,
    "needling_reason": "No gain with exercise alone for six weeks.",
    "needling_consent": True,
}
SESSION = {
    "muscles": ["vastus lateralis"],
    "needle": "0.25 x 40 mm",
    "batch": "B-1207",
    "response": "Twitch, mild soreness.",
    "adverse_events": [],
    "consent": True,
}

ADAPTED = SESSION | {"adaptation": "Thin needle."}


@pytest.fixture
def offered(site: Site, therapist: User) -> Site:
    """The site offers needling and the therapist is certified there."""
    site.offers_dry_needling = True
    site.save()
    Membership.objects.filter(user=therapist).update(needling_certified_until=date(2027, 11, 2))
    return site


@pytest.fixture
def case(offered: Site, therapist: User, monday: datetime) -> Case:
    """A case that had a plan with exercise approved."""
    opened = open_case(
        PatientFactory(site=offered),
        source="intake",
        answers=FORM,
        shown=sorted(FORM),
        questionnaire_version="2026.11",
        by=None,
        now=monday - 50 * DAY,
    )
    case = opened.case
    # What is left out of the form above raises review flags; none of them stops anything.
    assert not case.flags.standing().stopping().exists()
    findings.record_finding(
        case, causes=["overuse"], confidence="high", reason="Load.", by=therapist, now=monday - 45 * DAY
    )
    plan = plans.draft_plan(case, items=[STRENGTH], by=therapist, now=monday - 45 * DAY)
    plans.approve_plan(plan, by=therapist, now=monday - 45 * DAY)
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def needled(case: Case, therapist: User, monday: datetime) -> Case:
    """Its plan in force holds needling, screened on Monday."""
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)
    plan = plans.draft_plan(case, items=[STRENGTH, NEEDLING], by=therapist, now=monday)
    plans.approve_plan(plan, by=therapist, now=monday)
    return case


def test_a_quiet_screen_is_kept_with_its_answers(case: Case, therapist: User, monday: datetime):
    screening = needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)

    assert (screening.result, screening.body["reasons"]) == ("ok", [])
    assert screening.answers == TODAY
    assert CaseEvent.objects.filter(kind="needling_screened").count() == 1


def test_an_answer_that_cannot_be_used_is_named_and_nothing_is_stored(case: Case, therapist: User, monday: datetime):
    answers = TODAY | {"fever": "maybe", "moon": "full", "pregnancy_weeks": 99, "conditions": ["gout"]}

    with pytest.raises(WrongInput) as refused:
        needling.screen_for_needling(case, answers=answers, by=therapist, now=monday)

    assert set(refused.value.errors) == {
        f"answers.{name}" for name in ("fever", "moon", "pregnancy_weeks", "conditions")
    }
    assert NeedlingScreening.objects.count() == 0


def test_an_ended_case_is_not_screened(therapist: User, monday: datetime):
    ended = CaseFactory(status="closed", close_reason="declined", ended_at=monday)

    with pytest.raises(CaseEnded):
        needling.screen_for_needling(ended, answers=TODAY, by=therapist, now=monday)


def test_a_flag_that_stands_is_a_hard_stop(case: Case, therapist: User, monday: datetime):
    FlagFactory(case=case, report=case.reports.get())

    screening = needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday + HOUR)

    assert (screening.result, screening.body["reasons"][0]["rule_id"]) == ("contraindicated", "N1")


@pytest.mark.parametrize(("until", "rules"), [(date(2026, 11, 1), ["N61"]), (date(2026, 11, 2), []), (None, ["N61"])])
def test_the_certificate_holds_through_its_last_day(
    case: Case, therapist: User, monday: datetime, until: date | None, rules: list[str]
):
    Membership.objects.filter(user=therapist).update(needling_certified_until=until)

    screening = needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)

    assert [reason["rule_id"] for reason in screening.body["reasons"]] == rules


def test_a_site_that_does_not_offer_it_is_a_hard_stop(case: Case, therapist: User, monday: datetime):
    Site.objects.update(offers_dry_needling=False)

    screening = needling.screen_for_needling(Case.objects.get(), answers=TODAY, by=therapist, now=monday)

    assert [reason["rule_id"] for reason in screening.body["reasons"]] == ["N60"]


# --- in a plan


def refused_item(case: Case, therapist: User, now: datetime, *items: dict) -> dict[str, list[str]]:
    with pytest.raises(WrongInput) as refused:
        plans.draft_plan(case, items=items or [STRENGTH, NEEDLING], by=therapist, now=now)
    assert not case.plans.filter(status="draft").exists()
    return refused.value.errors


def test_needling_beside_exercise_rests_on_its_screen(needled: Case, monday: datetime):
    item = PlanItem.objects.get(intervention="dry_needling")

    assert item.plan.status == "approved"
    assert item.needling_screening == NeedlingScreening.objects.get()
    assert (item.needling_screen, item.needling_consented_at) == ("ok", monday)
    assert item.needling_consent_version == CONSENT_VERSION


def test_needling_needs_a_screen(case: Case, therapist: User, monday: datetime):
    errors = refused_item(case, therapist, monday)

    assert "Make the needling screen first" in errors["items.1.intervention"][0]


def test_needling_is_never_alone(case: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)
    education = {"intervention": "education", "name": "How load works"}

    for items in ([NEEDLING], [education, NEEDLING]):
        errors = refused_item(case, therapist, monday, *items)
        assert "never planned alone" in next(iter(errors.values()))[0]


def test_needling_is_never_first_line(offered: Site, therapist: User, monday: datetime):
    case = open_case(
        PatientFactory(site=offered),
        source="intake",
        answers=FORM,
        shown=sorted(FORM),
        questionnaire_version="2026.11",
        by=None,
        now=monday - DAY,
    ).case
    findings.record_finding(case, causes=["overuse"], confidence="high", reason="Load.", by=therapist, now=monday)
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)

    assert "never first line" in refused_item(case, therapist, monday)["items.1.intervention"][0]


def test_no_template_proposes_needling(case: Case, therapist: User, monday: datetime):
    draft = plans.draft_plan(case, by=therapist, now=monday)

    assert not draft.items.filter(intervention="dry_needling").exists()


def test_reason_and_consent_are_asked_for_by_name(case: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)
    silent = {"intervention": "dry_needling", "name": "Needling"}

    errors = refused_item(case, therapist, monday, STRENGTH, silent)

    assert set(errors) == {"items.1.needling_reason", "items.1.needling_consent"}


def test_a_precaution_asks_for_a_written_adaptation(case: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(case, answers=TODAY | {"varicose_veins": "yes"}, by=therapist, now=monday)

    assert set(refused_item(case, therapist, monday)) == {"items.1.needling_adaptation"}
    adapted = NEEDLING | {"needling_adaptation": "Away from the veins, thin needle."}
    plan = plans.draft_plan(case, items=[STRENGTH, adapted], by=therapist, now=monday)
    assert plan.items.get(position=2).needling_screen == "precaution"


def test_a_contraindicated_screen_refuses(case: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(case, answers=TODAY | {"fever": "yes"}, by=therapist, now=monday)

    assert "contraindicated" in refused_item(case, therapist, monday)["items.1.intervention"][0]


def test_a_screen_holds_fourteen_days_and_no_longer(case: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)
    last = monday + timedelta(days=SCREEN_HOLDS_DAYS)

    assert plans.draft_plan(case, items=[STRENGTH, NEEDLING], by=therapist, now=last)
    with pytest.raises(WrongInput, match="14 days old"):
        plans.draft_plan(case, items=[STRENGTH, NEEDLING], by=therapist, now=last + timedelta(seconds=1))


def test_a_new_report_or_flag_asks_for_a_new_screen(case: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)
    ReportFactory(case=case, reported_at=monday + HOUR)
    with pytest.raises(WrongInput, match="reported since"):
        plans.draft_plan(case, items=[STRENGTH, NEEDLING], by=therapist, now=monday + HOUR)

    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday + 2 * HOUR)
    FlagFactory(case=case, report=case.reports.first(), level="clinician_review", raised_at=monday + 3 * HOUR)
    with pytest.raises(WrongInput, match="flag was raised since"):
        plans.draft_plan(case, items=[STRENGTH, NEEDLING], by=therapist, now=monday + 3 * HOUR)


def test_a_draft_is_not_approved_with_an_older_screen_than_the_last(case: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)
    draft = plans.draft_plan(case, items=[STRENGTH, NEEDLING], by=therapist, now=monday)
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)

    with pytest.raises(plans.ScreenOver):
        plans.approve_plan(draft, by=therapist, now=monday)

    assert Plan.objects.get(pk=draft.pk).status == "draft"


def test_a_draft_is_not_approved_once_a_flag_stands_or_the_certificate_ran_out(
    case: Case, therapist: User, monday: datetime
):
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)
    draft = plans.draft_plan(case, items=[STRENGTH, NEEDLING], by=therapist, now=monday)
    Membership.objects.update(needling_certified_until=date(2026, 11, 1))
    with pytest.raises(needling.NotCertified):
        plans.approve_plan(draft, by=therapist, now=monday)

    Membership.objects.filter(user=therapist).update(needling_certified_until=date(2027, 1, 1))
    FlagFactory(case=case, report=case.reports.first())
    with pytest.raises(needling.NeedlingContraindicated):
        plans.approve_plan(draft, by=therapist, now=monday)


# --- sessions


def test_a_session_is_recorded_with_what_was_done(needled: Case, therapist: User, monday: datetime):
    visit = VisitFactory(case=needled, starts_at=monday)

    session = needling.record_session(
        needled, **SESSION | {"adverse_events": ["bruise"]}, visit=visit, by=therapist, now=monday + HOUR
    )

    stored = NeedlingSession.objects.get(pk=session.pk)
    assert (stored.muscles, stored.needle, stored.batch) == (["vastus lateralis"], "0.25 x 40 mm", "B-1207")
    assert (stored.adverse_events, stored.visit, stored.performed_at) == (["bruise"], visit, monday + HOUR)
    assert (stored.consent_version, stored.screening_result) == (CONSENT_VERSION, "ok")
    assert Flag.objects.filter(rule_id__startswith="NA").count() == 0


def test_no_session_without_needling_in_the_plan_in_force(case: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)

    with pytest.raises(needling.NeedlingNotPlanned):
        needling.record_session(case, **SESSION, by=therapist, now=monday)


def test_no_session_while_a_flag_stands(needled: Case, therapist: User, monday: datetime):
    FlagFactory(case=needled, report=needled.reports.first())

    with pytest.raises(needling.NeedlingContraindicated):
        needling.record_session(needled, **SESSION, by=therapist, now=monday + HOUR)


def test_no_session_by_the_latest_answers(needled: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(
        needled, answers=TODAY | {"hot_red_joint": "not_sure"}, by=therapist, now=monday + HOUR
    )

    with pytest.raises(needling.NeedlingContraindicated):
        needling.record_session(needled, **SESSION, by=therapist, now=monday + HOUR)


def test_no_session_with_a_screen_of_before_the_last_report(needled: Case, therapist: User, monday: datetime):
    ReportFactory(case=needled, reported_at=monday)

    with pytest.raises(needling.ScreenNeeded):
        needling.record_session(needled, **SESSION, by=therapist, now=monday + HOUR)


def test_no_session_without_a_certificate(needled: Case, therapist: User, monday: datetime):
    Membership.objects.update(needling_certified_until=None)

    with pytest.raises(needling.NotCertified):
        needling.record_session(needled, **SESSION, by=therapist, now=monday + HOUR)
    assert NeedlingSession.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"muscles": []}, "muscles"),
        ({"muscles": ["  "]}, "muscles"),
        ({"needle": " "}, "needle"),
        ({"batch": ""}, "batch"),
        ({"response": ""}, "response"),
        ({"response": "x" * 2001}, "response"),
        ({"consent": False}, "consent"),
        ({"adverse_events": ["hiccups"]}, "adverse_events"),
        ({"adverse_events": ["deep_infection"]}, "adverse_note"),
        ({"performed_at": datetime.fromisoformat("2026-11-02T16:00:01+00:00")}, "performed_at"),
        ({"performed_at": datetime.fromisoformat("2026-10-26T15:59:59+00:00")}, "performed_at"),
        ({"performed_at": datetime.fromisoformat("2026-11-02T14:59:59+00:00")}, "performed_at"),
    ],
)
def test_a_wrong_session_names_the_field_and_stores_nothing(
    needled: Case, therapist: User, monday: datetime, changes: dict, field: str
):
    with pytest.raises(WrongInput) as refused:
        needling.record_session(needled, **SESSION | changes, by=therapist, now=monday + HOUR)

    assert set(refused.value.errors) == {field}
    assert NeedlingSession.objects.count() == 0


def test_a_visit_of_another_case_and_a_session_twice_are_refused(needled: Case, therapist: User, monday: datetime):
    elsewhere = VisitFactory()
    with pytest.raises(WrongInput, match="another case"):
        needling.record_session(needled, **SESSION, visit=elsewhere, by=therapist, now=monday + HOUR)

    needling.record_session(needled, **SESSION, by=therapist, now=monday + HOUR)
    with pytest.raises(WrongInput, match="recorded already"):
        needling.record_session(needled, **SESSION, by=therapist, now=monday + HOUR)


def test_a_session_after_a_precaution_writes_its_adaptation(needled: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(needled, answers=TODAY | {"numb_skin": "yes"}, by=therapist, now=monday + HOUR)

    with pytest.raises(WrongInput, match="adaptation"):
        needling.record_session(needled, **SESSION, by=therapist, now=monday + HOUR)
    told = SESSION | {"adaptation": "Kept to skin that feels."}
    assert needling.record_session(needled, **told, by=therapist, now=monday + HOUR).screening_result == "precaution"


def sessions(case: Case, therapist: User, start: datetime, count: int) -> None:
    """One a day, each after the screen of its day."""
    for number in range(count):
        at = start + number * DAY
        needling.screen_for_needling(case, answers=TODAY, by=therapist, now=at)
        needling.record_session(case, **SESSION, by=therapist, now=at)


def test_after_four_sessions_without_an_important_change_there_is_no_fifth(
    needled: Case, therapist: User, monday: datetime
):
    Outcome.objects.create(case=needled, instrument="nprs_worst", score=6, taken_at=monday)
    Outcome.objects.create(case=needled, instrument="nprs_worst", score="4.5", taken_at=monday + 5 * HOUR)
    sessions(needled, therapist, monday, 4)
    friday = monday + 4 * DAY
    needling.screen_for_needling(needled, answers=TODAY, by=therapist, now=friday)

    with pytest.raises(needling.NeedlingStopped, match=r"6 before, 4\.5 now \(2 would count\)"):
        needling.record_session(needled, **SESSION, by=therapist, now=friday)

    Outcome.objects.create(case=needled, instrument="nprs_worst", score=4, taken_at=monday + 6 * HOUR)
    assert needling.record_session(needled, **SESSION, by=therapist, now=friday)


def test_a_new_plan_does_not_begin_the_count_anew(needled: Case, therapist: User, monday: datetime):
    sessions(needled, therapist, monday, 4)
    later = monday + 4 * DAY
    needling.screen_for_needling(needled, answers=TODAY, by=therapist, now=later)
    plans.approve_plan(
        plans.draft_plan(needled, items=[STRENGTH, NEEDLING], by=therapist, now=later), by=therapist, now=later
    )

    with pytest.raises(needling.NeedlingStopped):
        needling.record_session(needled, **SESSION, by=therapist, now=later + HOUR)


def test_a_session_wants_the_screen_of_its_own_day(needled: Case, therapist: User, monday: datetime):
    # Monday at ten in Chicago: until midnight there, Monday's screen will do.
    until_midnight = monday.replace(hour=5, minute=59) + DAY
    with pytest.raises(needling.ScreenNeeded, match="on the day"):
        needling.record_session(needled, **SESSION, by=therapist, now=until_midnight + timedelta(minutes=1))

    assert needling.record_session(needled, **SESSION, by=therapist, now=until_midnight)


def test_a_screen_made_after_the_needles_is_none(needled: Case, therapist: User, monday: datetime):
    needling.screen_for_needling(needled, answers=TODAY, by=therapist, now=monday + 2 * HOUR)
    earlier = {"performed_at": monday + HOUR}

    with pytest.raises(needling.ScreenNeeded):
        needling.record_session(needled, **SESSION, **earlier, by=therapist, now=monday + 3 * HOUR)
    assert NeedlingSession.objects.count() == 0


def test_there_is_one_session_a_day(needled: Case, therapist: User, monday: datetime):
    needling.record_session(needled, **SESSION, by=therapist, now=monday + HOUR)

    with pytest.raises(WrongInput, match="one a day"):
        needling.record_session(needled, **SESSION, by=therapist, now=monday + 2 * HOUR)


def test_a_score_that_was_struck_out_is_no_important_change(needled: Case, therapist: User, monday: datetime):
    outcomes.record_outcome(needled, instrument="nprs_worst", score=8, by=therapist, now=monday)
    for week in range(4):
        at = monday + 7 * week * DAY
        needling.screen_for_needling(needled, answers=TODAY, by=therapist, now=at)
        needling.record_session(needled, **SESSION, by=therapist, now=at + HOUR)
    typed = outcomes.record_outcome(needled, instrument="nprs_worst", score=2, by=therapist, now=monday + 22 * DAY)
    assert needling.sessions_of(needled).standing is Standing.GO_ON

    outcomes.strike_out_outcome(typed, reason="Another patient's.", by=therapist, now=monday + 22 * DAY)

    assert needling.sessions_of(needled).standing is Standing.STOP


def test_a_serious_event_raises_a_flag_and_the_urgency(needled: Case, therapist: User, monday: datetime):
    told = SESSION | {"adverse_events": ["deep_infection", "bruise"], "adverse_note": "Redness spreads, 38.5 C."}

    needling.record_session(needled, **told, by=therapist, now=monday + HOUR)

    flag = Flag.objects.get(rule_id="NA1")
    assert (flag.level, flag.act_by - flag.raised_at) == ("emergency", timedelta(minutes=15))
    assert Case.objects.get(pk=needled.pk).urgency == "emergency"
    with pytest.raises(needling.NeedlingContraindicated):
        needling.record_session(needled, **SESSION, by=therapist, now=monday + 2 * HOUR)


@pytest.fixture
def never_reported(offered: Site, therapist: User, monday: datetime) -> Case:
    """A plan with exercise, then one with needling in force, and no report: the therapist asked it all."""
    case = CaseFactory(patient=PatientFactory(site=offered), therapist=therapist)
    findings.record_finding(case, causes=["overuse"], confidence="high", reason="Load.", by=therapist, now=monday)
    plans.approve_plan(plans.draft_plan(case, items=[STRENGTH], by=therapist, now=monday), by=therapist, now=monday)
    needling.screen_for_needling(case, answers=TODAY | ASKED_BY_THE_THERAPIST, by=therapist, now=monday)
    adapted = NEEDLING | {"needling_adaptation": "Thin needle."}
    plan = plans.draft_plan(case, items=[STRENGTH, adapted], by=therapist, now=monday)
    plans.approve_plan(plan, by=therapist, now=monday)
    return case


def test_a_serious_event_raises_a_flag_in_a_case_without_a_report_too(
    never_reported: Case, therapist: User, monday: datetime
):
    told = ADAPTED | {"adverse_events": ["deep_infection"], "adverse_note": "Redness spreads, 38.5 C."}

    session = needling.record_session(never_reported, **told, by=therapist, now=monday + HOUR)

    flag = Flag.objects.get()
    assert (flag.case, flag.report, flag.rule_id) == (never_reported, None, "NA1")
    assert (flag.level, flag.act_by - flag.raised_at) == ("emergency", timedelta(minutes=15))
    assert Case.objects.get(pk=never_reported.pk).urgency == "emergency"
    assert session.adverse_events == ["deep_infection"]


def test_a_second_serious_event_in_such_a_case_raises_a_flag_of_its_own(
    never_reported: Case, therapist: User, monday: datetime
):
    told = ADAPTED | {"adverse_events": ["nerve_signs"], "adverse_note": "Numb since."}
    needling.record_session(never_reported, **told, by=therapist, now=monday + HOUR)
    flags.clear_flag(Flag.objects.get(), reason="Sensation is back.", by=therapist, now=monday + 2 * HOUR)
    answers = TODAY | ASKED_BY_THE_THERAPIST
    needling.screen_for_needling(never_reported, answers=answers, by=therapist, now=monday + DAY)

    needling.record_session(never_reported, **told, by=therapist, now=monday + DAY + HOUR)

    assert list(Flag.objects.order_by("pk").values_list("rule_id", flat=True)) == ["NA3", "NA3.2"]


# --- what the database refuses


def refuses(name: str, sql: str, *params: object) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.fixture
def drafted(case: Case, therapist: User, monday: datetime) -> PlanItem:
    """Needling in a draft, so that its columns may still be written."""
    needling.screen_for_needling(case, answers=TODAY, by=therapist, now=monday)
    draft = plans.draft_plan(case, items=[STRENGTH, NEEDLING], by=therapist, now=monday)
    return draft.items.get(intervention="dry_needling")


@pytest.mark.parametrize(
    "change",
    [
        "needling_screening_id = NULL",
        "needling_screen = ''",
        "needling_reason = ''",
        "needling_consented_at = NULL",
        "needling_consent_version = ''",
    ],
)
def test_needling_lacks_nothing_in_sql_either(drafted: PlanItem, change: str):
    refuses(
        "needling_has_a_passed_screen_a_reason_and_consent",
        f"UPDATE cases_planitem SET {change} WHERE id = %s",
        drafted.pk,
    )


def test_the_copy_of_the_result_cannot_lie(drafted: PlanItem):
    refuses(
        "needling_screen_is_what_the_screening_said",
        "UPDATE cases_planitem SET needling_screen = 'precaution', needling_adaptation = 'x' WHERE id = %s",
        drafted.pk,
    )


def test_a_failed_screen_never_carries_needling(drafted: PlanItem, case: Case, therapist: User, monday: datetime):
    failed = needling.screen_for_needling(case, answers={}, by=therapist, now=monday)

    for result, name in (("contraindicated", "needling_has_a_passed"), ("ok", "needling_screen_is_what")):
        refuses(
            name,
            "UPDATE cases_planitem SET needling_screen = %s, needling_screening_id = %s WHERE id = %s",
            *(result, failed.pk, drafted.pk),
        )


def test_a_precaution_without_words_is_refused(drafted: PlanItem, case: Case, therapist: User, monday: datetime):
    care = needling.screen_for_needling(case, answers=TODAY | {"numb_skin": ""}, by=therapist, now=monday)

    refuses(
        "needling_precaution_has_a_written_adaptation",
        "UPDATE cases_planitem SET needling_screen = 'precaution', needling_screening_id = %s,"
        " needling_adaptation = '  ' WHERE id = %s",
        *(care.pk, drafted.pk),
    )


def test_the_database_approves_no_plan_with_needling_alone_or_first(drafted: PlanItem, therapist: User):
    approve = "UPDATE cases_plan SET status = 'approved', approved_at = now(), approved_by_id = %s WHERE id = %s"
    Plan.objects.in_force().update(status="superseded")

    drafted.plan.items.filter(intervention="strengthening").update(intervention="taping")
    refuses("needling_is_never_first_or_alone", approve, therapist.pk, drafted.plan_id)

    drafted.plan.items.filter(intervention="taping").update(intervention="strengthening")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_plan SET number = 0 WHERE id = %s", [drafted.plan_id])
    refuses("needling_is_never_first_or_alone", approve, therapist.pk, drafted.plan_id)


def test_a_screening_is_never_changed(drafted: PlanItem):
    for write in (
        lambda: NeedlingScreening.objects.update(result="ok"),
        lambda: NeedlingScreening.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(Exception, match="Cannot update or delete"), transaction.atomic():
            write()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("needling_session_names_its_muscles", {"muscles": []}),
        ("needling_session_says_needle_batch_response_and_consent", {"needle": ""}),
        ("needling_session_says_needle_batch_response_and_consent", {"batch": ""}),
        ("needling_session_says_needle_batch_response_and_consent", {"response": ""}),
        ("needling_session_says_needle_batch_response_and_consent", {"consent_version": ""}),
        ("needling_session_passed_its_screen", {"screening_result": "contraindicated"}),
        ("session_screen_is_what_the_screening_said", {"screening_result": "precaution", "adaptation": "x"}),
        ("needling_session_writes_its_adaptation", {"screening_result": "precaution"}),
        ("adverse_events_are_known", {"adverse_events": ["hiccups"]}),
        ("serious_adverse_event_is_in_words", {"adverse_events": ["deep_infection"]}),
        ("needling_session_is_not_ahead", {"performed_at": datetime.fromisoformat("2027-01-01T00:00:00+00:00")}),
    ],
)
def test_each_constraint_of_a_session(needled: Case, therapist: User, monday: datetime, name: str, changes: dict):
    fields = session_fields(needled, therapist, monday)

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        NeedlingSession.objects.create(**fields | changes)


def session_fields(case: Case, therapist: User, now: datetime) -> dict:
    told = {name: SESSION[name] for name in ("muscles", "needle", "batch", "response")}
    return told | {
        "case": case,
        "plan_item": PlanItem.objects.get(plan__case=case, intervention="dry_needling"),
        "screening": NeedlingScreening.objects.get(case=case),
        "screening_result": "ok",
        "therapist": therapist,
        "performed_at": now,
        "recorded_at": now,
        "consent_version": CONSENT_VERSION,
    }


def test_a_session_is_of_the_approved_plan_of_its_own_case(needled: Case, therapist: User, monday: datetime):
    fields = session_fields(needled, therapist, monday)
    strength = PlanItem.objects.filter(plan__status="approved").get(intervention="strengthening")
    stranger = CaseFactory()

    for changes in ({"plan_item": strength}, {"case": stranger}, {"visit": VisitFactory(case=stranger)}):
        with pytest.raises(IntegrityError, match="session_is_of_the_approved_plan"), transaction.atomic():
            NeedlingSession.objects.create(**fields | changes)

    NeedlingSession.objects.create(**fields)
    with pytest.raises(IntegrityError, match="one_needling_session_at_a_time"), transaction.atomic():
        NeedlingSession.objects.create(**fields)
    with pytest.raises(Exception, match="Cannot update or delete"), transaction.atomic():
        NeedlingSession.objects.update(batch="other")


WELL = {
    **dict.fromkeys(
        ("fever", "feels_unwell", "hot_red_joint", "redness_where_needled", "swelling_where_needled"), "no"
    ),
    "swelling": "none",
    "pain_now": 2,
}
HOT_KNEE = {"hot_red_joint": "yes", "cannot_bend_to_90": "no", "recent_needling_or_injection": "no"}


@pytest.mark.parametrize(
    ("days", "told", "rule", "level"),
    [
        (2, {"fever": "yes"}, "NS2", "same_day"),
        (2, {"swelling": "large"}, "NS2", "same_day"),
        (2, {"redness_where_needled": "yes"}, "NS2", "same_day"),
        (2, {"redness_where_needled": "yes", "fever": "yes"}, "NS1", "emergency"),
        # The patient says that there was no needling: the record knows better.
        (84, HOT_KNEE, "E1", "emergency"),
        (85, HOT_KNEE, "S1", "same_day"),
    ],
)
def test_a_sign_told_after_a_session_on_record_alarms(
    needled: Case, therapist: User, monday: datetime, days: int, told: dict[str, str], rule: str, level: str
):
    needling.record_session(needled, **SESSION, by=therapist, now=monday)
    answers = FORM | WELL | {"duration_weeks": 8, "onset": "gradual"} | told
    check_in = CheckInFactory(case=needled, step="needling_check", round=9, due_at=monday + days * DAY)

    report = check_ins.answer_check_in(
        check_in,
        answers=answers,
        shown=sorted(WELL | told),
        questionnaire_version="2026.12-needling",
        now=monday + days * DAY,
    )

    assert report.answers["recorded_needling_days"] == days
    assert list(report.flags.stopping().values_list("rule_id", "level")) == [(rule, level)]


def test_a_new_form_is_judged_by_the_session_on_record_too(needled: Case, therapist: User, monday: datetime):
    needling.record_session(needled, **SESSION, by=therapist, now=monday)

    opened = open_case(
        needled.patient,
        source="intake",
        answers=FORM | HOT_KNEE,
        shown=sorted(FORM | HOT_KNEE),
        questionnaire_version="2026.11",
        by=None,
        now=monday + 2 * DAY,
    )

    assert opened.case == needled
    assert opened.report.flags.filter(rule_id="E1").exists()


@pytest.mark.parametrize(("days", "stops"), [(14, True), (15, False)])
def test_a_form_on_its_way_stops_at_once_for_a_fever_after_a_session(
    needled: Case, therapist: User, monday: datetime, days: int, stops: bool
):
    needling.record_session(needled, **SESSION, by=therapist, now=monday)
    now = monday + days * DAY
    link = make_link(needled.patient, purpose=Link.Purpose.INTAKE, expires_at=now + DAY, now=now)
    draft, _secret = start_draft(site=None, language="en", link=link, now=now)

    saved = save_step(draft, section="urgent_signs", raw={"fever": "yes"}, now=now)

    assert [rule.rule_id for rule in saved.triage.fired if rule.rule_id == "NS2"] == (["NS2"] if stops else [])
    assert (saved.submission is not None) is stops


def test_a_session_at_the_other_knee_is_not_of_this_leg(needled: Case, therapist: User, monday: datetime):
    needling.record_session(needled, **SESSION, by=therapist, now=monday)

    assert known_to_the_record(needled.patient, knees=frozenset({"left"}), now=monday + DAY) == {
        "recorded_needling_days": 1
    }
    assert known_to_the_record(needled.patient, knees=frozenset({"right"}), now=monday + DAY) == {}
