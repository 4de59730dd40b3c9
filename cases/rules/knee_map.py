"""The places on a drawing of the knee, each with the answer of `pain_location` it stands for.

One table for the form, the record, the API and print. Shapes are of a right knee in a box of 124 by 260, feet down:
from the front the outer side is at the left hand of whoever looks; the inner view has the front of the leg at the left.
The left knee is the mirror image. A place has a name of ours and no code of a terminology: none was verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class View(StrEnum):
    FRONT = "front"
    BACK = "back"
    INNER = "inner"
    OUTER = "outer"


@dataclass(frozen=True)
class Region:
    """One place in one view.

    value: of `pain_location`. path: SVG path data, cut off at the leg's outline. at: the point of it, well inside the
    leg, where a number can be read.
    """

    view: View
    value: str
    path: str
    at: tuple[int, int]

    @property
    def id(self) -> str:
        return f"{self.view}.{self.value}"


def _box(left: int, top: int, right: int, bottom: int) -> str:
    return f"M{left} {top}H{right}V{bottom}H{left}Z"


def _ellipse(x: int, y: int, across: int, down: int) -> str:
    return f"M{x - across} {y}a{across} {down} 0 1 0 {2 * across} 0a{across} {down} 0 1 0 -{2 * across} 0Z"


# Both fronts and backs of one outline; both sides of another.
OUTLINE_FRONT = (
    "M20 0C22 45 30 80 33 105C28 118 30 135 32 148C26 165 26 185 32 205C38 228 44 245 46 260H76C80 240 92 215 93 188"
    "C94 168 88 155 89 146C92 130 92 115 88 102C92 75 102 45 104 0Z"
)
OUTLINE_SIDE = (
    "M20 0C18 50 17 80 14 104C9 112 9 132 17 141C20 150 21 156 20 165C20 176 26 184 28 196C32 220 38 240 40 260H72"
    "C80 230 98 205 96 175C95 155 82 140 84 122C86 90 98 50 96 0Z"
)
# Lines that make a leg of the outline: the kneecap, the crease behind, the shin.
LINES = {
    View.FRONT: _ellipse(62, 123, 13, 15) + "M56 143L58 172M66 143L64 172M61 196C61 215 62 238 62 258",
    View.BACK: "M40 118C52 124 72 124 82 118M44 134C54 138 70 138 80 134M61 160C60 180 60 205 61 225",
    View.INNER: "M22 108C28 116 28 130 22 138M24 142L26 166M74 112C70 124 72 138 78 146",
    View.OUTER: "M22 108C28 116 28 130 22 138M24 142L26 166M74 112C70 124 72 138 78 146M52 160a7 7 0 1 0 1 0",
}


def _sides(view: View, value: str) -> tuple[Region, ...]:
    return (
        Region(view, "thigh", _box(0, 0, 124, 80), (57, 60)),
        Region(view, "above_kneecap", _box(0, 80, 44, 101), (30, 91)),
        Region(view, "front_around_kneecap", _box(0, 101, 42, 141), (26, 121)),
        Region(view, "below_kneecap", _box(0, 141, 40, 163), (30, 153)),
        Region(view, "shin_bump", _box(0, 163, 36, 190), (28, 177)),
        Region(view, value, "M44 86H74V166H40V141H42V101H44Z", (58, 125)),
        Region(view, "back_of_knee", _box(74, 86, 124, 147), (80, 115)),
        Region(view, "calf", "M74 147H124V230H56V166H74Z", (72, 190)),
    )


REGIONS: tuple[Region, ...] = (
    Region(View.FRONT, "thigh", _box(0, 0, 124, 74), (62, 58)),
    Region(View.FRONT, "above_kneecap", _box(45, 74, 79, 97), (62, 87)),
    Region(View.FRONT, "outer_side", _box(0, 78, 45, 168), (37, 157)),
    Region(View.FRONT, "inner_side", _box(79, 78, 124, 168), (85, 157)),
    Region(View.FRONT, "front_around_kneecap", _ellipse(62, 123, 22, 26), (62, 103)),
    Region(View.FRONT, "behind_kneecap", _ellipse(62, 123, 13, 15), (62, 123)),
    Region(View.FRONT, "below_kneecap", _box(45, 150, 79, 169), (62, 160)),
    Region(View.FRONT, "shin_bump", _ellipse(61, 183, 13, 12), (61, 183)),
    Region(View.BACK, "thigh", _box(0, 0, 124, 84), (62, 62)),
    Region(View.BACK, "inner_side", _box(0, 88, 46, 156), (40, 122)),
    Region(View.BACK, "outer_side", _box(78, 88, 124, 156), (86, 122)),
    Region(View.BACK, "back_of_knee", _box(46, 88, 78, 156), (62, 122)),
    Region(View.BACK, "calf", _box(0, 158, 124, 232), (62, 195)),
    *_sides(View.INNER, "inner_side"),
    *_sides(View.OUTER, "outer_side"),
)

# In words only: the drawing does not reach so far, or it means every place at once.
NOT_DRAWN = frozenset({"whole_knee", "groin", "hip", "lower_back"})

_MIRRORED = {View.FRONT: False, View.BACK: True, View.INNER: False, View.OUTER: True}


def is_mirrored(view: View, side: str) -> bool:
    """Is a view of that knee ("left" or "right") the mirror image of the shapes of this table?"""
    # The back's own regions are written as they are seen; only its outline is the front's mirrored.
    base = False if view is View.BACK else _MIRRORED[view]
    return base != (side == "left")


def outline(view: View) -> str:
    return OUTLINE_FRONT if view in (View.FRONT, View.BACK) else OUTLINE_SIDE


def regions_of(view: View) -> tuple[Region, ...]:
    return tuple(region for region in REGIONS if region.view is view)
