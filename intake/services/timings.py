"""How long each question takes, counted without recording who: which question loses people, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db.models import F

from cases.services.transactions import one_transaction
from intake.models import Draft, QuestionTiming
from intake.questionnaire.definition import Section

# Upper ends in seconds; what took longer than the last counts there: the phone was put away.
BUCKETS = (2, 5, 10, 20, 40, 80, 160, 320)
_SAID = re.compile(r"([a-z0-9_]{1,60}):(\d{1,5})")


def device_of(user_agent: str) -> str:
    """A class of device, never the device itself."""
    text = user_agent.casefold()
    if "ipad" in text or "tablet" in text:
        return QuestionTiming.Device.TABLET.value
    is_phone = "mobi" in text or "iphone" in text or "android" in text
    return (QuestionTiming.Device.PHONE if is_phone else QuestionTiming.Device.COMPUTER).value


@one_transaction
def note_seconds(draft: Draft, *, section: Section, said: Sequence[str], device: str) -> None:
    """Add to the counts. The row that grows knows version, language and kind of device, and no draft.

    said: `question:seconds` as the page sends it; what is not of this section is not looked at.
    """
    known = {question.name for question in section.questions}
    found = [match for each in said[: len(known)] if (match := _SAID.fullmatch(each)) and match[1] in known]
    # In one order for everybody: two forms saved at once must not wait for each other in a circle.
    for match in sorted(found, key=lambda each: each[1]):
        seconds = int(match[2])
        row, _made = QuestionTiming.objects.get_or_create(
            question=match[1],
            questionnaire_version=draft.questionnaire_version,
            language=draft.language,
            device=device,
            up_to_seconds=next((most for most in BUCKETS if seconds <= most), BUCKETS[-1]),
        )
        QuestionTiming.objects.filter(pk=row.pk).update(answers=F("answers") + 1)
