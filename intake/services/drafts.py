"""Forms begun: started, found again by their secret, judged as they stand, and forgotten in time."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from cases.models import Link
from cases.services.errors import Refusal
from cases.services.links import derived_secret, digest_of
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User
from intake import answers as form_answers
from intake.models import Draft, KioskCode
from intake.questionnaire.dates import age_on
from intake.questionnaire.definition import Questionnaire
from intake.questionnaire.versions import current, for_known_patient, version

DRAFT_DAYS = 14


class DraftGone(Refusal):
    """The draft was submitted or has expired; there is nothing to save into."""

    code = "draft_gone"


def start_draft(
    *, site: Site | None, language: str, now: datetime, staff: User | None = None, link: Link | None = None
) -> tuple[Draft, str]:
    """A new form, and the secret that resumes it: 32 random bytes of which only the digest is kept.

    link: a staff-made link, when the form belongs to a patient we know.
    """
    secret = secrets.token_urlsafe(32)
    draft = Draft.objects.create(
        digest=digest_of(secret),
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
        .filter(digest=digest_of(secret), expires_at__gt=now)
        .first()
    )


@one_transaction
def open_link_form(link: Link, *, language: str, now: datetime) -> tuple[Draft, str]:
    """The form of a link that staff sent, and the secret that opens it: begun once, and the same on every device.

    language: for a form that begins now. A form sent already is given back too: it shows what it led to.
    """
    # Two devices at once: the second waits here, and finds what the first began.
    Link.objects.select_for_update(no_key=True).get(pk=link.pk)
    begun = Draft.objects.filter(link=link, staff=None, on_tablet=False, expires_at__gt=now)
    draft = begun.order_by("-saved_at", "-pk").first()
    if draft is None:
        draft, _secret = start_draft(site=None, language=language, link=link, now=now)
    # A second device is given the same one, without locking out the first.
    secret = derived_secret("draft", draft.pk)
    if draft.digest != digest_of(secret):
        draft.digest = digest_of(secret)
        draft.save(update_fields=["digest"])
    return draft, secret


@one_transaction
def take_up_again(draft: Draft, *, now: datetime) -> str:
    """A new secret for a form begun by telephone; the old one opens it no more. Raises DraftGone."""
    stored = locked(draft)
    if stored.submitted_at is not None or stored.expires_at <= now:
        raise DraftGone("This form was sent already, or has expired. Please start again.")
    secret = secrets.token_urlsafe(32)
    stored.digest = digest_of(secret)
    stored.save(update_fields=["digest"])
    return secret


def choose_language(draft: Draft, language: str) -> Draft:
    """Ask the rest of an unfinished form in another language; the answers stay, and no other device is in the way."""
    Draft.objects.unfinished().filter(pk=draft.pk).update(language=language)
    draft.language = language
    return draft


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


def review(draft: Draft, *, now: datetime) -> form_answers.Cleaned:
    """The whole draft judged as submit will judge it; nothing changes."""
    return clean_draft(draft, questionnaire_of(draft), draft.answers, now)


def forget_old_drafts(*, now: datetime) -> int:
    """Delete drafts nobody finished in time; their answers belong to nobody's record. Returns how many."""
    KioskCode.objects.filter(draft__submitted_at__isnull=True, draft__expires_at__lte=now).update(draft=None)
    deleted, _ = Draft.objects.unfinished().filter(expires_at__lte=now).delete()
    return deleted


def locked(draft: Draft) -> Draft:
    stored = (
        Draft.objects.select_for_update(of=("self",))
        .select_related("site", "link__patient__site", "staff")
        .filter(pk=draft.pk)
        .first()
    )
    if stored is None:
        raise DraftGone("This form has expired. Please start again.")
    return stored


def clean_draft(
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
