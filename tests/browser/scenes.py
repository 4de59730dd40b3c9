"""Every page a patient may meet, in every state it may be in, each with the way there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from cases.models import Case, CheckIn, Link, Outcome, Patient
from cases.services import links
from clinic.accounts.models import Role, Site, User
from intake.models import Draft
from intake.services import kiosk
from intake.services.submissions import submit_answers
from tests.api import flagged, scheduled
from tests.browser.chromium import Chromium
from tests.browser.journey import HERE, SAVED, agree_and_send, begin, fill_screen, go_until
from tests.factories import ROUTINE_ANSWERS, CheckInFactory, ConsentFactory, PatientFactory, staff
from tests.intake.real_files import pdf
from tests.intake.routine_patient import SCREENS

# Addresses that show no page of their own, each with what they give instead.
NO_PAGE = {
    "continue": "leads to the screen that is next",
    "consent-copy": "a PDF",
    "my-consent": "a PDF",
    "files-new": "pieces of a file",
    "file": "pieces of a file",
    "autosave": "JSON",
    "kept": "JSON",
    "offline": "the form in one page, looked at as its screens are",
    "worker": "a script",
    "kiosk-end": "a press",
    "stop-seen": "a press",
    "check-in-seen": "a press",
    "my-stop": "a press",
}


@dataclass
class Eyes:
    """Somebody who goes from page to page. look: what is done in each state."""

    browser: Chromium
    address: str
    site: Site
    settings: Any
    look_at: Callable[[str], None]
    seen: list[tuple[str, str]] = field(default_factory=list)

    def look(self, page: str, state: str) -> None:
        self.seen.append((page, state))
        self.look_at(f"{page}-{state}".replace(" ", "-"))

    def open(self, path: str) -> None:
        self.browser.open(f"{self.address}{path}")

    def sign_in(self, person: User) -> None:
        client = Client()
        client.force_login(person)
        name = self.settings.SESSION_COOKIE_NAME
        self.browser.call("Network.setCookie", name=name, value=client.cookies[name].value, url=self.address)

    def forget(self) -> None:
        self.browser.call("Network.clearBrowserCookies")


@dataclass(frozen=True)
class Scene:
    """A walk, and the states it passes by the name of each page's address."""

    walk: Callable[[Eyes], None]
    states: dict[str, tuple[str, ...]]

    @property
    def looks(self) -> set[tuple[str, str]]:
        return {(page, state) for page, states in self.states.items() for state in states}


SCENES: dict[str, Scene] = {}
# Screens that can be sent on with nothing answered are never wrong in that way.
MAY_BE_WRONG = tuple(screen for screen in SCREENS if screen not in ("leg", "load"))
TEMPLATES = ("400", "403", "500", "refused", "stale_page")
SEND = "form .button:not(.away)"
STOPPED = (
    "location.pathname === '/intake/stop/' && document.readyState === 'complete'"
    " && document.querySelector('.alarm') !== null"
)
BORN = {"day": "4", "month": "3", "year": "1999"}


def scene(states: dict[str, tuple[str, ...]]) -> Callable[[Callable[[Eyes], None]], None]:
    def keep(walk: Callable[[Eyes], None]) -> None:
        SCENES[walk.__name__] = Scene(walk, states)

    return keep


def born(eyes: Eyes, **changes: str) -> None:
    for part, value in (BORN | changes).items():
        eyes.browser.type(f"date_of_birth-{part}", value)
    eyes.browser.press(SEND)


def a_link(patient: Patient, purpose: Link.Purpose) -> str:
    now = timezone.now()
    return links.secret_of(links.make_link(patient, purpose=purpose, expires_at=now + timedelta(days=5), now=now))


def came_before(days: int = 28) -> Case:
    then = timezone.now() - timedelta(days=days)
    case = submit_answers(ROUTINE_ANSWERS, idempotency_key=f"{days}", language="en", by=None, now=then).case
    assert case is not None
    return case


# --- the form


