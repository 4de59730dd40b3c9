"""Every version of the intake form there has been; a draft finishes on the version it was started on.

To change a question, option or condition after release: keep the old object, put the new one beside it, add a
`Questionnaire` with a new version here, and its fingerprint in the test. Stored reports keep their own wording.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from .consent import CONSENT
from .contact import CONTACT
from .definition import Questionnaire
from .goals import GOALS
from .history import HISTORY, HISTORY_DETAILS
from .leg import LEG, STRENGTH
from .load import LOAD
from .needling import NEEDLING, NEEDLING_SAFETY
from .pain import PAIN, TRIGGERS, WHERE, WHERE_2026_11
from .safety import KNEE_SIGNS, MORE_SIGNS, URGENT_SIGNS


class UnknownVersion(LookupError):
    """No questionnaire of that version was ever in use."""


INTAKE_2026_11 = Questionnaire(
    name="intake",
    version="2026.11",
    title=_("Your knee"),
    sections=(
        CONTACT,
        URGENT_SIGNS,
        KNEE_SIGNS,
        WHERE_2026_11,
        MORE_SIGNS,
        PAIN,
        TRIGGERS,
        LOAD,
        LEG,
        STRENGTH,
        HISTORY,
        HISTORY_DETAILS,
        NEEDLING,
        NEEDLING_SAFETY,
        GOALS,
        CONSENT,
    ),
)

# Asks at each place how bad it is and what it feels like.
INTAKE_2026_12 = dataclasses.replace(
    INTAKE_2026_11,
    version="2026.12",
    sections=tuple(WHERE if section is WHERE_2026_11 else section for section in INTAKE_2026_11.sections),
)

# In the order they came; the last one is asked today.
VERSIONS = {each.version: each for each in (INTAKE_2026_11, INTAKE_2026_12)}


def current() -> Questionnaire:
    """What a form started today asks."""
    return next(reversed(VERSIONS.values()))


def version(name: str) -> Questionnaire:
    """The questionnaire a draft was started on. Raises UnknownVersion."""
    try:
        return VERSIONS[name]
    except KeyError:
        raise UnknownVersion(f"There is no questionnaire {name!r}.") from None


@lru_cache(maxsize=16)
def for_known_patient(questionnaire: Questionnaire) -> Questionnaire:
    """The same form without who and how to reach: a link that staff sent binds to a patient already on record.

    A guardian is asked each time, because consent is.
    """
    known = {question.name for question in CONTACT.questions if question.personal}
    sections = (
        dataclasses.replace(section, questions=tuple(each for each in section.questions if each.name not in known))
        for section in questionnaire.sections
    )
    return dataclasses.replace(questionnaire, sections=tuple(section for section in sections if section.questions))
