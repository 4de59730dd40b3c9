"""The front door's pages for staff: forms not sent yet, the tablet, what patients agreed to, and files they sent."""

from intake.admin import consents, tablet, uploads
from intake.admin.unfinished import share_done, unfinished_forms

__all__ = ["consents", "share_done", "tablet", "unfinished_forms", "uploads"]
