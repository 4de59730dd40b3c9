"""Whatever is typed into any question, by any door: a message at the field, nothing right lost, never a failure."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from intake.answers import from_form
from intake.models import Draft, Submission
from intake.questionnaire import versions
from intake.questionnaire.definition import Kind, Question, Section
from intake.services import drafts, steps
from tests.api import api_of, intake_body
from tests.intake.plain_browser import page_of
from tests.intake.routine_patient import CONSENT, SCREENS

QUESTIONNAIRE = versions.current()
SECTIONS = [section for section in QUESTIONNAIRE.sections if section.name in SCREENS]
# Free words may say anything that can be printed; every other kind must refuse each of these.
WORDS = {Kind.TEXT, Kind.LONG_TEXT}
HOSTILE = ("<script>alert(1)</script>", "' OR 1=1 --", "-1", "1e999", "x" * 4000, "a\x00\x1bb")
WRONG_TYPES: tuple[Any, ...] = (True, -1, 1e300, [], [[]], {}, {"a": {"b": []}}, [None], "<b>", ["none", 7])


@pytest.fixture(autouse=True)
def _no_memory_of_earlier_tries() -> None:
    cache.clear()


def posted(answers: dict[str, Any]) -> Any:
    found = QueryDict(mutable=True)
    for name, value in answers.items():
        found.setlist(name, value if isinstance(value, list) else [value])
    return found


@pytest.fixture
def begun(site):
    """A form filled in to its end, and the browser it is filled in with."""
    now = timezone.now()
    draft, secret = drafts.start_draft(site=site, language="en", now=now)
    for section in SECTIONS:
        draft = steps.save_step(
            draft, section=section.name, raw=from_form(section, posted(SCREENS[section.name])), now=now
        ).draft
    client = Client()
    client.cookies["form"] = secret
    return draft, client


def inputs_of(question: Question) -> list[str]:
    """The names of a question's inputs on the page."""
    match question.kind:
        case Kind.BIRTH_DATE | Kind.DATE:
            return [f"{question.name}-{piece}" for piece in ("day", "month", "year")]
        case Kind.ROWS:
            return [f"{question.name}-0-{sub.name}" for sub in question.questions]
        case Kind.EACH:
            chosen = SCREENS["where"]["pain_location"][0]
            return [f"{question.name}-{chosen}-{sub.name}" for sub in question.questions]
    return [question.name]


def takes_words(question: Question, field: str) -> bool:
    inner = {f"{question.name}-0-{sub.name}": sub for sub in question.questions}
    return inner.get(field, question).kind in WORDS


def summary_links(html: str) -> list[str]:
    """The ids that the list of mistakes leads to."""
    found = re.search('class="summary".*?</ul>', html, re.DOTALL)
    return re.findall('href="#([^"]+)"', found[0]) if found else []


