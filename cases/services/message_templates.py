"""A site's own words for its messages: written as new versions, checked before they are, in force until the next."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db.models import Max

from cases.messages.render import Message, Words, render, shipped_words
from cases.models import MessageTemplate
from cases.rules.message_lint import Needs, Wrong, lint
from cases.rules.terms import Channel, Language, MessageKind
from cases.services.errors import Stale, WrongInput
from cases.services.transactions import one_transaction
from clinic.accounts.models import Membership, Site, User

# Nothing opens by these: the patient calls.
WITHOUT_LINK = frozenset({MessageKind.VISIT, MessageKind.MISSED_VISIT, MessageKind.OFF_PLAN})
# Spoken by a person, in words that are shipped.
SPOKEN = frozenset({MessageKind.CHECK_IN_CALL})
WRITABLE = tuple(kind for kind in MessageKind if kind not in SPOKEN)
# As long as real ones are: the secret of a link has 32 characters.
_SECRET = "0" * 32

Key = tuple[int, str, str, str]


def own_words(site_ids: Collection[int]) -> dict[Key, Words]:
    """The sites' own words in force, by site, kind, language and channel; one statement."""
    newest = (
        MessageTemplate.objects.filter(site__in=site_ids)
        .order_by("site", "kind", "language", "channel", "-version")
        .distinct("site", "kind", "language", "channel")
        .values_list("site", "kind", "language", "channel", "version", "subject", "body")
    )
    return {
        (site, kind, language, channel): Words(version, subject, body)
        for site, kind, language, channel, version, subject, body in newest
        if body
    }


def words_in_force(site: Site, *, kind: MessageKind, language: Language, channel: Channel) -> Words:
    """What goes out now; version 0 for the shipped words."""
    own = own_words([site.pk]).get((site.pk, kind.value, language.value, channel.value))
    shipped = shipped_words(
        kind=kind.value, channel=channel, language=language.value, has_link=kind not in WITHOUT_LINK
    )
    return own or shipped


def last_version(site: Site, *, kind: MessageKind, language: Language, channel: Channel) -> int:
    """The newest version there is, in force or taken back; 0 for none."""
    rows = MessageTemplate.objects.filter(site=site, kind=kind.value, language=language.value, channel=channel.value)
    return rows.aggregate(newest=Max("version"))["newest"] or 0


def check_words(
    site: Site, *, kind: MessageKind, language: Language, channel: Channel, subject: str, body: str
) -> list[Wrong]:
    """Everything that speaks against the words, with the site's name and staff; nothing when they may go out."""
    members = Membership.objects.filter(site=site).values_list("user__name", flat=True)
    names = {part for name in members for part in name.split()}
    # A clinic that calls itself after somebody may say its own name.
    names -= set(site.name.split())
    return lint(
        channel=channel,
        language=language,
        subject=subject,
        body=body,
        sample=sample_of(site),
        needs=Needs(
            link=kind not in WITHOUT_LINK and kind is not MessageKind.NUDGE,
            may_link=kind not in WITHOUT_LINK,
            answers_arrive=bool(settings.WEBHOOK_SECRETS.get(Channel.SMS.value)),
        ),
        names=tuple(sorted(names)),
    )


def sample_of(site: Site) -> dict[str, str]:
    """What a sample patient would see in place of the marks."""
    return {
        "clinic": site.name,
        "phone": site.phone,
        "link": f"{settings.SITE_URL}/check-in/{_SECRET}/",
        "stop": f"{settings.SITE_URL}/stop/{_SECRET}/",
    }


def preview(site: Site, *, kind: MessageKind, language: Language, channel: Channel, subject: str, body: str) -> Message:
    """The message as a sample patient would get it; shipped words where these cannot be filled."""
    sample = sample_of(site)
    return render(
        key="sample",
        kind=kind.value,
        channel=channel,
        to="",
        language=language.value,
        clinic=sample["clinic"],
        phone=sample["phone"],
        address="" if kind in WITHOUT_LINK else sample["link"],
        stop_address=sample["stop"],
        own=Words(0, subject, body) if body else None,
    )


@one_transaction
def write_words(
    site: Site,
    *,
    kind: MessageKind,
    language: Language,
    channel: Channel,
    subject: str,
    body: str | None,
    expected_version: int,
    by: User,
    now: datetime,
) -> MessageTemplate:
    """A new version, in force at once. body None goes back to the shipped words.

    Raises WrongInput naming everything that speaks against the words, and Stale when somebody wrote a version since
    `expected_version` was read.
    """
    # The parent's lock: two who write at once would both be the next version.
    stored = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    subject = " ".join(subject.split())
    if kind in SPOKEN or channel is Channel.PHONE:
        raise WrongInput({"kind": ["Calls are made by people; there are no words to send."]})
    newest = last_version(stored, kind=kind, language=language, channel=channel)
    if newest != expected_version:
        raise Stale("Somebody else changed these words. Read them again, then repeat your change.")
    if body is not None:
        body = body.replace("\r\n", "\n").strip()
        wrong = check_words(stored, kind=kind, language=language, channel=channel, subject=subject, body=body)
        if wrong:
            raise WrongInput({field: [each.text for each in wrong if each.field == field] for field in _fields(wrong)})
    return MessageTemplate.objects.create(
        site=stored,
        kind=kind.value,
        language=language.value,
        channel=channel.value,
        version=newest + 1,
        subject=subject if body else "",
        body=body or "",
        written_at=now,
        written_by=by,
    )


def _fields(wrong: list[Wrong]) -> list[str]:
    return list(dict.fromkeys(each.field for each in wrong))
