"""Sending what is due: claim, begin, send, mark, until nothing is left or the time is up."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cases.messages.render import render
from cases.messages.results import Outcome, Sent
from cases.messages.send import CHANNELS, send
from cases.models import Heartbeat
from cases.rules.terms import Channel
from cases.services import contact, gate, sent_log
from cases.services.claims import BATCH, claim_due
from cases.services.gate import HEARTBEAT
from cases.services.turns import Turn, database_now, give_back, mark, start

log = logging.getLogger(__name__)

# Conversations at a time on each channel. They touch no database: one process needs one connection, however many it
# sends at once.
SENDERS = 16
LONGEST_DRAIN = timedelta(seconds=20)
# With the longest send on top this ends before the task's soft limit; what is left is given back.
LAST_START = timedelta(seconds=45)
# A provider that takes only so many in a second has room for more after this.
SECONDS_FOR_TOKENS = 0.2
# How long a channel that is done waits for the others, before it looks for more of its own.
SECONDS_FOR_THE_OTHERS = 1.0
# What finished in this time is marked together, in one statement.
SECONDS_TO_GATHER = 0.05


@dataclass
class Tally:
    """What one drain did."""

    met: int = 0
    begun: int = 0
    marked: int = 0


def dispatch_due(*, clock: Callable[[], datetime] = database_now, limit: int = BATCH) -> Tally:
    """Send everything that is due, in batches, for at most LONGEST_DRAIN; safe to run many at a time.

    clock: the database's, because workers' own clocks differ; a test passes the moment it wants.
    """
    tally = Tally()
    begun_at = time.monotonic()
    end = begun_at + LONGEST_DRAIN.total_seconds()
    last_start = begun_at + LAST_START.total_seconds()
    has_beaten = False
    with ThreadPoolExecutor(max_workers=SENDERS * len(CHANNELS), thread_name_prefix="sender") as pool:
        hands = _Hands(pool, tally, last_start=last_start, clock=clock)
        while time.monotonic() < end:
            turns, met = claim_due(now=clock(), limit=limit)
            tally.met += met
            if not has_beaten:
                # Not before the first claim: it may find that this is a copy, which is as old as its last sign of life.
                beat(now=clock())
                has_beaten = True
            hands.take(turns)
            hands.work(limit=limit)
            if met == 0:
                if not gate.is_throttled(now=clock()):
                    break
                time.sleep(SECONDS_FOR_TOKENS)
    beat(now=clock())
    return tally


def beat(*, now: datetime) -> None:
    """Leave a sign of life for the readiness check."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=HEARTBEAT, beat_at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at"],
    )


class _Hands:
    """The senders of one drain: each channel has its own, so that a silent provider holds up itself alone."""

    def __init__(
        self, pool: ThreadPoolExecutor, tally: Tally, *, last_start: float, clock: Callable[[], datetime]
    ) -> None:
        self._pool, self._tally, self._last_start, self._clock = pool, tally, last_start, clock
        self._left: list[Turn] = []
        self._running: dict[Future[Sent], Turn] = {}

    def take(self, turns: Sequence[Turn]) -> None:
        self._left += turns

    def work(self, *, limit: int) -> None:
        """Begin and send what was taken, mark what is done, until all is; none begins before it can be sent.

        A channel that is done while another has long been busy goes on with what else is due there.
        """
        look_at = time.monotonic() + SECONDS_FOR_THE_OTHERS
        while self._left or self._running:
            batch = self._next_batch()
            if batch:
                begun = self._begin(batch)
                self._running |= {self._pool.submit(deliver, turn): turn for turn in begun}
            done, _ = wait(self._running, timeout=SECONDS_TO_GATHER)
            if done:
                self._finish([(self._running.pop(each), each.result()) for each in done])
            if look_at <= time.monotonic() < self._last_start:
                look_at = time.monotonic() + SECONDS_FOR_THE_OTHERS
                self._look_for_the_idle(limit)

    def _begin(self, batch: Sequence[Turn]) -> list[Turn]:
        now = self._clock()
        begun = start(batch, now=now)
        self._tally.begun += len(begun)
        if len(begun) < len(batch):
            # What speaks against them now is for the next claim to say: left in hand, they would wait for their lease.
            going = {turn.reminder_id for turn in begun}
            give_back([turn for turn in batch if turn.reminder_id not in going], now=now)
        return begun

    def _next_batch(self) -> list[Turn]:
        if time.monotonic() >= self._last_start:
            self._let_go({turn.channel for turn in self._left})
        busy = Counter(turn.channel for turn in self._running.values())
        batch, left = [], []
        for turn in self._left:
            if busy[turn.channel] < SENDERS:
                busy[turn.channel] += 1
                batch.append(turn)
            else:
                left.append(turn)
        self._left = left
        return batch

    def _look_for_the_idle(self, limit: int) -> None:
        busy = {turn.channel for turn in (*self._left, *self._running.values())}
        idle = CHANNELS.keys() - busy
        if busy and idle:
            turns, met = claim_due(now=self._clock(), limit=limit, channels=idle)
            self._tally.met += met
            self.take(turns)

    def _finish(self, results: Sequence[tuple[Turn, Sent]]) -> None:
        self._tally.marked += _record(results, now=self._clock())
        # Who asked to be left alone is not asked a hundred times more.
        self._let_go({turn.channel for turn, sent in results if sent.outcome is Outcome.RETRY and sent.wait})

    def _let_go(self, channels: Collection[Channel]) -> None:
        given = [turn for turn in self._left if turn.channel in channels]
        if given:
            self._left = [turn for turn in self._left if turn.channel not in channels]
            give_back(given, now=self._clock())


def _record(results: Sequence[tuple[Turn, Sent]], *, now: datetime) -> int:
    """Outside the database first, then in it, and then what follows for the provider and the address."""
    for outcome, perhaps in ((Outcome.ACCEPTED, False), (Outcome.AMBIGUOUS, True)):
        sent_log.append(
            (turn.reminder_id for turn, sent in results if sent.outcome is outcome), now=now, perhaps=perhaps
        )
    marked = mark(results, now=now)
    for turn, sent in results:
        if sent.outcome is Outcome.RETRY and sent.wait is not None:
            gate.leave_alone(turn.channel, until=now + sent.wait, now=now)
        elif sent.outcome is Outcome.REFUSED and sent.wrong_address and not turn.doubtful:
            # A refusal for any other reason leaves the address alone: the message failed, and a person telephones.
            contact.note_refusal(turn.reminder_id, detail=sent.detail, now=now)
    return marked


def deliver(turn: Turn) -> Sent:
    """Render and send one message, in a thread of its own."""
    try:
        message = render(
            key=str(turn.reminder_id),
            kind=turn.kind,
            channel=turn.channel,
            to=turn.to,
            language=turn.language,
            clinic=turn.clinic,
            phone=turn.phone,
            address=turn.address,
            stop_address=turn.stop_address,
            own=turn.own,
        )
    except Exception:
        # A template that does not render is our mistake: nothing was sent, and the others must go on.
        log.exception("reminder %s cannot be rendered", turn.reminder_id)
        return Sent(Outcome.RETRY, "the message could not be rendered")
    try:
        return replace(send(message), words=message.words)
    except Exception as error:
        # Ours again, and here nobody can say how far it came. Not its text: that may hold an address.
        log.error("reminder %s: sending ended in an unforeseen %s", turn.reminder_id, type(error).__name__)
        return Sent(Outcome.AMBIGUOUS, f"unforeseen: {type(error).__name__}")
