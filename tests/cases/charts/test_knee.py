"""The map of the knee: every place has its answer, every answer its place, and what was pressed is seen again."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from cases.charts.knee import WIDTH, draw, draw_view, replay
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


WORDS = "Inner side of the knee: 7 of 10, <b>\nGroin: 2 of 10"
BY_PLACE = {"inner_side": {"strength": 7, "quality": "sharp"}, "groin": {"strength": 2}, "calf": {"quality": "sharp"}}


@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_how_bad_it_is_stands_at_each_place_and_below_in_the_words_read(side):
    answers = {"knee_side": side, "pain_location": ["inner_side", "groin", "calf"], "pain_by_place": BY_PLACE}

    drawn = ET.fromstring(replay(answers, [{"name": "pain_by_place", "answer_label": WORDS}]))

    texts = [(each.get("class"), each.text) for each in drawn.iter(f"{SVG}text")]
    # Seen from the front, from the back and from the inner side; the groin is not drawn.
    assert texts.count(("strength", "7")) == 3
    assert [words for kind, words in texts if kind is None][-3:] == ["Also: groin", *WORDS.splitlines()]
    assert drawn.findtext(f"{SVG}desc").endswith("; Inner side of the knee: 7 of 10, <b>; Groin: 2 of 10")
    # Every line has its room.
    _x, _y, _width, height = map(int, drawn.get("viewBox").split())
    assert max(float(each.get("y")) for each in drawn.findall(f"{SVG}text")) < height


def test_a_number_moves_to_the_other_side_with_its_place():
    def across(side):
        answers = {"knee_side": side, "pain_by_place": {"inner_side": {"strength": 7}}}
        drawn = ET.fromstring(replay(answers, []))
        return [int(each.get("x")) for each in drawn.iter(f"{SVG}text") if each.get("class") == "strength"]

    assert [left + right for left, right in zip(across("left"), across("right"), strict=True)] == [WIDTH] * 3
    assert across("left") != across("right")


def test_an_answer_from_before_it_was_asked_is_drawn_as_ever():
    answers = {"knee_side": "left", "pain_location": ["calf"]}

    silent = replay(answers, [{"name": "pain_by_place", "answer": None, "answer_label": "left blank"}])

    assert silent == replay(answers, [])
    assert "strength" not in silent


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.id)
def test_a_number_stands_inside_its_box(region):
    if (box := re.fullmatch(r"M(\d+) (\d+)H(\d+)V(\d+)H\1Z", region.path)) is not None:
        left, top, right, bottom = map(int, box.groups())
        assert left < region.at[0] < right
        assert top + 5 < region.at[1] < bottom - 5
    # And inside what is shown of the leg.
    assert 36 < region.at[1] < 262
