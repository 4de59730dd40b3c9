"""That a patient has to be told what to do now, and that the page stood on a screen: two rows, each when it is true."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cases.models import Case
from cases.services.events import EventKind, record
from cases.services.locking import locked_case
from cases.services.transactions import one_transaction
from clinic.accounts.models import User

# How we know that it was shown: the page told us by itself, or somebody pressed "I have read this".
PAGE, PRESS = "page", "press"


def note_due(case: Case, *, rules: Iterable[str], now: datetime, **about: int) -> None:
    """Inside the caller's transaction: answers just filed ask for help today, and whoever sent them is told so.

    about: what alarmed, by id: a submission or a check-in.
    """
    record(case, EventKind.SAFETY_TEXT_DUE, by=None, now=now, rules=list(rules), **about)


def is_unseen(case: Case, **about: int) -> bool:
    """Is the text still due: asked for by what alarmed, and on no screen yet?"""
    rows = case.events.filter(details__contains=about)
    kinds = set(rows.filter(kind__in=(EventKind.SAFETY_TEXT_DUE, EventKind.SAFETY_TEXT_SHOWN)).values_list("kind"))
    return kinds == {(EventKind.SAFETY_TEXT_DUE.value,)}


@one_transaction
def note_shown(case: Case, *, how: str, by: User | None, now: datetime, **about: int) -> None:
    """Prove that the text was shown (reference 3.3): once, however often the page is opened.

    how: PAGE or PRESS. by: who typed for a caller; None for the patient's own screen.
    """
    stored = locked_case(case)
    if is_unseen(stored, **about):
        record(stored, EventKind.SAFETY_TEXT_SHOWN, by=by, now=now, how=how, **about)
