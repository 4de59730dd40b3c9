"""The clinic's own page: the way to the form, the telephone, and nothing from elsewhere."""

from __future__ import annotations

import gzip
import re

import pytest
from django.test import Client

from clinic.accounts.models import Site
from tests.intake.plain_browser import PlainBrowser

pytestmark = pytest.mark.django_db


def test_the_page_names_each_clinic_with_a_number_to_press(site: Site, other_site: Site) -> None:
    page = PlainBrowser().open("/")

    assert page.status == 200
    assert 'href="tel:+13125550100"' in page.html
    assert "Riverside" in page.text
    assert "Hilltop" in page.text
    assert 'href="/intake/"' in page.html
    assert 'href="/admin/"' in page.html


@pytest.mark.parametrize("sites", [1, 3])
def test_the_page_costs_one_statement_however_many_clinics(site: Site, sites: int, django_assert_num_queries) -> None:
    for number in range(1, sites):
        Site.objects.create(slug=f"s{number}", name=f"Site {number}", time_zone="America/Chicago", phone="+13125550100")

    with django_assert_num_queries(1):
        Client().get("/")


def test_a_clinic_without_any_site_still_has_a_page(db: None) -> None:
    assert PlainBrowser().open("/").status == 200


@pytest.mark.parametrize("path", ["/", "/intake/"])
def test_the_first_page_is_light_and_takes_nothing_from_elsewhere(site: Site, path: str) -> None:
    html = Client().get(path).content.decode()
    assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)

    weight = len(gzip.compress(html.encode()))
    for asset in assets:
        weight += len(gzip.compress(b"".join(Client().get(asset).streaming_content)))

    assert assets
    assert weight < 100_000
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', html) == []
    assert re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", html) == []


def test_pages_that_are_not_there_say_so_kindly(site: Site) -> None:
    page = PlainBrowser(Client(headers={"accept-language": "es"})).open("/no-such-page/")

    assert page.status == 404
    assert '<html lang="es"' in page.html
    assert "Esta página no existe" in page.text
