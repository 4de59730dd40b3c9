"""What keeps the tables of evidence from being emptied."""

from __future__ import annotations

import pgtrigger


def never_emptied(name: str) -> pgtrigger.Trigger:
    """A row trigger does not see TRUNCATE; this one does."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
    )
