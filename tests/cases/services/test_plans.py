"""Plans: versions, what changed, approved once, and immutable from then on."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from cases.models import Case, Plan, PlanExercise, PlanItem
from cases.rules.plan_templates import PLAN_ITEMS
from cases.services import findings, moves, plans
from cases.services.errors import WrongInput
from clinic.accounts.models import Role, Site, User
from tests.factories import CaseFactory, ConsentFactory, staff

pytestmark = pytest.mark.django_db
STRENGTH = {"intervention": "strengthening", "name": "Strength", "dose": "3 x 10", "weeks": 12}
EDUCATION = {"intervention": "education", "name": "How load works", "weeks": 12}
OWN = {"name": "Heel slides", "instructions": "Slide the heel to you.", "sets": 2, "reps": 10, "days": [1, 3, 5]}


def found(therapist: User, now: datetime) -> Case:
    case = CaseFactory(therapist=therapist)
    findings.record_finding(case, causes=["overuse"], confidence="high", by=therapist, now=now)
    return case


@pytest.fixture
def case(therapist: User, monday: datetime) -> Case:
    return found(therapist, monday)


@pytest.fixture
def approved(case: Case, therapist: User, monday: datetime) -> Plan:
    plan = plans.draft_plan(case, items=[STRENGTH], exercises=[OWN], by=therapist, now=monday)
    return plans.approve_plan(plan, by=therapist, now=monday)


def test_a_draft_from_the_templates_proposes_a_home_programme(case: Case, therapist: User, monday: datetime):
    plan = plans.draft_plan(case, by=therapist, now=monday)

    ids = list(plan.exercises.order_by("position").values_list("exercise_id", flat=True))
    assert ids[:3] == ["load_flat_walk", "hip_side_lift", "hip_bridge"]
    assert "load_activity_ladder" in ids


def test_exercises_stay_when_only_items_change_and_go_when_told(case: Case, therapist: User, monday: datetime):
    plans.draft_plan(case, items=[STRENGTH], exercises=[OWN], by=therapist, now=monday)

    kept = plans.draft_plan(case, items=[STRENGTH, EDUCATION], by=therapist, now=monday)
    assert list(kept.exercises.values_list("name", "days_per_week", "days")) == [("Heel slides", 3, [1, 3, 5])]

    plans.draft_plan(case, items=[STRENGTH], exercises=[], by=therapist, now=monday)
    assert PlanExercise.objects.count() == 0


def test_the_library_fills_in_what_is_left_out(case: Case, therapist: User, monday: datetime):
    given = [{"exercise_id": "hip_clam", "reps": 8}]

    row = plans.draft_plan(case, items=[STRENGTH], exercises=given, by=therapist, now=monday).exercises.get()

    assert (row.name, row.sets, row.reps, row.days_per_week) == ("Clam", 3, 8, 3)
    assert row.instructions.startswith("Lie on your side")


def test_no_item_of_the_templates_outlasts_the_plan(case: Case, therapist: User, monday: datetime):
    plan = plans.draft_plan(case, weeks=5, by=therapist, now=monday)

    assert set(plan.items.values_list("weeks", flat=True)) == {5}


def test_an_item_left_without_evidence_and_cautions_gets_those_of_its_template(
    case: Case, therapist: User, monday: datetime
):
    taping = {"intervention": "taping", "name": "Tape", "evidence": "  "}
    own = STRENGTH | {"evidence": "Our own audit.", "cautions": "None known."}

    plan = plans.draft_plan(case, items=[taping, own], by=therapist, now=monday)

    tape, strength = plan.items.order_by("position")
    template = next(row for row in PLAN_ITEMS if row.intervention == "taping")
    assert (tape.evidence, tape.cautions, tape.weeks) == (template.evidence, template.cautions, 4)
    assert (tape.dose, tape.frequency) == ("", "")
    assert (strength.evidence, strength.cautions) == ("Our own audit.", "None known.")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weeks": 7}, "weeks"),
        ({"weeks": 0}, "weeks"),
        ({"needling_reason": "Asked for it."}, "needling_reason"),
        ({"needling_consent": True}, "needling_consent"),
        ({"needling_adaptation": "Thin needle."}, "needling_adaptation"),
    ],
)
def test_a_wrong_item_names_its_field_and_stores_nothing(
    case: Case, therapist: User, monday: datetime, changes: dict, field: str
):
    items = [EDUCATION | {"weeks": 6}, STRENGTH | {"weeks": 6} | changes]

    with pytest.raises(WrongInput) as refused:
        plans.draft_plan(case, items=items, weeks=6, by=therapist, now=monday)

    assert set(refused.value.errors) == {f"items.1.{field}"}
    assert Plan.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"exercise_id": "handstand"}, "exercise_id"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"instructions": " "}, "instructions"),
        ({"sets": 0}, "sets"),
        ({"sets": 11}, "sets"),
        ({"reps": 101}, "reps"),
        ({"reps": "ten"}, "reps"),
        ({"reps": None}, "reps"),
        ({"hold_seconds": 301}, "hold_seconds"),
        ({"minutes": 181}, "minutes"),
        ({"days_per_week": 8, "days": []}, "days_per_week"),
        ({"days": [3, 1]}, "days"),
        ({"days": [0]}, "days"),
        ({"days": [1, 3], "days_per_week": 3}, "days"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_a_wrong_exercise_names_its_field_and_stores_nothing(
    case: Case, therapist: User, monday: datetime, changes: dict, field: str
):
    with pytest.raises(WrongInput) as refused:
        plans.draft_plan(case, items=[STRENGTH], exercises=[OWN, OWN | changes], by=therapist, now=monday)

    assert set(refused.value.errors) == {f"exercises.1.{field}"}
    assert Plan.objects.count() == 0


def test_nobody_approves_the_draft_of_a_colleague(case: Case, therapist: User, site: Site, monday: datetime):
    colleague = staff(Role.THERAPIST, site)
    draft = plans.draft_plan(case, items=[STRENGTH], exercises=[OWN], by=colleague, now=monday)

    with pytest.raises(plans.NotYourDraft):
        plans.approve_plan(draft, by=therapist, now=monday)

    draft.refresh_from_db()
    assert (draft.status, draft.approved_by) == ("draft", None)
    assert not case.events.filter(kind="plan_approved").exists()


def test_a_draft_of_a_colleague_is_taken_over_by_drafting_it_again(
    case: Case, therapist: User, site: Site, monday: datetime
):
    plans.draft_plan(case, items=[STRENGTH], exercises=[OWN], by=staff(Role.THERAPIST, site), now=monday)

    mine = plans.draft_plan(case, items=[STRENGTH], by=therapist, now=monday)

    assert plans.approve_plan(mine, by=therapist, now=monday).status == "approved"


def test_a_new_version_takes_back_the_nudges_of_the_one_before_and_plans_its_own(
    case: Case, approved: Plan, therapist: User, monday: datetime
):
    ConsentFactory(patient=case.patient)
    Case.objects.filter(pk=case.pk).update(status="scheduled")
    # Not on the weekday of the approval: a day on which a check-in asks has no other message.
    moves.start_treatment(Case.objects.get(pk=case.pk), by=therapist, now=monday + timedelta(days=3))
    before = set(nudges(case))
    later = monday + timedelta(days=9)

    draft = plans.draft_plan(case, items=[STRENGTH | {"weeks": 6}], weeks=6, by=therapist, now=later)
    plans.approve_plan(draft, by=therapist, now=later)

    after = set(nudges(case))
    assert before
    assert after
    assert {number for number, _ in before} == {approved.number}
    assert {number for number, _ in after} == {draft.number}
    # Six weeks from its own approval, not from that of the first.
    assert max(due for _, due in after) < later + timedelta(weeks=6)


def nudges(case: Case) -> list[tuple[int, datetime]]:
    """The plan number and the moment of each message about the home programme that still waits."""
    rows = case.reminders.waiting().filter(kind="nudge").values_list("dedupe_key", "due_at")
    return [(int(key.split(":")[2]), due) for key, due in rows]


def test_versions_tell_what_each_changed(case: Case, approved: Plan, therapist: User, monday: datetime):
    second = plans.draft_plan(case, items=[STRENGTH | {"dose": "4 x 8"}, EDUCATION], by=therapist, now=monday)

    [(newest, changes), (first, nothing)] = plans.versions_of(case)

    assert (newest, first, nothing) == (second, approved, ())
    assert [(change.how.value, change.name) for change in changes] == [
        ("added", "How load works"),
        ("changed", "Strength"),
    ]
    assert changes[1].fields == {"dose": ("3 x 10", "4 x 8")}


def test_versions_cost_three_statements(
    case: Case, approved: Plan, therapist: User, monday: datetime, django_assert_num_queries
):
    with django_assert_num_queries(3):
        plans.versions_of(case)
    for _ in range(3):
        plan = plans.draft_plan(case, items=[STRENGTH, EDUCATION], by=therapist, now=monday)
        plans.approve_plan(plan, by=therapist, now=monday)
    with django_assert_num_queries(3):
        assert len(plans.versions_of(case)) == 4


# --- immutable, in SQL too


def refuses(name: str, sql: str, *params: object) -> None:
    with pytest.raises(Exception, match=name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.mark.parametrize(
    "change",
    [
        "weeks = 1",
        "goal = 'other'",
        "number = 9",
        "visit_weeks = '{1}'",
        "drafted_at = now()",
        "approved_at = now()",
        "status = 'draft', approved_at = NULL, approved_by_id = NULL",
    ],
)
def test_an_approved_plan_is_never_changed(approved: Plan, change: str):
    refuses("approved_plan_is_never_changed", f"UPDATE cases_plan SET {change} WHERE id = %s", approved.pk)


def test_an_approved_plan_may_only_be_superseded_and_then_stays_so(approved: Plan):
    Plan.objects.filter(pk=approved.pk).update(status="superseded")

    refuses("approved_plan_is_never_changed", "UPDATE cases_plan SET status = 'approved' WHERE id = %s", approved.pk)
    refuses("Cannot delete rows", "DELETE FROM cases_plan WHERE id = %s", approved.pk)


@pytest.mark.parametrize(("table", "column"), [("planitem", "items"), ("planexercise", "exercises")])
@pytest.mark.parametrize("status", ["approved", "superseded"])
def test_what_belongs_to_an_approved_plan_is_never_written(approved: Plan, table: str, column: str, status: str):
    Plan.objects.filter(pk=approved.pk).update(status=status)
    name = f"plan_{column}_are_written_in_a_draft"

    refuses(name, f"UPDATE cases_{table} SET name = 'other' WHERE plan_id = %s", approved.pk)
    refuses(name, f"DELETE FROM cases_{table} WHERE plan_id = %s", approved.pk)
    more = {
        "planitem": lambda: PlanItem(plan=approved, position=9, intervention="education", name="More", weeks=1),
        "planexercise": lambda: PlanExercise(
            plan=approved, position=9, name="More", instructions="More.", reps=1, days_per_week=1
        ),
    }[table]()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        more.save()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("plan_exercises_stand_in_order", {"position": 1}),
        ("plan_exercise_is_in_words", {"name": ""}),
        ("plan_exercise_is_in_words", {"instructions": ""}),
        ("plan_exercise_is_done_1_to_7_days_a_week", {"days_per_week": 0}),
        ("plan_exercise_is_done_1_to_7_days_a_week", {"days_per_week": 8}),
        ("plan_exercise_names_as_many_days_as_it_counts", {"days": [1, 2]}),
        ("plan_exercise_names_as_many_days_as_it_counts", {"days": [1, 2, 8]}),
        ("plan_exercise_says_how_much", {"reps": None}),
    ],
)
def test_each_constraint_of_an_exercise(case: Case, therapist: User, monday: datetime, name: str, changes: dict):
    draft = plans.draft_plan(case, items=[STRENGTH], exercises=[OWN], by=therapist, now=monday)
    fields = {"position": 2, "name": "Clam", "instructions": "Open.", "reps": 10, "days_per_week": 3}

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PlanExercise.objects.create(plan=draft, **fields | changes)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvals_at_once_one_wins_and_the_other_is_told(therapist: User, site: Site, monday: datetime):
    case = found(therapist, monday)
    draft = plans.draft_plan(case, items=[STRENGTH], by=therapist, now=monday)
    together, told = Barrier(2), []

    def approve() -> None:
        try:
            together.wait()
            told.append(plans.approve_plan(Plan.objects.get(pk=draft.pk), by=therapist, now=monday).status)
        except plans.NothingToApprove as refused:
            told.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=approve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["approved", "not_a_draft"]
    assert case.events.filter(kind="plan_approved").count() == 1
