"""A site's plan templates: what is shipped, with the site's own rows over it and beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.models import PlanTemplate
from cases.rules.plan_templates import PLAN_ITEMS, PlanItemTemplate
from cases.rules.terms import FoundCause, Intervention
from cases.services.errors import Refusal, Stale, WrongInput
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User

SHIPPED = {item.id: item for item in PLAN_ITEMS}
TEXTS = {"title": 120, "dose": 300, "frequency": 200, "progression": 1000, "evidence": 1000, "cautions": 1000}
OWN = "own-"
MOST_TEMPLATES = 60


class NoSuchTemplate(Refusal):
    """This site has no template of that id."""

    code = "no_such_template"


@dataclass(frozen=True)
class SiteTemplate:
    """One row as a site has it. edit: the site's own row, None where the shipped one stands.

    has_news: what is shipped has changed since the edit was made from it; the edit stands all the same.
    """

    item: PlanItemTemplate
    is_active: bool
    shipped: PlanItemTemplate | None
    edit: PlanTemplate | None

    @property
    def has_news(self) -> bool:
        if self.edit is None or not self.edit.made_from:
            return False
        return self.shipped is None or digest_of(self.shipped) != self.edit.made_from

    @property
    def news(self) -> list[tuple[str, Any, Any]]:
        """Field, as shipped when the edit was made, as shipped now."""
        if not self.has_news or self.edit is None:
            return []
        then, now = self.edit.shipped_then, self.shipped.as_data() if self.shipped else {}
        return [(name, then.get(name), now.get(name)) for name in then if then.get(name) != now.get(name)]

    @property
    def version(self) -> int:
        return self.edit.version if self.edit else 0


def digest_of(item: PlanItemTemplate) -> str:
    """What tells one wording of a shipped row from the next: SHA-256, in hex."""
    whole = item.as_data() | {"causes": sorted(item.causes), "runners_only": item.runners_only}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def all_templates_of(site: Site) -> list[SiteTemplate]:
    """Every row of a site, switched off ones too: the shipped ones in their order, then its own (one statement)."""
    edits = {edit.template_id: edit for edit in _rows(site)}
    found = [
        SiteTemplate(_item(edits[id]) if id in edits else item, _active(edits.get(id)), item, edits.get(id))
        for id, item in SHIPPED.items()
    ]
    own = [edit for id, edit in edits.items() if id not in SHIPPED]
    # An edit of a row that is shipped no more stays: it is the clinic's now.
    return found + [SiteTemplate(_item(edit), edit.is_active, None, edit) for edit in own]


def templates_for(site: Site) -> tuple[PlanItemTemplate, ...]:
    """The rows a draft at this site is made from: shipped ones, overlaid by the site's edits."""
    return tuple(each.item for each in all_templates_of(site) if each.is_active)


@one_transaction
def edit_template(
    site: Site,
    *,
    template_id: str,
    fields: Mapping[str, Any],
    expected_version: int | None = None,
    by: User,
    now: datetime,
) -> PlanTemplate:
    """Write the site's own row in place of a shipped one, a new one of its own (`template_id` ""), or change either.

    fields: intervention, title, dose, frequency, weeks, progression, evidence, cautions, causes, runners_only, active;
    of a shipped row intervention, causes and runners_only stay as they are. Raises WrongInput, NoSuchTemplate, Stale.
    """
    # The parent's lock: two managers saving at once would otherwise both be told that they were the last.
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    stored = {edit.template_id: edit for edit in _rows(site)}
    shipped = SHIPPED.get(template_id)
    if not template_id:
        template_id = _next_own_id(stored)
    elif shipped is None and template_id not in stored:
        raise NoSuchTemplate("This site has no such template.")
    row = stored.get(template_id) or PlanTemplate(site=site, template_id=template_id, version=0)
    if expected_version is not None and row.version != expected_version:
        raise Stale("Somebody else changed this template. Read it again, then repeat your change.")
    given = dict(fields)
    if shipped is not None:
        given |= {
            "intervention": shipped.intervention.value,
            "causes": sorted(shipped.causes),
            "runners_only": shipped.runners_only,
        }
    _check(given, shipped)
    for name in TEXTS:
        setattr(row, name, str(given[name]).strip())
    row.intervention, row.weeks = given["intervention"], given["weeks"]
    row.causes, row.runners_only = sorted(given.get("causes") or ()), bool(given.get("runners_only"))
    row.is_active = bool(given.get("active", True))
    row.edited_by, row.edited_at, row.version = by, now, row.version + 1
    if shipped is not None:
        # Whoever saves has both wordings before them: from now on this is what the edit was made from.
        row.made_from, row.shipped_then = digest_of(shipped), shipped.as_data()
    row.save()
    return row


@one_transaction
def forget_edit(site: Site, *, template_id: str, by: User, now: datetime) -> None:
    """Take back a site's edit: the shipped row stands again. Raises NoSuchTemplate where none is shipped or edited."""
    if template_id not in SHIPPED or not _rows(site).filter(template_id=template_id).delete()[0]:
        raise NoSuchTemplate("There is no edit of a shipped template to take back.")


def _rows(site: Site) -> Any:
    return PlanTemplate.objects.filter(site=site).select_related("edited_by").order_by("pk")


def _item(edit: PlanTemplate) -> PlanItemTemplate:
    return PlanItemTemplate(
        id=edit.template_id,
        intervention=Intervention(edit.intervention),
        title=edit.title,
        dose=edit.dose,
        frequency=edit.frequency,
        duration_weeks=edit.weeks,
        progression=edit.progression,
        evidence=edit.evidence,
        cautions=edit.cautions,
        source="the clinic's own",
        causes=frozenset(map(FoundCause, edit.causes)),
        runners_only=edit.runners_only,
    )


def _active(edit: PlanTemplate | None) -> bool:
    return edit is None or edit.is_active


def _next_own_id(stored: Mapping[str, PlanTemplate]) -> str:
    numbers = [int(id.removeprefix(OWN)) for id in stored if id.startswith(OWN)]
    if len(stored) >= MOST_TEMPLATES:
        raise WrongInput({"title": [f"A site has at most {MOST_TEMPLATES} templates of its own."]})
    return f"{OWN}{max(numbers, default=0) + 1}"


def _check(given: Mapping[str, Any], shipped: PlanItemTemplate | None) -> None:
    wrong: dict[str, list[str]] = {}
    for name, most in TEXTS.items():
        text = str(given.get(name) or "").strip()
        if not text:
            wrong[name] = ["Every template says this."]
        elif len(text) > most:
            wrong[name] = [f"At most {most} characters."]
    interventions = _values(Intervention)
    if given.get("intervention") == Intervention.DRY_NEEDLING:
        wrong["intervention"] = ["Dry needling is never part of a template (reference 9.1)."]
    elif given.get("intervention") not in interventions:
        wrong["intervention"] = [f"Choose among {', '.join(interventions)}."]
    if not set(given.get("causes") or ()) <= set(_values(FoundCause)):
        wrong["causes"] = [f"Choose among {', '.join(_values(FoundCause))}."]
    weeks = given.get("weeks")
    if not isinstance(weeks, int) or isinstance(weeks, bool) or not 1 <= weeks <= 52:
        wrong["weeks"] = ["Write a whole number of weeks from 1 to 52."]
    if shipped is not None and not shipped.causes and not given.get("active", True):
        wrong["active"] = ["Education, load and exercise are the core of every plan (reference 8.1): change the words."]
    if wrong:
        raise WrongInput(wrong)


def _values(terms: Any) -> Sequence[str]:
    return [each.value for each in terms]
