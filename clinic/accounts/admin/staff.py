"""Staff and their roles. A manager acts at the sites he or she manages, and on nobody who stands higher."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format

from clinic.accounts.admin.access import ONE_WAY_TO_SAVE, ChoiceFilter, RoleAdmin
from clinic.accounts.models import Membership, Role, Site, User
from clinic.accounts.permissions import Action, reach_of


def managed_sites(user: User) -> set[int]:
    """Ids of the sites whose staff this person keeps."""
    if user.is_superuser:
        return set(Site.objects.values_list("pk", flat=True))
    whole, own = reach_of(user, Action.MANAGE_STAFF)
    return whole | own


def may_change_account(manager: User, member: User) -> bool:
    """Name, e-mail, password and standing: only of somebody whose every role is at the manager's own sites.

    Whoever sets another's password can act as them, so nobody may set it for a person who reaches further.
    """
    if manager.is_superuser:
        return True
    if member.is_superuser:
        return False
    sites = set(member.memberships.values_list("site_id", flat=True))
    return bool(sites) and sites <= managed_sites(manager)


class NewStaffForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class StaffForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("email", "name", "is_active")


class MembershipFormSet(forms.BaseInlineFormSet):
    """A newcomer gets a role at once: without one nobody could find the account again."""

    needs_one = False

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        # In a table the column's heading names the box for the eye alone.
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = "Take away this role"

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if self.needs_one and not kept and not any(self.errors):
            raise forms.ValidationError("Give at least one role at one site.")


class MembershipForm(forms.ModelForm):
    """A role that was given is taken away, not turned into another; only its certificate may change."""

    needling_certified_until = forms.DateField(
        label="Certified for needling until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    class Meta:
        model = Membership
        fields = ("site", "role", "needling_certified_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            for name in ("site", "role"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("needling_certified_until") and cleaned.get("role") != Role.THERAPIST:
            self.add_error("needling_certified_until", "Only therapists are certified for dry needling.")
        return cleaned


class MembershipInline(admin.TabularInline):
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    extra = 2
    media = forms.Media()
    verbose_name_plural = "roles"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        found = super().get_queryset(request).select_related("site").order_by("site__name", "role", "pk")
        return found.filter(site__in=managed_sites(request.user))

    def _allowed(self, request: HttpRequest, member: User | None) -> bool:
        # Nobody changes their own roles: not up, and not out of the last door.
        if member is not None and member.pk == request.user.pk and not request.user.is_superuser:
            return False
        return bool(managed_sites(request.user))

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(managed_sites(request.user))

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._allowed(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._allowed(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self._allowed(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "site":
            kwargs["queryset"] = Site.objects.filter(pk__in=managed_sites(request.user)).order_by("name", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # The select alone: beside it Django offers to add and change sites in a pop-up.
            field.widget = field.widget.widget
        if field is not None:
            field.widget.attrs["aria-label"] = str(field.label).capitalize()
        return field

    def get_formset(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.needs_one = obj is None and not request.user.is_superuser
        return formset


class RoleFilter(ChoiceFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Role.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if not self.value():
            return queryset
        held = Membership.objects.filter(role=self.value(), site__in=managed_sites(request.user))
        return queryset.filter(pk__in=held.values("user"))


class ActiveFilter(ChoiceFilter):
    title = "account"
    parameter_name = "active"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Active"), ("no", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(is_active=self.value() == "yes") if self.value() else queryset


@admin.register(User)
class StaffAdmin(RoleAdmin, UserAdmin):
    sees = Action.MANAGE_STAFF
    nav_label = "Staff"
    nav_order = 70
    add_label = "Add somebody"
    form = StaffForm
    add_form = NewStaffForm
    add_form_template = "admin/change_form.html"
    inlines = (MembershipInline,)
    list_filter = (RoleFilter, ActiveFilter)
    list_display = ("name", "email")
    search_fields = ("name", "email")
    search_help_text = "Name or e-mail"
    ordering = ("name", "pk")
    filter_horizontal = ()
    fieldsets = ((None, {"fields": ("name", "email", "is_active")}),)
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    def may_see(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser) or super().may_see(request)

    def visible(self, request: HttpRequest) -> QuerySet[User]:
        found = User.objects.prefetch_related("memberships__site")
        if request.user.is_superuser:
            return found
        here = Membership.objects.filter(site__in=managed_sites(request.user))
        return found.filter(pk__in=here.values("user"))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return self.may_see(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self.may_see(request)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        if not may_change_account(request.user, obj):
            return ("name", "email", "is_active")
        # Closing one's own account locks the door from the inside.
        return ("is_active",) if obj.pk == request.user.pk else ()

    def more_urls(self) -> list[URLPattern]:
        return [
            path("add/", self.guarded(self.add), name="accounts_user_add"),
            path("<int:pk>/change/", self.guarded(self.edit), name="accounts_user_change"),
            path("<int:pk>/history/", self.guarded(self.past), name="accounts_user_history"),
            path("<int:pk>/password/", self.guarded(self.password), name="auth_user_password_change"),
        ]

    def get_urls(self) -> list[URLPattern]:
        return RoleAdmin.get_urls(self)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return RoleAdmin.lookup_allowed(self, lookup, value, request)

    def add(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise Http404
        return self.add_view(request, extra_context=ONE_WAY_TO_SAVE)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        member = self.find(request, pk)
        allowed = may_change_account(request.user, member)
        return self.change_view(request, str(member.pk), extra_context={**ONE_WAY_TO_SAVE, "may_set_password": allowed})

    def past(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.history_view(request, str(self.find(request, pk).pk))

    def password(self, request: HttpRequest, pk: int) -> HttpResponse:
        member = self.find(request, pk)
        if not may_change_account(request.user, member):
            raise Http404
        return self.user_change_password(request, str(member.pk))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        mine = managed_sites(request.user)

        @admin.display(description="Roles")
        def roles(member: User) -> str:
            here = (str(each) for each in member.memberships.all() if each.site_id in mine)
            return ", ".join(sorted(here)) or "none"

        return ["name", "email", roles, "is_active", "last_here"]

    @admin.display(description="Last here")
    def last_here(self, member: User) -> str:
        return date_format(member.last_login, "j M Y") if member.last_login else "never"
