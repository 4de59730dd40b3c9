"""What happened to a case, said in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.models import CaseEvent, SymptomReport
from cases.rules.terms import CaseStatus, Channel, CloseReason, Instrument, Urgency, VisitStatus
from cases.services.events import EventKind
from cases.services.safety_texts import OFFLINE

_LABELS = dict(EventKind.choices)
_WORDS: dict[str, str] = {
    term.value: term.label
    for terms in (CaseStatus, Urgency, CloseReason, VisitStatus, Channel, Instrument, SymptomReport.Source)
    for term in terms  # type: ignore[attr-defined]
}


@dataclass(frozen=True)
class Happening:
    at: datetime
    what: str
    detail: str
    who: str


def happenings(events: Iterable[CaseEvent], *, clinical: bool) -> list[Happening]:
    return [Happening(event.at, what(event), said(event.details, clinical=clinical), who(event)) for event in events]


def what(event: CaseEvent) -> str:
    return _LABELS.get(event.kind, event.kind.replace("_", " "))


def said(details: Mapping[str, Any], *, clinical: bool) -> str:
    """The details that mean something to people; ids of rows are left out.

    clinical: with what tells of the patient's answers, for those who may read them.
    """
    if not clinical:
        details = {name: value for name, value in details.items() if not _tells(name, value)}
    parts: list[str] = []
    if details.get("rule"):
        parts.append(str(details["rule"]))
    start, end = details.get("start"), details.get("end")
    if isinstance(start, str) and isinstance(end, str):
        parts.append(f"{_word(start)} → {_word(end)}" if start in _WORDS or end in _WORDS else "")
    for name in ("urgency", "level", "status", "channel", "reason", "source", "instrument"):
        value = details.get(name)
        if isinstance(value, str) and value:
            # A telephone is a channel here and a source elsewhere: the two have words of their own.
            parts.append(Channel(value).label if name == "channel" and value in tuple(Channel) else _word(value))
    if isinstance(details.get("fields"), list):
        parts.append(", ".join(str(each).replace("_", " ") for each in details["fields"]))
    if isinstance(details.get("reached"), bool):
        parts.append("reached" if details["reached"] else "not reached")
    if details.get("how") == OFFLINE:
        parts.append(_without_network(details.get("seconds_before")))
    return ", ".join(part for part in parts if part)


def _without_network(seconds: Any) -> str:
    """The phone's own word, and said as such."""
    said = "as the phone says: without a network, by itself"
    return f"{said}, {round(seconds / 60)} min before this" if isinstance(seconds, int) else said


def _tells(name: str, value: Any) -> bool:
    return name in {"rule", "rules", "urgency", "level", "instrument"} or value in tuple(Urgency)


def _word(value: str) -> str:
    return _WORDS.get(value, value.replace("_", " "))


def who(event: CaseEvent) -> str:
    return event.by.name if event.by else "patient or clock"
