"""The ways a patient's time at the clinic may go; each life rests at every `yield` until that moment has come."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cases.models import Case, CheckIn, Visit
from cases.rules.follow_up import STEP, Start
from cases.rules.terms import Channel, CloseReason, VisitStatus
from cases.services import corrections, moves, patients, reminders, visits
from clinic.accounts.models import User
from intake.demo import deeds
from intake.demo.answers import COURSES, USUAL_EXAMINATION, Reply
from intake.demo.clinic import Clinic, Life
from intake.demo.people import Person

MINUTES_OF_A_VISIT = timedelta(minutes=50)
# As plans ask for them: weekly four times, then every two weeks; the twelfth week is the last.
DAYS_BETWEEN_VISITS = (7, 7, 7, 7, 14, 14, 14, 14)
REVIEW = 4  # the visit at which the therapist measures again
NOTE = "Pain on step-down and on squatting past 60 degrees. Knee quiet, full extension. Load explained."
SECOND_NOTE = "No change after five weeks of good adherence: examined again, plan changed, explained."
QUARTER_HOUR = timedelta(minutes=15)
AFTER_NEEDLING = Reply(2, 4)

Opening = Generator[datetime, datetime, tuple[Case, datetime]]


@dataclass(frozen=True)
class Visitor:
    """A person, the moment they first turn to the clinic, and how: form, phone, app or records."""

    person: Person
    comes_at: datetime
    via: str
    therapist: User


Story = Callable[[Clinic, Visitor], Life]


@dataclass(frozen=True)
class Treatment:
    """How one treatment goes. course: in `answers.COURSES`. ends_after: visits until discharge, 0 for not yet.

    missed, cancelled, moved: which of the later visits, counted from 1. gone_after: the one nobody books a next to.
    examination: in `answers.EXAMINATIONS`; empty: the usual one of the knee. again_at: the visit at which the knee is
    examined again as `again` and the plan changed. needled_at: the visits with needling.
    alarm: answers of the second week that raise a flag.
    """

    course: str = "improving"
    found: tuple[str, ...] = ()
    reason: str = ""
    other: str = ""
    examination: str = ""
    again_at: int = 0
    again: str = ""
    needled_at: tuple[int, ...] = ()
    needling_reason: str = ""
    akps: int = 74
    ends_after: int = 0
    missed: tuple[int, ...] = ()
    cancelled: tuple[int, ...] = ()
    moved: tuple[int, ...] = ()
    gone_after: int = 0
    alarm: tuple[tuple[str, str], ...] = ()


# -- parts of a life


def _comes(clinic: Clinic, visitor: Visitor) -> Opening:
    person = visitor.person
    now = yield visitor.comes_at
    if visitor.via in {"app", "records"}:
        submission = deeds.send_whole(person, by=clinic.bridge if visitor.via == "records" else None, now=now)
    else:
        submission = deeds.fill_in_form(person, now=now, staff=clinic.desk if visitor.via == "phone" else None)
    assert submission is not None
    return submission.case, submission.received_at


def _is_received(clinic: Clinic, visitor: Visitor) -> Opening:
    """Comes, and is read by the desk on the next working morning."""
    case, now = yield from _comes(clinic, visitor)
    now = yield clinic.next_morning(visitor.person.site, now, minutes=visitor.person.number % 40)
    deeds.receive(case, by=clinic.desk, now=now)
    return case, now


def _is_booked(
    clinic: Clinic, visitor: Visitor, *, days: int, course: str
) -> Generator[datetime, datetime, tuple[Case, Visit]]:
    case, now = yield from _is_received(clinic, visitor)
    if reply := COURSES[course].get("rest_check"):
        _answers(clinic, visitor, case, "rest_check", reply)
    now = yield now + timedelta(minutes=25)
    starts_at = clinic.slot(visitor.person.site, visitor.therapist, now, days=days)
    return case, deeds.book_first_visit(clinic, case, visitor.therapist, starts_at, now=now)


def _is_treated(clinic: Clinic, visitor: Visitor, case: Case, visit: Visit, treatment: Treatment) -> Opening:
    """The first visit, the plan, and the visits and check-ins that follow."""
    therapist = visitor.therapist
    now = yield visit.starts_at + MINUTES_OF_A_VISIT
    deeds.settle(visit, VisitStatus.ATTENDED, by=therapist, now=now)
    picture = treatment.examination or USUAL_EXAMINATION.get(visitor.person.knee, "quiet")
    deeds.examine(case, therapist, picture=picture, now=now)
    deeds.decide(
        case, therapist, found=treatment.found, reason=treatment.reason, other=treatment.other, note=NOTE, now=now
    )
    deeds.measure(case, therapist, akps=treatment.akps, now=now)
    deeds.plan_and_start(case, therapist, now=now)
    course = COURSES[treatment.course]
    for step in [step for step in course if STEP[step].start is Start.TREATMENT]:
        alarm = dict(treatment.alarm) if step == "week_2" else {}
        _answers(clinic, visitor, case, step, course[step], **alarm)
    now = yield from _later_visits(clinic, visitor, case, treatment, now)
    return case, now


def _later_visits(
    clinic: Clinic, visitor: Visitor, case: Case, treatment: Treatment, now: datetime
) -> Generator[datetime, datetime, datetime]:
    for number, days in enumerate(DAYS_BETWEEN_VISITS, start=1):
        if number == treatment.ends_after:
            break
        starts_at = clinic.slot(visitor.person.site, visitor.therapist, now, days=days)
        visit = visits.book_visit(case, starts_at=starts_at, by=clinic.desk, now=now + timedelta(minutes=10))
        if number in treatment.cancelled:
            now = yield starts_at - timedelta(hours=20)
            deeds.settle(visit, VisitStatus.CANCELLED, by=clinic.desk, now=now)
            continue
        if number in treatment.moved:
            now = yield starts_at - timedelta(hours=26)
            starts_at = clinic.slot(visitor.person.site, visitor.therapist, starts_at, days=1)
            visits.move_visit(visit, starts_at=starts_at, by=clinic.desk, now=now)
        now = yield starts_at + MINUTES_OF_A_VISIT
        missed = number in treatment.missed
        deeds.settle(visit, VisitStatus.MISSED if missed else VisitStatus.ATTENDED, by=visitor.therapist, now=now)
        if not missed:
            _is_seen(clinic, visitor, case, visit, treatment, number, now)
        if number == treatment.gone_after:
            break
    return now


def _is_seen(
    clinic: Clinic, visitor: Visitor, case: Case, visit: Visit, treatment: Treatment, number: int, now: datetime
) -> None:
    """What happens at a visit after the first, beside exercise."""
    therapist = visitor.therapist
    if number == REVIEW and (reply := COURSES[treatment.course].get("week_6")):
        before = treatment.akps
        deeds.measure(case, therapist, akps=(before + 100 - 2 * reply.lost) // 2, nprs_worst=reply.worst + 1, now=now)
    if number == treatment.again_at:
        deeds.examine(case, therapist, picture=treatment.again, now=now)
        deeds.decide(case, therapist, found=(), reason="", other="", note=SECOND_NOTE, now=now)
        deeds.change_plan(case, therapist, now=now)
    if number in treatment.needled_at:
        if number == treatment.needled_at[0]:
            deeds.add_needling(case, therapist, reason=treatment.needling_reason, now=now)
        else:
            deeds.screen(case, therapist, now=now)
        deeds.needle(case, therapist, visit=visit, bruised=number == treatment.needled_at[0], now=now + QUARTER_HOUR)
        _answers(clinic, visitor, case, "needling_check", AFTER_NEEDLING)


def _answers(clinic: Clinic, visitor: Visitor, case: Case, step: str, reply: Reply, **changes: Any) -> None:
    clinic.begin(_check_in(visitor, case, step, reply, changes))


def _check_in(visitor: Visitor, case: Case, step: str, reply: Reply, changes: dict[str, Any]) -> Life:
    asked = CheckIn.objects.filter(case=case, step=step, answered_at=None, cancelled_at=None)
    found = asked.order_by("-round").first()
    if found is None:
        return
    # Every fourth person needs the second message.
    waits = timedelta(days=3, hours=4) if visitor.person.number % 4 == 0 else timedelta(hours=9)
    now = yield found.due_at + waits
    still = asked.filter(pk=found.pk, expires_at__gt=now).select_related("case__patient", "case__site").first()
    if still is None or not still.case.is_open:
        return
    deeds.answer_check_in(still, reply, now=now, **changes)
    if changes:
        now = yield now + timedelta(minutes=35)
        deeds.acknowledge_flags(case, by=visitor.therapist, now=now)


# -- whole lives


def just_came(clinic: Clinic, visitor: Visitor) -> Life:
    """Nobody has read it yet."""
    yield from _comes(clinic, visitor)


def never_finished(clinic: Clinic, visitor: Visitor, *, stop_before: str) -> Life:
    """A form left lying; its link still resumes it."""
    now = yield visitor.comes_at
    staff = clinic.desk if visitor.via == "phone" else None
    deeds.fill_in_form(visitor.person, now=now, staff=staff, stop_before=stop_before)


def waits_for_a_visit(clinic: Clinic, visitor: Visitor) -> Life:
    """Read, and not yet booked."""
    case, _now = yield from _is_received(clinic, visitor)
    _answers(clinic, visitor, case, "rest_check", COURSES["partial"]["rest_check"])


def has_a_visit(clinic: Clinic, visitor: Visitor, *, days: int) -> Life:
    """Booked for the first visit: today (0), tomorrow (1) or in so many days."""
    case, now = yield from _is_received(clinic, visitor)
    now = yield now + timedelta(minutes=25)
    site, therapist = visitor.person.site, visitor.therapist
    if days <= 1:
        starts_at = clinic.slot_today(site, therapist, days=days)
    else:
        starts_at = clinic.slot(site, therapist, clinic.now, days=days)
    deeds.book_first_visit(clinic, case, therapist, starts_at, now=now)


def treated(clinic: Clinic, visitor: Visitor, treatment: Treatment = Treatment()) -> Life:
    """Examined, planned, treated; discharged when the treatment says so."""
    case, visit = yield from _is_booked(clinic, visitor, days=3, course=treatment.course)
    case, now = yield from _is_treated(clinic, visitor, case, visit, treatment)
    if treatment.ends_after:
        moves.discharge_case(case, by=visitor.therapist, now=now + timedelta(minutes=5))


def lost(clinic: Clinic, visitor: Visitor, *, treatment: Treatment, closes: bool) -> Life:
    """Begins a treatment and stays away; the clinic calls in vain."""
    case, visit = yield from _is_booked(clinic, visitor, days=3, course=treatment.course)
    case, now = yield from _is_treated(clinic, visitor, case, visit, treatment)
    if closes:
        now = yield now + timedelta(days=5)
        note = "Three calls and two letters without an answer."
        deeds.close(case, CloseReason.LOST_TO_FOLLOW_UP, note, by=visitor.therapist, now=now)


def turned_away(clinic: Clinic, visitor: Visitor, *, reason: CloseReason, note: str) -> Life:
    """Closed before a treatment began."""
    case, now = yield from _is_received(clinic, visitor)
    now = yield clinic.next_morning(visitor.person.site, now + timedelta(days=6), minutes=90)
    deeds.close(case, reason, note, by=clinic.manager, now=now)


def sent_twice(clinic: Clinic, visitor: Visitor) -> Life:
    """Pressed send on the telephone and again on the computer: two cases, of which the desk keeps one."""
    case, now = yield from _comes(clinic, visitor)
    now = yield now + timedelta(minutes=12)
    again = deeds.fill_in_form(visitor.person, now=now)
    assert again is not None
    now = yield clinic.next_morning(visitor.person.site, now, minutes=35)
    deeds.receive(case, by=clinic.desk, now=now)
    deeds.close(again.case, CloseReason.DUPLICATE, f"The same as {case}.", by=clinic.manager, now=now)


def alarming(clinic: Clinic, visitor: Visitor) -> Life:
    """A red flag nobody has answered yet."""
    yield from _comes(clinic, visitor)


def alarming_and_called(clinic: Clinic, visitor: Visitor, *, minutes: int, right_knee: bool = False) -> Life:
    """A red flag; somebody has called the patient, and a clinician has not cleared it yet."""
    case, now = yield from _comes(clinic, visitor)
    now = yield now + timedelta(minutes=minutes)
    deeds.acknowledge_flags(case, by=clinic.desk, now=now)
    deeds.take_case(clinic, case, visitor.therapist, now=now)
    if right_knee:
        corrections.correct_knees(
            case,
            knee_side="right",
            reason="Asked on the telephone: the form had stopped early.",
            by=clinic.desk,
            now=now,
        )


def alarming_and_sent_on(clinic: Clinic, visitor: Visitor) -> Life:
    """A red flag that was one: the patient went to hospital, and the case is closed."""
    case, now = yield from _comes(clinic, visitor)
    now = yield now + timedelta(minutes=9)
    deeds.acknowledge_flags(case, by=clinic.desk, now=now)
    deeds.take_case(clinic, case, visitor.therapist, now=now)
    now = yield now + timedelta(hours=20)
    deeds.close(case, CloseReason.REFERRED_OUT, "Admitted the same evening.", by=visitor.therapist, now=now)


def alarming_and_cleared(clinic: Clinic, visitor: Visitor, *, reason: str, treatment: Treatment | None = None) -> Life:
    """A red flag that a clinician settled; booked afterwards, and perhaps treated."""
    case, now = yield from _comes(clinic, visitor)
    now = yield now + timedelta(minutes=11)
    deeds.acknowledge_flags(case, by=clinic.desk, now=now)
    deeds.take_case(clinic, case, visitor.therapist, now=now)
    now = yield clinic.next_morning(visitor.person.site, now, minutes=50)
    deeds.clear_flags(case, reason=reason, by=visitor.therapist, now=now)
    deeds.receive(case, by=clinic.desk, now=now + timedelta(minutes=10))
    now = yield now + timedelta(minutes=40)
    starts_at = clinic.slot(visitor.person.site, visitor.therapist, now, days=4)
    visit = deeds.book_first_visit(clinic, case, visitor.therapist, starts_at, now=now)
    if treatment:
        case, now = yield from _is_treated(clinic, visitor, case, visit, treatment)


def comes_back(clinic: Clinic, visitor: Visitor, *, treatment: Treatment, after_days: int) -> Life:
    """Discharged, and the same trouble returns: the case is taken up again."""
    case, visit = yield from _is_booked(clinic, visitor, days=2, course=treatment.course)
    case, now = yield from _is_treated(clinic, visitor, case, visit, treatment)
    moves.discharge_case(case, by=visitor.therapist, now=now + timedelta(minutes=5))
    now = yield clinic.next_morning(visitor.person.site, now + timedelta(days=after_days), minutes=15)
    moves.reopen_case(case, reason="Pain is back since the first long walk.", by=visitor.therapist, now=now)
    now = yield now + timedelta(minutes=15)
    starts_at = clinic.slot(visitor.person.site, visitor.therapist, now, days=5)
    deeds.book_first_visit(clinic, case, visitor.therapist, starts_at, now=now)


def second_episode(
    clinic: Clinic, visitor: Visitor, *, treatment: Treatment, after_days: int, stop_before: str = ""
) -> Life:
    """Discharged, well for a while, then a new form by the link the desk sends: a second case of the same patient."""
    case, visit = yield from _is_booked(clinic, visitor, days=2, course=treatment.course)
    case, now = yield from _is_treated(clinic, visitor, case, visit, treatment)
    moves.discharge_case(case, by=visitor.therapist, now=now + timedelta(minutes=5))
    now = yield clinic.next_morning(visitor.person.site, now + timedelta(days=after_days), minutes=20)
    link = reminders.send_form(case.patient, by=clinic.desk, now=now)
    now = yield now + timedelta(hours=9)
    deeds.fill_in_form(visitor.person, now=now, link=link, stop_before=stop_before, duration_weeks=2)


def opts_out(clinic: Clinic, visitor: Visitor, *, after_days: int) -> Life:
    """Treated like others, and wants no more messages."""
    case, visit = yield from _is_booked(clinic, visitor, days=3, course="silent")
    clinic.begin(_stops_messages(case, visit.starts_at + timedelta(days=after_days)))
    yield from _is_treated(clinic, visitor, case, visit, Treatment("silent"))


def _stops_messages(case: Case, at: datetime) -> Life:
    now = yield at
    patients.opt_out(case.patient, channel=None, by=None, now=now, source="link in a message")


def telephones_too(clinic: Clinic, visitor: Visitor, treatment: Treatment) -> Life:
    """Treated like others; tells the desk to use e-mail as well."""
    case, visit = yield from _is_booked(clinic, visitor, days=3, course=treatment.course)
    patients.opt_in(case.patient, channel=Channel.EMAIL, by=clinic.desk, now=visit.booked_at)
    yield from _is_treated(clinic, visitor, case, visit, treatment)
