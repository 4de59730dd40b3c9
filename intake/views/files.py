"""A photo or a PDF after the form: whole from a plain page, or piece by piece so that a broken transfer goes on.

The second way is the core of the tus protocol: POST makes room, PATCH appends at `Upload-Offset`, HEAD tells how far it
came. Nothing is ever given back here: what was sent is read by staff alone.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.models import Case
from cases.services.errors import Refusal, Stale, WrongInput
from intake.models import Submission, Upload
from intake.models.uploads import MOST_BYTES
from intake.services import uploads
from intake.services.uploads import MOST_CHUNK, MOST_FILES
from intake.views import drafts
from intake.views.my_page import link_at_hand
from intake.views.places import place_of

# What a patient is told of a file; whether it is in quarantine is the clinic's affair.
_TOLD = {Upload.Status.ARRIVING: "arriving", Upload.Status.REFUSED: "refused"}


@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """The page; its POST takes one whole file, without scripts."""
    now = timezone.now()
    case = _case_at_hand(request, now=now)
    if request.method != "POST":
        return _page(request, case)
    given = request.FILES.get("file")
    if given is None or not given.size:
        return _page(request, case, error=_("Choose a file first."), status=422)
    try:
        upload = uploads.begin_upload(case, name=given.name or "", size=given.size, now=now)
        offset = 0
        for chunk in given.chunks(MOST_CHUNK):
            if upload.status != Upload.Status.ARRIVING:
                break
            upload = uploads.receive(upload, chunk, offset=offset, now=now)
            offset += len(chunk)
    except Refusal as refused:
        return _page(request, case, error=_why(refused), status=422)
    if upload.status == Upload.Status.REFUSED:
        return _page(request, case, error=_(upload.why), status=422)
    return redirect(reverse("intake:files") + "?sent=1")


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Room for a file: `name` and `size`. Answers with its address."""
    now = timezone.now()
    case = _case_at_hand(request, now=now)
    size = request.POST.get("size", "")
    try:
        upload = uploads.begin_upload(
            case,
            name=request.POST.get("name", ""),
            size=int(size) if size.isascii() and size.isdigit() and len(size) < 12 else 0,
            now=now,
        )
    except Refusal as refused:
        return _said(_why(refused), status=422)
    response = JsonResponse({"address": reverse("intake:file", args=[upload.pk]), "piece": MOST_CHUNK}, status=201)
    response.headers["Location"] = reverse("intake:file", args=[upload.pk])
    return response


@require_http_methods(["HEAD", "PATCH"])
def file(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    case = _case_at_hand(request, now=now)
    upload = case.uploads.filter(pk=pk).first()
    if upload is None:
        raise Http404
    if request.method == "HEAD":
        return _at(upload, HttpResponse())
    offset = request.headers.get("Upload-Offset", "")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 12):
        return _said("Send the header Upload-Offset.", status=400)
    try:
        chunk = request.body
    except RequestDataTooBig:
        return _said("The piece is too large.", status=413)
    try:
        upload = uploads.receive(upload, chunk, offset=int(offset), now=now)
    except Stale as refused:
        return _at(upload, _said(str(refused), status=409))
    except Refusal as refused:
        return _at(upload, _said(_why(refused), status=422))
    if upload.status == Upload.Status.REFUSED:
        return _at(upload, _said(_(upload.why), status=422))
    return _at(upload, HttpResponse(status=204))


def _at(upload: Upload, response: HttpResponse) -> HttpResponse:
    response.headers["Upload-Offset"] = str(upload.received)
    response.headers["Upload-Length"] = str(upload.size)
    return response


def _said(text: str, *, status: int) -> HttpResponse:
    return JsonResponse({"said": text}, status=status)


def _why(refused: Refusal) -> str:
    if isinstance(refused, WrongInput):
        return " ".join(text for texts in refused.errors.values() for text in texts)
    return str(refused)


def _case_at_hand(request: HttpRequest, *, now: datetime) -> Case:
    """The case of the form this browser has just sent, or of the patient whose own page it has opened.

    Raises Http404, also where the clinic takes no files: there is no such page then.
    """
    case = _of_form(request, now=now) or _of_own_page(request, now=now)
    if not uploads.takes_files(case) or case is None:
        raise Http404
    drafts.speak_to(request, case.patient.language)
    return case


def _of_form(request: HttpRequest, *, now: datetime) -> Case | None:
    draft = drafts.draft_at_hand(request, now=now)
    if draft is None or draft.submitted_at is None or not drafts.may_open(request, draft):
        return None
    sent = Submission.objects.select_related("case__site", "case__patient").filter(draft=draft).first()
    return sent.case if sent else None


def _of_own_page(request: HttpRequest, *, now: datetime) -> Case | None:
    link = link_at_hand(request, now=now)
    if link is None:
        return None
    open_ones = Case.objects.open().filter(patient=link.patient).select_related("site", "patient")
    return open_ones.order_by("-opened_at", "-pk").first()


def _page(request: HttpRequest, case: Case, *, error: str = "", status: int = 200) -> HttpResponse:
    sent: list[dict[str, Any]] = [
        {"name": each.name, "state": _TOLD.get(Upload.Status(each.status), "here"), "why": _(each.why)}
        if each.status == Upload.Status.REFUSED
        else {"name": each.name, "state": _TOLD.get(Upload.Status(each.status), "here"), "why": ""}
        for each in uploads.files_of(case)
    ]
    counted = sum(1 for each in sent if each["state"] != "refused")
    page = {
        "place": place_of(case.site),
        "sent": sent,
        "error": error,
        "just_sent": "sent" in request.GET and not error,
        "most": MOST_FILES,
        "most_bytes": MOST_BYTES,
        "may_send": counted < MOST_FILES,
    }
    return render(request, "intake/files.html", page, status=status)
