"""The filters of the list of cases: declared here, and nothing else is one."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cases.api.fields import MOST_ID, moment
from cases.models import Case, choices_of
from cases.rules.terms import CaseStatus, Cause, Urgency
from clinic.accounts.permissions import Action, may

PAGING = frozenset({"cursor", "limit"})


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(filters.CharFilter):
    """Read by `moment`, so that a time without its offset is refused."""


class CaseFilter(filters.FilterSet):
    """`status` and `urgency` may be given several times; the rest once."""

    status = filters.MultipleChoiceFilter(choices=choices_of(CaseStatus))
    urgency = filters.MultipleChoiceFilter(choices=choices_of(Urgency))
    therapist = filters.CharFilter(method="treated_by", help_text="An id, `me`, or `none` for cases nobody has.")
    cause = filters.ChoiceFilter(
        choices=choices_of(Cause), method="suspected", help_text="Suspected by the latest suggestion; clinicians only."
    )
    off_plan = filters.ChoiceFilter(
        choices=[("true", "Yes")],
        method="fallen_off_plan",
        help_text="In treatment, with fewer visits than the plan asks for.",
    )
    updated_since = MomentFilter(
        method="changed_since",
        help_text="Changed at or after this moment, in the order of change. Ask again from a minute before the "
        "newest `updated_at` you have: `version` tells what you know already.",
    )

    class Meta:
        model = Case
        fields: list[str] = []

    def treated_by(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        if value == "me":
            return cases.filter(therapist=self.request.user.pk)
        if value == "none":
            return cases.filter(therapist__isnull=True)
        if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= MOST_ID):
            raise ValidationError({name: ["Write the id of a therapist, 'me' or 'none'."]})
        return cases.filter(therapist=int(value))

    def fallen_off_plan(self, cases: Any, name: str, value: str) -> QuerySet[Case]:
        return cases.off_plan(now=timezone.now())

    def suspected(self, cases: Any, name: str, value: str) -> QuerySet[Case]:
        user = self.request.user
        # Who may not read a suggestion must not find it out by filtering.
        if not may(user, Action.READ_SUGGESTION):
            raise PermissionDenied
        return cases.visible_to(user, Action.READ_SUGGESTION).suspected(Cause(value))

    def changed_since(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        try:
            return cases.filter(updated_at__gte=moment(value))
        except ValueError as error:
            hint = " In an address, write + as %2B." if " " in value else ""
            raise ValidationError({name: [f"{error}{hint}"]}) from error


def refuse_unknown(request: Request, known: frozenset[str]) -> None:
    """Raises ValidationError naming each parameter that is not one, is empty, or is given twice where once is meant."""
    given = request.query_params
    wrong = {name: ["There is no such parameter."] for name in given if name not in known}
    several = {"status", "urgency"}
    wrong |= {
        name: ["Give it once."]
        for name, values in given.lists()
        if name in known and name not in several and len(values) > 1
    }
    # A program whose variable is empty must not take every case for its answer.
    wrong |= {name: ["Write a value, or leave it out."] for name in given if name in known and not given[name].strip()}
    if wrong:
        raise ValidationError(wrong)
