"""By when somebody must have called (reference 3.3)."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from cases.rules.call_back import act_by
from cases.rules.terms import Urgency

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("level", "raised", "expected"),
    [
        (Urgency.EMERGENCY, "2026-11-02 09:00", "2026-11-02 09:15"),
        (Urgency.EMERGENCY, "2026-11-02 05:00", "2026-11-02 08:15"),
        (Urgency.EMERGENCY, "2026-11-02 18:00", "2026-11-03 08:15"),
        (Urgency.EMERGENCY, "2026-11-06 19:00", "2026-11-09 08:15"),  # Friday night: Monday
        (Urgency.SAME_DAY, "2026-11-02 16:00", "2026-11-02 18:00"),
        (Urgency.SAME_DAY, "2026-11-02 17:00", "2026-11-03 09:00"),
        (Urgency.CLINICIAN_REVIEW, "2026-11-02 09:00", "2026-11-04 18:00"),
        (Urgency.CLINICIAN_REVIEW, "2026-11-05 09:00", "2026-11-09 18:00"),  # Thursday: Monday
    ],
)
def test_the_call_is_due_in_opening_time(level: Urgency, raised: str, expected: str):
    at = datetime.fromisoformat(raised).replace(tzinfo=CHICAGO)

    due = act_by(level, at, opens_at=time(8), closes_at=time(18))

    assert due == datetime.fromisoformat(expected).replace(tzinfo=CHICAGO)


def test_missing_safety_answers_are_asked_within_one_working_day():
    friday = datetime(2026, 11, 6, 9, tzinfo=CHICAGO)

    due = act_by(Urgency.CLINICIAN_REVIEW, friday, opens_at=time(8), closes_at=time(18), rule_id="C10")

    assert due == datetime(2026, 11, 9, 18, tzinfo=CHICAGO)
