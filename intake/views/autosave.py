"""Each answer saved as it is given: the page's script posts its screen here and says "saved" when we say so.

It is the same save as the button's (`steps.save_step`), so that a red flag stops at once: the answer then tells the
browser where to go. Nothing is judged aloud here: what is missing or wrong is said when the screen is sent.
"""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.services.errors import Stale
from intake.answers import from_form
from intake.models import Draft
from intake.services import steps, timings
from intake.services.drafts import DraftGone
from intake.views import drafts
from intake.views.seen import note_told
from intake.views.step import mark_in, says_the_same, version_in
from intake.views.way import LAST, way_of


@require_POST
@drafts.with_draft
def autosave(request: HttpRequest, draft: Draft, name: str, *, now: datetime) -> HttpResponse:
    """Save one screen as far as it is filled in. 409: another device saved in between, or it is another form."""
    # Sent already: our answer to the first time may have been lost on its way to the browser.
    answer = redirect("intake:done") if draft.submitted_at is not None else _save(request, draft, name, now)
    note_told(request, draft, now=now)
    return answer


def _save(request: HttpRequest, draft: Draft, name: str, now: datetime) -> HttpResponse:
    if request.POST.get("form") != str(draft.pk):
        return JsonResponse({"code": "other_form"}, status=409)
    way = way_of(draft, now=now)
    section = next((each for each in way.screens if each.name == name), None)
    number = way.number_of(section) if section else None
    if section is None or number is None or section.name == LAST:
        raise Http404
    if number > way.reached:
        # Nothing of it is saved: a browser that was without a network keeps it until what comes before is complete.
        return JsonResponse({"version": draft.version, "early": True, "go": reverse("intake:continue")})
    raw = from_form(section, request.POST)
    try:
        saved = steps.save_step(
            draft,
            section=name,
            raw=raw,
            expected_version=version_in(request),
            expected_mark=mark_in(request),
            now=now,
        )
    except DraftGone:
        return JsonResponse({"version": draft.version, "go": reverse("intake:done")})
    except Stale:
        stored = drafts.draft_at_hand(request, now=now)
        if stored is None or not says_the_same(stored, way_of(stored, now=now), section, raw, now=now):
            return JsonResponse({"code": "changed_elsewhere"}, status=409)
        return JsonResponse({"version": stored.version, "mark": steps.mark_of(stored, name)})
    timings.note_seconds(
        draft,
        section=section,
        said=request.POST.getlist("seconds"),
        device=timings.device_of(request.headers.get("user-agent", "")),
    )
    if saved.triage.stops:
        return JsonResponse({"version": saved.draft.version, "go": reverse("intake:stop")})
    after = way_of(saved.draft, now=now, cleaned=saved.cleaned)
    place, total = (after.number_of(section) or 0) + 1, len(after.screens) + 1
    text = _("Step %(number)d of %(total)d") % {"number": place, "total": total}
    return JsonResponse(
        {
            "version": saved.draft.version,
            "mark": steps.mark_of(saved.draft, name),
            "progress": {"number": place, "total": total, "text": text},
        }
    )
