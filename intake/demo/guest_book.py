"""The tables of everybody who turns to the demo clinic in its three months, oldest first at each site."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from cases.rules.terms import CloseReason
from intake.demo.stories import (
    Story,
    Treatment,
    alarming,
    alarming_and_called,
    alarming_and_cleared,
    alarming_and_sent_on,
    comes_back,
    has_a_visit,
    just_came,
    lost,
    never_finished,
    opts_out,
    second_episode,
    sent_twice,
    telephones_too,
    treated,
    turned_away,
    waits_for_a_visit,
)


@dataclass(frozen=True)
class Row:
    """One line of the tables below.

    comes: days ago and the site's wall clock, or hours ago. via: how, where it is not the usual way of its day.
    is_reached: False where messages bounce and nobody picks up the telephone.
    """

    name: str
    age: int
    sex: str
    knee: str
    comes: tuple[int, str] | float
    story: Story
    alarms: tuple[str, ...] = ()
    via: str = ""
    channel: str = "email"
    language: str = "en"
    time_zone: str = ""
    changes: tuple[tuple[str, Any], ...] = ()
    is_reached: bool = True


_recovers = Treatment("recovering")
_improves = Treatment("improving")
_partial = Treatment("partial")
_BOTH = (("knee_side", "both"),)
_RIGHT = (("knee_side", "right"),)
_WANTS_NEEDLING = (("needling_interest", "yes"),)

RIVERSIDE = (
    Row("Rosa Quill", 27, "female", "runner", (90, "19:40"), partial(treated, treatment=_recovers)),
    Row(
        "Bruno Teal",
        34,
        "male",
        "runner_inward",
        (88, "12:15"),
        partial(treated, treatment=Treatment("recovering", ends_after=8, missed=(3,), moved=(5,))),
    ),
    Row(
        "Cato Swift",
        36,
        "male",
        "runner_inward",
        (87, "20:05"),
        partial(second_episode, treatment=Treatment("recovering", ends_after=5), after_days=46),
    ),
    Row(
        "Bea Nettle",
        25,
        "female",
        "runner",
        (85, "07:55"),
        partial(comes_back, treatment=Treatment("recovering", ends_after=5), after_days=49),
    ),
    Row("Dario Moss", 41, "male", "office", (76, "13:30"), partial(treated, treatment=_partial), changes=_RIGHT),
    Row(
        "Edith Rook",
        58,
        "female",
        "office",
        (74, "10:20"),
        partial(treated, treatment=Treatment("no_exercise", missed=(2, 4))),
        via="phone",
        channel="phone",
    ),
    Row(
        "Felix Heron",
        19,
        "male",
        "basketball",
        (72, "23:30"),
        partial(treated, treatment=Treatment("recovering", ends_after=6)),
        channel="sms",
    ),
    Row("Greta Sorrel", 31, "female", "after_cast", (70, "09:05"), partial(treated, treatment=_improves)),
    Row(
        "Hugo Linden",
        46,
        "male",
        "tiler",
        (68, "18:45"),
        partial(treated, treatment=Treatment("no_response", again_at=5, again="weak")),
    ),
    Row(
        "Ines Marten",
        29,
        "female",
        "runner",
        (66, "21:40"),
        partial(telephones_too, treatment=_improves),
        channel="sms",
        language="es",
    ),
    Row(
        "Jonas Alder", 38, "male", "cyclist", (63, "16:00"), partial(treated, treatment=Treatment("worsening", akps=68))
    ),
    Row("Kaya Wren", 16, "female", "basketball", (60, "17:20"), partial(treated, treatment=_improves)),
    Row(
        "Dora Peel",
        48,
        "female",
        "unclear",
        (60, "11:10"),
        partial(second_episode, treatment=Treatment("recovering", ends_after=3), after_days=35, stop_before="pain"),
    ),
    Row("Leo Bramble", 33, "male", "hiker", (58, "20:50"), partial(treated, treatment=_improves), changes=_BOTH),
    Row(
        "Mina Larch",
        26,
        "female",
        "dancer",
        (55, "08:35"),
        partial(
            treated,
            treatment=Treatment(
                "improving",
                needled_at=(3, 4, 5),
                needling_reason="Asked for it after being told what the guideline says.",
            ),
        ),
        changes=_WANTS_NEEDLING,
    ),
    Row(
        "Nils Ember",
        50,
        "male",
        "unclear",
        (52, "14:25"),
        partial(treated, treatment=Treatment("partial", found=("mobility_contributor",))),
    ),
    Row(
        "Olga Thistle",
        44,
        "female",
        "office",
        (50, "19:15"),
        partial(lost, treatment=Treatment("silent", missed=(1, 2, 3), gone_after=3), closes=True),
    ),
    Row(
        "Lena Ash",
        60,
        "female",
        "unclear",
        (49, "09:40"),
        partial(alarming_and_cleared, reason="X-ray the same day: no fracture. Bends and walks.", treatment=_partial),
        alarms=("fall",),
        channel="phone",
    ),
    Row(
        "Pavel Reed",
        35,
        "male",
        "runner",
        (47, "06:50"),
        partial(lost, treatment=Treatment("silent", missed=(2, 3), gone_after=3), closes=False),
        is_reached=False,
    ),
    Row("Quinn Sable", 28, "other", "back_after_break", (45, "12:40"), partial(opts_out, after_days=10)),
    Row(
        "Fay Juniper",
        55,
        "female",
        "unclear",
        (44, "15:10"),
        partial(turned_away, reason=CloseReason.NO_CONTACT, note="Four calls, no answer."),
        channel="phone",
        is_reached=False,
    ),
    Row(
        "Runa Clover",
        24,
        "female",
        "runner_inward",
        (42, "22:45"),
        partial(
            treated,
            treatment=Treatment(
                "improving",
                examination="weak",
                found=("muscle_imbalance",),
                reason="Ran the longer distance for two weeks without pain; it began on stairs, on the weak side.",
            ),
        ),
    ),
    Row(
        "Tilda Fern", 53, "female", "office", (38, "10:55"), partial(treated, treatment=_improves), alarms=("surgery",)
    ),
    Row("Ivo Cobb", 67, "male", "unclear", (36, "16:35"), alarming_and_sent_on, alarms=("hot_knee",)),
    Row(
        "Umar Vale",
        21,
        "male",
        "basketball",
        (34, "18:05"),
        partial(treated, treatment=_improves),
        alarms=("gave_way",),
    ),
    Row(
        "Emil Gannet",
        29,
        "male",
        "runner",
        (33, "13:05"),
        partial(turned_away, reason=CloseReason.DECLINED, note="Will wait and see."),
    ),
    Row(
        "Vera Plum",
        37,
        "female",
        "runner",
        (30, "07:30"),
        partial(treated, treatment=_recovers),
        time_zone="America/New_York",
    ),
    Row(
        "Gus Otter",
        39,
        "male",
        "unclear",
        (29, "19:50"),
        partial(turned_away, reason=CloseReason.NOT_PFP, note="Looks inflammatory: letter to the family doctor."),
        alarms=("stiff",),
    ),
    Row(
        "Wim Hazel",
        62,
        "male",
        "unclear",
        (27, "11:45"),
        partial(
            treated,
            treatment=Treatment(
                "improving", found=("other",), other="Patellofemoral osteoarthritis", reason="Age, X-ray."
            ),
        ),
        alarms=("blood_thinner",),
        channel="phone",
    ),
    Row("Yann Brook", 17, "male", "runner", (20, "16:50"), partial(treated, treatment=_improves)),
    Row(
        "Silas Crane",
        30,
        "male",
        "back_after_break",
        (22, "20:20"),
        partial(treated, treatment=Treatment("improving", alarm=(("calf_swelling", "yes"),))),
    ),
    Row("Abel Stork", 40, "male", "cyclist", (8, "08:05"), treated, via="records"),
    Row("Eva Whin", 33, "female", "hiker", (8, "12:30"), partial(has_a_visit, days=5)),
    Row("Boris Siskin", 45, "male", "tiler", (7, "18:25"), partial(has_a_visit, days=0)),
    Row("Tom Curlew", 27, "male", "dancer", (6, "23:05"), partial(has_a_visit, days=2), alarms=("old_dislocation",)),
    Row("Dag Spruce", 37, "male", "unclear", (6, "10:10"), partial(has_a_visit, days=1), via="phone"),
    Row("Aino Privet", 31, "female", "runner", (6, "07:40"), partial(has_a_visit, days=0), via="records"),
    Row("Celia Oriole", 22, "female", "basketball", (5, "17:45"), partial(has_a_visit, days=1), channel="sms"),
    Row(
        "Milo Perch",
        33,
        "male",
        "office",
        (5, "13:50"),
        partial(alarming_and_cleared, reason="Wells score 0; ultrasound today without a clot."),
        alarms=("calf",),
    ),
    Row("Faro Dunlin", 28, "male", "runner", (5, "20:40"), waits_for_a_visit),
    Row("Gia Aspen", 49, "female", "office", (4, "09:25"), waits_for_a_visit, via="phone", channel="phone"),
    Row("Hana Maple", 23, "female", "runner", (4, "22:20"), sent_twice),
    Row("Sia Bracken", 42, "female", "office", (4, "11:35"), waits_for_a_visit, alarms=("severe",)),
    Row("Ilka Thrush", 26, "female", "dancer", (3, "23:50"), partial(never_finished, stop_before="load")),
    Row(
        "Juno Lark",
        52,
        "female",
        "office",
        (1, "14:10"),
        partial(alarming_and_called, minutes=8, right_knee=True),
        alarms=("chest_pain",),
    ),
    Row(
        "Otto Kestrel",
        12,
        "male",
        "basketball",
        (1, "16:15"),
        partial(alarming_and_called, minutes=30),
        alarms=("child_limp",),
    ),
    Row("Pia Rowan", 19, "female", "runner", (1, "17:05"), alarming, alarms=("woken",)),
    Row("Ylva Tansy", 38, "female", "hiker", (1, "21:15"), just_came),
    Row("Rex Dunnock", 31, "male", "cyclist", 5.0, just_came, alarms=("calf_unsure",)),
    Row("Kim Osier", 47, "female", "office", 4.2, partial(never_finished, stop_before="history"), via="phone"),
    Row("Nora Teasel", 29, "female", "runner", 3.1, alarming, alarms=("locked",)),
    Row("Willa Snipe", 30, "female", "dancer", 2.4, just_came, via="records"),
    Row("Hob Larkin", 24, "male", "runner", 1.5, partial(never_finished, stop_before="pain")),
    Row("Vito Sedge", 24, "male", "runner", 1.1, just_came, channel="sms"),
    Row("Kit Badger", 20, "male", "basketball", 0.7, alarming, alarms=("kneecap_out",)),
    Row("Xander Yew", 43, "male", "office", 0.4, just_came, via="phone"),
)

HILLTOP = (
    Row(
        "Zeno Grouse",
        28,
        "male",
        "runner",
        (82, "19:00"),
        partial(treated, treatment=Treatment("recovering", ends_after=6)),
    ),
    Row(
        "Bert Plover",
        47,
        "male",
        "tiler",
        (54, "08:20"),
        partial(treated, treatment=_partial),
        via="phone",
        channel="phone",
    ),
    Row("Cleo Birch", 18, "female", "basketball", (41, "21:05"), partial(treated, treatment=_improves), changes=_BOTH),
    Row(
        "Dirk Shrike", 33, "male", "cyclist", (28, "17:10"), partial(treated, treatment=Treatment("worsening", akps=66))
    ),
    Row("Elsa Hemlock", 26, "female", "dancer", (15, "20:30"), partial(treated, treatment=_improves)),
    Row("Hal Tamarisk", 34, "male", "runner", (7, "13:15"), partial(has_a_visit, days=0)),
    Row("Isa Pochard", 25, "female", "dancer", (6, "18:55"), partial(has_a_visit, days=1)),
    Row("Finn Gorse", 51, "male", "hiker", (5, "10:40"), waits_for_a_visit, changes=_BOTH),
    Row("Jari Catkin", 39, "male", "unclear", (1, "22:30"), partial(never_finished, stop_before="goals")),
    Row("Jude Bilberry", 40, "male", "back_after_break", 2.0, just_came),
)
