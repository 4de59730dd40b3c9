"""Every sentence for patients stands in every language's catalogue, whole, with its placeholders, and compiled."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.formats import get_format
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
TRANSLATED = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# As in the Makefile: the rooms of staff speak English alone.
STAFF = ("cases/api/", "clinic/local/", "tests/")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "pgettext", "pgettext_lazy", "ngettext", "ngettext_lazy"}
_IN_TEMPLATE = re.compile(r"\b(n?p?gettext)\(((?:[^()'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*)\)")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!%)%[sd]|{\w*}")
_TAG = re.compile(r"</?\w+")


def catalogue(code: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / code / "LC_MESSAGES" / "django.po"))


def sources(suffix: str, *roots: str) -> Iterator[Path]:
    for root in roots:
        for path in sorted((ROOT / root).rglob(f"*.{suffix}")):
            inside = path.relative_to(ROOT).as_posix()
            if not inside.startswith(STAFF) and not {"admin", "demo", "migrations"} & set(path.parts):
                yield path


def marked_in_python(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            words = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if words:
                yield (words[0], words[1]) if node.func.id.startswith("p") else ("", words[0])


def marked_in_template(path: Path) -> Iterator[tuple[str, str]]:
    for name, inside in _IN_TEMPLATE.findall(templatize(path.read_text(encoding="utf-8"))):
        # The count that chooses between one and many is a name of the template, not a text.
        texts = inside.rsplit(",", 1)[0] if name == "ngettext" else inside
        words = ast.literal_eval(f"({texts},)")
        yield (words[0], words[1]) if name.startswith("p") else ("", words[0])


def marked() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in sources("py", "cases", "clinic", "intake"):
        found.update(marked_in_python(path))
    for path in sources("html", "templates"):
        found.update(marked_in_template(path))
    return found


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_marked_sentence_is_translated(code: str):
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalogue(code) if entry.translated()}

    assert len(marked()) > 700
    assert sorted(marked() - known) == [], "run: make messages, then translate what is new"


@pytest.mark.parametrize("code", TRANSLATED)
def test_nothing_is_fuzzy_or_left_over(code: str):
    entries = catalogue(code)

    assert [entry.msgid for entry in entries if entry.fuzzy or not entry.translated()] == []
    assert [entry.msgid for entry in entries if entry.obsolete] == []
    assert sorted({(entry.msgctxt or "", entry.msgid) for entry in entries} - marked()) == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_placeholders_and_markup_come_through(code: str):
    def parts(text: str) -> list[str]:
        return sorted(_PLACEHOLDER.findall(text) + _TAG.findall(text))

    wrong = {
        entry.msgid: said
        for entry in catalogue(code)
        for said in (entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr])
        if parts(said) != parts(entry.msgid)
    }
    assert wrong == {}


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_sentence_ends_as_it_does_in_english(code: str):
    """A full stop forgotten, a question asked without its mark: what a proof-reader sees first."""
    ends = {
        entry.msgid: entry.msgstr
        for entry in catalogue(code)
        if not entry.msgid_plural and entry.msgid[-1] in ".?:…" and entry.msgstr[-1:] != entry.msgid[-1]
    }
    assert ends == {}


def test_spanish_questions_are_opened_as_well_as_closed():
    said = [entry.msgstr.replace("'?'", "") for entry in catalogue("es")]

    assert [each for each in said if each.count("?") != each.count("¿") or each.count("!") != each.count("¡")] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_is_compiled_is_what_is_written(code: str):
    """Gettext's compiler is not on a user's machine, so its work is kept beside the words; it must not be stale."""
    compiled = polib.mofile(str(ROOT / "locale" / code / "LC_MESSAGES" / "django.mo"))

    def words(entries: polib.POFile | polib.MOFile) -> dict[tuple[str, str], object]:
        return {(each.msgctxt or "", each.msgid): each.msgstr_plural or each.msgstr for each in entries}

    assert words(compiled) == words(catalogue(code)), "run: make messages"


@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_each_language_knows_how_to_write_a_day(code: str):
    for name in ("DAY", "SHORT_DAY", "MONTH", "WEEKDAY", "CLOCK", "WALL_CLOCK"):
        assert get_format(name, lang=code) != name
