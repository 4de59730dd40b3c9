"""Whole replies, both languages: what is in the table is understood however it is typed, and nothing else is."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.inbound import _MANNERS, REPLIES, Intent, Reply, means, plain, read
from cases.rules.terms import Language

EVERY_REPLY = [
    (intent, language, words) for intent, language, rows in REPLIES for words in rows if not words.isdecimal()
]


@pytest.mark.parametrize(("intent", "language", "words"), EVERY_REPLY)
def test_every_word_of_the_table_means_what_its_row_says(intent: Intent, language: Language | None, words: str):
    assert read(words) == Reply(intent, language)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "Stop.",
            " stop\n",
            "¡STOP!",
            "stopp",
            "STOOOP",
            "S T O P",
            "s.t.o.p.",
            "ＳＴＯＰ",
            "stop\u200b",
            "“Stop”",
        ),
        *("please stop", "Stop please!", "STOP, thank you", "Hi, stop", "ok stop", "stop now please"),
        *("UNSUBSCRIBE", "cancel", "End", "QUIT", "no more", "No more messages!", "opt-out", "Don't text me"),
        *("don’t text me", "ALTO", "parar", "¡Basta!", "BAJA", "Cancelar", "no más", "No mas", "NO MÁS!!", "nó más"),
        *(
            "por favor no más",
            "no más, gracias",
            "darme de baja",
            "No quiero recibir más mensajes",
            "no me escriban más",
        ),
        *("STOPALL", "Stop stop", "stop txt", "No more SMS", "I want to opt out", "Please remove me from this list"),
        *("PARA", "¡Detente!", "No quiero más", "Cancelar mi suscripción", "Me quiero dar de baja", "Sin mensajes"),
    ],
)
def test_stopping_is_understood_however_it_is_typed(text: str):
    assert read(text).intent is Intent.STOP


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "?!", "stop by at five?", "When does the bus stop", "I will stop at the desk on Monday to pay"),
        *("alto ahí, tengo una pregunta", "the end of the street", "is it ok to cancel my gym", "yes but later"),
        *("no problem at all", "11", "-1", "007", "00", "1 2", "7.5", "7-8", "about 3", "🙂", "stop" * 500),
    ],
)
def test_what_is_not_a_whole_reply_is_for_a_person(text: str):
    assert read(text) == Reply(Intent.FREE_TEXT)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("0", 0), ("10", 10), ("7", 7), ("7/10", 7), ("7 / 10", 7), ("7 out of 10", 7), ("7 de 10", 7), (" 3. ", 3)),
        *(("siete", 7), ("Ten", 10), ("cero", 0), ("٧", 7), ("7, thanks", 7)),
    ],
)
def test_a_number_from_0_to_10_is_a_number(text: str, number: int):
    assert (read(text).intent, read(text).number) == (Intent.NUMBER, number)


@given(
    row=st.sampled_from(EVERY_REPLY),
    seed=st.integers(0, 2**32),
    before=st.sampled_from(["", " ", "\n", "¡", "“", "... ", "\t\t", "*"]),
    after=st.sampled_from(["", " ", ".", "!!!", "?", "\n\n", " :)", "”", "…", "\u200b"]),
)
def test_case_space_and_punctuation_change_no_meaning(row: tuple, seed: int, before: str, after: str):
    intent, _, words = row
    dice = random.Random(seed)
    typed = "".join(dice.choice([char.upper(), char.lower(), char]) for char in words)
    typed = "".join(char + dice.choice(["", "", " ", ","]) if char == " " else char for char in typed)

    assert read(before + typed + after).intent is intent


@given(row=st.sampled_from(EVERY_REPLY), manner=st.sampled_from(_MANNERS), behind=st.booleans())
def test_manners_change_no_meaning(row: tuple, manner: str, behind: bool):
    intent, _, words = row
    told = read(f"{words}, {manner}" if behind else f"{manner} {words}")

    # "no, sorry" and "no ya" may be other replies of the table; never the opposite of stopping.
    assert told.intent is intent or (intent is not Intent.STOP and told.intent is not Intent.START)


@given(text=st.text(max_size=300))
def test_nothing_that_can_be_typed_breaks_it(text: str):
    assert read(text).intent in Intent
    assert plain(plain(text)) == plain(text)


@given(text=st.text(alphabet="stop no mas alto yes 0123456789", max_size=40))
def test_a_number_is_never_out_of_range(text: str):
    number = read(text).number

    assert number is None or 0 <= number <= 10


@pytest.mark.parametrize(
    ("text", "visit", "number", "intent"),
    [
        ("yes", True, False, Intent.CONFIRM),
        ("yes", False, False, Intent.FREE_TEXT),
        ("yes", False, True, Intent.FREE_TEXT),
        ("1", True, False, Intent.CONFIRM),
        ("1", False, True, Intent.NUMBER),
        ("1", False, False, Intent.FREE_TEXT),
        ("2", True, False, Intent.FREE_TEXT),
        ("no", True, False, Intent.RESCHEDULE),
        ("no", False, False, Intent.FREE_TEXT),
        ("7", False, True, Intent.NUMBER),
        ("stop", True, True, Intent.STOP),
        ("stop", False, False, Intent.STOP),
        ("start", False, False, Intent.START),
        ("help", False, False, Intent.HELP),
        ("hello there", True, True, Intent.FREE_TEXT),
    ],
)
def test_an_answer_counts_only_where_it_was_asked_for(text: str, visit: bool, number: bool, intent: Intent):
    assert means(read(text), asked_about_visit=visit, asked_for_number=number).intent is intent


def test_no_reply_stands_in_two_rows():
    everything = [plain(words) for _, _, rows in REPLIES for words in rows]

    assert sorted(everything) == sorted(set(everything))
