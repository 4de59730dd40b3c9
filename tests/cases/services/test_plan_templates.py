"""A site's own templates: over what is shipped, never overwritten by it, and whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from cases.models import PlanTemplate
from cases.rules.plan_templates import PLAN_ITEMS
from cases.services import findings, plan_templates, plans
from cases.services.errors import Stale, WrongInput
from cases.services.plan_templates import all_templates_of, edit_template, forget_edit, templates_for
from clinic.accounts.models import Site, User
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db
WORDS = {
    "title": "Our strength",
    "dose": "3 sets of 10",
    "frequency": "3 times a week",
    "weeks": 10,
    "progression": "All sets in the green",
    "evidence": "Grade A [R]",
    "cautions": "Pain-free range",
}
NEW = WORDS | {"intervention": "stretching", "causes": ["mobility_contributor"]}


def edited(site: Site, manager: User, now: datetime, template_id: str = "T3", **changes: object) -> PlanTemplate:
    return edit_template(site, template_id=template_id, fields=WORDS | changes, by=manager, now=now)


def test_without_edits_a_site_has_what_is_shipped(site: Site):
    assert templates_for(site) == PLAN_ITEMS


def test_an_edit_stands_over_the_shipped_row_at_its_site_alone(
    site: Site, other_site: Site, manager: User, monday: datetime
):
    edited(site, manager, monday)

    [mine] = [item for item in templates_for(site) if item.id == "T3"]
    assert (mine.title, mine.dose, mine.duration_weeks) == ("Our strength", "3 sets of 10", 10)
    assert templates_for(other_site) == PLAN_ITEMS


def test_an_update_of_what_is_shipped_never_overwrites_an_edit(
    site: Site, manager: User, monday: datetime, monkeypatch: pytest.MonkeyPatch
):
    edited(site, manager, monday)
    newer = {item.id: replace(item, dose="5 sets") if item.id == "T3" else item for item in PLAN_ITEMS}
    monkeypatch.setattr(plan_templates, "SHIPPED", newer)

    [mine] = [each for each in all_templates_of(site) if each.item.id == "T3"]

    assert mine.item.dose == "3 sets of 10"
    assert mine.has_news
    [(field, then, now)] = mine.news
    assert (field, then, now) == (
        "dose",
        "2-4 sets of 8-15 repetitions to clear effort; hip first if knee work hurts",
        "5 sets",
    )
    edited(site, manager, monday)
    assert not any(each.has_news for each in all_templates_of(site))


def test_an_edit_of_a_row_shipped_no_more_stays(
    site: Site, manager: User, monday: datetime, monkeypatch: pytest.MonkeyPatch
):
    edited(site, manager, monday)
    monkeypatch.setattr(plan_templates, "SHIPPED", {item.id: item for item in PLAN_ITEMS if item.id != "T3"})

    [mine] = [each for each in all_templates_of(site) if each.item.id == "T3"]

    assert (mine.item.title, mine.has_news, mine.shipped) == ("Our strength", True, None)


def test_a_draft_is_made_from_the_sites_templates(site: Site, manager: User, therapist: User, monday: datetime):
    edited(site, manager, monday)
    edit_template(site, template_id="", fields=NEW | {"causes": []}, by=manager, now=monday)
    edited(site, manager, monday, "T4", active=False)
    case = CaseFactory(therapist=therapist)
    findings.record_finding(case, causes=["overuse"], confidence="high", by=therapist, now=monday)

    draft = plans.draft_plan(case, by=therapist, now=monday)

    names = list(draft.items.order_by("position").values_list("name", flat=True))
    assert names == [
        "What this pain is and how load works",
        "Relative rest and load rules",
        "Our strength",
        "Our strength",
    ]


def test_an_own_row_gets_an_id_of_its_own_and_may_be_changed(site: Site, manager: User, monday: datetime):
    first = edit_template(site, template_id="", fields=NEW, by=manager, now=monday)
    second = edit_template(site, template_id="", fields=NEW, by=manager, now=monday)

    changed = edit_template(
        site, template_id="own-1", fields=NEW | {"title": "Calf"}, expected_version=1, by=manager, now=monday
    )

    assert (first.template_id, second.template_id) == ("own-1", "own-2")
    assert (changed.title, changed.version, PlanTemplate.objects.count()) == ("Calf", 2, 2)


def test_taking_an_edit_back_shows_the_shipped_row_again(site: Site, manager: User, monday: datetime):
    edited(site, manager, monday)

    forget_edit(site, template_id="T3", by=manager, now=monday)

    assert templates_for(site) == PLAN_ITEMS
    for template_id in ("T3", "own-1", "T99"):
        with pytest.raises(plan_templates.NoSuchTemplate):
            forget_edit(site, template_id=template_id, by=manager, now=monday)


def test_two_managers_do_not_overwrite_each_other(site: Site, manager: User, monday: datetime):
    edit_template(site, template_id="T3", fields=WORDS, expected_version=0, by=manager, now=monday)

    with pytest.raises(Stale):
        edit_template(site, template_id="T3", fields=WORDS, expected_version=0, by=manager, now=monday)


@pytest.mark.parametrize("name", ["title", "dose", "frequency", "progression", "evidence", "cautions"])
def test_every_template_keeps_every_word(site: Site, manager: User, monday: datetime, name: str):
    with pytest.raises(WrongInput) as refused:
        edited(site, manager, monday, **{name: "  "})

    assert set(refused.value.errors) == {name}
    assert PlanTemplate.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"intervention": "dry_needling"}, "intervention"),
        ({"intervention": "leeches"}, "intervention"),
        ({"causes": ["weather"]}, "causes"),
        ({"weeks": 0}, "weeks"),
        ({"weeks": 53}, "weeks"),
        ({"weeks": "six"}, "weeks"),
        ({"title": "x" * 121}, "title"),
    ],
)
def test_a_wrong_template_names_its_field(site: Site, manager: User, monday: datetime, changes: dict, field: str):
    with pytest.raises(WrongInput) as refused:
        edit_template(site, template_id="", fields=NEW | changes, by=manager, now=monday)

    assert set(refused.value.errors) == {field}


@pytest.mark.parametrize("template_id", ["T1", "T2", "T3"])
def test_the_core_of_every_plan_is_reworded_but_not_left_out(
    site: Site, manager: User, monday: datetime, template_id: str
):
    with pytest.raises(WrongInput, match="core of every plan"):
        edited(site, manager, monday, template_id, active=False)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("one_template_of_an_id_per_site", {}),
        ("needling_is_never_a_template", {"template_id": "own-9", "intervention": "dry_needling"}),
        ("plan_template_is_whole", {"template_id": "own-9", "cautions": " "}),
        ("plan_template_lasts_1_to_52_weeks", {"template_id": "own-9", "weeks": 0}),
        ("plan_template_causes_are_known", {"template_id": "own-9", "causes": ["weather"]}),
    ],
)
def test_the_database_refuses_it_too(site: Site, manager: User, monday: datetime, name: str, changes: dict):
    edit_template(site, template_id="", fields=NEW, by=manager, now=monday)
    row = NEW | {"site": site, "template_id": "own-1", "edited_by": manager, "edited_at": monday}

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PlanTemplate.objects.create(**row | changes)
