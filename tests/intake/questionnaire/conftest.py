"""One routine patient, and many random ones, for the tests of the questionnaire."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from django.http import QueryDict

from intake.questionnaire import versions
from intake.questionnaire.definition import Kind, Question, Questionnaire
from intake.questionnaire.form import from_form

ON = date(2026, 11, 22)


@pytest.fixture
def on() -> date:
    return ON


@pytest.fixture
def questionnaire() -> Questionnaire:
    return versions.current()


@pytest.fixture
def routine() -> dict[str, Any]:
    """Example 1 of reference 14: 27 years, front pain, more running lately, everything else no."""
    no_to_these = (
        *("chest_pain_or_breathless", "calf_swelling", "hot_red_joint", "fever", "feels_unwell"),
        *("cold_or_pale_foot", "leg_weakness_new", "numbness", "trauma", "cannot_bear_weight"),
        *("cannot_lift_straight_leg", "lump", "cancer_history", "unexplained_weight_loss", "knee_moves_inward"),
        *("kneecap_shifts_sideways", "weakness_or_one_side_stronger", "giving_way", "pregnancy"),
    )
    return {
        "given_name": "Ana",
        "family_name": "Lopez",
        "date_of_birth": "1999-03-04",
        "sex": "female",
        "phone": "+12125550123",
        "email": "ana@example.com",
        "preferred_channel": "sms",
        "language": "en",
        "site": "north",
        **dict.fromkeys(no_to_these, "no"),
        "swelling": "none",
        "locking": "none",
        "night_pain": "none",
        "knee_side": "left",
        "pain_location": ["front_around_kneecap"],
        "onset": "gradual",
        "duration_weeks": 6,
        "pain_now": 3,
        "pain_worst": 6,
        "aggravating": ["squatting", "stairs_down", "long_sitting"],
        "activities": [
            {
                "type": "running",
                "sessions_per_week": 4,
                "volume_per_week": 32,
                "volume_unit": "km",
                "recent_change": "increase",
                "change_percent": 60,
                "changed_weeks_ago": 4,
            }
        ],
        "rest_tried_days": 0,
        "prior_injury_surgery": ["none"],
        "conditions": ["none"],
        "anticoagulant": "none",
        "needle_fear": "none",
        "needling_interest": "no",
        "goals": [{"activity": "Running 10 km", "score": 4}],
        "consent_to_process": "yes",
    }


def random_answers(questions: tuple[Question, ...], chance: random.Random) -> dict[str, Any]:
    """A possible value for most questions, whether or not it fits the others."""
    return {
        question.name: _random_answer(question, chance)
        for question in questions
        if question.required or chance.random() < 0.7
    }


def _random_answer(question: Question, chance: random.Random) -> Any:
    match question.kind:
        case Kind.TEXT | Kind.LONG_TEXT:
            return chance.choice(["Stairs", "Ana-María O'Neil", "跑步", "x" * question.max_length])
        case Kind.EMAIL:
            return "ana@example.com"
        case Kind.PHONE:
            return "+12125550123"
        case Kind.TIME_ZONE:
            return "America/New_York"
        case Kind.BIRTH_DATE:
            return f"{chance.randint(1930, 2018)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}"
        case Kind.DATE:
            return f"{chance.randint(1990, 2025)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}"
        case Kind.INTEGER | Kind.SCALE:
            return chance.randint(int(question.low), int(question.high))
        case Kind.NUMBER:
            return chance.choice([int(question.low), chance.randint(1, 50), chance.randint(1, 99) / 10])
        case Kind.CHOICE if question.options_from:
            return chance.choice(["north", "south"])
        case Kind.CHOICE:
            return chance.choice(question.options).value
        case Kind.CONSENT:
            return "yes"
        case Kind.CHOICES:
            ordinary = [option.value for option in question.options if not option.exclusive]
            some = set(chance.sample(ordinary, chance.randint(1, 4)))
            return [value for value in ordinary if value in some]
        case Kind.ROWS:
            many = chance.randint(question.min_rows, question.max_rows)
            return [random_answers(question.questions, chance) for _ in range(many)]
        case Kind.EACH:
            some = chance.sample([option.value for option in question.options], chance.randint(1, 6))
            found = {option: random_answers(question.questions, chance) for option in some}
            return {option: given for option, given in found.items() if given}


@pytest.fixture
def random_forms(questionnaire) -> list[dict[str, Any]]:
    chance = random.Random(20261122)
    return [random_answers(questionnaire.questions, chance) for _ in range(200)]


def posted(answers: dict[str, Any], questionnaire: Questionnaire) -> dict[str, Any]:
    """The same answers sent page by page as a browser does, and read back."""
    data = QueryDict(mutable=True)
    for name, value in answers.items():
        _put(data, questionnaire.by_name[name], name, value)
    read: dict[str, Any] = {}
    for section in questionnaire.sections:
        read |= from_form(section, data)
    return read


def _put(data: QueryDict, question: Question, name: str, value: Any) -> None:
    match question.kind:
        case Kind.CHOICES:
            data.setlist(name, value)
        case Kind.ROWS:
            inner = {sub.name: sub for sub in question.questions}
            for place, row in enumerate(value):
                for sub, answer in row.items():
                    _put(data, inner[sub], f"{name}-{place}-{sub}", answer)
        case Kind.EACH:
            inner = {sub.name: sub for sub in question.questions}
            for option, row in value.items():
                for sub, answer in row.items():
                    _put(data, inner[sub], f"{name}-{option}-{sub}", answer)
        case Kind.DATE | Kind.BIRTH_DATE:
            for piece, text in zip(("year", "month", "day"), value.split("-"), strict=True):
                data[f"{name}-{piece}"] = text
        case _:
            data[name] = str(value)


@pytest.fixture
def post(questionnaire):
    """Sends answers through the pages of the form: `post(answers)`."""
    return lambda answers: posted(answers, questionnaire)
