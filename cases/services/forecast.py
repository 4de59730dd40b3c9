"""Every message of the weeks to come, foreseen by the rules that plan and claim; nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from cases.models import Case, Patient
from cases.services.errors import WrongInput
from cases.services.forecast_queue import Queue
from cases.services.forecast_stored import Stored
from cases.services.foreseen import Foreseen, Outcome
from clinic.accounts.models import Site

MOST_WEEKS = 52
USUAL_WEEKS = 6
ASSUMES = (
    "This assumes that nobody answers, that visits take place as booked, that nobody changes anything meanwhile, and "
    "that providers take every message at once. Nothing is stored."
)


@dataclass(frozen=True)
class Forecast:
    """What comes until `until`, in order. is_paused: sending stands still as a whole until a person releases it."""

    since: datetime
    until: datetime
    messages: tuple[Foreseen, ...]
    is_paused: bool = False

    @property
    def going(self) -> int:
        return sum(each.outcome is Outcome.GOES for each in self.messages)

    def per_case(self) -> dict[str, int]:
        """How many messages go about each case, by reference."""
        return dict(sorted(Counter(each.about for each in self.messages if each.outcome is Outcome.GOES).items()))


def forecast_case(case: Case, *, weeks: int = USUAL_WEEKS, now: datetime) -> Forecast:
    """The messages about one case. Other cases of the patient count towards the week's most. Raises WrongInput."""
    found = _forecast(Patient.objects.filter(pk=case.patient_id), weeks=weeks, now=now)
    return replace(found, messages=tuple(each for each in found.messages if each.case_id == case.pk))


def forecast_patient(patient: Patient, *, weeks: int = USUAL_WEEKS, now: datetime) -> Forecast:
    """The messages to one patient, about whatever. Raises WrongInput."""
    return _forecast(Patient.objects.filter(pk=patient.pk), weeks=weeks, now=now)


def forecast_sites(sites: Sequence[Site], *, weeks: int = USUAL_WEEKS, now: datetime) -> Forecast:
    """The messages to every patient of these sites, in as many statements as those to one. Raises WrongInput."""
    return _forecast(Patient.objects.filter(site__in=[site.pk for site in sites]), weeks=weeks, now=now)


def weeks_asked(text: str) -> int:
    """How far to look, as somebody typed it. Raises WrongInput."""
    try:
        weeks = int(text)
    except ValueError:
        weeks = 0
    return _checked(weeks)


def _checked(weeks: int) -> int:
    if not 1 <= weeks <= MOST_WEEKS:
        raise WrongInput({"weeks": [f"Between 1 and {MOST_WEEKS} weeks can be foreseen."]})
    return weeks


def _forecast(patients: QuerySet[Patient], *, weeks: int, now: datetime) -> Forecast:
    until = now + timedelta(weeks=_checked(weeks))
    with _reading():
        stored = Stored.read(patients, now=now)
    queue = Queue(stored, now=now, until=until)
    for case in stored.cases:
        queue.plan(case)
    for row in stored.loose:
        queue.add(row)
    found = sorted(queue.run(), key=lambda each: (each.at, each.about, each.subject))
    return Forecast(now, until, tuple(found), is_paused=stored.is_paused)


@contextmanager
def _reading() -> Iterator[None]:
    """A transaction that PostgreSQL itself holds to reading; all of one moment, unless it lies in somebody else's."""
    level = "" if connection.in_atomic_block else "ISOLATION LEVEL REPEATABLE READ "
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION {level}READ ONLY")
        yield
