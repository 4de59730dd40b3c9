"""Addresses of the front door for programs, under /api/v1/."""

from django.urls import path

from intake import api, check_in_api, record_api

app_name = "intake-api"

urlpatterns = [
    path("intakes/", api.IntakesView.as_view(), name="intakes"),
    path("questionnaire/", api.QuestionnaireView.as_view(), name="questionnaire"),
    path("cases/<str:reference>/check-ins/", check_in_api.CheckInsView.as_view(), name="check-ins"),
    path("cases/<str:reference>/check-ins/<int:check_in_id>/", check_in_api.CheckInView.as_view(), name="check-in"),
    path("cases/<str:reference>/consents/", record_api.ConsentsView.as_view(), name="consents"),
    path(
        "cases/<str:reference>/consents/<int:consent_id>/copy/",
        record_api.ConsentCopyView.as_view(),
        name="consent-copy",
    ),
    path("cases/<str:reference>/files/", record_api.FilesView.as_view(), name="files"),
    path("cases/<str:reference>/files/<uuid:file_id>/open/", record_api.OpenFileView.as_view(), name="open-file"),
    path(
        "cases/<str:reference>/files/<uuid:file_id>/release/",
        record_api.ReleaseFileView.as_view(),
        name="release-file",
    ),
]
