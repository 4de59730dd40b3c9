"""Addresses of the front door for programs, under /api/v1/."""

from django.urls import path

from intake import api

app_name = "intake-api"

urlpatterns = [
    path("intakes/", api.IntakesView.as_view(), name="intakes"),
    path("questionnaire/", api.QuestionnaireView.as_view(), name="questionnaire"),
]
