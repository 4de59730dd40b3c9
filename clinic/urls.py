"""Every address of the building."""

from django.contrib import admin
from django.urls import include, path

from clinic.docs import DocsView, SchemaView
from clinic.tokens_api import TokensView, TokenView

urlpatterns = [
    path("api/v1/", include("cases.api.urls")),
    path("api/v1/", include("intake.api_urls")),
    path("api/v1/tokens/", TokensView.as_view(), name="tokens"),
    path("api/v1/tokens/<str:token_id>/", TokenView.as_view(), name="token"),
    path("api/v1/schema/", SchemaView.as_view(), name="schema"),
    path("api/v1/docs/", DocsView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
]

handler404 = "clinic.pages.not_found"
handler500 = "clinic.pages.server_error"
