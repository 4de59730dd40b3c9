"""Consent: which text is in force, and one signature under it, kept as it was."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from cases.models import Patient, SymptomReport
from cases.services.errors import Stale, WrongInput
from cases.services.transactions import one_transaction
from clinic.accounts.models import Site, User
from intake.models import ConsentText, Draft, SignedConsent, Submission
from intake.questionnaire.consent import CONSENT
from intake.questionnaire.consent_texts import SHIPPED, shipped
from intake.services.consent_copy import BOX_HEIGHT, BOX_WIDTH, Signed, copy_of, points_of

MOST_TITLE = 120
MOST_BODY = 20_000
MOST_DRAWN = 16_000
# Less than this is a slip of the finger.
_FEWEST_POINTS = 8
_SMALLEST_WIDTH = 40
_DRAWN = re.compile(r"(M\d{1,3} \d{1,3}(L\d{1,3} \d{1,3})*)+", re.ASCII)
_METHOD_SAID = {
    SignedConsent.Method.TYPED: gettext_noop("typed name"),
    SignedConsent.Method.DRAWN: gettext_noop("drawn by hand"),
    SignedConsent.Method.SPOKEN: gettext_noop("by telephone, noted by staff"),
}


@dataclass(frozen=True)
class ShownText:
    """The consent as one patient sees it. version: the number of the site's own, or which of Patella's."""

    site: Site
    language: str
    version: str
    title: str
    body: str
    stored: ConsentText | None

    @property
    def paragraphs(self) -> list[str]:
        return self.body.split("\n\n")

    @property
    def sha256(self) -> str:
        """Of everything that makes it this text: the page sends it along, and a newer text is signed anew."""
        whole = [self.site.slug, self.language, self.version, self.title, self.body]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Agreement:
    """What came with the press of "sign and send".

    text_sha256: of the text on the page. name: typed, "" where only drawn. drawn: an SVG path, "" where only typed.
    assented: a patient under 18 agrees too. address: where the press came from.
    """

    text_sha256: str
    name: str = ""
    drawn: str = ""
    assented: bool = False
    address: str | None = None


def text_in_force(site: Site, language: str, *, now: datetime) -> ShownText:
    """The site's latest text in that language whose time has come; the shipped one where it has none."""
    own = (
        ConsentText.objects.filter(site=site, language=language, in_force_from__lte=now)
        .order_by("-in_force_from", "-version")
        .first()
    )
    if own is not None:
        return ShownText(site, language, str(own.version), own.title, own.body, own)
    text = shipped(language)
    return ShownText(site, language, SHIPPED, text.title, text.body, None)


@one_transaction
def write_text(
    site: Site,
    *,
    language: str,
    title: str,
    body: str,
    in_force_from: datetime,
    expected_version: int,
    by: User,
    now: datetime,
) -> ConsentText:
    """A new version of the site's consent. Forms not sent yet are signed under it once it is in force.

    expected_version: the latest version the writer saw, 0 for none. Raises Stale, and WrongInput for a text without
    words or one that would be in force in the past.
    """
    title, paragraphs = " ".join(title.split()), [" ".join(part.split()) for part in re.split(r"\n\s*\n", body.strip())]
    errors: dict[str, list[str]] = {}
    if not 0 < len(title) <= MOST_TITLE:
        errors["title"] = [f"Write a title of at most {MOST_TITLE} characters."]
    if not any(paragraphs) or len(body) > MOST_BODY:
        errors["body"] = [f"Write the text, at most {MOST_BODY} characters."]
    if in_force_from < now:
        errors["in_force_from"] = ["Choose now or later: what was signed until now was signed under the old text."]
    if errors:
        raise WrongInput(errors)
    # One writer at a time: two would take the same number.
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    latest = ConsentText.objects.filter(site=site, language=language).aggregate(n=Max("version"))["n"] or 0
    if latest != expected_version:
        raise Stale("Somebody else wrote a version meanwhile. Read it, then write yours.")
    return ConsentText.objects.create(
        site=site,
        language=language,
        version=latest + 1,
        title=title,
        body="\n\n".join(paragraphs),
        in_force_from=in_force_from,
        written_by=by,
        written_at=now,
    )


