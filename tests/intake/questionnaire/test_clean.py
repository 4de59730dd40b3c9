"""What is stored, what is refused, and what a patient is asked."""

from __future__ import annotations

from datetime import date

import pytest

from intake.answers import clean, contradictions, shown, split
from intake.questionnaire.definition import Kind

LONG = "9" * 6000


def test_a_routine_form_is_right_and_stored_as_sent(questionnaire, routine, on):
    cleaned = clean(questionnaire, routine, on=on, sites={"north", "south"})

    assert cleaned.errors == {}
    assert cleaned.answers == routine
    assert cleaned.dropped == {}
    assert cleaned.contradictory == frozenset()


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        *(("duration_weeks", 0, 2600), ("pain_now", 0, 10), ("pain_worst", 0, 10), ("pain_usual", 0, 10)),
        *(("rest_tried_days", 0, 3650), ("morning_stiffness_minutes", 0, 1440)),
    ],
)
def test_numbers_are_taken_up_to_both_ends_and_no_further(questionnaire, routine, on, name, low, high):
    def errors(value):
        return clean(questionnaire, routine | {name: value}, on=on).errors

    assert name not in errors(low)
    assert name not in errors(high)
    assert str(high) in errors(high + 1)[name][0]
    assert str(low) in errors(low - 1)[name][0]


@pytest.mark.parametrize(
    ("name", "high", "others"),
    [
        ("trauma_days_ago", 14, {"trauma": "yes", "deformity_or_kneecap_out": "no"}),
        ("swelling_within_hours", 336, {"trauma": "yes", "swelling": "moderate"}),
        ("recent_needling_or_injection_days", 84, {"fever": "yes", "recent_needling_or_injection": "yes"}),
        ("pregnancy_weeks", 45, {"pregnancy": "yes"}),
    ],
)
def test_numbers_asked_only_sometimes_have_ends_too(questionnaire, routine, on, name, high, others):
    def errors(value):
        return clean(questionnaire, routine | others | {name: value}, on=on).errors.get(name, [])

    assert errors(0) == errors(high) == []
    assert errors(-1)
    assert errors(high + 1)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        *(("sessions_per_week", 0, 21), ("volume_per_week", 0, 10000), ("change_percent", 0, 500)),
        *(("changed_weeks_ago", 0, 520), ("rest_days_per_week", 0, 7)),
    ],
)
def test_numbers_inside_a_row_name_row_and_field(questionnaire, routine, on, name, low, high):
    def errors(value):
        row = routine["activities"][0] | {"sessions_per_week": 5, name: value}
        return clean(questionnaire, routine | {"activities": [row]}, on=on).errors

    assert errors(low) == errors(high) == {}
    assert set(errors(low - 1)) == set(errors(high + 1)) == {f"activities-0-{name}"}


@pytest.mark.parametrize(
    ("born", "right"),
    [("2021-11-22", True), ("2021-11-23", False), ("1916-11-22", True), ("1915-11-23", True), ("1915-11-22", False)],
)
def test_the_birth_date_covers_5_to_110_years(questionnaire, routine, on, born, right):
    errors = clean(questionnaire, routine | {"date_of_birth": born}, on=on).errors

    assert ("date_of_birth" not in errors) is right


@pytest.mark.parametrize("name", ["given_name", "phone", "knee_side", "fever", "pain_now", "aggravating", "goals"])
@pytest.mark.parametrize("blank", [None, "", "   ", []])
def test_a_required_answer_left_blank_is_asked_for_by_name(questionnaire, routine, on, name, blank):
    cleaned = clean(questionnaire, routine | {name: blank}, on=on)

    assert set(cleaned.errors) == {name}
    assert name not in cleaned.answers


def test_every_required_question_is_missed_when_nothing_is_sent(questionnaire, on):
    errors = clean(questionnaire, {}, on=on).errors

    assert set(errors) == {q.name for q in questionnaire.questions if q.required and q.shown_when is None} | {
        "needle_fear",
        "needling_interest",
    }


def test_an_address_is_required_by_those_who_want_e_mail(questionnaire, routine, on):
    del routine["email"]

    assert clean(questionnaire, routine, on=on).errors == {}
    assert set(clean(questionnaire, routine | {"preferred_channel": "email"}, on=on).errors) == {"email"}


