"""What the API shows: the shape of every answer. A section the role may not read is absent, not empty."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from rest_framework import serializers

from cases.models import Plan, SymptomReport, choices_of
from cases.rules.examination import ExamGroup, Kind
from cases.rules.terms import (
    CaseStatus,
    CloseReason,
    Confidence,
    FoundCause,
    Instrument,
    Intervention,
    Likelihood,
    NeedlingResult,
    ProgressStatus,
    Urgency,
    VisitStatus,
)
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


class GuardOut(Out):
    id = serializers.CharField()
    sentence = serializers.CharField()


class MoveOut(Out):
    name = serializers.CharField(help_text="The last part of the address to post to.")
    label = serializers.CharField()
    unmet = GuardOut(many=True, help_text="What must be true first; empty when it may happen now.")


class PatientNameOut(Out):
    reference = serializers.CharField()
    given_name = serializers.CharField()
    family_name = serializers.CharField()


class CaseLineOut(Out):
    """A case in a list."""

    reference = serializers.CharField()
    site = serializers.CharField()
    patient = PatientNameOut(required=False, help_text="Absent where your role may not read names.")
    knee_side = serializers.ChoiceField(["left", "right", "both"])
    status = serializers.ChoiceField(choices_of(CaseStatus))
    status_since = Moment()
    urgency = serializers.ChoiceField(choices_of(Urgency))
    flagged = serializers.BooleanField(help_text="An emergency or same-day flag that nobody has cleared.")
    is_read = serializers.BooleanField()
    therapist = PersonOut(allow_null=True)
    opened_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()


class CaseStateOut(Out):
    """A case after a change: read the whole case when you need more."""

    reference = serializers.CharField()
    site = serializers.CharField(source="site.slug")
    knee_side = serializers.ChoiceField(["left", "right", "both"])
    status = serializers.ChoiceField(choices_of(CaseStatus))
    status_since = Moment()
    urgency = serializers.ChoiceField(choices_of(Urgency))
    therapist = PersonOut(allow_null=True)
    updated_at = Moment()
    version = serializers.IntegerField()


class ContactOut(Out):
    """Who the patient is and how to reach them."""

    reference = serializers.CharField()
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    date_of_birth = serializers.DateField()
    phone = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    preferred_channel = serializers.CharField()
    language = serializers.CharField()
    time_zone = serializers.CharField(source="wall_clock")
    is_provisional = serializers.BooleanField(help_text="Typed into the open form; staff have not accepted them yet.")


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


class SuggestionOut(Out):
    """Suspected, never a diagnosis. body: each cause with its score, confidence and evidence lines."""

    id = serializers.IntegerField()
    examination = serializers.IntegerField(
        source="examination_id", allow_null=True, help_text="What it was worked out again after; null: the form alone."
    )
    rules_version = serializers.CharField()
    likelihood = serializers.ChoiceField(choices_of(Likelihood))
    causes = serializers.ListField(child=serializers.CharField(), help_text="Likeliest first; empty: it abstains.")
    body = serializers.DictField()
    made_at = Moment()


class ExamOptionOut(Out):
    value = serializers.CharField()
    label = serializers.CharField()
    alone = serializers.BooleanField(help_text="Nothing else can stand beside it.")


class ExamUnitOut(Out):
    unit = serializers.CharField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    whole = serializers.BooleanField()


class ExamTestOut(Out):
    """One test of the examination: what may be recorded, in which unit, for which side."""

    id = serializers.CharField()
    label = serializers.CharField()
    group = serializers.ChoiceField(choices_of(ExamGroup))
    group_label = serializers.CharField()
    kind = serializers.ChoiceField(choices_of(Kind))
    sided = serializers.BooleanField(help_text="Results stand under left and right; otherwise under value.")
    units = ExamUnitOut(many=True, help_text="Of a number; the first is the usual one.")
    options = ExamOptionOut(many=True)
    how = serializers.CharField(allow_blank=True)
    source = serializers.CharField()


class ExaminationOut(Out):
    """What was measured and seen, never changed afterwards."""

    id = serializers.IntegerField()
    therapist = PersonOut()
    examined_at = Moment()
    results = serializers.DictField(help_text="Id of a test to its result, as it was recorded.")
    rules_version = serializers.CharField()
    note = serializers.CharField(allow_blank=True)


class ExaminedOut(Out):
    """A recorded examination, with the suggestion before and after it."""

    examination = ExaminationOut()
    before = SuggestionOut(allow_null=True)
    after = SuggestionOut(allow_null=True, help_text="null: no whole form was ever sent, so there is none.")


class ExaminationPageOut(Out):
    results = ExaminationOut(many=True)
    next = serializers.URLField(allow_null=True)


class SuggestionPageOut(Out):
    results = SuggestionOut(many=True)
    next = serializers.URLField(allow_null=True)


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


class ScoreOut(Out):
    score = serializers.FloatField()
    taken_at = Moment()


class OutcomeOut(ScoreOut):
    id = serializers.IntegerField()
    instrument = serializers.ChoiceField(choices_of(Instrument))
    items = serializers.DictField(help_text="The answers it was scored from; empty where only the score is known.")


class SeriesOut(Out):
    """One instrument over the case: where it began, where it is."""

    instrument = serializers.ChoiceField(choices_of(Instrument))
    label = serializers.CharField()
    first = ScoreOut()
    latest = ScoreOut()
    change = serializers.FloatField()
    important_change = serializers.FloatField(allow_null=True, help_text="The smallest change that counts.")
    higher_is_better = serializers.BooleanField()


class ProgressOut(Out):
    """How the case goes against its first scores, and which comparison says so."""

    status = serializers.ChoiceField(choices_of(ProgressStatus), allow_null=True)
    findings = serializers.ListField(child=serializers.DictField())
    series = SeriesOut(many=True)


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


class InstrumentItemOut(Out):
    """One thing an instrument asks: options with their points, or a number from low to high."""

    name = serializers.CharField()
    label = serializers.CharField()
    options = serializers.ListField(child=serializers.DictField(), required=False)
    low = serializers.FloatField(required=False)
    high = serializers.FloatField(required=False)
    most = serializers.IntegerField(required=False, help_text="How many rows it takes; 1: a single answer.")


class InstrumentOut(Out):
    """An outcome instrument as data: what it asks, how it counts, and which change matters."""

    instrument = serializers.ChoiceField(choices_of(Instrument))
    label = serializers.CharField()
    version = serializers.CharField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    unit = serializers.CharField()
    higher_is_better = serializers.BooleanField()
    important_change = serializers.FloatField(allow_null=True)
    weeks = serializers.ListField(child=serializers.IntegerField())
    cadence = serializers.CharField()
    scoring = serializers.CharField()
    items = InstrumentItemOut(many=True)
    licence = serializers.CharField()
    source = serializers.CharField()


class CaseOut(CaseStateOut):
    """A case, with the sections your role may read."""

    moves = MoveOut(many=True, help_text="What you may do now, each with what is still in its way.")
    opened_at = Moment()
    first_read_at = Moment(allow_null=True)
    first_read_by = PersonOut(allow_null=True)
    ended_at = Moment(allow_null=True)
    close_reason = serializers.ChoiceField(choices_of(CloseReason), allow_blank=True)
    previous_case = serializers.CharField(allow_null=True)
    next_visit = VisitOut(allow_null=True)
    visit_plan = VisitPlanOut()
    patient = ContactOut(required=False)
    report = ReportOut(required=False, allow_null=True)
    flags = FlagOut(many=True, required=False)
    progress = ProgressOut(required=False)
    ending_note = serializers.CharField(required=False, allow_blank=True)
    suggestion = SuggestionOut(required=False, allow_null=True)
    suggestions = serializers.CharField(required=False, help_text="The address of every suggestion, newest first.")
    examination = ExaminationOut(required=False, allow_null=True, help_text="The latest one.")
    finding = FindingOut(required=False, allow_null=True)
    plan = PlansOut(required=False)

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        # The framework shows an absent member that may be null as null: "none yet" and "not yours" would look alike.
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if name in instance}


class CasePageOut(Out):
    results = CaseLineOut(many=True)
    next = serializers.URLField(allow_null=True, help_text="The address of the next page; null on the last.")


class EventPageOut(Out):
    results = EventOut(many=True)
    next = serializers.URLField(allow_null=True)


class NotePageOut(Out):
    results = NoteOut(many=True)
    next = serializers.URLField(allow_null=True)
