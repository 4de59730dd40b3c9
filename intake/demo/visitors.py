"""Each line of the guest book as a person, and the moment and the way they turn to the demo clinic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from clinic.accounts.models import Site, User
from intake.demo.clinic import Clinic
from intake.demo.guest_book import HILLTOP, RIVERSIDE, Row
from intake.demo.people import Person
from intake.demo.stories import Story, Visitor

DAYS_OF_THE_PAGES = 7


def everybody(clinic: Clinic) -> Iterator[tuple[Story, Visitor]]:
    for number, row in enumerate(RIVERSIDE, start=1):
        therapist = clinic.second_therapist if number % 3 == 0 else clinic.therapist
        yield row.story, _visitor(clinic, row, clinic.riverside, therapist, number)
    for number, row in enumerate(HILLTOP, start=1):
        yield row.story, _visitor(clinic, row, clinic.hilltop, clinic.hill_therapist, number)


def _visitor(clinic: Clinic, row: Row, site: Site, therapist: User, number: int) -> Visitor:
    given_name, family_name = row.name.split()
    person = Person(
        given_name=given_name,
        family_name=family_name,
        age=row.age,
        sex=row.sex,
        site=site,
        number=number,
        knee=row.knee,
        alarms=row.alarms,
        channel=row.channel,
        language=row.language,
        time_zone=row.time_zone,
        changes=dict(row.changes),
    )
    if not row.is_reached:
        clinic.bouncing.add(person.email)
        clinic.unanswered.add(person.phone)
    return Visitor(person, _moment(clinic, site, row.comes), row.via or _usual_way(row.comes), therapist)


def _usual_way(comes: tuple[int, str] | float) -> str:
    """At first patients used an app; a week ago the clinic put the form on its own pages."""
    return "app" if isinstance(comes, tuple) and comes[0] > DAYS_OF_THE_PAGES else "form"


def _moment(clinic: Clinic, site: Site, comes: tuple[int, str] | float) -> datetime:
    if isinstance(comes, tuple):
        return clinic.at(site, *comes)
    return clinic.now - timedelta(hours=comes)