def test_no_sport_is_an_answer(questionnaire, routine, on):
    assert clean(questionnaire, routine | {"activities": []}, on=on).answers["activities"] == []
    assert "activities" not in clean(questionnaire, routine | {"activities": None}, on=on).answers


def test_more_than_three_rows_are_refused(questionnaire, routine, on):
    row = routine["activities"][0]

    assert clean(questionnaire, routine | {"activities": [row] * 3}, on=on).errors == {}
    assert set(clean(questionnaire, routine | {"activities": [row] * 4}, on=on).errors) == {"activities"}
    assert set(clean(questionnaire, routine | {"goals": [{"activity": "x", "score": 1}] * 4}, on=on).errors) == {
        "goals"
    }


def test_a_row_half_right_keeps_its_good_half_in_place(questionnaire, routine, on):
    rows = [{"activity": "Stairs", "score": 11}, {"activity": "Running", "score": 3}]

    cleaned = clean(questionnaire, routine | {"goals": rows}, on=on)

    assert set(cleaned.errors) == {"goals-0-score"}
    assert cleaned.answers["goals"] == [{"activity": "Stairs"}, {"activity": "Running", "score": 3}]


def test_unknown_fields_are_refused_and_named(questionnaire, routine, on):
    row = routine["activities"][0] | {"colour": "red"}

    errors = clean(questionnaire, routine | {"shoe_size": 44, "activities": [row], "age": 4}, on=on).errors

    assert set(errors) == {"shoe_size", "activities-0-colour", "age"}


def test_answers_to_hidden_questions_are_dropped_and_reported(questionnaire, routine, on):
    hidden = {"pregnancy": "yes", "limp": "no", "metal_allergy": "yes", "weakness_or_one_side_stronger": "no"}
    extra = hidden | {"sex": "male", "thigh_looks_smaller": "yes", "guardian_name": {"no": "text"}}

    cleaned = clean(questionnaire, routine | extra, on=on)

    assert cleaned.errors == {}
    assert cleaned.dropped == {
        "pregnancy": "yes",
        "limp": "no",
        "metal_allergy": "yes",
        "thigh_looks_smaller": "yes",
        "guardian_name": None,
    }
    assert not cleaned.dropped.keys() & (cleaned.answers.keys() | cleaned.shown)


def test_a_hidden_answer_opens_nothing(questionnaire, routine, on):
    # The needle question is hidden, so what hangs on it stays hidden too.
    cleaned = clean(questionnaire, routine | {"recent_needling_or_injection": "yes"}, on=on)

    assert "recent_needling_or_injection_days" not in cleaned.shown


def test_hidden_answers_of_a_row_are_left_out(questionnaire, routine, on):
    row = routine["activities"][0] | {"recent_change": "none", "weeks_off": 3}

    (stored,) = clean(questionnaire, routine | {"activities": [row]}, on=on).answers["activities"]

    assert not {"weeks_off", "change_percent", "changed_weeks_ago"} & stored.keys()


def test_only_staff_see_their_own_question(questionnaire, routine, on):
    answers = routine | {"burning_or_skin_change": "yes"}

    assert clean(questionnaire, answers, on=on).dropped == {"burning_or_skin_change": "yes"}
    assert clean(questionnaire, answers, on=on, by_staff=True).answers["burning_or_skin_change"] == "yes"


def test_needling_is_not_asked_where_the_clinic_does_not_offer_it(questionnaire, routine, on):
    del routine["needle_fear"], routine["needling_interest"]

    cleaned = clean(questionnaire, routine, on=on, facts={"needling_offered": "no"})

    assert cleaned.errors == {}
    assert not {"needle_fear", "needling_interest"} & cleaned.shown


def test_a_guardian_is_asked_below_18(questionnaire, routine, on):
    at_17 = clean(questionnaire, routine | {"date_of_birth": "2008-11-23"}, on=on)
    at_18 = clean(questionnaire, routine | {"date_of_birth": "2008-11-22"}, on=on)

    assert set(at_17.errors) == {"guardian_name", "guardian_relation", "limp", "foot_turns_out"}
    assert at_18.errors == {}


