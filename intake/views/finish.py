"""The end of the form: everything to read through, the consent, sending it once, and what happens now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.rules.terms import STOPPING, Urgency
from cases.services.errors import Stale, WrongInput
from cases.services.safety_texts import is_unseen
from clinic.accounts import languages
from clinic.accounts.models import Site
from intake.answers import contradictions, from_form
from intake.models import Draft, Submission
from intake.questionnaire.definition import Kind, Question, Section
from intake.questionnaire.wording import label_of
from intake.services import submissions
from intake.services.consent import text_in_force
from intake.services.drafts import DraftGone, choose_language, questionnaire_of
from intake.services.uploads import takes_files
from intake.views import drafts
from intake.views.fields import Errors, in_entry_unit, summary_of
from intake.views.my_parts import read_receipt
from intake.views.places import place_of, readable
from intake.views.safety import advice
from intake.views.seen import note_told
from intake.views.signature import INPUTS, agreement_in, signature_of
from intake.views.step import other_form, screen_fields, version_in
from intake.views.way import LAST, Way, way_of


@dataclass(frozen=True)
class Line:
    question: str
    answer: str

    @property
    def is_long(self) -> bool:
        """Too long to stand beside its question on a phone."""
        return self.is_many or len(self.answer) > 28 or max(map(len, self.answer.split()), default=0) > 10

    @property
    def is_many(self) -> bool:
        """Several things told of one activity or goal, each on its line."""
        return "\n" in self.answer


@dataclass(frozen=True)
class Summary:
    """One screen as the review shows it. blank: the questions left without an answer."""

    section: Section
    lines: tuple[Line, ...]
    blank: tuple[str, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@drafts.with_draft
def review(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    """All answers with a way to change each, and the consent. The POST agrees and sends; twice is once."""
    is_sent = draft.submitted_at is not None
    if request.method == "POST":
        answer = redirect("intake:done") if is_sent else _send(request, draft, now)
        note_told(request, draft, now=now)
        return answer
    if is_sent:
        return redirect("intake:done")
    way = way_of(draft, now=now)
    if way.reached < len(way.screens):
        return redirect("intake:step", way.screens[way.reached].name)
    return _review_page(request, draft, way, now=now)


def _send(request: HttpRequest, draft: Draft, now: datetime) -> HttpResponse:
    if request.POST.get("form") != str(draft.pk):
        return other_form(request)
    raw = from_form(questionnaire_of(draft).section(LAST), request.POST)
    if asked := drafts.asked_to_speak(request):
        draft = choose_language(draft, asked)
        drafts.speak(asked)
        page = _review_page(request, draft, way_of(draft, now=now), values=raw, now=now)
        languages.keep(page, asked)
        return page
    try:
        submissions.submit_intake(
            draft, raw=raw, agreement=agreement_in(request), expected_version=version_in(request), now=now
        )
    except DraftGone:
        return redirect("intake:continue")
    except Stale:
        fresh = drafts.draft_at_hand(request, now=now)
        if fresh is None:
            return redirect("intake:continue")
        way = way_of(fresh, now=now)
        return _review_page(request, fresh, way, values=raw, has_changed=True, status=409, now=now)
    except WrongInput as wrong:
        way = way_of(draft, now=now)
        if way.reached < len(way.screens):
            return redirect("intake:continue")
        return _review_page(request, draft, way, errors=wrong.errors, values=raw, status=422, now=now)
    return redirect("intake:done")


def _review_page(
    request: HttpRequest,
    draft: Draft,
    way: Way,
    *,
    now: datetime,
    errors: Errors | None = None,
    values: Mapping[str, object] | None = None,
    has_changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    # The consent box is never ticked beforehand, not even by an earlier try.
    given = {name: value for name, value in (values or way.cleaned.answers).items() if name != "consent_to_process"}
    fields = screen_fields(draft, way, way.consent, values=given, errors=errors or {})
    text = text_in_force(draft.site, draft.language, now=now) if draft.site else None
    needs_assent = "guardian_name" in way.cleaned.shown
    signature = None if draft.staff_id else signature_of(text, request, needs_assent=needs_assent, errors=errors or {})
    of_fields = {name: texts for name, texts in (errors or {}).items() if name not in INPUTS}
    page = {
        "draft": draft,
        "text": text,
        "signature": signature,
        "place": place_of(draft.site) if draft.site else None,
        "summaries": [_summary(way, section, sites=_site_names(draft)) for section in way.screens],
        "fields": fields,
        "consent": way.consent,
        "summary": summary_of(fields, of_fields) + (signature.summary if signature else []),
        "contradictions": list(contradictions(way.cleaned.answers, on=way.report.on).values()),
        "has_changed": has_changed,
        "total": len(way.screens) + 1,
    }
    return render(request, "intake/review.html", page, status=status)


def _site_names(draft: Draft) -> dict[str, str]:
    return {draft.site.slug: draft.site.name} if draft.site else {}


def _summary(way: Way, section: Section, *, sites: Mapping[str, str]) -> Summary:
    asked = [
        Line(str(question.text), _said(question, way.cleaned.answers.get(question.name), sites))
        for question in section.questions
        if question.name in way.cleaned.shown and question.kind is not Kind.TIME_ZONE
    ]
    return Summary(
        section,
        lines=tuple(line for line in asked if line.answer),
        blank=tuple(line.question for line in asked if not line.answer),
    )


def _said(question: Question, answer: object, sites: Mapping[str, str]) -> str:
    """The answer in the patient's own words; "" where none was given."""
    if answer is None or answer == []:
        return ""
    if question.options_from == "sites":
        return sites.get(str(answer), str(answer))
    match question.kind:
        case Kind.BIRTH_DATE:
            return formats.date_format(date.fromisoformat(str(answer)), "DAY")
        case Kind.DATE:
            # Often only a year or a month was remembered: the day would claim too much.
            return formats.date_format(date.fromisoformat(str(answer)), "MONTH")
        case Kind.PHONE:
            return readable(str(answer))
        case Kind.ROWS if isinstance(answer, list):
            return "\n\n".join(_row_said(question, row) for row in answer)
        case Kind.SCALE if not question.options:
            return _("%(score)s of %(most)d") % {"score": answer, "most": question.high}
        case Kind.NUMBER if question.entry_units:
            count, units = in_entry_unit(question, answer)
            return f"{count:g} {next(unit.label for unit in units if unit.checked)}"
    return label_of(question, answer)


