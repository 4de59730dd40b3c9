"""S5: the answer after the final dot is lost, a greylist, a line cut at the recipient, and no TLS where it must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from cases.models import Reminder, ReminderAttempt
from tests.faults.invariants import breaches
from tests.faults.planned import all_settled, plan_due
from tests.faults.rig import Rig
from tests.faults.table import size

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
REMINDERS = size(60, 500)


def run(
    rig: Rig, *, reminders: int = REMINDERS, until: Callable[[], bool] = all_settled, **knobs: object
) -> list[dict]:
    """All by e-mail; what arrived."""
    rig.sinks.knobs("email", **knobs)
    Reminder.objects.filter(pk__in=[row.pk for row in plan_due(2 * reminders) if row.channel == "sms"]).delete()
    rig.keep_workers()
    rig.keep_beat()
    assert rig.wait_until(until), "the senders never came"
    return rig.sinks.lines("email")


def results() -> Counter[str]:
    return Counter(ReminderAttempt.objects.values_list("result", flat=True))


def statuses() -> Counter[str]:
    return Counter(Reminder.objects.values_list("status", flat=True))


def test_an_answer_lost_after_the_final_dot_is_one_doubt_and_the_copy_has_the_same_id(rig, tell):
    with rig(lease=60) as ours:
        lines = run(ours, lose_answer=True, share=0.25)

        doubtful = results()["ambiguous"]
        copies = len(lines) - len({line["to"][0] for line in lines})
        tell(
            "S5 answer lost", landed=doubtful, at_least=REMINDERS // 6, figure=f"{copies} copies of {doubtful} in doubt"
        )
        assert breaches(ours.sinks) == []
        assert copies <= doubtful
        assert len({line["key"] for line in lines}) == len({line["to"][0] for line in lines})
        assert set(statuses()) <= {"accepted", "unknown"}


def test_a_greylist_is_waited_for(rig, tell):
    with rig(lease=60) as ours:
        lines = run(ours, greylist=True)

        tell("S5 greylist", landed=results()["retry"], at_least=REMINDERS, figure=f"{len(lines)} of {REMINDERS} sent")
        assert breaches(ours.sinks) == []
        assert results() == {"retry": REMINDERS, "accepted": REMINDERS}
        assert statuses() == {"accepted": REMINDERS}


def test_a_line_cut_at_the_recipient_leaves_no_doubt(rig, tell):
    with rig(lease=60) as ours:
        run(ours, drop_at_recipient=True, share=0.3)

        cut = results()["retry"]
        tell("S5 cut at the recipient", landed=cut, at_least=REMINDERS // 6, figure=f"{cut} cut, all sent once")
        assert breaches(ours.sinks) == []
        assert "ambiguous" not in results()
        assert statuses() == {"accepted": REMINDERS}


@pytest.mark.parametrize("answer", ["", "refused"])
def test_without_tls_nothing_is_said(rig, tell, answer):
    with rig(lease=60, installed={"EMAIL_USE_TLS": True}) as ours:
        lines = run(ours, starttls=answer, reminders=20, until=lambda: results()["retry"] >= 20)

        refused = results()["retry"]
        tell(f"S5 STARTTLS {answer or 'absent'}", landed=refused, at_least=20, figure=f"{len(lines)} went in the clear")
        assert lines == []
        assert len(ours.sinks.channels["email"].arrivals) == 0
        assert statuses() == {"waiting": 20}


def test_falling_back_to_plain_text_is_caught(rig, tell):
    with rig("plain_when_refused", lease=60, installed={"EMAIL_USE_TLS": True}) as sabotaged:
        lines = run(sabotaged, starttls="refused", reminders=5)

        tell("S5 saboteur 1", landed=1, at_least=1, figure=f"{len(lines)} went in the clear: caught")
        assert lines != []


def test_another_message_id_on_the_copy_is_caught(rig, tell):
    with rig("new_key_per_attempt", lease=60) as sabotaged:
        run(sabotaged, lose_answer=True, share=0.5, reminders=20)

        found = [breach for breach in breaches(sabotaged.sinks) if "keys" in breach]
        tell("S5 saboteur 2", landed=results()["ambiguous"], at_least=1, figure=f"{len(found)} under two ids: caught")
        assert found != []
