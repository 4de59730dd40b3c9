"""What somebody means who answers a message: whole replies as a table, both languages, nothing guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from cases.rules.terms import Language, Term

# Longer replies are letters, whatever word they begin with: a person reads them.
MOST_WORDS = 12


class Intent(Term):
    """What a reply asks for. free_text: anything the table does not know, for a person to read."""

    STOP = "stop", "Stop messages"
    START = "start", "Allow messages again"
    HELP = "help", "Asks who writes"
    CONFIRM = "confirm", "Will come"
    RESCHEDULE = "reschedule", "Wants another time"
    NUMBER = "number", "A number from 0 to 10"
    FREE_TEXT = "free_text", "To be read"


@dataclass(frozen=True)
class Reply:
    """language: of the word that was understood, None where both use it. number: 0 to 10, of a NUMBER alone."""

    intent: Intent
    language: Language | None = None
    number: int | None = None


_EN, _ES = Language.EN, Language.ES

# Each row: an intent, a language (None: both), and the whole replies that mean it, as `plain` leaves them.
# The English words of STOP, START and HELP are those carriers and the FCC's rule on revoking consent name (47 CFR
# 64.1200(a)(10): stop, quit, end, revoke, opt out, cancel, unsubscribe); their cousins are the clinic's own [G].
REPLIES: tuple[tuple[Intent, Language | None, tuple[str, ...]], ...] = (
    (
        Intent.STOP,
        _EN,
        (
            *("stop all", "stopall", "stop stop", "stop it", "stop now", "stop this", "stop messages", "stop texting"),
            *("stop texting me", "stop messaging me", "stop writing me", "stop writing to me", "stop sending"),
            *("stop sending me messages", "stop sending messages", "stop contacting me", "stop the messages"),
            *("stop texts", "stop text", "stop txt", "stop sms", "stop text messages", "stop sending me this"),
            *("i want to stop", "i want it to stop", "i want to opt out", "i want to unsubscribe"),
            *("no more sms", "no sms", "take me off this list", "remove me from this list", "remove me from the list"),
            *("stop these messages", "stop these texts", "unsubscribe", "unsubscribe me", "unsubscribe all"),
            *("unsubcribe", "unsuscribe"),
            *("unsub", "cancel", "cancel all", "cancel messages", "end", "quit", "revoke", "remove", "remove me"),
            *("take me off", "take me off your list", "remove me from your list", "opt out", "optout"),
            *("opt me out", "no more", "no more messages", "no more texts", "no more text messages"),
            *("no more emails", "no messages", "no texts", "leave me alone", "do not text me", "dont text me"),
            *("do not text", "dont text", "do not contact me", "dont contact me", "do not write", "dont write"),
            *("do not write to me", "dont write to me", "do not message me", "dont message me"),
        ),
    ),
    (
        Intent.STOP,
        _ES,
        (
            *("para", "detente", "detenganse", "desuscribir", "desuscribirme", "me quiero dar de baja"),
            *("cancelar suscripcion", "cancelar mi suscripcion", "dejar de recibir", "dejar de recibir mensajes"),
            *("no quiero mas", "no quiero mas textos", "no mas sms", "no mensajes", "no textos", "sin mensajes"),
            *("dejen de escribir", "dejen de mandarme mensajes", "dejen de enviarme mensajes"),
            *("alto", "alto ya", "parar", "pare", "paren", "para ya", "basta", "basta ya", "baja", "darme de baja"),
            *("de baja", "dar de baja", "quiero darme de baja", "cancelar", "cancele", "cancelen", "cancelar todo"),
            *("cancelar mensajes", "detener", "detenga", "detengan", "terminar", "fin", "salir", "suspender"),
            *("no mas", "no mas mensajes", "no mas textos", "no mas correos", "ya no", "ya no mas"),
            *("no me escriban", "no me escriban mas", "no me escriba", "no me escriba mas", "no escribir"),
            *("no envien mas", "no me envien mas", "no me envien mensajes", "no me envien mas mensajes"),
            *("no me manden mensajes", "no me manden mas mensajes", "no me manden mas", "no quiero mensajes"),
            *("no quiero mas mensajes", "no quiero recibir mensajes", "no quiero recibir mas mensajes"),
            *("no recibir mas", "no recibir", "dejen de escribirme", "dejen de mandar mensajes", "eliminar"),
            *("quitar", "quitenme", "quitenme de la lista", "borrar", "borrenme", "dejenme en paz", "stop ya"),
        ),
    ),
    # The word of every language: who writes it is answered in their own.
    (Intent.STOP, None, ("stop",)),
    (
        Intent.START,
        _EN,
        (
            *("start", "start again", "start messages", "unstop", "un stop", "resume", "restart", "subscribe"),
            *("resubscribe", "opt in", "optin", "opt me in"),
        ),
    ),
    (
        Intent.START,
        _ES,
        (
            *("empezar", "comenzar", "iniciar", "inicio", "reanudar", "reactivar", "activar", "alta", "darme de alta"),
            *("volver a recibir", "suscribir", "suscribirme"),
        ),
    ),
    (Intent.HELP, _EN, ("help", "help me", "info", "information", "who is this", "who are you", "what is this")),
    (
        Intent.HELP,
        _ES,
        (
            *("ayuda", "ayudame", "ayudenme", "ayudeme", "informacion", "quien eres", "quien es", "quienes son"),
            *("quien es usted", "quien escribe", "que es esto"),
        ),
    ),
    (
        Intent.CONFIRM,
        _EN,
        (
            *("yes", "y", "yep", "yeah", "yup", "sure", "confirm", "confirmed", "i confirm", "yes confirm"),
            *("yes confirmed", "confirming", "i will be there", "ill be there", "i will come", "ill come", "see you"),
            *("see you then", "see you tomorrow", "i am coming", "im coming", "will be there", "yes i will"),
            *("yes i will be there", "yes ill be there", "yes i will come", "coming"),
        ),
    ),
    (
        Intent.CONFIRM,
        _ES,
        (
            *("si", "s", "sip", "claro", "claro que si", "vale", "confirmo", "confirmar", "confirmado", "confirmada"),
            *("si confirmo", "si confirmado", "alli estare", "ahi estare", "si alli estare", "si ahi estare"),
            *("voy", "si voy", "ire", "si ire", "de acuerdo", "nos vemos", "nos vemos manana", "asistire"),
        ),
    ),
    (Intent.CONFIRM, None, ("c", "ok", "okay", "okey", "k", "1", "👍", "✅", "✔", "👌")),
    (
        Intent.RESCHEDULE,
        _EN,
        (
            *("reschedule", "r", "resched", "change", "move", "another time", "other time", "different time"),
            *("another day", "change it", "change time", "change my appointment", "change the appointment"),
            *("reschedule my appointment", "reschedule appointment", "move my appointment", "move it", "nope"),
            *("cancel my appointment", "cancel appointment", "cancel the appointment", "cancel my visit"),
            *("i need to reschedule", "need to reschedule", "i want to reschedule", "i have to reschedule"),
            *("i need to cancel my appointment", "can we reschedule", "can i reschedule", "cant come", "can not come"),
            *("cannot come", "i cant come", "i cannot come", "i can not come", "cant make it", "cannot make it"),
            *("i cant make it", "i cannot make it", "i can not make it", "wont come", "i wont come", "not coming"),
            *("i am not coming", "im not coming", "i wont be there", "i will not be there"),
        ),
    ),
    (Intent.RESCHEDULE, None, ("no", "n")),
    (
        Intent.RESCHEDULE,
        _ES,
        (
            *("reprogramar", "reagendar", "cambiar", "cambio", "cambiar la cita", "cambiar mi cita", "cambiar cita"),
            *("cancelar la cita", "cancelar mi cita", "cancelar cita", "otra hora", "otro dia", "otro horario"),
            *("otra fecha", "no puedo", "no puedo ir", "no puedo venir", "no podre ir", "no podre", "no voy"),
            *("no ire", "no puedo asistir", "no podre asistir", "necesito cambiar la cita", "quiero cambiar la cita"),
            *("necesito cambiar mi cita", "quiero cambiar mi cita"),
            *("necesito reprogramar", "quiero reprogramar", "mover", "mover la cita", "mover mi cita", "posponer"),
        ),
    ),
)
_NUMBERS: Mapping[Language, tuple[str, ...]] = {
    _EN: ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    _ES: ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
}
# Manners around the word change nothing; each is taken off the beginning or the end, and never the whole reply.
_MANNERS = (
    *("please", "pls", "plz", "thanks", "thank you", "thx", "hi", "hello", "hey", "sorry", "now", "ok", "and"),
    *("por favor", "porfavor", "porfa", "gracias", "muchas gracias", "hola", "buenos dias", "buenas tardes"),
    *("buenas", "perdon", "disculpe", "ahora", "ya", "thank you very much", "thank you so much"),
)
_OUT_OF_TEN = re.compile(r"(\d{1,2})(?: (?:out of|of|de|sobre|von) 10|/10)?")


def plain(text: str) -> str:
    """The reply without case, accents, punctuation or spare spaces; letters spelt apart are joined."""
    wide = unicodedata.normalize("NFKD", text.replace("’", "'"))
    bare = "".join(char for char in wide if not unicodedata.combining(char) and unicodedata.category(char) != "Cf")
    # "-1" is no number of the scale, "7 / 10" is one.
    signed = re.sub(r"[-−](?=\d)", " minus ", bare)
    spaced = re.sub(r"[^\w/👍✅✔👌]+|_+", " ", signed.casefold().replace("'", ""))
    words = re.sub(r"\s*/\s*", "/", spaced).split()
    if len(words) > 1 and all(len(word) == 1 and word.isalpha() for word in words):
        return "".join(words)
    return " ".join(words)


def _squeezed(words: str) -> str:
    # "stopp", "STOOOP", "nooo": a finger that stays too long on a key means the same word.
    return re.sub(r"([^\W\d])\1+", r"\1", words)


_TABLE: Mapping[str, Reply] = {
    **{
        _squeezed(words): Reply(Intent.NUMBER, language, number)
        for language, all_words in _NUMBERS.items()
        for number, words in enumerate(all_words)
    },
    **{_squeezed(words): Reply(intent, language) for intent, language, rows in REPLIES for words in rows},
}


def read(text: str) -> Reply:
    """What the reply means when nobody knows what was asked before; "1" is a number here.

    Only whole replies count: "stop" does, "stop by at five?" is for a person to read.
    """
    words = plain(text)
    if len(words.split()) > MOST_WORDS:
        return Reply(Intent.FREE_TEXT)
    for candidate in _without_manners(words):
        number = _number(candidate)
        if number is not None:
            return Reply(Intent.NUMBER, None, number)
        found = _TABLE.get(_squeezed(candidate))
        if found is not None:
            return found
    return Reply(Intent.FREE_TEXT)


def _without_manners(words: str) -> list[str]:
    """The reply as it is, then with ever fewer polite words around it."""
    found = [words]
    for candidate in found:
        for manner in _MANNERS:
            for rest in (candidate.removeprefix(f"{manner} "), candidate.removesuffix(f" {manner}")):
                if rest != candidate and rest not in found:
                    found.append(rest)
    return found


def _number(words: str) -> int | None:
    match = _OUT_OF_TEN.fullmatch(words)
    if match is None or (len(match[1]) > 1 and match[1].startswith("0")):
        return None
    number = int(match[1])
    return number if number <= 10 else None


def means(reply: Reply, *, asked_about_visit: bool, asked_for_number: bool) -> Reply:
    """The reply in the light of the last message the number got.

    Stopping, starting and help need no question. "Yes", "1" or "no" answer a visit, a number a question for one;
    without the question they are for a person to read.
    """
    if reply.intent in {Intent.STOP, Intent.START, Intent.HELP}:
        return reply
    if asked_about_visit and reply.intent is Intent.NUMBER and reply.number == 1:
        return Reply(Intent.CONFIRM, reply.language)
    fits = {
        Intent.CONFIRM: asked_about_visit,
        Intent.RESCHEDULE: asked_about_visit,
        Intent.NUMBER: asked_for_number,
    }
    return reply if fits.get(reply.intent) else Reply(Intent.FREE_TEXT, reply.language)
