"""The words the rules speak: every closed set of terms, each with its label."""

from __future__ import annotations

from enum import StrEnum


class Term(StrEnum):
    """A word with a label for screens; stored and compared by its plain value."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Term:  # looked up by its value alone, it needs no label
        term = str.__new__(cls, value)
        term._value_ = value
        term.label = label
        return term


class Urgency(Term):
    """How soon somebody must act; ordered by `URGENCY_ORDER`, never by value."""

    ROUTINE = "routine", "Routine"
    CLINICIAN_REVIEW = "clinician_review", "Clinician review"
    SAME_DAY = "same_day", "Same day"
    EMERGENCY = "emergency", "Emergency"


# As text, "emergency" < "routine" < "same_day": compare by place in this tuple.
URGENCY_ORDER = (Urgency.ROUTINE, Urgency.CLINICIAN_REVIEW, Urgency.SAME_DAY, Urgency.EMERGENCY)
# Levels that stop the form, hold scheduling and forbid needling until a clinician clears them (reference 3.3).
STOPPING = frozenset({Urgency.SAME_DAY, Urgency.EMERGENCY})


def worst(*levels: Urgency) -> Urgency:
    """The highest of the levels; routine when there are none."""
    return max(levels, key=URGENCY_ORDER.index, default=Urgency.ROUTINE)


class Likelihood(Term):
    """How well the answers fit patellofemoral pain (reference 4)."""

    LIKELY = "likely", "Likely PFP - to be confirmed"
    UNCERTAIN = "uncertain", "Uncertain"
    UNLIKELY = "unlikely", "Unlikely"


class Cause(Term):
    """The three suspected causes of the clinic's own model (reference 5)."""

    OVERUSE = "overuse", "Overuse"
    MOVEMENT_DYSFUNCTION = "movement_dysfunction", "Kneecap movement dysfunction"
    MUSCLE_IMBALANCE = "muscle_imbalance", "Muscle imbalance"


class FoundCause(Term):
    """What a therapist may confirm: the three causes, the mobility contributor, or something else."""

    OVERUSE = Cause.OVERUSE.value, Cause.OVERUSE.label
    MOVEMENT_DYSFUNCTION = Cause.MOVEMENT_DYSFUNCTION.value, Cause.MOVEMENT_DYSFUNCTION.label
    MUSCLE_IMBALANCE = Cause.MUSCLE_IMBALANCE.value, Cause.MUSCLE_IMBALANCE.label
    MOBILITY_CONTRIBUTOR = "mobility_contributor", "Mobility contributor"
    OTHER = "other", "Something else"


class Confidence(Term):
    LOW = "low", "Low"
    MODERATE = "moderate", "Moderate"
    HIGH = "high", "High"


class Intervention(Term):
    """What a plan item prescribes (reference 8.3)."""

    EDUCATION = "education", "Education"
    LOAD_MANAGEMENT = "load_management", "Load management"
    STRENGTHENING = "strengthening", "Strengthening"
    MECHANICS_RETRAINING = "mechanics_retraining", "Mechanics retraining"
    TAPING = "taping", "Tailored taping"
    STRETCHING = "stretching", "Stretching"
    ORTHOSES = "orthoses", "Prefabricated foot orthoses"
    DRY_NEEDLING = "dry_needling", "Trigger-point dry needling"


# The core of every plan (reference 8.1); needling is only ever added to one of these.
EXERCISE = frozenset({Intervention.STRENGTHENING, Intervention.MECHANICS_RETRAINING})


class NeedlingResult(Term):
    """The outcome of the needling safety screen (reference 9.2); 'ok' does not mean recommended."""

    CONTRAINDICATED = "contraindicated", "Contraindicated"
    PRECAUTION = "precaution", "Precaution"
    OK = "ok", "No bar found"


class CaseStatus(Term):
    NEW = "new", "New"
    REVIEWED = "reviewed", "Reviewed"
    SCHEDULED = "scheduled", "Scheduled"
    IN_TREATMENT = "in_treatment", "In treatment"
    DISCHARGED = "discharged", "Discharged"
    CLOSED = "closed", "Closed"


class CloseReason(Term):
    """Why a case ended without the discharge of a treated patient."""

    NO_CONTACT = "no_contact", "Patient could not be reached"
    DECLINED = "declined", "Patient does not want treatment"
    REFERRED_OUT = "referred_out", "Referred elsewhere"
    NOT_PFP = "not_pfp", "Another problem, not PFP"
    DUPLICATE = "duplicate", "Duplicate"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up", "Lost to follow-up"


class VisitStatus(Term):
    PLANNED = "planned", "Planned"
    ATTENDED = "attended", "Attended"
    CANCELLED = "cancelled", "Cancelled"
    MISSED = "missed", "Missed"


class Instrument(Term):
    """An outcome instrument (reference 10)."""

    NPRS_NOW = "nprs_now", "Pain now (NPRS)"
    NPRS_WORST = "nprs_worst", "Worst pain (NPRS)"
    NPRS_USUAL = "nprs_usual", "Usual pain (NPRS)"
    AKPS = "akps", "Anterior Knee Pain Scale (AKPS)"
    PSFS = "psfs", "Own activities (PSFS)"
    GROC = "groc", "Global rating of change (GROC)"
    ADHERENCE = "adherence", "Adherence"


class Channel(Term):
    EMAIL = "email", "E-mail"
    SMS = "sms", "Text message"
    PHONE = "phone", "Telephone call"


class Purpose(Term):
    """What somebody agreed to be written about: one of the two, or all of it."""

    ALL = "all", "Visits and follow-up"
    VISITS = "visits", "Visits"
    FOLLOW_UP = "follow_up", "Follow-up"


class MessageKind(Term):
    """Why a message goes to a patient."""

    CHECK_IN = "check_in", "Check-in"
    CHECK_IN_REPEAT = "check_in_repeat", "Check-in, second message"
    CHECK_IN_CALL = "check_in_call", "Check-in not answered: telephone"
    WEEKLY_CHECK_IN = "weekly_check_in", "Weekly check-in"
    NEEDLING_CHECK = "needling_check", "Check after needling"
    AFTER_DISCHARGE = "after_discharge", "Check-in after discharge"
    VISIT = "visit", "Visit tomorrow"
    MISSED_VISIT = "missed_visit", "Visit missed"
    OFF_PLAN = "off_plan", "Fewer visits than planned"
    NUDGE = "nudge", "Home programme"
    FORM = "form", "Form to fill in"
    FORM_REPEAT = "form_repeat", "Form not finished"
    OWN_PAGE = "own_page", "Link to their own page"


class Language(Term):
    """A language the messages speak, in its own words: whoever needs it must be able to read it."""

    EN = "en", "English"
    ES = "es", "Español"


class ProgressStatus(Term):
    """How a case is going against its first report (reference 11)."""

    RESOLVED = "resolved", "Resolved"
    IMPROVED = "improved", "Improved"
    PARTLY_IMPROVED = "partly_improved", "Partly improved"
    NON_RESPONSE = "non_response", "No response yet"
    WORSENING = "worsening", "Worsening"
    RECURRENCE = "recurrence", "Recurrence"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up", "Lost to follow-up"
    TOO_EARLY = "too_early", "Too early to say"
