"""What the front door does: drafts begun and saved, forms submitted once, old drafts forgotten."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from cases.models import Link, Patient, SymptomReport
from cases.rules.measures import report_of
from cases.rules.terms import STOPPING, Urgency
from cases.rules.triage import Triage, triage
from cases.services.errors import Refusal, Stale, WrongInput
from cases.services.events import EventKind, record
from cases.services.opening import open_case
from cases.services.patients import Contact, register_patient
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User
from intake import answers as form_answers
from intake.models import Draft, Submission
from intake.questionnaire.dates import age_on
from intake.questionnaire.definition import Questionnaire
from intake.questionnaire.versions import current, for_known_patient, version
from intake.questionnaire.wording import wording

DRAFT_DAYS = 14


class OtherContent(Refusal):
    """The idempotency key was used before, for something else."""

    code = "idempotency_key_reused"


class DraftGone(Refusal):
    """The draft was submitted or has expired; there is nothing to save into."""

    code = "draft_gone"


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


# --- drafts


def start_draft(
    *, site: Site | None, language: str, now: datetime, staff: User | None = None, link: Link | None = None
) -> tuple[Draft, str]:
    """A new form, and the secret that resumes it: 32 random bytes of which only the digest is kept.

    link: a staff-made link, when the form belongs to a patient we know.
    """
    secret = secrets.token_urlsafe(32)
    draft = Draft.objects.create(
        digest=_digest(secret),
        site=link.patient.site if link else site,
        link=link,
        staff=staff,
        language=language,
        questionnaire_version=current().version,
        started_at=now,
        saved_at=now,
        expires_at=now + timedelta(days=DRAFT_DAYS),
    )
    return draft, secret


def find_draft(secret: str, *, now: datetime) -> Draft | None:
    """The draft that this secret resumes, submitted or not; None when it is unknown or expired."""
    return (
        Draft.objects.select_related("site", "link__patient__site", "staff")
        .filter(digest=_digest(secret), expires_at__gt=now)
        .first()
    )


@one_transaction
def take_up_again(draft: Draft, *, now: datetime) -> str:
    """A new secret for a form begun by telephone; the old one opens it no more. Raises DraftGone."""
    stored = _locked(draft)
    if stored.submitted_at is not None or stored.expires_at <= now:
        raise DraftGone("This form was sent already, or has expired. Please start again.")
    secret = secrets.token_urlsafe(32)
    stored.digest = _digest(secret)
    stored.save(update_fields=["digest"])
    return secret


def questionnaire_of(draft: Draft) -> Questionnaire:
    """The version the draft was started on, without what we know already of a known patient."""
    whole = version(draft.questionnaire_version)
    return whole if draft.link_id is None else for_known_patient(whole)


def facts_of(draft: Draft, *, now: datetime) -> dict[str, Any]:
    """What the form's conditions read that is not asked: whether needling is offered, a known patient's age."""
    facts: dict[str, Any] = {"needling_offered": "yes" if draft.site and draft.site.offers_dry_needling else "no"}
    if draft.link is not None:
        facts["age"] = age_on(draft.link.patient.date_of_birth, today_at(draft.site, now))
    return facts


def today_at(site: Site | None, now: datetime) -> date:
    """The calendar day at the site; in UTC where no site is chosen yet."""
    return now.astimezone(ZoneInfo(site.time_zone if site else "UTC")).date()


@one_transaction
def save_step(
    draft: Draft, *, section: str, raw: Mapping[str, Any], now: datetime, expected_version: int | None = None
) -> Saved:
    """Save one screen's answers. An emergency or same-day result submits what there is, so that staff can call.

    raw: the screen's answers by question name; a question absent is a blank one.
    Raises DraftGone, and Stale when another device saved since `expected_version`.
    """
    stored = _locked(draft)
    if stored.submitted_at is not None:
        raise DraftGone("This form has been sent already.")
    if expected_version is not None and stored.version != expected_version:
        raise Stale("This form was changed on another device. Look at it again, then go on.")
    asked = questionnaire_of(stored)
    names = {question.name for question in asked.section(section).questions}
    together = {name: value for name, value in stored.answers.items() if name not in names}
    cleaned = _clean(stored, asked, {**together, **{k: v for k, v in raw.items() if k in names}}, now, section=section)
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
        submission = _submit(stored, cleaned, _seen_so_far(asked, cleaned, section), now=now)
    return Saved(stored, cleaned, flags, submission)


def review(draft: Draft, *, now: datetime) -> form_answers.Cleaned:
    """The whole draft judged as submit will judge it; nothing changes."""
    return _clean(draft, questionnaire_of(draft), draft.answers, now)


@one_transaction
def submit_intake(
    draft: Draft, *, now: datetime, raw: Mapping[str, Any] | None = None, expected_version: int | None = None
) -> Submission:
    """Turn a finished draft into a case. Pressing twice gives the first answer back.

    raw: answers given with the press itself, such as the consent.
    Raises WrongInput with what is still missing, Stale when another device saved since `expected_version`, and
    DraftGone for an expired draft.
    """
    stored = _locked(draft)
    if stored.submitted_at is not None:
        return Submission.objects.select_related("case", "patient__site").get(draft=stored)
    if expected_version is not None and stored.version != expected_version:
        raise Stale("This form was changed on another device. Look at it again, then send it.")
    cleaned = _clean(stored, questionnaire_of(stored), {**stored.answers, **(raw or {})}, now)
    if cleaned.errors:
        raise WrongInput(cleaned.errors)
    return _submit(stored, cleaned, cleaned.shown, now=now)


def _submit(draft: Draft, cleaned: form_answers.Cleaned, shown: frozenset[str], *, now: datetime) -> Submission:
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
    _open(submission, asked, cleaned.answers, shown, site=draft.site, known=known, source=source, now=now)
    if draft.link is not None:
        Link.objects.filter(pk=draft.link.pk, used_at=None).update(used_at=now)
    draft.answers = {}
    draft.submitted_at = now
    draft.urgency = submission.urgency
    draft.stopped_at = now if Urgency(submission.urgency) in STOPPING else None
    draft.save(update_fields=["answers", "submitted_at", "urgency", "stopped_at"])
    return submission


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
) -> None:
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
    opened = open_case(
        patient,
        source=source,
        answers=clinical,
        shown=shown,
        questionnaire_version=asked.version,
        wording=wording(asked, clinical | guardian, submission.language, shown=shown),
        by=by,
        now=now,
    )
    submission.case = opened.case
    submission.patient = patient
    submission.urgency = opened.judgement.triage.urgency.value
    submission.save()
    if opened.judgement.triage.stops:
        rules = [rule.rule_id for rule in opened.judgement.triage.fired]
        record(opened.case, EventKind.SAFETY_TEXT_SHOWN, by=None, now=now, urgency=submission.urgency, rules=rules)


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


def forget_old_drafts(*, now: datetime) -> int:
    """Delete drafts nobody finished in time; their answers belong to nobody's record. Returns how many."""
    deleted, _ = Draft.objects.unfinished().filter(expires_at__lte=now).delete()
    return deleted


