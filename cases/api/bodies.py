"""What the API takes: one body for each thing that can be asked of it. None of them ever saves."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.api.fields import MOST_ID, Body, Moment, Number, Term, Text, Whole, YesNo
from cases.models import choices_of
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.terms import CloseReason, Confidence, FoundCause, Instrument, Intervention, VisitStatus
from cases.rules.visit_plan import MOST_WEEKS

MOST_WORDS = 5_000


def _words(*, required: bool = True, most: int = MOST_WORDS, help_text: str = "") -> Text:
    return Text(required=required, allow_blank=not required, max_length=most, help_text=help_text)


def _therapist(*, required: bool = False, allow_null: bool = False) -> Whole:
    return Whole(
        required=required, allow_null=allow_null, min_value=1, max_value=MOST_ID, help_text="Id of a therapist there."
    )


class NothingIn(Body):
    """An empty body, or none."""


class KneesIn(Body):
    knee_side = Term(choices=["left", "right", "both"])
    reason = _words(help_text="How it came to be wrong.")


class ScheduleIn(Body):
    starts_at = Moment()
    minutes = Whole(required=False, min_value=5, max_value=240)
    therapist = _therapist()


class DischargeIn(Body):
    reason = _words(required=False, help_text="Why there is no outcome; needed only when none was recorded.")


class CloseIn(Body):
    reason = Term(choices=choices_of(CloseReason))
    note = _words(required=False)


class ReopenIn(Body):
    reason = _words()


class AssignIn(Body):
    therapist = _therapist(required=True, allow_null=True)


class ClearFlagIn(Body):
    reason = _words(help_text="Why it is settled: what was asked, seen or arranged.")


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": True},
        "example": {
            "hip_abductor_strength": {"left": 95, "right": 120, "unit": "N"},
            "step_down": {"left": ["inward_collapse"], "right": ["good_control"]},
        },
    }
)
class Results(serializers.JSONField):
    """Results as they were sent: `cases.rules.examination` names what is wrong in them, test by test."""


class ExaminationIn(Body):
    results = Results(help_text="Id of a test to its result; see the list of examination tests.")
    note = _words(required=False)


class FindingIn(Body):
    causes = serializers.ListField(child=Term(choices=choices_of(FoundCause)), min_length=1, max_length=5)
    other = _words(required=False, help_text="The other problem in words, with the cause 'other'.")
    differential = Term(
        choices=[(row.id, row.think_of) for row in DIFFERENTIALS],
        required=False,
        help_text="With the cause 'other': which of the differentials it is, instead of words or beside them.",
    )
    confidence = Term(choices=choices_of(Confidence))
    reason = _words(required=False, help_text="Why it differs from the suggestion.")


class PlanItemIn(Body):
    intervention = Term(choices=choices_of(Intervention))
    name = _words(most=120)
    dose = _words(required=False, most=300)
    frequency = _words(required=False, most=200)
    weeks = Whole(
        required=False, min_value=1, max_value=MOST_WEEKS, help_text="No longer than the plan; left out: as usual."
    )
    progression = _words(required=False, most=1000)
    evidence = _words(required=False, most=1000, help_text="Left blank: the template's of this intervention.")
    cautions = _words(required=False, most=1000, help_text="Left blank: the template's of this intervention.")
    needling_reason = _words(required=False, help_text="Of dry needling: why, against the guideline.")
    needling_consent = YesNo(required=False, help_text="Of dry needling: the patient agreed to it.")
    needling_adaptation = _words(required=False, help_text="Of dry needling after a precaution: what changes.")


class PlanIn(Body):
    items = PlanItemIn(many=True, required=False, help_text="Left out: the templates of the finding's causes.")
    weeks = Whole(required=False, min_value=1, max_value=MOST_WEEKS)
    visit_weeks = serializers.ListField(
        required=False,
        child=Whole(min_value=1, max_value=MOST_WEEKS),
        min_length=1,
        max_length=MOST_WEEKS,
        help_text="In which weeks a visit is wanted, in order; left out: weekly for four weeks, then every two.",
    )
    goal = _words(required=False)


class VisitIn(Body):
    starts_at = Moment()
    minutes = Whole(required=False, min_value=5, max_value=240)
    therapist = _therapist()


class MoveVisitIn(Body):
    starts_at = Moment()


class SettleVisitIn(Body):
    status = Term(
        choices=[(each.value, each.label) for each in VisitStatus if each is not VisitStatus.PLANNED],
    )


class OutcomeIn(Body):
    """The items, which are scored here, or the score where only that is known."""

    instrument = Term(choices=choices_of(Instrument))
    score = Number(required=False, min_value=-3, max_value=100)
    items = serializers.DictField(
        required=False, allow_empty=False, help_text="By name, as /api/v1/instruments/ has them."
    )

    def validate_score(self, score: float) -> float:
        if round(score, 2) != score:
            raise serializers.ValidationError("Write at most two decimals.")
        return score


class StrikeOutIn(Body):
    reason = _words(help_text="How it came to be wrong.")


class NoteIn(Body):
    text = _words(most=10_000)
