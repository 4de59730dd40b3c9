"""What the API shows of plan versions, home programmes and dry needling."""

from __future__ import annotations

from rest_framework import serializers

from cases.api.shown import Moment, Out, PersonOut, PlanOut
from cases.models import choices_of
from cases.rules.needling_sessions import Standing
from cases.rules.plan_changes import HowChanged
from cases.rules.terms import NeedlingResult


class PlanExerciseOut(Out):
    position = serializers.IntegerField()
    exercise_id = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    instructions = serializers.CharField()
    sets = serializers.IntegerField(allow_null=True)
    reps = serializers.IntegerField(allow_null=True)
    hold_seconds = serializers.IntegerField(allow_null=True)
    minutes = serializers.IntegerField(allow_null=True)
    days_per_week = serializers.IntegerField()
    days = serializers.ListField(child=serializers.IntegerField(), help_text="Monday = 1; empty: any.")


class WholePlanOut(PlanOut):
    """A plan with its home programme."""

    exercises = PlanExerciseOut(many=True, source="ordered_exercises")


class FieldChangeOut(Out):
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class PlanChangeOut(Out):
    part = serializers.ChoiceField(["plan", "item", "exercise"])
    how = serializers.ChoiceField(choices_of(HowChanged))
    name = serializers.CharField(allow_blank=True)
    fields = FieldChangeOut(many=True)  # type: ignore[assignment]


class PlanVersionOut(WholePlanOut):
    """A version, with what it changed of the one before."""

    changes = PlanChangeOut(many=True)


class PlanDiffOut(Out):
    before = serializers.IntegerField(help_text="The number of the version compared with.")
    after = serializers.IntegerField()
    changes = PlanChangeOut(many=True)


class LineOut(Out):
    name = serializers.CharField()
    how_to = serializers.CharField()
    sets = serializers.IntegerField(allow_null=True)
    reps = serializers.IntegerField(allow_null=True)
    hold_seconds = serializers.IntegerField(allow_null=True)
    minutes = serializers.IntegerField(allow_null=True)
    days_per_week = serializers.IntegerField()
    days = serializers.ListField(child=serializers.IntegerField())
    outside = serializers.ListField(
        child=serializers.CharField(), help_text="Numbers outside the reference's range; for staff."
    )


class PainColourOut(Out):
    colour = serializers.ChoiceField(["green", "amber", "red"])
    feels = serializers.CharField()
    do = serializers.CharField()
    source = serializers.CharField()


class ProgrammeOut(Out):
    """The sheet the patient is given. It names no cause."""

    plan = serializers.IntegerField(source="plan.number")
    exercises = LineOut(many=True, source="lines")
    pain_rule = PainColourOut(many=True)
    on_your_own = serializers.CharField()
    first_days = serializers.CharField()
    running = serializers.CharField(allow_blank=True, help_text="How to get back to running; empty: not in it.")
    when_to_stop = serializers.CharField()
    safety_advice = serializers.CharField()


class NeedlingScreeningOut(Out):
    id = serializers.IntegerField()
    result = serializers.ChoiceField(choices_of(NeedlingResult), help_text="Safety only: ok does not recommend it.")
    reasons = serializers.ListField(child=serializers.DictField(), source="body.reasons")
    answers = serializers.DictField()
    therapist = PersonOut()
    screened_at = Moment()
    rules_version = serializers.CharField()


class ConsentTextOut(Out):
    version = serializers.CharField()
    text = serializers.CharField()


class NeedlingOut(Out):
    """Both sides of the evidence, what to ask, the text to agree to, and every screen, newest first."""

    evidence_for = serializers.ListField(child=serializers.CharField())
    evidence_against = serializers.ListField(child=serializers.CharField())
    harms = serializers.ListField(child=serializers.CharField())
    stance = serializers.CharField()
    patient_text = serializers.CharField()
    consent = ConsentTextOut()
    questions = serializers.ListField(child=serializers.DictField())
    offered = serializers.BooleanField(help_text="Does the site offer dry needling?")
    certified = serializers.BooleanField(help_text="Are you certified for it there, today?")
    stale = serializers.CharField(allow_blank=True, help_text="Why the latest screen no longer holds; empty: it does.")
    screenings = NeedlingScreeningOut(many=True)


class NeedlingSessionOut(Out):
    id = serializers.IntegerField()
    performed_at = Moment()
    recorded_at = Moment()
    therapist = PersonOut()
    plan = serializers.IntegerField(source="plan_item.plan.number")
    screening = serializers.IntegerField(source="screening_id")
    visit = serializers.IntegerField(source="visit_id", allow_null=True)
    muscles = serializers.ListField(child=serializers.CharField())
    needle = serializers.CharField()
    batch = serializers.CharField()
    adaptation = serializers.CharField(allow_blank=True)
    response = serializers.CharField()
    adverse_events = serializers.ListField(child=serializers.CharField())
    adverse_note = serializers.CharField(allow_blank=True)
    consent_version = serializers.CharField()


class NeedlingChangeOut(Out):
    instrument = serializers.CharField()
    label = serializers.CharField()
    before = serializers.FloatField()
    now = serializers.FloatField()
    gain = serializers.FloatField()
    important_change = serializers.FloatField()
    is_important = serializers.BooleanField()


class SoFarOut(Out):
    """What the sessions so far say about the next one, with the numbers."""

    sessions = serializers.IntegerField()
    changes = NeedlingChangeOut(many=True)
    standing = serializers.ChoiceField(choices_of(Standing))
    says = serializers.CharField()
    warn_after = serializers.IntegerField()
    stop_after = serializers.IntegerField()
    source = serializers.CharField()


class NeedlingSessionsOut(Out):
    so_far = SoFarOut()
    sessions = NeedlingSessionOut(many=True)
