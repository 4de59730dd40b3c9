"""The form by a link that staff sent: the birth date opens it, bound to the patient we know, where it was left."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import Link
from clinic.accounts import languages
from intake.services.drafts import open_link_form
from intake.views import drafts
from intake.views.birth_date import birth_date_page


@require_http_methods(["GET", "HEAD", "POST"])
def known_patient(request: HttpRequest, secret: str) -> HttpResponse:
    return birth_date_page(
        request,
        secret,
        purpose=Link.Purpose.INTAKE,
        title=_("Your form for the clinic"),
        opened=partial(_begin, request),
    )


def _begin(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    language = languages.chosen(request) or link.patient.language
    _draft, secret = open_link_form(link, language=language if language in languages.spoken() else "en", now=now)
    return drafts.remember(redirect("intake:continue"), secret)
