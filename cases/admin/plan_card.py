"""The plan of a case on its page, version by version, and its dry needling with both sides of the evidence."""

from __future__ import annotations

from typing import Any

from cases.models import Case
from cases.rules.needling import EVIDENCE_AGAINST, EVIDENCE_FOR, HARMS, STANCE
from cases.rules.needling_sessions import AdverseEvent, Standing
from cases.services import needling, plans

MOST_SCREENINGS = 5


def has_programme(case: Case) -> bool:
    """Is there a home programme to print and to send?"""
    return case.is_open and case.plans.in_force().filter(exercises__isnull=False).exists()


def plan_cards(case: Case) -> dict[str, Any]:
    """What clinicians read about the plan; the same number of statements however many versions there are."""
    return {"versions": plans.versions_of(case), "needling": _needling(case)}


def _needling(case: Case) -> dict[str, Any] | None:
    """None where the site offers no needling and none was ever done."""
    screenings = list(case.needling_screenings.select_related("therapist").order_by("-pk")[:MOST_SCREENINGS])
    sessions = list(case.needling_sessions.select_related("therapist").order_by("-performed_at", "-pk"))
    if not (case.site.offers_dry_needling or screenings or sessions):
        return None
    so_far = needling.sessions_of(case)
    return {
        "evidence_for": EVIDENCE_FOR,
        "evidence_against": EVIDENCE_AGAINST,
        "harms": HARMS,
        "stance": STANCE,
        "screenings": screenings,
        "sessions": [(session, [AdverseEvent(each).label for each in session.adverse_events]) for session in sessions],
        "so_far": so_far,
        "warns": so_far.standing is not Standing.GO_ON,
    }
