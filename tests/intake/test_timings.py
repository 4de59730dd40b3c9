"""Time per question is counted, and nobody with it."""

from __future__ import annotations

from collections import Counter

import pytest
from django.urls import reverse

from intake.admin.timings import asked_of
from intake.models import QuestionTiming
from intake.questionnaire.versions import current
from intake.services import timings
from intake.services.drafts import start_draft
from intake.services.timings import device_of, note_seconds

WHERE = current().section("where")


@pytest.fixture
def draft(site, monday):
    return start_draft(site=site, language="en", now=monday)[0]


@pytest.mark.parametrize(("seconds", "stretch"), [(0, 2), (2, 2), (3, 5), (320, 320), (99999, 320)])
def test_seconds_fall_into_their_stretch(draft, seconds, stretch):
    note_seconds(draft, section=WHERE, said=[f"knee_side:{seconds}"], device="phone")

    row = QuestionTiming.objects.get()
    assert (row.question, row.up_to_seconds, row.answers) == ("knee_side", stretch, 1)


def test_the_same_stretch_is_counted_on(draft):
    for _ in range(3):
        note_seconds(draft, section=WHERE, said=["knee_side:4"], device="phone")

    assert QuestionTiming.objects.get().answers == 3


@pytest.mark.parametrize("said", ["fever:3", "knee_side:-1", "knee_side:abc", "'; drop table", "knee_side:1234567"])
def test_what_is_no_question_of_the_screen_is_not_counted(draft, said):
    note_seconds(draft, section=WHERE, said=[said], device="phone")

    assert not QuestionTiming.objects.exists()


def test_a_count_leads_to_nobody():
    names = {field.name for field in QuestionTiming._meta.get_fields()}

    assert names == {"id", "question", "questionnaire_version", "language", "device", "up_to_seconds", "answers"}


@pytest.mark.parametrize(
    ("agent", "device"),
    [("Mozilla/5.0 (Linux; Android 12; Pixel) Mobile", "phone"), ("iPad", "tablet"), ("X11; Linux", "computer")],
)
def test_a_device_is_told_by_its_class_only(agent, device):
    assert device_of(agent) == device


def test_half_of_the_answers_lie_within():
    asked = asked_of("Which knee?", Counter({2: 1, 5: 1, 80: 1}))

    assert (asked.answers, asked.half_within, asked.slow) == (3, 5, 1)
    assert timings.BUCKETS[-1] == 320


def test_a_manager_sees_the_questions_in_the_order_of_the_form(client, manager, draft):
    note_seconds(draft, section=WHERE, said=["pain_location:9", "knee_side:4"], device="phone")
    client.force_login(manager)

    page = client.get(reverse("admin:intake_questiontiming_changelist")).content.decode()

    assert page.index("Which knee hurts?") < page.index("Where does it hurt?")
