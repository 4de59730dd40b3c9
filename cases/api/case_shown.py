"""What the API shows of a case as a whole and in lists. A section the role may not read is absent, not empty."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.api.examinations_shown import ExaminationOut, SuggestionOut
from cases.api.progress_shown import ProgressOut
from cases.api.shown import FindingOut, FlagOut, Moment, Out, PersonOut, PlansOut, ReportOut, VisitOut, VisitPlanOut
from cases.models import choices_of
from cases.rules.terms import CaseStatus, CloseReason, Urgency


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


class CodeOut(Out):
    concept = serializers.CharField()
    system = serializers.CharField()
    code = serializers.CharField()
    side = serializers.CharField(allow_blank=True, help_text="Of the knee; empty where the code has none.")
    status = serializers.CharField(help_text="How far it was checked.")
    verified_on = serializers.DateField(allow_null=True)
    verified_by = serializers.CharField(allow_blank=True, help_text="Empty: nobody has yet.")


class CodesOut(Out):
    """What the case may be coded as now: the symptom until a therapist has confirmed a cause, each side by itself."""

    codes = CodeOut(many=True)
    note = serializers.CharField()
    version = serializers.CharField(help_text="Of the table of codes.")


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
    codes = CodesOut(required=False)
    plan = PlansOut(required=False)

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        # The framework shows an absent member that may be null as null: "none yet" and "not yours" would look alike.
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if name in instance}


class CasePageOut(Out):
    results = CaseLineOut(many=True)
    next = serializers.URLField(allow_null=True, help_text="The address of the next page; null on the last.")
