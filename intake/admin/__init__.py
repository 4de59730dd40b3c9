"""Pages of the front door for staff: unsent forms, tablet, what was agreed to, files, and time per question."""

from intake.admin import consents, tablet, timings, uploads
from intake.admin.unfinished import share_done, unfinished_forms

__all__ = ["consents", "share_done", "tablet", "timings", "unfinished_forms", "uploads"]
