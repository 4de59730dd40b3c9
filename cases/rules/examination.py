"""The tests a therapist may record, as data: what is measured, in which unit and range, and what may be answered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.rules.terms import Term

SIDES = ("left", "right")
UNSIDED = "value"

Result = Mapping[str, Any]
Results = Mapping[str, Result]


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


@dataclass(frozen=True)
class Examined:
    """What was found on examining, and which knees the case is about.

    results: test id to its result, as `tidy` gives it. affected: "left", "right" or both.
    """

    results: Results
    affected: tuple[str, ...]

    def result(self, id: str) -> Result:
        return self.results.get(id, {})

    def as_data(self) -> dict[str, Any]:
        return {"results": {id: dict(result) for id, result in self.results.items()}, "affected": list(self.affected)}


def examined_from(data: Mapping[str, Any] | None) -> Examined | None:
    """The reverse of `Examined.as_data`; None where nothing was examined."""
    return None if not data else Examined(data["results"], tuple(data["affected"]))


def later_over_earlier(results: Sequence[Results]) -> dict[str, Result]:
    """What stands after several examinations, earliest first: a test counts until it is done again [G]."""
    standing: dict[str, Result] = {}
    for each in results:
        standing |= each
    return {test.id: standing[test.id] for test in TESTS if test.id in standing}


def wrong_in(results: Any) -> dict[str, list[str]]:
    """What cannot be used, by place: "results.hip_abductor_strength.left"; empty when all of it can."""
    if not isinstance(results, Mapping):
        return {"results": ["Give an object: the id of each test with its result."]}
    if not results:
        return {"results": ["Record the result of at least one test."]}
    wrong: dict[str, list[str]] = {}
    for id, result in results.items():
        test = BY_ID.get(id) if isinstance(id, str) else None
        if test is None:
            wrong[f"results.{id}"] = ["There is no such test; see the list of examination tests."]
            continue
        for place, text in _wrong_in_result(test, result):
            wrong.setdefault(f"results.{id}{place}", []).append(text)
    return wrong


def tidy(results: Results) -> dict[str, Result]:
    """Right results in the order of the tests, each as it is stored. Ask `wrong_in` first."""
    return {test.id: _tidied(test, results[test.id]) for test in TESTS if test.id in results}


def said(id: str, result: Result) -> str:
    """A result in words: "Hip abductors, dynamometer: left 95 N, right 120 N"."""
    test = BY_ID[id]
    return f"{test.label}: {', '.join(_said_places(test, result))}"


def said_at(test: ExamTest, result: Result, place: str) -> str:
    """One side of a result in words; empty where it was not recorded."""
    value = result.get(place)
    if value is None:
        return ""
    if test.kind is Kind.NUMBER:
        return f"{value:g} {result['unit']}"
    chosen = (value,) if isinstance(value, str) else tuple(value)
    return " and ".join(option.label.lower() for option in test.options if option.value in chosen)


def _said_places(test: ExamTest, result: Result) -> Iterator[str]:
    for place in test.places:
        if words := said_at(test, result, place):
            yield f"{place} {words}" if test.sided else words


def _wrong_in_result(test: ExamTest, result: Any) -> Iterator[tuple[str, str]]:
    """Pairs of a place within the result ("" for all of it) and what is wrong there."""
    if not isinstance(result, Mapping):
        yield "", f"Give an object with {' and '.join(test.places)}."
        return
    known = {*test.places, *(("unit",) if test.kind is Kind.NUMBER else ())}
    for name in result:
        if name not in known:
            yield f".{name}", f"Not known here; there {'are' if test.sided else 'is'} {' and '.join(test.places)}."
    unit = _unit_of(test, result)
    if test.kind is Kind.NUMBER and unit is None:
        names = ", ".join(each.name for each in test.units)
        yield ".unit", f"Give the unit: {names}." if len(test.units) > 1 else f"The unit is {names}."
    given = [place for place in test.places if result.get(place) is not None]
    if not given:
        yield "", f"Nothing recorded: give {' or '.join(test.places)}."
    for place in given:
        text = _wrong_number(result[place], unit) if test.kind is Kind.NUMBER else _wrong_choice(test, result[place])
        if text:
            yield f".{place}", text


def _unit_of(test: ExamTest, result: Result) -> Unit | None:
    if not test.units:
        return None
    name = result.get("unit")
    if name is None and len(test.units) == 1:
        return test.units[0]
    return next((unit for unit in test.units if unit.name == name), None)


def _wrong_number(value: Any, unit: Unit | None) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "Give a number."
    if unit is None:
        return ""  # said at the unit
    if not unit.low <= value <= unit.high:
        return f"Cannot be: {unit.name} from {unit.low:g} to {unit.high:g}."
    if unit.whole and value != int(value):
        return f"Whole {unit.name} only." if unit.name != "grade" else "Whole grades only."
    if round(value, 1) != value:
        return "Write at most one decimal."
    return ""


def _wrong_choice(test: ExamTest, value: Any) -> str:
    values = [option.value for option in test.options]
    if test.kind is Kind.CHOICE:
        return "" if isinstance(value, str) and value in values else f"Choose one of {', '.join(values)}."
    if not isinstance(value, list | tuple) or not value or any(each not in values for each in value):
        return f"Choose among {', '.join(values)}."
    if len(set(value)) != len(value):
        return "Each only once."
    alone = [option.value for option in test.options if option.alone and option.value in value]
    return f"'{alone[0]}' cannot stand beside another." if alone and len(value) > 1 else ""


def _tidied(test: ExamTest, result: Result) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for place in test.places:
        value = result.get(place)
        if value is None:
            continue
        if test.kind is Kind.NUMBER:
            value = int(value) if value == int(value) else float(value)
        elif test.kind is Kind.CHOICES:
            value = [option.value for option in test.options if option.value in value]
        kept[place] = value
    if test.kind is Kind.NUMBER:
        unit = _unit_of(test, result)
        assert unit is not None
        kept["unit"] = unit.name
    return kept
