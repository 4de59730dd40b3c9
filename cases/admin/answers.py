"""A report's answers as people read them: the words the patient saw where we kept them, else the fields' names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.safestring import mark_safe

from cases.charts.knee import replay
from cases.models import Case, Flag, SymptomReport


@dataclass(frozen=True)
class Line:
    question: str
    answer: str
    blank: bool = False


@dataclass(frozen=True)
class ShownReport:
    """One report with its answers by section, as the patient saw them. knee: the map pressed again, as SVG."""

    report: SymptomReport
    sections: list[tuple[str, list[Line]]]
    knee: str = ""


def reports_of(case: Case) -> tuple[list[ShownReport], dict[int, dict[str, Line]]]:
    """The reports, newest first, and for each report's id its lines by field."""
    reports = list(case.reports.select_related("recorded_by").order_by("-reported_at", "-pk")[:20])
    shown: list[ShownReport] = []
    by_field: dict[int, dict[str, Line]] = {}
    for report in reports:
        lines = {entry["name"]: _line(entry) for entry in report.wording}
        asked = set(lines)
        for name, value in report.answers.items():
            lines.setdefault(name, Line(_field(name), _plain(value)))
        by_field[report.pk] = lines
        # A check-in is filed together with what the intake said for good: that stands with the intake already.
        own = lines if report.source != SymptomReport.Source.CHECK_IN else {name: lines[name] for name in asked}
        shown.append(ShownReport(report, _sections(report.wording, own), _knee(report)))
    return shown, by_field


def knee_of(case: Case) -> tuple[str, str]:
    """The map of the latest form that told where it hurts, and the places in the words the patient saw; or "", ""."""
    told = case.reports.exclude(source=SymptomReport.Source.CHECK_IN).filter(answers__has_key="pain_location")
    report = told.order_by("-reported_at", "-pk").first()
    if report is None:
        return "", ""
    said = next((str(entry["answer_label"]) for entry in report.wording if entry["name"] == "pain_location"), "")
    return _knee(report), said


def _knee(report: SymptomReport) -> str:
    """The places that hurt on the drawing of the knee; "" where none was told in this report."""
    if report.source == SymptomReport.Source.CHECK_IN or not report.answers.get("pain_location"):
        return ""
    # Made of our own table and escaped labels only.
    return mark_safe(replay(report.answers, report.wording, name=f"knee-{report.pk}"))  # noqa: S308


def quoted(flag: Flag, by_field: Mapping[int, Mapping[str, Line]]) -> list[Line]:
    """The answers that raised a flag, in the patient's words."""
    lines = by_field.get(flag.report_id, {})
    found: dict[str, Line] = {}
    for name, value in (flag.answers or {}).items():
        whole = name.split(".")[0].split("[")[0]
        found[whole] = lines.get(whole) or Line(_field(name), _plain(value))
    return list(found.values())


def as_lines(answers: Mapping[str, Any]) -> list[Line]:
    return [Line(_field(name), _plain(value)) for name, value in answers.items()]


def _line(entry: Mapping[str, Any]) -> Line:
    return Line(str(entry["text"]), str(entry["answer_label"]), blank=entry.get("answer") is None)


def _sections(entries: Sequence[Mapping[str, Any]], lines: Mapping[str, Line]) -> list[tuple[str, list[Line]]]:
    sections = [
        (str(title), [lines[entry["name"]] for entry in group])
        for title, group in groupby(entries, key=lambda entry: entry.get("section", ""))
    ]
    worded = {entry["name"] for entry in entries}
    rest = [line for name, line in lines.items() if name not in worded]
    return [*sections, *([("Also stored" if sections else "Answers", rest)] if rest else [])]


def _field(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


def _plain(value: Any) -> str:
    match value:
        case None | "":
            return "left blank"
        case bool():
            return "yes" if value else "no"
        case str():
            return value.replace("_", " ")
        case Mapping():
            return ", ".join(f"{_field(str(key)).lower()} {_plain(each)}" for key, each in value.items())
        case Sequence():
            return "; ".join(_plain(each) for each in value) or "none"
    return str(value)
