"""The tests a therapist may record, as data: what is measured, in which unit and range, and what may be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.rules.terms import Term

SIDES = ("left", "right")
UNSIDED = "value"


class ExamGroup(Term):
    """What a test looks at, in the order of the examination form."""

    STRENGTH = "strength", "Strength"
    CONTROL = "control", "Control of movement"
    KNEECAP = "kneecap", "Kneecap"
    FLEXIBILITY = "flexibility", "Flexibility"
    FOOT = "foot", "Foot and joints"
    RANGE = "range", "Range and swelling"


class Kind(Term):
    """How a result is written."""

    NUMBER = "number", "A number with its unit"
    CHOICE = "choice", "One of the options"
    CHOICES = "choices", "Any of the options"


@dataclass(frozen=True)
class Option:
    """alone: nothing else can be true beside it."""

    value: str
    label: str
    alone: bool = False

    def as_data(self) -> dict[str, Any]:
        return {"value": self.value, "label": self.label, "alone": self.alone}


@dataclass(frozen=True)
class Unit:
    """A unit with the range a result can have in it; outside is a slip of the hand, not a finding [G]."""

    name: str
    low: float
    high: float
    whole: bool = False

    def as_data(self) -> dict[str, Any]:
        return {"unit": self.name, "low": self.low, "high": self.high, "whole": self.whole}


@dataclass(frozen=True)
class ExamTest:
    """One test of the examination.

    units: of a number, the first is the usual one; the unit is the same for both sides.
    sided: left and right are recorded apart; otherwise the result has one `value`.
    how: what the therapist does, where the name does not say it.
    """

    id: str
    label: str
    group: ExamGroup
    kind: Kind
    source: str
    units: tuple[Unit, ...] = ()
    options: tuple[Option, ...] = ()
    sided: bool = True
    how: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """Where results stand: both sides, or the one place of a test of the whole body."""
        return SIDES if self.sided else (UNSIDED,)

    @property
    def field(self) -> str:
        """The name evidence quotes it by; no answer of the form has a dot in its name."""
        return f"{EXAM}{self.id}"

    def as_data(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "label": self.label,
            "group": self.group.value,
            "group_label": self.group.label,
            "kind": self.kind.value,
            "sided": self.sided,
            "units": [unit.as_data() for unit in self.units],
            "options": [option.as_data() for option in self.options],
            "how": self.how,
            "source": self.source,
        }


EXAM = "exam."

# [G]: wider than any knee or hip measured in a clinic, narrow enough to catch a slipped digit or unit.
FORCE = (Unit("N", 0, 1500), Unit("kg", 0, 150), Unit("Nm", 0, 600))
GRADE = (Unit("grade", 0, 5, whole=True),)

GOOD_CONTROL = "good_control"
CONTROL_OPTIONS = (
    Option(GOOD_CONTROL, "Good control", alone=True),
    Option("inward_collapse", "Knee collapses inwards"),
    Option("trunk_lean", "Trunk leans"),
    Option("pelvic_drop", "Pelvis drops"),
)
PLAY = (Option("normal", "Normal"), Option("hypomobile", "Too little play"), Option("hypermobile", "Too much play"))
TIGHT = (Option("normal", "Normal"), Option("tight", "Tight"))

WITHIN_NORMS = "within_norms"
# Muscle group: the dynamometer test, and how the therapist says that it is below the norms in use.
STRENGTH_TESTS = {
    "hip_abductor_strength": "hip_abductors_below",
    "hip_external_rotator_strength": "hip_external_rotators_below",
    "hip_extensor_strength": "hip_extensors_below",
    "quadriceps_strength": "quadriceps_below",
}
GRADE_TESTS = ("hip_abductor_grade", "hip_external_rotator_grade", "hip_extensor_grade", "quadriceps_grade")
CONTROL_TESTS = ("single_leg_squat", "step_down", "landing", "running_video")
FLEXIBILITY_TESTS = ("hamstring_flexibility", "quadriceps_flexibility", "calf_flexibility", "itb_flexibility")

_STRENGTH_SOURCE = "reference 6 MU8, MU9; CPG 2019 muscle group [S]; 90 % cut [R]"
_CONTROL_SOURCE = "reference 6 MV5, MV7; CPG 2019 grade B performance tests [S]"
_KNEECAP_SOURCE = "reference 6 MV6; CPG 2019 grade C [S]"
_MOBILITY_SOURCE = "reference 6 MB3; CPG 2019 mobility group [S]"


def _dynamometer(id: str, label: str) -> ExamTest:
    return ExamTest(
        id,
        f"{label}, dynamometer",
        ExamGroup.STRENGTH,
        Kind.NUMBER,
        _STRENGTH_SOURCE,
        units=FORCE,
        how="Best of the trials of each side, both sides in the same position and unit.",
    )


def _grade(id: str, label: str) -> ExamTest:
    return ExamTest(
        id,
        f"{label}, by hand",
        ExamGroup.STRENGTH,
        Kind.NUMBER,
        "[G]; not scored: reference 6 asks for a dynamometer",
        units=GRADE,
        how="Manual grade, 0 to 5. Kept and shown; no cause is scored from it.",
    )


def _control(id: str, label: str) -> ExamTest:
    return ExamTest(id, label, ExamGroup.CONTROL, Kind.CHOICES, _CONTROL_SOURCE, options=CONTROL_OPTIONS)


def _flexibility(id: str, label: str) -> ExamTest:
    return ExamTest(id, label, ExamGroup.FLEXIBILITY, Kind.CHOICE, _MOBILITY_SOURCE, options=TIGHT)


TESTS: tuple[ExamTest, ...] = (
    _dynamometer("hip_abductor_strength", "Hip abductors"),
    _dynamometer("hip_external_rotator_strength", "Hip external rotators"),
    _dynamometer("hip_extensor_strength", "Hip extensors"),
    _dynamometer("quadriceps_strength", "Quadriceps"),
    ExamTest(
        "strength_against_norms",
        "Strength against norms",
        ExamGroup.STRENGTH,
        Kind.CHOICES,
        f"{_STRENGTH_SOURCE}; the reference gives no norms: the therapist says which are met [G]",
        options=(
            Option(WITHIN_NORMS, "Within norms", alone=True),
            Option("hip_abductors_below", "Hip abductors below"),
            Option("hip_external_rotators_below", "Hip external rotators below"),
            Option("hip_extensors_below", "Hip extensors below"),
            Option("quadriceps_below", "Quadriceps below"),
        ),
        how="By the norms you use for age, sex and body weight.",
    ),
    _grade("hip_abductor_grade", "Hip abductors"),
    _grade("hip_external_rotator_grade", "Hip external rotators"),
    _grade("hip_extensor_grade", "Hip extensors"),
    _grade("quadriceps_grade", "Quadriceps"),
    _control("single_leg_squat", "Single-leg squat"),
    _control("step_down", "Step-down"),
    _control("landing", "Landing from a jump"),
    _control("running_video", "Running, on video"),
    ExamTest(
        "squat_pain",
        "Squat brings on the pain",
        ExamGroup.KNEECAP,
        Kind.CHOICE,
        "reference 4; CPG 2019 grade A [S]",
        options=(
            Option("no_pain", "No pain"),
            Option("usual_pain", "The usual pain"),
            Option("other_pain", "Another pain"),
        ),
    ),
    ExamTest("patellar_glide", "Patellar glide", ExamGroup.KNEECAP, Kind.CHOICE, _KNEECAP_SOURCE, options=PLAY),
    ExamTest(
        "patellar_tilt",
        "Patellar tilt",
        ExamGroup.KNEECAP,
        Kind.CHOICE,
        "reference 4 and 6 MV6, MB2; CPG 2019 grade C [S]",
        options=PLAY,
    ),
    ExamTest(
        "j_sign",
        "J-sign",
        ExamGroup.KNEECAP,
        Kind.CHOICE,
        _KNEECAP_SOURCE,
        options=(Option("absent", "Absent"), Option("present", "Present")),
    ),
    ExamTest(
        "apprehension",
        "Apprehension",
        ExamGroup.KNEECAP,
        Kind.CHOICE,
        "reference 7 D9",
        options=(Option("negative", "Negative"), Option("positive", "Positive")),
    ),
    _flexibility("hamstring_flexibility", "Hamstring"),
    _flexibility("quadriceps_flexibility", "Quadriceps length"),
    _flexibility("calf_flexibility", "Calf"),
    _flexibility("itb_flexibility", "Iliotibial band"),
    ExamTest(
        "foot_mobility",
        "Foot mobility",
        ExamGroup.FOOT,
        Kind.CHOICE,
        _MOBILITY_SOURCE,
        options=(Option("normal", "Normal"), Option("high", "High"), Option("low", "Low")),
    ),
    ExamTest(
        "foot_posture",
        "Foot posture",
        ExamGroup.FOOT,
        Kind.CHOICE,
        "reference 6 MV4, MB1; CPG 2019 mobility group [S]",
        options=(Option("neutral", "Neutral"), Option("flat", "Flat"), Option("high_arched", "High arch")),
    ),
    ExamTest(
        "joint_flexibility",
        "Joints of the whole body",
        ExamGroup.FOOT,
        Kind.CHOICE,
        "reference 6 MV4, MB1; CPG 2019 mobility group [S]",
        options=(Option("normal", "Normal"), Option("very_flexible", "Very flexible")),
        sided=False,
    ),
    ExamTest(
        "knee_flexion",
        "Knee bends to",
        ExamGroup.RANGE,
        Kind.NUMBER,
        "[G]",
        units=(Unit("degrees", 0, 170, whole=True),),
    ),
    ExamTest(
        "knee_extension",
        "Knee straightens to",
        ExamGroup.RANGE,
        Kind.NUMBER,
        "[G]",
        units=(Unit("degrees", -60, 25, whole=True),),
        how="0 is straight; below 0 it stays bent by so much, above 0 it goes beyond.",
    ),
    ExamTest(
        "effusion",
        "Effusion, stroke test",
        ExamGroup.RANGE,
        Kind.CHOICE,
        "reference 3.1 S6, C6; grades of the stroke test [G]",
        options=(
            Option("none", "None"),
            Option("trace", "Trace"),
            Option("1+", "1+"),
            Option("2+", "2+"),
            Option("3+", "3+"),
        ),
    ),
)
BY_ID = {test.id: test for test in TESTS}
BY_FIELD = {test.field: test for test in TESTS}
