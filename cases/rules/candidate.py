"""A candidate for the cause rules, written by a therapist as a few lines of TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from cases.rules.ruleset import CURRENT, RuleSet, UnknownRule

TABLES = ("weights", "thresholds")
NUMBERS = ("moderate_from_above", "load_increase_percent", "load_window_weeks", "strength_percent")
KNOWN = ("version", "without", *NUMBERS, *TABLES)
# More than any candidate needs; what is longer was not written by hand.
LONGEST = 64_000


def candidate_from(text: str, base: RuleSet = CURRENT) -> RuleSet:
    """The rule set that the text describes, as changes of `base`:

        version = "2026.12-try"      # a name of its own
        without = ["OV8"]            # evidence rows left out
        load_increase_percent = 20   # also load_window_weeks, moderate_from_above, strength_percent
        [weights]
        MV1 = 1
        [thresholds]
        overuse = 4

    Raises UnknownRule, which names what is wrong: no TOML, an unknown key, id or cause, a number that cannot be one.
    """
    if len(text) > LONGEST:
        raise UnknownRule(f"A rule set is at most {LONGEST:,} characters long.")
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnknownRule(f"Not TOML: {error}.") from error
    if strange := sorted(set(told) - set(KNOWN)):
        raise UnknownRule(f"Not a setting: {', '.join(strange)}. Known are {', '.join(KNOWN)}.")
    return base.changed(
        version=_version(told),
        without=_without(told),
        weights=_table(told, "weights"),
        thresholds=_table(told, "thresholds"),
        **{name: told.get(name) for name in NUMBERS},
    )


def _version(told: Mapping[str, Any]) -> str:
    version = told.get("version")
    if not isinstance(version, str) or not 1 <= len(version) <= 20 or not version.isprintable():
        raise UnknownRule("version: give the candidate a name of 1 to 20 characters.")
    return version


def _without(told: Mapping[str, Any]) -> tuple[str, ...]:
    ids = told.get("without", [])
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise UnknownRule('without: write a list of ids, such as ["OV8"].')
    return tuple(ids)


def _table(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise UnknownRule(f"{name}: write a table, such as [{name}].")
    return table
