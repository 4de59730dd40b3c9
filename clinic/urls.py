"""Every address of the building."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]

handler404 = "clinic.pages.not_found"
handler500 = "clinic.pages.server_error"
