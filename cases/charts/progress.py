"""The progress picture: pain, function and own activities over time, drawn as one SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from xml.sax.saxutils import escape

from cases.charts.picture import (
    FOR_PATIENT,
    FOR_STAFF,
    VISITS,
    Happening,
    Mark,
    Picture,
    Words,
    said,
)
from cases.rules.instruments import INSTRUMENTS
from cases.rules.terms import Instrument

# In units of the drawing, which is as wide as the narrowest phone: text stays legible there.
WIDTH = 320
LEFT, RIGHT = 28, 32
PLOT = 78
LINE = 15  # of text
LETTERS = 50  # of text in one line
SHORTEST_WEEKS = 6
MOST_TICKS = 7
LABELS_APART = 31

# Each at least 3:1 on white and on the dark ground; text takes the colour of the page.
ACCENT = "#0f8496"
ALARM = "#d13438"
CAUTION = "#b06a00"
PAPER, INK = "#ffffff", "#16242a"


@dataclass(frozen=True)
class _Panel:
    heading: str
    lines: tuple[tuple[Instrument, str], ...]


@dataclass(frozen=True)
class _Time:
    """Days across the drawing."""

    start: date
    weeks: int

    def x(self, on: date) -> float:
        part = (on - self.start).days / (7 * self.weeks)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(max(part, 0), 1), 1)

    def reaches(self, on: date) -> bool:
        """Whether the day is in the drawing: one beyond it would be drawn where it is not, and stays with the table."""
        return self.start <= on <= self.start + timedelta(weeks=self.weeks)

    @property
    def ticks(self) -> range:
        step = next(each for each in (1, 2, 4, 8, 13, 26, 52, 104, 520) if self.weeks / each < MOST_TICKS)
        return range(0, self.weeks + 1, step)


def draw(
    picture: Picture,
    *,
    for_patient: bool = False,
    alone: bool = False,
    words: Words | None = None,
    name: str = "progress",
) -> str:
    """The picture as SVG text, to stand in a page or alone.

    for_patient: pain and own activities only, with no mark of what staff noted. alone: on its own paper, for a file or
    an <img>, where no page lends it a colour. name: begins the ids, when a page shows several.
    No style and no script: a strict page takes it as it is.
    """
    words = words or (FOR_PATIENT if for_patient else FOR_STAFF)
    panels = _panels(picture, words, for_patient=for_patient)
    title = words.title.format(reference=picture.reference)
    measured = [on for panel in panels for instrument, _ in panel.lines for on, _ in picture.of(instrument)]
    if not measured:
        body, height, about = _empty(words), LINE * 4, words.nothing
    else:
        marks = () if for_patient else tuple(picture.happenings)
        body, height = _body(picture, panels, _time(picture, measured, marks), marks, words)
        about = " ".join([*(_spoken(picture, panel, words) for panel in panels), words.table_below])
    paper = f'<rect width="{WIDTH}" height="{height}" rx="6" fill="{PAPER}"/>' if alone else ""
    ink = f' color="{INK}"' if alone else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" class="picture"{ink} role="img" '
        f'aria-labelledby="{name}-title {name}-about" font-family="system-ui, sans-serif" font-size="11.5">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-about">{escape(about)}</desc>'
        f'{paper}<g fill="currentColor">{body}</g></svg>'
    )


def _panels(picture: Picture, words: Words, *, for_patient: bool) -> list[_Panel]:
    usual = ((Instrument.NPRS_USUAL, words.usual),) if picture.of(Instrument.NPRS_USUAL) else ()
    panels = [_Panel(words.pain, ((Instrument.NPRS_WORST, words.worst), *usual))]
    if not for_patient:
        panels.append(_Panel(words.function, ((Instrument.AKPS, ""),)))
    return [*panels, _Panel(words.goals, ((Instrument.PSFS, ""),))]


def _spoken(picture: Picture, panel: _Panel, words: Words) -> str:
    instrument, _ = panel.lines[0]
    return f"{panel.heading}. {said(instrument, picture.of(instrument), words)}".rstrip(".") + "."


def _time(picture: Picture, measured: Sequence[date], marks: Sequence[Happening]) -> _Time:
    start = min(measured)
    # What is booked lies ahead and is worth seeing, but no further than the scores reach twice over.
    end = max([picture.today, *measured, *(each.on for each in marks if each.on <= picture.today + timedelta(weeks=4))])
    return _Time(start, max(SHORTEST_WEEKS, -(-(end - start).days // 7)))


def _empty(words: Words) -> str:
    lines = textwrap.wrap(words.nothing, LETTERS)
    return "".join(_text(LEFT, LINE * (place + 1.5), line) for place, line in enumerate(lines))


def _body(
    picture: Picture, panels: Sequence[_Panel], time: _Time, marks: Sequence[Happening], words: Words
) -> tuple[str, int]:
    parts: list[str] = []
    top = 4
    noted = [each for each in marks if each.mark in {Mark.PLAN, Mark.FLAG} and time.reaches(each.on)]
    strip = top
    if noted:
        top += 24
    plans = [time.x(each.on) for each in noted if each.mark is Mark.PLAN]
    for panel in panels:
        drawn, top = _panel(picture, panel, time, top, words, plans)
        parts.append(drawn)
    visits = [each for each in marks if each.mark in VISITS and time.reaches(each.on)]
    if visits:
        parts.append("".join(_visit(time.x(each.on), top, each.mark) for each in visits))
        top += 12
    parts.append(_axis(time, top, words))
    top += 3 * LINE + 4
    parts.append(_swatch(LEFT, top) + _text(LEFT + 20, top, words.band, quiet=True))
    top += LINE
    kinds = [mark for mark in Mark if any(each.mark is mark for each in (*visits, *noted))]
    if kinds:
        parts.append(_legend(kinds, top, words))
        top += LINE
    top -= LINE - 6  # below the last line of text
    return "".join(_noted(noted, time, strip)) + "".join(parts), round(top)


def _panel(
    picture: Picture, panel: _Panel, time: _Time, top: float, words: Words, plans: Sequence[float]
) -> tuple[str, int]:
    """One instrument or two on the same scale: heading, verdict, then the lines over the band.

    plans: where a plan came into force, across.
    """
    parts = [_text(4, top + 12, panel.heading, bold=True)]
    y = top + 12
    first, _ = panel.lines[0]
    row = INSTRUMENTS[first]
    for line in textwrap.wrap(said(first, picture.of(first), words), LETTERS):
        y += LINE
        parts.append(_text(4, y, line))
    given = [(instrument, label, picture.of(instrument)) for instrument, label in panel.lines]
    if not any(scores for _, _, scores in given):
        return "".join(parts), round(y + LINE)
    head = y + 12

    def at(score: float) -> float:
        return round(head + PLOT * (1 - (score - row.low) / (row.high - row.low)), 1)

    right = WIDTH - RIGHT
    for score in (row.low, (row.low + row.high) / 2, row.high):
        parts.append(
            f'<path d="M{LEFT} {at(score)}H{right}" stroke="currentColor" stroke-opacity=".18"/>'
            + _text(LEFT - 5, at(score) + 4, f"{score:g}", quiet=True, anchor="end")
        )
    if given[0][2] and row.important_change is not None:
        parts.append(_band(first, given[0][2][0][1], at))
    for x in plans:
        parts.append(f'<path d="M{x} {head}v{PLOT}" stroke="currentColor" stroke-opacity=".5" stroke-dasharray="2 3"/>')
    for place, (_, _, scores) in reversed(list(enumerate(given))):
        parts.append(_line([(time.x(on), at(score)) for on, score in scores], dashed=place > 0))
    if len(given) > 1:
        parts.append(_key([label for _, label, _ in given], top + 12))
    scores = given[0][2]
    if scores:
        on, latest = scores[-1]
        parts.append(_text(time.x(on) + 7, at(latest) + 4, f"{latest:g}", bold=True))
    if len(scores) > 1:
        # Beside the first point and off the line, which leaves it towards the second one.
        (on, first_score), (_, second) = scores[:2]
        above = at(second) >= at(first_score)
        y_label = at(first_score) + (-7 if above else 16)
        y_label = min(max(y_label, head + 9), head + PLOT - 2)
        parts.append(_text(time.x(on) + 2, y_label, f"{first_score:g}", bold=True))
    return "".join(parts), round(head + PLOT + 20)


def _band(instrument: Instrument, first: float, at: object) -> str:
    """Where a score is too close to the first one to count."""
    row = INSTRUMENTS[instrument]
    change = row.important_change or 0
    high, low = at(min(row.high, first + change)), at(max(row.low, first - change))  # type: ignore[operator]
    return (
        f'<rect x="{LEFT}" y="{high}" width="{WIDTH - LEFT - RIGHT}" height="{round(low - high, 1)}" '
        'fill="currentColor" fill-opacity=".1"/>'
        f'<path d="M{LEFT} {at(first)}H{WIDTH - RIGHT}" stroke="currentColor" stroke-opacity=".5" '  # type: ignore[operator]
        'stroke-dasharray="5 4"/>'
    )


def _line(points: Sequence[tuple[float, float]], *, dashed: bool) -> str:
    if not points:
        return ""
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    if dashed:
        dots = "".join(f'<circle cx="{x}" cy="{y}" r="2.2" fill="none" stroke="currentColor"/>' for x, y in points)
        return f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.2" stroke-dasharray="3 3"/>{dots}'
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3.4" fill="{ACCENT}"/>' for x, y in points)
    return f'<path d="{path}" fill="none" stroke="{ACCENT}" stroke-width="2.4" stroke-linejoin="round"/>{dots}'


def _key(labels: Sequence[str], y: float) -> str:
    """Which line is which, at the right end of the heading's line."""
    x: float = WIDTH - 4
    parts = []
    for place, label in reversed(list(enumerate(labels))):
        parts.append(_text(x, y, label, anchor="end", quiet=True))
        x -= 6.2 * len(label) + 4
        parts.append(_line([(x - 14, y - 4), (x, y - 4)], dashed=place > 0).split("<circle")[0])
        x -= 22
    return "".join(parts)