def check_agreement(
    draft: Draft, agreement: Agreement | None, *, text: ShownText | None, given: Mapping[str, Any]
) -> dict[str, list[str]]:
    """What is still missing before the form may be sent, by the name of the input; nothing of a form staff type.

    text: the one in force; None where no clinic is chosen yet.
    given: the answers, as cleaned; a guardian in them means that the patient is under 18.
    """
    if draft.staff_id is not None:
        return {}
    if agreement is None:
        return {"signature_name": [_("Sign the form: type your name, or draw your signature.")]}
    errors: dict[str, list[str]] = {}
    if text is None or agreement.text_sha256 != text.sha256:
        errors["consent_text"] = [_("The clinic changed this text meanwhile. Please read it again, then sign.")]
    if agreement.drawn:
        if not _is_signature(agreement.drawn):
            errors["signature_drawn"] = [_("This does not look like a signature. Draw it again, or type your name.")]
    elif not _is_name(agreement.name):
        errors["signature_name"] = [_("Sign the form: type your name, or draw your signature.")]
    if "guardian_name" in given and not agreement.assented:
        errors["assent"] = [_("Tick the box: you have to agree yourself, too.")]
    return errors


def sign(
    submission: Submission,
    agreement: Agreement | None,
    *,
    text: ShownText,
    draft: Draft,
    given: Mapping[str, Any],
    report: SymptomReport,
    now: datetime,
) -> SignedConsent:
    """Keep the signature of a submission, with the text as it was shown and the patient's copy.

    draft: as it was checked by `check_agreement`. Raises IntegrityError for a second signature of one submission.
    """
    case, patient = submission.case, submission.patient
    if case is None or patient is None:
        raise IntegrityError("Only what became a case is signed.")
    signature = _signature_of(agreement or Agreement(text.sha256), patient, draft=draft, given=given)
    agreed = _agreed(report)
    copy = _copy_of(signature, text, agreed, patient, language=draft.language, now=now)
    return SignedConsent.objects.create(
        submission=submission,
        case=case,
        patient=patient,
        report=report,
        text=text.stored,
        text_version=text.version,
        language=draft.language,
        title=text.title,
        body=text.body,
        text_sha256=text.sha256,
        agreed=agreed,
        method=signature.method.value,
        signer_name=signature.signer[:160],
        drawn=signature.drawn,
        guardian_relation=signature.relation,
        assented=signature.assented,
        signed_at=now,
        signed_from=signature.address,
        witness=draft.staff,
        copy=copy,
        copy_sha256=hashlib.sha256(copy).hexdigest(),
    )


@dataclass(frozen=True)
class _Signature:
    """Who signed and how. relation: of a guardian; "" where the patient signed. assented: the patient, under 18."""

    method: SignedConsent.Method
    signer: str
    drawn: str
    relation: str
    assented: bool
    address: str | None


def _signature_of(agreement: Agreement, patient: Patient, *, draft: Draft, given: Mapping[str, Any]) -> _Signature:
    guardian, relation = str(given.get("guardian_name", "")), str(given.get("guardian_relation", ""))
    printed = guardian or patient.full_name
    if draft.staff_id is not None:
        # A caller signs nothing: staff note the spoken word.
        return _Signature(SignedConsent.Method.SPOKEN, printed, "", relation, bool(guardian), None)
    return _Signature(
        SignedConsent.Method.DRAWN if agreement.drawn else SignedConsent.Method.TYPED,
        " ".join(agreement.name.split()) or printed,
        agreement.drawn,
        relation,
        bool(guardian) and agreement.assented,
        agreement.address,
    )


def _copy_of(
    signature: _Signature,
    text: ShownText,
    agreed: Sequence[Mapping[str, Any]],
    patient: Patient,
    *,
    language: str,
    now: datetime,
) -> bytes:
    """The patient's copy, in the language it was signed in."""
    with override(language):
        how = _(_METHOD_SAID[signature.method])
    return copy_of(
        Signed(
            clinic=patient.site.name,
            title=text.title,
            body=text.body,
            text_version=text.version,
            text_sha256=text.sha256,
            agreed=[(entry["text"], entry["answer_label"]) for entry in agreed],
            patient=patient.full_name,
            signer=signature.signer,
            how=how,
            relation=signature.relation,
            assented=signature.assented,
            drawn=signature.drawn,
            signed_at=now,
            time_zone=patient.site.time_zone,
            language=language,
        )
    )


def _agreed(report: SymptomReport) -> Sequence[dict[str, Any]]:
    asked = {question.name for question in CONSENT.questions}
    return [entry for entry in report.wording if entry["name"] in asked]


def _is_name(typed: str) -> bool:
    letters = [letter for letter in typed if letter.isalpha()]
    return len(letters) >= 2 and len(typed) <= 160


def _is_signature(drawn: str) -> bool:
    if len(drawn) > MOST_DRAWN or not _DRAWN.fullmatch(drawn):
        return False
    points = [point for stroke in points_of(drawn) for point in stroke]
    across, down = [x for x, _y in points], [y for _x, y in points]
    inside = max(across) <= BOX_WIDTH and max(down) <= BOX_HEIGHT
    return inside and len(points) >= _FEWEST_POINTS and max(across) - min(across) >= _SMALLEST_WIDTH
