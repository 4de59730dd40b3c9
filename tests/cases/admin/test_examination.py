"""A therapist examines and decides in the admin: left beside right, and every wrong field told where it stands."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case, Examination, Finding
from clinic.accounts.models import User
from tests.api import reported
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(therapist: User) -> Case:
    case = CaseFactory(therapist=therapist)
    reported(case)
    return case


@pytest.fixture
def therapists(client: Client, therapist: User) -> Client:
    client.force_login(therapist)
    return client


def form_of(case: Case, name: str) -> str:
    return reverse("admin:cases_case_do", args=[case.pk, name])


def shown(client: Client, case: Case) -> str:
    return client.get(reverse("admin:cases_case_change", args=[case.pk])).content.decode()


def test_an_examination_is_written_down_side_by_side(therapists: Client, case: Case):
    before = shown(therapists, case)

    answer = therapists.post(
        form_of(case, "examine"),
        {
            "version": case.version,
            "quadriceps_strength-left": "80",
            "quadriceps_strength-right": "100.5",
            "quadriceps_strength-unit": "kg",
            "landing-left": ["inward_collapse", "trunk_lean"],
            "joint_flexibility-value": "normal",
            "note": "Sore after.",
        },
    )

    assert answer.status_code == 302
    assert Examination.objects.get().results == {
        "quadriceps_strength": {"left": 80, "right": 100.5, "unit": "kg"},
        "landing": {"left": ["inward_collapse", "trunk_lean"]},
        "joint_flexibility": {"value": "normal"},
    }
    page = shown(therapists, case)
    assert "Nothing examined yet." in before
    for words in ("80 kg", "100.5 kg", "Knee collapses inwards and trunk leans", "Left (affected)", "Suggested before"):
        assert words in page
    assert "Test that would tell most" in page


def test_each_test_tells_its_units_and_what_a_number_may_be(therapists: Client, case: Case):
    page = therapists.get(form_of(case, "examine")).content.decode()

    assert "N from 0 to 1500; kg from 0 to 150; Nm from 0 to 600." in page
    assert "degrees from -60 to 25." in page


def test_every_field_of_the_examination_has_a_label_of_its_own(therapists: Client, case: Case):
    page = therapists.get(form_of(case, "examine")).content.decode()

    labels = re.findall(r"<label for=\"id_[a-z_]+-(?:left|right|value|unit)\">(.*?)</label>", page)
    heard = [re.sub(r"<[^>]+>", "", label).strip() for label in labels]

    assert {"Quadriceps, dynamometer: left", "Quadriceps, dynamometer: unit", "Joints of the whole body"} <= set(heard)
    assert len(heard) == len(set(heard))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "Record the result of at least one test."),
        ({"quadriceps_strength-left": "9999", "quadriceps_strength-unit": "N"}, "Cannot be: N from 0 to 1500."),
        ({"landing-left": ["good_control", "trunk_lean"]}, "cannot stand beside another"),
        ({"quadriceps_grade-left": "3.5"}, "Whole grades only."),
    ],
)
def test_a_wrong_result_is_told_and_nothing_is_stored(therapists: Client, case: Case, typed: dict, told: str):
    answer = therapists.post(form_of(case, "examine"), {"version": case.version} | typed)

    assert answer.status_code == 422
    assert told in answer.content.decode().replace("&#x27;", "'")
    assert not Examination.objects.exists()


def test_a_finding_with_a_differential_is_written_down(therapists: Client, case: Case):
    answer = therapists.post(
        form_of(case, "find"),
        {
            "version": case.version,
            "causes": ["other"],
            "differential": "D7",
            "confidence": "high",
            "reason": "Joint line.",
        },
    )

    assert answer.status_code == 302
    assert Finding.objects.get().differential == "D7"
    assert "Something else</b>: Meniscus" in shown(therapists, case)


def test_the_front_desk_examines_nobody(client: Client, front_desk: User, case: Case):
    client.force_login(front_desk)

    answer = client.post(form_of(case, "examine"), {"version": case.version, "landing-left": ["good_control"]})

    assert answer.status_code in (403, 404)
    assert not Examination.objects.exists()
