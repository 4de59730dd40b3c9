"""What a patient was asked and answered, in the words shown: stored with the submission and shown again from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from .definition import Kind, Question, Questionnaire
from .published import as_json

Entry = dict[str, Any]


@dataclass(frozen=True)
class _Said:
    """A question in the words of one language. labels: option value to label, in the order shown."""

    text: str
    hint: str
    labels: Mapping[str, str]


def _said(question: Question) -> _Said:
    return _said_in(question, get_language())


# Six hundred translations a submission took a third of its time; questions and languages are few and never change.
@lru_cache(maxsize=2_000)
def _said_in(question: Question, language: str | None) -> _Said:
    labels = {option.value: str(option.label) for option in question.options}
    return _Said(str(question.text), str(question.hint), labels)


@lru_cache(maxsize=64)
def content_hash(questionnaire: Questionnaire) -> str:
    """SHA-256, in hex, of everything that is asked, in English: equal for equal questions, options and conditions."""
    return hashlib.sha256(json.dumps(as_json(questionnaire, "en"), sort_keys=True).encode()).hexdigest()


def wording(
    questionnaire: Questionnaire,
    answers: Mapping[str, Any],
    language: str,
    *,
    shown: Collection[str],
) -> list[Entry]:
    """Each question shown, in order, with its options and the answer as it was read.

    answers: as stored. Personal questions are left out where they hold no answer: pass the clinical half of
        `answers.split`, and no name stands in the result.
    shown: from `Cleaned.shown`; an answer that contradicts what hid its question is kept too.

    An entry: name, section, text, hint, options (list of labels), answer (None: left blank), answer_label; of rows
    also `rows`, a list of lists of such entries; of the kind EACH with
    `row_labels` beside them, the options they are about.
    """
    with override(language):
        return [
            _entry(question, answers.get(question.name), str(questionnaire.section_of[question.name].title))
            for question in questionnaire.questions
            if question.name in answers or (question.name in shown and not question.personal)
        ]


def _entry(question: Question, answer: Any, section: str) -> Entry:
    said = _said(question)
    entry: Entry = {
        "name": question.name,
        "section": section,
        "text": said.text,
        "hint": said.hint,
        "options": list(said.labels.values()),
        "answer": answer,
        "answer_label": _("left blank") if answer is None else "",
    }
    if question.kind is Kind.ROWS:
        rows = [_row(question, row) for row in answer or ()]
        entry["rows"] = rows
        if answer is not None:
            lines = ("; ".join(f"{cell['text']} {cell['answer_label']}" for cell in row) for row in rows)
            entry["answer_label"] = "\n".join(lines) or _("none")
    elif question.kind is Kind.EACH:
        told = [option for option in said.labels if option in (answer or {})]
        entry["rows"] = [_row(question, answer[option]) for option in told]
        entry["row_labels"] = [said.labels[option] for option in told]
        if answer is not None:
            entry["answer_label"] = label_of(question, answer)
    elif answer is not None:
        entry["answer_label"] = label_of(question, answer)
    return entry


def _row(question: Question, row: Mapping[str, Any]) -> list[Entry]:
    return [_entry(sub, row[sub.name], "") for sub in question.questions if sub.name in row]


def label_of(question: Question, answer: Any) -> str:
    """The answer in the patient's words, in the active language; a number with its unit or the ends of its scale."""
    labels = _said(question).labels
    match question.kind:
        case Kind.CHOICES:
            return ", ".join(labels.get(each, each) for each in answer)
        case Kind.EACH:
            # As shown: a stored object has its keys in an order of its own.
            told = [option for option in labels if option in answer]
            return "\n".join(f"{labels[option]}: {_row_label(question, answer[option])}" for option in told)
        case Kind.SCALE if question.ends is not None:
            return _("%(score)d (%(low)d: %(worst)s, %(high)d: %(best)s)") % {
                "score": answer,
                "low": question.low,
                "worst": question.ends[0],
                "high": question.high,
                "best": question.ends[1],
            }
        case Kind.SCALE | Kind.INTEGER | Kind.NUMBER:
            label = labels.get(str(answer), f"{answer:g}")
            return f"{label} {question.unit}" if question.unit else label
    return labels.get(answer, str(answer))


def _row_label(question: Question, row: Mapping[str, Any]) -> str:
    """What was said of one option, without the questions: each answer speaks for itself there."""
    said = []
    for sub in question.questions:
        if sub.name in row and sub.kind is Kind.SCALE:
            said.append(_("%(score)s of %(most)d") % {"score": row[sub.name], "most": sub.high})
        elif sub.name in row:
            said.append(label_of(sub, row[sub.name]))
    return ", ".join(said)
