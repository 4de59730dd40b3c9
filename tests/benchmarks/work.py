"""What is measured: four works of the clinic, and the bare view each is held against."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

SITES = {"riverside": "America/Chicago", "hilltop": "America/Denver"}
_NO = dict.fromkeys(
    (
        "chest_pain_or_breathless",
        "calf_swelling",
        "hot_red_joint",
        "fever",
        "feels_unwell",
        "cold_or_pale_foot",
        "leg_weakness_new",
        "numbness",
        "trauma",
        "cannot_bear_weight",
        "cannot_lift_straight_leg",
        "lump",
        "cancer_history",
        "unexplained_weight_loss",
        "kneecap_shifts_sideways",
        "weakness_or_one_side_stronger",
        "giving_way",
        "clicking",
        "other_joints_swollen",
        "pregnancy",
    ),
    "no",
)
# A routine form as it comes most often: about 45 answers.
ANSWERS = {
    **_NO,
    "given_name": "Rosa",
    "family_name": "Runner",
    "date_of_birth": "1999-03-04",
    "sex": "female",
    "phone": "+13125550123",
    "email": "rosa@example.org",
    "preferred_channel": "email",
    "language": "en",
    "site": "riverside",
    "swelling": "none",
    "locking": "none",
    "night_pain": "none",
    "knee_side": "left",
    "onset": "gradual",
    "duration_weeks": 6,
    "pain_now": 3,
    "pain_worst": 6,
    "pain_usual": 4,
    "pain_location": ["front_around_kneecap"],
    "pain_spot": "wide_area",
    "aggravating": ["squatting", "stairs_down", "long_sitting"],
    "relieving": ["rest"],
    "impact_pattern": "worse_then_settles",
    "knee_moves_inward": "yes",
    "activities": [
        {
            "type": "running",
            "sessions_per_week": 4,
            "volume_per_week": 32,
            "volume_unit": "km",
            "recent_change": "increase",
            "change_percent": 60,
            "changed_weeks_ago": 4,
        }
    ],
    "work_load": "none",
    "rest_tried_days": 0,
    "morning_stiffness_minutes": 5,
    "prior_injury_surgery": ["none"],
    "conditions": ["none"],
    "anticoagulant": "none",
    "goals": [{"activity": "Run 5 km", "score": 4}],
    "consent_to_process": "yes",
}
# "running" makes `impact_pattern` a question of this form.
ANSWERS["aggravating"] = [*ANSWERS["aggravating"], "running"]
_FORM = json.dumps({"language": "en", "answers": ANSWERS}).encode()

# Cases that are read and changed: the newest, as a clinic does; with fewer cases than that, all of them.
LIVELY = 1_000


@dataclass
class Share:
    """One client's part of the cases, so that no two change the same one. versions: as this client left them."""

    number: int
    of: int
    token: str
    versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.number)
        self.references = [f"K-B{n:07}" for n in range(1 + self.number, LIVELY + 1, self.of)]

    def reference(self) -> str:
        return self.random.choice(self.references)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


Ask = Callable[[Share], Asked]


@dataclass(frozen=True)
class Work:
    """floor: the bare view for the same work; a change is held against the bare read. goal: the least ratio to it."""

    name: str
    ask: Ask
    floor: Ask
    goal: float
    status: int = 200
    floor_status: int = 200


def _submit(share: Share) -> Asked:
    return Asked("POST", "/api/v1/intakes/", {"Idempotency-Key": str(uuid.uuid4())}, _FORM)


def _list(share: Share) -> Asked:
    return Asked("GET", "/api/v1/cases/", share.headers)


def _detail(share: Share) -> Asked:
    return Asked("GET", f"/api/v1/cases/{share.reference()}/", share.headers)


def _change(share: Share) -> Asked:
    reference = share.reference()
    version = share.versions.get(reference, 1)
    share.versions[reference] = version + 1
    body = {"knee_side": "right" if version % 2 else "left", "reason": "Typed wrong."}
    headers = {**share.headers, "If-Match": f'"{reference}-v{version}"'}
    return Asked("PATCH", f"/api/v1/cases/{reference}/", headers, json.dumps(body).encode())


def _read_floor(share: Share) -> Asked:
    return Asked("GET", f"/cases/{share.reference()}/", {})


WORKS = (
    Work("submit", _submit, lambda share: Asked("POST", "/submit/", {}, _FORM), 0.25, 201, 201),
    Work("list", _list, lambda share: Asked("GET", "/cases/", {}), 0.3),
    Work("detail", _detail, _read_floor, 0.3),
    Work("change", _change, _read_floor, 0.2),
)
