"""What keeps the tables of evidence from being changed or emptied."""

from __future__ import annotations

import pgtrigger


def never_changed(name: str) -> pgtrigger.Trigger:
    """Rows are added, and that is all."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)


def never_emptied(name: str) -> pgtrigger.Trigger:
    """A row trigger does not see TRUNCATE; this one does."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
    )
