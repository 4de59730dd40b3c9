"""The admin's pages about staff and sites, and the rights that every admin page stands on."""

from clinic.accounts.admin import sites, staff

__all__ = ["sites", "staff"]