def _noted(noted: Sequence[Happening], time: _Time, top: float) -> list[str]:
    """Plans and flags over the panels. A label that would lie on another one is left to the table."""
    parts = []
    last = float(-LABELS_APART)
    for each in sorted(noted, key=lambda each: (each.on, each.mark)):
        x = time.x(each.on)
        colour = "currentColor" if each.mark is Mark.PLAN else ALARM if each.grave else CAUTION
        shape = f"M{x} {top + 20}l-4 -7h8z" if each.mark is Mark.PLAN else f"M{x - 4.5} {top + 20}l4.5 -8l4.5 8z"
        parts.append(f'<path d="{shape}" fill="{colour}"><title>{escape(each.label)}</title></path>')
        if x - last >= LABELS_APART:
            anchor = "middle" if LEFT < x < WIDTH - 30 else "start" if x <= LEFT else "end"
            parts.append(_text(x, top + 9, each.label, quiet=True, anchor=anchor, size=10))
            last = x
    return parts


def _visit(x: float, y: float, mark: Mark) -> str:
    if mark is Mark.MISSED:
        return f'<path d="M{x - 3} {y - 3}l6 6m0 -6l-6 6" stroke="{ALARM}" stroke-width="1.8"/>'
    filled = ACCENT if mark is Mark.CAME else "none"
    return f'<circle cx="{x}" cy="{y}" r="3.2" fill="{filled}" stroke="{ACCENT}" stroke-width="1.4"/>'


