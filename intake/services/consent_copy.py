"""The patient's copy of a signed consent: one PDF, the same bytes from the same signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import override
from fontTools.ttLib import TTFont
from fpdf import FPDF, XPos, YPos
from fpdf.fonts import TTFFont

FONT = Path(__file__).resolve().parent.parent / "fonts" / "DejaVuSans-Text.ttf"
# The box a signature is drawn in, and how wide it stands on paper.
BOX_WIDTH, BOX_HEIGHT = 600, 200
_MM_WIDE = 90
_LINE = 5.5


@dataclass(frozen=True)
class Signed:
    """Everything that stands on the paper. agreed: question and answer, as shown. drawn: "" unless drawn."""

    clinic: str
    title: str
    body: str
    text_version: str
    text_sha256: str
    agreed: Sequence[tuple[str, str]]
    patient: str
    signer: str
    how: str
    relation: str
    assented: bool
    drawn: str
    signed_at: datetime
    time_zone: str
    language: str


def copy_of(signed: Signed) -> bytes:
    """The PDF. Nothing in it depends on anything but `signed` and this program's version."""
    with override(signed.language):
        return _written(signed)


def points_of(drawn: str) -> list[list[tuple[int, int]]]:
    """The strokes of a drawn signature, each a list of points in the box."""
    return [[(int(x), int(y)) for x, y in re.findall(r"(\d+) (\d+)", stroke)] for stroke in drawn.split("M") if stroke]


def _written(signed: Signed) -> bytes:
    page = FPDF(format="letter")
    page.set_margin(20)
    page.set_auto_page_break(True, margin=20)
    # The moment of the signature, not of the printing: otherwise no two would be equal.
    page.set_creation_date(signed.signed_at)
    page.set_producer("Patella")
    page.set_title(signed.title)
    page.set_lang(signed.language)
    page.add_font("Text", fname=FONT)
    page.add_page()
    _say(page, signed.clinic, size=10)
    _say(page, signed.title, size=17, above=2, below=3)
    for paragraph in signed.body.split("\n\n"):
        _say(page, " ".join(paragraph.split()), below=2)
    _say(page, _("What was agreed to"), size=13, above=4, below=1)
    for question, answer in signed.agreed:
        _say(page, f"{question}  {answer}", below=1)
    _say(page, _("Signature"), size=13, above=4, below=1)
    _say(page, _("Patient: %(name)s") % {"name": signed.patient})
    _say(page, _("Signed by: %(name)s") % {"name": signed.signer})
    if signed.relation:
        _say(page, _("For a patient under 18, as: %(relation)s") % {"relation": signed.relation})
    if signed.assented:
        _say(page, _("The patient agreed too."))
    _say(page, _("How: %(how)s") % {"how": signed.how})
    there = signed.signed_at.astimezone(ZoneInfo(signed.time_zone))
    when = f"{there:%Y-%m-%d %H:%M:%S} {signed.time_zone} (UTC{there:%z})"
    _say(page, _("When: %(when)s") % {"when": when})
    if signed.drawn:
        _draw(page, signed.drawn)
    _say(page, _("Text version %(version)s") % {"version": signed.text_version}, size=8, above=6)
    _say(page, f"SHA-256 {signed.text_sha256}", size=8)
    whole = bytes(page.output())
    for font in page.fonts.values():
        if isinstance(font, TTFFont):
            # It reads its letters from the file as they are needed, and would hold it open until somebody tidies up.
            font.ttfont.close()
    return whole


def _say(page: FPDF, text: str, *, size: int = 11, above: float = 0, below: float = 0) -> None:
    page.set_font("Text", size=size)
    page.ln(above)
    page.multi_cell(0, _LINE * size / 11, _printable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.ln(below)


def _printable(text: str) -> str:
    """A letter the font has no shape for is named by its number: a box on paper would say nothing."""
    shapes = _shapes()
    return "".join(letter if ord(letter) in shapes else f"[U+{ord(letter):04X}]" for letter in text)


@lru_cache(maxsize=1)
def _shapes() -> frozenset[int]:
    with TTFont(FONT) as font:
        return frozenset(font.getBestCmap())


def _draw(page: FPDF, drawn: str) -> None:
    scale = _MM_WIDE / BOX_WIDTH
    if page.will_page_break(BOX_HEIGHT * scale + 4):
        page.add_page()
    left, top = page.l_margin, page.get_y() + 2
    page.set_draw_color(160)
    page.rect(left, top, BOX_WIDTH * scale, BOX_HEIGHT * scale)
    page.set_draw_color(0)
    page.set_line_width(0.5)
    for stroke in points_of(drawn):
        page.polyline([(left + x * scale, top + y * scale) for x, y in stroke])
    page.set_y(top + BOX_HEIGHT * scale + 2)
