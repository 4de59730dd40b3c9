"""What the API shows of examinations, and of what the rules suggest before and after them."""

from __future__ import annotations

from rest_framework import serializers

from cases.api.shown import Moment, Out, PersonOut
from cases.models import choices_of
from cases.rules.exam_tests import ExamGroup, Kind
from cases.rules.terms import Likelihood


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
