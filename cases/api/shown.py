"""What the API shows: the shape of what stands in a case. Other rooms add to it."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from rest_framework import serializers

from cases.models import Plan, SymptomReport, choices_of
from cases.rules.terms import Confidence, FoundCause, Intervention, NeedlingResult, Urgency, VisitStatus
from cases.rules.visit_plan import OffPlan


class Out(serializers.Serializer[Any]):
    """An answer; never parsed, never saved."""


class Moment(serializers.DateTimeField):
    """Always UTC, whatever zone this process last looked at."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class PersonOut(Out):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ReportOut(Out):
    """What the patient last told. answers: question name to answer, see the questionnaire."""

    id = serializers.IntegerField()
    source = serializers.ChoiceField(SymptomReport.Source.choices)
    reported_at = Moment()
    urgency = serializers.ChoiceField(choices_of(Urgency))
    questionnaire_version = serializers.CharField()
    answers = serializers.DictField()
    changed_since = serializers.DictField(
        source="changes",
        allow_null=True,
        help_text="Against the patient's last whole form: since, and lines of question, then, now. null: no such form.",
    )


class FlagOut(Out):
    id = serializers.IntegerField()
    rule_id = serializers.CharField()
    level = serializers.ChoiceField(choices_of(Urgency))
    suspicion = serializers.CharField(help_text="For staff only; never for a patient.")
    answers = serializers.DictField()
    source = serializers.CharField()
    rules_version = serializers.CharField()
    raised_at = Moment()
    act_by = Moment()
    acknowledged_at = Moment(allow_null=True)
    acknowledged_by = PersonOut(allow_null=True)
    cleared_at = Moment(allow_null=True)
    cleared_by = PersonOut(allow_null=True)
    clear_reason = serializers.CharField(allow_blank=True)


class FindingOut(Out):
    id = serializers.IntegerField()
    causes = serializers.ListField(child=serializers.ChoiceField(choices_of(FoundCause)))
    other = serializers.CharField(allow_blank=True)
    differential = serializers.CharField(allow_blank=True, help_text="Id of the differential it is instead.")
    confidence = serializers.ChoiceField(choices_of(Confidence))
    reason = serializers.CharField(allow_blank=True)
    agrees = serializers.BooleanField(allow_null=True, help_text="Same causes as suggested; null: none suggested.")
    therapist = PersonOut()
    recorded_at = Moment()


class PlanItemOut(Out):
    position = serializers.IntegerField()
    intervention = serializers.ChoiceField(choices_of(Intervention))
    name = serializers.CharField()
    dose = serializers.CharField(allow_blank=True)
    frequency = serializers.CharField(allow_blank=True)
    weeks = serializers.IntegerField()
    progression = serializers.CharField(allow_blank=True)
    evidence = serializers.CharField(allow_blank=True)
    cautions = serializers.CharField(allow_blank=True)
    needling_screening = serializers.IntegerField(source="needling_screening_id", allow_null=True)
    needling_screen = serializers.ChoiceField(choices_of(NeedlingResult), allow_blank=True)
    needling_reason = serializers.CharField(allow_blank=True)
    needling_adaptation = serializers.CharField(allow_blank=True)
    needling_consented_at = Moment(allow_null=True)
    needling_consent_version = serializers.CharField(allow_blank=True)


class PlanOut(Out):
    number = serializers.IntegerField()
    status = serializers.ChoiceField(Plan.Status.choices)
    weeks = serializers.IntegerField()
    visit_weeks = serializers.ListField(
        child=serializers.IntegerField(), help_text="The weeks in which it wants a visit; empty: as usual."
    )
    goal = serializers.CharField(allow_blank=True)
    drafted_by = PersonOut()
    drafted_at = Moment()
    approved_by = PersonOut(allow_null=True)
    approved_at = Moment(allow_null=True)
    items = PlanItemOut(many=True, source="ordered_items")


class PlansOut(Out):
    """The plan in force, and the draft that may take its place."""

    approved = PlanOut(allow_null=True)
    draft = PlanOut(allow_null=True)


class VisitOut(Out):
    id = serializers.IntegerField()
    starts_at = Moment()
    minutes = serializers.IntegerField()
    status = serializers.ChoiceField(choices_of(VisitStatus))
    therapist = PersonOut(allow_null=True)
    booked_at = Moment()
    settled_at = Moment(allow_null=True)
    moved_count = serializers.IntegerField(help_text="How often it got another time.")


class WantedVisitOut(Out):
    """A visit the plan asks for and that nothing is booked for: a proposal; a person books it."""

    number = serializers.IntegerField(help_text="Of the visits the plan asks for.")
    week = serializers.IntegerField(help_text="After the plan began.")
    on = serializers.DateField(help_text="The day to propose.")
    opens_on = serializers.DateField()
    closes_on = serializers.DateField(help_text="The last day on which a visit counts as this one.")


class OffPlanOut(Out):
    rule_id = serializers.ChoiceField(choices_of(OffPlan))
    reason = serializers.CharField()
    since = serializers.DateField()


class VisitPlanOut(Out):
    """The visits of the treatment under the plan in force; without one, of the whole case."""

    prescribed = serializers.IntegerField(allow_null=True, help_text="null: no plan in force is being followed.")
    due = serializers.IntegerField(allow_null=True, help_text="Prescribed up to today.")
    booked = serializers.IntegerField()
    attended = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    missed = serializers.IntegerField()
    moved = serializers.IntegerField(help_text="Visits that got another time.")
    next = WantedVisitOut(allow_null=True)
    off_plan = OffPlanOut(
        allow_null=True, help_text="Why fewer visits take place than the plan asks for; null: not so."
    )


class NoteOut(Out):
    id = serializers.IntegerField()
    author = PersonOut()
    text = serializers.CharField()
    written_at = Moment()


class EventOut(Out):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    at = Moment()
    by = PersonOut(allow_null=True, help_text="null: the patient or the clock.")
    details = serializers.DictField(required=False, help_text="Ids and terms; for clinicians only.")


class CheckInOut(Out):
    id = serializers.IntegerField()
    step = serializers.CharField()
    round = serializers.IntegerField()
    due_at = Moment()
    expires_at = Moment()
    answered_at = Moment(allow_null=True)
    cancelled_at = Moment(allow_null=True)


class EventPageOut(Out):
    results = EventOut(many=True)
    next = serializers.URLField(allow_null=True)


class NotePageOut(Out):
    results = NoteOut(many=True)
    next = serializers.URLField(allow_null=True)
