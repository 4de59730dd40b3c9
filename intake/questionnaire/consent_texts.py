"""The consent that ships with Patella, for a clinic that has not written its own. A clinic's lawyer must read it.

A change of a word here is a new version: `SHIPPED` is what a signature names, and what was signed stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

SHIPPED = "shipped-1"


@dataclass(frozen=True)
class Text:
    """body: paragraphs, a blank line between them."""

    title: str
    body: str


_ENGLISH = Text(
    "Consent to use your answers for your care",
    """\
I give my answers to the clinic so that its staff can plan my care, give it, and check how it goes.

Only the people who care for me at the clinic, and those who run its systems for it, may read them. The clinic \
does not sell them and does not use them for advertising.

A computer program sorts the answers and points out what may be urgent. It does not make a diagnosis. A \
therapist reads my answers, examines me and decides together with me.

The clinic keeps my answers and this consent for as long as the law asks. I may see them, ask for a copy, and \
ask for mistakes to be corrected.

I may take this consent back at any time by telling the clinic. What was done before that stays lawful, and I \
will not be treated worse for it.

This form is not watched around the clock. In an emergency I call the emergency number.""",
)

# Written for this program, not translated by a lawyer: a Spanish-speaking member of the clinic has to review it.
_SPANISH = Text(
    "Consentimiento para usar sus respuestas en su atención",
    """\
Doy mis respuestas a la clínica para que su personal pueda planificar mi atención, prestarla y comprobar cómo \
evoluciona.

Solo pueden leerlas las personas que me atienden en la clínica y quienes mantienen sus sistemas por encargo de \
ella. La clínica no las vende ni las usa para publicidad.

Un programa de computadora ordena las respuestas y señala lo que puede ser urgente. No hace un diagnóstico. Un \
terapeuta lee mis respuestas, me examina y decide conmigo.

La clínica guarda mis respuestas y este consentimiento durante el tiempo que exige la ley. Puedo verlos, pedir \
una copia y pedir que se corrijan los errores.

Puedo retirar este consentimiento en cualquier momento avisando a la clínica. Lo hecho hasta entonces sigue \
siendo válido, y no recibiré un trato peor por ello.

Nadie vigila este formulario las 24 horas. En una emergencia llamo al número de emergencias.""",
)

_TEXTS = {"en": _ENGLISH, "es": _SPANISH}
NEEDS_REVIEW = frozenset({"es"})


def shipped(language: str) -> Text:
    """The text in that language; in English where there is none."""
    return _TEXTS.get(language, _ENGLISH)
