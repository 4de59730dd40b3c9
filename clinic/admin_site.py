"""The admin as the clinic's front desk: who may enter, and what its first page shows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest


class ClinicAdminConfig(AdminConfig):
    default_site = "clinic.admin_site.ClinicAdminSite"


class ClinicAdminSite(admin.AdminSite):
    site_header = "Patella"
    site_title = "Patella"
    index_title = "Today"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and bool(getattr(request.user, "is_staff", False))
