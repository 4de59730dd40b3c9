"""What a site decides about its messages, and what holds where it has decided nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from cases.rules.quiet_hours import DEFAULT as SANE_HOURS
from cases.rules.quiet_hours import Window
from cases.rules.terms import Language, MessageKind, Purpose


@dataclass(frozen=True)
class Settings:
    """hour: when messages are due, on the patient's wall. cap_per_week: most messages to one patient in 7 days [G].

    repeat_after_days, call_after_days: after the check-in was due; reference 11 says one message, one repeat after 3
    days, then the staff's list; the list after as many days again [G].
    form_repeat_days: after a form was sent and not used [G]. nudge_every_days: while a plan runs [G].
    """

    kinds_off: frozenset[MessageKind] = frozenset()
    hour: time = time(10)
    window: Window = SANE_HOURS
    cap_per_week: int = 4
    rest_check_days: int = 4
    repeat_after_days: int = 3
    call_after_days: int = 6
    form_repeat_days: int = 2
    nudge_every_days: int = 14
    languages: tuple[str, ...] = tuple(language.value for language in Language)
    sms_allowed: bool = True


DEFAULT = Settings()

# What a kind is for, so that who stops one purpose keeps the other.
PURPOSE: dict[MessageKind, Purpose] = {
    MessageKind.CHECK_IN: Purpose.FOLLOW_UP,
    MessageKind.CHECK_IN_REPEAT: Purpose.FOLLOW_UP,
    MessageKind.CHECK_IN_CALL: Purpose.FOLLOW_UP,
    MessageKind.WEEKLY_CHECK_IN: Purpose.FOLLOW_UP,
    MessageKind.NEEDLING_CHECK: Purpose.FOLLOW_UP,
    MessageKind.AFTER_DISCHARGE: Purpose.FOLLOW_UP,
    MessageKind.NUDGE: Purpose.FOLLOW_UP,
    MessageKind.VISIT: Purpose.VISITS,
    MessageKind.MISSED_VISIT: Purpose.VISITS,
    MessageKind.OFF_PLAN: Purpose.VISITS,
    MessageKind.FORM: Purpose.VISITS,
    MessageKind.FORM_REPEAT: Purpose.VISITS,
    MessageKind.OWN_PAGE: Purpose.VISITS,
}
# Sent by staff because the patient asked: silence on consent is not a no.
ASKED_FOR = frozenset({MessageKind.FORM, MessageKind.FORM_REPEAT, MessageKind.OWN_PAGE})
# A few taps a week, a word of encouragement: no reason for anybody to telephone [G].
NEVER_TELEPHONED = frozenset({MessageKind.WEEKLY_CHECK_IN, MessageKind.NUDGE})
# Useless or dangerous when late: they go over the weekly cap and on days when the site is closed.
IMPORTANT = frozenset({MessageKind.VISIT, MessageKind.NEEDLING_CHECK})
