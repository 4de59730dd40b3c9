"""Forms become cases once, whoever presses how often."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from cases.models import Case, CaseEvent, Flag, Outcome, Patient, SymptomReport
from cases.rules.terms import Urgency
from cases.services.errors import Stale, WrongInput
from clinic.accounts.models import Site, User
from intake.models import Draft, Submission
from intake.services import consent, drafts, steps, submissions
from intake.services.drafts import DraftGone
from intake.services.submissions import OtherContent
from tests.factories import ROUTINE_ANSWERS, SiteFactory

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"


def submit(now: datetime, *, key: str = KEY, by: User | None = None, **changes: object) -> Submission:
    return submissions.submit_answers(ROUTINE_ANSWERS | changes, idempotency_key=key, language="en", by=by, now=now)


def test_a_routine_form_opens_one_case_with_its_suggestion(site: Site, monday: datetime):
    submission = submit(monday)

    case = Case.objects.get()
    assert submission.case == case
    assert (case.status, case.urgency, case.knee_side) == ("new", "routine", "left")
    assert case.suggestions.get().causes == ["overuse"]
    assert case.reports.get().answers["age"] == 27
    assert dict(Outcome.objects.values_list("instrument", "score")) == {"nprs_now": 3, "nprs_worst": 6, "psfs": 4}


def test_a_form_from_the_open_web_makes_a_provisional_patient(site: Site, monday: datetime):
    patient = submit(monday).patient

    assert patient.is_provisional
    assert patient.consents.get().channel == "email"


def test_names_and_contacts_do_not_stand_in_the_report_or_the_wording(site: Site, monday: datetime):
    submission = submit(monday)

    stored = (
        str(SymptomReport.objects.get().answers)
        + str(submission.case.reports.get().wording)
        + str(list(CaseEvent.objects.values()))
    )
    for secret in ("Rosa", "Runner", "rosa@example.org", "+13125550123", "1999-03-04"):
        assert secret not in stored


def test_the_wording_is_kept_as_it_was_shown(site: Site, monday: datetime):
    wording = {entry["name"]: entry for entry in submit(monday).case.reports.get().wording}

    assert wording["calf_swelling"]["answer_label"] == "No"
    assert wording["calf_swelling"]["text"]


def test_who_agreed_for_a_minor_is_kept_with_the_evidence_only(site: Site, monday: datetime):
    minor = {"date_of_birth": "2012-03-04", "limp": "no", "foot_turns_out": "no"}
    submission = submit(monday, **minor, guardian_name="Paula Parent", guardian_relation="mother")

    wording = {entry["name"]: entry["answer"] for entry in submission.case.reports.get().wording}
    assert (wording["guardian_name"], wording["guardian_relation"]) == ("Paula Parent", "mother")
    assert "Paula" not in str(SymptomReport.objects.get().answers) + str(list(CaseEvent.objects.values()))


def test_the_same_key_and_content_gives_the_first_answer_back(site: Site, monday: datetime):
    first = submit(monday)

    second = submit(monday + timedelta(hours=1))

    assert second == first
    assert Case.objects.count() == Patient.objects.count() == Submission.objects.count() == 1


def test_the_same_key_with_other_content_is_refused(site: Site, monday: datetime):
    submit(monday)

    with pytest.raises(OtherContent):
        submit(monday, pain_now=4)

    assert Case.objects.count() == 1


def test_wrong_answers_store_nothing_and_name_each_field(site: Site, monday: datetime):
    with pytest.raises(WrongInput) as refused:
        submit(monday, pain_now=11, site="nowhere")

    assert set(refused.value.errors) == {"pain_now", "site"}
    assert Submission.objects.count() == Patient.objects.count() == 0


def test_an_alarming_form_raises_flags_and_says_when_to_act(site: Site, monday: datetime):
    submit(monday, calf_swelling="yes")

    flag = Flag.objects.get()
    assert (flag.rule_id, flag.level, flag.answers) == ("S3", "same_day", {"calf_swelling": "yes"})
    assert flag.act_by == monday + timedelta(hours=2)
    assert Case.objects.get().urgency == Urgency.SAME_DAY
    assert CaseEvent.objects.filter(kind="safety_text_due").count() == 1
    assert not CaseEvent.objects.filter(kind="safety_text_shown").exists()


def test_submit_takes_at_most_20_statements_whatever_the_answers(
    site: Site, monday: datetime, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20):
        submit(monday)

    with django_assert_max_num_queries(20):
        submit(monday, key="another", calf_swelling="yes", night_pain="wakes_at_rest", swelling="large")


@pytest.mark.django_db(transaction=True)
def test_fifty_equal_submits_at_once_make_one_case(monday: datetime):
    SiteFactory()
    answers: list[object] = []
    start = threading.Barrier(10)

    def press() -> None:
        try:
            start.wait()
            for _ in range(5):
                answers.append(submit(monday).case_id)
        except Exception as error:
            answers.append(error)
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _ in range(10)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert answers == [Case.objects.get().pk] * 50
    assert Patient.objects.count() == 1


def fill(draft: Draft, now: datetime, **changes: object) -> steps.Saved:
    saved = None
    answers = ROUTINE_ANSWERS | changes
    for section in drafts.questionnaire_of(draft).sections:
        raw = {question.name: answers[question.name] for question in section.questions if question.name in answers}
        saved = steps.save_step(draft, section=section.name, raw=raw, now=now)
        if saved.submission:
            break
    return saved


def agreement_to(draft: Draft, now: datetime) -> consent.Agreement:
    draft.refresh_from_db()
    assert draft.site is not None
    return consent.Agreement(consent.text_in_force(draft.site, draft.language, now=now).sha256, name="Rosa Runner")


def test_a_draft_is_resumed_by_its_secret_alone(site: Site, monday: datetime):
    draft, secret = drafts.start_draft(site=site, language="en", now=monday)

    assert drafts.find_draft(secret, now=monday) == draft
    assert drafts.find_draft(secret[:-1] + "x", now=monday) is None
    assert drafts.find_draft(secret, now=monday + timedelta(days=15)) is None
    assert secret not in str(Draft.objects.values().get())


def test_a_finished_draft_becomes_one_case_and_keeps_no_answers(site: Site, monday: datetime):
    draft, _ = drafts.start_draft(site=None, language="en", now=monday)
    fill(draft, monday)

    first = submissions.submit_intake(draft, agreement=agreement_to(draft, monday), now=monday)
    second = submissions.submit_intake(draft, now=monday + timedelta(minutes=1))

    draft.refresh_from_db()
    assert first == second
    assert draft.answers == {}
    assert Case.objects.get().suggestions.get().causes == ["overuse"]


def test_right_answers_of_a_wrong_step_are_kept(site: Site, monday: datetime):
    draft, _ = drafts.start_draft(site=site, language="en", now=monday)

    saved = steps.save_step(
        draft, section="contact", raw={"given_name": "Rosa", "date_of_birth": "1850-01-01"}, now=monday
    )

    draft.refresh_from_db()
    assert "date_of_birth" in saved.errors
    assert draft.answers["given_name"] == "Rosa"


def test_an_unfinished_draft_cannot_be_sent(site: Site, monday: datetime):
    draft, _ = drafts.start_draft(site=site, language="en", now=monday)

    with pytest.raises(WrongInput) as refused:
        submissions.submit_intake(draft, now=monday)

    assert "fever" in refused.value.errors
    assert Case.objects.count() == 0


def test_an_alarming_answer_stops_the_form_and_reaches_staff_at_once(site: Site, monday: datetime):
    draft, _ = drafts.start_draft(site=site, language="en", now=monday)

    saved = fill(draft, monday, chest_pain_or_breathless="yes")

    case = Case.objects.get()
    assert saved.submission is not None
    assert case.urgency == Urgency.EMERGENCY
    assert [flag.rule_id for flag in case.flags.all()] == ["E6"]
    with pytest.raises(DraftGone):
        steps.save_step(draft, section="contact", raw={}, now=monday)


def test_two_devices_do_not_overwrite_each_other(site: Site, monday: datetime):
    draft, _ = drafts.start_draft(site=site, language="en", now=monday)
    steps.save_step(draft, section="contact", raw={"given_name": "Rosa"}, now=monday, expected_version=1)

    with pytest.raises(Stale):
        steps.save_step(draft, section="contact", raw={"given_name": "Other"}, now=monday, expected_version=1)

    draft.refresh_from_db()
    assert draft.answers["given_name"] == "Rosa"


def test_old_drafts_are_forgotten_and_submitted_ones_kept(site: Site, monday: datetime):
    drafts.start_draft(site=site, language="en", now=monday)
    draft, _ = drafts.start_draft(site=site, language="en", now=monday)
    fill(draft, monday)
    submissions.submit_intake(draft, agreement=agreement_to(draft, monday), now=monday)

    forgotten = drafts.forget_old_drafts(now=monday + timedelta(days=14))

    assert forgotten == 1
    assert Draft.objects.get() == draft
