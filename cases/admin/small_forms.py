"""One small form, one service: how the front desk changes anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from cases.services.errors import Refusal, Stale, WrongInput
from clinic.accounts.models import User
from clinic.accounts.permissions import Action, may


class SmallForm(forms.Form):
    """A form about one row. `row` and `now` are given by the door; `version` is the row's as it was shown.

    template: how its fields are laid out.
    """

    template = "admin/parts/fields.html"

    def __init__(self, *args: Any, row: Any, now: datetime, **kwargs: Any) -> None:
        self.row, self.now = row, now
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and first values from the row."""


class VersionField(forms.IntegerField):
    """The version the page was made from: whoever acts on an older page is told so."""

    def __init__(self) -> None:
        super().__init__(
            min_value=1,
            max_value=2_147_483_647,
            widget=forms.HiddenInput,
            error_messages={"required": "This page is incomplete. Open it again.", "invalid": "Open this page again."},
        )


@dataclass(frozen=True)
class Deed:
    """Something staff may do to a row.

    do: calls the one service; takes the row, the cleaned fields, and who and when; returns what to say afterwards.
    form None: a button, with nothing to fill in. versioned: the row's version travels along.
    """

    name: str
    label: str
    action: Action
    do: Callable[..., str]
    form: type[SmallForm] = SmallForm
    explain: str = ""
    button: str = ""
    versioned: bool = False
    serious: bool = False

    @property
    def asks(self) -> bool:
        """Has it anything to fill in?"""
        return bool(self.form.base_fields)


@dataclass(frozen=True)
class Place:
    """Where a deed happens: the row, whose it is, and the page to come back to."""

    row: Any
    site_id: int
    therapist_id: int | None
    title: str
    page: str
    version: int | None = None
    context: dict[str, Any] = field(default_factory=dict)


def allowed(deed: Deed, user: User, place: Place) -> bool:
    return may(user, deed.action, site_id=place.site_id, therapist_id=place.therapist_id)


def perform(request: HttpRequest, deed: Deed, place: Place, *, base: dict[str, Any]) -> HttpResponse:
    """Show the small form, or act and go back. The row was found among those the person may see."""
    if not allowed(deed, request.user, place):
        raise PermissionDenied
    now = timezone.now()
    form_class = _with_version(deed.form) if deed.versioned else deed.form
    if request.method != "POST":
        return _page(request, deed, place, form_class(row=place.row, now=now, initial=_version(place)), base)
    form = form_class(request.POST, row=place.row, now=now)
    if not form.is_valid():
        return _page(request, deed, place, form, base, status=422)
    given = {name: value for name, value in form.cleaned_data.items() if name != "version"}
    if deed.versioned:
        given["expected_version"] = form.cleaned_data["version"]
    try:
        said = deed.do(place.row, **given, by=request.user, now=now)
    except WrongInput as error:
        return _wrong(request, deed, place, form, error, base)
    except Stale as error:
        if not deed.asks:
            messages.error(request, str(error))
            return HttpResponseRedirect(_back(request, place))
        return _stale(request, deed, place, form_class, now, base)
    except Refusal as error:
        messages.error(request, _refusal(error))
        return HttpResponseRedirect(_back(request, place))
    messages.success(request, said)
    return HttpResponseRedirect(_back(request, place))


def _refusal(error: Refusal) -> str:
    unmet = " ".join(each["sentence"] for each in getattr(error, "unmet", ()))
    return str(error) if not unmet or unmet in str(error) else f"{error} {unmet}"


def _wrong(
    request: HttpRequest, deed: Deed, place: Place, form: SmallForm, error: WrongInput, base: dict[str, Any]
) -> HttpResponse:
    if not deed.asks:
        messages.error(request, " ".join(text for texts in error.errors.values() for text in texts))
        return HttpResponseRedirect(_back(request, place))
    for name, texts in error.errors.items():
        # A service speaks of moments; the form asks for a day and a time.
        where = {"starts_at": "clock"}.get(name, name)
        form.add_error(where if where in form.fields else None, ValidationError(texts))
    return _page(request, deed, place, form, base, status=422)


def _stale(
    request: HttpRequest, deed: Deed, place: Place, form_class: type[SmallForm], now: datetime, base: dict[str, Any]
) -> HttpResponse:
    """Keep what was typed, say what is stored now, and let the person decide."""
    place.row.refresh_from_db()
    stored = form_class(row=place.row, now=now)
    again = request.POST.copy()
    again["version"] = str(place.row.version)
    form = form_class(again, row=place.row, now=now)
    for name, shown in form.fields.items():
        before = stored.get_initial_for_field(stored.fields[name], name)
        if name in request.POST and before not in (None, "") and str(before) != request.POST[name]:
            shown.help_text = f"Stored now: {before}"
    messages.error(
        request, "Somebody else changed this meanwhile. What you typed is kept below; compare it and save again."
    )
    return _page(request, deed, place, form, base, status=409)


def _with_version(form: type[SmallForm]) -> type[SmallForm]:
    return type(form)(form.__name__, (form,), {"version": VersionField()})


def _version(place: Place) -> dict[str, Any]:
    return {"version": place.version} if place.version is not None else {}


def _back(request: HttpRequest, place: Place) -> str:
    # A word, not an address: an address in a form could lead anywhere.
    return reverse("admin:index") if request.POST.get("back") == "today" else place.page


def _page(
    request: HttpRequest, deed: Deed, place: Place, form: SmallForm, base: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    back = request.POST.get("back") or request.GET.get("back")
    context = {
        **base,
        **place.context,
        "title": deed.label,
        "deed": deed,
        "place": place,
        "form": form,
        "back": "today" if back == "today" else "",
    }
    return TemplateResponse(request, "admin/small_form.html", context, status=status)
