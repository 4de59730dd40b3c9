"""What may stand in a message: no word about health, no name, a way to stop, two text segments at most."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cases.rules.inbound import Intent, read
from cases.rules.terms import Channel, Language

# What is filled in when the message is sent; anything else in braces is a slip of the pen.
PLACEHOLDERS: Mapping[str, str] = {
    "clinic": "the clinic's name",
    "phone": "the clinic's telephone",
    "link": "the patient's own link",
    "stop": "the link that stops messages",
}
MOST_SEGMENTS = 2
LONGEST_SUBJECT = 60
LONGEST_BODY = {Channel.SMS: 600, Channel.EMAIL: 4_000}

# The 7-bit alphabet of text messages and the characters that cost two places in it (3GPP TS 23.038).
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = frozenset("^{}\\[~]|€\f")

# A message read over a shoulder tells nothing: body parts, complaints, treatments, roles. Each is the beginning of a
# word, without accents; the ones that end in "$" are whole words, because longer words begin with them too.
HEALTH_WORDS: Mapping[Language, tuple[str, ...]] = {
    Language.EN: (
        *("knee", "kneecap", "patell", "leg$", "legs$", "hip$", "hips$", "ankle", "muscle", "tendon", "joint$"),
        *("joints$", "bone"),
        *("thigh", "calf$", "calves$", "foot$", "feet$", "cartilage", "ligament", "menisc", "quadricep", "hamstring"),
        *("pain$", "pains$", "painful", "painless", "painkiller", "hurt", "ache$", "aches$", "aching", "sore"),
        *("injur", "swell", "swollen", "inflam", "stiff$"),
        *("stiffness", "fracture", "sprain", "strain$", "symptom", "diagnos", "patholog", "arthr", "disease"),
        "illness",
        *("condition$", "chronic", "overuse", "therap", "physio", "rehab", "treatment", "treated$", "needl", "inject"),
        *("surger", "surgical", "operation", "medic", "doctor", "nurse", "clinician", "exercise", "stretch", "taping"),
        *("strengthen", "prescri", "hospital", "patient", "health", "recover", "wound", "x-ray", "xray"),
        *("mri$", "scan$"),
    ),
    Language.ES: (
        *("rodilla", "rotula", "rotulian", "pierna", "cadera", "tobillo", "muscul", "tendon", "articul", "hueso"),
        *("muslo", "pantorrilla", "pie$", "pies$", "cartilag", "ligament", "menisc", "cuadricep", "isquiotib"),
        *("dolor", "duele", "doler", "molestia", "lesion", "hinchaz", "hinchad", "inflam", "rigid", "fractura"),
        *("esguince", "sintoma", "diagnost", "patolog", "artr", "enfermed", "cronic", "sobreuso", "sobrecarga"),
        *("terap", "fisio", "rehab", "tratamiento", "aguja", "puncion", "inyecc", "cirug", "operacion", "medic"),
        *("doctor", "enfermer", "ejercicio", "estiramiento", "vendaj", "fortalec", "receta", "hospital", "paciente"),
        *("salud", "recupera", "radiograf", "resonancia"),
    ),
}

_BRACES = re.compile(r"\{([^{}]*)\}")
_ADDRESS = re.compile(r"https?://|www\.|\b[\w.-]+@[\w-]+\.\w+", re.IGNORECASE)
_GREETING = re.compile(
    r"\b(?i:dear|hello|hi|hey|hola|estimad[oa]|querid[oa]|sr|sra|mr|mrs|ms|dr|dra)\b\.?"
    r"(?:[ \t]+(?P<plain>[A-ZÁÉÍÓÚÑ][\w'-]+)|,[ \t]*(?P<comma>[A-ZÁÉÍÓÚÑ][\w'-]+)(?=[,.!:]|\s*$))",
    re.MULTILINE,
)
# Who is greeted in general is nobody.
_EVERYBODY = frozenset({"there", "all", "everyone", "everybody", "again", "a", "todos", "todas"})


@dataclass(frozen=True)
class Wrong:
    """One thing to mend. field: subject or body; code: stable; text: for the person who writes."""

    field: str
    code: str
    text: str


@dataclass(frozen=True)
class Needs:
    """What the kind of message asks of its words.

    link, may_link: it opens something, or may. answers_arrive: texts can be answered.
    """

    link: bool = True
    may_link: bool = True
    answers_arrive: bool = False


@dataclass(frozen=True)
class Length:
    """How a text travels. in_gsm: in the 7-bit alphabet; characters: as the network counts them."""

    characters: int
    segments: int
    in_gsm: bool


def length_of(text: str) -> Length:
    """Segments as networks bill them: 160 or 2 x 153 in the 7-bit alphabet, 70 or 2 x 67 in any other."""
    if all(char in GSM or char in GSM_DOUBLE for char in text):
        characters = sum(2 if char in GSM_DOUBLE else 1 for char in text)
        return Length(characters, _segments(characters, 160, 153), in_gsm=True)
    # UCS-2 counts code units: an emoji is two.
    characters = len(text.encode("utf-16-be", "surrogatepass")) // 2
    return Length(characters, _segments(characters, 70, 67), in_gsm=False)


def _segments(characters: int, alone: int, joined: int) -> int:
    return 1 if characters <= alone else -(-characters // joined)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled. Raises KeyError for one that is unknown or has nothing to show."""

    def value(match: re.Match[str]) -> str:
        found = values[match[1]]
        if not found:
            raise KeyError(match[1])
        return found

    if "{" in _BRACES.sub("", text) or "}" in _BRACES.sub("", text):
        raise KeyError("a brace without its partner")
    return _BRACES.sub(value, text)


