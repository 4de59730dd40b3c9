"""The signature below the consent, read from the page; and the patient's copy, as it was made at signing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.throttling import BaseThrottle

from intake.models import Draft, SignedConsent
from intake.services.consent import Agreement, ShownText
from intake.views import drafts
from intake.views.handed_out import copy_response

# The inputs of the signature, and what an error about each leads to.
INPUTS = {
    "consent_text": "consent-text",
    "signature_name": "id_signature_name",
    "signature_drawn": "id_signature_name",
    "assent": "id_assent",
}


@dataclass(frozen=True)
class SignatureField:
    """What the template shows: the name typed so far, and what is wrong. A drawing is made anew after a mistake."""

    name: str
    needs_assent: bool
    errors: Mapping[str, Sequence[str]]

    @property
    def wrong_name(self) -> list[str]:
        return [*self.errors.get("signature_name", ()), *self.errors.get("signature_drawn", ())]

    @property
    def wrong_assent(self) -> Sequence[str]:
        return self.errors.get("assent", ())

    @property
    def summary(self) -> list[tuple[str, str]]:
        """As `fields.summary_of`: id and sentence."""
        said = {"assent": _("Do you agree too?")}
        return [
            (INPUTS[name], f"{said[name]} {text}" if name in said else text)
            for name in INPUTS
            for text in self.errors.get(name, ())
        ]


def agreement_in(request: HttpRequest) -> Agreement:
    posted = request.POST
    return Agreement(
        text_sha256=posted.get("consent_text", ""),
        name=posted.get("signature_name", ""),
        drawn=posted.get("signature_drawn", ""),
        assented=posted.get("assent") == "yes",
        address=address_of(request),
    )


def address_of(request: HttpRequest) -> str | None:
    """Where the request came from, by the number of our own proxies; None where that is no address."""
    found = str(BaseThrottle().get_ident(request) or "")
    try:
        return str(ip_address(found))
    except ValueError:
        return None


def signature_of(
    text: ShownText | None, request: HttpRequest, *, needs_assent: bool, errors: Mapping[str, Sequence[str]]
) -> SignatureField | None:
    """None where there is nothing to sign: staff note what a caller said."""
    if text is None:
        return None
    mine = {name: texts for name, texts in errors.items() if name in INPUTS}
    return SignatureField(request.POST.get("signature_name", "")[:160], needs_assent, mine)


@require_safe
@drafts.with_draft
def consent_copy(request: HttpRequest, draft: Draft, *, now: datetime) -> HttpResponse:
    """The copy for whoever has just sent the form in this browser."""
    signed = SignedConsent.objects.filter(submission__draft=draft).first()
    if signed is None:
        raise Http404
    return copy_response(signed)
