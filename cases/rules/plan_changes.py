"""What is different between two versions of a plan: added, removed, or changed field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.rules.terms import Term

Row = Mapping[str, Any]


class HowChanged(Term):
    ADDED = "added", "Added"
    REMOVED = "removed", "Removed"
    CHANGED = "changed", "Changed"


@dataclass(frozen=True)
class PlanContent:
    """One version as plain values: its own fields, its items and its exercises, each in order.

    Every item and exercise has a `name`; items also an `intervention`.
    """

    fields: Row
    items: Sequence[Row]
    exercises: Sequence[Row]


@dataclass(frozen=True)
class PlanChange:
    """One difference. part: plan, item or exercise. fields: of what changed, the value before and after."""

    part: str
    how: HowChanged
    name: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "how": self.how.value,
            "name": self.name,
            "fields": [{"field": name, "before": was, "after": now} for name, (was, now) in self.fields.items()],
        }


def plan_changes(before: PlanContent, after: PlanContent) -> tuple[PlanChange, ...]:
    """What makes `after` of `before`; empty when they say the same. The place in the order is no difference.

    An item is the same one when intervention and name are; what is left over of one intervention was renamed.
    An exercise is the same one when its name is.
    """
    found = []
    changed = _differing(before.fields, after.fields)
    if changed:
        found.append(PlanChange("plan", HowChanged.CHANGED, "", changed))
    found += _of_rows("item", before.items, after.items, (("intervention", "name"), ("intervention",)))
    found += _of_rows("exercise", before.exercises, after.exercises, (("name",),))
    return tuple(found)


def _of_rows(part: str, before: Sequence[Row], after: Sequence[Row], keys: Sequence[Sequence[str]]) -> list[PlanChange]:
    gone, new = list(before), []
    for row in after:
        # What says the same stands first: of two items of one name, the unchanged one is not taken for the other.
        if row in gone:
            gone.remove(row)
        else:
            new.append(row)
    pairs: list[tuple[Row, Row]] = []
    for key in keys:
        for row in list(new):
            was = next((each for each in gone if all(each[name] == row[name] for name in key)), None)
            if was is not None:
                pairs.append((was, row))
                gone.remove(was)
                new.remove(row)
    found = [PlanChange(part, HowChanged.REMOVED, str(row["name"])) for row in gone]
    found += [PlanChange(part, HowChanged.ADDED, str(row["name"])) for row in new]
    for was, row in pairs:
        changed = _differing(was, row)
        if changed:
            found.append(PlanChange(part, HowChanged.CHANGED, str(row["name"]), changed))
    return found


def _differing(before: Row, after: Row) -> dict[str, tuple[Any, Any]]:
    return {name: (before.get(name), now) for name, now in after.items() if before.get(name) != now}
