"""A check-in by link: the birth date, the questions, and what happens now. Nothing stored is ever shown."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import CheckIn, Flag, Link
from cases.rules.conditions import Report
from cases.rules.follow_up import goes_on_after
from cases.rules.terms import CaseStatus, Urgency, worst
from cases.services import check_ins
from cases.services.safety_texts import is_unseen
from clinic.accounts import languages
from intake.answers import Cleaned, from_form
from intake.questionnaire.form import NO_TO_ALL
from intake.views import drafts
from intake.views.birth_date import birth_date_page
from intake.views.check_in_form import CheckInForm, form_of
from intake.views.fields import Errors, fields_of, summary_of
from intake.views.places import all_places, place_of
from intake.views.safety import advice
from intake.views.signed_cookies import OPEN_FOR, SignedCookie
from intake.views.step import not_asked_before

_OPENED = SignedCookie("check-in", OPEN_FOR)
NONE_OF_THESE = "send"


@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of a message. With the right birth date it leads to an address without a secret."""
    title = _("A short check-in")
    return birth_date_page(request, secret, purpose=Link.Purpose.CHECK_IN, title=title, opened=_opened)


def _opened(link: Link, now: datetime) -> HttpResponse:
    return _keep_open(redirect("intake:check-in"), link.pk)


def _keep_open(response: HttpResponse, link_id: uuid.UUID) -> HttpResponse:
    return _OPENED.give(response, str(link_id))


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """The questions of the check-in that this browser opened; once answered, what happens now."""
    now = timezone.now()
    check_in = at_hand(request, now)
    if check_in is None:
        return render(request, "check_in/closed.html", {"places": all_places()}, status=404)
    drafts.speak_to(request, check_in.case.patient.language)
    if check_in.answered_at is not None:
        return _answered(request, check_in, now=now)
    # Whoever sends answers had the page open before it was over: they are judged like any others.
    if request.method == "POST":
        return _answer(request, form_of(check_in, now=now), now=now)
    if check_in.cancelled_at is not None or not goes_on_after(CaseStatus(check_in.case.status), check_in.step):
        return _over(request, check_in)
    return _keep_open(_page(request, form_of(check_in, now=now), values={}), check_in.link_id)


def at_hand(request: HttpRequest, now: datetime) -> CheckIn | None:
    """The check-in that this browser opened with its link and a birth date."""
    opened = _OPENED.read(request)
    if not opened:
        return None
    return (
        CheckIn.objects.select_related("case__patient", "case__site").filter(link_id=opened, expires_at__gt=now).first()
    )


def _answer(request: HttpRequest, form: CheckInForm, *, now: datetime) -> HttpResponse:
    raw: dict[str, Any] = {}
    for section in form.asked.sections:
        raw |= from_form(section, request.POST)
    cleaned = form.judge(raw)
    given = {name: value for name, value in raw.items() if value is not None}
    if asked := drafts.asked_to_speak(request):
        # Typed so far and judged by nobody yet: the same page in the other language.
        drafts.speak(asked)
        page = _keep_open(_page(request, form, values=given), form.check_in.link_id)
        languages.keep(page, asked)
        return page
    unseen = not_asked_before(
        [field for _section, fields in _screens(form, {**given, **cleaned.answers}, {}) for field in fields],
        asked=set(request.POST.getlist("asked")),
    )
    errors = {name: texts for name, texts in cleaned.errors.items() if name not in unseen}
    # Of a short one, every item stands above the button and the press says no to each: it sends, too.
    sends = form.is_short and request.POST.get(NO_TO_ALL) == NONE_OF_THESE
    is_incomplete = bool(errors or unseen or (NO_TO_ALL in request.POST and not sends))
    if is_incomplete and not form.stops(cleaned):
        notices = {"more": bool(unseen), "filled": not errors and NO_TO_ALL in request.POST}
        page = _page(request, form, values=given, errors=errors, notices=notices, status=422 if errors else 200)
        return _keep_open(page, form.check_in.link_id)
    try:
        check_ins.answer_check_in(
            form.check_in,
            **form.told(cleaned),
            now=now,
        )
    except check_ins.AlreadyAnswered:
        # Pressed twice: the page says what was made of the first.
        return redirect("intake:check-in")
    except check_ins.CheckInOver:
        return _unfiled(request, form, cleaned, now=now)
    return _keep_open(redirect("intake:check-in"), form.check_in.link_id)


def _screens(form: CheckInForm, values: Mapping[str, Any], errors: Errors) -> list[tuple[Any, tuple[Any, ...]]]:
    report = Report(answers={**form.facts, **form.judge(values).answers}, on=form.now.date())
    page = frozenset(form.asked.by_name)
    return [
        (section, fields_of(section.questions, values, errors=errors, report=report, on_screen=page))
        for section in form.asked.sections
    ]


def _page(
    request: HttpRequest,
    form: CheckInForm,
    *,
    values: Mapping[str, Any],
    errors: Errors | None = None,
    notices: Mapping[str, bool] | None = None,
    status: int = 200,
) -> HttpResponse:
    screens = _screens(form, values, errors or {})
    fields = [field for _section, found in screens for field in found]
    page = {
        "place": place_of(form.check_in.case.site),
        "screens": screens,
        "summary": summary_of(fields, errors or {}),
        "notices": notices or {},
        "no_to_all": NO_TO_ALL,
        "none_of_these": NONE_OF_THESE if form.is_short else "",
    }
    return render(request, "check_in/questions.html", page, status=status)


def _over(request: HttpRequest, check_in: CheckIn) -> HttpResponse:
    return render(request, "check_in/over.html", {"place": place_of(check_in.case.site)})


def _unfiled(request: HttpRequest, form: CheckInForm, cleaned: Cleaned, *, now: datetime) -> HttpResponse:
    """The case ended while the page was open: nobody will read the answers, so the page itself must say what to do."""
    told = advice(form.urgency(cleaned), site=form.check_in.case.site, since=now, now=now, is_filed=False)
    if not told.stops:
        return _over(request, form.check_in)
    return render(request, "intake/stop.html", {"advice": told, "place": told.place})


def _answered(request: HttpRequest, check_in: CheckIn, *, now: datetime) -> HttpResponse:
    """Thanks, or where to go now: the same whenever the link is opened again."""
    # By the flags this report raised: what was known before has been dealt with, and must not alarm anew.
    levels = Flag.objects.filter(report=check_in.report_id).values_list("level", flat=True)
    told = advice(
        worst(*map(Urgency, levels)),
        site=check_in.case.site,
        since=check_in.answered_at or now,
        now=now,
        reference=check_in.case.reference,
    )
    page = {"advice": told, "place": told.place}
    if told.stops and is_unseen(check_in.case, check_in=check_in.pk):
        page["to_seen"] = reverse("intake:check-in-seen")
    return render(request, "intake/stop.html" if told.stops else "check_in/thanks.html", page)
