"""Every field of every body × what does not belong there: a 400 that names the field, and nothing stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework import serializers

from cases.api import bodies, fields
from cases.models import Case, CaseEvent, Note, Outcome, Visit
from clinic.accounts.models import Role, Site, User
from tests.api import api_of, flagged, path_of
from tests.factories import CaseFactory, staff

VISIT = {"starts_at": "2026-11-09T15:00:00Z", "minutes": 45, "therapist": 1}
ITEM = {
    "intervention": "strengthening",
    "name": "Strength",
    "dose": "3 x 10",
    "frequency": "daily",
    "weeks": 6,
    "progression": "more",
    "evidence": "A",
    "cautions": "none",
    "needling_reason": "none",
    "needling_consent": False,
    "needling_adaptation": "thin needle",
}
# Address, body class, and a body that is right in form.
DOORS: list[tuple[str, str, type[fields.Body], dict[str, Any]]] = [
    ("PATCH", "", bodies.KneesIn, {"knee_side": "right", "reason": "Heard wrong."}),
    ("POST", "review/", bodies.NothingIn, {}),
    ("POST", "schedule/", bodies.ScheduleIn, VISIT),
    ("POST", "start-treatment/", bodies.NothingIn, {}),
    ("POST", "discharge/", bodies.DischargeIn, {"reason": "Moved."}),
    ("POST", "close/", bodies.CloseIn, {"reason": "declined", "note": "Moved."}),
    ("POST", "reopen/", bodies.ReopenIn, {"reason": "Came back."}),
    ("POST", "assign/", bodies.AssignIn, {"therapist": 1}),
    ("POST", "flags/{flag}/clear/", bodies.ClearFlagIn, {"reason": "Examined."}),
    (
        *("POST", "finding/", bodies.FindingIn),
        {"causes": ["other"], "other": "", "differential": "D1", "confidence": "low", "reason": "Tested."},
    ),
    (
        *("POST", "examinations/", bodies.ExaminationIn),
        {"results": {"j_sign": {"left": "absent"}}, "note": ""},
    ),
    ("POST", "plan/", bodies.PlanIn, {"items": [ITEM], "weeks": 12, "visit_weeks": [1, 2], "goal": "Run"}),
    ("POST", "visits/", bodies.VisitIn, VISIT),
    ("POST", "outcomes/", bodies.OutcomeIn, {"instrument": "akps", "score": 70, "items": {"limp": "none"}}),
    ("POST", "outcomes/{score}/strike-out/", bodies.StrikeOutIn, {"reason": "Typed wrong."}),
    ("POST", "notes/", bodies.NoteIn, {"text": "Seen."}),
]
NOT_TEXT = [5, 1.5, True, [], {}, ["x"], {"x": "y"}, "a\x00b", "\ud800", "\x1b[2J", "x" * 10_001]
NOT_WHOLE = ["5", "", "abc", 1.5, True, [], {}, -1, 0, 10**12, 10**39, 1e300, "\x00"]
NOT_NUMBERS = ["5", "NaN", "", True, [], {}, 10**39, -1e308, 1e308, 70.123, "\x00"]
NOT_MOMENTS = [
    *(5, True, [], {}, "", "yesterday", "2026-11-09", "2026-11-09T15:00:00", "2026-02-30T09:00:00Z", "\x00"),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-11-09T25:00:00Z", "1762700400"),
]
NOT_TERMS = [5, True, [], {}, "", "nonsense", "\x00", "\ud800", " overuse", "OVERUSE"]
NOT_RESULTS = [5, True, [], {}, "", "j_sign", ["j_sign"], [{"j_sign": {"left": "absent"}}]]
NOT_LISTS = ["overuse", 5, True, {}, [5], [None], [[]], [{}], ["nonsense"], ["\x00"], ["overuse"] * 501]
NOT_FLAGS = ["true", 1, 0, "", [], {}, "\x00"]


def wrong_values(declared: serializers.Field[Any, Any, Any, Any]) -> list[Any]:
    wrong: list[Any] = [] if declared.allow_null else [None]
    match declared:
        case fields.Whole():
            most = declared.max_value or 0
            return wrong + [value for value in NOT_WHOLE if value != 10**12 or most < 10**12]
        case fields.Number():
            return wrong + NOT_NUMBERS
        case fields.Moment():
            return wrong + NOT_MOMENTS
        case fields.Term():
            return wrong + NOT_TERMS
        case fields.YesNo():
            return wrong + NOT_FLAGS
        case bodies.Results():
            return [*wrong, *NOT_RESULTS]
        case serializers.DictField():
            return [*wrong, 5, True, [], {}, "", "limp", ["limp"], [{"limp": "none"}]]
        case fields.Text():
            return wrong + NOT_TEXT + ([] if declared.allow_blank else ["", "  \n"])
        case serializers.ListField():
            numbers = isinstance(declared.child, fields.Whole)
            return [
                *wrong,
                *([] if declared.allow_empty else [[]]),
                *(each for each in NOT_LISTS if not (numbers and each == [5])),
            ]
        case serializers.ListSerializer():
            return [*wrong, "x", 5, {}, [5], ["x"], [None], [[]]]
    raise AssertionError(f"say what is wrong for {type(declared).__name__}")


def attempts() -> list[Any]:
    """For each field of each door: the bodies that are wrong in it alone."""
    found = []
    for method, rest, body, right in DOORS:
        declared = body().fields
        assert set(declared) == set(right), f"{body.__name__}: keep the right body complete"
        for name, each in declared.items():
            wrong = [right | {name: value} for value in wrong_values(each)]
            if each.required:
                wrong.append({key: value for key, value in right.items() if key != name})
            found.append(pytest.param(method, rest, wrong, name, id=f"{rest}{name}"))
        found.append(pytest.param(method, rest, [right | {"statsu": "new"}], "statsu", id=f"{rest}statsu"))
        found.append(pytest.param(method, rest, [right | {"id": 1}], "id", id=f"{rest}id"))
    item = bodies.PlanItemIn().fields
    assert set(item) == set(ITEM)
    for name, each in item.items():
        wrong = [{"items": [ITEM, ITEM | {name: value}], "weeks": 12, "goal": ""} for value in wrong_values(each)]
        found.append(pytest.param("POST", "plan/", wrong, f"items.1.{name}", id=f"plan/items/{name}"))
    return found


@pytest.fixture
def everything(site: Site) -> User:
    """Somebody whom no role stops."""
    user = staff(Role.THERAPIST, site)
    user.memberships.create(site=site, role=Role.MANAGER)
    return user


@pytest.mark.parametrize(("method", "rest", "wrong", "field"), attempts())
def test_what_does_not_belong_in_a_field_is_refused_by_name(
    everything: User, method: str, rest: str, wrong: list[dict[str, Any]], field: str
):
    case = CaseFactory(therapist=everything)
    flag = flagged(case)
    score = Outcome.objects.create(case=case, instrument="akps", score=70, taken_at=case.opened_at)
    before = Case.objects.filter(pk=case.pk).values().get()
    api = api_of(everything)

    for body in wrong:
        response = api.send(
            path_of(case, rest.format(flag=flag.pk, score=score.pk)),
            json.dumps(body).encode(),
            method=method,
            headers={"If-Match": f'"{case.reference}-v1"'},
        )

        assert (body, response.status_code) == (body, 400), response.content
        assert response.headers["Content-Type"] == "application/problem+json"
        names = list(response.data["errors"])
        # A number too large and a body too full stop at the boundary, which speaks of the whole body.
        assert any(name == field or name.startswith(f"{field}.") for name in names) or names == ["body"], (body, names)
    assert Case.objects.filter(pk=case.pk).values().get() == before
    assert (CaseEvent.objects.count(), Note.objects.count(), Visit.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(("method", "rest", "body", "right"), DOORS, ids=lambda value: None)
def test_a_body_that_is_no_object_is_refused(everything: User, method: str, rest: str, body: Any, right: Any):
    case = CaseFactory(therapist=everything)
    flag = flagged(case)
    score = Outcome.objects.create(case=case, instrument="akps", score=70, taken_at=case.opened_at)
    api = api_of(everything)

    for text in (b"[]", b'"x"', b"5", b"null", b"true"):
        response = api.send(
            path_of(case, rest.format(flag=flag.pk, score=score.pk)),
            text,
            method=method,
            headers={"If-Match": f'"{case.reference}-v1"'},
        )
        assert response.status_code == 400, (text, response.content)
        assert list(response.data["errors"]) == ["body"]
