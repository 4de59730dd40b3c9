"""The ground of every admin page: rights from the one table of grants, no deletion, no lookup that was not declared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from clinic.accounts.models import Site
from clinic.accounts.permissions import Action, may, reach_of

COUNT_AT_MOST = 1000
# Of Django's three buttons under a form, two only make a tired person think.
ONE_WAY_TO_SAVE = {"show_save_and_add_another": False, "show_save_and_continue": False}


class CappedPaginator(Paginator):
    """Counts no further than COUNT_AT_MOST: nobody turns to page 4,000, and counting a million rows takes seconds."""

    @cached_property
    def counted(self) -> int:
        return self.object_list.order_by().values("pk")[: COUNT_AT_MOST + 1].count()

    @property
    def count(self) -> int:
        return min(self.counted, COUNT_AT_MOST)

    @property
    def is_capped(self) -> bool:
        return self.counted > COUNT_AT_MOST


class ChoiceFilter(admin.SimpleListFilter):
    """A filter with declared values only: anything else in the address is as good as nothing."""

    def value(self) -> str | None:
        given = super().value()
        return given if given in {str(value) for value, _ in self.lookup_choices} else None


class SiteFilter(ChoiceFilter):
    """The sites of the page's own action; absent for those who work at one place only."""

    title = "site"
    parameter_name = "site"
    column = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        whole, own = reach_of(request.user, model_admin.sees)
        if len(whole | own) < 2:
            return []
        return [(site.slug, site.name) for site in Site.objects.filter(pk__in=whole | own).order_by("name", "pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.column}__slug": self.value()}) if self.value() else queryset


class RoleChangeList(ChangeList):
    """The list as Django makes it, under the model's own name instead of "Select … to view"."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.title = getattr(self.model_admin, "list_title", "") or str(self.opts.verbose_name_plural).capitalize()


class RoleAdmin(admin.ModelAdmin):
    """A page for reading: a list and a page for each row. Changes are small forms that call one service each.

    sees: the action that opens the pages at all. `visible` narrows the rows; what it leaves out does not exist.
    """

    sees: ClassVar[Action]
    list_title: ClassVar[str] = ""
    nav_label: ClassVar[str] = ""
    nav_order: ClassVar[int] = 100
    add_label: ClassVar[str] = "Add"

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    view_on_site = False
    sortable_by = ()

    @property
    def media(self) -> forms.Media:
        # Nothing here needs Django's scripts, and they are most of a page's weight.
        return forms.Media()

    def may_see(self, request: HttpRequest) -> bool:
        return may(request.user, self.sees)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may_see(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_see(request)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def visible(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows this person may see; there is no safe default."""
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.visible(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RoleChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Django lets any member of staff run any lookup on local fields, `__regex` included.
        return lookup in {declared.parameter_name for declared in self.get_list_filter(request)}

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return False

    def find(self, request: HttpRequest, pk: Any) -> Any:
        """The row, if this person may see it; otherwise the same answer as for none."""
        if not self.may_see(request):
            raise Http404
        found = self.visible(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    # --- addresses: only those that exist for a reason ---

    key = "int"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        urls = [path("", self.guarded(self.changelist_view), name=f"{name}_changelist")]
        if hasattr(self, "register_view"):
            urls.append(path("add/", self.guarded(self.register_view), name=f"{name}_add"))
        if hasattr(self, "page"):
            urls.append(path(f"<{self.key}:pk>/change/", self.guarded(self.page), name=f"{name}_change"))
        return [*urls, *self.more_urls()]

    def more_urls(self) -> list[URLPattern]:
        return []

    def guarded(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        return self.admin_site.admin_view(view)

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, extra_context)

    def context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}
