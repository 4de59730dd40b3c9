"""The questions for other programs: as JSON with everything a renderer needs, and as the JSON Schema of a body."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.utils.translation import override

from .definition import FACTS, Kind, Question, Questionnaire


def as_json(questionnaire: Questionnaire, language: str, *, sites: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The whole definition in one language.

    sites: slug to name, the options of the site question; None leaves them out.

    `shown_when` and `required_when` are tests over answers as in `cases.rules.conditions`:
    {"is": field, "values": [...]}, {"between": field, "low", "high"}, {"includes": field, "values", "low", "high"},
    {"all": [...]}, {"any": [...]}, {"not": ...}. A blank answer meets none of the first three.
    """
    with override(language):
        return {
            "name": questionnaire.name,
            "version": questionnaire.version,
            "language": language,
            "title": str(questionnaire.title),
            "facts": sorted(FACTS),
            "sections": [
                {
                    "name": section.name,
                    "title": str(section.title),
                    "intro": str(section.intro),
                    "no_to_all": section.no_to_all,
                    "questions": [_question(question, sites) for question in section.questions],
                }
                for section in questionnaire.sections
            ],
        }


def _question(question: Question, sites: Mapping[str, str] | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": question.name,
        "kind": question.kind.value,
        "text": str(question.text),
        "hint": str(question.hint),
        "required": question.required,
        "safety": question.safety,
        "staff_only": question.staff_only,
        "personal": question.personal,
    }
    if question.row is not None:
        told["reference_row"] = question.row
    options: list[dict[str, Any]] = [
        # The steps of a scale are numbers, with words or without: what is published here is what is sent back.
        {
            "value": int(o.value) if question.kind is Kind.SCALE else o.value,
            "label": str(o.label),
            "exclusive": o.exclusive,
        }
        for o in question.options
    ]
    if question.options_from == "sites" and sites is not None:
        options = [{"value": slug, "label": name, "exclusive": False} for slug, name in sites.items()]
    if options:
        told["options"] = options
    if question.unit:
        told["unit"] = str(question.unit)
    if question.entry_units:
        told["entry_units"] = [
            {"value": unit.value, "label": str(unit.label), "times": unit.times} for unit in question.entry_units
        ]
    if question.low is not None:
        told |= {"low": question.low, "high": question.high}
    if question.ends is not None:
        told["ends"] = [str(end) for end in question.ends]
    if question.kind in _TEXT_KINDS:
        told["max_length"] = question.max_length
    if question.required_when is not None:
        told["required_when"] = question.required_when.as_data()
    if question.shown_when is not None:
        told["shown_when"] = question.shown_when.as_data()
    if question.kind is Kind.ROWS:
        told |= {"min_rows": question.min_rows, "max_rows": question.max_rows}
        told["questions"] = [_question(sub, None) for sub in question.questions]
    if question.kind is Kind.EACH:
        told["each_of"] = question.each_of
        told["questions"] = [_question(sub, None) for sub in question.questions]
    return told


_TEXT_KINDS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.PHONE, Kind.TIME_ZONE})


@lru_cache(maxsize=16)
def json_schema(questionnaire: Questionnaire) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the answers, in English; do not change the result in place.

    It says what is always required. What is required only sometimes carries `x-shown-when` or `x-required-when`.
    """
    with override("en"):
        return _object(questionnaire.questions)


def _object(questions: tuple[Question, ...]) -> dict[str, Any]:
    asked = [question for question in questions if not question.staff_only]
    always = [question.name for question in asked if question.required and question.shown_when is None]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {question.name: _property(question) for question in questions},
        "additionalProperties": False,
    }
    return schema | {"required": always} if always else schema


def _property(question: Question) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": str(question.text)}
    if question.hint:
        schema["description"] = str(question.hint)
    values = [option.value for option in question.options]
    match question.kind:
        case Kind.EMAIL:
            schema |= {"type": "string", "format": "email", "maxLength": question.max_length}
        case Kind.BIRTH_DATE | Kind.DATE:
            schema |= {"type": "string", "format": "date"}
        case Kind.INTEGER | Kind.SCALE:
            schema |= {"type": "integer", "minimum": question.low, "maximum": question.high}
        case Kind.NUMBER:
            schema |= {"type": "number", "minimum": question.low, "maximum": question.high}
        case Kind.CHOICE if values:
            schema |= {"type": "string", "enum": values}
        case Kind.CHOICES:
            schema |= {"type": "array", "items": {"type": "string", "enum": values}, "uniqueItems": True}
            schema |= {"minItems": 1} if question.required else {}
        case Kind.CONSENT:
            schema |= {"const": "yes"}
        case Kind.ROWS:
            schema |= {"type": "array", "items": _object(question.questions)}
            schema |= {"minItems": question.min_rows, "maxItems": question.max_rows}
        case Kind.EACH:
            asked = _object(question.questions)
            schema |= {"type": "object", "properties": dict.fromkeys(values, asked), "additionalProperties": False}
        case _:
            schema |= {"type": "string", "maxLength": question.max_length}
    if question.unit:
        schema["x-unit"] = str(question.unit)
    if question.shown_when is not None:
        schema["x-shown-when"] = question.shown_when.as_data()
    if question.required_when is not None:
        schema["x-required-when"] = question.required_when.as_data()
    return schema
