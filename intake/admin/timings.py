"""Which question of the form takes long, and after which one people leave: counts only, nobody's form."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from clinic.accounts.admin.access import RoleAdmin
from clinic.accounts.permissions import Action
from intake.models import QuestionTiming
from intake.questionnaire.versions import current
from intake.services.timings import BUCKETS


@dataclass(frozen=True)
class Asked:
    """One question: how often it was answered, the stretch in which half of the answers lie, how many took long."""

    text: str
    answers: int
    half_within: int
    slow: int


@admin.register(QuestionTiming)
class Timings(RoleAdmin):
    sees = Action.MANAGE_SITE
    nav_label = "Time per question"
    nav_order = 95

    def visible(self, request: HttpRequest) -> QuerySet[QuestionTiming]:
        return QuestionTiming.objects.filter(questionnaire_version=current().version)

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        counted: defaultdict[str, Counter[int]] = defaultdict(Counter)
        rows = self.visible(request).values_list("question", "up_to_seconds").annotate(total=Sum("answers"))
        for question, most, total in rows:
            counted[question][most] += total
        lines = [asked_of(str(each.text), counted[each.name]) for each in current().questions if each.name in counted]
        most = max([line.answers for line in lines], default=1)
        page = self.context(request, title="Time per question", lines=lines, most=most)
        return TemplateResponse(request, "admin/intake/timings.html", page)


def asked_of(text: str, counts: Counter[int]) -> Asked:
    total, seen, half = counts.total(), 0, BUCKETS[-1]
    for most in BUCKETS:
        seen += counts[most]
        if 2 * seen >= total:
            half = most
            break
    return Asked(text, total, half, sum(count for most, count in counts.items() if most > 40))
