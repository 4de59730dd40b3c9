"""The public addresses, and the form as staff fill it in for a caller."""

from django.urls import path

from intake.views import (
    autosave,
    check_in,
    files,
    finish,
    form,
    home,
    kiosk,
    link,
    my_page,
    offline,
    phone,
    seen,
    signature,
    step,
    stop,
)

app_name = "intake"
urlpatterns = [
    path("", home.home, name="home"),
    path("intake/", form.start, name="start"),
    path("intake/continue/", form.go_on, name="continue"),
    path("intake/step/<slug:name>/", step.step, name="step"),
    path("intake/review/", finish.review, name="review"),
    path("intake/done/", finish.done, name="done"),
    path("intake/done/consent.pdf", signature.consent_copy, name="consent-copy"),
    path("intake/files/", files.files, name="files"),
    path("intake/files/new/", files.begin, name="files-new"),
    path("intake/files/<uuid:pk>/", files.file, name="file"),
    path("intake/stop/", finish.stop, name="stop"),
    path("intake/stop/seen/", seen.stop_seen, name="stop-seen"),
    path("intake/save/<slug:name>/", autosave.autosave, name="autosave"),
    path("intake/kept/", offline.kept, name="kept"),
    path("intake/offline/<str:name>/<slug:language>/<slug:known>/", offline.shell, name="offline"),
    path("worker.js", offline.worker, name="worker"),
    path("intake/later/", form.later, name="later"),
    path("intake/phone/", phone.phone, name="phone"),
    path("kiosk/", kiosk.start, name="kiosk"),
    path("kiosk/name/", kiosk.name, name="kiosk-name"),
    path("kiosk/desk/", kiosk.desk, name="kiosk-desk"),
    path("kiosk/end/", kiosk.end, name="kiosk-end"),
    # What follows holds a secret: clinic.logs keeps these addresses out of every log.
    path("intake/resume/<str:secret>/", form.resume, name="resume"),
    path("intake/link/<str:secret>/", link.known_patient, name="link"),
    path("check-in/", check_in.answer, name="check-in"),
    path("check-in/seen/", seen.check_in_seen, name="check-in-seen"),
    path("check-in/<str:secret>/", check_in.open_link, name="check-in-link"),
    path("my/", my_page.my_page, name="my-page"),
    path("my/stop/", my_page.stop, name="my-stop"),
    path("my/consent/<int:pk>.pdf", my_page.consent_copy, name="my-consent"),
    path("my/<str:secret>/", my_page.open_link, name="my-page-link"),
    path("stop/<str:secret>/", stop.stop, name="stop-messages"),
]
