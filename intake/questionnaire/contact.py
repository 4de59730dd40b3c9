"""Who is asking, and how to reach them: first, so that staff can call when a later answer is alarming."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.rules.conditions import is_
from cases.rules.terms import Language

from .definition import Kind, Option, Question, Section

CONTACT = Section(
    name="contact",
    title=_("About you"),
    intro=_("So that we know who you are and can reach you."),
    questions=(
        Question(
            name="given_name",
            kind=Kind.TEXT,
            text=_("First name"),
            max_length=80,
            required=True,
            personal=True,
            autocomplete="given-name",
        ),
        Question(
            name="family_name",
            kind=Kind.TEXT,
            text=_("Last name"),
            max_length=80,
            required=True,
            personal=True,
            autocomplete="family-name",
        ),
        Question(
            name="date_of_birth",
            kind=Kind.BIRTH_DATE,
            text=_("Date of birth"),
            row=1,
            low=5,
            high=110,
            required=True,
            personal=True,
            autocomplete="bday",
            inputmode="numeric",
        ),
        Question(
            name="sex",
            kind=Kind.CHOICE,
            text=_("What is your sex?"),
            hint=_("Some knee problems are more common in one sex. You do not have to answer."),
            row=2,
            options=(
                Option(value="female", label=_("Female")),
                Option(value="male", label=_("Male")),
                Option(value="other", label=_("Other")),
                Option(value="prefer_not", label=_("I prefer not to say")),
            ),
        ),
        Question(
            name="phone",
            kind=Kind.PHONE,
            text=_("Phone number"),
            hint=_("We call it if one of your answers worries us. Start with + if it is from another country."),
            max_length=40,
            required=True,
            personal=True,
            autocomplete="tel",
            inputmode="tel",
        ),
        Question(
            name="email",
            kind=Kind.EMAIL,
            text=_("E-mail address"),
            max_length=254,
            required_when=is_("preferred_channel", "email"),
            personal=True,
            autocomplete="email",
            inputmode="email",
        ),
        Question(
            name="preferred_channel",
            kind=Kind.CHOICE,
            text=_("How should we send you reminders?"),
            hint=_("Messages never say anything about your health."),
            options=(
                Option(value="email", label=_("E-mail")),
                Option(value="sms", label=_("Text message")),
                Option(value="phone", label=_("Phone call")),
            ),
            required=True,
            personal=True,
        ),
        Question(
            name="language",
            kind=Kind.CHOICE,
            text=_("Which language do you prefer?"),
            options=tuple(Option(value=language.value, label=language.label) for language in Language),
            required=True,
            personal=True,
        ),
        Question(
            name="site",
            kind=Kind.CHOICE,
            text=_("Which clinic is best for you?"),
            options_from="sites",
            required=True,
            personal=True,
        ),
        Question(
            name="time_zone",
            kind=Kind.TIME_ZONE,
            text=_("Your time zone"),
            max_length=60,
            personal=True,
        ),
    ),
)
