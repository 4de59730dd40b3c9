"""The clinic's tablet: a code from the desk opens one form, and nothing of it stays on the tablet afterwards."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta

from django.conf import settings

from cases.models import Link, Patient
from cases.services import links
from cases.services.errors import Refusal, WrongInput
from cases.services.events import EventKind, record_of_patient
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User
from intake.models import Draft, KioskCode
from intake.services.drafts import locked, start_draft, take_up_again

CODE_LIVES = timedelta(minutes=15)
# Without 0 O 1 I L U and the letters that sound alike: 8 of these are 38 bits, alive for minutes, tried 20 times.
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
LENGTH = 8
# The page wipes itself after a minute. Where its script was stopped, the server does after this long without a save.
SILENCE = timedelta(minutes=5)
_FORM_LASTS = timedelta(days=1)


class UnknownCode(Refusal):
    """No such code, used already, or too old: they all look the same."""

    code = "unknown_kiosk_code"


class OtherName(Refusal):
    """Not the person staff handed the tablet to."""

    code = "other_name"


@one_transaction
def issue_code(
    site: Site, *, patient: Patient | None = None, draft: Draft | None = None, by: User, now: datetime
) -> tuple[KioskCode, str]:
    """A code for the tablet, and its letters, which are shown now and kept nowhere.

    patient: whom the tablet is handed to. draft: an unfinished form of the tablet, to be gone on with.
    Raises WrongInput for a patient of another site or a form that is no tablet's.
    """
    if patient is not None and patient.site_id != site.pk:
        raise WrongInput({"patient": ["This patient belongs to another site."]})
    if draft is not None and (not draft.on_tablet or draft.submitted_at is not None or draft.site_id != site.pk):
        raise WrongInput({"draft": ["This form cannot be opened on the tablet again."]})
    if draft is not None and draft.link is not None:
        patient = draft.link.patient
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    code = KioskCode.objects.create(
        digest=_digest(letters),
        site=site,
        patient=patient,
        draft=draft,
        issued_by=by,
        issued_at=now,
        expires_at=now + CODE_LIVES,
    )
    return code, letters


@one_transaction
def take_code(letters: str, *, now: datetime) -> KioskCode:
    """Use a code up. Raises UnknownCode."""
    # Compared as a digest: the time it takes tells nothing of how much was right.
    code = (
        KioskCode.objects.select_for_update(of=("self",))
        .select_related("site", "patient__site", "draft")
        .filter(digest=_digest(letters), used_at__isnull=True, expires_at__gt=now)
        .first()
    )
    if code is None:
        raise UnknownCode("This code does not open a form. Ask at the desk for a new one.")
    code.used_at = now
    code.save(update_fields=["used_at"])
    return code


@one_transaction
def open_form(
    code: KioskCode, *, given_name: str = "", family_name: str = "", language: str = "en", now: datetime
) -> tuple[Draft, str]:
    """The form of a code that was taken, and the secret that opens it in this tablet's browser.

    Raises UnknownCode once it has opened a form or was stopped, OtherName where the names are not the patient's: the
    code is then worth nothing, and the desk is told.
    """
    stored = KioskCode.objects.select_for_update(of=("self",)).select_related("site", "patient__site").get(pk=code.pk)
    if stored.used_at is None or stored.stopped_at is not None or now >= stored.used_at + CODE_LIVES:
        raise UnknownCode("This code does not open a form. Ask at the desk for a new one.")
    if stored.patient is not None and not _is_called(stored.patient, given_name, family_name):
        raise OtherName("Please give the tablet back to the front desk.")
    if stored.draft_id is not None:
        draft = locked(Draft.objects.get(pk=stored.draft_id))
        if draft.saved_at > stored.used_at:
            raise UnknownCode("This code does not open a form. Ask at the desk for a new one.")
        draft.saved_at = now
        draft.save(update_fields=["saved_at"])
        return draft, take_up_again(draft, now=now)
    link = None
    if stored.patient is not None:
        link = links.make_link(stored.patient, purpose=Link.Purpose.INTAKE, expires_at=now + _FORM_LASTS, now=now)
        language = stored.patient.language
    draft, secret = start_draft(site=stored.site, language=language, link=link, now=now)
    draft.on_tablet, draft.expires_at = True, now + _FORM_LASTS
    draft.save(update_fields=["on_tablet", "expires_at"])
    stored.draft = draft
    stored.save(update_fields=["draft"])
    return draft, secret


@one_transaction
def stop_code(code: KioskCode, *, now: datetime) -> None:
    """Another name was typed: nothing opens any more, and the patient's history says so."""
    stored = KioskCode.objects.select_for_update(of=("self",)).select_related("patient").get(pk=code.pk)
    if stored.stopped_at is None and stored.patient is not None and stored.used_at is not None:
        stored.stopped_at = now
        stored.save(update_fields=["stopped_at"])
        record_of_patient(stored.patient, EventKind.NAME_DIFFERED, by=None, now=now, code=stored.pk)


@one_transaction
def leave_tablet(draft: Draft, *, now: datetime) -> None:
    """Whatever the tablet still holds opens this form no more. An unfinished one waits for a new code."""
    stored = locked(draft)
    stored.digest = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
    stored.save(update_fields=["digest"])


def is_silent(draft: Draft, *, now: datetime) -> bool:
    """Has a tablet been left lying with this form open?"""
    return draft.on_tablet and now - max(draft.saved_at, draft.submitted_at or draft.saved_at) > SILENCE


def _digest(letters: str) -> str:
    """Keyed: 38 bits alone could be tried through."""
    plain = "".join(letters.upper().split()).replace("-", "")
    return hmac.new(settings.LINK_SECRET.encode(), b"kiosk:" + plain.encode(), hashlib.sha256).hexdigest()


def _is_called(patient: Patient, given_name: str, family_name: str) -> bool:
    """Whatever the case, the accents, the hyphens and which name stands in which box."""
    typed = _folded(f"{given_name} {family_name}")
    return bool(typed) and typed == _folded(patient.full_name)


def _folded(name: str) -> list[str]:
    flat = "".join(
        letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(letter)
    )
    return sorted("".join(letter if letter.isalnum() else " " for letter in flat).split())
