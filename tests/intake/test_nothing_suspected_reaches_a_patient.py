"""Every page, message and answer a patient may meet × every word for what we suspect: none of them says it.

The words come from the rules themselves, the pages from the addresses themselves: a new cause, a new differential or a
new page is in the walk without anybody remembering it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.urls.converters import IntConverter, UUIDConverter

from cases.messages.render import LANGUAGES, render
from cases.models import Case, CheckIn, Link, Reminder
from cases.rules.differentials import DIFFERENTIALS
from cases.rules.terms import Cause, Channel, FoundCause, Likelihood
from cases.rules.triage import RED_FLAGS
from cases.services import findings, plans
from cases.services.examinations import record_examination
from cases.services.links import make_link, secret_of
from clinic.accounts.models import Role, Site, User
from intake.urls import urlpatterns
from tests.api import KEY, api_of, flagged, intake_body
from tests.factories import MONDAY, CheckInFactory, staff
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS, fill_until

BORN = {"date_of_birth-day": "4", "date_of_birth-month": "3", "date_of_birth-year": "1999"}
IN_WORDS, WHY = "torn cartilage of a lighthouse keeper", "the lighthouse keeper winced"

# What the form itself must ask or the safety text must say; a suspicion made of these words alone gives nothing away.
ASKED = {
    "meniscus": "the history asks for an earlier injury of it",
    "ligament": "the history asks for an earlier injury of it",
    "fracture": "the history asks for an earlier one",
    "infection": "a question about the skin gives it as an example",
    "other": "a choice of many questions",
    "something else": "a choice of many questions",
}


def words_for_what_we_suspect() -> list[str]:
    """Values and labels of causes, the other conditions thought of, suspicions of red flags, how likely it is."""
    found = {"pfp", "patellofemoral", "patellofemoral pain", "suspicion", "suspected", "differential", "likelihood"}
    for term in (*Cause, *FoundCause, *Likelihood):
        found |= {term.value, term.label}
    for text in (*(row.think_of for row in DIFFERENTIALS), *(flag.suspicion for flag in RED_FLAGS)):
        # Of a part of a text, a short word alone ("bone") says nothing; two words or a long one do.
        found |= {
            text,
            *(part for part in re.split(r"[;:,()]", text) if len(part.split()) > 1 or len(part.strip()) > 7),
        }
    plain = {" ".join(each.split()).casefold() for each in found}
    return sorted(plain - set(ASKED))


WORDS = words_for_what_we_suspect()
_LONGEST_FIRST = sorted(WORDS, key=len, reverse=True)
_SEARCH = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, _LONGEST_FIRST)) + r")(?!\w)")


def said_in(text: str) -> set[str]:
    return set(_SEARCH.findall(" ".join(text.casefold().split())))


@dataclass
class Told:
    """Something a patient was shown."""

    where: str
    text: str


class Listening(Client):
    """Keeps every answer, and which address gave it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.told: list[Told] = []
        self.names: set[str] = set()

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        match = getattr(response, "resolver_match", None)
        if match is not None and match.url_name:
            self.names.add(match.url_name)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        heads = " ".join(f"{name}: {value}" for name, value in response.headers.items())
        where = f"{request['REQUEST_METHOD']} {request['PATH_INFO']}"
        self.told.append(Told(where, body.decode(errors="replace") + heads))
        return response


def examined_and_found(case: Case, therapist: User) -> None:
    """Everything that could be let out: a suggestion, an examination, a finding in words, a plan in force."""
    Case.objects.filter(pk=case.pk).update(therapist=therapist)
    results = {
        "step_down": {"left": ["inward_collapse"], "right": ["good_control"]},
        "calf_flexibility": {"left": "tight"},
        "quadriceps_strength": {"left": 80, "right": 100, "unit": "kg"},
    }
    record_examination(case, results=results, note=WHY, by=therapist, now=MONDAY)
    findings.record_finding(
        case,
        causes=[cause.value for cause in FoundCause],
        other=IN_WORDS,
        differential="D1",
        confidence="high",
        reason=WHY,
        by=therapist,
        now=MONDAY,
    )
    plan = plans.draft_plan(case, by=therapist, now=MONDAY)
    plan.case = case
    plans.approve_plan(plan, by=therapist, now=MONDAY)


def link_to(case: Case, purpose: str) -> str:
    link = make_link(case.patient, purpose=purpose, expires_at=MONDAY + timedelta(days=10), now=MONDAY)
    return secret_of(link)


def walk_the_form(client: Listening) -> Case:
    browser = PlainBrowser(client)
    browser.open("/")
    fill_until(browser, "review")
    browser.send(CONSENT)
    assert browser.page.path == "/intake/done/", browser.page.text[:300]
    return Case.objects.get()


def walk_an_alarm(client: Listening) -> None:
    browser = PlainBrowser(client)
    fill_until(browser, "urgent_signs")
    browser.send(SCREENS["urgent_signs"] | {"chest_pain_or_breathless": "yes", "calf_swelling": "yes"})
    assert browser.page.path == "/intake/stop/"


