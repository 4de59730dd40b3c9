"""The public form without a script: every screen saved, mistakes at the field, sent once."""

from __future__ import annotations

import pytest
from django.test import Client

from cases.models import Case, Patient, SymptomReport
from clinic.accounts.models import Site
from intake.models import Draft, Submission
from tests.intake.plain_browser import PlainBrowser
from tests.intake.routine_patient import CONSENT, SCREENS, begin, fill_until

pytestmark = pytest.mark.django_db


def test_a_routine_patient_comes_from_the_first_page_to_a_reference(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    patient_browser.send(CONSENT)

    case = Case.objects.get()
    page = patient_browser.page
    assert page.path == "/intake/done/"
    assert case.reference in page.text
    assert "Contact us the same day if your knee becomes hot" in page.text
    assert SymptomReport.objects.get().answers["goals"] == [{"activity": "Run 5 km", "score": 4}]


def test_the_thank_you_page_names_no_cause(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    page = patient_browser.send(CONSENT)

    for word in ("overuse", "imbalance", "dysfunction", "suspected", "diagnos", "patellofemoral"):
        assert word not in page.html.lower()


def test_pressing_send_twice_gives_the_same_thanks(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    review = patient_browser.page
    first = patient_browser.send(CONSENT).text

    patient_browser.page = review
    again = patient_browser.send(CONSENT).text
    refreshed = patient_browser.open("/intake/done/").text

    assert first == again == refreshed
    assert Submission.objects.count() == Case.objects.count() == 1


def test_no_consent_keeps_the_form_and_says_so_at_the_box(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")

    page = patient_browser.send()

    assert page.status == 422
    assert "We need your consent to go on." in page.text
    assert 'href="#id_consent_to_process-yes"' in page.html
    assert Submission.objects.count() == 0


def test_a_wrong_answer_is_explained_at_its_field_and_the_right_ones_are_kept(
    site: Site, patient_browser: PlainBrowser
) -> None:
    begin(patient_browser)

    page = patient_browser.send(SCREENS["contact"] | {"phone": "12", "date_of_birth-year": "1899"})

    assert page.status == 422
    assert page.form.fields["given_name"] == ["Rosa"]
    assert page.form.fields["phone"] == ["12"]
    assert page.form.fields["date_of_birth-year"] == ["1899"]
    assert "Phone number: Check this phone number. Write it with the area code." in page.text
    assert 'href="#id_phone"' in page.html
    assert 'aria-describedby="id_phone-hint id_phone-error"' in page.html
    assert "Saved, except for what is marked above." in page.text
    assert Draft.objects.get().answers["given_name"] == "Rosa"


@pytest.mark.parametrize("name", ["contact", "urgent_signs", "pain", "goals"])
def test_every_message_of_the_summary_leads_to_an_input(site: Site, patient_browser: PlainBrowser, name: str) -> None:
    fill_until(patient_browser, name)

    page = patient_browser.send()

    links = [part.split('"', 1)[0] for part in page.html.split('href="#')[1:]]
    assert page.status == 422
    assert set(links) - {"main"} <= set(page.form.ids)
    assert len(links) > 1


def test_a_screen_not_reached_yet_leads_back_to_the_first_that_is_incomplete(
    site: Site, patient_browser: PlainBrowser
) -> None:
    begin(patient_browser)

    for path in ("/intake/step/goals/", "/intake/review/", "/intake/step/no-such/", "/intake/done/", "/intake/stop/"):
        assert patient_browser.open(path).path == "/intake/step/contact/"


def test_a_post_to_a_screen_not_reached_yet_saves_nothing(site: Site, patient_browser: PlainBrowser) -> None:
    begin(patient_browser)
    patient_browser.page.form.action = "/intake/step/urgent_signs/"

    patient_browser.send()

    assert patient_browser.page.path == "/intake/step/contact/"
    assert Draft.objects.get().version == 1


def test_coming_back_goes_on_where_it_was_left(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "triggers")

    page = patient_browser.open("/intake/")
    assert "You have begun a form" in page.text
    assert patient_browser.open("/intake/continue/").path == "/intake/step/triggers/"


def test_the_resume_link_goes_on_in_another_browser_after_a_press(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "where")
    link = patient_browser.open("/intake/later/").text.split("yourself: ", 1)[1].split(" ", 1)[0]
    path = "/" + link.split("/", 3)[3]
    other = PlainBrowser()

    opened = other.open(path)
    assert "form" not in other.client.cookies
    assert Client().get(path)["Referrer-Policy"] == "no-referrer"
    assert "Rosa" not in opened.html

    assert other.send().path == "/intake/step/where/"


@pytest.mark.parametrize("path", ["/intake/resume/no-such-secret/", "/intake/step/contact/", "/intake/review/"])
def test_without_a_form_there_is_a_kind_page(site: Site, patient_browser: PlainBrowser, path: str) -> None:
    page = patient_browser.open(path)

    assert page.status == 404
    assert "There is no unfinished form here" in page.text


def test_an_expired_form_is_a_form_that_is_not_there(site: Site, patient_browser: PlainBrowser, on_monday) -> None:
    fill_until(patient_browser, "where")
    on_monday.shift(15 * 24 * 3600)

    assert patient_browser.open("/intake/step/where/").status == 404


def test_two_devices_with_different_answers_are_asked_and_nothing_is_overwritten(
    site: Site, patient_browser: PlainBrowser
) -> None:
    fill_until(patient_browser, "where")
    seen_twice = patient_browser.page
    patient_browser.send({"knee_side": "left", "pain_location": ["whole_knee"]})

    patient_browser.page = seen_twice
    page = patient_browser.send({"knee_side": "right", "pain_location": ["groin"]})

    assert page.status == 409
    assert "changed in another window or on another device" in page.text
    assert page.form.fields["knee_side"] == ["right"]
    assert Draft.objects.get().answers["knee_side"] == "left"

    patient_browser.send()
    assert Draft.objects.get().answers["knee_side"] == "right"


def test_pressing_continue_twice_is_no_conflict(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "where")
    pressed_twice = patient_browser.page
    patient_browser.send(SCREENS["where"])

    patient_browser.page = pressed_twice
    page = patient_browser.send(SCREENS["where"])

    assert (page.status, page.path) == (200, "/intake/step/where/?because=answer")
    assert Draft.objects.get().answers["knee_side"] == SCREENS["where"]["knee_side"]


@pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 30, "٣"])
def test_a_tampered_version_saves_nothing(site: Site, patient_browser: PlainBrowser, version: str) -> None:
    fill_until(patient_browser, "where")
    patient_browser.page.form.fields["version"] = [version]

    page = patient_browser.send(SCREENS["where"])

    assert page.status == 409
    assert Draft.objects.get().answers.get("knee_side") is None


def test_a_screen_of_one_form_never_lands_in_another(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "where")
    of_the_first = patient_browser.page
    begin(patient_browser)

    patient_browser.page = of_the_first
    page = patient_browser.send(SCREENS["where"])

    assert page.status == 409
    assert "Another form was opened in this browser" in page.text
    assert [draft.answers.get("knee_side") for draft in Draft.objects.all()] == [None, None]


def test_without_a_script_a_new_question_comes_on_the_same_screen(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "load")

    page = patient_browser.send(
        {
            "activities-0-type": "running",
            "activities-0-sessions_per_week": "3",
            "activities-0-recent_change": "returned_after_break",
            "rest_tried_days": "0",
        }
    )

    assert page.path == "/intake/step/load/?because=answer"
    assert "there is one more thing to ask on this screen" in page.text
    assert "activities-0-weeks_off" in page.form.fields["asked"]

    blank = patient_browser.send()
    assert blank.status == 422
    assert patient_browser.send({"activities-0-weeks_off": "8"}).path == "/intake/step/leg/"
    assert Draft.objects.get().answers["activities"][0]["weeks_off"] == 8


INNER, CALF = "pain_by_place-inner_side", "pain_by_place-calf"
TWO_PLACES = {"knee_side": "left", "pain_location": ["inner_side", "calf"]}


def test_without_a_script_the_places_chosen_come_on_the_same_screen(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "where")
    assert "asked" not in patient_browser.page.form.fields

    page = patient_browser.send(TWO_PLACES)
    assert page.path == "/intake/step/where/?because=answer"
    assert page.form.fields["asked"] == [INNER, CALF]

    # One more place is asked about once more; what is left blank is not.
    page = patient_browser.send({f"{INNER}-strength": "7", "pain_location": ["inner_side", "calf", "groin"]})
    assert page.path == "/intake/step/where/?because=answer"
    assert page.form.fields[f"{INNER}-strength"] == ["7"]
    assert patient_browser.send().path == "/intake/step/pain/"
    assert Draft.objects.get().answers["pain_by_place"] == {"inner_side": {"strength": 7}}


def test_what_is_told_of_a_place_no_longer_chosen_is_not_kept(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "where")
    patient_browser.send(TWO_PLACES)

    patient_browser.send({f"{INNER}-strength": "7", f"{CALF}-quality": "sharp", "pain_location": ["calf"]})

    assert Draft.objects.get().answers["pain_by_place"] == {"calf": {"quality": "sharp"}}


def test_a_wrong_strength_is_told_at_its_list_by_the_name_of_its_place(
    site: Site, patient_browser: PlainBrowser
) -> None:
    fill_until(patient_browser, "where")
    patient_browser.send(TWO_PLACES)

    page = patient_browser.send({f"{INNER}-strength": "11", f"{CALF}-quality": "sharp"})

    assert page.status == 422
    assert "Inner side of the knee, How bad, 0 to 10: Choose a number from 0 to 10." in page.text
    assert f'href="#id_{INNER}-strength"' in page.html
    assert f'id="id_{INNER}-strength-error"' in page.html
    assert page.form.fields[f"{CALF}-quality"] == ["sharp"]


def test_the_review_says_it_place_by_place(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "where")
    patient_browser.send(TWO_PLACES)
    patient_browser.send({f"{INNER}-strength": "7", f"{CALF}-quality": "sharp"})
    for name in list(SCREENS)[list(SCREENS).index("pain") :]:
        patient_browser.send(SCREENS[name])

    assert patient_browser.page.path == "/intake/review/"
    assert "<dd>Inner side of the knee: 7 of 10\nCalf: Sharp</dd>" in patient_browser.page.html


def test_a_second_activity_is_offered_and_taken_away_again(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "goals")

    page = patient_browser.send(SCREENS["goals"], button=("more", "goals"))
    assert "goals-1-activity" in page.form.offered

    patient_browser.send({"goals-1-activity": "Kneel", "goals-1-score": "2"})
    assert [goal["activity"] for goal in Draft.objects.get().answers["goals"]] == ["Run 5 km", "Kneel"]

    patient_browser.open("/intake/step/goals/")
    patient_browser.send(button=("remove", "goals-0"))
    assert [goal["activity"] for goal in Draft.objects.get().answers["goals"]] == ["Kneel"]


def test_no_to_all_fills_in_what_is_blank_and_shows_it_first(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "urgent_signs")

    page = patient_browser.send({"fever": "not_sure"}, button=("no_to_all", "1"))

    assert page.path == "/intake/step/urgent_signs/?filled=no"
    assert page.form.fields["fever"] == ["not_sure"]
    assert page.form.fields["calf_swelling"] == ["no"]


def test_answers_that_contradict_each_other_are_asked_about_once(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "pain")

    page = patient_browser.send(SCREENS["pain"] | {"pain_now": "6", "pain_worst": "2"})
    assert page.path == "/intake/step/pain/?check=1"
    assert "the worst pain of the week was less than the pain right now" in page.text

    assert patient_browser.send().path == "/intake/step/triggers/"


def test_the_number_comes_back_in_the_unit_it_was_typed_in(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "pain")
    patient_browser.send(SCREENS["pain"] | {"duration_weeks": "3", "duration_weeks-unit": "years"})

    page = patient_browser.open("/intake/step/pain/")

    assert page.form.fields["duration_weeks"] == ["3"]
    assert page.form.fields["duration_weeks-unit"] == ["years"]


def test_an_answer_changed_from_the_review_leads_back_to_it(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    patient_browser.open("/intake/step/where/?back=review")

    page = patient_browser.send({"knee_side": "both"})

    assert page.path == "/intake/review/"
    assert Draft.objects.get().answers["knee_side"] == "both"


def test_an_answer_to_a_question_that_is_hidden_again_is_not_sent(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    patient_browser.open("/intake/step/leg/?back=review")
    patient_browser.send({"weakness_or_one_side_stronger": "yes"})
    patient_browser.open("/intake/step/strength/")
    patient_browser.send({"thigh_looks_smaller": "yes"})
    patient_browser.open("/intake/step/leg/?back=review")
    patient_browser.send({"weakness_or_one_side_stronger": "no"})
    patient_browser.send(CONSENT)

    assert "thigh_looks_smaller" not in SymptomReport.objects.get().answers


def test_somebody_under_18_needs_a_guardian(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    patient_browser.open("/intake/step/contact/?back=review")
    patient_browser.send({"date_of_birth-year": "2010"})
    patient_browser.send({"limp": "no", "foot_turns_out": "no"})
    patient_browser.open("/intake/review/")

    page = patient_browser.send(CONSENT)
    assert page.status == 422
    assert "Name of the parent or guardian" in page.text

    page = patient_browser.send(CONSENT | {"guardian_name": "Mara Runner", "guardian_relation": "mother"})
    assert page.status == 422
    assert "you have to agree yourself, too" in page.text

    page = patient_browser.send(
        CONSENT | {"guardian_name": "Mara Runner", "guardian_relation": "mother", "assent": "yes"}
    )
    assert page.path == "/intake/done/"


def test_a_program_that_fills_in_the_hidden_box_gets_no_form(site: Site, patient_browser: PlainBrowser) -> None:
    patient_browser.open("/intake/")

    page = patient_browser.send({"company_site": "https://example.org"})

    assert page.path == "/intake/"
    assert Draft.objects.count() == 0


def test_a_poster_preselects_its_clinic(site: Site, other_site: Site, patient_browser: PlainBrowser) -> None:
    patient_browser.open("/intake/?site=hilltop")

    page = patient_browser.send()

    assert page.form.fields["site"] == ["hilltop"]


@pytest.mark.parametrize(
    "bad",
    [
        {"knee_side": "middle"},
        {"pain_location": ["elbow"]},
        {"pain_location": ["front_around_kneecap"] * 400},
        {"knee_side": "left\u202e"},
        {"pain_spot": "<script>alert(1)</script>"},
    ],
)
def test_hostile_choices_are_refused_or_kept_out(site: Site, patient_browser: PlainBrowser, bad: dict) -> None:
    fill_until(patient_browser, "where")

    page = patient_browser.send(SCREENS["where"] | bad)

    assert page.status in {200, 422}
    assert "<script>alert" not in page.html
    assert set(Draft.objects.get().answers.get("pain_location", [])) <= {"front_around_kneecap"}


@pytest.mark.parametrize("sign", ["\x00", "\x0b", "\x1b", "\x92"])
def test_a_sign_that_is_no_text_is_told_at_its_field_and_costs_no_other_answer(
    site: Site, patient_browser: PlainBrowser, sign: str
) -> None:
    begin(patient_browser)

    page = patient_browser.send(SCREENS["contact"] | {"given_name": f"Ro{sign}sa"})

    assert page.status == 422
    assert "This holds a character that is not text. Type it again." in page.text
    assert Draft.objects.get().answers["family_name"] == "Runner"
    # What nobody can see, nobody can mend: the page shows the rest, and a second press sends that.
    assert patient_browser.send().path == "/intake/step/urgent_signs/"
    assert Draft.objects.get().answers["given_name"] == "Rosa"


def test_hostile_text_is_shown_as_text(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "urgent_signs")
    patient_browser.open("/intake/step/contact/")
    patient_browser.send({"given_name": "<b>Rosa</b>\"'"})

    page = patient_browser.open("/intake/step/contact/")

    assert page.form.fields["given_name"] == ["<b>Rosa</b>\"'"]
    assert "<b>Rosa" not in page.html


def test_a_post_without_its_token_gets_a_page_that_helps(site: Site, patient_browser: PlainBrowser) -> None:
    begin(patient_browser)
    del patient_browser.page.form.fields["csrfmiddlewaretoken"]

    page = patient_browser.send(SCREENS["contact"])

    assert page.status == 403
    assert "This page was open for too long" in page.text


def test_reading_changes_nothing(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    before = Draft.objects.values().get()

    for path in ("/", "/intake/", "/intake/continue/", "/intake/step/pain/", "/intake/review/", "/intake/later/"):
        patient_browser.open(path)
        patient_browser.client.head(path)

    assert Draft.objects.values().get() == before


def test_the_secret_stands_in_no_page_but_the_one_that_hands_it_over(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    secret = patient_browser.client.cookies["form"].value

    for path in ("/intake/step/contact/", "/intake/review/"):
        assert secret not in patient_browser.open(path).html
    assert patient_browser.client.cookies["form"]["httponly"] is True
    assert patient_browser.client.cookies["form"]["samesite"] == "Lax"


@pytest.mark.parametrize("name", ["urgent_signs", "pain", "goals"])
def test_a_screen_costs_the_same_few_statements(
    site: Site, patient_browser: PlainBrowser, name: str, django_assert_num_queries
) -> None:
    page = fill_until(patient_browser, name)
    client, data = patient_browser.client, page.form.fields | SCREENS[name]

    with django_assert_num_queries(1):
        client.get(f"/intake/step/{name}/")
    # The draft; then begin, lock, save, commit.
    with django_assert_num_queries(5):
        client.post(f"/intake/step/{name}/", data)


def test_a_case_made_by_the_form_is_of_a_patient_nobody_has_accepted(site: Site, patient_browser: PlainBrowser) -> None:
    fill_until(patient_browser, "review")
    patient_browser.send(CONSENT)

    assert Patient.objects.get().is_provisional


def test_the_review_and_sending_it_cost_a_known_number_of_statements(
    site: Site, patient_browser: PlainBrowser, django_assert_num_queries
) -> None:
    page = fill_until(patient_browser, "review")
    client, data = patient_browser.client, page.form.fields | CONSENT

    with django_assert_num_queries(2):
        client.get("/intake/review/")
    # Two of them for the consent: which text is in force, and the signature.
    with django_assert_num_queries(22):
        client.post("/intake/review/", data)
    with django_assert_num_queries(2):
        client.get("/intake/done/")


@pytest.mark.parametrize(("wanted", "spoken", "march"), [("fr", "en", "March"), ("es", "es", "marzo")])
def test_a_browser_that_prefers_another_language_gets_one_language_whole(
    site: Site, on_monday: object, wanted: str, spoken: str, march: str
) -> None:
    browser = PlainBrowser(Client(headers={"accept-language": wanted}))

    begin(browser)

    assert f'<html lang="{spoken}"' in browser.page.html
    assert f">{march}</option>" in browser.page.html
