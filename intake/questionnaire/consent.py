"""Consent, and the adult who gives it for somebody under 18."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .definition import Kind, Option, Question, Section
from .safety import UNDER_18

CONSENT = Section(
    name="consent",
    title=_("Your consent"),
    intro=_("We use your answers only to plan and check your care. You can take your consent back at any time."),
    questions=(
        Question(
            name="guardian_name",
            kind=Kind.TEXT,
            text=_("Name of the parent or guardian"),
            hint=_("Under 18, a parent or guardian has to agree."),
            row=38,
            max_length=160,
            required=True,
            shown_when=UNDER_18,
            personal=True,
        ),
        Question(
            name="guardian_relation",
            kind=Kind.TEXT,
            text=_("How are they related to you?"),
            hint=_("For example mother."),
            row=38,
            max_length=80,
            required=True,
            shown_when=UNDER_18,
            personal=True,
        ),
        Question(
            name="consent_to_process",
            kind=Kind.CONSENT,
            text=_("The clinic may store and use my answers for my care."),
            row=38,
            options=(Option(value="yes", label=_("I agree")),),
            required=True,
        ),
    ),
)
