import itertools
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from clinic.local.bootstrap import PROFILES
from clinic.local.paths import PROJECT

LOCKS = ["prod", *PROFILES]


def text_of(lock):
    return (PROJECT / "requirements" / f"{lock}.txt").read_text()


def pins_of(lock):
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text_of(lock), re.MULTILINE))


def declared_for(lock):
    """What pyproject.toml asks for in one lock, as a list of requirements."""
    content = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    groups = content["dependency-groups"]
    asked = {
        "prod": content["project"]["dependencies"],
        "run": content["project"]["optional-dependencies"]["embedded"],
        "test": groups["test"],
        "dev": groups["lint"],
    }
    return [Requirement(written) for name in LOCKS[: LOCKS.index(lock) + 1] for written in asked[name]]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_pins_every_package_by_hash(lock):
    packages = [line for line in text_of(lock).splitlines() if not line.startswith(" ")]
    pinned = re.findall(r"^[\w.-]+==\S+ ;? ?.*\\\n    --hash=sha256:", text_of(lock), re.MULTILINE)

    assert "://" not in text_of(lock)
    assert len(packages) == len(pinned) > 30


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_what_the_project_declares(lock):
    pins = pins_of(lock)
    unmet = []
    for asked in declared_for(lock):
        pinned = pins.get(canonicalize_name(asked.name))
        if pinned is None or not asked.specifier.contains(pinned):
            unmet.append(str(asked))

    assert unmet == [], "run `make lock`"


def test_each_lock_holds_the_one_before_it_whole():
    pins = [set(pins_of(lock).items()) for lock in LOCKS]

    assert all(narrow < wide for narrow, wide in itertools.pairwise(pins))
