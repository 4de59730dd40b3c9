"""Files patients sent: the desk sees that they are there; whoever treats the patient opens them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from cases.admin.wall_time import said
from cases.services.errors import Refusal
from clinic.accounts.admin.access import ChoiceFilter, RoleAdmin, SiteFilter
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, may
from intake.models import Upload
from intake.services import uploads
from intake.views.handed_out import file_response


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Upload.Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Upload]) -> QuerySet[Upload]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class _CaseSiteFilter(SiteFilter):
    column = "case__site"


def may_do(user: User, action: Action, upload: Upload) -> bool:
    return may(user, action, site_id=upload.case.site_id, therapist_id=upload.case.therapist_id)


@admin.register(Upload)
class Files(RoleAdmin):
    sees = Action.LIST_UPLOADS
    nav_label = "Files"
    nav_order = 58
    list_title = "Files patients sent"
    list_display_links = None
    list_filter = (StateFilter, _CaseSiteFilter)
    list_select_related = ("case__site", "released_by")
    ordering = ("-begun_at", "-id")
    change_list_template = "admin/intake/files.html"

    def visible(self, request: HttpRequest) -> QuerySet[Upload]:
        return Upload.objects.visible_to(request.user)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"has_scanner": bool(settings.UPLOAD_SCANNER)})

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        @admin.display(description="")
        def acts(upload: Upload) -> str:
            return _acts(request.user, upload)

        return ["came", "case_link", "what", "state", acts]

    @admin.display(description="Came")
    def came(self, upload: Upload) -> str:
        return said(upload.begun_at, upload.case.site)

    @admin.display(description="Case")
    def case_link(self, upload: Upload) -> str:
        return format_html(
            '<a class="nowrap" href="{}">{}</a>',
            reverse("admin:cases_case_change", args=[upload.case_id]),
            upload.case,
        )

    @admin.display(description="What")
    def what(self, upload: Upload) -> str:
        return f"{upload.get_kind_display() or 'unknown'}, {upload.size // 1024 + 1} kB"

    @admin.display(description="State")
    def state(self, upload: Upload) -> str:
        return f"{upload.get_status_display()}. {upload.why}".rstrip(". ")

    def more_urls(self) -> list[URLPattern]:
        return [
            path("<uuid:pk>/open/", self.guarded(self.open), name="intake_upload_open"),
            path("<uuid:pk>/release/", self.guarded(self.release), name="intake_upload_release"),
        ]

    def _find(self, request: HttpRequest, pk: Any, action: Action) -> Upload:
        upload = self.visible(request).select_related("case__site").filter(pk=pk).first()
        if upload is None:
            raise Http404
        if not may_do(request.user, action, upload):
            raise PermissionDenied
        return upload

    @method_decorator(require_POST)
    def open(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """A POST: it writes down who read the file, and a prefetching browser must not."""
        upload = self._find(request, pk, Action.OPEN_UPLOADS)
        try:
            whole = uploads.open_file(upload, by=request.user, now=timezone.now())
        except Refusal as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:intake_upload_changelist"))
        return file_response(upload, whole)

    @method_decorator(require_POST)
    def release(self, request: HttpRequest, pk: Any) -> HttpResponse:
        upload = self._find(request, pk, Action.RELEASE_UPLOADS)
        try:
            uploads.release(upload, by=request.user, now=timezone.now())
        except Refusal as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Released. Open it only if you expect such a file from this patient.")
        return HttpResponseRedirect(reverse("admin:intake_upload_changelist"))


def _acts(user: User, upload: Upload) -> str:
    """Addresses of what the person may do to the file now; the template turns each into a button of its own form."""
    if upload.may_be_opened and may_do(user, Action.OPEN_UPLOADS, upload):
        return format_html(
            '<button class="press" form="acts" formaction="{}">Open</button>',
            reverse("admin:intake_upload_open", args=[upload.pk]),
        )
    if upload.status == Upload.Status.QUARANTINED and may_do(user, Action.RELEASE_UPLOADS, upload):
        return format_html(
            '<button class="press plain" form="acts" formaction="{}">Release without a scan</button>',
            reverse("admin:intake_upload_release", args=[upload.pk]),
        )
    return ""
