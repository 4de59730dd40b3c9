"""What people do in the demo, each deed one or two calls of the services that every door calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cases.models import Case, CheckIn, Link, Plan, Visit
from cases.rules.terms import CloseReason, Confidence, Instrument, Intervention, VisitStatus
from cases.services import (
    care,
    check_ins,
    examinations,
    findings,
    flags,
    moves,
    needling,
    outcomes,
    patients,
    plans,
    visits,
)
from clinic.accounts.models import User
from intake import answers as form_answers
from intake.demo.answers import NEEDLING_SCREEN, Reply, check_in_answers, examination_results
from intake.demo.clinic import Clinic
from intake.demo.people import Person
from intake.models import Submission
from intake.services import consent, drafts, steps, submissions
from intake.views.check_in_form import form_of

SECONDS_A_SCREEN = 25


class WrongDemo(Exception):
    """A demo patient gave an answer the form refuses: the demo has fallen behind the questionnaire."""


# -- patients


def fill_in_form(
    person: Person,
    *,
    now: datetime,
    staff: User | None = None,
    link: Link | None = None,
    stop_before: str = "",
    **changes: Any,
) -> Submission | None:
    """The form, screen by screen, by the patient or by staff on the telephone. stop_before: never finished."""
    draft, _secret = drafts.start_draft(
        site=person.site if staff else None, language=person.language, staff=staff, link=link, now=now
    )
    answers = person.form(now, **changes)
    asked = drafts.questionnaire_of(draft)
    facts = {"age": person.age, "needling_offered": "yes" if person.site.offers_dry_needling else "no"}
    shown = form_answers.shown(asked, answers, on=person.day(now), by_staff=staff is not None, facts=facts)
    for section in asked.screens(shown):
        if section.name == stop_before:
            return None
        now += timedelta(seconds=SECONDS_A_SCREEN)
        raw = {question.name: answers[question.name] for question in section.questions if question.name in answers}
        saved = steps.save_step(draft, section=section.name, raw=raw, now=now)
        if saved.errors:
            raise WrongDemo(f"{person.given_name} {person.family_name}, {section.name}: {saved.errors}")
        if saved.submission:
            return saved.submission
    if staff:
        return submissions.submit_intake(draft, now=now)
    text = consent.text_in_force(person.site, person.language, now=now)
    signed = consent.Agreement(text.sha256, name=f"{person.given_name} {person.family_name}", assented=person.age < 18)
    return submissions.submit_intake(draft, agreement=signed, now=now)


def send_whole(person: Person, *, by: User | None, now: datetime) -> Submission:
    """The whole form in one call, as an app or another records system sends it."""
    return submissions.submit_answers(
        person.form(now),
        idempotency_key=f"demo-{person.site.slug}-{person.number}",
        language=person.language,
        by=by,
        now=now,
    )


def answer_check_in(check_in: CheckIn, reply: Reply, *, now: datetime, **changes: Any) -> None:
    form = form_of(check_in, now=now)
    cleaned = form.judge(check_in_answers(form.asked, reply) | changes)
    if cleaned.errors:
        raise WrongDemo(f"check-in {check_in.step}: {cleaned.errors}")
    check_ins.answer_check_in(
        check_in,
        **form.told(cleaned),
        now=now,
    )


# -- front desk


def receive(case: Case, *, by: User, now: datetime) -> None:
    """The desk reads a new case and knows the patient for a real person."""
    patients.accept_patient(case.patient, by=by, now=now)
    moves.review_case(case, by=by, now=now + timedelta(minutes=2))


def book_first_visit(clinic: Clinic, case: Case, therapist: User, starts_at: datetime, *, now: datetime) -> Visit:
    moves.schedule_case(case, starts_at=starts_at, therapist=therapist, by=clinic.desk, now=now)
    return case.visits.get(starts_at=starts_at)


def settle(visit: Visit, status: VisitStatus, *, by: User, now: datetime) -> None:
    visits.settle_visit(visit, status=status, by=by, now=now)


# -- therapists


def take_case(clinic: Clinic, case: Case, therapist: User, *, now: datetime) -> None:
    care.assign_therapist(case, therapist=therapist, by=clinic.manager, now=now)


def acknowledge_flags(case: Case, *, by: User, now: datetime) -> None:
    for flag in case.flags.standing().order_by("pk"):
        flags.acknowledge_flag(flag, by=by, now=now)


def clear_flags(case: Case, *, reason: str, by: User, now: datetime) -> None:
    for flag in case.flags.standing().stopping().order_by("pk"):
        flags.clear_flag(flag, reason=reason, by=by, now=now)


def examine(case: Case, therapist: User, *, picture: str, now: datetime) -> None:
    """Strength, control, kneecap: written down side by side; the suggestion is worked out again from it."""
    side = "left" if case.affects_left else "right"
    examinations.record_examination(case, results=examination_results(picture, side), by=therapist, now=now)


def decide(
    case: Case, therapist: User, *, found: tuple[str, ...], reason: str, other: str, note: str, now: datetime
) -> None:
    """What was found, beside what is suggested now. found: empty for the suggestion itself."""
    suggestion = case.suggestions.order_by("-pk").first()
    suggested = suggestion.causes if suggestion else []
    findings.record_finding(
        case,
        causes=found or suggested or ["movement_dysfunction"],
        other=other,
        confidence=Confidence.MODERATE.value,
        reason=reason,
        by=therapist,
        now=now,
    )
    care.write_note(case, text=note, by=therapist, now=now)


def measure(case: Case, therapist: User, *, now: datetime, **scores: float) -> None:
    """Scores taken at a visit, by instrument."""
    for instrument, score in scores.items():
        outcomes.record_outcome(case, instrument=Instrument(instrument).value, score=score, by=therapist, now=now)


def plan_and_start(case: Case, therapist: User, *, now: datetime) -> None:
    plans.approve_plan(draft(case, therapist, now=now), by=therapist, now=now + timedelta(minutes=5))
    moves.start_treatment(case, by=therapist, now=now + timedelta(minutes=6))


def change_plan(case: Case, therapist: User, *, now: datetime) -> None:
    """A new version, from the templates of what was found by now."""
    plans.approve_plan(draft(case, therapist, now=now), by=therapist, now=now + timedelta(minutes=5))


def draft(case: Case, therapist: User, *, now: datetime) -> Plan:
    report = case.reports.order_by("pk").first()
    goals = report.answers.get("goals") if report else None
    return plans.draft_plan(case, goal=goals[0]["activity"] if goals else "", by=therapist, now=now)


def add_needling(case: Case, therapist: User, *, reason: str, now: datetime) -> None:
    """A version of the plan in force with needling beside its exercises, on today's safety screen."""
    in_force = case.plans.in_force().get()
    items = list(
        in_force.items.order_by("position").values(
            "intervention", "name", "dose", "frequency", "weeks", "progression", "evidence", "cautions"
        )
    )
    added = {
        "intervention": Intervention.DRY_NEEDLING.value,
        "name": "Trigger-point dry needling of the outer quadriceps",
        "dose": "Beside exercise, never alone",
        "frequency": "Once a week",
        "weeks": 3,
        "needling_reason": reason,
        "needling_consent": True,
    }
    screen(case, therapist, now=now)
    assert in_force.approved_at is not None
    gone = (now - in_force.approved_at).days // 7
    # What is left of the plan, counted from today.
    left = in_force.weeks - gone
    plan = plans.draft_plan(
        case,
        items=[item | {"weeks": min(item["weeks"], left)} for item in (*items, added)],
        weeks=left,
        visit_weeks=[week - gone for week in in_force.visit_weeks if week > gone],
        goal=in_force.goal,
        by=therapist,
        now=now,
    )
    plans.approve_plan(plan, by=therapist, now=now + timedelta(minutes=2))


def screen(case: Case, therapist: User, *, now: datetime) -> None:
    needling.screen_for_needling(case, answers=NEEDLING_SCREEN, by=therapist, now=now)


def needle(case: Case, therapist: User, *, visit: Visit, bruised: bool, now: datetime) -> None:
    needling.record_session(
        case,
        muscles=["vastus lateralis"],
        needle="0.25 x 40 mm",
        batch="DN-4471",
        response="Two twitches, dull ache for a moment, walked out comfortably.",
        adverse_events=["bruise"] if bruised else [],
        consent=True,
        visit=visit,
        by=therapist,
        now=now,
    )


def close(case: Case, reason: CloseReason, note: str, *, by: User, now: datetime) -> None:
    moves.close_case(case, reason=reason, note=note, by=by, now=now)
