"""The rules of the house that no tool checks by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parent.parent
OURS = [model for app in ("accounts", "cases", "intake") for model in apps.get_app_config(app).get_models()]
TOP_LEVEL = {
    *("manage.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "Makefile", "Dockerfile"),
    *("docker-compose.yml", "clinic", "intake", "cases", "templates", "tests", "docs", "locale", "requirements"),
}


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_model_says_which_fields_are_personal(model: type[models.Model]):
    names = {field.name for field in model._meta.get_fields()}

    assert set(model.PERSONAL) <= names


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_records_are_not_lost_by_cascade(model: type[models.Model]):
    cascading = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.PROTECT
    ]

    assert cascading == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_no_model_orders_itself_or_overrides_save(model: type[models.Model]):
    assert list(model._meta.ordering) == []
    assert "save" not in vars(model)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_what_a_row_calls_itself_holds_nothing_personal(model: type[models.Model]):
    [written] = [
        node
        for _, tree in sources("cases/models", "intake", "clinic/accounts")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name == model.__name__
    ][:1]
    [says] = [part for part in written.body if isinstance(part, ast.FunctionDef) and part.name == "__str__"]
    read = {node.attr for node in ast.walk(says) if isinstance(node, ast.Attribute)}

    # Staff are named on screens; patients never.
    assert model.__name__ == "User" or not read & set(model.PERSONAL) - {"score"}


def test_the_clock_is_read_at_doors_only():
    below = ("cases/rules", "cases/services", "cases/models", "intake/questionnaire")
    readers = {"now", "today", "localdate", "utcnow"}
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources(*below)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in readers
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"timezone", "datetime", "date", "dt"}
    ]

    assert found == []


def test_whoever_is_told_the_time_does_not_read_the_clock_as_well():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources("cases", "intake")
        for told in ast.walk(tree)
        if isinstance(told, ast.FunctionDef)
        and "now" in {each.arg for each in (*told.args.args, *told.args.kwonlyargs)}
        for node in ast.walk(told)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "timezone.now"
    ]

    assert found == []


def test_nobody_listens_to_signals():
    # celery.signals.setup_logging configures a process, it does not react to rows.
    found = [
        name
        for name, tree in sources("cases", "intake", "clinic")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db.models.signals")
    ]

    assert found == []


def test_every_module_says_its_one_job_in_one_line():
    silent = [
        name
        for name, tree in sources("cases", "intake", "clinic")
        if tree.body and not (ast.get_docstring(tree) or "").strip()
    ]

    assert silent == []


def test_no_room_is_called_by_a_name_that_says_nothing():
    nameless = {"utils", "helpers", "misc", "common", "manager", "data", "info"}

    found = [name for name, _ in sources("cases", "intake", "clinic") if Path(name).stem in nameless]

    assert found == []


def test_nothing_lies_about_at_the_top():
    hidden = {path.name for path in ROOT.iterdir() if path.name.startswith(".")}
    found = {path.name for path in ROOT.iterdir()} - hidden - {"uv.lock", "staticfiles"}

    assert found - TOP_LEVEL == set()


def test_no_address_of_another_host_stands_in_a_page():
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.suffix in {".html", ".css", ".js"}
        for line in path.read_text(encoding="utf-8").splitlines()
        if ("src=" in line or "href=" in line or "url(" in line or "@import" in line)
        and ("http://" in line or "https://" in line or '"//' in line)
    ]

    assert found == []


def test_no_page_holds_script_or_style_inline():
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if "messages" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if "<style" in line or " style=" in line or " onclick=" in line or ("<script" in line and "src=" not in line)
    ]

    assert found == []