def _axis(time: _Time, top: float, words: Words) -> str:
    parts = [f'<path d="M{LEFT} {top}H{WIDTH - RIGHT}" stroke="currentColor" stroke-opacity=".6"/>']
    for week in time.ticks:
        x = time.x(time.start + timedelta(weeks=week))
        parts.append(f'<path d="M{x} {top}v4" stroke="currentColor" stroke-opacity=".6"/>')
        parts.append(_text(x, top + LINE, str(week), quiet=True, anchor="middle"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    return "".join(parts) + _text(middle, top + 2 * LINE - 2, words.weeks, quiet=True, anchor="middle")


def _swatch(x: float, y: float) -> str:
    return (
        f'<rect x="{x}" y="{y - 9}" width="14" height="10" fill="currentColor" fill-opacity=".1"/>'
        f'<path d="M{x} {y - 4}h14" stroke="currentColor" stroke-opacity=".5" stroke-dasharray="5 4"/>'
    )


def _legend(kinds: Sequence[Mark], y: float, words: Words) -> str:
    parts, x = [], float(LEFT)
    for mark in kinds:
        middle = x + 5
        if mark in VISITS:
            parts.append(_visit(middle, y - 4, mark))
        elif mark is Mark.PLAN:
            parts.append(f'<path d="M{middle} {y}l-4 -7h8z"/>')
        else:
            parts.append(f'<path d="M{middle - 4.5} {y}l4.5 -8l4.5 8z" fill="{ALARM}"/>')
        parts.append(_text(x + 14, y, words.marks[mark], quiet=True))
        x += 14 + 6.2 * len(words.marks[mark]) + 12
    return "".join(parts)


def _text(
    x: float, y: float, words: str, *, bold: bool = False, quiet: bool = False, anchor: str = "start", size: float = 0
) -> str:
    more = (' font-weight="650"' if bold else "") + (' fill-opacity=".8"' if quiet else "")
    more += f' text-anchor="{anchor}"' if anchor != "start" else ""
    more += f' font-size="{size:g}"' if size else ""
    return f'<text x="{round(x, 1):g}" y="{round(y, 1):g}"{more}>{escape(words)}</text>'
