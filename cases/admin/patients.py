"""Patients: found by whatever the caller says first, corrected, accepted, and sent the form."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from cases.admin.patient_deeds import OF_PATIENT, NewPatientForm
from cases.admin.people import Person, spoken
from cases.admin.search import by_person, by_reference, is_reference, words_of
from cases.admin.small_forms import Deed, Place, allowed, perform
from cases.admin.timeline import happenings
from cases.models import Case, Patient
from cases.services.errors import WrongInput
from cases.services.patients import register_patient
from clinic.accounts.admin.access import ChoiceFilter, RoleAdmin, SiteFilter
from clinic.accounts.models import Site, User
from clinic.accounts.permissions import Action, may, reach_of


class AcceptedFilter(ChoiceFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("new", "Not accepted yet"), ("accepted", "Accepted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Patient]) -> QuerySet[Patient]:
        return queryset.filter(is_provisional=self.value() == "new") if self.value() else queryset


def tablet_code(patient: Patient) -> str:
    """The address where staff issue a code for the clinic's tablet; "" where there is none."""
    return _page_about("admin:intake_kioskcode_issue", patient)


def phone_intake(patient: Patient | None = None) -> str:
    """The address where staff fill in the form for a caller; "" where there is none."""
    return _page_about("intake:phone", patient)


def _page_about(name: str, patient: Patient | None) -> str:
    try:
        page = reverse(name)
    except NoReverseMatch:
        return ""
    return f"{page}?{urlencode({'patient': patient.reference})}" if patient else page


@admin.register(Patient)
class PatientAdmin(RoleAdmin):
    sees = Action.READ_CONTACT
    nav_label = "Patients"
    nav_order = 20
    add_label = "Register a patient"
    list_filter = (AcceptedFilter, SiteFilter)
    list_select_related = ("site",)
    list_display = ("name", "reference", "date_of_birth", "telephone", "standing", "site")
    search_fields = ("family_name",)
    search_help_text = (
        "Name, date of birth, telephone (the last digits will do), e-mail or reference; two together narrow it"
    )
    ordering = ("-registered_at", "-pk")

    def visible(self, request: HttpRequest) -> QuerySet[Patient]:
        return Patient.objects.visible_to(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Patient], search_term: str
    ) -> tuple[QuerySet[Patient], bool]:
        for word in words_of(search_term, today=timezone.localdate()):
            fits = by_person(word)
            if isinstance(word, str) and is_reference(word):
                fits = Q(pk__in=_of_case(word)) if word[0] in "Kk" else by_reference(word)
            queryset = queryset.filter(fits)
        return queryset, False

    @admin.display(description="Name")
    def name(self, patient: Patient) -> str:
        return format_html("<bdi>{}</bdi>", patient.full_name)

    @admin.display(description="Telephone")
    def telephone(self, patient: Patient) -> str:
        return spoken(patient.phone)

    @admin.display(description="Standing")
    def standing(self, patient: Patient) -> str:
        if patient.is_provisional:
            return format_html('<span class="pill pill-new">{}</span>', "not accepted yet")
        return "accepted"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        fills_in = may(request.user, Action.SUBMIT_INTAKE)
        return super().changelist_view(request, {"phone_intake": phone_intake() if fills_in else ""})

    def more_urls(self) -> list[URLPattern]:
        return [path("<int:pk>/do/<slug:deed>/", self.guarded(self.do), name="cases_patient_do")]

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return may(request.user, Action.SUBMIT_INTAKE) and may(request.user, Action.EDIT_CONTACT)

    def find(self, request: HttpRequest, pk: int) -> Patient:
        found = self.visible(request).select_related("site").filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    @method_decorator(require_safe)
    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        patient = self.find(request, pk)
        user, place = request.user, self._place(patient, request.user)
        cases = patient.cases.visible_to(user).select_related("therapist").order_by("-opened_at", "-pk")
        shown = {
            "patient": patient,
            "person": Person(patient),
            "site": patient.site,
            "zone": patient.site.time_zone,
            "cases": list(cases[:50]),
            "consents": list(patient.consents.order_by("channel", "-granted_at")[:20]),
            "deeds": [deed for deed in self._deeds(patient) if allowed(deed, user, place)],
            "tablet_code": tablet_code(patient) if may(user, Action.SUBMIT_INTAKE, site_id=patient.site_id) else "",
            "phone_intake": phone_intake(patient) if may(user, Action.SUBMIT_INTAKE, site_id=patient.site_id) else "",
        }
        if may(user, Action.MANAGE_REMINDERS, site_id=patient.site_id):
            rows = patient.reminders.filter(case=None).order_by("-planned_at", "-pk")[:10]
            shown["reminders"] = list(rows)
        events = patient.events.filter(case=None).select_related("by").order_by("-at", "-pk")[:30]
        shown["events"] = happenings(events, clinical=True)
        title = patient.full_name
        return TemplateResponse(request, "admin/cases/patient.html", self.context(request, title=title, **shown))

    def _deeds(self, patient: Patient) -> list[Deed]:
        names = ["accept"] if patient.is_provisional else []
        return [OF_PATIENT[name] for name in [*names, "send-form", "edit", "opt-out", "opt-in"]]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def do(self, request: HttpRequest, pk: int, deed: str) -> HttpResponse:
        patient = self.find(request, pk)
        if deed not in OF_PATIENT:
            raise Http404
        return perform(request, OF_PATIENT[deed], self._place(patient, request.user), base=self.context(request))

    def _place(self, patient: Patient, user: User) -> Place:
        return Place(
            row=patient,
            site_id=patient.site_id,
            # A patient without the case at hand: only those who act on the whole site may.
            therapist_id=None,
            title=patient.full_name,
            page=reverse("admin:cases_patient_change", args=[patient.pk]),
            version=patient.version,
            context={"patient": patient, "site": patient.site},
        )

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def register_view(self, request: HttpRequest) -> HttpResponse:
        """Take down somebody who telephones or stands at the desk."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        form = NewPatientForm(request.POST or None, row=None, now=now)
        whole, _ = reach_of(request.user, Action.EDIT_CONTACT)
        form.fields["site"].queryset = Site.objects.filter(pk__in=whole).order_by("name", "pk")
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                patient = register_patient(
                    given["site"], contact=given["contact"], provisional=False, by=request.user, now=now
                )
            except WrongInput as error:
                for name, texts in error.errors.items():
                    form.add_error(name if name in form.fields else None, ValidationError(texts))
            else:
                messages.success(request, f"{patient.full_name} is registered as {patient}.")
                return HttpResponseRedirect(reverse("admin:cases_patient_change", args=[patient.pk]))
        context = self.context(request, title="Register a patient", form=form)
        status = 422 if request.method == "POST" else 200
        return TemplateResponse(request, "admin/cases/register.html", context, status=status)


def _of_case(word: str) -> QuerySet[Case]:
    return Case.objects.filter(by_reference(word)).values("patient")
