"""Papers of a case for the tests of permissions: something signed, and a file nobody has passed."""

from __future__ import annotations

from cases.models import Case, SymptomReport
from intake.models import SignedConsent, Submission, Upload
from tests.factories import MONDAY


def papers_of(case: Case, report: SymptomReport) -> tuple[SignedConsent, Upload]:
    """What was signed for a case, and a file in quarantine."""
    submission = Submission.objects.create(
        key=f"papers:{case.pk}",
        fingerprint="0" * 64,
        case=case,
        patient=case.patient,
        questionnaire_version="2026.11",
        language="en",
        received_at=MONDAY,
    )
    signed = SignedConsent.objects.create(
        submission=submission,
        case=case,
        patient=case.patient,
        report=report,
        text_version="shipped-1",
        language="en",
        title="Consent",
        body="Words.",
        text_sha256="0" * 64,
        agreed=[],
        method="typed",
        signer_name="Ada Quill",
        signed_at=MONDAY,
        copy=b"%PDF-1.4",
        copy_sha256="0" * 64,
    )
    upload = Upload.objects.create(
        case=case,
        stored_as=f"{case.pk:048x}",
        status="quarantined",
        kind="pdf",
        size=8,
        received=8,
        sha256="0" * 64,
        begun_at=MONDAY,
        arrived_at=MONDAY,
    )
    return signed, upload
