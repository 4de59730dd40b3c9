"""S2: the message is taken and the answer never comes: who can tell whether it went, and what we do not knowing."""

from __future__ import annotations

from collections import Counter

import pytest

from cases.models import Reminder, ReminderAttempt
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = size(120, 5000)
SHARE = size(0.15, 0.05)
SENDING_SECONDS = size(180, 300)


def run(rig: Rig, *, reminders: int, dedupe: bool) -> None:
    for channel in ("email", "sms"):
        rig.sinks.knobs(channel, hang_after_accept=True, share=SHARE, dedupe=dedupe)
    plan_due(reminders)
    rig.keep_workers()
    rig.keep_beat()
    rig.wait_until(all_settled, seconds=SENDING_SECONDS)


def in_doubt() -> Counter[str]:
    """Turns nobody can be sure of, by channel."""
    attempts = ReminderAttempt.objects.filter(result=ReminderAttempt.Result.AMBIGUOUS)
    return Counter(attempts.values_list("reminder__channel", flat=True))


def copies(rig: Rig, channel: str) -> int:
    lines = rig.sinks.lines(channel)
    return len(lines) - len({line["to"][0] for line in lines})


def test_a_provider_that_knows_our_keys_sends_nothing_twice(rig, tell):
    with rig(lease=20, patience=0.1) as ours:
        run(ours, reminders=REMINDERS, dedupe=True)

        landed = in_doubt().total()
        extra = copies(ours, "email") + copies(ours, "sms")
        tell("S2 with keys", landed=landed, at_least=int(REMINDERS * SHARE / 2), figure=f"{extra} sent twice")
        assert breaches(ours.sinks) == []
        assert extra == 0
        assert set(Reminder.objects.filter(channel="sms").values_list("status", flat=True)) == {"accepted"}


def test_without_keys_no_text_goes_twice_and_people_are_told(rig, tell):
    with rig(lease=20, patience=0.1, keeps_keys=False) as ours:
        run(ours, reminders=REMINDERS, dedupe=False)

        doubt = in_doubt()
        held = Reminder.objects.filter(channel="sms", status="unknown").count()
        mails, texts = copies(ours, "email"), copies(ours, "sms")
        tell(
            "S2 without keys",
            landed=doubt.total(),
            at_least=int(REMINDERS * SHARE / 2),
            figure=f"{mails} e-mails twice of {doubt['email']} in doubt, {texts} texts twice, {held} held for a person",
        )
        assert breaches(ours.sinks) == []
        assert mails <= doubt["email"]
        assert (texts, held) == (0, doubt["sms"])


def test_a_new_key_for_each_try_is_caught(rig, tell):
    with rig("a_new_key_is_a_new_message", lease=20, patience=0.1) as sabotaged:
        run(sabotaged, reminders=30, dedupe=True)

        found = [breach for breach in breaches(sabotaged.sinks) if "keys" in breach or "times" in breach]
        tell("S2 saboteur 1", landed=in_doubt().total(), at_least=1, figure=f"{len(found)} sent twice: caught")
        assert found != []


def test_taking_silence_for_a_no_is_caught(rig, tell):
    with rig("nobody_was_unsure", lease=20, patience=0.1, keeps_keys=False) as sabotaged:
        run(sabotaged, reminders=30, dedupe=False)

        found = [breach for breach in breaches(sabotaged.sinks) if "times" in breach]
        tell("S2 saboteur 2", landed=len(sabotaged.sinks.lines()), at_least=30, figure=f"{len(found)} twice: caught")
        assert found != []
