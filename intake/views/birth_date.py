"""The second step of every link we send: the date of birth. Unknown, locked and wrong all look the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Link
from cases.rules.conditions import Report
from cases.services import links
from clinic.accounts import languages
from intake.questionnaire.checks import Asking, Wrong, check, missing
from intake.questionnaire.definition import Kind, Question, Section
from intake.questionnaire.form import from_form
from intake.views import drafts
from intake.views.fields import fields_of, summary_of
from intake.views.places import all_places

BORN = Question(
    name="date_of_birth",
    kind=Kind.BIRTH_DATE,
    text=gettext_lazy("What is your date of birth?"),
    hint=gettext_lazy("So that we know it is you."),
    low=0,
    high=130,
    required=True,
    autocomplete="bday",
)
_PAGE = Section(name="birth_date", title=BORN.text, questions=(BORN,))


def birth_date_page(
    request: HttpRequest,
    secret: str,
    *,
    purpose: Link.Purpose,
    title: str,
    opened: Callable[[Link, datetime], HttpResponse],
) -> HttpResponse:
    """GET asks for the date and changes nothing; POST checks it and, when it is right, answers with `opened`."""
    now = timezone.now()
    errors: dict[str, list[str]] = {}
    raw: dict[str, object] = {}
    if request.method == "POST":
        raw = from_form(_PAGE, request.POST)
    if asked := drafts.asked_to_speak(request):
        drafts.speak(asked)
    elif request.method == "POST":
        try:
            link = _passed(secret, raw["date_of_birth"], purpose=purpose, now=now)
        except Wrong as wrong:
            errors = {BORN.name: [str(wrong)]}
        else:
            if link is not None:
                return drafts.without_referrer(opened(link, now))
            errors = {BORN.name: [_("This does not open the page. Check the date. Is the link from an old message?")]}
    fields = fields_of((BORN,), raw, errors=errors, report=Report(answers={}, on=now.date()))
    page = {"title": title, "fields": fields, "summary": summary_of(fields, errors), "places": all_places()}
    response = render(request, "intake/birth_date.html", page, status=422 if errors else 200)
    if asked:
        languages.keep(response, asked)
    return drafts.without_referrer(response)


def _passed(secret: str, given: object, *, purpose: Link.Purpose, now: datetime) -> Link | None:
    """The link when the date is its patient's; None for any other reason. Raises Wrong for what is no date at all."""
    if not given:
        raise Wrong(missing(BORN))
    born = date.fromisoformat(check(BORN, given, Asking(on=now.date())))
    link = links.find_link(secret, purpose=purpose, now=now)
    if link is None:
        return None
    try:
        return links.check_birth_date(link, date_of_birth=born, now=now)
    except (links.WrongBirthDate, links.Locked):
        return None
