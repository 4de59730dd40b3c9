"""The words of a question ask what its rule takes the answer to mean: new or ever, now or lately, how far."""

from __future__ import annotations

import pytest

from cases.rules.plan_templates import NEEDLING_PATIENT_TEXT


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("chest_pain_or_breathless", ["new chest pain", "new shortness of breath"]),
        ("calf_swelling", ["one calf", "newly", "tight"]),
        # Red is hard to see on dark skin: a hot, swollen joint is the alarm (E1, Oliveira 2015).
        ("hot_red_joint", ["hot and red", "dark skin", "hot and swollen"]),
        ("fever", ["now"]),
        ("leg_weakness_new", ["getting weaker", "days or weeks", "drag"]),
        ("trauma", ["last 14 days"]),
        ("cannot_bear_weight", ["cannot take 4 steps", "with a limp, choose No"]),
        ("lump", ["new lump", "getting bigger", "Not the hard bump"]),
        ("unexplained_weight_loss", ["without trying"]),
        # Not being able to start is the first sign of a cauda equina (E7).
        ("saddle_numbness_or_bladder_change", ["cannot start, feel or hold"]),
        ("recent_needling_or_injection", ["this leg", "last 12 weeks"]),
        ("kneecap_dislocation_on", ["Month and year", "last 2 weeks, write the day"]),
        ("pain_now", ["right now"]),
        ("pain_worst", ["last 7 days"]),
        ("pain_usual", ["last 7 days"]),
    ],
)
def test_a_question_says_what_its_rule_assumes(name, words, questionnaire):
    question = questionnaire.by_name[name]
    said = f"{question.text} {question.hint}"

    assert [each for each in words if each not in said] == []


def test_nobody_is_asked_about_needling_without_the_honest_word(questionnaire):
    assert NEEDLING_PATIENT_TEXT in str(questionnaire.section("needling").intro)
