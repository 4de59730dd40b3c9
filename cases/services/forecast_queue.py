"""What becomes of each message, moment by moment: planned in memory, and claimed by the rules of every claim."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cases.models import Case, Reminder
from cases.rules.sending import Hold, Why
from cases.rules.terms import Channel, MessageKind
from cases.rules.wall_clock import zone_of
from cases.services.check_in_plan import arrange_check_ins
from cases.services.forecast_stored import Stored
from cases.services.foreseen import Foreseen, Outcome
from cases.services.planned_messages import changes_of, subject_of
from cases.services.verdicts import NO_PAST, Ground, Past, sort_rows


@dataclass
class Waiting:
    """One row in the queue. look_at: when a claim next takes it. due_at: before any closed day moved it."""

    row: Reminder
    due_at: datetime
    look_at: datetime
    past: Past = NO_PAST
    held: list[str] = field(default_factory=list)


class Queue:
    """The rows of every case as planning leaves them, and claims that follow one another."""

    def __init__(self, stored: Stored, *, now: datetime, until: datetime) -> None:
        self.stored, self.now, self.until = stored, now, until
        self.waiting: dict[UUID, Waiting] = {}
        self.found: list[Foreseen] = []

    def plan(self, case: Case) -> None:
        """Bring the case into line as `plan_for_case` would now, in memory alone."""
        stored = self.stored
        schedule = stored.schedule(case)
        kept = stored.check_ins.get(case.pk, [])
        arranged = arrange_check_ins(case, schedule.check_ins, stored=kept, now=self.now)
        check_ins = {each.pk: each for each in kept}
        rows = stored.rows.get(case.pk, [])
        for row in rows:
            row.case, row.patient = case, case.patient
            # The row's check-in is the one that was just arranged, not another reading of it.
            row.check_in = check_ins.get(row.check_in_id) if row.check_in_id else None
        changes = changes_of(case, schedule, existing=rows, check_ins=arranged.all, now=self.now)
        gone = {row.pk for taken in changes.taken_back.values() for row in taken}
        for reason, taken in changes.taken_back.items():
            # Another channel's row stands in the list instead.
            if reason not in {Why.OTHER_CHANNEL, Why.NO_CONSENT}:
                for row in taken:
                    self._left_out(row, reason.value)
        moved = {each.subject: each.moved_from for each in schedule.messages if each.moved_from}
        for row in (*rows, *changes.made):
            if row.status == Reminder.Status.WAITING and row.pk not in gone:
                self.add(row, moved_from=moved.get(subject_of(row)))
            elif row.status == Reminder.Status.SUPPRESSED and row.reason == Why.STOPPED_BY_STAFF:
                self._left_out(row, row.reason)
        listed = {each.subject for each in self.found}
        said = {subject_of(row) for row in rows if row.status not in {"waiting", "suppressed"}}
        zone = zone_of(case.patient.time_zone, case.patient.site.time_zone).key
        for each in schedule.left_out:
            is_near = each.expires_at > self.now and each.due_at < self.until
            if is_near and each.subject not in said | listed:
                at = max(each.due_at, self.now)
                about: dict[str, Any] = {"about": case.reference, "case_id": case.pk, "subject": each.subject}
                self.found.append(
                    Foreseen(
                        at,
                        each.due_at,
                        zone,
                        **about,
                        kind=each.kind,
                        channel=None,
                        outcome=Outcome.NOT_SENT,
                        why=each.why,
                    )
                )

    def add(self, row: Reminder, *, moved_from: datetime | None = None) -> None:
        held = [Hold.CLOSED_DAY.value] if moved_from else []
        past = self.stored.past.get(row.pk, NO_PAST)
        # What a sender has in hand is taken when its lease is over.
        look_at = max(row.try_at, row.leased_until or row.try_at, self.now)
        self.waiting[row.pk] = Waiting(row, moved_from or row.due_at, look_at, past, held)

    def run(self) -> list[Foreseen]:
        heap: list[tuple[datetime, str, UUID]] = []
        for pk, each in self.waiting.items():
            if each.row.channel == Channel.PHONE.value:
                self._call(each)
            elif self.stored.is_paused:
                self._waits(each, Hold.PAUSED)
            else:
                heapq.heappush(heap, (each.look_at, each.row.dedupe_key, pk))
        while heap and heap[0][0] < self.until:
            now = heap[0][0]
            taken = []
            while heap and heap[0][0] == now:
                taken.append(self.waiting[heapq.heappop(heap)[2]])
            for again in self._claim(taken, now=now):
                heapq.heappush(heap, (again.look_at, again.row.dedupe_key, again.row.pk))
        for _, _, pk in heap:
            self._waits(self.waiting[pk], "")
        return self.found

    def _claim(self, taken: Sequence[Waiting], *, now: datetime) -> list[Waiting]:
        """One claim at that moment; those to be looked at once more."""
        taken = sorted(taken, key=lambda each: (each.row.try_at, each.row.dedupe_key))
        ground = Ground(now, self.stored.opened)
        rows = [self.stored.due(each.row, now=now) for each in taken]
        verdicts = sort_rows(rows, {each.row.pk: each.past for each in taken}, ground)
        for due, _ in verdicts.ready:
            self.stored.said.setdefault(due.patient_id, []).append(now)
            self.stored.in_hand.get(due.patient_id, {}).pop(due.id, None)
            self._tell(self.waiting[due.id], now, Outcome.GOES)
        for (status, reason), ids in verdicts.settled.items():
            for pk in ids:
                each = self.waiting[pk]
                # Nobody was too late: it was held until its time was over.
                why = f"{reason}: {each.held[-1]}" if status == Reminder.Status.EXPIRED and each.held else reason
                self._tell(each, now, Outcome.NOT_SENT, why)
        later = []
        for (try_at, why), ids in verdicts.later.items():
            for pk in ids:
                each = self.waiting[pk]
                if why and why not in each.held:
                    each.held.append(str(why))
                each.look_at = self._unpaused(each, now) if why == Hold.PAUSED else try_at
                each.row.try_at, each.row.leased_until = each.look_at, None
                each.past = replace(each.past, unstarted=False, interrupted=False) if each.past.doubtful else NO_PAST
                later.append(each)
        return later

    def _unpaused(self, each: Waiting, now: datetime) -> datetime:
        """Nobody resumes it, so that looking every few minutes finds the same until something runs out."""
        link = each.row.check_in.link if each.row.check_in else each.row.link
        return link.expires_at if link and now < link.expires_at < each.row.expires_at else each.row.expires_at

    def _call(self, each: Waiting) -> None:
        if each.row.expires_at > self.now and each.due_at < self.until:
            self._tell(each, max(each.row.due_at, self.now), Outcome.CALL)

    def _waits(self, each: Waiting, why: str) -> None:
        if each.row.due_at < self.until:
            self._tell(each, each.look_at, Outcome.WAITS, str(why or (each.held[-1] if each.held else "")))

    def _left_out(self, row: Reminder, why: str) -> None:
        if row.expires_at > self.now and row.due_at < self.until:
            each = Waiting(row, row.due_at, max(row.due_at, self.now))
            self._tell(each, each.look_at, Outcome.NOT_SENT, why)

    def _tell(self, each: Waiting, at: datetime, outcome: Outcome, why: str = "") -> None:
        row = each.row
        self.found.append(
            Foreseen(
                at=at,
                due_at=each.due_at,
                zone=zone_of(row.patient.time_zone, row.patient.site.time_zone).key,
                about=row.case.reference if row.case else row.patient.reference,
                case_id=row.case_id,
                subject=subject_of(row),
                kind=MessageKind(row.kind),
                channel=Channel(row.channel),
                outcome=outcome,
                why=why,
                held=tuple(each.held),
                reminder=None if row._state.adding else row.pk,
            )
        )
