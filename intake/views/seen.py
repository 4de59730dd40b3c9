"""The stop page stood on a screen: told by its script, or by a press where there is none. Looking says nothing.

A browser without a network shows such a text by itself (offline.js), and says so when it hands the answers in.
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from cases.rules.terms import STOPPING, Urgency
from cases.services import safety_texts
from intake.models import Draft, Submission
from intake.views import drafts
from intake.views.check_in import at_hand
from intake.views.step import shell_of

_BY_SCRIPT = "script"


@require_POST
@drafts.with_draft
def stop_seen(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    sent = _sent(draft)
    if sent is not None and sent.case is not None:
        safety_texts.note_shown(sent.case, how=_how(request), by=draft.staff, now=now, submission=sent.pk)
    return _answer(request, "intake:stop")


@require_POST
def check_in_seen(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    check_in = at_hand(request, now)
    if check_in is not None:
        safety_texts.note_shown(check_in.case, how=_how(request), by=None, now=now, check_in=check_in.pk)
    return _answer(request, "intake:check-in")


def note_told(request: HttpRequest, draft: Draft, *, now: datetime) -> None:
    """What the browser says it showed without a network, kept with the case its answers made; told again, kept once."""
    level = request.POST.get("told", "")
    if level not in STOPPING or request.POST.get("form") != str(draft.pk) or not shell_of(draft):
        return
    sent = _sent(draft)
    if sent is None or sent.case is None:
        return
    said = request.POST.get("told_ago", "")
    safety_texts.note_shown_without_network(
        sent.case,
        level=Urgency(level),
        seconds_ago=int(said) if said.isascii() and said.isdigit() and len(said) < 9 else None,
        since=draft.started_at,
        now=now,
        submission=sent.pk,
    )


def _sent(draft: Draft) -> Submission | None:
    return Submission.objects.select_related("case").filter(draft=draft, case__isnull=False).first()


def _how(request: HttpRequest) -> str:
    return safety_texts.PAGE if request.POST.get("by") == _BY_SCRIPT else safety_texts.PRESS


def _answer(request: HttpRequest, page: str) -> HttpResponse:
    return HttpResponse(status=204) if request.POST.get("by") == _BY_SCRIPT else redirect(page)