@scene(
    {
        "home": ("plain",),
        "start": ("plain",),
        "step": (*SCREENS, *(f"{screen}-wrong" for screen in MAY_BE_WRONG)),
        "review": ("plain", "wrong"),
        "later": ("plain",),
        "resume": ("plain", "unknown"),
        "done": ("plain",),
        "no address": ("no-form",),
    }
)
def the_form(eyes: Eyes) -> None:
    browser = eyes.browser
    eyes.open("/")
    eyes.look("home", "plain")
    eyes.open("/intake/")
    eyes.look("start", "plain")
    browser.press("form .button")
    for screen in SCREENS:
        assert browser.run(HERE) == screen
        eyes.look("step", screen)
        if screen in MAY_BE_WRONG:
            browser.run("document.querySelectorAll('.option input').forEach((each) => { each.checked = false; })")
            browser.press("[data-continue]")
            assert browser.run(HERE) == screen
            eyes.look("step", f"{screen}-wrong")
        eyes.open(f"/intake/step/{screen}/")
        fill_screen(browser, SCREENS[screen])
        browser.press("[data-continue]")
    eyes.look("review", "plain")
    browser.press("[data-continue]")
    eyes.look("review", "wrong")
    eyes.open("/intake/later/")
    eyes.look("later", "plain")
    resume = browser.run("new URL(document.querySelector('.link-box').textContent).pathname")
    eyes.open(resume)
    eyes.look("resume", "plain")
    eyes.open("/intake/resume/unknown/")
    eyes.look("resume", "unknown")
    eyes.open("/intake/review/")
    agree_and_send(browser)
    eyes.look("done", "plain")
    eyes.forget()
    eyes.open("/intake/step/where/")
    eyes.look("no address", "no-form")


@scene({"step": ("knee-map", "not-saved", "conflict")})
def the_form_in_trouble(eyes: Eyes) -> None:
    browser = eyes.browser
    begin(browser, eyes.address)
    go_until(browser, "where")
    browser.fill("knee_side", "left")
    browser.fill("pain_location", "inner_side")
    browser.until(SAVED)
    eyes.look("step", "knee-map")
    browser.call("Network.setBlockedURLs", urls=["*/save/*"])
    browser.fill("pain_location", "calf")
    browser.until("document.querySelector('[data-saved]').dataset.state === 'failing'")
    eyes.look("step", "not-saved")
    browser.call("Network.setBlockedURLs", urls=[])
    # Another device was quicker.
    eyes.open("/intake/step/where/")
    draft = Draft.objects.get()
    Draft.objects.update(version=draft.version + 3, answers=draft.answers | {"knee_side": "both"})
    browser.fill("knee_side", "right")
    browser.until("document.querySelector('form[data-conflict]') !== null")
    eyes.look("step", "conflict")


@scene({"step": ("minor",), "review": ("minor-wrong",)})
def the_form_of_somebody_under_18(eyes: Eyes) -> None:
    browser = eyes.browser
    begin(browser, eyes.address)
    go_until(browser, "/intake/review/")
    eyes.open("/intake/step/contact/?back=review")
    browser.type("date_of_birth-year", str(timezone.now().year - 15))
    browser.press("[data-continue]")
    eyes.look("step", "minor")
    for name in ("limp", "foot_turns_out"):
        browser.fill(name, "no")
    browser.press("[data-continue]")
    eyes.open("/intake/review/")
    agree_and_send(browser)
    eyes.look("review", "minor-wrong")


@scene({"link": ("birth-date", "wrong"), "step": ("returning",)})
def the_form_of_a_patient_who_was_here_before(eyes: Eyes) -> None:
    case = came_before(90)
    eyes.open(f"/intake/link/{a_link(case.patient, Link.Purpose.INTAKE)}/")
    eyes.look("link", "birth-date")
    born(eyes, year="1998")
    eyes.look("link", "wrong")
    born(eyes)
    go_until(eyes.browser, "where")
    eyes.look("step", "returning")


