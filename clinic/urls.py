"""Every address of the building."""

from django.contrib import admin
from django.urls import include, path

from clinic.docs import DocsView, SchemaView
from clinic.metrics import metrics
from clinic.tokens_api import TokensView, TokenView

urlpatterns = [
    path("api/v1/", include("cases.api.urls")),
    path("api/v1/", include("intake.api_urls")),
    path("api/v1/tokens/", TokensView.as_view(), name="tokens"),
    path("api/v1/tokens/<str:token_id>/", TokenView.as_view(), name="token"),
    path("api/v1/schema/", SchemaView.as_view(), name="schema"),
    path("api/v1/docs/", DocsView.as_view(url_name="schema"), name="docs"),
    path("webhooks/", include("cases.api.webhook_urls")),
    path("", include("intake.urls")),
    path("admin/", admin.site.urls),
    path("health/", include("clinic.health")),
    path("metrics", metrics, name="metrics"),
]

handler404 = "clinic.pages.not_found"
handler500 = "clinic.pages.server_error"
