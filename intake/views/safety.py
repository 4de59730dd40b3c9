"""What a patient is told to do now: the texts of reference 3.4, with this clinic's numbers in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext as _

from cases.rules.call_back import act_by
from cases.rules.terms import STOPPING, Urgency
from cases.rules.wording import SAME_DAY_CLOSED, SAME_DAY_NOT_FILED, patient_texts
from clinic.accounts.models import Site
from intake.views.places import Place, place_of, readable


@dataclass(frozen=True)
class Advice:
    """One safety page. texts: paragraphs, the most important first; place: whom to call."""

    urgency: Urgency
    texts: tuple[str, ...]
    place: Place
    reference: str
    is_open: bool
    is_filed: bool

    @property
    def is_emergency(self) -> bool:
        return self.urgency is Urgency.EMERGENCY

    @property
    def stops(self) -> bool:
        return self.urgency in STOPPING


def advice(
    urgency: Urgency,
    *,
    site: Site,
    since: datetime,
    now: datetime,
    phone: str = "",
    reference: str = "",
    is_filed: bool = True,
) -> Advice:
    """The texts for an urgency.

    since: when the answers came in; from then the clinic's time to call runs.
    phone: the patient's own number where the patient has just typed it; "" where it must not be shown.
    is_filed: False where nobody here will read the answers, so that no call may be promised.
    """
    place = place_of(site)
    by = act_by(urgency, since.astimezone(place.zone), opens_at=site.opens_at, closes_at=site.closes_at)
    filled = {
        "phone": readable(phone) if phone else _("the phone number we have for you"),
        "time": _time_of(by, now.astimezone(place.zone)),
        "date": formats.date_format(by, "WEEKDAY"),
    }
    wanted = list(patient_texts(urgency))
    if urgency is Urgency.SAME_DAY and not is_filed:
        wanted[0] = SAME_DAY_NOT_FILED
    elif urgency is Urgency.SAME_DAY and by.date() > since.astimezone(place.zone).date():
        wanted[0] = SAME_DAY_CLOSED
    texts = tuple(_(each.text).format(**{name: filled[name] for name in each.needs}) for each in wanted)
    return Advice(urgency, texts, place, reference, place.is_open(now), is_filed)


def _time_of(by: datetime, now: datetime) -> str:
    clock = formats.date_format(by, "CLOCK")
    if by.date() == now.date():
        return clock
    return _("%(time)s on %(day)s") % {"time": clock, "day": formats.date_format(by, "WEEKDAY")}
