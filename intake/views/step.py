"""One screen of the form: shown, judged, saved, and on to the next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.rules.conditions import Report, is_blank
from cases.services.errors import Stale
from clinic.accounts import languages
from clinic.accounts.models import Site
from intake.answers import clean, contradictions, from_form
from intake.models import Draft
from intake.questionnaire.definition import Question, Section
from intake.questionnaire.form import NO_TO_ALL
from intake.questionnaire.wording import label_of
from intake.services import steps
from intake.services.drafts import DraftGone, choose_language, facts_of
from intake.services.returning import earlier_answers
from intake.views import drafts
from intake.views.field import KNEE_MAP, Field
from intake.views.fields import Errors, fields_of, summary_of, with_each
from intake.views.places import place_of
from intake.views.way import Way, way_of

# The press under the list of everything a screen asks: it says no to each and goes on.
NONE_OF_THESE = "go"


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.unfinished
def step(request: HttpRequest, draft: Draft, name: str, *, now: datetime) -> HttpResponse:
    """One screen. A screen that is not reached yet leads back to the first that is incomplete."""
    if request.method == "POST" and request.POST.get("form") != str(draft.pk):
        return other_form(request)
    way = way_of(draft, now=now)
    section = next((each for each in way.screens if each.name == name), None)
    number = way.number_of(section) if section else None
    if section is None or number is None or number > way.reached:
        return redirect("intake:continue")
    if request.method == "POST":
        return _save(request, draft, way, section, now)
    doubts = contradictions(draft.answers, on=way.report.on) if "check" in request.GET else {}
    notices = {
        "more": request.GET.get("because") == "answer",
        "filled": request.GET.get("filled") == "no",
        "contradictions": list(doubts.values()),
    }
    return show(request, draft, way, section, values=way.cleaned.answers, notices=notices, rows=_rows_wanted(request))


def show(
    request: HttpRequest,
    draft: Draft,
    way: Way,
    section: Section,
    *,
    values: Mapping[str, Any],
    errors: Errors | None = None,
    notices: Mapping[str, Any] | None = None,
    rows: int = 0,
    elsewhere: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one screen; values are what is stored, or what was typed where that was wrong."""
    # After a mistake the page shows what was typed, and what was emptied stays empty.
    earlier = None if errors else earlier_answers(draft, section.questions, asked=way.form)
    if earlier is not None:
        values = {**earlier.answers, **values}
        seen = Report(answers={**earlier.answers, **way.report.answers}, on=way.report.on)
        way = replace(way, report=seen)
    found = screen_fields(draft, way, section, values=values, errors=errors or {}, rows=rows)
    if earlier is not None:
        found = tuple(replace(field, since=earlier.on if field.name in earlier.answers else None) for field in found)
    if elsewhere:
        found = tuple(_told_elsewhere(field, elsewhere) for field in found)
    number = way.number_of(section) or 0
    page = {
        "draft": draft,
        "place": place_of(draft.site) if draft.site else None,
        "section": section,
        "fields": found,
        "summary": summary_of(found, errors or {}),
        "notices": {"earlier": earlier.on if earlier else None} | dict(notices or {}),
        "number": number + 1,
        "total": len(way.screens) + 1,
        "shell": shell_of(draft),
        "previous": way.screens[number - 1] if number else None,
        "has_map": any(field.name == KNEE_MAP for field in found),
        "no_to_all": NO_TO_ALL if section.no_to_all else "",
        "mark": steps.mark_of(draft, section.name),
        "none_of_these": NONE_OF_THESE,
        # What was said of one, or of each, is shown at it: only a screen not begun is one list.
        "one_by_one": bool(errors or elsewhere or any(notices[name] for name in notices or {}))
        or any(not is_blank(field.value) for field in found),
        "back": "review" if "review" in (request.GET.get("back"), request.POST.get("back")) else "",
    }
    return render(request, "intake/step.html", page, status=status)


def _told_elsewhere(field: Field, elsewhere: Mapping[str, str]) -> Field:
    each = replace(field.each, elsewhere=elsewhere.get(field.each.name, "")) if field.each else None
    return replace(field, elsewhere=elsewhere.get(field.name, ""), each=each)


def screen_fields(
    draft: Draft, way: Way, section: Section, *, values: Mapping[str, Any], errors: Errors, rows: int = 0
) -> tuple[Field, ...]:
    sites: Sequence[tuple[str, str]] = ()
    if any(question.options_from == "sites" for question in section.questions):
        sites = list(Site.objects.order_by("name", "pk").values_list("slug", "name"))
        known = {"language": draft.language} | ({"site": draft.site.slug} if draft.site else {})
        values = {**known, **values}
    return fields_of(
        section.questions,
        values,
        errors=errors,
        report=way.report,
        by_staff=draft.staff_id is not None,
        sites=sites,
        rows_wanted={question.name: rows for question in section.questions},
    )


def _save(request: HttpRequest, draft: Draft, way: Way, section: Section, now: datetime) -> HttpResponse:
    raw = from_form(section, _without_removed(request.POST))
    if asked := drafts.asked_to_speak(request):
        # The language for messages was ticked by us, from that of the form: it goes along.
        if raw.get("language") == draft.language:
            raw["language"] = asked
        draft = choose_language(draft, asked)
        drafts.speak(asked)
    try:
        saved = steps.save_step(
            draft,
            section=section.name,
            raw=raw,
            expected_version=version_in(request),
            expected_mark=mark_in(request),
            now=now,
        )
    except DraftGone:
        return redirect("intake:continue")
    except Stale:
        return _changed_elsewhere(request, section, raw, now)
    if saved.triage.stops:
        return redirect("intake:stop")
    after = way_of(saved.draft, now=now, cleaned=saved.cleaned)
    values = saved.cleaned.answers
    if saved.errors:
        values = values | {name: value for name, value in raw.items() if value is not None}
    if asked:
        # What is missing or wrong is said when the screen is sent, not when it is turned into another language.
        page = show(request, saved.draft, after, section, values=values)
        languages.keep(page, asked)
        return page
    found = screen_fields(saved.draft, after, section, values=values, errors=saved.errors)
    unseen = not_asked_before(found, asked=set(request.POST.getlist("asked")))
    errors = {name: texts for name, texts in saved.errors.items() if name not in unseen}
    if errors:
        notices = {"more": bool(unseen)}
        return show(request, saved.draft, after, section, values=values, errors=errors, notices=notices, status=422)
    return redirect(_whereto(request, way, after, section, has_more=bool(unseen)))


