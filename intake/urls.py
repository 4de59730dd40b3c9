"""The public addresses, and the form as staff fill it in for a caller."""

from django.urls import path

from intake.views import check_in, files, finish, form, home, link, my_page, phone, signature, step, stop

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
    path("intake/later/", form.later, name="later"),
    path("intake/phone/", phone.phone, name="phone"),
    # What follows holds a secret: clinic.logs keeps these addresses out of every log.
    path("intake/resume/<str:secret>/", form.resume, name="resume"),
    path("intake/link/<str:secret>/", link.known_patient, name="link"),
    path("check-in/", check_in.answer, name="check-in"),
    path("check-in/<str:secret>/", check_in.open_link, name="check-in-link"),
    path("my/", my_page.my_page, name="my-page"),
    path("my/<str:secret>/", my_page.open_link, name="my-page-link"),
    path("stop/<str:secret>/", stop.stop, name="stop-messages"),
]
