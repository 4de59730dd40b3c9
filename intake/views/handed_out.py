"""Bytes handed out: a signed consent's copy and a patient's file, always saved and never shown in a page of ours."""

from __future__ import annotations

from django.http import HttpResponse

from intake.models import SignedConsent, Upload


def copy_response(signed: SignedConsent) -> HttpResponse:
    """The PDF as it was made: never made again, never shown inside a page of ours."""
    response = HttpResponse(bytes(signed.copy), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="consent-{signed.signed_at:%Y-%m-%d}.pdf"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    # A strong validator: whoever compares copies can do so by it.
    response.headers["ETag"] = f'"{signed.copy_sha256}"'
    return response


def file_response(upload: Upload, whole: bytes) -> HttpResponse:
    """Never shown in a page of ours: saved by the browser under a name of ours, whatever the file would like to be."""
    response = HttpResponse(whole, content_type="application/octet-stream")
    name = f"{upload.case.reference}-{upload.begun_at:%Y%m%d-%H%M%S}.{upload.kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
