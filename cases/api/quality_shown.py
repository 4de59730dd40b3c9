"""What the API shows of how good we are: the shape of the report."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.api.shown import Out


def _ends(**more: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.FloatField(), allow_null=True, min_length=2, max_length=2, **more)


def _hidden() -> serializers.CharField:
    return serializers.CharField(allow_blank=True, help_text='Why there is no figure, such as "fewer than 20 cases".')


class ShareOut(Out):
    """Hidden below 20 cases: then there is `n` and nothing else."""

    n = serializers.IntegerField(help_text="Cases it is about.")
    count = serializers.IntegerField(allow_null=True)
    rate = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    interval_95 = _ends(help_text="Wilson's interval of the rate.")
    hidden = _hidden()


class CauseAgreementOut(Out):
    cause = serializers.CharField()
    precision = ShareOut(help_text="Of the cases where it was suggested: it was found.")
    recall = ShareOut(help_text="Of the cases where it was found: it had been suggested.")


class LiftOut(Out):
    """How much more often the cause was found where the rule fired than in all cases; 1 says nothing."""

    rule_id = serializers.CharField()
    cause = serializers.CharField()
    direction = serializers.CharField(help_text='"+" speaks for the cause, "-" against it.')
    n = serializers.IntegerField(help_text="Cases in which the rule fired.")
    lift = serializers.FloatField(allow_null=True)
    found_where_fired = ShareOut()
    found_in_all = ShareOut()
    hidden = _hidden()


class VersionAgreementOut(Out):
    rules_version = serializers.CharField()
    top_1 = ShareOut()
    any_of_two = ShareOut()
    abstained = ShareOut()


class AgreementOut(Out):
    """Suggestions of one stage against the current finding of each case."""

    stage = serializers.CharField(help_text="`intake`: from the form alone; `examination`: after the examination.")
    withheld = serializers.IntegerField(help_text="Cases left out because a red flag came before any cause.")
    unsuggested = serializers.IntegerField(help_text="Cases left out because no such suggestion is stored.")
    cases = serializers.IntegerField()
    top_1 = ShareOut(help_text="The first cause suggested was found.")
    any_of_two = ShareOut(help_text="One of the first two causes suggested was found.")
    abstained = ShareOut(help_text="The rules suggested no cause.")
    by_cause = CauseAgreementOut(many=True)
    lifts = LiftOut(many=True)
    by_rules_version = VersionAgreementOut(many=True)


class ChangeOut(Out):
    """The average change from first to latest score, in the instrument's points; hidden below 20 measured."""

    instrument = serializers.CharField()
    higher_is_better = serializers.BooleanField()
    n = serializers.IntegerField(help_text="Cases measured.")
    due = serializers.IntegerField(help_text="Cases in which a later score was to be expected by now.")
    completion = serializers.FloatField(allow_null=True, help_text="Measured of due, 0 to 1.")
    mean_change = serializers.FloatField(allow_null=True)
    bounds = _ends(help_text="The mean if every missing case had done as badly, and as well, as possible.")
    improved = serializers.FloatField(allow_null=True, help_text="Share with an important change for the better.")
    improved_interval_95 = _ends()
    improved_bounds = _ends(help_text="The share if none, and if all, of the missing cases had improved.")
    hidden = _hidden()


class StatusCountOut(Out):
    status = serializers.CharField()
    cases = serializers.IntegerField()


class OutcomeGroupOut(Out):
    key = serializers.CharField()
    label = serializers.CharField()
    cases = serializers.IntegerField()
    changes = ChangeOut(many=True)
    statuses = StatusCountOut(many=True, help_text="The latest progress status of each case that has one.")


class OutcomesOut(Out):
    all = OutcomeGroupOut()
    by_cause = OutcomeGroupOut(many=True)
    by_intervention = OutcomeGroupOut(many=True)


class QualityOut(Out):
    """Everything one may read, of the cases one may read."""

    synthetic = serializers.BooleanField(help_text="A demo clinic: invented patients, no clinical evidence.")
    to = serializers.DateField(allow_null=True)
    sites = serializers.ListField(child=serializers.CharField())
    least_cases = serializers.IntegerField(help_text="Below so many cases every rate and average is hidden.")
    caveats = serializers.ListField(child=serializers.CharField(), help_text="What the numbers are not; show them.")
    agreement = AgreementOut(many=True)
    outcomes = OutcomesOut()

    def get_fields(self) -> dict[str, Any]:
        # `from` is a word of Python.
        return {"from": serializers.DateField(allow_null=True), **super().get_fields()}
