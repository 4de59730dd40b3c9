"""Filters of the list of cases."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from cases.models import Case, choices_of
from cases.rules.terms import CaseStatus, Cause, Urgency
from clinic.accounts.admin.access import ChoiceFilter
from clinic.accounts.models import Membership, Role, User
from clinic.accounts.permissions import Action, may, reach_of, within_reach


class StatusFilter(ChoiceFilter):
    """Open cases unless asked otherwise; somebody who searches means the ended ones too."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.unless_asked = "all" if request.GET.get("q", "").strip() else "open"
        return [("open", "Open"), ("all", "All"), *choices_of(CaseStatus)]

    def value(self) -> str:
        return super().value() or self.unless_asked

    def choices(self, changelist: Any) -> Any:
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        match self.value():
            case "all":
                return queryset
            case "open":
                return queryset.open()
            case status:
                return queryset.filter(status=status)


class UrgencyFilter(ChoiceFilter):
    title = "urgency"
    parameter_name = "urgency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(reversed(choices_of(Urgency)))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if not self.value():
            return queryset
        return queryset.filter(within_reach(request.user, Action.READ_ANSWERS), urgency=self.value())


class FlaggedFilter(ChoiceFilter):
    title = "red flag"
    parameter_name = "flagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Standing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        return queryset.flagged().filter(within_reach(request.user, Action.READ_ANSWERS)) if self.value() else queryset


class OffPlanFilter(ChoiceFilter):
    title = "plan"
    parameter_name = "off_plan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Fewer visits than planned")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        return queryset.off_plan(now=timezone.now()) if self.value() else queryset


class UnreadFilter(ChoiceFilter):
    title = "reading"
    parameter_name = "unread"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Not read yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        return queryset.unread() if self.value() else queryset


class TherapistFilter(ChoiceFilter):
    title = "therapist"
    parameter_name = "therapist"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        whole, _ = reach_of(request.user, Action.LIST_CASES)
        if not whole:
            return []
        here = Membership.objects.filter(role=Role.THERAPIST, site__in=whole, user=OuterRef("pk"))
        people = User.objects.filter(Exists(here)).order_by("name", "pk")[:100]
        return [("none", "Nobody yet"), *((str(person.pk), person.name) for person in people)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        match self.value():
            case None:
                return queryset
            case "none":
                return queryset.filter(therapist__isnull=True)
            case therapist:
                return queryset.filter(therapist=int(therapist))


class CauseFilter(ChoiceFilter):
    """The suspected cause: for those who may read suggestions, among the cases whose suggestion they may read."""

    title = "suspected cause"
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return choices_of(Cause) if may(request.user, Action.READ_SUGGESTION) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if not self.value():
            return queryset
        return queryset.filter(within_reach(request.user, Action.READ_SUGGESTION)).suspected(Cause(self.value()))