@pytest.mark.parametrize(
    ("earlier", "asked"),
    [
        (
            {"trauma": "yes"},
            {
                *("deformity_or_kneecap_out", "trauma_days_ago", "pop_at_injury", "cannot_bend_to_90"),
                "bone_tender_kneecap_or_outer_knee",
            },
        ),
        (
            {"trauma": "not_sure", "swelling": "large"},
            {
                *("deformity_or_kneecap_out", "trauma_days_ago", "pop_at_injury", "cannot_bend_to_90"),
                *("bone_tender_kneecap_or_outer_knee", "swelling_within_hours"),
            },
        ),
        ({"hot_red_joint": "yes"}, {"cannot_bend_to_90", "recent_needling_or_injection"}),
        ({"fever": "yes"}, {"cannot_bend_to_90", "recent_needling_or_injection"}),
        ({"numbness": "yes"}, {"saddle_numbness_or_bladder_change"}),
        ({"leg_weakness_new": "yes"}, {"saddle_numbness_or_bladder_change"}),
        ({"pain_location": ["lower_back"]}, {"saddle_numbness_or_bladder_change"}),
        ({"aggravating": ["sport"]}, {"impact_pattern"}),
        ({"rest_tried_days": 1}, {"rest_helped"}),
        ({"weakness_or_one_side_stronger": "yes"}, {"thigh_looks_smaller", "cannot_rise_without_hands"}),
        ({"prior_injury_surgery": ["fracture", "ligament"]}, {"fracture_on", "ligament_on"}),
        ({"pregnancy": "yes"}, {"pregnancy_weeks"}),
        ({"needling_interest": "unsure"}, {"metal_allergy", "fainted_with_needles", "skin_problem_at_site"}),
    ],
)
def test_an_answer_opens_its_questions(questionnaire, routine, on, earlier, asked):
    before = clean(questionnaire, routine, on=on).shown

    after = clean(questionnaire, routine | earlier, on=on).shown

    assert after - before == asked
    assert before - after == frozenset()


def test_what_is_shown_can_be_told_from_stored_answers(questionnaire, random_forms, on):
    for raw in random_forms:
        cleaned = clean(questionnaire, raw, on=on)

        assert shown(questionnaire, cleaned.answers, on=on) == cleaned.shown


def test_one_section_is_judged_alone(questionnaire, routine, on):
    so_far = {"given_name": "Ana", "pain_now": 99, "fever": "maybe"}

    cleaned = clean(questionnaire, so_far, on=on, section="urgent_signs")

    assert set(cleaned.errors) == {q.name for q in questionnaire.section("urgent_signs").questions}
    assert cleaned.answers == {"given_name": "Ana"}


def test_good_answers_survive_bad_neighbours(questionnaire, routine, on):
    cleaned = clean(questionnaire, routine | {"phone": "12", "pain_now": 11}, on=on)

    assert set(cleaned.errors) == {"phone", "pain_now"}
    assert cleaned.answers == {name: value for name, value in routine.items() if name not in ("phone", "pain_now")}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("(212) 555-0123", "+12125550123"),
        ("212.555.0123", "+12125550123"),
        ("+34 612 34 56 78", "+34612345678"),
        ("1 212 555 0123", "+12125550123"),
    ],
)
def test_a_phone_number_is_read_as_people_write_it(questionnaire, routine, on, typed, stored):
    assert clean(questionnaire, routine | {"phone": typed}, on=on).answers["phone"] == stored


def test_a_phone_number_without_country_belongs_to_the_region(questionnaire, routine, on):
    cleaned = clean(questionnaire, routine | {"phone": "612 34 56 78"}, on=on, region="ES")

    assert cleaned.answers["phone"] == "+34612345678"


@pytest.mark.parametrize("typed", ["555-0123", "0000000000", "call me", "+999 1", "1" * 39, "123\x00456"])
def test_a_number_nobody_can_call_is_refused(questionnaire, routine, on, typed):
    assert set(clean(questionnaire, routine | {"phone": typed}, on=on).errors) == {"phone"}


def test_only_a_site_of_the_clinic_can_be_chosen(questionnaire, routine, on):
    assert clean(questionnaire, routine, on=on, sites={"north"}).errors == {}
    assert set(clean(questionnaire, routine, on=on, sites={"south"}).errors) == {"site"}
    assert set(clean(questionnaire, routine | {"site": "../etc"}, on=on).errors) == {"site"}


def test_none_of_these_stands_alone(questionnaire, routine, on):
    errors = clean(questionnaire, routine | {"conditions": ["none", "diabetes"]}, on=on).errors

    assert set(errors) == {"conditions"}
    assert "None of these" in errors["conditions"][0]