# --- inside


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _fingerprint(content: Any) -> str:
    """A keyed digest: without the key it tells nothing about the answers, which are often few and guessable."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(settings.LINK_SECRET.encode(), canonical.encode(), hashlib.sha256).hexdigest()


def _locked(draft: Draft) -> Draft:
    stored = (
        Draft.objects.select_for_update(of=("self",))
        .select_related("site", "link__patient__site", "staff")
        .filter(pk=draft.pk)
        .first()
    )
    if stored is None:
        raise DraftGone("This form has expired. Please start again.")
    return stored


def _clean(
    draft: Draft, asked: Questionnaire, raw: Mapping[str, Any], now: datetime, *, section: str | None = None
) -> form_answers.Cleaned:
    # The site chosen before is known to exist: most saves need not look.
    is_known = draft.site is not None and raw.get("site") in (None, draft.site.slug)
    sites = {draft.site.slug} if draft.site and is_known else set(Site.objects.values_list("slug", flat=True))
    return form_answers.clean(
        asked,
        raw,
        on=today_at(draft.site, now),
        section=section,
        sites=sites,
        by_staff=draft.staff_id is not None,
        facts=facts_of(draft, now=now),
        region=settings.PHONE_REGION,
    )


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
    return triage(report_of(clinical, on, shown=_seen_so_far(asked, cleaned, section), complete=False))
