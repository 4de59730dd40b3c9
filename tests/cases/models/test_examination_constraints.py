"""What the database refuses about examinations, suggestions and findings, whoever writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from cases.models import Case, Examination, Finding, Suggestion
from clinic.accounts.models import User
from tests.api import reported
from tests.factories import MONDAY, CaseFactory

pytestmark = pytest.mark.django_db


def refuses(name: str, write: Any, error: type[Exception] = IntegrityError) -> None:
    with pytest.raises(error, match=name), transaction.atomic():
        write()


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def case(therapist: User) -> Case:
    return CaseFactory(therapist=therapist)


def examination_of(case: Case, **changes: Any) -> Examination:
    given = {"results": {"j_sign": {"left": "absent"}}, "rules_version": "2026.11"} | changes
    return Examination.objects.create(case=case, therapist=case.therapist, examined_at=MONDAY, **given)


@pytest.mark.parametrize("results", [{}, [], [{}], "x", 5])
def test_an_examination_without_a_result_is_refused(case: Case, results: Any):
    refuses("examination_records_a_result", lambda: examination_of(case, results=results))


def test_an_examination_says_which_rules_judged_it(case: Case):
    refuses("examination_says_which_rules", lambda: examination_of(case, rules_version=""))


def test_an_examination_is_never_changed_nor_deleted(case: Case):
    pk = examination_of(case).pk

    for statement in (
        "UPDATE cases_examination SET note = 'x' WHERE id = %s",
        "DELETE FROM cases_examination WHERE id = %s",
    ):
        refuses("cases_examination", lambda statement=statement: run(statement, pk), Exception)


def test_a_suggestion_rests_on_an_examination_of_its_own_case(case: Case):
    suggestion, strange = reported(case), examination_of(CaseFactory(therapist=case.therapist))

    refuses(
        "suggestion_is_of_its_cases_examination",
        lambda: run("UPDATE cases_suggestion SET examination_id = %s WHERE id = %s", strange.pk, suggestion.pk),
    )


def _again(suggestion: Suggestion, **changes: Any) -> Suggestion:
    given = {name: getattr(suggestion, name) for name in ("case", "report", "rules_version", "likelihood", "body")}
    return Suggestion.objects.create(**given | {"causes": [], "made_at": MONDAY} | changes)


def test_one_suggestion_per_form_and_rules_and_one_more_for_each_examination(case: Case):
    first, examination = reported(case), examination_of(case)
    another_form = reported(case)

    _again(first, examination=examination)
    _again(first, rules_version="2027.01")
    _again(first, examination=examination, rules_version="2027.01")
    _again(another_form, examination=examination)

    refuses("one_suggestion_per_report_and_rules", lambda: _again(first))
    refuses("one_suggestion_per_report_examination_and_rules", lambda: _again(first, examination=examination))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("finding_names_a_cause_or_other", {"causes": []}),
        ("finding_names_known_causes", {"causes": ["overuse", "laziness"]}),
        ("finding_says_how_sure", {"confidence": "certain"}),
        ("other_finding_is_named", {"causes": ["other"]}),
        ("differential_is_a_row_and_goes_with_other", {"causes": ["other"], "differential": "X1"}),
        ("differential_is_a_row_and_goes_with_other", {"causes": ["overuse"], "differential": "D1"}),
        ("finding_that_differs_says_why", {"agrees": False}),
    ],
)
def test_a_finding_that_contradicts_itself_is_refused(case: Case, name: str, changes: dict[str, Any]):
    refuses(name, lambda: _finding(case, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"causes": ["other"], "differential": "D14"},
        {"causes": ["other"], "other": "Ankle"},
        {"causes": ["overuse", "mobility_contributor"]},
        {"agrees": False, "reason": "Seen."},
        {"agrees": True},
    ],
)
def test_a_finding_that_says_enough_is_taken(case: Case, changes: dict[str, Any]):
    assert _finding(case, **changes).pk


def test_a_finding_is_never_changed(case: Case):
    finding = _finding(case)

    refuses("cases_finding", lambda: Finding.objects.filter(pk=finding.pk).update(reason="x"), ProgrammingError)


def _finding(case: Case, **changes: Any) -> Finding:
    given = {"causes": ["overuse"], "confidence": "low"} | changes
    return Finding.objects.create(case=case, therapist=case.therapist, recorded_at=MONDAY, **given)
