"""What the API takes about home programmes and dry needling."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.api.bodies import PlanIn, _words
from cases.api.fields import MOST_ID, Body, Moment, Term, Text, Whole, YesNo
from cases.models import choices_of
from cases.rules.exercises import EXERCISES
from cases.rules.needling_sessions import AdverseEvent


class PlanExerciseIn(Body):
    exercise_id = Text(
        required=False, allow_blank=True, max_length=40, help_text=f"Of the library: {', '.join(EXERCISES)}; or none."
    )
    name = _words(required=False, most=120, help_text="Left out: the library's.")
    instructions = _words(required=False, most=400, help_text="Left out: the library's.")
    sets = Whole(required=False, allow_null=True, min_value=1, max_value=10)
    reps = Whole(required=False, allow_null=True, min_value=1, max_value=100)
    hold_seconds = Whole(required=False, allow_null=True, min_value=1, max_value=300)
    minutes = Whole(required=False, allow_null=True, min_value=1, max_value=180)
    days_per_week = Whole(required=False, min_value=1, max_value=7)
    days = serializers.ListField(
        required=False,
        child=Whole(min_value=1, max_value=7),
        max_length=7,
        help_text="Which days, Monday = 1; left out: any.",
    )


class WholePlanIn(PlanIn):
    exercises = PlanExerciseIn(
        many=True, required=False, help_text="Left out: some are proposed with the templates, else kept as they are."
    )


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": True,
        "example": {"fever": "no", "understands_consent": "yes", "conditions": ["none"]},
    }
)
class NeedlingAnswers(serializers.JSONField):
    """Answers by question: `cases.rules.needling` names what is wrong in them, question by question."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Write an object: question to answer.")
        return super().to_internal_value(data)


class NeedlingScreeningIn(Body):
    answers = NeedlingAnswers(
        help_text="Question to answer, see the list of screenings; what is left out counts as blank."
    )


class NeedlingSessionIn(Body):
    performed_at = Moment(required=False, help_text="Left out: now.")
    visit = Whole(required=False, allow_null=True, min_value=1, max_value=MOST_ID, help_text="Id of the visit.")
    muscles = serializers.ListField(child=_words(most=80), min_length=1, max_length=12)
    needle = _words(most=80, help_text="Size, such as 0.25 x 40 mm.")
    batch = _words(most=80)
    response = _words(most=2000)
    adverse_events = serializers.ListField(child=Term(choices=choices_of(AdverseEvent)), max_length=12)
    adverse_note = _words(required=False, most=2000)
    adaptation = _words(required=False, most=2000, help_text="After a precaution: what you did otherwise.")
    consent = YesNo(help_text="The patient agreed again today.")
