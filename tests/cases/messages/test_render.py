"""Words: constant, in two languages, and nothing about anybody."""

from __future__ import annotations

import pytest

from cases.messages.render import Message, render
from cases.models import Reminder
from cases.rules.terms import Channel

# A call is made by people: its words are for them.
KINDS = [kind for kind in Reminder.Kind.values if kind != Reminder.Kind.CHECK_IN_CALL]
# The 7-bit alphabet of text messages (GSM 03.38); anything else halves what fits.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO_SEGMENTS = 306
ADDRESS = "https://clinic.example.org/check-in/" + "a" * 32 + "/"
STOP = "https://clinic.example.org/stop/" + "b" * 32 + "/"
# Body parts, complaints and roles in both languages: a message read over a shoulder tells nothing.
HEALTH = ["knee", "kneecap", "pain", "injur", "therap", "treatment", "rodilla", "dolor", "lesi", "terap", "tratamiento"]


def rendered(kind: str, language: str, channel: Channel, *, clinic: str = "Riverside Clinic") -> Message:
    return render(
        key="6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        kind=kind,
        channel=channel,
        to="rosa@example.org",
        language=language,
        clinic=clinic,
        phone="+13125550100",
        address="" if kind == "visit" else ADDRESS,
        stop_address=STOP,
    )


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_message_names_the_clinic_the_link_and_the_way_out_and_no_health(kind: str, language: str, channel: Channel):
    message = rendered(kind, language, channel)

    for text in filter(None, [message.text, message.html]):
        assert "Riverside Clinic" in text
        assert STOP in text
        assert (ADDRESS if kind != "visit" else "+13125550100") in text
        assert [word for word in HEALTH if word in (message.subject + text).lower()] == []
    assert "rosa" not in (message.subject + message.text + message.html).lower()
    assert bool(message.html) is (channel is Channel.EMAIL)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_text_fits_two_segments(kind: str, language: str):
    text = rendered(kind, language, Channel.SMS).text

    assert set(text) <= GSM
    assert len(text) <= TWO_SEGMENTS
    assert "\n" not in text


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "A message from your clinic"), ("es", "Un mensaje de su clínica")]
)
def test_the_subject_never_changes(language: str, subject: str):
    assert {rendered(kind, language, Channel.EMAIL).subject for kind in KINDS} == {subject}


def test_an_unknown_language_is_answered_in_english():
    assert rendered("check_in", "xx", Channel.EMAIL).subject == "A message from your clinic"


def test_a_clinic_s_name_is_text_and_not_markup():
    message = rendered("check_in", "en", Channel.EMAIL, clinic="Knees & <b>Co</b>")

    assert "Knees &amp; &lt;b&gt;Co&lt;/b&gt;" in message.html
    assert "Knees & <b>Co</b>" in message.text
    assert "Knees & <b>Co</b>" in rendered("check_in", "en", Channel.SMS, clinic="Knees & <b>Co</b>").text