def _whereto(request: HttpRequest, before: Way, after: Way, section: Section, *, has_more: bool) -> str:
    """Where a screen without mistakes leads: mostly on, sometimes once more to the same screen."""
    here = reverse("intake:step", args=[section.name])
    if (wanted := request.POST.get("more", "")) in after.form.by_name:
        rows = len(after.cleaned.answers.get(wanted) or ()) + 1
        return f"{here}?rows={rows}#{wanted}-{rows - 1}"
    if has_more:
        return f"{here}?because=answer"
    if request.POST.get(NO_TO_ALL, NONE_OF_THESE) != NONE_OF_THESE:
        return f"{here}?filled=no"
    if "remove" in request.POST:
        return here
    on = after.report.on
    if contradictions(after.cleaned.answers, on=on).keys() - contradictions(before.cleaned.answers, on=on).keys():
        return f"{here}?check=1"
    following = after.after(section)
    if following is None:
        return reverse("intake:review")
    if request.POST.get("back") == "review":
        # Only the review knows whether the changed answer asks for more; it leads there.
        return reverse("intake:review")
    return reverse("intake:step", args=[following.name])


def _changed_elsewhere(request: HttpRequest, section: Section, raw: Mapping[str, Any], now: datetime) -> HttpResponse:
    """Another tab or device saved in between. The same answers again are a double press; others are asked about."""
    draft = drafts.draft_at_hand(request, now=now)
    if draft is None or draft.submitted_at is not None:
        return redirect("intake:continue")
    way = way_of(draft, now=now)
    if says_the_same(draft, way, section, raw, now=now):
        following = way.after(section)
        return redirect("intake:step", following.name) if following else redirect("intake:review")
    values = way.cleaned.answers | {name: value for name, value in raw.items() if value is not None}
    stored = {
        question.name: _words_of(question, way.cleaned.answers.get(question.name))
        for question in section.questions
        if question.name in raw and _differ(raw[question.name], way.cleaned.answers.get(question.name))
    }
    notices = {"conflict": reverse("intake:step", args=[section.name])}
    return show(request, draft, way, section, values=values, notices=notices, elsewhere=stored, status=409)


def _words_of(question: Question, stored: Any) -> str:
    return _("nothing yet") if is_blank(stored) else label_of(question, stored)


def _differ(typed: Any, stored: Any) -> bool:
    if is_blank(typed) and is_blank(stored):
        return False
    if isinstance(typed, Mapping) and isinstance(stored, str):
        # A date in its three boxes beside the stored one.
        return [int(part) for part in stored.split("-")] != [
            int(text) if (text := str(typed.get(part) or "0")).isdigit() else 0 for part in ("year", "month", "day")
        ]
    return bool(typed != stored)


def says_the_same(draft: Draft, way: Way, section: Section, raw: Mapping[str, Any], *, now: datetime) -> bool:
    """Would saving this screen change nothing?"""
    judged = clean(
        way.form,
        {**way.cleaned.answers, **raw},
        on=way.report.on,
        section=section.name,
        by_staff=draft.staff_id is not None,
        facts=facts_of(draft, now=now),
        region=settings.PHONE_REGION,
    )
    names = [question.name for question in section.questions]
    return not judged.errors and all(judged.answers.get(name) == way.cleaned.answers.get(name) for name in names)


def shell_of(draft: Draft) -> str:
    """Where the empty form for times without a network is found; "" on the clinic's own computers."""
    if draft.staff_id is not None or draft.on_tablet:
        return ""
    known = "known" if draft.link_id else "open"
    return reverse("intake:offline", args=[draft.questionnaire_version, draft.language, known])


def other_form(request: HttpRequest) -> HttpResponse:
    """The page belongs to another form than the one this browser now has: nothing of one may reach the other."""
    return render(request, "intake/other_form.html", status=409)


def version_in(request: HttpRequest) -> int:
    """The version the page was made from; nonsense counts as an old one."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def mark_in(request: HttpRequest) -> str:
    """What the page knew of its own screen; a page that names no version knew nothing."""
    return request.POST.get("mark", "") if version_in(request) else ""


def _rows_wanted(request: HttpRequest) -> int:
    text = request.GET.get("rows", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0


def not_asked_before(fields: Sequence[Field], *, asked: Collection[str]) -> set[str]:
    """Questions that this very save brought up: the page sent did not show them, so they were not left out."""
    found = set()
    for field in with_each(fields):
        if field.condition and not field.hidden and field.name not in asked and is_blank(field.value):
            found.add(field.name)
        for row in field.rows:
            if row.condition and not row.hidden and row.id not in asked and not row.filled:
                found.add(row.id)
            found |= not_asked_before(row.fields, asked=asked)
    return found


def _without_removed(posted: QueryDict) -> QueryDict:
    """What was posted, without the row whose "remove" button was pressed."""
    row = posted.get("remove")
    if not row:
        return posted
    kept = posted.copy()
    for name in posted:
        if name.startswith(f"{row}-"):
            del kept[name]
    return kept
