"""Whose case it is: out of scope looks like what does not exist; in scope but not one's role is 403."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cases.api.fields import MOST_ID
from cases.models import Case
from clinic.accounts.models import Role, User
from clinic.accounts.permissions import Action, may


def allowed(user: User, action: Action, case: Case) -> bool:
    return may(user, action, site_id=case.site_id, therapist_id=case.therapist_id)


def case_for(request: Request, reference: str, *actions: Action, beside: tuple[str, ...] = ()) -> Case:
    """The case with its site, patient and therapist, to which the user may do at least one of the actions.

    beside: more to read in the same statement.

    Raises Http404 when there is none the user may see, PermissionDenied when the role does not reach so far.
    """
    visible = Case.objects.visible_to(request.user).select_related("site", "therapist", "patient", *beside)
    try:
        # Not `first`: one row needs no order, and asking for one costs as much as the row.
        case = visible.get(reference=reference)
    except Case.DoesNotExist:
        raise Http404 from None
    if not any(allowed(request.user, action, case) for action in actions):
        raise PermissionDenied
    case.patient.site = case.site  # the same one, by a constraint; read already
    return case


def therapist_of_site(pk: int | None, case: Case) -> User | None:
    """The therapist of that id at the case's site; None for None. Raises ValidationError."""
    if pk is None:
        return None
    there = {"memberships__site": case.site_id, "memberships__role": Role.THERAPIST}
    found = User.objects.filter(pk=pk, is_active=True, **there).first() if pk <= MOST_ID else None
    if found is None:
        raise ValidationError({"therapist": ["This person is not a therapist at the case's site."]})
    return found
