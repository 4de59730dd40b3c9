"""Links in messages: made, found by their secret, and guarded by a birth date."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from datetime import date, datetime, timedelta

from django.conf import settings

from cases.models import Link, Patient
from cases.services.errors import Refusal
from cases.services.transactions import one_transaction

INTAKE_LASTS = timedelta(days=14)
OWN_PAGE_LASTS = timedelta(days=14)
# Whoever got a message may stop messages for long after it.
STOP_LASTS = timedelta(days=60)
TRIES_BEFORE_A_PAUSE = 5
PAUSE = timedelta(minutes=15)
MOST_TRIES = 20
# 192 bits, because a text message has few characters.
SECRET_LENGTH = 32

PATHS = {
    Link.Purpose.CHECK_IN: "/check-in/",
    Link.Purpose.INTAKE: "/intake/link/",
    Link.Purpose.CONTACT: "/stop/",
    Link.Purpose.OWN_PAGE: "/my/",
}


class WrongBirthDate(Refusal):
    """Not the birth date of the person the link was sent to."""

    code = "wrong_birth_date"


class Locked(Refusal):
    """Too many wrong birth dates; `until` says when the next try counts."""

    code = "link_locked"

    def __init__(self, text: str, *, until: datetime) -> None:
        self.until = until
        super().__init__(text)


def new_link(patient_id: int, *, purpose: Link.Purpose, expires_at: datetime, now: datetime) -> Link:
    """A link not yet stored, for `bulk_create`."""
    link = Link(id=uuid.uuid4(), purpose=purpose, patient_id=patient_id, made_at=now, expires_at=expires_at)
    link.digest = digest_of(secret_of(link))
    return link


def make_link(patient: Patient, *, purpose: Link.Purpose, expires_at: datetime, now: datetime) -> Link:
    """A stored link. Its secret is nowhere: `secret_of` derives it."""
    link = new_link(patient.pk, purpose=purpose, expires_at=expires_at, now=now)
    link.save(force_insert=True)
    return link


def secret_of(link: Link) -> str:
    """The secret in the link's address: the same whenever it is asked for, and useless without LINK_SECRET."""
    return secret_for(link.pk)


def secret_for(link_id: uuid.UUID) -> str:
    """`secret_of` where only the link's id is at hand."""
    return derived_secret("link", link_id)[:SECRET_LENGTH]


def derived_secret(of: str, about: uuid.UUID) -> str:
    """43 characters that only who has LINK_SECRET can work out. of: what it opens, so that none opens another thing."""
    made = hmac.digest(settings.LINK_SECRET.encode(), f"{of}:".encode() + about.bytes, "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def digest_of(secret: str) -> str:
    """What is kept of a secret: it finds the row and tells nobody the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def address_of(purpose: str, link_id: uuid.UUID) -> str:
    """The whole address to write into a message."""
    return f"{settings.SITE_URL}{PATHS[Link.Purpose(purpose)]}{secret_for(link_id)}/"


def find_link(secret: str, *, purpose: Link.Purpose, now: datetime) -> Link | None:
    """The link with that secret, used or not; None when there is none for this purpose or its time is over."""
    return (
        Link.objects.filter(digest=digest_of(secret), purpose=purpose, expires_at__gt=now)
        .select_related("patient__site")
        .first()
    )


def check_birth_date(link: Link, *, date_of_birth: date, now: datetime) -> Link:
    """Pass when it is the patient's. Raises WrongBirthDate, and Locked after every fifth wrong one.

    A wrong try is counted even though it is refused, so the counting is a transaction of its own.
    """
    stored, locked_until, right = _count_try(link, date_of_birth=date_of_birth, now=now)
    if locked_until is not None:
        raise Locked("Too many wrong dates. Please try again later, or call the clinic.", until=locked_until)
    if not right:
        raise WrongBirthDate("This is not the date of birth we know. Please check it.")
    return stored


@one_transaction
def _count_try(link: Link, *, date_of_birth: date, now: datetime) -> tuple[Link, datetime | None, bool]:
    stored = Link.objects.select_for_update(of=("self",), no_key=True).select_related("patient__site").get(pk=link.pk)
    if stored.locked_until is not None and now < stored.locked_until:
        return stored, stored.locked_until, False
    if stored.patient.date_of_birth == date_of_birth:
        return stored, None, True
    stored.wrong_tries += 1
    if stored.wrong_tries >= MOST_TRIES:
        stored.locked_until = stored.expires_at
    elif stored.wrong_tries % TRIES_BEFORE_A_PAUSE == 0:
        stored.locked_until = now + PAUSE
    stored.save(update_fields=["wrong_tries", "locked_until"])
    is_locked = stored.locked_until is not None and now < stored.locked_until
    return stored, stored.locked_until if is_locked else None, False


def use_link(link: Link, *, now: datetime) -> None:
    """Note the first use."""
    Link.objects.filter(pk=link.pk, used_at=None).update(used_at=now)


def stop_links(patient_ids: set[int], *, now: datetime) -> dict[int, uuid.UUID]:
    """For each patient the id of a link that stops messages and lives for a month more (two statements)."""
    lasting = Link.objects.filter(
        patient__in=patient_ids, purpose=Link.Purpose.CONTACT, expires_at__gte=now + STOP_LASTS / 2
    )
    found: dict[int, uuid.UUID] = dict(lasting.order_by("made_at", "pk").values_list("patient_id", "pk"))
    # An ageing link is replaced, not prolonged: two senders that prolong the same ones could wait for each other.
    made = [
        new_link(patient_id, purpose=Link.Purpose.CONTACT, expires_at=now + STOP_LASTS, now=now)
        for patient_id in sorted(patient_ids - found.keys())
    ]
    Link.objects.bulk_create(made)
    return found | {link.patient_id: link.pk for link in made}
