"""The admin as the clinic's front desk: who may enter, and what its first page shows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, re_path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

OURS = frozenset({"accounts", "cases", "intake"})
# Pages of Django's admin that nothing here uses, and that would answer for rows of every model.
UNUSED = frozenset({"autocomplete", "view_on_site"})


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic.admin_site.ClinicAdminSite"


class ClinicAdminSite(admin.AdminSite):
    site_header = "Patella"
    site_title = "Patella"
    index_title = "Today"
    enable_nav_sidebar = False
    index_template = "admin/today.html"
    login_template = "admin/login.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        # Other apps bring pages of their own (groups, API tokens), which know nothing of sites and roles.
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        ours = [model for model in models if model._meta.app_label in OURS]
        if ours:
            super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and bool(getattr(request.user, "is_staff", False))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        kept = [each for each in super().get_urls() if getattr(each, "name", None) not in UNUSED]
        ours = [path("quality/", self.admin_view(self.quality), name="quality")]
        # The last one catches everything; ours asks for a sign-in first and then says 404.
        return [*ours, *kept[:-1], re_path(r"^.*$", self.admin_view(self.nothing_here))]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The bars above every page name the pages; a list of tables would be one more press.
        return redirect("admin:index")

    def nothing_here(self, request: HttpRequest) -> HttpResponse:
        raise Http404

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from clinic.accounts.sign_in import SignInForm  # models are not ready when this module is read

        self.login_form = SignInForm
        return super().login(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if not context["has_permission"]:
            return {**context, "nav": []}
        return {**context, "nav": self.navigation(request), "sending_notice": self.sending_notice()}

    def sending_notice(self) -> str:
        """Why messages are not going out, for the top of every page; "" when they are."""
        from cases.services.watching import watch  # models are not ready when this module is read

        return watch(now=timezone.now()).notice

    def navigation(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The pages this person may open, in the order of the day."""
        from clinic.accounts.permissions import Action, may  # models are not ready when this module is read

        home = reverse("admin:index", current_app=self.name)
        pages = [{"label": "Today", "url": home, "here": request.path == home}]
        shown = [each for each in self._registry.values() if each.has_module_permission(request)]
        for each in sorted(shown, key=lambda page: (getattr(page, "nav_order", 100), page.opts.model_name)):
            url = reverse(f"admin:{each.opts.app_label}_{each.opts.model_name}_changelist", current_app=self.name)
            label = getattr(each, "nav_label", "") or str(each.opts.verbose_name_plural).capitalize()
            pages.append({"label": label, "url": url, "here": request.path.startswith(url)})
        if may(request.user, Action.READ_QUALITY):
            url = reverse("admin:quality", current_app=self.name)
            pages.append({"label": "How good are we?", "url": url, "here": request.path == url})
        return pages

    @method_decorator(require_safe)
    def quality(self, request: HttpRequest) -> HttpResponse:
        from cases.admin.quality import quality_page

        request.current_app = self.name
        context = {**self.each_context(request), **quality_page(request), "title": "How good are we?"}
        return TemplateResponse(request, "admin/quality.html", context)

    @method_decorator(require_safe)
    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from cases.admin.today import today_of
        from intake.admin import unfinished_forms

        now = timezone.now()
        request.current_app = self.name
        context = {
            **self.each_context(request),
            **today_of(request.user, now=now),
            "unfinished_forms": unfinished_forms(request.user, now=now),
            "title": self.index_title,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.index_template, context)
