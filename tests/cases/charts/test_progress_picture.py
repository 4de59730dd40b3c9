"""The progress picture: well-formed, allowed by a strict page, said in words, and the same as its table."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.charts.picture import Happening, Mark, Picture, Verdict, verdict_of
from cases.charts.progress import WIDTH, draw
from cases.charts.table import table_of
from cases.rules.terms import Instrument

START = date(2026, 8, 3)
SVG = "{http://www.w3.org/2000/svg}"


def week(number: float) -> date:
    return START + timedelta(days=round(7 * number))


FULL = Picture(
    "K-3F9A21C0",
    week(13),
    {
        Instrument.NPRS_WORST: ((week(0), 7), (week(6), 4), (week(12), 2)),
        Instrument.NPRS_USUAL: ((week(0), 5), (week(12), 1)),
        Instrument.AKPS: ((week(1), 62), (week(12), 71)),
        Instrument.PSFS: ((week(0), 3.67),),
    },
    (
        Happening(week(1), Mark.CAME),
        Happening(week(2), Mark.FLAG, "S3", grave=True),
        Happening(week(4), Mark.MISSED),
        Happening(week(6), Mark.PLAN, "Plan 2"),
        Happening(week(14), Mark.BOOKED),
    ),
)
NOTHING = Picture("K-00000000", START)


def words_of(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_improved_not_and_unknown_are_said_in_words():
    words = words_of(draw(FULL))

    assert "Improved: 7 to 2 (2 or more counts)" in words
    assert "Not an important change: 62 to 71" in words
    assert "Not known yet: one score so far, 3.67" in words


@pytest.mark.parametrize(
    ("instrument", "first", "latest", "expected"),
    [
        (Instrument.NPRS_WORST, 7, 5, Verdict.IMPROVED),
        (Instrument.NPRS_WORST, 7, 6, Verdict.SAME),
        (Instrument.NPRS_WORST, 5, 7, Verdict.WORSE),
        (Instrument.NPRS_WORST, 6, 7, Verdict.SAME),
        (Instrument.AKPS, 60, 70, Verdict.IMPROVED),
        (Instrument.AKPS, 60, 69, Verdict.SAME),
        (Instrument.AKPS, 70, 60, Verdict.WORSE),
        (Instrument.PSFS, 4.4, 6.7, Verdict.IMPROVED),
        (Instrument.PSFS, 4.4, 6.6, Verdict.SAME),
    ],
)
def test_a_change_counts_from_the_important_change_on(instrument, first, latest, expected):
    assert verdict_of(instrument, ((START, first), (week(6), latest))) is expected


def test_one_score_and_none_say_nothing_of_change():
    assert verdict_of(Instrument.AKPS, ()) is Verdict.NONE
    assert verdict_of(Instrument.AKPS, ((START, 50),)) is Verdict.ONE_SCORE


def test_it_has_a_title_and_a_description_that_a_screen_reader_finds():
    root = ElementTree.fromstring(draw(FULL, name="here"))
    about = root.find(f"{SVG}desc")

    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "here-title here-about")
    assert root.find(f"{SVG}title").text == "Progress of K-3F9A21C0"
    assert "Improved: 7 to 2 (2 or more counts)." in about.text
    assert "The table has the same numbers." in about.text


@pytest.mark.parametrize("for_patient", [True, False])
@pytest.mark.parametrize("picture", [FULL, NOTHING], ids=["full", "empty"])
def test_a_strict_page_takes_it_as_it_is(picture, for_patient):
    svg = draw(picture, for_patient=for_patient)
    root = ElementTree.fromstring(svg)

    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        *("svg", "title", "desc", "g", "rect", "path", "circle", "text")
    }
    attributes = {name for each in root.iter() for name in each.attrib}
    assert not {name for name in attributes if name in {"style", "href"} or name.startswith("on")}


def test_flags_plans_and_visits_are_marked():
    words = words_of(draw(FULL))

    assert {"S3", "Plan 2", "came", "booked", "missed", "plan", "flag"} <= set(words)


def test_a_visit_beyond_the_last_week_stands_in_the_table_alone():
    weeks = (1, 2, 3, 4, 6, 8, 10, 12)
    booked = tuple(Happening(week(number), Mark.BOOKED) for number in weeks)
    picture = Picture("K-3F9A21C0", START, {Instrument.NPRS_WORST: ((START, 6),)}, booked)

    dots = [each for each in ElementTree.fromstring(draw(picture)).iter(f"{SVG}circle") if each.get("r") == "3.2"]

    # The drawing ends with week 6. One dot more stands in the legend.
    assert len(dots) == 5 + 1
    assert len({dot.get("cx") for dot in dots if dot.get("cy") == dots[0].get("cy")}) == 5
    assert [row.on for row in table_of(picture).rows] == [START, *(week(number) for number in weeks)]


def test_a_patient_sees_pain_and_activities_and_nothing_that_staff_noted():
    words = " ".join(words_of(draw(FULL, for_patient=True)))

    assert "Better: it was 7 and is now 2." in words
    for word in ("S3", "Plan", "came", "missed", "booked", "flag", "AKPS", "K-3F9A21C0", "NPRS"):
        assert word not in draw(FULL, for_patient=True)


def test_before_anything_was_measured_it_says_so():
    assert words_of(draw(NOTHING)) == [
        "Nothing has been measured yet. The first scores",
        "come with the form or a check-in.",
    ]
    assert table_of(NOTHING).rows == ()


def test_alone_it_brings_its_own_paper():
    assert 'fill="#ffffff"' in draw(FULL, alone=True)
    assert 'fill="#ffffff"' not in draw(FULL)


def test_the_table_has_the_numbers_of_the_picture():
    table = table_of(FULL)

    assert [(row.on, row.week, row.cells, row.happened) for row in table.rows] == [
        (week(0), "Week 0", ("7", "5", "", "3.67"), ""),
        (week(1), "Week 1", ("", "", "62", ""), "came"),
        (week(2), "Week 2", ("", "", "", ""), "S3"),
        (week(4), "Week 4", ("", "", "", ""), "missed"),
        (week(6), "Week 6", ("4", "", "", ""), "Plan 2"),
        (week(12), "Week 12", ("2", "1", "71", ""), ""),
        (week(14), "Week 14", ("", "", "", ""), "booked"),
    ]


def test_a_patients_table_holds_the_patients_own_answers_alone():
    table = table_of(FULL, for_patient=True)

    assert [row.on for row in table.rows] == [week(0), week(6), week(12)]
    assert all(row.happened == "" for row in table.rows)
    assert len(table.columns) == 3


def test_words_that_came_from_outside_are_escaped():
    svg = draw(Picture("<script>&", week(1), FULL.scores, (Happening(week(1), Mark.PLAN, "<b>&"),)))

    assert ElementTree.fromstring(svg) is not None
    assert "<script>" not in svg
    assert "<b>" not in svg


points = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 10)), max_size=12)
marks = st.lists(st.tuples(st.integers(-20, 700), st.sampled_from(list(Mark))), max_size=20)


@given(worst=points, goals=points, happened=marks, today=st.integers(0, 700))
def test_whatever_was_measured_stays_within_the_drawing(worst, goals, happened, today):
    picture = Picture(
        "K-1",
        START + timedelta(days=today),
        {
            Instrument.NPRS_WORST: tuple(sorted({START + timedelta(days=on): score for on, score in worst}.items())),
            Instrument.PSFS: tuple(sorted({START + timedelta(days=on): score for on, score in goals}.items())),
        },
        tuple(Happening(START + timedelta(days=on), mark, "S3") for on, mark in happened),
    )

    root = ElementTree.fromstring(draw(picture))

    height = float(root.get("viewBox").split()[3])
    for dot in root.iter(f"{SVG}circle"):
        assert 0 <= float(dot.get("cx")) <= WIDTH
        assert 0 <= float(dot.get("cy")) <= height
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.get("y")) <= height
