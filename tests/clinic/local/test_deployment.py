import re
import subprocess

import pytest
import yaml

from clinic import env
from clinic.local.paths import PROJECT
from clinic.local.postgres import INITDB_LOCALE

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
REQUIRED = ["SITE_URL", "EMAIL_FROM", "TLS_EMAIL", "SECRETS"]


def test_what_a_clinic_must_give_has_no_default():
    text = (PROJECT / "docker-compose.yml").read_text()
    asked = dict(re.findall(r"\$\{(\w+)(:[?-])", text))

    assert [name for name, how in asked.items() if how == ":?"] == sorted(REQUIRED, key=list(asked).index)


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_every_service_is_confined_limited_and_watched(name):
    service = COMPOSE["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert name == "migrate" or ("healthcheck" in service and service["restart"] == "unless-stopped")


def test_only_the_front_server_is_published_and_the_record_has_no_way_out():
    published = [name for name, service in COMPOSE["services"].items() if "ports" in service]

    assert published == ["front"]
    assert COMPOSE["networks"]["house"] == {"internal": True}
    assert {name: COMPOSE["services"][name]["networks"] for name in ("postgres", "redis")} == {
        "postgres": ["house"],
        "redis": ["house"],
    }


def test_the_containers_start_with_exactly_what_the_settings_ask_for(tmp_path):
    secrets = tmp_path / "secrets"
    command = [PROJECT / "docs" / "deploy" / "make-secrets.sh", secrets, "smtp+starttls://mail.example.org:587"]
    subprocess.run(command, check=True, capture_output=True)
    given = {"SITE_URL": "https://clinic.example.org", "EMAIL_FROM": "a@example.org"}
    source = {}
    for name, value in COMPOSE["x-app"]["environment"].items():
        plain = re.sub(r"\$\{(\w+):[?-]([^}]*)\}", lambda asked: given.get(asked[1], asked[2]), value)
        source[name] = plain.replace("/run/secrets", str(secrets))

    found = env.read(source)

    assert found.production
    assert found.database_url.endswith("@postgres:5432/patella")
    assert len(found.metrics_token) >= 40
    assert sorted(path.name for path in secrets.iterdir()) == sorted(COMPOSE["secrets"])


def test_secrets_that_are_there_already_are_kept(tmp_path):
    command = [PROJECT / "docs" / "deploy" / "make-secrets.sh", tmp_path, "smtp://mail.example.org"]
    subprocess.run(command, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in tmp_path.iterdir()}

    again = subprocess.run(command, check=True, capture_output=True, text=True)

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == first
    assert again.stdout == ""


def test_names_sort_the_same_in_a_container_and_on_a_laptop():
    arguments = COMPOSE["services"]["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]

    assert arguments.split() == INITDB_LOCALE


@pytest.mark.parametrize("name", re.findall(r"\"([A-Z][A-Z_]{3,})\"", (PROJECT / "clinic" / "env.py").read_text()))
def test_every_variable_is_explained(name):
    assert f"`{name}`" in (PROJECT / "docs" / "deployment.md").read_text()
