"""A thousand random forms: the page's scripts and the server decide alike what is asked, and what alarms."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import QueryDict

from cases.rules.measures import report_of
from cases.rules.terms import STOPPING, worst
from cases.rules.triage import triage
from clinic.accounts.models import Site
from intake.answers import Cleaned, clean, from_form, shown, split
from intake.questionnaire.definition import Kind, Question, Section
from intake.questionnaire.versions import current
from intake.views.offline import alarms_for
from tests.browser.chromium import Chromium
from tests.browser.entries import Entries

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

ASKED = current()
FACTS = {"needling_offered": "yes"}
FORMS = 1000
TEXTS = {Kind.EMAIL: "rosa@example.org", Kind.PHONE: "(312) 555-0123", Kind.TIME_ZONE: "America/Chicago"}
# Fills in each form on the page that holds all the questions, and tells what the page then shows and warns of.
FILL = """
(forms, told, facts) => {
  const form = document.querySelector("form[data-offline]");
  form.dataset.facts = JSON.stringify(facts);
  const boxes = new Map();
  for (const each of form.elements) if (each.name) boxes.set(each.name, [...(boxes.get(each.name) || []), each]);
  return forms.map((entries) => {
    form.reset();
    for (const [name, value] of entries) {
      for (const box of boxes.get(name)) {
        if (["radio", "checkbox"].includes(box.type)) box.checked = box.checked || box.value === value;
        else box.value = value;
      }
    }
    form.dispatchEvent(new Event("patella:filled"));
    const open = [...form.querySelectorAll("[data-shown-when]")].filter((field) => !field.hidden);
    return {
      shown: open.map((field) => field.querySelector("input[name=asked]").value).sort(),
      alarms: [false, true].map((complete) => patellaRules.alarm(told, patellaForm.valuesOf, { facts, complete })),
    };
  });
}
"""


def a_day(dice: random.Random, *, years: tuple[int, int]) -> date:
    return date.today() - timedelta(days=dice.randint(years[0] * 365 + 5, years[1] * 365))


def entries_for(question: Question, name: str, dice: random.Random) -> Entries:
    """One answer as a page sends it."""
    match question.kind:
        case Kind.CHOICE | Kind.SCALE if question.options:
            return [(name, dice.choice(question.options).value)]
        case Kind.CHOICES:
            alone = [option.value for option in question.options if option.exclusive]
            together = [option.value for option in question.options if not option.exclusive]
            few = dice.sample(together, dice.randint(1, min(4, len(together))))
            return [(name, value) for value in (alone[:1] if alone and dice.random() < 0.2 else few)]
        case Kind.INTEGER | Kind.SCALE | Kind.NUMBER:
            unit = dice.choice(question.entry_units) if question.entry_units else None
            most = int((question.high or 0) / (unit.times if unit else 1))
            text = str(dice.randint(int(question.low or 0), min(most, 60)))
            return [(name, text), (f"{name}-unit", unit.value)] if unit else [(name, text)]
        case Kind.BIRTH_DATE | Kind.DATE:
            day = a_day(dice, years=(11, 60) if question.kind is Kind.BIRTH_DATE else (0, 2))
            parts = [(f"{name}-year", str(day.year)), (f"{name}-month", str(day.month)), (f"{name}-day", str(day.day))]
            return parts[: dice.randint(1, 3)] if question.kind is Kind.DATE else parts
        case Kind.ROWS:
            return [
                entry
                for place in range(dice.randint(0, question.max_rows))
                for sub in question.questions
                if dice.random() < 0.7
                for entry in entries_for(sub, f"{name}-{place}-{sub.name}", dice)
            ]
        case Kind.EACH:
            return [
                entry
                for option in dice.sample(question.options, dice.randint(0, 5))
                for sub in question.questions
                if dice.random() < 0.7
                for entry in entries_for(sub, f"{name}-{option.value}-{sub.name}", dice)
            ]
    return [] if question.options_from else [(name, TEXTS.get(question.kind, "yes"))]


def random_form(number: int) -> Entries:
    dice = random.Random(number)
    asked = [question for question in ASKED.questions if not question.staff_only]
    return [entry for each in asked if dice.random() < 0.7 for entry in entries_for(each, each.name, dice)]


def judged(entries: Entries) -> Cleaned:
    """The same form as the server takes it."""
    posted = QueryDict(mutable=True)
    for name, value in entries:
        posted.appendlist(name, value)
    raw = {name: value for part in ASKED.sections for name, value in from_form(part, posted).items()}
    return clean(ASKED, raw, on=date.today(), facts=FACTS)


def conditional(questions: Iterable[Question], names: Iterable[str], prefix: str = "") -> set[str]:
    asked = set(names)
    return {f"{prefix}{question.name}" for question in questions if question.shown_when and question.name in asked}


def shown_by_the_server(cleaned: Cleaned) -> list[str]:
    """Every question with a condition that is asked, those of each row too, by the name of its input."""
    found = conditional(ASKED.questions, cleaned.shown)
    for question in ASKED.questions:
        rows = list(cleaned.answers.get(question.name) or ()) if question.kind is Kind.ROWS else []
        for place in range(question.max_rows if question.kind is Kind.ROWS else 0):
            row: Mapping[str, Any] = rows[place] if place < len(rows) else {}
            alone = Section(name="row", title="", questions=question.questions)
            asked = shown(dataclasses.replace(ASKED, sections=(alone,)), row, on=date.today())
            found |= conditional(question.questions, asked, f"{question.name}-{place}-")
        if question.kind is Kind.EACH:
            found |= {question.name_of(option) for option in cleaned.answers.get(question.each_of, ())}
    return sorted(found)


def alarms_of_the_server(cleaned: Cleaned) -> list[str]:
    today = date.today()
    # A hidden answer that speaks against another is kept by the server. The page warned when it was given.
    given = {name: value for name, value in cleaned.answers.items() if name in cleaned.shown}
    _personal, clinical = split(ASKED, given, on=today)
    found = []
    for complete in (False, True):
        level = worst(*(rule.level for rule in triage(report_of(clinical, today, complete=complete)).fired))
        found.append(level.value if level in STOPPING else "")
    return found


def test_a_thousand_random_forms_are_asked_and_judged_alike_on_both_sides(
    browser: Chromium, live_server: Any, riverside: Site
) -> None:
    forms = [random_form(number) for number in range(FORMS)]
    # The page as it is before anything is kept: its last script would lead away from it.
    browser.call("Network.setBlockedURLs", urls=["*offline.js"])
    browser.open(f"{live_server.url}/intake/offline/{ASKED.version}/en/open/")

    told = json.dumps(alarms_for(ASKED))
    decided = browser.run(f"({FILL})({json.dumps(forms)}, {told}, {json.dumps(FACTS)})")

    differing = []
    for number, (page, entries) in enumerate(zip(decided, forms, strict=True)):
        cleaned = judged(entries)
        asked = [name for name in page["shown"] if name != "assent"]
        if asked != (expected := shown_by_the_server(cleaned)):
            differing.append((number, sorted(set(asked) ^ set(expected))))
        if page["alarms"] != (levels := alarms_of_the_server(cleaned)):
            differing.append((number, page["alarms"], levels))
    assert differing == []
    assert len({tuple(page["shown"]) for page in decided}) > 500
    assert {page["alarms"][0] for page in decided} == {"", "same_day", "emergency"}
