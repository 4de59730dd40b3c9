"""What the patient wants back: the patient-specific functional scale (PSFS, reference 10)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .definition import Kind, Question, Section

ABILITY_ENDS = (_("cannot do it"), _("as well as before"))

GOALS = Section(
    name="goals",
    title=_("What you want back"),
    questions=(
        Question(
            name="goals",
            kind=Kind.ROWS,
            text=_("What would you like to do again without pain?"),
            hint=_("Name one to three things."),
            row=37,
            required=True,
            min_rows=1,
            max_rows=3,
            questions=(
                Question(
                    name="activity",
                    kind=Kind.TEXT,
                    text=_("Activity"),
                    hint=_("For example going downstairs."),
                    max_length=80,
                    required=True,
                ),
                Question(
                    name="score",
                    kind=Kind.SCALE,
                    text=_("How well can you do it today?"),
                    low=0,
                    high=10,
                    ends=ABILITY_ENDS,
                    required=True,
                ),
            ),
        ),
    ),
)
