"""Forms handed in: a draft or a whole set of answers becomes patient, case and report exactly once."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings

from cases.models import Link, Patient, SymptomReport
from cases.rules.terms import STOPPING, Urgency
from cases.services.errors import Refusal, Stale, WrongInput
from cases.services.opening import Opened, open_case
from cases.services.patients import Contact, register_patient
from cases.services.safety_texts import note_due
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User
from intake import answers as form_answers
from intake.models import Draft, Submission
from intake.questionnaire.dates import age_on
from intake.questionnaire.definition import Questionnaire
from intake.questionnaire.versions import current, version
from intake.questionnaire.wording import wording
from intake.services.consent import Agreement, ShownText, check_agreement, sign, text_in_force
from intake.services.drafts import clean_draft, locked, questionnaire_of, today_at
from intake.services.returning import changes_since, last_whole_report


class OtherContent(Refusal):
    """The idempotency key was used before, for something else."""

    code = "idempotency_key_reused"


@one_transaction
def submit_intake(
    draft: Draft,
    *,
    now: datetime,
    raw: Mapping[str, Any] | None = None,
    agreement: Agreement | None = None,
    expected_version: int | None = None,
) -> Submission:
    """Turn a finished draft into a signed consent and a case. Pressing twice gives the first answer back.

    raw: answers given with the press itself, such as the consent.
    agreement: the signature; None for a form that staff type, who note that the caller agreed.
    Raises WrongInput with what is still missing, Stale when another device saved since `expected_version`, and
    DraftGone for an expired draft.
    """
    stored = locked(draft)
    if stored.submitted_at is not None:
        return Submission.objects.select_related("case", "patient__site").get(draft=stored)
    if expected_version is not None and stored.version != expected_version:
        raise Stale("This form was changed on another device. Look at it again, then send it.")
    cleaned = clean_draft(stored, questionnaire_of(stored), {**stored.answers, **(raw or {})}, now)
    text = text_in_force(stored.site, stored.language, now=now) if stored.site else None
    errors = {**cleaned.errors, **check_agreement(stored, agreement, text=text, given=cleaned.answers)}
    if errors:
        raise WrongInput(errors)
    return submit_what_there_is(stored, cleaned, cleaned.shown, now=now, agreement=agreement, text=text)


@one_transaction
def submit_answers(
    raw: Mapping[str, Any],
    *,
    idempotency_key: str,
    language: str,
    by: User | None,
    now: datetime,
) -> Submission:
    """The whole form in one call, from another system. The same key and content gives the first answer back.

    Raises WrongInput, and OtherContent when the key came with something else before.
    """
    asked = current()
    sites = {site.slug: site for site in Site.objects.all()}
    site = sites.get(str(raw.get("site", "")))
    facts = {"needling_offered": "yes" if site and site.offers_dry_needling else "no"}
    cleaned = form_answers.clean(
        asked, raw, on=today_at(site, now), sites=sites.keys(), facts=facts, region=settings.PHONE_REGION
    )
    key = f"{'open' if by is None else by.pk}:{idempotency_key}"
    fingerprint = _fingerprint({"answers": raw, "language": language})
    answered = Submission.objects.select_related("case", "patient__site")
    if cleaned.errors:
        # What was taken once is never refused later: ages, sites and questions may have changed since.
        earlier = answered.filter(key=key, fingerprint=fingerprint).first()
        if earlier is None:
            raise WrongInput(cleaned.errors)
        return earlier
    # The loser of two equal calls waits here until the winner has committed, then reads the winner's row.
    Submission.objects.bulk_create(
        [
            Submission(
                key=key,
                fingerprint=fingerprint,
                questionnaire_version=asked.version,
                language=language,
                received_at=now,
                received_by=by,
            )
        ],
        ignore_conflicts=True,
    )
    submission = answered.get(key=key)
    if submission.fingerprint != fingerprint:
        raise OtherContent("This Idempotency-Key was used before with other content. Use a new key for a new form.")
    if submission.case_id is not None:
        return submission
    source = SymptomReport.Source.API
    _open(submission, asked, cleaned.answers, cleaned.shown, site=site, known=None, source=source, now=now)
    return submission


def submit_what_there_is(
    draft: Draft,
    cleaned: form_answers.Cleaned,
    shown: frozenset[str],
    *,
    now: datetime,
    agreement: Agreement | None = None,
    text: ShownText | None = None,
) -> Submission:
    """Hand in a locked draft. text: what was agreed to at its end; None when a red flag hands in less, unsigned."""
    # The draft's lock lets one through at a time: its own id is the key.
    submission = Submission(
        key=f"draft:{draft.pk}",
        fingerprint=_fingerprint(cleaned.answers),
        draft=draft,
        questionnaire_version=draft.questionnaire_version,
        language=draft.language,
        received_at=now,
        received_by=draft.staff,
    )
    source = SymptomReport.Source.PHONE if draft.staff else SymptomReport.Source.INTAKE
    known = draft.link.patient if draft.link else None
    asked = version(draft.questionnaire_version)
    opened = _open(submission, asked, cleaned.answers, shown, site=draft.site, known=known, source=source, now=now)
    if text is not None:
        sign(submission, agreement, text=text, draft=draft, given=cleaned.answers, report=opened.report, now=now)
    if draft.link is not None:
        Link.objects.filter(pk=draft.link.pk, used_at=None).update(used_at=now)
    draft.answers = {}
    draft.submitted_at = now
    draft.urgency = submission.urgency
    draft.stopped_at = now if Urgency(submission.urgency) in STOPPING else None
    draft.save(update_fields=["answers", "submitted_at", "urgency", "stopped_at"])
    return submission


def _open(
    submission: Submission,
    asked: Questionnaire,
    given: Mapping[str, Any],
    shown: frozenset[str],
    *,
    site: Site | None,
    known: Patient | None,
    source: SymptomReport.Source,
    now: datetime,
) -> Opened:
    """Patient, case, report, flags, suggestion and follow-ups of one submission, which is stored last."""
    by = submission.received_by
    on = today_at(site, now)
    contact, clinical = form_answers.split(asked, given, on=on)
    if known is None:
        if site is None:
            raise WrongInput({"site": ["Choose the clinic."]})
        # A form never edits a known patient: it makes a provisional one, unless staff spoke to the person.
        patient = register_patient(
            site,
            contact=_contact(contact, submission),
            provisional=source is not SymptomReport.Source.PHONE,
            by=by,
            now=now,
        )
    else:
        patient = known
        clinical["age"] = age_on(known.date_of_birth, on)
    # Who agreed for somebody under 18 is kept as evidence beside the consent, and nowhere else.
    guardian = {name: contact[name] for name in ("guardian_name", "guardian_relation") if name in contact}
    changes = None
    if known is not None:
        before = last_whole_report(known)
        changes = changes_since(before, clinical, asked=asked, shown=shown, language=submission.language)
    opened = open_case(
        patient,
        source=source,
        answers=clinical,
        shown=shown,
        questionnaire_version=asked.version,
        wording=wording(asked, clinical | guardian, submission.language, shown=shown),
        changes=changes,
        by=by,
        now=now,
    )
    submission.case = opened.case
    submission.patient = patient
    submission.urgency = opened.judgement.triage.urgency.value
    submission.save()
    if opened.judgement.triage.stops:
        rules = [rule.rule_id for rule in opened.judgement.triage.fired]
        note_due(opened.case, rules=rules, now=now, submission=submission.pk)
    return opened


def _contact(contact: Mapping[str, Any], submission: Submission) -> Contact:
    return Contact(
        given_name=contact.get("given_name", ""),
        family_name=contact.get("family_name", ""),
        date_of_birth=date.fromisoformat(contact["date_of_birth"]),
        phone=contact.get("phone", ""),
        email=contact.get("email", ""),
        preferred_channel=contact.get("preferred_channel", "phone"),
        language=contact.get("language") or submission.language,
        time_zone=contact.get("time_zone", ""),
    )


def _fingerprint(content: Any) -> str:
    """A keyed digest: without the key it tells nothing about the answers, which are often few and guessable."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(settings.LINK_SECRET.encode(), canonical.encode(), hashlib.sha256).hexdigest()