@scene(
    {
        "start": ("spanish",),
        "step": ("spanish", "right-to-left"),
        "review": ("right-to-left", "spanish"),
        "stop": ("right-to-left",),
    }
)
def the_form_in_spanish_and_from_right_to_left(eyes: Eyes) -> None:
    browser = eyes.browser
    eyes.open("/intake/?language=es")
    eyes.look("start", "spanish")
    browser.press("form .button")
    go_until(browser, "where")
    eyes.look("step", "spanish")
    go_until(browser, "/intake/review/")
    eyes.look("review", "spanish")
    eyes.settings.LANGUAGES_BIDI = ["es"]
    eyes.open("/intake/review/")
    eyes.look("review", "right-to-left")
    eyes.open("/intake/step/where/")
    assert browser.run("document.documentElement.dir") == "rtl"
    eyes.look("step", "right-to-left")
    eyes.open("/intake/step/urgent_signs/")
    browser.fill("chest_pain_or_breathless", "yes")
    browser.until(STOPPED)
    eyes.look("stop", "right-to-left")


@scene({"stop": ("emergency", "same-day")})
def the_stop_page(eyes: Eyes) -> None:
    browser = eyes.browser
    for answer, state in (("chest_pain_or_breathless", "emergency"), ("calf_swelling", "same-day")):
        eyes.forget()
        begin(browser, eyes.address)
        go_until(browser, "urgent_signs")
        browser.fill(answer, "yes")
        browser.until(STOPPED)
        eyes.look("stop", state)


@scene({"files": ("empty", "wrong", "one")})
def a_file_beside_the_form(eyes: Eyes) -> None:
    Site.objects.filter(pk=eyes.site.pk).update(accepts_uploads=True)
    browser = eyes.browser
    begin(browser, eyes.address)
    go_until(browser, "/intake/review/")
    agree_and_send(browser)
    eyes.open("/intake/files/")
    eyes.look("files", "empty")
    browser.leave_by("document.querySelector('[data-files]').submit()")
    eyes.look("files", "wrong")
    same = Client()
    kept = {each["name"]: each["value"] for each in browser.call("Network.getCookies")["cookies"]}
    same.cookies["form"] = kept["form"]
    same.post("/intake/files/", {"file": SimpleUploadedFile("referral.pdf", pdf())})
    eyes.open("/intake/files/")
    eyes.look("files", "one")


# --- staff and the tablet


@scene({"phone": ("plain",), "step": ("by-staff",)})
def the_form_for_a_caller(eyes: Eyes) -> None:
    eyes.sign_in(staff(Role.FRONT_DESK, eyes.site, email="dana@clinic.example", name="Dana Desk"))
    eyes.open("/intake/phone/")
    eyes.look("phone", "plain")
    eyes.browser.press(SEND)
    eyes.look("step", "by-staff")


@scene(
    {
        "kiosk": ("plain", "wrong"),
        "kiosk-name": ("plain", "wrong"),
        "kiosk-desk": ("plain",),
        "step": ("tablet", "tablet-idle"),
    }
)
def the_tablet(eyes: Eyes) -> None:
    browser = eyes.browser
    desk = staff(Role.FRONT_DESK, eyes.site, email="dana@clinic.example", name="Dana Desk")
    eyes.open("/kiosk/")
    eyes.look("kiosk", "plain")
    browser.type("code", "ABCDEFGH")
    browser.press(".actions .button")
    eyes.look("kiosk", "wrong")
    _code, letters = kiosk.issue_code(eyes.site, patient=PatientFactory(site=eyes.site), by=desk, now=timezone.now())
    browser.type("code", letters)
    browser.press(".actions .button")
    eyes.look("kiosk-name", "plain")
    browser.press(".actions .button")
    eyes.look("kiosk-name", "wrong")
    browser.type("given_name", "Somebody")
    browser.type("family_name", "Else")
    browser.press(".actions .button")
    eyes.look("kiosk-desk", "plain")
    _code, letters = kiosk.issue_code(eyes.site, by=desk, now=timezone.now())
    eyes.open("/kiosk/")
    browser.type("code", letters)
    browser.press(".actions .button")
    eyes.look("step", "tablet")
    browser.run("{ const before = Date.now; Date.now = () => before() + 45000; }")
    browser.until("!document.querySelector('[data-kiosk-idle]').hidden")
    eyes.look("step", "tablet-idle")


# --- after the form