def send(client: Client, draft: Draft, path: str, answers: dict[str, Any]) -> Any:
    draft.refresh_from_db()
    return client.post(path, {"form": str(draft.pk), "version": str(draft.version), **answers})


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
@pytest.mark.parametrize("door", ["step", "save"])
def test_a_hostile_answer_is_told_at_its_field_and_costs_no_other(begun, section: Section, door: str) -> None:
    draft, client = begun
    right = dict(draft.answers)
    for question in section.questions:
        for field in inputs_of(question):
            for bad in HOSTILE:
                answer = send(client, draft, f"/intake/{door}/{section.name}/", {**SCREENS[section.name], field: bad})

                where = (field, bad[:20])
                assert answer.status_code in (200, 302, 422), where
                draft.refresh_from_db()
                assert draft.submitted_at is None
                for name, value in right.items():
                    if name != question.name:
                        assert draft.answers[name] == value, (where, name)
                if answer.status_code == 422:
                    html = page_of(answer).html
                    assert "<script>alert" not in html
                    # The summary leads to the field, and the words stand at it.
                    name = re.sub("-(day|month|year)$", "", field)
                    assert f'id="id_{name}-error"' in html, where
                    links = summary_links(html)
                    assert [link for link in links if re.fullmatch(rf"id_{name}(-.+)?", link)], (where, links)
                    assert [link for link in links if f'id="{link}"' not in html] == [], where
                elif (
                    door == "step"
                    and not takes_words(question, field)
                    and question.required
                    and not question.shown_when
                ):
                    # It went on: so it was either understood ("-1" is a name).
                    stored = draft.answers.get(question.name, right.get(question.name))
                    assert stored is not None, where


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_wrong_type_sent_by_a_program_is_named_and_files_nothing(site, section: Section, settings) -> None:
    # Every question is asked about, in one hour.
    settings.INTAKE_RATE = "100000/hour"
    for question in section.questions:
        for bad in WRONG_TYPES:
            before = Submission.objects.count()

            # A key of its own each time: the answer to the one before must not stand in for this one.
            answer = api_of().post(
                "/api/v1/intakes/", intake_body(**{question.name: bad}), headers={"Idempotency-Key": str(uuid4())}
            )

            where = (question.name, bad)
            if answer.status_code == 201:
                # Read as blank where blank is allowed, or a right answer after all.
                is_right = (bad == "<b>" and question.kind in WORDS) or (bad == [] and question.kind is Kind.ROWS)
                assert is_right or not question.required or question.shown_when, where
                assert Submission.objects.count() == before + 1
                continue
            assert answer.status_code == 400, (where, answer.content[:300])
            named = {re.split("[-.]", field.removeprefix("answers."))[0] for field in answer.json()["errors"]}
            assert question.name in named, (where, named)
            assert Submission.objects.count() == before, where


def test_answers_to_hidden_questions_are_never_filed(begun) -> None:
    draft, client = begun
    send(client, draft, "/intake/step/history/", {**SCREENS["history"], "pregnancy_weeks": "20", "weeks_off": "3"})
    send(client, draft, "/intake/save/more_signs/", {"deformity_or_kneecap_out": "still_out"})
    answer = send(client, draft, "/intake/review/", CONSENT | {"guardian_name": "Nobody"})

    draft.refresh_from_db()
    assert answer.status_code in (302, 200, 422)
    assert "deformity_or_kneecap_out" not in draft.answers
    for submission in Submission.objects.all():
        assert not {"pregnancy_weeks", "guardian_name"} & set(submission.case.reports.get().answers)


@pytest.mark.parametrize("path", ["/intake/step/where/", "/intake/save/where/", "/intake/review/", "/api/v1/intakes/"])
def test_ten_megabytes_are_refused_in_words(begun, path: str) -> None:
    draft, client = begun
    version = draft.version

    answer = client.generic("POST", path, b"a=" + b"x" * 10_000_000, content_type="application/x-www-form-urlencoded")

    draft.refresh_from_db()
    assert answer.status_code in (413, 415)
    assert draft.version == version


@pytest.mark.parametrize("secret", ["", "x", "x" * 4000, "../../etc/passwd", "0" * 43, "é", "a\tb"])
@pytest.mark.parametrize("path", ["/intake/step/where/", "/intake/kept/", "/intake/review/"])
def test_a_tampered_token_opens_nothing(begun, secret: str, path: str) -> None:
    stranger = Client()
    stranger.cookies["form"] = secret

    answer = stranger.get(path)

    assert answer.status_code in (302, 404, 400)
    assert "Rosa" not in answer.content.decode()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_kept_answers_are_read_and_never_written_there(begun, method: str) -> None:
    draft, client = begun

    kind = "application/x-www-form-urlencoded"
    answer = client.generic(method, "/intake/kept/", b"knee_side=right", content_type=kind)

    assert answer.status_code == 405
    draft.refresh_from_db()
    assert draft.answers["knee_side"] == "left"


def test_a_skipped_screen_leads_back_to_the_first_that_is_incomplete(site) -> None:
    now = timezone.now()
    draft, secret = drafts.start_draft(site=site, language="en", now=now)
    client = Client()
    client.cookies["form"] = secret

    for name in ("pain", "goals"):
        assert send(client, draft, f"/intake/step/{name}/", SCREENS[name]).status_code == 302
        assert send(client, draft, f"/intake/save/{name}/", SCREENS[name]).json()["go"] == "/intake/continue/"
    assert client.get("/intake/review/").status_code == 302
    draft.refresh_from_db()
    assert draft.answers == {}