def _row_said(question: Question, row: Mapping[str, object]) -> str:
    """The first answer names the row, the others follow with their questions."""
    given = [sub for sub in question.questions if sub.name in row]
    said = [_said(sub, row[sub.name], {}) for sub in given]
    return "\n".join(said[:1] + [f"{sub.text} {words}" for sub, words in zip(given[1:], said[1:], strict=True)])


@require_safe
@drafts.with_draft
def done(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    """Thank you, the reference, and what happens next; the same page however often it is opened."""
    if draft.submitted_at is None:
        return redirect("intake:continue")
    if Urgency(draft.urgency) in STOPPING:
        return redirect("intake:stop")
    return ending(request, draft, now=now)


@require_safe
@drafts.with_draft
def stop(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    """What to do now: shown as soon as an answer asks for it, and again whenever the patient comes back."""
    if Urgency(draft.urgency) not in STOPPING:
        return redirect("intake:continue")
    return ending(request, draft, now=now)


def ending(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    """The last page of a form: thanks, or where to go now. Never a cause, never a diagnosis."""
    drafts.in_the_language_asked(request, draft)
    sent = (
        Submission.objects.select_related("case__first_read_by", "case__site", "patient__site", "signed_consent")
        .filter(draft=draft, case__isnull=False, patient__isnull=False)
        .first()
    )
    site = draft.site or Site.objects.order_by("pk").first()
    if site is None:
        return redirect("home")
    # A known patient's number stays with the clinic: whoever holds the link has not typed it.
    phone = sent.patient.phone if sent and sent.patient and draft.link_id is None else ""
    told = advice(
        Urgency(draft.urgency),
        site=site,
        since=draft.submitted_at or draft.saved_at,
        now=now,
        phone=phone,
        reference=sent.case.reference if sent and sent.case else "",
    )
    # What to do now must stay to be read: staff stand beside, and have it on their own screen.
    seconds = 300 if told.stops else 60
    page = {
        "tablet_seconds": seconds,
        "advice": told,
        "has_copy": bool(sent and getattr(sent, "signed_consent", None)),
        "takes_files": takes_files(sent.case if sent else None),
        "read": read_receipt(sent.case, wall_clock=sent.patient.wall_clock) if sent and sent.patient else "",
        "place": told.place,
        "draft": draft,
        "case": sent.case if sent else None,
    }
    if told.stops and sent and sent.case and is_unseen(sent.case, submission=sent.pk):
        page["to_seen"] = reverse("intake:stop-seen")
    return render(request, "intake/stop.html" if told.stops else "intake/done.html", page)
