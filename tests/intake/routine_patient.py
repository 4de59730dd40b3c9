"""What a routine patient types on each screen, in the names of the page's inputs."""

from __future__ import annotations

from typing import Any

from tests.intake.plain_browser import Page, PlainBrowser

_NO = "no"
SCREENS: dict[str, dict[str, Any]] = {
    "contact": {
        "given_name": "Rosa",
        "family_name": "Runner",
        "date_of_birth-day": "4",
        "date_of_birth-month": "3",
        "date_of_birth-year": "1999",
        "sex": "female",
        "phone": "(312) 555-0123",
        "email": "rosa@example.org",
        "preferred_channel": "email",
        "language": "en",
        "site": "riverside",
    },
    "urgent_signs": {
        "chest_pain_or_breathless": _NO,
        "calf_swelling": _NO,
        "hot_red_joint": _NO,
        "fever": _NO,
        "feels_unwell": _NO,
        "cold_or_pale_foot": _NO,
        "leg_weakness_new": _NO,
        "numbness": _NO,
    },
    "knee_signs": {
        "trauma": _NO,
        "cannot_bear_weight": _NO,
        "cannot_lift_straight_leg": _NO,
        "swelling": "none",
        "locking": "none",
        "night_pain": "none",
        "lump": _NO,
        "cancer_history": _NO,
        "unexplained_weight_loss": _NO,
    },
    "where": {"knee_side": "left", "pain_location": ["front_around_kneecap"]},
    "pain": {
        "onset": "gradual",
        "duration_weeks": "6",
        "duration_weeks-unit": "weeks",
        "pain_now": "3",
        "pain_worst": "6",
    },
    "triggers": {"aggravating": ["squatting", "stairs_down", "long_sitting"], "relieving": ["rest"]},
    "load": {
        "activities-0-type": "running",
        "activities-0-sessions_per_week": "4",
        "activities-0-volume_per_week": "32",
        "activities-0-volume_unit": "km",
        "activities-0-recent_change": "increase",
        "activities-0-change_percent": "60",
        "activities-0-changed_weeks_ago": "4",
        "rest_tried_days": "0",
    },
    "leg": {
        "knee_moves_inward": _NO,
        "kneecap_shifts_sideways": _NO,
        "weakness_or_one_side_stronger": _NO,
        "giving_way": _NO,
    },
    "history": {
        "prior_injury_surgery": ["none"],
        "conditions": ["none"],
        "anticoagulant": "none",
        "pregnancy": _NO,
    },
    "goals": {"goals-0-activity": "Run 5 km", "goals-0-score": "4"},
}
# What a caller agrees to is noted by staff; nobody signs.
BY_TELEPHONE = {"consent_to_process": "yes"}
CONSENT = {"consent_to_process": "yes", "signature_name": "Rosa Runner"}


def begin(browser: PlainBrowser) -> Page:
    browser.open("/intake/")
    return browser.send()


def fill_until(browser: PlainBrowser, last: str) -> Page:
    """Begin, and send every screen before `last`; the browser then stands on `last`."""
    begin(browser)
    for _ in range(2 * len(SCREENS)):
        name = browser.page.path.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
        if name == last:
            return browser.page
        browser.send(SCREENS[name])
    raise AssertionError(f"never came to {last}; stands at {browser.page.path}: {browser.page.text[:500]}")
