"""Addresses of the front door for programs, under /api/v1/."""

from django.urls import path

from intake import api, check_in_api

app_name = "intake-api"

urlpatterns = [
    path("intakes/", api.IntakesView.as_view(), name="intakes"),
    path("questionnaire/", api.QuestionnaireView.as_view(), name="questionnaire"),
    path("cases/<str:reference>/check-ins/", check_in_api.CheckInsView.as_view(), name="check-ins"),
    path("cases/<str:reference>/check-ins/<int:check_in_id>/", check_in_api.CheckInView.as_view(), name="check-in"),
]