def walk_the_links(client: Listening, case: Case) -> None:
    browser = PlainBrowser(client)
    check_in = CheckIn.objects.filter(case=case, link__isnull=False).first()
    link = check_in.link if check_in else CheckInFactory(
        case=case,
        step="week_2",
        link=make_link(case.patient, purpose=Link.Purpose.CHECK_IN, expires_at=MONDAY + timedelta(days=9), now=MONDAY),
    ).link  # fmt: skip
    for address in (
        f"/check-in/{secret_of(link)}/",
        f"/my/{link_to(case, Link.Purpose.OWN_PAGE)}/",
        f"/intake/link/{link_to(case, Link.Purpose.INTAKE)}/",
    ):
        browser.open(address)
        browser.send(BORN)
        assert browser.page.status == 200, address
    browser.open(f"/stop/{link_to(case, Link.Purpose.CONTACT)}/")


def ask_every_address(client: Listening) -> None:
    """What the walks did not come to is asked once as it stands, in the same browser."""
    given = {"name": "contact", "secret": "a" * 32, "language": "en", "known": "new"}
    for pattern in urlpatterns:
        if pattern.name in client.names:
            continue
        wanted = {
            name: {IntConverter: 1, UUIDConverter: KEY}.get(type(converter)) or given[name]
            for name, converter in pattern.pattern.converters.items()
        }
        path = reverse(f"intake:{pattern.name}", kwargs=wanted)
        client.get(path)
        client.post(path)


@pytest.mark.django_db
def test_no_page_says_what_is_suspected(site: Site, therapist: User, on_monday: time_machine.Traveller):
    client = Listening(enforce_csrf_checks=True)
    case = walk_the_form(client)
    examined_and_found(case, therapist)
    PlainBrowser(client).open("/intake/done/")
    walk_the_links(client, case)
    walk_an_alarm(client)
    flagged(case)
    walk_the_links(client, case)
    ask_every_address(client)

    assert {pattern.name for pattern in urlpatterns} <= client.names
    assert {told.where: said for told in client.told if (said := heard(told.text))} == {}


@pytest.mark.django_db
def test_no_answer_of_the_api_for_patients_says_what_is_suspected(site: Site, therapist: User):
    with time_machine.travel(MONDAY, tick=False):
        api = api_of(staff(Role.INTEGRATION, site))
        answered = [
            api.get("/api/v1/questionnaire/"),
            api.post("/api/v1/intakes/", intake_body(), headers={"Idempotency-Key": KEY}),
        ]
        case = Case.objects.get()
        examined_and_found(case, therapist)
        CheckInFactory(case=case, step="week_2")
        answered += [
            api.post("/api/v1/intakes/", intake_body(), headers={"Idempotency-Key": KEY}),
            api.get(f"/api/v1/cases/{case.reference}/check-ins/"),
            api.get(f"/api/v1/cases/{case.reference}/check-ins/{case.check_ins.first().pk}/"),
        ]

    assert {response.status_code for response in answered} <= {200, 201}
    assert [heard(response.content.decode()) for response in answered] == [set()] * len(answered)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Reminder.Kind.values)
def test_no_message_says_what_is_suspected(kind: str, language: str, channel: Channel):
    try:
        message = render(
            key=KEY,
            kind=kind,
            channel=channel,
            to="rosa@example.org",
            language=language,
            clinic="Riverside",
            phone="+13125550100",
            address="https://clinic.example/my/x/",
            stop_address="https://clinic.example/stop/x/",
        )
    except Exception as error:  # a kind without words is never sent; that it has words is another test's promise
        pytest.skip(f"{kind}: {type(error).__name__}")
    assert heard(f"{message.subject} {message.text} {message.html}") == set()


def for_patients() -> Iterator[Path]:
    """Templates and scripts, but for those of the staff."""
    for root in [Path(settings.BASE_DIR) / "templates"]:
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root).parts
            if path.suffix in {".html", ".txt", ".js", ".svg", ".xml"} and inside[0] != "admin":
                yield path


# What staff see of a case, by the names it has in the code: a template for patients may not even ask for it.
STAFF_ONLY = re.compile(
    r"{[{%][^}%]*\b(suggestions?|findings?|suspicion|likelihood|differential|pointers?|evidence_lines|causes?|next_test)\b"
)


@pytest.mark.parametrize("path", list(for_patients()), ids=lambda path: "/".join(path.parts[-2:]))
def test_no_template_for_patients_names_or_asks_for_what_is_suspected(path: Path):
    text = path.read_text()

    assert heard(text) == set()
    assert STAFF_ONLY.findall(text) == []


def heard(text: str) -> set[str]:
    """What of it tells, whether it stands in the text as it is or as JSON writes it."""
    folded = text.casefold()
    found = said_in(text) | {each for each in (IN_WORDS, WHY) if each in folded}
    return found | {each for each in ("rule_id", '"causes"', '"evidence"', '"suggestion"') if each in folded}


@pytest.mark.parametrize("word", [*WORDS, IN_WORDS, WHY])
def test_each_word_would_be_heard(word: str):
    assert heard(f"<p>Your knee: {word.upper()}.</p>")
    assert heard(json.dumps({"told": [word]}))


def test_the_words_come_from_the_rules():
    assert {"overuse", "movement_dysfunction", "patellar tendinopathy", "septic joint"} <= set(WORDS)
    assert not set(ASKED) & set(WORDS)
