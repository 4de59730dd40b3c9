"""Addresses where providers report, under /webhooks/."""

from django.urls import path

from cases.api import webhooks

app_name = "webhooks"

urlpatterns = [
    path("messages/<slug:provider>/", webhooks.messages, name="messages"),
    path("inbound/<slug:provider>/", webhooks.inbound, name="inbound"),
]
