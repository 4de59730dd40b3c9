"""The red flags that stop the form, as data: a browser without a network decides them by itself (rules.js)."""

from __future__ import annotations

from typing import Any

from cases.rules.load_history import IMPACT, INCREASES
from cases.rules.measures import HISTORY_ITEMS
from cases.rules.terms import STOPPING, URGENCY_ORDER
from cases.rules.triage import RED_FLAGS


def alarms() -> dict[str, Any]:
    """Every emergency and same-day row of `triage`, in words a browser understands.

    rules: id, level and the condition as data; never the suspicion, which is for staff. levels: the worst first.
    history, impact, increases: what the measures these rows read are worked out from.
    """
    return {
        "rules": [
            {"id": flag.id, "level": flag.level.value, "when": flag.when.as_data()}
            for flag in RED_FLAGS
            if flag.level in STOPPING
        ],
        "levels": [level.value for level in reversed(URGENCY_ORDER) if level in STOPPING],
        "history": list(HISTORY_ITEMS),
        "impact": list(IMPACT),
        "increases": list(INCREASES),
    }
