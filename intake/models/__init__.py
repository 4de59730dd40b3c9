"""Tables of the front door: drafts and submissions, what was agreed to, tablets, files, and how long questions take."""

from intake.models.consents import ConsentText, SignedConsent
from intake.models.drafts import Draft, Submission
from intake.models.kiosk import KioskCode
from intake.models.timings import QuestionTiming
from intake.models.uploads import Upload

__all__ = ["ConsentText", "Draft", "KioskCode", "QuestionTiming", "SignedConsent", "Submission", "Upload"]