@scene(
    {
        "check-in-link": ("birth-date", "wrong"),
        "check-in": ("closed", "long", "wrong", "spanish", "weekly", "thanks", "over", "stop"),
    }
)
def a_check_in(eyes: Eyes) -> None:
    browser = eyes.browser
    eyes.open("/check-in/")
    eyes.look("check-in", "closed")
    case = came_before()
    for step in ("week_6", "week_4", "week_2", "week_3"):
        now = timezone.now()
        link = links.make_link(case.patient, purpose=Link.Purpose.CHECK_IN, expires_at=now + timedelta(days=5), now=now)
        CheckInFactory(case=case, step=step, link=link, due_at=now, expires_at=link.expires_at)
        eyes.open(f"/check-in/{links.secret_of(link)}/")
        if step == "week_6":
            eyes.look("check-in-link", "birth-date")
            born(eyes, year="1998")
            eyes.look("check-in-link", "wrong")
        born(eyes)
        match step:
            case "week_6":
                eyes.look("check-in", "long")
                browser.press("[data-continue]")
                eyes.look("check-in", "wrong")
                eyes.open("/check-in/?language=es")
                eyes.look("check-in", "spanish")
                eyes.open("/check-in/?language=en")
            case "week_4":
                eyes.look("check-in", "weekly")
                for name, value in (("pain_worst", "3"), ("groc", "2"), ("sessions_done", "5")):
                    browser.fill(name, value)
                browser.press("[name=no_to_all][value=send]")
                eyes.look("check-in", "thanks")
            case "week_2":
                CheckIn.objects.filter(link=link).update(cancelled_at=now)
                eyes.open("/check-in/")
                eyes.look("check-in", "over")
            case "week_3":
                browser.run("document.querySelector('details').open = true")
                browser.fill("chest_pain_or_breathless", "yes")
                browser.press("[data-continue]")
                eyes.look("check-in", "stop")


@scene(
    {
        "my-page-link": ("birth-date",),
        "my-page": ("closed", "whole", "spanish", "stopped", "held"),
    }
)
def the_own_page(eyes: Eyes) -> None:
    eyes.open("/my/")
    eyes.look("my-page", "closed")
    therapist = staff(Role.THERAPIST, eyes.site, email="tara@clinic.example", name="Tara Treats")
    case = scheduled(therapist, patient=PatientFactory(site=eyes.site), site=eyes.site)
    ConsentFactory(patient=case.patient)
    for weeks, worst in ((4, 7), (2, 5), (0, 3)):
        at = timezone.now() - timedelta(weeks=weeks)
        Outcome.objects.create(case=case, instrument="nprs_worst", score=worst, taken_at=at)
        Outcome.objects.create(case=case, instrument="psfs", score=9 - worst, taken_at=at)
    eyes.open(f"/my/{a_link(case.patient, Link.Purpose.OWN_PAGE)}/")
    eyes.look("my-page-link", "birth-date")
    born(eyes)
    eyes.look("my-page", "whole")
    eyes.open("/my/?language=es")
    eyes.look("my-page", "spanish")
    eyes.open("/my/?language=en")
    eyes.browser.press("#messages .button")
    eyes.look("my-page", "stopped")
    flagged(case)
    eyes.open("/my/")
    eyes.look("my-page", "held")


@scene({"stop-messages": ("unknown", "choose", "stopped")})
def stopping_messages(eyes: Eyes) -> None:
    patient = ConsentFactory(patient=PatientFactory(site=eyes.site)).patient
    eyes.open("/stop/unknown/")
    eyes.look("stop-messages", "unknown")
    eyes.open(f"/stop/{a_link(patient, Link.Purpose.CONTACT)}/")
    eyes.look("stop-messages", "choose")
    eyes.browser.press("main form button")
    eyes.look("stop-messages", "stopped")


@scene({"no address": ("404", *TEMPLATES)})
def what_went_wrong(eyes: Eyes) -> None:
    eyes.open("/no/such/page/")
    eyes.look("no address", "404")
    for name in TEMPLATES:
        html: Any = render_to_string(f"{name}.html", {"what": "given_name: NUL"})
        eyes.open("/")
        eyes.browser.run(f"document.open(); document.write({html!r}); document.close(); 0")
        eyes.browser.until("document.readyState === 'complete' && document.styleSheets.length > 0")
        eyes.look("no address", name)
