"""Terms of the rules as choices of a column."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from cases.rules.terms import Term


def choices_of(terms: type[Term]) -> list[tuple[str, str]]:
    """Plain (value, label) pairs: a migration must not import our enums."""
    return [(term.value, term.label) for term in terms]


def values_of(terms: Iterable[Term]) -> list[str]:
    """Plain values in a stable order: a constraint built from an unsorted set changes from run to run."""
    return sorted(term.value for term in terms)


def one_of(column: str, terms: Iterable[Term]) -> Q:
    """The condition of a check constraint: the column holds one of the terms."""
    return Q(**{f"{column}__in": values_of(terms)})
