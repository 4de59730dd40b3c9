"""That a patient has to be told what to do now, and that it stood on a screen: a row for each, when it is true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from cases.models import Case
from cases.rules.terms import Urgency
from cases.services.events import EventKind, record
from cases.services.locking import locked_case
from cases.services.transactions import one_transaction
from clinic.accounts.models import User

# How we know that it was shown: the page told us by itself, or somebody pressed "I have read this". Or a browser says
# that it had shown it already, while it had no network.
PAGE, PRESS, OFFLINE = "page", "press", "offline"


def note_due(case: Case, *, rules: Iterable[str], now: datetime, **about: int) -> None:
    """Inside the caller's transaction: answers just filed ask for help today, and whoever sent them is told so.

    about: what alarmed, by id: a submission or a check-in.
    """
    record(case, EventKind.SAFETY_TEXT_DUE, by=None, now=now, rules=list(rules), **about)


def is_unseen(case: Case, **about: int) -> bool:
    """Is the text still due: asked for by what alarmed, and on no screen that told us yet?"""
    return _is_due(case, (PAGE, PRESS), about)


@one_transaction
def note_shown(case: Case, *, how: str, by: User | None, now: datetime, **about: int) -> None:
    """Prove that the text was shown (reference 3.3): once, however often the page is opened.

    how: PAGE or PRESS. by: who typed for a caller; None for the patient's own screen.
    """
    stored = locked_case(case)
    if is_unseen(stored, **about):
        record(stored, EventKind.SAFETY_TEXT_SHOWN, by=by, now=now, how=how, **about)


@one_transaction
def note_shown_without_network(
    case: Case, *, level: Urgency, seconds_ago: int | None, since: datetime, now: datetime, **about: int
) -> None:
    """Keep a browser's word that it showed the text by itself, before its answers could reach us: once.

    It is only its word: our own page is still to prove that it was shown (`is_unseen`).
    seconds_ago: by the browser's clock, which may be wrong; kept only if it is not before `since`, when the form was
    begun, and not in the future. None: it could not say.
    """
    stored = locked_case(case)
    if not _is_due(stored, (OFFLINE,), about):
        return
    most = (now - since).total_seconds()
    when = {"seconds_before": seconds_ago} if seconds_ago is not None and 0 <= seconds_ago <= most else {}
    record(stored, EventKind.SAFETY_TEXT_SHOWN, by=None, now=now, how=OFFLINE, level=level.value, **when, **about)


def _is_due(case: Case, ways: tuple[str, ...], about: Mapping[str, int]) -> bool:
    rows = case.events.filter(details__contains=about)
    due = Q(kind=EventKind.SAFETY_TEXT_DUE)
    shown = Q(kind=EventKind.SAFETY_TEXT_SHOWN, details__how__in=ways)
    return set(rows.filter(due | shown).values_list("kind", flat=True)) == {EventKind.SAFETY_TEXT_DUE.value}
