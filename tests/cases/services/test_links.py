"""Links: derived, found by purpose, and guarded by a birth date."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from cases.models import Link
from cases.services import links
from cases.services.links import Locked, WrongBirthDate
from tests.factories import PatientFactory

BORN = date(1999, 3, 4)
WRONG = date(1999, 3, 5)


@pytest.fixture
def link(db: None, monday: datetime) -> Link:
    patient = PatientFactory(date_of_birth=BORN)
    return links.make_link(patient, purpose=Link.Purpose.CHECK_IN, expires_at=monday + timedelta(days=14), now=monday)


def test_a_link_is_found_by_its_secret_and_purpose(link: Link, monday: datetime):
    secret = links.secret_of(link)

    assert links.find_link(secret, purpose=Link.Purpose.CHECK_IN, now=monday) == link
    assert links.find_link(secret, purpose=Link.Purpose.INTAKE, now=monday) is None
    assert links.find_link(secret[:-1] + "!", purpose=Link.Purpose.CHECK_IN, now=monday) is None


def test_a_link_ends(link: Link, monday: datetime):
    secret = links.secret_of(link)

    assert links.find_link(secret, purpose=Link.Purpose.CHECK_IN, now=link.expires_at - timedelta(seconds=1)) == link
    assert links.find_link(secret, purpose=Link.Purpose.CHECK_IN, now=link.expires_at) is None


def test_nothing_stored_opens_the_link(link: Link, monday: datetime):
    secret = links.secret_of(link)

    assert len(secret) == 32
    assert secret not in str(Link.objects.filter(pk=link.pk).values().get())
    assert links.find_link(link.digest, purpose=Link.Purpose.CHECK_IN, now=monday) is None


def test_a_new_secret_key_leaves_links_alive_and_a_new_link_secret_ends_them(link: Link, settings, monday: datetime):
    secret = links.secret_of(link)

    settings.SECRET_KEY = "another one altogether"
    assert links.secret_of(link) == secret

    settings.LINK_SECRET = "another one altogether"
    assert links.secret_of(link) != secret


def test_the_right_birth_date_passes(link: Link, monday: datetime):
    assert links.check_birth_date(link, date_of_birth=BORN, now=monday) == link


def test_five_wrong_birth_dates_lock_the_link_for_a_quarter_of_an_hour(link: Link, monday: datetime):
    for _ in range(4):
        with pytest.raises(WrongBirthDate):
            links.check_birth_date(link, date_of_birth=WRONG, now=monday)
    with pytest.raises(Locked) as locked:
        links.check_birth_date(link, date_of_birth=WRONG, now=monday)

    assert locked.value.until == monday + timedelta(minutes=15)
    with pytest.raises(Locked):
        links.check_birth_date(link, date_of_birth=BORN, now=monday + timedelta(minutes=14, seconds=59))
    links.check_birth_date(link, date_of_birth=BORN, now=monday + timedelta(minutes=15))


def test_twenty_wrong_birth_dates_end_the_link(link: Link, monday: datetime):
    now = monday
    for _ in range(20):
        now += timedelta(minutes=16)
        with pytest.raises((WrongBirthDate, Locked)):
            links.check_birth_date(link, date_of_birth=WRONG, now=now)

    with pytest.raises(Locked):
        links.check_birth_date(link, date_of_birth=BORN, now=link.expires_at - timedelta(seconds=1))


def test_a_patient_keeps_one_stop_link_until_it_ages(db: None, monday: datetime):
    patient = PatientFactory()

    first = links.stop_links({patient.pk}, now=monday)
    again = links.stop_links({patient.pk}, now=monday + timedelta(days=29))
    later = links.stop_links({patient.pk}, now=monday + timedelta(days=31))

    assert first == again
    assert later != first
    assert links.address_of("contact", first[patient.pk]).endswith(
        f"/stop/{links.secret_of(Link.objects.get(pk=first[patient.pk]))}/"
    )
