"""A thousand random forms: the browser's own script and the server decide alike which questions are asked."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from intake.answers import shown
from intake.questionnaire.definition import Kind, Question
from intake.questionnaire.published import as_json
from intake.questionnaire.versions import current
from tests.browser.chromium import Chromium, found

RULES = Path(__file__).parents[3] / "templates" / "static" / "patella" / "rules.js"
ON = date(2026, 11, 2)
FORMS = 1000


def random_answer(question: Question, dice: random.Random) -> Any:
    match question.kind:
        case Kind.CHOICE | Kind.SCALE if question.options:
            return dice.choice([option.value for option in question.options])
        case Kind.CHOICES:
            values = [option.value for option in question.options]
            return dice.sample(values, dice.randint(1, min(4, len(values))))
        case Kind.INTEGER | Kind.SCALE | Kind.NUMBER:
            return dice.randint(int(question.low or 0), min(int(question.high or 0), 60))
        case Kind.BIRTH_DATE:
            return (ON - timedelta(days=dice.randint(11 * 365, 60 * 365))).isoformat()
        case Kind.ROWS:
            return None
    return "yes"


def random_form(number: int) -> dict[str, Any]:
    dice = random.Random(number)
    asked = current().questions
    return {each.name: answer for each in asked if dice.random() < 0.7 and (answer := random_answer(each, dice))}


@pytest.fixture(scope="module")
def forms() -> list[dict[str, Any]]:
    return [random_form(number) for number in range(FORMS)]


def script(forms: list[dict[str, Any]]) -> str:
    questions = [each for part in as_json(current(), "en")["sections"] for each in part["questions"]]
    return (
        f"{RULES.read_text()}\nJSON.stringify({json.dumps(forms)}.map((answers) => "
        f"(typeof window === 'undefined' ? globalThis : window).patellaRules.asked({json.dumps(questions)}, answers,"
        " {needling_offered: 'yes'}, new Date(2026, 10, 2))))"
    )


def decided_by_the_script(text: str, folder: Path) -> list[list[str]]:
    if node := shutil.which("node"):
        answer = subprocess.run(
            [node, "-e", f"console.log(eval({json.dumps(text)}))"] if len(text) < 90_000 else [node, "-"],
            input=f"console.log(eval({json.dumps(text)}))",
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(answer.stdout)
    program = found()
    if program is None:
        pytest.skip("neither node nor chromium on this machine; on Debian: apt-get install chromium")
    window = Chromium(program, folder)
    try:
        return json.loads(window.run(text))
    finally:
        window.close()


def test_a_thousand_random_forms_ask_the_same_questions_on_both_sides(forms, tmp_path):
    decided = decided_by_the_script(script(forms), tmp_path)

    differing = [
        (number, set(names) ^ expected)
        for number, (names, answers) in enumerate(zip(decided, forms, strict=True))
        if set(names) != (expected := shown(current(), answers, on=ON, facts={"needling_offered": "yes"}))
    ]
    assert differing == []
    assert len({tuple(names) for names in decided}) > 100
