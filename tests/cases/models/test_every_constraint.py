"""Every named refusal of the database, raised in SQL: by a row that is right but for the one thing it forbids."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import Error, IntegrityError, connection, models, transaction

from cases.models import (
    Case,
    CaseEvent,
    CheckIn,
    ClosedDay,
    ContactConsent,
    DeliveryEvent,
    Examination,
    Finding,
    Flag,
    InboundMessage,
    Installation,
    Link,
    MessageTemplate,
    NeedlingScreening,
    NeedlingSession,
    Outcome,
    Patient,
    Pause,
    Plan,
    PlanExercise,
    PlanItem,
    PlanTemplate,
    ProgressPoint,
    ProviderRate,
    Reminder,
    ReminderAttempt,
    ReminderSettings,
    StrikeOut,
    Suggestion,
    SymptomReport,
    Visit,
)
from tests.factories import MONDAY

pytestmark = pytest.mark.django_db
BEFORE, AFTER = MONDAY.replace(year=2025), MONDAY.replace(year=2027)
Try = tuple[type[models.Model], dict[str, Any]]
APPROVED = {"status": "approved", "approved_at": MONDAY, "approved_by_id": 1}
SUPERSEDED = APPROVED | {"status": "superseded"}
PRECAUTION = {"screening_result": "precaution", "adaptation": "Thin needle."}
NEEDLING = {
    "intervention": "dry_needling",
    "needling_screen": "ok",
    "needling_screening_id": 1,
    "needling_reason": "Nothing else helped.",
    "needling_consented_at": MONDAY,
    "needling_consent_version": "1",
}
OPEN_REPLY = {"reply": "Thank you.", "reply_status": "waiting", "reply_try_at": MONDAY}

# What a row of these needs beside a word, a number and a moment for each column.
USUAL: dict[type[models.Model], dict[str, Any]] = {
    Case: {"affects_left": True},
    Examination: {"results": {"j_sign": {"left": "absent"}}},
    Finding: {"causes": ["overuse"]},
    Installation: {"only": True},
    Link: {"expires_at": AFTER},
    NeedlingSession: {"muscles": ["vastus lateralis"], "screening_result": "ok"},
    Outcome: {"instrument": "akps", "score": 60},
    PlanExercise: {"reps": 10, "days": [], "days_per_week": 3},
    PlanTemplate: {"causes": ["overuse"], "intervention": "education"},
    Patient: {"email": "ada@example.org"},
    Plan: {"weeks": 12},
    Reminder: {"expires_at": AFTER},
}
# A row that breaks one rule and keeps all others.
BROKEN: dict[str, Try] = {
    "acknowledged_flag_says_who_and_when": (Flag, {"acknowledged_at": MONDAY}),
    "adverse_events_are_known": (NeedlingSession, {"adverse_events": ["hiccups"]}),
    "answered_check_in_has_its_report": (CheckIn, {"answered_at": MONDAY}),
    "answered_message_says_who_and_when": (InboundMessage, {"status": "answered"}),
    "approved_plan_says_who_and_when": (Plan, {"status": "approved"}),
    "call_comes_after_the_repeat_and_in_time": (ReminderSettings, {"repeat_after_days": 3, "call_after_days": 3}),
    "case_affects_a_knee": (Case, {"affects_left": False}),
    "case_status_is_known": (Case, {"status": "lost"}),
    "case_urgency_is_known": (Case, {"urgency": "soon"}),
    "cleared_flag_says_who_when_and_why": (Flag, {"cleared_at": AFTER, "cleared_by_id": 1}),
    "closed_case_says_why": (Case, {"status": "closed", "ended_at": AFTER}),
    "consent_is_withdrawn_after_it_was_given": (ContactConsent, {"withdrawn_at": BEFORE}),
    "consent_purpose_is_known": (ContactConsent, {"purpose": "adverts"}),
    "delivery_state_is_known": (DeliveryEvent, {"state": "lost"}),
    "differential_is_a_row_and_goes_with_other": (Finding, {"differential": "D1"}),
    "ended_case_says_when": (Case, {"status": "discharged"}),
    "examination_records_a_result": (Examination, {"results": {}}),
    "examination_says_which_rules": (Examination, {"rules_version": ""}),
    "finding_names_a_cause_or_other": (Finding, {"causes": []}),
    "finding_names_known_causes": (Finding, {"causes": ["laziness"]}),
    "finding_says_how_sure": (Finding, {"confidence": "certain"}),
    "finding_that_differs_says_why": (Finding, {"agrees": False}),
    "form_is_asked_for_again_in_time": (ReminderSettings, {"form_repeat_days": 11}),
    "inbound_intent_is_known": (InboundMessage, {"intent": "song"}),
    "kind_switched_off_is_known": (ReminderSettings, {"kinds_off": ["adverts"]}),
    "language_of_messages_is_known": (ReminderSettings, {"languages": ["la"]}),
    "link_expires_after_it_is_made": (Link, {"expires_at": MONDAY}),
    "messages_are_due_when_they_may_go": (ReminderSettings, {"hour": "08:00", "opens": "09:00", "closes": "20:00"}),
    "messages_go_between_08_and_21": (ReminderSettings, {"hour": "10:00", "opens": "09:00", "closes": "21:01"}),
    "needling_has_a_passed_screen_a_reason_and_consent": (PlanItem, NEEDLING | {"needling_reason": ""}),
    "needling_is_never_a_template": (PlanTemplate, {"intervention": "dry_needling"}),
    "needling_precaution_has_a_written_adaptation": (PlanItem, NEEDLING | {"needling_screen": "precaution"}),
    "needling_result_is_known": (NeedlingScreening, {"result": "maybe"}),
    "needling_session_is_not_ahead": (NeedlingSession, {"performed_at": AFTER}),
    "needling_session_names_its_muscles": (NeedlingSession, {"muscles": []}),
    "needling_session_passed_its_screen": (NeedlingSession, {"screening_result": "contraindicated"}),
    "needling_session_says_needle_batch_response_and_consent": (NeedlingSession, {"batch": ""}),
    "needling_session_writes_its_adaptation": (NeedlingSession, PRECAUTION | {"adaptation": " "}),
    "nudge_comes_weekly_at_most": (ReminderSettings, {"nudge_every_days": 6}),
    "only_a_treated_case_falls_off_its_plan": (Case, {"off_plan_from": MONDAY}),
    "other_finding_is_named": (Finding, {"causes": ["other"]}),
    "outcome_instrument_is_known": (Outcome, {"instrument": "mood"}),
    "outcome_score_fits_its_instrument": (Outcome, {"score": 101}),
    "patient_can_be_reached": (Patient, {"phone": "", "email": ""}),
    "patient_gets_1_to_14_messages_a_week": (ReminderSettings, {"cap_per_week": 15}),
    "pause_is_released_after_it_began": (Pause, {"released_at": BEFORE}),
    "pause_says_why": (Pause, {"reason": ""}),
    "plan_exercise_is_done_1_to_7_days_a_week": (PlanExercise, {"days_per_week": 8}),
    "plan_exercise_is_in_words": (PlanExercise, {"instructions": ""}),
    "plan_exercise_names_as_many_days_as_it_counts": (PlanExercise, {"days": [1, 3]}),
    "plan_exercise_says_how_much": (PlanExercise, {"reps": None}),
    "plan_item_is_known": (PlanItem, {"intervention": "leeches"}),
    "plan_lasts_one_to_52_weeks": (Plan, {"weeks": 53}),
    "plan_template_causes_are_known": (PlanTemplate, {"causes": ["laziness"]}),
    "plan_template_is_whole": (PlanTemplate, {"dose": " "}),
    "plan_template_lasts_1_to_52_weeks": (PlanTemplate, {"weeks": 53}),
    "plan_wants_visits_in_weeks_1_to_52": (Plan, {"visit_weeks": [53]}),
    "progress_names_the_rule_that_said_so": (ProgressPoint, {"rule_id": ""}),
    "progress_status_is_known": (ProgressPoint, {"status": "fine"}),
    "read_case_says_by_whom": (Case, {"first_read_at": MONDAY}),
    "reminder_channel_is_known": (Reminder, {"channel": "fax"}),
    "reminder_expires_after_it_is_due": (Reminder, {"expires_at": MONDAY}),
    "reminder_not_sent_says_why": (Reminder, {"status": "failed", "settled_at": MONDAY}),
    "reply_is_named_when_there_is_one": (InboundMessage, OPEN_REPLY | {"reply": ""}),
    "report_urgency_is_known": (SymptomReport, {"urgency": "soon"}),
    "rest_check_is_on_day_3_to_5": (ReminderSettings, {"rest_check_days": 6}),
    "serious_adverse_event_is_in_words": (NeedlingSession, {"adverse_events": ["nerve_signs"]}),
    "settled_reminder_says_when": (Reminder, {"status": "accepted"}),
    "settled_visit_says_when": (Visit, {"status": "attended"}),
    "struck_out_score_says_why": (StrikeOut, {"reason": " "}),
    "started_reminder_was_claimed": (Reminder, {"started_at": MONDAY}),
    "template_channel_is_written": (MessageTemplate, {"channel": "phone"}),
    "template_versions_begin_at_one": (MessageTemplate, {"version": 0}),
    "texts_have_no_subject": (MessageTemplate, {"channel": "sms", "subject": "Hello"}),
    "there_is_one_installation": (Installation, {"only": False}),
    "tokens_are_never_overdrawn": (ProviderRate, {"tokens": -1}),
    "visit_lasts_5_to_240_minutes": (Visit, {"minutes": 4}),
    "visit_status_is_known": (Visit, {"status": "dreamt", "settled_at": MONDAY}),
    "waiting_reply_says_when": (InboundMessage, OPEN_REPLY | {"reply_try_at": None}),
}
# Two rows of which either may stand alone: the second differs from the first in what is named last.
TWICE: dict[str, tuple[type[models.Model], dict[str, Any], dict[str, Any]]] = {
    "day_is_closed_once_per_site": (ClosedDay, {}, {}),
    "each_delivery_event_is_taken_once": (DeliveryEvent, {}, {}),
    "each_inbound_message_is_taken_once": (InboundMessage, {}, {}),
    "one_approved_plan_in_force_per_case": (Plan, APPROVED, {"number": 2}),
    "one_attempt_per_turn": (ReminderAttempt, {}, {}),
    "one_check_in_per_case_step_and_round": (CheckIn, {}, {}),
    "one_consent_in_force_per_channel_and_purpose": (ContactConsent, {}, {}),
    "one_draft_plan_per_case": (Plan, {}, {"number": 2}),
    "one_flag_per_rule_and_report": (Flag, {"report_id": 1}, {"case_id": 2}),
    "one_flag_per_rule_of_a_case_nobody_reported_about": (Flag, {}, {}),
    "one_needling_session_at_a_time": (NeedlingSession, {}, {}),
    "one_open_case_per_left_knee": (Case, {}, {"affects_right": True}),
    "one_open_case_per_right_knee": (Case, {"affects_right": True}, {"affects_left": False}),
    "one_pause_in_force_per_site_and_kind": (Pause, {}, {}),
    "one_planned_visit_per_therapist_and_start": (Visit, {"therapist_id": 1}, {"case_id": 2}),
    "one_progress_point_per_report": (ProgressPoint, {"report_id": 1}, {"case_id": 2}),
    "one_score_per_instrument_and_report": (Outcome, {"report_id": 1}, {"score": 61}),
    "one_suggestion_per_report_and_rules": (Suggestion, {}, {}),
    "one_suggestion_per_report_examination_and_rules": (Suggestion, {"examination_id": 1}, {}),
    "one_template_of_an_id_per_site": (PlanTemplate, {}, {}),
    "one_text_per_version_of_a_template": (MessageTemplate, {}, {}),
    "plan_exercises_stand_in_order": (PlanExercise, {}, {}),
    "plan_items_stand_in_order": (PlanItem, {}, {}),
    "plans_of_a_case_are_numbered": (Plan, SUPERSEDED, {}),
}
# A row that points at another which does not fit it.
POINTS_ASTRAY: dict[str, Try] = {
    "case_is_at_its_patients_site": (Case, {}),
    "needling_screen_is_what_the_screening_said": (PlanItem, NEEDLING),
    "session_screen_is_what_the_screening_said": (NeedlingSession, {}),
    "suggestion_is_of_its_cases_examination": (Suggestion, {"examination_id": 1}),
}
# Keys made for other tables to point to: with the primary key in them, no row can break them.
POINTED_TO = {
    "case_is_kept_at_one_site",
    "examination_is_of_one_case",
    "needling_screening_has_one_result",
    "patient_is_known_at_one_site",
}
# Triggers that read other rows: what stands already, and the row that does not go with it.
BESIDE_OTHERS: dict[str, tuple[Try, Try]] = {
    "needling_is_never_first_or_alone": ((PlanItem, NEEDLING | {"plan_id": 1}), (Plan, APPROVED | {"id": 1})),
    "plan_exercises_are_written_in_a_draft": ((Plan, APPROVED | {"id": 1}), (PlanExercise, {"plan_id": 1})),
    "plan_items_are_written_in_a_draft": ((Plan, APPROVED | {"id": 1}), (PlanItem, {"plan_id": 1})),
    "session_is_of_the_approved_plan": ((Plan, {"id": 1}), (NeedlingSession, {})),
}


def all_models() -> list[type[models.Model]]:
    return [model for model in apps.get_app_config("cases").get_models() if not model._meta.proxy]


def names(statement: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        # Those that Django names after table and column come with the column's kind.
        return {name for (name,) in cursor.fetchall() if not name.startswith("cases_")}


def test_nothing_that_the_database_refuses_is_left_untried():
    constraints = names(r"SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'cases\_%'")
    indexes = names(r"SELECT indexname FROM pg_indexes WHERE tablename LIKE 'cases\_%' AND indexdef LIKE '%UNIQUE%'")

    tried = BROKEN.keys() | TWICE.keys() | POINTS_ASTRAY.keys() | POINTED_TO

    assert {*constraints, *indexes} == tried
    triggers = {trigger.name for model in all_models() for trigger in getattr(model._meta, "triggers", [])}
    assert triggers == {name for _, name in PROTECTED + EMPTIED} | BESIDE_OTHERS.keys()


_numbers = count(1)


def row_of(model: type[models.Model], **changes: Any) -> models.Model:
    """A row as the database takes it. What must be unique is; what it points to need not be there."""
    given: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        is_filled = field.has_default() or (field.blank and field.empty_strings_allowed)
        if isinstance(field, models.AutoField) or field.null or (is_filled and not field.unique):
            continue
        given[field.attname] = _value(field, next(_numbers) if field.unique else 1)
    return model(**given | USUAL.get(model, {}) | changes)


def _value(field: Any, number: int) -> Any:
    if isinstance(field, models.ForeignKey):
        return _value(field.target_field, number)
    if isinstance(field, models.UUIDField):
        return uuid.UUID(int=number)
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, ArrayField):
        return []
    if isinstance(field, models.DateTimeField):
        return MONDAY
    if isinstance(field, models.DateField):
        return MONDAY.date()
    if isinstance(field, models.CharField | models.TextField):
        return field.choices[0][0] if field.choices else f"x{number}"
    return number


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def undone(model: type[models.Model], *, trigger: str = "") -> Iterator[None]:
    """Writes that are taken back. No trigger of the table speaks first, or only the one named; keys are asked last."""
    table = model._meta.db_table
    with transaction.atomic():
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for each in getattr(model._meta, "triggers", []):
            if each.name == trigger:
                run(f"ALTER TABLE {table} ENABLE TRIGGER {each.get_pgid(model)}")
        run("SET CONSTRAINTS ALL DEFERRED")
        yield
        transaction.set_rollback(True)


def refused_by(*rows: models.Model, immediate: str = "") -> str | None:
    """The name of what refuses the last of the rows."""
    *before, last = rows
    for row in before:
        row.save(force_insert=True)
    if immediate:
        run(f"SET CONSTRAINTS {immediate} IMMEDIATE")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        last.save(force_insert=True)
    return refused.value.__cause__.diag.constraint_name


@pytest.mark.parametrize("model", sorted({model for model, _ in BROKEN.values()}, key=lambda model: model.__name__))
def test_a_row_that_breaks_nothing_is_taken(model: type[models.Model]):
    with undone(model):
        row_of(model).save(force_insert=True)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_row_that_breaks_one_rule_is_refused_by_it(name: str):
    model, changes = BROKEN[name]

    with undone(model):
        assert refused_by(row_of(model, **changes)) == name


@pytest.mark.parametrize("name", sorted(TWICE))
def test_a_second_row_of_its_kind_is_refused(name: str):
    model, both, second = TWICE[name]

    with undone(model):
        assert refused_by(row_of(model, **both), row_of(model, **both | second)) == name


@pytest.mark.parametrize("name", sorted(POINTS_ASTRAY))
def test_a_row_that_points_at_what_does_not_fit_is_refused(name: str):
    model, changes = POINTS_ASTRAY[name]

    with undone(model):
        assert refused_by(row_of(model, **changes), immediate=name) == name


@pytest.mark.parametrize("name", sorted(BESIDE_OTHERS))
def test_a_row_that_does_not_go_with_others_is_refused(name: str):
    (standing, has), (model, changes) = BESIDE_OTHERS[name]

    with undone(standing), undone(model, trigger=name):
        assert refused_by(row_of(standing, **has), row_of(model, **changes)) == name


# --- history is appended

PROTECTED = sorted(
    (
        (model, trigger.name)
        for model in all_models()
        for trigger in getattr(model._meta, "triggers", [])
        if "_is_never_" in trigger.name
        and trigger.operation != pgtrigger.Truncate
        and trigger.name not in BESIDE_OTHERS
    ),
    key=lambda each: each[1],
)
EMPTIED = sorted(
    (
        (model, trigger.name)
        for model in all_models()
        for trigger in getattr(model._meta, "triggers", [])
        if trigger.operation == pgtrigger.Truncate
    ),
    key=lambda each: each[1],
)


@pytest.mark.parametrize(("model", "name"), PROTECTED)
def test_what_is_kept_is_never_changed_nor_deleted(model: type[models.Model], name: str):
    table = model._meta.db_table
    deeds = {"changed": f"UPDATE {table} SET id = id", "deleted": f"DELETE FROM {table}"}
    # A plan has a trigger of its own for each.
    wanted = [deeds[name.rpartition("_")[2]]] if model is Plan else list(deeds.values())
    if model is Plan:
        wanted = [statement.replace("id = id", "weeks = 13") for statement in wanted]

    with undone(model, trigger=name):
        row_of(model, **(APPROVED if model is Plan else {})).save(force_insert=True)
        for statement in wanted:
            with pytest.raises(Error) as refused, transaction.atomic():
                run(statement)
            assert f"pgtrigger_{name}_" in refused.value.__cause__.diag.context


def test_what_may_not_be_deleted_may_not_be_emptied():
    assert {model for model, _ in PROTECTED} <= {model for model, _ in EMPTIED}


@pytest.mark.parametrize(("model", "name"), EMPTIED)
def test_what_is_kept_is_never_emptied(model: type[models.Model], name: str):
    with undone(model, trigger=name):
        with pytest.raises(Error) as refused, transaction.atomic():
            run(f"TRUNCATE {model._meta.db_table} CASCADE")
        assert f"pgtrigger_{name}_" in refused.value.__cause__.diag.context


def test_the_history_does_not_go_with_the_table_it_hangs_on():
    with undone(CaseEvent, trigger="events_are_never_emptied"):
        with pytest.raises(Error) as refused, transaction.atomic():
            run("TRUNCATE cases_patient CASCADE")
        assert "pgtrigger_events_are_never_emptied_" in refused.value.__cause__.diag.context
