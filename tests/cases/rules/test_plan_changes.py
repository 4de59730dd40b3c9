"""What changed between two versions of a plan, field by field."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cases.rules.plan_changes import HowChanged, PlanContent, plan_changes

STRENGTH = {"intervention": "strengthening", "name": "Strength", "dose": "3 x 10", "weeks": 12}
TAPING = {"intervention": "taping", "name": "Taping", "dose": "", "weeks": 4}
CLAM = {"name": "Clam", "sets": 3, "reps": 10, "days": [1, 3, 5]}


def plan(*items: dict, exercises: tuple[dict, ...] = (), **fields: object) -> PlanContent:
    return PlanContent({"weeks": 12, "goal": "", **fields}, items, exercises)


def test_two_that_say_the_same_differ_in_nothing():
    assert plan_changes(plan(STRENGTH, TAPING), plan(TAPING, STRENGTH)) == ()


def test_an_item_is_added_and_another_removed():
    found = plan_changes(plan(STRENGTH), plan(TAPING))

    assert [(each.how, each.name) for each in found] == [(HowChanged.REMOVED, "Strength"), (HowChanged.ADDED, "Taping")]


def test_what_changed_of_an_item_is_told_field_by_field():
    [change] = plan_changes(plan(STRENGTH), plan(STRENGTH | {"dose": "4 x 8", "weeks": 8}))

    assert (change.part, change.how, change.name) == ("item", HowChanged.CHANGED, "Strength")
    assert change.fields == {"dose": ("3 x 10", "4 x 8"), "weeks": (12, 8)}


def test_a_renamed_item_of_one_kind_is_the_same_item():
    [change] = plan_changes(plan(STRENGTH, TAPING), plan(STRENGTH | {"name": "Hip strength"}, TAPING))

    assert change.fields == {"name": ("Strength", "Hip strength")}


def test_the_plans_own_fields_and_its_exercises_count():
    found = plan_changes(plan(exercises=(CLAM,)), plan(exercises=(CLAM | {"reps": 12},), goal="Run"))

    assert [(each.part, each.fields) for each in found] == [
        ("plan", {"goal": ("", "Run")}),
        ("exercise", {"reps": (10, 12)}),
    ]


def test_a_change_is_plain_data():
    [change] = plan_changes(plan(STRENGTH), plan(STRENGTH | {"weeks": 8}))

    assert change.as_data() == {
        "part": "item",
        "how": "changed",
        "name": "Strength",
        "fields": [{"field": "weeks", "before": 12, "after": 8}],
    }


ITEMS = st.lists(
    st.fixed_dictionaries(
        {"intervention": st.sampled_from("ab"), "name": st.sampled_from("xyz"), "weeks": st.integers(1, 3)}
    ),
    max_size=5,
)


@given(ITEMS, ITEMS)
def test_every_item_is_counted_once(before: list[dict], after: list[dict]):
    found = plan_changes(plan(*before), plan(*after))
    added = sum(each.how is HowChanged.ADDED for each in found)
    removed = sum(each.how is HowChanged.REMOVED for each in found)

    assert len(after) - len(before) == added - removed


@given(ITEMS)
def test_no_plan_differs_from_itself(items: list[dict]):
    assert plan_changes(plan(*items), plan(*reversed(items))) == ()
