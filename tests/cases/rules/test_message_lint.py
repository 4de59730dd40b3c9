"""Words a site writes: what may not go out is refused by name, and what may passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.message_lint import (
    GSM,
    HEALTH_WORDS,
    LONGEST_SUBJECT,
    Length,
    Needs,
    filled,
    length_of,
    lint,
)
from cases.rules.terms import Channel, Language

SAMPLE = {
    "clinic": "Riverside",
    "phone": "+13125550100",
    "link": "https://clinic.example/check-in/" + "0" * 32 + "/",
    "stop": "https://clinic.example/stop/" + "0" * 32 + "/",
}
TEXT = "{clinic}: a short form is ready. {link} Stop: {stop}"


def codes(
    body: str = TEXT, *, channel: Channel = Channel.SMS, language: Language = Language.EN, subject: str = "", **more
) -> set[str]:
    subject = subject or ("A message from your clinic" if channel is Channel.EMAIL else "")
    found = lint(channel=channel, language=language, subject=subject, body=body, sample=SAMPLE, **more)
    return {each.code for each in found}


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_plain_words_pass(channel: Channel):
    assert codes(channel=channel) == set()


@pytest.mark.parametrize("stem", [stem for stems in HEALTH_WORDS.values() for stem in stems])
def test_every_health_word_is_refused_in_body_and_subject(stem: str):
    word = stem.rstrip("$")

    assert "health_word" in codes(f"Your {word.upper()}! {TEXT}")
    assert "health_word" in codes(channel=Channel.EMAIL, subject=f"About {word}")


@pytest.mark.parametrize(
    "words", ["rodílla", "RODILLA", "lesión", "Knees", "injuries", "physiotherapist", "tratamientos", "needling"]
)
def test_accents_case_and_endings_hide_no_health_word(words: str):
    assert "health_word" in codes(f"{words} {TEXT}")


@pytest.mark.parametrize("words", ["Painting class", "jointly", "legend", "footnote", "shipping", "piedad"])
def test_a_longer_word_is_no_health_word(words: str):
    assert codes(f"{words}. {TEXT}") == set()


def test_the_clinic_s_own_name_is_not_judged():
    assert codes("{clinic}: a form. {link} {stop}") == set()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{clinic} {link} {stop} {name}", "unknown_placeholder"),
        ("{clinic} {link} {stop} {}", "unknown_placeholder"),
        ("{clinic} {link} {stop} {{x}}", "unknown_placeholder"),
        ("{clinic} {link} {stop} {clinic.phone}", "unknown_placeholder"),
        ("{clinic} {link} {stop} {", "stray_brace"),
        ("{clinic} {link} {stop} }", "stray_brace"),
        ("{clinic}: a form. {link}", "no_way_out"),
        ("{clinic}: a form. Stop: {stop}", "link_missing"),
        ("", "body_missing"),
        ("   ", "body_missing"),
        (f"{TEXT} https://evil.example/", "foreign_address"),
        (f"{TEXT} www.evil.example", "foreign_address"),
        (f"{TEXT} write to me@evil.example", "foreign_address"),
        (f"Dear Rosa {TEXT}", "name"),
        (f"Hello, Rosa! {TEXT}", "name"),
        (f"Hola María, {TEXT}", "name"),
        (f"Hi Mr. Smith {TEXT}", "name"),
        (f"{TEXT} {'x' * 200}", "too_many_segments"),
        (f"{TEXT} {'x' * 700}", "body_too_long"),
        (f"{TEXT} \x07", "not_text"),
    ],
)
def test_what_may_not_go_out_is_refused_by_name(body: str, code: str):
    assert code in codes(body)


@pytest.mark.parametrize(
    "greeting", ["Hello there,", "Hello,\nYour form is ready.", "Hola,", "Hello all.", "Hola a todos."]
)
def test_a_greeting_of_everybody_names_nobody(greeting: str):
    assert "name" not in codes(f"{greeting} {TEXT}", channel=Channel.EMAIL)


def test_staff_are_not_named_either():
    assert codes(f"theo is waiting. {TEXT}", names=("Theo", "Therapist")) == {"name"}


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (" ", "subject_missing"),
        ("x" * (LONGEST_SUBJECT + 1), "subject_too_long"),
        ("One\nTwo", "subject_of_one_line"),
        ("ACT NOW PLEASE", "subject_shouts"),
        ("Come!!", "subject_shouts"),
        ("{link}", "unknown_placeholder"),
        ("Hello Rosa", "name"),
    ],
)
def test_a_subject_has_rules_of_its_own(subject: str, code: str):
    assert code in codes(channel=Channel.EMAIL, subject=subject)


def test_a_subject_of_the_longest_length_passes():
    assert codes(channel=Channel.EMAIL, subject="x" * LONGEST_SUBJECT) == set()


def test_a_text_has_no_subject():
    assert codes(subject="Hello") == {"no_subject_in_texts"}


@pytest.mark.parametrize(
    ("body", "language", "answers_arrive", "wrong"),
    [
        ("{clinic} {link} Reply STOP to stop", Language.EN, True, set()),
        ("{clinic} {link} Responda ALTO", Language.ES, True, set()),
        ("{clinic} {link} Reply STOP to stop", Language.EN, False, {"no_way_out"}),
        ("{clinic} {link} stop by the desk", Language.EN, True, {"no_way_out"}),
    ],
)
def test_the_word_stop_is_a_way_out_only_where_somebody_hears_it(
    body: str, language: Language, answers_arrive: bool, wrong: set[str]
):
    assert codes(body, language=language, needs=Needs(answers_arrive=answers_arrive)) == wrong


def test_an_e_mail_needs_the_link_that_stops():
    assert codes("{clinic} {link} STOP", channel=Channel.EMAIL, needs=Needs(answers_arrive=True)) == {"no_way_out"}


def test_a_kind_that_opens_nothing_may_not_promise_a_link():
    assert codes(needs=Needs(link=False, may_link=False)) == {"no_link_here"}
    assert codes(needs=Needs(link=False)) == set()
    assert codes("{clinic}: call {phone}. {stop}", needs=Needs(link=False, may_link=False)) == set()


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", Length(0, 1, in_gsm=True)),
        ("a" * 160, Length(160, 1, in_gsm=True)),
        ("a" * 161, Length(161, 2, in_gsm=True)),
        ("a" * 306, Length(306, 2, in_gsm=True)),
        ("a" * 307, Length(307, 3, in_gsm=True)),
        ("€" * 80, Length(160, 1, in_gsm=True)),
        ("€" * 81, Length(162, 2, in_gsm=True)),
        ("á" * 70, Length(70, 1, in_gsm=False)),
        ("á" * 71, Length(71, 2, in_gsm=False)),
        ("á" * 134, Length(134, 2, in_gsm=False)),
        ("á" * 135, Length(135, 3, in_gsm=False)),
        ("🙂" * 35, Length(70, 1, in_gsm=False)),
        ("é" * 160, Length(160, 1, in_gsm=True)),
    ],
)
def test_segments_are_counted_as_networks_bill_them(text: str, length: Length):
    assert length_of(text) == length


def test_the_accent_that_costs_a_segment_is_named():
    [wrong] = lint(
        channel=Channel.SMS,
        language=Language.ES,
        subject="",
        body="{clinic}: más. {link} {stop}",
        sample=SAMPLE,
    )

    assert wrong.code == "too_many_segments"
    assert "“á”" in wrong.text


@given(text=st.text(max_size=400))
def test_more_text_never_takes_fewer_segments(text: str):
    assert length_of(text).segments <= length_of(text + "a").segments
    assert length_of(text).in_gsm is (set(text) <= GSM | set("^{}\\[~]|€\f"))


@given(body=st.text(max_size=200), subject=st.text(max_size=80), channel=st.sampled_from([Channel.SMS, Channel.EMAIL]))
def test_no_words_break_the_lint_and_what_passes_can_be_filled(body: str, subject: str, channel: Channel):
    wrong = lint(channel=channel, language=Language.EN, subject=subject, body=body, sample=SAMPLE)
    if not wrong:
        filled(body, SAMPLE)


@pytest.mark.parametrize("text", ["{name}", "{", "}", "{{clinic}}", "{}", "{clinic} {"])
def test_what_cannot_be_filled_says_so(text: str):
    with pytest.raises(KeyError):
        filled(text, SAMPLE)


def test_an_empty_value_cannot_be_filled_in():
    with pytest.raises(KeyError):
        filled("{link}", {"link": ""})


def test_a_value_with_braces_is_not_filled_again():
    assert filled("{clinic}", {"clinic": "{link}", "link": "x"}) == "{link}"
