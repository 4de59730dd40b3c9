"""The form where there is no network.

Every screen stands on one page, drawn by the same templates as ever and without a single answer in it. The browser
keeps that page (never one with answers), and shows it when the network is away. We chose this over a second renderer in
the browser, which would have to be kept in step with the templates, and over keeping each screen as a page of its own,
which holds answers and conditions that were already decided. Answers wait on the device, encrypted, and come in by the
doors they always come in by: `autosave` for each screen, the review for sending. The draft takes a submission once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.rules.alarms import alarms
from cases.rules.conditions import Report
from cases.rules.wording import EMERGENCY, SAME_DAY_OFFLINE
from clinic.accounts import languages
from clinic.accounts.models import Site
from intake.models import Draft
from intake.questionnaire.definition import FACTS, Kind, Questionnaire
from intake.questionnaire.safety import UNDER_18
from intake.questionnaire.versions import UnknownVersion, for_known_patient, version
from intake.services.consent import text_in_force
from intake.services.drafts import facts_of
from intake.services.steps import mark_of
from intake.views import drafts
from intake.views.field import Field
from intake.views.fields import fields_of, with_each
from intake.views.places import all_places
from intake.views.step import screen_fields
from intake.views.way import LAST, way_of

_UNKNOWN_DAY = date(2000, 1, 1)


@require_safe
def shell(request: HttpRequest, name: str, language: str, known: str) -> HttpResponse:
    """The whole form on one page, empty. known: "known" where staff sent it to a patient on record."""
    try:
        asked = version(name)
    except UnknownVersion:
        raise Http404 from None
    if language not in languages.spoken():
        raise Http404
    drafts.speak(language)
    asked = for_known_patient(asked) if known == "known" else asked
    places = all_places()
    sites = list(Site.objects.order_by("name", "pk"))
    now = timezone.now()
    on_screen = {question.name for question in asked.questions} | FACTS
    report = Report(answers={}, on=_UNKNOWN_DAY)
    screens = [
        (
            section,
            fields_of(
                section.questions,
                {},
                errors={},
                report=report,
                sites=[(site.slug, site.name) for site in sites],
                rows_wanted={question.name: question.max_rows for question in section.questions},
                on_screen=on_screen,
            ),
        )
        for section in asked.sections
    ]
    page = {
        "screens": screens,
        "places": places,
        "last": LAST,
        "needling": json.dumps({site.slug: "yes" if site.offers_dry_needling else "no" for site in sites}),
        "texts": [text_in_force(site, language, now=now) for site in sites],
        "under_18": json.dumps(UNDER_18.as_data()),
        "alarms": json.dumps(alarms_for(asked), separators=(",", ":")),
        "emergency_text": _(EMERGENCY.text),
        "same_day_text": _(SAME_DAY_OFFLINE.text),
    }
    response = render(request, "intake/offline.html", page)
    # The one page of the form that may be kept: it knows nobody.
    response.headers["Cache-Control"] = "no-cache"
    return response


def alarms_for(asked: Questionnaire) -> dict[str, Any]:
    """The rows that stop the form, with what a browser needs to know of this form's inputs to decide them."""
    units = {
        question.name: {unit.value: unit.times for unit in question.entry_units}
        for question in asked.questions
        if question.entry_units
    }
    rows = max((question.max_rows for question in asked.questions if question.kind is Kind.ROWS), default=0)
    return {**alarms(), "units": units, "most_activities": rows}


@require_safe
@drafts.unfinished
def kept(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    """The answers so far as a page would post them, for the browser that is filling in the form.

    marks: by screen, what that browser may name when it writes over answers it recognises as its own.
    """
    way = way_of(draft, now=now)
    screens = {
        section.name: pairs_of(screen_fields(draft, way, section, values=way.cleaned.answers, errors={}))
        for section in way.screens
    }
    site = draft.site.slug if draft.site else ""
    marks = {name: mark_of(draft, name) for name in screens}
    facts = facts_of(draft, now=now)
    return JsonResponse({"screens": screens, "marks": marks, "version": draft.version, "facts": facts, "site": site})


def pairs_of(fields: Sequence[Field]) -> list[tuple[str, Any]]:
    """Input name and value of everything filled in, as the page itself would send it."""
    found: list[tuple[str, Any]] = []
    for field in with_each(fields):
        for row in field.rows:
            found += pairs_of(row.fields)
        if field.rows:
            continue
        if field.options:
            found += [(field.name, option.value) for option in field.options if option.checked]
        elif field.pieces:
            found += [(piece.name, piece.value) for piece in field.pieces if piece.value]
        elif field.text_value:
            found.append((field.name, field.text_value))
        found += [(f"{field.name}-unit", unit.value) for unit in field.units if unit.checked]
    return found


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: a static file, but it must stand at the root to look after the form's addresses."""
    path = finders.find("patella/worker.js") or staticfiles_storage.path("patella/worker.js")
    with open(path, "rb") as file:
        script = file.read()
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})
