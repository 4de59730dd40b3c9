"""Screens saved: what was right is kept, and a red flag hands in what there is at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cases.rules.measures import report_of
from cases.rules.triage import Triage, triage
from cases.services.errors import Stale
from cases.services.opening import knees_of
from cases.services.reports import known_to_the_record
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site
from intake import answers as form_answers
from intake.models import Draft, Submission
from intake.questionnaire.definition import Questionnaire
from intake.services.drafts import DraftGone, clean_draft, facts_of, locked, questionnaire_of, today_at
from intake.services.submissions import submit_what_there_is


@dataclass(frozen=True)
class Saved:
    """What became of one saved step.

    errors: by input name; right answers of the step are stored all the same.
    triage: the red flags so far. submission: set when they stopped the form; staff have it already.
    """

    draft: Draft
    cleaned: form_answers.Cleaned
    triage: Triage
    submission: Submission | None

    @property
    def errors(self) -> dict[str, list[str]]:
        return self.cleaned.errors


@one_transaction
def save_step(
    draft: Draft,
    *,
    section: str,
    raw: Mapping[str, Any],
    now: datetime,
    expected_version: int | None = None,
    expected_mark: str = "",
) -> Saved:
    """Save one screen's answers. An emergency or same-day result submits what there is, so that staff can call.

    raw: the screen's answers by question name; a question absent is a blank one.
    Raises DraftGone, and Stale when another device saved since `expected_version`: unless what is stored of this very
    screen is still what the writer saw (`expected_mark`, from `mark_of`), or is what the writer sends (an answer to the
    first time was lost). Then nobody else's answer is written over.
    """
    stored = locked(draft)
    if stored.submitted_at is not None:
        raise DraftGone("This form has been sent already.")
    asked = questionnaire_of(stored)
    names = {question.name for question in asked.section(section).questions}
    together = {name: value for name, value in stored.answers.items() if name not in names}
    cleaned = clean_draft(
        stored, asked, {**together, **{k: v for k, v in raw.items() if k in names}}, now, section=section
    )
    is_newer = expected_version is not None and stored.version != expected_version
    is_other = any(cleaned.answers.get(name) != stored.answers.get(name) for name in names)
    if is_newer and is_other and expected_mark != mark_of(stored, section):
        raise Stale("This form was changed on another device. Look at it again, then go on.")
    kept = {name: value for name, value in cleaned.dropped.items() if value is not None}
    stored.answers = {**kept, **cleaned.answers}
    stored.site = _chosen_site(stored, cleaned.answers)
    flags = _triage_so_far(stored, asked, cleaned, section, now)
    stored.urgency = flags.urgency.value
    stored.version += 1
    stored.saved_at = now
    stored.save(update_fields=["answers", "site", "urgency", "version", "saved_at"])
    submission = None
    if flags.stops and (stored.link_id or _has_contact(cleaned.answers)):
        submission = submit_what_there_is(stored, cleaned, _seen_so_far(asked, cleaned, section), now=now)
    return Saved(stored, cleaned, flags, submission)


def mark_of(draft: Draft, section: str) -> str:
    """A short sum of what is stored of one screen, to see later whether anybody changed it."""
    names = sorted(question.name for question in questionnaire_of(draft).section(section).questions)
    stored = {name: draft.answers[name] for name in names if name in draft.answers}
    return hashlib.sha256(f"{draft.pk} {json.dumps(stored, sort_keys=True)}".encode()).hexdigest()[:20]


def _chosen_site(draft: Draft, given: Mapping[str, Any]) -> Site | None:
    if draft.link_id is None and given.get("site") and (draft.site is None or draft.site.slug != given["site"]):
        return Site.objects.get(slug=given["site"])
    return draft.site


def _has_contact(given: Mapping[str, Any]) -> bool:
    try:
        date.fromisoformat(given.get("date_of_birth", ""))
    except ValueError:
        return False
    names = given.get("given_name") and given.get("family_name") and given.get("site")
    return bool(names and (given.get("phone") or given.get("email")))


def _seen_so_far(asked: Questionnaire, cleaned: form_answers.Cleaned, section: str) -> frozenset[str]:
    """The questions the patient has been shown up to and with this screen: later ones cannot count as left blank."""
    seen: set[str] = set()
    for each in asked.sections:
        seen |= {question.name for question in each.questions}
        if each.name == section:
            break
    answered = {name for name in cleaned.answers if name in cleaned.shown}
    return frozenset((seen & cleaned.shown) | answered)


def _triage_so_far(
    draft: Draft, asked: Questionnaire, cleaned: form_answers.Cleaned, section: str, now: datetime
) -> Triage:
    on = today_at(draft.site, now)
    _, clinical = form_answers.split(asked, cleaned.answers, on=on)
    clinical |= {name: value for name, value in facts_of(draft, now=now).items() if name == "age"}
    if draft.link is not None:
        clinical |= known_to_the_record(draft.link.patient, knees=knees_of(clinical), now=now)
    return triage(report_of(clinical, on, shown=_seen_so_far(asked, cleaned, section), complete=False))
