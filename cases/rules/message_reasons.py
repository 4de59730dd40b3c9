"""Why a message of each kind goes, in words for the front desk, and where that comes from."""

from __future__ import annotations

from dataclasses import dataclass

from cases.rules.follow_up import STEP
from cases.rules.terms import MessageKind


@dataclass(frozen=True)
class Reason:
    """because: one sentence. source: the row of the reference, or the clinic's own decision [G]."""

    because: str
    source: str


_OWN = "the clinic's own decision [G]"
_REASONS: dict[MessageKind, Reason] = {
    MessageKind.CHECK_IN: Reason(
        "The patient is asked how the knee is at this point of the follow-up.", "reference 11"
    ),
    MessageKind.CHECK_IN_REPEAT: Reason("The check-in is sent once more when nobody answered it.", "reference 11"),
    MessageKind.CHECK_IN_CALL: Reason("Nobody answered the repeat either: a person asks by telephone.", "reference 11"),
    MessageKind.WEEKLY_CHECK_IN: Reason(
        "Between the outcome weeks of a treatment the patient is asked every week, and once more after three days; "
        "nobody is telephoned for it.",
        "reference 10",
    ),
    MessageKind.NEEDLING_CHECK: Reason("After dry needling the patient is asked within two days.", "reference 9.3"),
    MessageKind.AFTER_DISCHARGE: Reason("The patient is asked whether the pain came back.", "reference 11"),
    MessageKind.VISIT: Reason("A visit is booked for the day after.", _OWN),
    MessageKind.MISSED_VISIT: Reason("The last visit was missed and no other is booked.", _OWN),
    MessageKind.OFF_PLAN: Reason("Fewer visits take place than the plan asks for.", _OWN),
    MessageKind.NUDGE: Reason(
        "A plan with exercises is in force; the patient is encouraged now and then, and nobody is telephoned for it.",
        _OWN,
    ),
    MessageKind.FORM: Reason("Somebody at the clinic sent the form.", _OWN),
    MessageKind.FORM_REPEAT: Reason("The form was sent and not filled in yet.", _OWN),
    MessageKind.OWN_PAGE: Reason("Somebody at the clinic sent the patient the way to their own page.", _OWN),
}


def reason_for(kind: MessageKind, step: str | None = None) -> Reason:
    """step: of the check-in it is about; its own source says more than the kind's."""
    found = _REASONS[kind]
    if step is not None and step in STEP:
        return Reason(found.because, f"{STEP[step].label}: {STEP[step].source}")
    return found
