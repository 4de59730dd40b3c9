"""What patients read about safety: complete, fillable, and silent about causes."""

from __future__ import annotations

import string

import pytest

from cases.rules.terms import Cause, Urgency
from cases.rules.triage import RED_FLAGS
from cases.rules.wording import (
    EMERGENCY,
    PATIENT_TEXTS,
    SAFETY_NET,
    SAME_DAY_CLOSED,
    SAME_DAY_NOT_FILED,
    SAME_DAY_OFFLINE,
    patient_texts,
)

TEXTS = [*PATIENT_TEXTS.values(), SAME_DAY_CLOSED, SAME_DAY_NOT_FILED, SAME_DAY_OFFLINE]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.key)
def test_the_placeholders_are_those_declared(text):
    found = tuple(name for _, name, _, _ in string.Formatter().parse(text.text) if name)

    assert found == text.needs


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.key)
def test_no_text_names_a_cause_or_a_suspicion(text):
    spoken = text.text.casefold()
    names = [cause.label for cause in Cause] + ["patellofemoral", "PFP", "imbalance", "overuse", "dysfunction"]
    suspicions = [part for flag in RED_FLAGS for part in flag.suspicion.split(", ")]

    assert [name for name in [*names, *suspicions] if name.casefold() in spoken] == []


def test_every_urgency_has_its_text():
    assert set(PATIENT_TEXTS) == set(Urgency)


def test_the_safety_net_goes_with_everything_but_an_emergency():
    assert patient_texts(Urgency.EMERGENCY) == (EMERGENCY,)
    assert patient_texts(Urgency.ROUTINE) == (SAFETY_NET,)
    for urgency in (Urgency.SAME_DAY, Urgency.CLINICIAN_REVIEW):
        assert patient_texts(urgency) == (PATIENT_TEXTS[urgency], SAFETY_NET)
