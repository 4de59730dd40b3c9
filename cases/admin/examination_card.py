"""What a therapist reads of a case: the examination side by side, the suggestion before and after, the finding."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from cases.admin.answers import Line, as_lines
from cases.models import Case, Examination, Suggestion
from cases.rules.codes import CHECK_FIRST, codes_for
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.exam_tests import BY_FIELD, EXAM, SIDES, TESTS, UNSIDED
from cases.rules.examination import later_over_earlier, said, said_at
from cases.rules.terms import Cause, Confidence, FoundCause, Likelihood

THINK_OF = {row.id: row.think_of for row in DIFFERENTIALS}
MOST_EXAMINATIONS = 20


@dataclass(frozen=True)
class ExamRow:
    """A test with its result on each side, in words; a test of the whole body stands in `whole`."""

    label: str
    left: str
    right: str
    whole: str
    again: bool


def suggestions_of(case: Case) -> dict[str, Any]:
    """The latest suggestion and, where an examination changed it, the one before."""
    rows = list(case.suggestions.order_by("-pk")[:2])
    return {
        "suggestion": _suggestion(rows[0]) if rows else None,
        "suggested_before": _suggestion(rows[1]) if len(rows) > 1 else None,
    }


def examinations_of(case: Case) -> dict[str, Any] | None:
    """What stands after every examination of the case, and who did which; None before the first."""
    rows = list(case.examinations.in_order().select_related("therapist")[:MOST_EXAMINATIONS])
    if not rows:
        return None
    standing = later_over_earlier([row.results for row in rows])
    return {
        "groups": [
            (group.label, [_row(test.id, standing, rows) for test in tests])
            for group, tests in groupby((test for test in TESTS if test.id in standing), key=lambda test: test.group)
        ],
        "rows": rows[::-1],
        "affected": [side for side in SIDES if getattr(case, f"affects_{side}")],
    }


def finding_of(case: Case) -> dict[str, Any] | None:
    found = case.findings.select_related("therapist").order_by("-pk").first()
    if found is None:
        return None
    return {
        "row": found,
        "causes": [FoundCause(each).label for each in found.causes],
        "differential": THINK_OF.get(found.differential, found.differential),
    }


def codes_of(case: Case, finding: dict[str, Any] | None) -> dict[str, Any]:
    """What the case may be coded as now. finding: as `finding_of` gives it."""
    found = {"causes": finding["row"].causes, "differential": finding["row"].differential} if finding else {}
    return {"rows": codes_for(case.knees, **found), "note": CHECK_FIRST}


def _row(id: str, standing: dict[str, Any], rows: list[Examination]) -> ExamRow:
    test, result = next(test for test in TESTS if test.id == id), standing[id]
    words = {place: said_at(test, result, place) for place in test.places}
    times = sum(1 for row in rows if id in row.results)
    return ExamRow(test.label, words.get("left", ""), words.get("right", ""), words.get(UNSIDED, ""), times > 1)


def _suggestion(found: Suggestion) -> dict[str, Any]:
    body = found.body
    mobility = body.get("mobility") or {}
    return {
        "row": found,
        "likelihood": Likelihood(found.likelihood).label,
        "against": body.get("likelihood", {}).get("against", []),
        "causes": [
            {
                "label": Cause(each["cause"]).label,
                "confidence": Confidence(each["confidence"]).label,
                "evidence": [{**line, "lines": _lines(line.get("answers", {}))} for line in each["evidence"]],
            }
            for each in body.get("causes", [])
        ],
        "mobility": [{**line, "lines": _lines(line.get("answers", {}))} for line in mobility.get("evidence", [])]
        if mobility.get("suspected")
        else [],
        "assessed": body.get("causes_assessed", True),
        "ask_next": body.get("ask_next", []),
        "next_test": body.get("next_test"),
        "pointers": body.get("pointers", []),
    }


def _lines(answers: dict[str, Any]) -> list[Line]:
    """Answers by their field; results of the examination as the therapist wrote them, with side and unit."""
    told = as_lines({name: value for name, value in answers.items() if not name.startswith(EXAM)})
    for name, result in answers.items():
        if name in BY_FIELD and isinstance(result, dict):
            label, words = said(BY_FIELD[name].id, result).split(": ", 1)
            told.append(Line(label, words))
    return told
