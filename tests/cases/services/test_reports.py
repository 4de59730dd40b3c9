"""Every report is judged; a check-in speaks of what it asked."""

from __future__ import annotations

from datetime import datetime

from cases.models import Case, Flag, Suggestion, SymptomReport
from cases.services.reports import file_report
from tests.factories import CaseFactory


def file(case: Case, now: datetime, source: str, *, shown: list[str], **answers: object) -> SymptomReport:
    return file_report(
        case,
        source=SymptomReport.Source(source),
        answers={"age": 40} | answers,
        shown=shown,
        questionnaire_version="2026.11",
        by=None,
        now=now,
    )


def test_a_check_in_raises_what_it_asked_about(db: None, monday: datetime):
    case = CaseFactory()

    file(case, monday, "check_in", shown=["calf_swelling"], calf_swelling="yes", cancer_history="yes")

    assert list(Flag.objects.values_list("rule_id", flat=True)) == ["S3"]
    assert case.urgency == "same_day"


def test_a_check_in_does_not_raise_an_old_history_again(db: None, monday: datetime):
    case = CaseFactory()

    file(case, monday, "check_in", shown=["calf_swelling"], calf_swelling="no", cancer_history="yes")

    assert Flag.objects.count() == 0
    assert case.urgency == "routine"


def test_an_intake_raises_the_history(db: None, monday: datetime):
    file(CaseFactory(), monday, "intake", shown=["cancer_history"], cancer_history="yes")

    assert Flag.objects.get().rule_id == "C2"


def test_a_check_in_leaves_the_suggestion_of_the_whole_form(db: None, monday: datetime):
    case = CaseFactory()
    file(case, monday, "intake", shown=[])

    file(case, monday, "check_in", shown=["pain_now"], pain_now=2)

    assert Suggestion.objects.get().report.source == "intake"
