"""By which channel a patient is written to, and why by none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from cases.rules.sending import Why
from cases.rules.terms import Channel


def channel_to_use(
    order: Sequence[Channel],
    *,
    agreed: Collection[Channel],
    refused: Collection[Channel],
    reachable: Callable[[Channel], bool],
    texts_can_go: bool,
    has_phone: bool,
    asked_for: bool = False,
) -> Channel | None:
    """The first channel in the patient's own order that they agreed to and that has an address; None: there is none.

    Who agreed to texts where none can be sent is called, unless they refused that: silence would tell nobody.
    asked_for: staff send it on the patient's word, so a channel that was never talked about will do.
    """
    for channel in order:
        if not reachable(channel) or (channel is Channel.SMS and not texts_can_go):
            continue
        if channel in agreed or (asked_for and channel not in refused):
            return channel
    left_without = Channel.SMS in agreed and not (texts_can_go and reachable(Channel.SMS))
    return Channel.PHONE if has_phone and left_without and Channel.PHONE not in refused else None


def why_no_channel(
    *,
    agreed: Collection[Channel],
    refused: Collection[Channel],
    has_address: Callable[[Channel], bool],
    has_failed: Callable[[Channel], bool],
) -> Why:
    """Why `channel_to_use` found none, in the words staff read."""
    if not agreed:
        return Why.OPTED_OUT if refused else Why.NO_CONSENT
    if any(has_failed(channel) for channel in agreed):
        return Why.CONTACT_FAILED
    return Why.NO_GATEWAY if any(has_address(channel) for channel in agreed) else Why.NO_ADDRESS
