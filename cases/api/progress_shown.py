"""What the API shows of measuring: instruments, scores, and how a case goes against its first ones."""

from __future__ import annotations

from rest_framework import serializers

from cases.api.shown import Moment, Out, PersonOut
from cases.models import choices_of
from cases.rules.terms import Instrument, ProgressStatus


class ScoreOut(Out):
    score = serializers.FloatField()
    taken_at = Moment()


class StrikeOutOut(Out):
    """Why a score counts no longer."""

    reason = serializers.CharField()
    struck_at = Moment()
    struck_by = PersonOut()


class OutcomeOut(ScoreOut):
    id = serializers.IntegerField()
    instrument = serializers.ChoiceField(choices_of(Instrument))
    items = serializers.DictField(help_text="The answers it was scored from; empty where only the score is known.")
    strike_out = StrikeOutOut(allow_null=True, help_text="It was wrong and counts nowhere; null: it counts.")


class SeriesOut(Out):
    """One instrument over the case: where it began, where it is."""

    instrument = serializers.ChoiceField(choices_of(Instrument))
    label = serializers.CharField()
    first = ScoreOut()
    latest = ScoreOut()
    change = serializers.FloatField()
    important_change = serializers.FloatField(allow_null=True, help_text="The smallest change that counts.")
    higher_is_better = serializers.BooleanField()


class PrognosisFlagOut(Out):
    rule_id = serializers.CharField()
    statement = serializers.CharField()
    source = serializers.CharField()


class ProgressOut(Out):
    """How the case goes against its first scores, and which comparison says so."""

    status = serializers.ChoiceField(choices_of(ProgressStatus), allow_null=True)
    findings = serializers.ListField(child=serializers.DictField())
    series = SeriesOut(many=True)
    prognosis = PrognosisFlagOut(many=True, help_text="What, at first, speaks for a poorer outcome; for staff.")


class ProgressColumnOut(Out):
    instrument = serializers.ChoiceField(choices_of(Instrument))
    heading = serializers.CharField()


class ProgressRowOut(Out):
    """One day with a score or something that happened."""

    on = serializers.DateField(help_text="On the site's calendar.")
    week = serializers.CharField(allow_blank=True, help_text='Such as "Week 2", counted from the first score.')
    scores = serializers.ListField(
        child=serializers.FloatField(allow_null=True), help_text="In the order of the columns; null: none taken."
    )
    happened = serializers.CharField(allow_blank=True, help_text="Visits, plans and flags of the day.")


class ProgressTableOut(Out):
    """The numbers of the progress picture, day by day, oldest first."""

    columns = ProgressColumnOut(many=True)
    rows = ProgressRowOut(many=True)


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
    whole = serializers.BooleanField(help_text="A score has no decimals.")
    unit = serializers.CharField()
    higher_is_better = serializers.BooleanField()
    important_change = serializers.FloatField(allow_null=True)
    weeks = serializers.ListField(child=serializers.IntegerField())
    cadence = serializers.CharField()
    scoring = serializers.CharField()
    items = InstrumentItemOut(many=True)
    licence = serializers.CharField()
    source = serializers.CharField()