def lint(
    *,
    channel: Channel,
    language: Language,
    subject: str,
    body: str,
    sample: Mapping[str, str],
    needs: Needs = Needs(),
    names: tuple[str, ...] = (),
) -> list[Wrong]:
    """Everything wrong with the words; nothing when they may go out.

    sample: values as long as real ones, to count segments with. names: people's names that must not stand in it
    (staff of the site); a greeting by any other name is found by its form.
    """
    return [
        *_placeholders("subject", subject, allowed={"clinic"}),
        *_placeholders("body", body, allowed=set(PLACEHOLDERS)),
        *_subject(channel, subject),
        *_said("subject", subject, names),
        *_said("body", body, names),
        *_way_out(channel, language, body, needs),
        *_link(body, needs),
        *_size(channel, body, sample),
    ]


def _placeholders(field: str, text: str, *, allowed: set[str]) -> Iterator[Wrong]:
    for name in dict.fromkeys(_BRACES.findall(text)):
        if name not in allowed:
            known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS if each in allowed)
            yield Wrong(field, "unknown_placeholder", f"{{{name[:40]}}} is not known here. Known: {known}.")
    rest = _BRACES.sub("", text)
    if "{" in rest or "}" in rest:
        yield Wrong(field, "stray_brace", "A brace { or } stands without its partner.")


def _subject(channel: Channel, subject: str) -> Iterator[Wrong]:
    if channel is Channel.SMS:
        if subject:
            yield Wrong("subject", "no_subject_in_texts", "A text message has no subject. Leave it empty.")
        return
    if not subject.strip():
        yield Wrong("subject", "subject_missing", "Write a subject.")
    if len(subject) > LONGEST_SUBJECT:
        yield Wrong("subject", "subject_too_long", f"At most {LONGEST_SUBJECT} characters.")
    if any(not char.isprintable() for char in subject):
        yield Wrong("subject", "subject_of_one_line", "The subject is one line of plain text.")
    letters = [char for char in subject if char.isalpha()]
    if "!!" in subject or (len(letters) > 5 and all(char.isupper() for char in letters)):
        yield Wrong("subject", "subject_shouts", "Capitals alone and !! end in the spam folder.")


def _said(field: str, text: str, names: tuple[str, ...]) -> Iterator[Wrong]:
    own = _BRACES.sub(" ", text)
    words = re.findall(r"[\w-]+", _plain(own))
    for word in dict.fromkeys(words):
        if _is_about_health(word):
            yield Wrong(field, "health_word", f"“{word}” tells something about the patient's health.")
    if _ADDRESS.search(own):
        yield Wrong(field, "foreign_address", "Write {link} or {stop}; no other address may stand here.")
    for greeted in _GREETING.finditer(own):
        name = greeted["plain"] or greeted["comma"]
        if name.casefold() not in _EVERYBODY:
            yield Wrong(field, "name", f"“{name}” looks like a name. Messages name nobody.")
    for name in names:
        if len(name) > 2 and re.search(rf"\b{re.escape(_plain(name))}\b", _plain(own)):
            yield Wrong(field, "name", f"“{name}” is a person's name. Messages name nobody.")


def _is_about_health(word: str) -> bool:
    stems = (stem for stems in HEALTH_WORDS.values() for stem in stems)
    return any(word == stem[:-1] if stem.endswith("$") else word.startswith(stem) for stem in stems)


def _way_out(channel: Channel, language: Language, body: str, needs: Needs) -> Iterator[Wrong]:
    if "{stop}" in body:
        return
    if channel is Channel.EMAIL:
        yield Wrong("body", "no_way_out", "Every e-mail needs {stop}, the link that stops messages.")
    elif not needs.answers_arrive:
        yield Wrong("body", "no_way_out", "Every text needs {stop}, the link that stops messages.")
    elif not any(word.isupper() and read(word).intent is Intent.STOP for word in re.findall(r"\w+", body)):
        word = {Language.EN: "Reply STOP to stop", Language.ES: "Responda ALTO para no recibir mas"}[language]
        yield Wrong("body", "no_way_out", f"Every text says how to stop: {{stop}}, or words such as “{word}”.")


def _link(body: str, needs: Needs) -> Iterator[Wrong]:
    if needs.link and "{link}" not in body:
        yield Wrong("body", "link_missing", "This message opens something: write {link} where its link goes.")
    if not needs.may_link and "{link}" in body:
        yield Wrong("body", "no_link_here", "There is no link for this kind of message. Write {phone} instead.")


def _size(channel: Channel, body: str, sample: Mapping[str, str]) -> Iterator[Wrong]:
    if not body.strip():
        yield Wrong("body", "body_missing", "Write the message.")
    if any(not char.isprintable() and char not in "\r\n" for char in body):
        yield Wrong("body", "not_text", "The message holds a character that is not text.")
    if len(body) > LONGEST_BODY[channel]:
        yield Wrong("body", "body_too_long", f"At most {LONGEST_BODY[channel]} characters.")
        return
    if channel is not Channel.SMS:
        return
    try:
        length = length_of(as_one_line(filled(body, sample)))
    except KeyError:
        return  # said above, by name
    if length.segments > MOST_SEGMENTS:
        why = "" if length.in_gsm else f" {_outside(body)} doubles its price: write it without."
        yield Wrong(
            "body", "too_many_segments", f"With its links it takes {length.segments} texts; two are the most.{why}"
        )


def _outside(body: str) -> str:
    found = dict.fromkeys(char for char in body if char not in GSM and char not in GSM_DOUBLE)
    return " ".join(f"“{char}”" for char in list(found)[:5]) or "A character of the clinic's name or link"


def as_one_line(text: str) -> str:
    """A text message as it goes out."""
    return " ".join(text.split())


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text)
    return "".join(char for char in bare if not unicodedata.combining(char)).casefold()
