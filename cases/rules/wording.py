"""What a patient reads about safety (reference 3.4): English texts to translate; no cause and no diagnosis in any."""

from __future__ import annotations

from dataclasses import dataclass

from cases.rules.terms import Urgency


def gettext_noop(text: str) -> str:
    """Marks a text for the translators and returns it as it is: `makemessages` looks for this name."""
    return text


@dataclass(frozen=True)
class PatientText:
    """A text for patients. key: its stable name; text: the English wording, which is also the message id.

    needs: the placeholders to fill: phone (the patient's number), time (wall time of the site), date.
    """

    key: str
    text: str
    needs: tuple[str, ...] = ()


EMERGENCY = PatientText(
    "safety.emergency",
    gettext_noop(
        "Some of your answers can mean a problem that needs urgent treatment. Please go to an emergency department "
        "now, or call the emergency number. Do not wait for our clinic. Do not drive yourself if you cannot put "
        "weight on the leg. This form cannot tell you what is wrong."
    ),
)
SAME_DAY = PatientText(
    "safety.same_day",
    gettext_noop(
        "Your answers need a clinician's attention today. We will call you on {phone}. If you have not heard from us "
        "by {time}, contact urgent care and show them this message. Please do not do knee exercises until you have "
        "been checked. If you get short of breath, chest pain, fever with a hot knee, or cannot stand, go to an "
        "emergency department."
    ),
    ("phone", "time"),
)
# The same when nobody will call today any more: a same-day answer must not wait for Monday.
SAME_DAY_CLOSED = PatientText(
    "safety.same_day_closed",
    gettext_noop(
        "Your answers need a clinician's attention today, and our clinic is closed now. Please contact urgent care "
        "today and show them this message. We will call you on {phone} when we open. Please do not do knee exercises "
        "until you have been checked. If you get short of breath, chest pain, fever with a hot knee, or cannot stand, "
        "go to an emergency department."
    ),
    ("phone",),
)
# The same when the case has ended: nobody reads these answers, so nobody will call.
SAME_DAY_NOT_FILED = PatientText(
    "safety.same_day_not_filed",
    gettext_noop(
        "Your answers need a clinician's attention today. Your care with us has ended, and nobody here has read this "
        "check-in. Please call us or contact urgent care today, and show them this message. Please do not do knee "
        "exercises until you have been checked. If you get short of breath, chest pain, fever with a hot knee, or "
        "cannot stand, go to an emergency department."
    ),
)
# The same where there is no network: nobody here can read the answers yet, so no call may be promised.
SAME_DAY_OFFLINE = PatientText(
    "safety.same_day_offline",
    gettext_noop(
        "Your answers need a clinician's attention today, and without a network nobody here can read them yet. Please "
        "call us or contact urgent care today, and show them this message. Please do not do knee exercises until you "
        "have been checked. If you get short of breath, chest pain, fever with a hot knee, or cannot stand, go to an "
        "emergency department."
    ),
)
CLINICIAN_REVIEW = PatientText(
    "safety.clinician_review",
    gettext_noop("A therapist will read your answers and contact you by {date} before suggesting exercises."),
    ("date",),
)
SAFETY_NET = PatientText(
    "safety.net",
    gettext_noop(
        "Contact us the same day if your knee becomes hot, red or very swollen, locks, or gives way so you fall; if "
        "your calf swells; if pain wakes you at rest; or if your leg becomes numb or weak. Fever with a hot knee, not "
        "being able to stand on it, or trouble breathing: emergency department."
    ),
)

PATIENT_TEXTS: dict[Urgency, PatientText] = {
    Urgency.EMERGENCY: EMERGENCY,
    Urgency.SAME_DAY: SAME_DAY,
    Urgency.CLINICIAN_REVIEW: CLINICIAN_REVIEW,
    Urgency.ROUTINE: SAFETY_NET,
}


def patient_texts(urgency: Urgency) -> tuple[PatientText, ...]:
    """What to show for an urgency: its own text, then the safety net, which goes with everything but an emergency."""
    own = PATIENT_TEXTS[urgency]
    return (own,) if urgency in (Urgency.EMERGENCY, Urgency.ROUTINE) else (own, SAFETY_NET)
