"""Fills an empty clinic with the demo: everybody's life, side by side, up to now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cases.models import Case
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site
from intake.demo.clinic import Clinic, Life, open_clinic
from intake.demo.messages import calls, sweeps
from intake.demo.stories import Story, Visitor
from intake.demo.visitors import everybody


class NotEmpty(Exception):
    """There is a clinic in this database already."""


@one_transaction
def fill_clinic(*, now: datetime, say: Callable[[str], None]) -> Clinic:
    """The demo clinic, whole or not at all. say: is told of every tenth patient. Raises NotEmpty."""
    if Site.objects.exists() or Case.objects.exists():
        raise NotEmpty("This database holds a clinic already; the demo needs an empty one.")
    clinic = open_clinic(now=now)
    come = 0

    def counted(story: Story, visitor: Visitor) -> Life:
        nonlocal come
        yield visitor.comes_at
        come += 1
        if come % 10 == 0:
            say(f"{come} people have turned to the clinic")
        yield from story(clinic, visitor)

    for story, visitor in everybody(clinic):
        clinic.begin(counted(story, visitor))
    # Begun last: at one and the same moment people act first, and the clock finds what they did.
    clinic.begin(calls(clinic))
    clinic.begin(sweeps(clinic))
    clinic.run()
    return clinic
