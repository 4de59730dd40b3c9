"""Run as a program: a migrated database, staff, one case by the services, its copies, and the statements of each work.

Prints one line of JSON, for `rig`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django

from tests.benchmarks.work import ANSWERS, SITES, WORKS, Share


def main(cases: int) -> dict[str, Any]:
    from django.core.management import call_command
    from django.utils import timezone

    from clinic.accounts.models import Membership, Role, Site, User
    from clinic.accounts.tokens import issue_token
    from intake.services.submissions import submit_answers
    from tests.benchmarks.seeding import copy_case

    call_command("migrate", verbosity=0)
    now = timezone.now()
    sites = [
        Site.objects.create(slug=slug, name=slug.title(), time_zone=zone, phone="+13125550100")
        for slug, zone in SITES.items()
    ]
    manager = User.objects.create_user("manager@bench.example", name="Manager")
    therapists = [User.objects.create_user(f"{site.slug}@bench.example", name=site.name) for site in sites]
    for site, therapist in zip(sites, therapists, strict=True):
        Membership.objects.create(user=manager, site=site, role=Role.MANAGER)
        Membership.objects.create(user=therapist, site=site, role=Role.THERAPIST)
    submission = submit_answers(ANSWERS, idempotency_key="the-template", language="en", by=manager, now=now)
    copy_case(
        submission.case,
        times=cases,
        site_ids=[site.pk for site in sites],
        therapist_ids=[therapist.pk for therapist in therapists],
    )
    _token, secret = issue_token(manager, now=now)
    share = Share(0, 1, secret)
    return {"token": secret, "statements": statements(share), "versions": share.versions}


def statements(share: Share) -> dict[str, int]:
    """How many statements each work takes, BEGIN and COMMIT left out; asked twice, because the first one warms up."""
    from django.db import connection
    from django.test import Client

    client = Client()
    counts = {}
    for work in WORKS:
        for _ in range(2):
            count = 0

            def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
                nonlocal count
                count += 1
                return execute(*arguments)

            asked = work.ask(share)
            with connection.execute_wrapper(counted):
                response = client.generic(
                    asked.method,
                    asked.path,
                    asked.body,
                    content_type="application/json",
                    headers={**asked.headers, "Host": "127.0.0.1"},
                )
            if response.status_code != work.status:
                raise SystemExit(f"{work.name}: {response.status_code} {response.content[:500]!r}")
        counts[work.name] = count
    return counts


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))) + "\n")
