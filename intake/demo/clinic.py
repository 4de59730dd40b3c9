"""The demo's two sites, its staff, and the diary they book visits in."""

from __future__ import annotations

import heapq
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.accounts.models import Membership, Role, Site, User

PASSWORD = "kneecap-demo"  # noqa: S105 - published on purpose; a clinic in production never has these accounts
SLOT = timedelta(minutes=45)
FIRST_SLOT, SLOTS_A_DAY = time(8, 30), 11

# A life: it yields the moment of its next deed and is sent that moment when it has come.
Life = Generator[datetime, datetime, None]


@dataclass
class Clinic:
    """now: the end of the demo's time. Lives wait in `_waiting` for their next moment.

    bouncing, unanswered: e-mail addresses and telephone numbers that reach nobody.
    """

    now: datetime
    riverside: Site
    hilltop: Site
    desk: User
    therapist: User
    second_therapist: User
    hill_therapist: User
    manager: User
    bridge: User
    bouncing: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    _taken: set[tuple[int, datetime]] = field(default_factory=set)
    _waiting: list[tuple[datetime, int, Life]] = field(default_factory=list)
    _begun: int = 0

    # -- time

    def at(self, site: Site, days_ago: int, clock: str) -> datetime:
        """That many days ago on the site's wall clock; of today only what is past."""
        zone = ZoneInfo(site.time_zone)
        day = self.now.astimezone(zone).date() - timedelta(days=days_ago)
        return datetime.combine(day, time.fromisoformat(clock), zone)

    def next_morning(self, site: Site, after: datetime, *, minutes: int = 0) -> datetime:
        """A little after opening on the next working day."""
        zone = ZoneInfo(site.time_zone)
        day = working_day(after.astimezone(zone).date() + timedelta(days=1))
        return datetime.combine(day, site.opens_at, zone) + timedelta(minutes=10 + minutes)

    def slot(self, site: Site, therapist: User, after: datetime, *, days: int) -> datetime:
        """A free time of the therapist on a working day, at least so many days later."""
        day = working_day(after.astimezone(ZoneInfo(site.time_zone)).date() + timedelta(days=days))
        while (found := self._free_on(day, site, therapist, after)) is None:
            day = working_day(day + timedelta(days=1))
        return found

    def slot_today(self, site: Site, therapist: User, *, days: int) -> datetime:
        """A free time today (0) or tomorrow (1), also at a weekend; after `now` where the day is still long enough."""
        day = self.now.astimezone(ZoneInfo(site.time_zone)).date() + timedelta(days=days)
        found = self._free_on(day, site, therapist, self.now) or self._free_on(day, site, therapist, None)
        assert found, "the diary of this therapist is full"
        return found

    def _free_on(self, day: date, site: Site, therapist: User, after: datetime | None) -> datetime | None:
        first = datetime.combine(day, FIRST_SLOT, ZoneInfo(site.time_zone))
        for number in range(SLOTS_A_DAY):
            # Spread over the day: neighbours in the list of patients do not all come at half past eight.
            start = first + SLOT * ((number * 4 + len(self._taken)) % SLOTS_A_DAY)
            if (therapist.pk, start) not in self._taken and (after is None or start > after):
                self._taken.add((therapist.pk, start))
                return start
        return None

    # -- lives

    def begin(self, life: Life) -> None:
        """Let a life run beside the others, in the order of time; what would come after `now` does not happen."""
        self._begun += 1
        moment = next(life, None)
        if moment is not None:
            self._wait(moment, self._begun, life)

    def run(self) -> None:
        while self._waiting:
            moment, order, life = heapq.heappop(self._waiting)
            try:
                self._wait(life.send(moment), order, life)
            except StopIteration:
                continue

    def _wait(self, moment: datetime, order: int, life: Life) -> None:
        if moment <= self.now:
            heapq.heappush(self._waiting, (moment, order, life))
        else:
            life.close()


def working_day(day: date) -> date:
    """The day itself, or the Monday after it."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day


def open_clinic(*, now: datetime) -> Clinic:
    """Two sites and seven accounts: the rows an installer makes before the first patient comes."""
    riverside = Site.objects.create(
        slug="riverside",
        name="Riverside Knee Clinic",
        time_zone="America/Chicago",
        phone="+13125550100",
        urgent_care="Riverside Urgent Care, 1 Harbor Street, +1 312 555 0199",
        opens_at=time(8),
        closes_at=time(18),
        offers_dry_needling=True,
    )
    hilltop = Site.objects.create(
        slug="hilltop",
        name="Hilltop Knee Clinic",
        time_zone="America/Denver",
        phone="+13035550100",
        urgent_care="Hilltop Urgent Care, 9 Summit Road, +1 303 555 0199",
        opens_at=time(7, 30),
        closes_at=time(17, 30),
    )
    both = (riverside, hilltop)
    certified = (now + timedelta(days=400)).date()
    _account("audrey@demo.clinic", "Audrey Auditor", Role.AUDITOR, *both)
    return Clinic(
        now=now,
        riverside=riverside,
        hilltop=hilltop,
        desk=_account("desk@demo.clinic", "Dana Desk", Role.FRONT_DESK, *both),
        therapist=_account("therapist@demo.clinic", "Theo Therapist", Role.THERAPIST, riverside, certified=certified),
        second_therapist=_account(
            "tessa@demo.clinic", "Tessa Therapist", Role.THERAPIST, riverside, certified=certified
        ),
        hill_therapist=_account("hollis@demo.clinic", "Hollis Therapist", Role.THERAPIST, hilltop),
        manager=_account("manager@demo.clinic", "Mara Manager", Role.MANAGER, *both),
        bridge=_account("bridge@demo.clinic", "Records bridge", Role.INTEGRATION, *both),
    )


def _account(email: str, name: str, role: Role, *sites: Site, certified: date | None = None) -> User:
    # A connected system signs in by token only.
    password = None if role is Role.INTEGRATION else PASSWORD
    user = User.objects.create_user(email, password, name=name)
    Membership.objects.bulk_create(
        Membership(user=user, site=site, role=role, needling_certified_until=certified) for site in sites
    )
    return user
