"""What patients signed and sent, for programs: consents with their copies, files with their state."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.access import allowed, case_for
from cases.api.filters import refuse_unknown
from cases.api.shown import Moment, Out, PersonOut
from cases.api.views.door import HandsOut
from clinic.accounts.permissions import Action
from intake.models import SignedConsent, Upload
from intake.services import uploads
from intake.views.handed_out import copy_response, file_response

_NOTHING: frozenset[str] = frozenset()


class AgreedOut(Out):
    text = serializers.CharField()
    answer_label = serializers.CharField()


class ConsentOut(Out):
    """One signature. It is never changed: there is no address that could."""

    id = serializers.IntegerField()
    signed_at = Moment()
    method = serializers.ChoiceField(SignedConsent.Method.choices)
    signer_name = serializers.CharField()
    guardian_relation = serializers.CharField(allow_blank=True)
    assented = serializers.BooleanField(help_text="A patient under 18 agreed too.")
    language = serializers.CharField()
    text_version = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    text_sha256 = serializers.CharField()
    agreed = AgreedOut(many=True)
    copy_sha256 = serializers.CharField(help_text="Of the PDF, which is always the same bytes.")


class ConsentListOut(Out):
    results = ConsentOut(many=True)


class FileOut(Out):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Upload.Kind.choices, allow_blank=True)
    status = serializers.ChoiceField(Upload.Status.choices)
    why = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField()
    sha256 = serializers.CharField(allow_blank=True)
    begun_at = Moment()
    arrived_at = Moment(allow_null=True)
    released_at = Moment(allow_null=True)
    released_by = PersonOut(allow_null=True)
    may_be_opened = serializers.BooleanField(help_text="Checked, or released by a person.")


class FileListOut(Out):
    results = FileOut(many=True)


class ConsentsView(APIView):
    @extend_schema(
        operation_id="listConsents",
        summary="What was signed for a case",
        tags=["consents"],
        responses={200: ConsentListOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        refuse_unknown(request, _NOTHING)
        case = case_for(request, reference, Action.READ_ANSWERS)
        found = case.signed_consents.defer("copy", "drawn").order_by("-signed_at", "-pk")[:100]
        return Response(ConsentListOut({"results": list(found)}).data)


class ConsentCopyView(HandsOut):
    @extend_schema(
        operation_id="readConsentCopy",
        summary="The patient's copy of a consent",
        tags=["consents"],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, reference: str, consent_id: int) -> HttpResponse:
        refuse_unknown(request, _NOTHING)
        case = case_for(request, reference, Action.READ_ANSWERS)
        signed = case.signed_consents.filter(pk=consent_id).first() if consent_id < 2**63 else None
        if signed is None:
            raise Http404
        return copy_response(signed)


class FilesView(APIView):
    @extend_schema(
        operation_id="listFiles",
        summary="The files a patient sent",
        tags=["files"],
        responses={200: FileListOut},
    )
    def get(self, request: Request, reference: str) -> Response:
        refuse_unknown(request, _NOTHING)
        case = case_for(request, reference, Action.LIST_UPLOADS)
        found = case.uploads.select_related("released_by").order_by("-begun_at", "-pk")[:100]
        return Response(FileListOut({"results": list(found)}).data)


class OpenFileView(HandsOut):
    @extend_schema(
        operation_id="openFile",
        summary="Open a file",
        description="The bytes, once the file was checked or released; 409 before. Who opened it is written down.",
        tags=["files"],
        request=None,
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request, reference: str, file_id: uuid.UUID) -> HttpResponse:
        upload = _file_for(request, reference, file_id, Action.OPEN_UPLOADS)
        return file_response(upload, uploads.open_file(upload, by=request.user, now=timezone.now()))


class ReleaseFileView(APIView):
    @extend_schema(
        operation_id="releaseFile",
        summary="Release a file from quarantine",
        description="No scanner has passed it: a person takes it upon themselves.",
        tags=["files"],
        request=None,
        responses={200: FileOut},
    )
    def post(self, request: Request, reference: str, file_id: uuid.UUID) -> Response:
        upload = _file_for(request, reference, file_id, Action.RELEASE_UPLOADS)
        released = uploads.release(upload, by=request.user, now=timezone.now())
        return Response(FileOut(released).data)


def _file_for(request: Request, reference: str, file_id: uuid.UUID, action: Action) -> Upload:
    """A file of a case the person may see; another's looks like none."""
    case = case_for(request, reference, Action.LIST_UPLOADS)
    upload = case.uploads.filter(pk=file_id).first()
    if upload is None:
        raise Http404
    if not allowed(request.user, action, case):
        raise PermissionDenied
    upload.case = case
    return upload
