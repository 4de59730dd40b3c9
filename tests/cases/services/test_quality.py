"""How good are we: whose cases, which suggestion, what was due; the same few statements for one case and a hundred."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import (
    Case,
    Examination,
    Finding,
    Outcome,
    Plan,
    PlanItem,
    ProgressPoint,
    Suggestion,
    SymptomReport,
)
from cases.rules.evidence import FINDINGS
from cases.rules.terms import Instrument, ProgressStatus
from cases.services.examinations import record_examination
from cases.services.outcomes import record_outcome, strike_out_outcome
from cases.services.quality import Quality, Scope, Stage, cases_behind, quality_of, readable_sites
from clinic.accounts.models import Role, Site, User
from tests.cases.rules.reports import answers_with
from tests.factories import MONDAY, CaseFactory, CheckInFactory, MembershipFactory, PatientFactory, staff

pytestmark = pytest.mark.django_db

SUGGESTED_AT, FOUND_AT = MONDAY, MONDAY + timedelta(days=2)
LATER = MONDAY + timedelta(days=400)


def suggested(case: Case, *causes: str, at: datetime = SUGGESTED_AT, answers: Any = None, **more: Any) -> Suggestion:
    told = answers_with() if answers is None else answers
    report = SymptomReport.objects.create(
        case=case,
        source="intake",
        reported_at=at,
        answers=told,
        shown=sorted(told),
        questionnaire_version="2026.11",
        rules_version="2026.11",
        urgency="routine",
    )
    return Suggestion.objects.create(
        **{"case": case, "report": report, "rules_version": "2026.11", "likelihood": "likely", "causes": list(causes)}
        | {"body": {"causes_assessed": True}, "made_at": at}
        | more
    )


def found(case: Case, *causes: str, by: User, at: datetime = FOUND_AT) -> Finding:
    other = "Hip pain" if "other" in causes else ""
    return Finding.objects.create(
        case=case, therapist=by, causes=list(causes), other=other, confidence="high", recorded_at=at
    )


def compared_case(therapist: User, site: Site, *, suggests: str = "overuse", finds: str = "overuse") -> Case:
    case = CaseFactory(patient=PatientFactory(site=site), therapist=therapist)
    suggested(case, *suggests.split())
    found(case, *finds.split(), by=therapist)
    return case


def treated_case(therapist: User, site: Site, *, finds: str = "overuse", items: str = "strengthening") -> Case:
    case = compared_case(therapist, site, finds=finds)
    plan = Plan.objects.create(case=case, number=1, drafted_by=therapist, drafted_at=FOUND_AT)
    for position, intervention in enumerate(items.split()):
        PlanItem.objects.create(plan=plan, position=position, intervention=intervention, name=intervention, weeks=6)
    Plan.objects.filter(pk=plan.pk).update(status="approved", approved_by=therapist, approved_at=FOUND_AT)
    return case


def scored(case: Case, *scores: float, instrument: str = "nprs_worst") -> None:
    for number, score in enumerate(scores):
        taken = MONDAY + timedelta(weeks=number)
        Outcome.objects.create(case=case, instrument=instrument, score=score, taken_at=taken)


def quality(user: User, now: datetime = LATER, **more: Any) -> Quality:
    return quality_of(Scope(user, readable_sites(user), **more), now=now)


def count_of(user: User, key: str, stage: Stage = Stage.INTAKE, **more: Any) -> tuple[int, int]:
    [compared] = [each for each in quality(user, **more).compared if each.stage is stage]
    share = compared.agreement.shares[key]
    return share.count, share.of


# --- an empty clinic ---


def test_an_empty_clinic_has_a_report_of_nothing(manager: User):
    report = quality(manager)

    assert [each.agreement.cases for each in report.compared] == [0, 0]
    assert report.all_treated.cases == 0
    assert {change.due for group in (*report.by_cause, *report.by_intervention) for change in group.changes} == {0}


# --- whose cases ---


def test_a_manager_reads_the_site_and_a_therapist_only_her_own_cases(manager: User, therapist: User, site: Site):
    compared_case(therapist, site)
    compared_case(staff(Role.THERAPIST, site), site)

    assert count_of(manager, "top_1") == (2, 2)
    assert count_of(therapist, "top_1") == (1, 1)


def test_nothing_of_another_site_is_counted(manager: User, therapist: User, site: Site, other_site: Site):
    compared_case(therapist, site)
    treated_case(staff(Role.THERAPIST, other_site), other_site)

    assert count_of(manager, "top_1") == (1, 1)
    assert quality(manager).all_treated.cases == 0
    assert [each.pk for each in readable_sites(manager)] == [site.pk]


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.AUDITOR, Role.INTEGRATION])
def test_other_roles_read_nothing(therapist: User, site: Site, role: Role):
    compared_case(therapist, site)
    user = staff(role, site)

    assert readable_sites(user) == ()
    assert quality_of(Scope(user, (site,)), now=LATER).compared[0].agreement.cases == 0


def test_one_site_of_two_may_be_asked_for(manager: User, therapist: User, site: Site, other_site: Site):
    MembershipFactory(user=manager, site=other_site, role=Role.MANAGER)
    compared_case(therapist, site)
    compared_case(staff(Role.THERAPIST, other_site), other_site)

    assert count_of(manager, "top_1") == (2, 2)
    assert quality_of(Scope(manager, (other_site,)), now=LATER).compared[0].agreement.cases == 1


# --- which suggestion and which finding ---


def test_the_current_finding_counts_and_not_an_earlier_one(manager: User, therapist: User, site: Site):
    case = compared_case(therapist, site, suggests="overuse", finds="overuse")
    found(case, "muscle_imbalance", by=therapist, at=FOUND_AT + timedelta(days=1))

    assert count_of(manager, "top_1") == (0, 1)


def test_the_latest_suggestion_before_the_finding_counts(manager: User, therapist: User, site: Site):
    case = compared_case(therapist, site, suggests="overuse", finds="muscle_imbalance")
    suggested(case, "muscle_imbalance", at=FOUND_AT - timedelta(hours=1))
    suggested(case, "overuse", at=FOUND_AT + timedelta(hours=1))

    assert count_of(manager, "top_1") == (1, 1)


def test_the_form_and_the_examination_are_held_against_the_finding_apart(manager: User, therapist: User, site: Site):
    case = compared_case(therapist, site, suggests="overuse", finds="muscle_imbalance")
    examination = Examination.objects.create(
        case=case, therapist=therapist, examined_at=MONDAY, results={"j_sign": {}}, rules_version="2026.11"
    )
    suggested(case, "muscle_imbalance", at=FOUND_AT - timedelta(hours=1), examination=examination)

    assert count_of(manager, "top_1", Stage.INTAKE) == (0, 1)
    assert count_of(manager, "top_1", Stage.EXAMINATION) == (1, 1)


def test_a_withheld_suggestion_is_no_abstention(manager: User, therapist: User, site: Site):
    withheld = CaseFactory(patient=PatientFactory(site=site))
    suggested(withheld, body={"causes_assessed": False})
    found(withheld, "overuse", by=therapist)
    compared_case(therapist, site, suggests="")

    [intake, _] = quality(manager).compared
    assert (intake.withheld, intake.agreement.cases) == (1, 1)
    assert intake.agreement.shares["abstained"].count == 1


def test_a_finding_without_a_suggestion_is_said_and_not_counted(manager: User, therapist: User, site: Site):
    found(CaseFactory(patient=PatientFactory(site=site)), "overuse", by=therapist)

    [intake, _] = quality(manager).compared
    assert (intake.unsuggested, intake.agreement.cases) == (1, 0)


def test_rules_that_fired_without_reaching_a_cause_count_for_their_lift(manager: User, therapist: User, site: Site):
    case = CaseFactory(patient=PatientFactory(site=site))
    suggested(case, answers=answers_with(rest_helped="a_little"))
    found(case, "overuse", by=therapist)

    [intake, _] = quality(manager).compared
    fired = {lift.rule_id: (lift.fired, lift.found_when_fired) for lift in intake.agreement.lifts}
    assert fired["OV8"] == (1, 1)


@pytest.mark.parametrize(("left_hip", "rules"), [(79, {"MV5", "MU8"}), (100, {"MV5"})])
def test_rules_that_only_an_examination_can_meet_have_their_lift(
    manager: User, therapist: User, site: Site, left_hip: int, rules: set[str]
):
    case = CaseFactory(patient=PatientFactory(site=site), affects_left=True, affects_right=False)
    suggested(case, answers=answers_with())
    results = {
        "landing": {"left": ["inward_collapse"], "right": ["good_control"]},
        "hip_abductor_strength": {"left": left_hip, "right": 100, "unit": "N"},
    }
    record_examination(case, results=results, by=therapist, now=MONDAY + timedelta(days=1))
    found(case, "movement_dysfunction", by=therapist)

    intake, examination = quality(manager).compared

    fired = {lift.rule_id: (lift.fired, lift.found_when_fired) for lift in examination.agreement.lifts}
    only_examined = {rule.id for rule in FINDINGS if rule.from_exam}
    assert {rule: fired[rule] for rule in fired.keys() & only_examined} == {
        rule: (1, int(rule == "MV5")) for rule in rules
    }
    assert not {lift.rule_id for lift in intake.agreement.lifts} & only_examined


# --- the period ---


def test_the_period_is_the_sites_own_days(manager: User, therapist: User, site: Site):
    case = CaseFactory(patient=PatientFactory(site=site))
    suggested(case, "overuse", at=datetime.fromisoformat("2026-11-01T00:00:00+00:00"))
    # The evening of the third in Chicago, the fourth in UTC.
    found(case, "overuse", by=therapist, at=datetime.fromisoformat("2026-11-04T03:00:00+00:00"))

    assert count_of(manager, "top_1", since=date(2026, 11, 3), until=date(2026, 11, 3)) == (1, 1)
    assert count_of(manager, "top_1", since=date(2026, 11, 4)) == (0, 0)
    assert count_of(manager, "top_1", until=date(2026, 11, 2)) == (0, 0)


# --- both sides of twenty ---


@pytest.mark.parametrize(("cases", "rate"), [(19, None), (20, 1.0)])
def test_a_rate_appears_with_the_twentieth_case(
    manager: User, therapist: User, site: Site, cases: int, rate: float | None
):
    for _ in range(cases):
        compared_case(therapist, site)

    [intake, _] = quality(manager).compared
    assert intake.agreement.shares["top_1"].rate == rate


# --- the cases behind a number ---


def test_a_number_leads_to_its_cases(manager: User, therapist: User, site: Site, other_site: Site):
    right = compared_case(therapist, site)
    wrong = compared_case(therapist, site, finds="other")
    compared_case(therapist, site, suggests="")
    compared_case(staff(Role.THERAPIST, other_site), other_site)
    scope = Scope(manager, readable_sites(manager))

    behind = cases_behind(scope, stage=Stage.INTAKE, number="top_1")

    assert {(each["pk"], each["counts"]) for each in behind} == {(right.pk, True), (wrong.pk, False)}
    with pytest.raises(KeyError):
        cases_behind(scope, stage=Stage.INTAKE, number="accuracy")


# --- outcomes ---


def change_of(report: Quality, instrument: Instrument = Instrument.NPRS_WORST) -> Any:
    [change] = [each for each in report.all_treated.changes if each.instrument is instrument]
    return change


def test_a_case_is_measured_from_its_first_score_to_its_latest(manager: User, therapist: User, site: Site):
    scored(treated_case(therapist, site), 7, 5, 2)

    change = change_of(quality(manager))

    assert (change.measured, change.total, change.improved) == (1, -5, 1)


def test_a_case_without_an_approved_plan_was_not_treated(manager: User, therapist: User, site: Site):
    scored(compared_case(therapist, site), 7, 2)

    assert quality(manager).all_treated.cases == 0


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, 1),
        ({"step": "rest_check"}, 0),  # the baseline of a treatment, not its result
        ({"expires_at": LATER + timedelta(days=1)}, 0),  # may still be answered
        ({"cancelled_at": MONDAY + timedelta(days=1)}, 0),  # taken back before it ran out
        ({"cancelled_at": MONDAY + timedelta(days=30)}, 1),  # it had run out before the case ended
    ],
)
def test_what_had_its_time_and_was_not_measured_is_missing(
    manager: User, therapist: User, site: Site, fields: dict[str, Any], due: int
):
    case = treated_case(therapist, site)
    scored(case, 7)
    CheckInFactory(case=case, **{"step": "week_2"} | fields)

    change = change_of(quality(manager))

    assert (change.measured, change.due) == (0, due)


def test_an_instrument_is_due_only_where_the_check_in_asks_for_it(manager: User, therapist: User, site: Site):
    CheckInFactory(case=treated_case(therapist, site), step="week_2")

    report = quality(manager)

    assert change_of(report, Instrument.PSFS).due == 1
    assert change_of(report, Instrument.AKPS).due == 0


def test_outcomes_stand_under_each_cause_and_each_intervention(manager: User, therapist: User, site: Site):
    case = treated_case(
        therapist, site, finds="overuse muscle_imbalance", items="education strengthening strengthening"
    )
    scored(case, 7, 2)

    report = quality(manager)

    assert {group.key for group in report.by_cause if group.cases} == {"overuse", "muscle_imbalance"}
    assert {group.key: group.cases for group in report.by_intervention if group.cases} == {
        "education": 1,
        "strengthening": 1,
    }


def test_the_latest_status_of_progress_counts(manager: User, therapist: User, site: Site):
    case = treated_case(therapist, site)
    for day, status in enumerate(("worsening", "improved")):
        ProgressPoint.objects.create(
            **{"case": case, "taken_at": MONDAY + timedelta(days=day), "status": status, "rule_id": "G1"},
            findings=[],
            rules_version="2026.11",
        )

    assert quality(manager).all_treated.statuses == {ProgressStatus.IMPROVED: 1}


# --- what it costs ---


def test_it_costs_three_statements_for_one_case_and_for_a_hundred(manager: User, therapist: User, site: Site):
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            quality_of(scope, now=LATER)
        return len(seen)

    scored(treated_case(therapist, site), 7, 2)
    scope = Scope(manager, readable_sites(manager))
    for_one = statements()
    for _ in range(99):
        scored(treated_case(therapist, site), 7, 2)

    assert (for_one, statements()) == (3, 3)
    assert quality(manager).all_treated.cases == 100


# --- scores that were wrong ---


def test_a_score_that_was_struck_out_counts_in_no_average_and_its_judgement_in_no_status(
    manager: User, therapist: User, site: Site
):
    case = treated_case(therapist, site)
    scored(case, 6)
    wrong = record_outcome(case, instrument="nprs_worst", score=9, by=therapist, now=MONDAY + timedelta(weeks=7))
    assert quality(manager).all_treated.statuses == {ProgressStatus.WORSENING: 1}

    strike_out_outcome(wrong, reason="Typed wrong.", by=therapist, now=MONDAY + timedelta(weeks=8))

    group = quality(manager).all_treated
    [worst_pain] = [change for change in group.changes if change.instrument is Instrument.NPRS_WORST]
    assert (group.statuses, worst_pain.measured) == ({ProgressStatus.TOO_EARLY: 1}, 0)


def test_where_every_score_was_struck_out_no_status_is_made_up(manager: User, therapist: User, site: Site):
    case = treated_case(therapist, site)
    wrong = record_outcome(case, instrument="nprs_worst", score=9, by=therapist, now=MONDAY)

    strike_out_outcome(wrong, reason="Another patient's.", by=therapist, now=MONDAY + timedelta(days=1))

    assert quality(manager).all_treated.statuses == {}