def test_choices_are_stored_in_the_order_shown_and_once(questionnaire, routine, on):
    answers = clean(questionnaire, routine | {"aggravating": ["walking", "squatting", "walking"]}, on=on).answers

    assert answers["aggravating"] == ["squatting", "walking"]


def test_text_is_tidied(questionnaire, routine, on):
    sent = {"given_name": "  Jose\u0301   María ", "medications": " one\r\ntwo "}

    answers = clean(questionnaire, routine | sent, on=on).answers

    assert answers["given_name"] == "José María"
    assert answers["medications"] == "one\ntwo"


def test_text_is_taken_up_to_its_length(questionnaire, routine, on):
    assert clean(questionnaire, routine | {"medications": "m" * 1000}, on=on).errors == {}
    assert "1000" in clean(questionnaire, routine | {"medications": "m" * 1001}, on=on).errors["medications"][0]


HOSTILE = [
    *("\x00", "a\ud800b", "\x1b[31m", LONG, "<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}", "\u202eevil"),
    *(True, False, 10**400, -1, 1.5, float("nan"), float("inf"), -0.5),
    *([], [[]], [None], [{}], ["yes"], {}, {"a": {"b": {"c": {}}}}, {"year": "x"}, [1] * 5000),
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:30])
def test_a_hostile_value_in_any_field_is_refused_or_harmless_text(questionnaire, routine, on, value):
    for question in questionnaire.questions:
        cleaned = clean(questionnaire, routine | {question.name: value}, on=on, sites={"north"}, by_staff=True)

        stored = cleaned.answers.get(question.name)
        if stored is None or question.name in cleaned.errors:
            continue
        match question.kind:
            case Kind.TEXT | Kind.LONG_TEXT:
                assert isinstance(stored, str)
                assert len(stored) <= question.max_length
                assert not set(stored) & {"\x00", "\ud800", "\x1b"}
            case Kind.NUMBER:
                assert stored == value == 1.5
            case Kind.ROWS:
                assert value == [] or f"{question.name}-0" in " ".join(cleaned.errors)
            case _:
                pytest.fail(f"{question.name} took {ascii(value)[:40]}")


@pytest.mark.parametrize("body", [None, [], "text", 3, True])
def test_a_body_that_is_no_object_is_refused(questionnaire, on, body):
    assert set(clean(questionnaire, body, on=on).errors) == {"answers"}


def test_the_name_of_an_unknown_field_comes_back_cut_and_printable(questionnaire, routine, on):
    errors = clean(questionnaire, routine | {"\x00\ud800" + "x" * 500: 1, 7: 2}, on=on).errors

    assert set(errors) == {"??" + "x" * 78, "7"}


def test_contradictory_answers_are_both_kept(questionnaire, routine, on):
    cleaned = clean(questionnaire, routine | {"pain_now": 7, "pain_worst": 2}, on=on)

    assert cleaned.errors == {}
    assert cleaned.contradictory == {"pain_now", "pain_worst"}
    assert (cleaned.answers["pain_now"], cleaned.answers["pain_worst"]) == (7, 2)
    assert list(contradictions(cleaned.answers, on=on)) == ["K1"]


def test_an_injury_denied_and_dated_is_kept_for_the_rules_to_mark(questionnaire, routine, on):
    cleaned = clean(questionnaire, routine | {"trauma": "no", "trauma_days_ago": 3}, on=on)

    assert cleaned.answers["trauma_days_ago"] == 3
    assert "trauma_days_ago" in cleaned.contradictory
    assert "trauma_days_ago" not in cleaned.shown
    assert cleaned.dropped == {}


def test_names_go_to_the_patient_and_the_age_to_the_report(questionnaire, routine, on):
    contact, clinical = split(questionnaire, clean(questionnaire, routine, on=on).answers, on=on)

    assert set(contact) == {
        *("given_name", "family_name", "date_of_birth", "phone", "email"),
        *("preferred_channel", "language", "site"),
    }
    assert clinical["age"] == 27
    assert set(clinical) == set(routine) - set(contact) | {"age"}


@pytest.mark.parametrize(("day", "age"), [(date(2026, 3, 3), 26), (date(2026, 3, 4), 27)])
def test_the_age_is_that_of_the_day(questionnaire, routine, day, age):
    _contact, clinical = split(questionnaire, routine, on=day)

    assert clinical["age"] == age
