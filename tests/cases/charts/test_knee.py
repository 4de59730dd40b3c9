"""The map of the knee: every place has its answer, every answer its place, and what was pressed is seen again."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from cases.charts.knee import draw, draw_view, replay
from cases.rules.knee_map import NOT_DRAWN, REGIONS, View, is_mirrored
from intake.questionnaire.pain import PAIN_LOCATION

SVG = "{http://www.w3.org/2000/svg}"


def test_the_map_and_the_list_offer_the_same_places():
    assert {region.value for region in REGIONS} | NOT_DRAWN == PAIN_LOCATION.values


def test_there_are_at_least_twelve_places_on_each_knee_and_all_four_views():
    assert len({region.id for region in REGIONS}) == len(REGIONS) >= 12
    assert {region.view for region in REGIONS} == set(View)


@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_exactly_the_places_told_are_marked(side):
    drawn = ET.fromstring(draw(side, ["calf", "shin_bump"]))

    marked = {path.get("data-place") for path in drawn.iter(f"{SVG}path") if path.get("class") == "place hurts"}
    assert marked == {"calf", "shin_bump"}


def test_the_whole_knee_is_every_place():
    drawn = ET.fromstring(draw("left", ["whole_knee"]))

    assert all(path.get("class") == "place hurts" for path in drawn.iter(f"{SVG}path") if path.get("data-place"))


def test_the_drawing_says_in_words_what_it_shows():
    wording = [{"name": "pain_location", "answer_label": "Calf, <b>Groin</b>"}]

    svg = replay({"knee_side": "left", "pain_location": ["calf", "groin"]}, wording)

    assert "Map of the left knee" in svg
    assert "Calf, &lt;b&gt;Groin&lt;/b&gt;" in svg
    assert "Also: groin" in svg


def test_left_and_right_are_mirror_images():
    assert all(is_mirrored(view, "left") != is_mirrored(view, "right") for view in View)
    assert draw_view(View.FRONT, "left", title="Front", labels={}) != draw_view(
        View.FRONT, "right", title="Front", labels={}
    )


def test_every_place_to_press_is_a_box_with_a_name_and_a_state():
    drawn = ET.fromstring(draw_view(View.BACK, "left", title="Rück & <quer>", labels={"calf": "Calf"}))

    assert (drawn.get("role"), drawn.get("aria-label")) == ("group", "Rück & <quer>")
    boxes = [path for path in drawn.iter("path") if path.get("data-place")]
    assert {(box.get("role"), box.get("aria-checked")) for box in boxes} == {("checkbox", "false")}
    assert [box.findtext("title") for box in boxes if box.get("data-place") == "calf"] == ["Calf"]
    # What is only shown again is a picture.
    assert "checkbox" not in draw("left", ["calf"])
