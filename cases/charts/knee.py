"""The knee drawn: for the form to press on, and for the record, the API and print to show again what was pressed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

from cases.rules.knee_map import LINES, NOT_DRAWN, View, is_mirrored, outline, regions_of

WIDTH, TOP, HEIGHT = 124, 36, 226
# For a drawing that no stylesheet dresses; both at least 3:1 on white and on the dark ground.
HURTS, LINE, LEG = "#d13438", "#6d7f86", "none"
ON_HURTS = "#ffffff"
_LINE_HEIGHT = 16
_MIRROR = f' transform="translate({WIDTH} 0) scale(-1 1)"'
ENGLISH: Mapping[View, str] = {
    View.FRONT: "Front",
    View.BACK: "Back",
    View.INNER: "Inner side",
    View.OUTER: "Outer side",
}


def draw_view(view: View, side: str, *, title: str, labels: Mapping[str, str]) -> str:
    """One view of the "left" or "right" knee to press on; the page's stylesheet colours it.

    Each place is a box to tick, for a finger, a key and a screen reader alike.
    title: of the view. labels: words of each place.
    """
    return (
        f'<svg class="knee" viewBox="0 {TOP} {WIDTH} {HEIGHT}" focusable="false" role="group"'
        f' aria-label="{escape(title)}">{_leg(view, side, (), labels, to_press=True)}</svg>'
    )


def draw(
    side: str,
    hurting: Collection[str],
    *,
    said: str = "",
    by_place: Mapping[str, int] | None = None,
    by_place_said: Sequence[str] = (),
    name: str = "knee",
) -> str:
    """All four views beside each other, the places of `hurting` marked and named in the description.

    side: "left", "right" or "both"; places are told once for both knees.
    said: the places in the words the patient saw; made from their names where none were kept.
    by_place: how bad it is there, 0-10, where the patient told. by_place_said: the same in words, with what it feels
        like, a line for each place.
    name: of this drawing on its page.
    """
    which = f"{side} knees" if side == "both" else f"{side} knee"
    labels = {place: place.replace("_", " ") for place in hurting}
    named = said or ", ".join(labels.values()) or "nowhere"
    beside = sorted(set(hurting) & NOT_DRAWN)
    also = ", ".join(labels[place] for place in beside)
    pieces = [
        f'<g transform="translate({number * WIDTH} {-TOP})">{_leg(view, side, hurting, labels, name)}'
        f"{_numbers(view, side, by_place or {})}"
        f'<text x="{WIDTH // 2}" y="{TOP + HEIGHT + 13}" text-anchor="middle" font-size="12" fill="currentColor">'
        f"{ENGLISH[view]}</text></g>"
        for number, view in enumerate(View)
    ]
    lines = [f"Also: {also}"] if also else []
    lines += by_place_said
    pieces += [
        f'<text x="4" y="{HEIGHT + _LINE_HEIGHT * place - 4}" font-size="12" fill="currentColor">{escape(line)}</text>'
        for place, line in enumerate(lines, start=2)
    ]
    width, height = WIDTH * len(View), HEIGHT + _LINE_HEIGHT * (1 + len(lines))
    told = "; ".join([named, *by_place_said])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="knee-replay" viewBox="0 0 {width} {height}" role="img"'
        f' aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">Map of the {which}</title>'
        f'<desc id="{name}-desc">It hurts here: {escape(told)}</desc>{"".join(pieces)}</svg>'
    )


def replay(answers: Mapping[str, Any], wording: Sequence[Mapping[str, Any]], *, name: str = "knee") -> str:
    """The map as a report told it: its answers, and what the patient read when answering."""
    said = {each["name"]: str(each["answer_label"]) for each in wording}
    by_place = answers.get("pain_by_place") or {}
    return draw(
        answers.get("knee_side") or "right",
        answers.get("pain_location") or (),
        said=said.get("pain_location", ""),
        by_place={place: told["strength"] for place, told in by_place.items() if "strength" in told},
        by_place_said=said.get("pain_by_place", "").splitlines() if by_place else (),
        name=name,
    )


def _leg(
    view: View,
    side: str,
    hurting: Collection[str],
    labels: Mapping[str, str],
    name: str = "leg",
    *,
    to_press: bool = False,
) -> str:
    clip = f"{name}-{side}-{view}"
    turned = is_mirrored(view, side)
    # The back is drawn on the front's outline, turned round; its places are written as they are seen.
    edge = f'd="{outline(view)}"{_MIRROR if turned != (view is View.BACK) else ""}'
    box = ' role="checkbox" tabindex="-1" aria-checked="false"' if to_press else ""
    places = "".join(
        f'<path{box} class="place{" hurts" if (marked := _is_marked(region.value, hurting)) else ""}"'
        f' data-place="{region.value}" data-region="{region.id}" d="{region.path}" fill="{HURTS if marked else LEG}"'
        f' stroke="{LINE}" stroke-width=".6" stroke-dasharray="2.5 2.5">'
        f"<title>{escape(labels.get(region.value, region.value))}</title></path>"
        for region in regions_of(view)
    )
    return (
        f'<clipPath id="{clip}"><path {edge}/></clipPath><g clip-path="url(#{clip})">'
        f'<path class="leg" {edge} fill="{LEG}"/><g{_MIRROR if turned else ""}>{places}</g></g>'
        f'<path class="edge" {edge} fill="none" stroke="currentColor" stroke-width="1.6"/>'
        f'<path class="line" d="{LINES[view]}"{_MIRROR if turned else ""} fill="none" stroke="{LINE}"/>'
    )


def _numbers(view: View, side: str, by_place: Mapping[str, int]) -> str:
    """The strength at each place drawn; beside the mirrored shapes, so that no digit is turned."""
    turned = is_mirrored(view, side)
    return "".join(
        f'<text class="strength" x="{WIDTH - region.at[0] if turned else region.at[0]}" y="{region.at[1] + 4}"'
        f' text-anchor="middle" font-size="12" font-weight="700" fill="{ON_HURTS}" stroke="{HURTS}" stroke-width="3"'
        f' paint-order="stroke">{by_place[region.value]}</text>'
        for region in regions_of(view)
        if region.value in by_place
    )


def _is_marked(place: str, hurting: Collection[str]) -> bool:
    return place in hurting or "whole_knee" in hurting
