"""E-mail over SMTP: one conversation per message, and the exact point from which it may have arrived."""

from __future__ import annotations

import contextlib
import smtplib
import socket
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

from cases.messages.deadline import Deadline
from cases.messages.render import Message
from cases.messages.results import Outcome, Sent

# The end of the message's body: once it is out, only the other side knows whether it took it.
FINAL_DOT = b"\r\n.\r\n"
MOST_SECONDS = 30.0
# Answers that say "not this address, ever"; other refusals may pass (RFC 5321, RFC 3463).
FOR_GOOD = frozenset({501, 510, 511, 512, 513, 521, 541, 550, 551, 552, 553, 554, 555, 556})
# Of these, the ones about the mailbox; the others are about our message or our standing.
WRONG_ADDRESS = frozenset({501, 510, 511, 512, 513, 550, 551, 553, 556})


def send(message: Message) -> Sent:
    """Send one e-mail; never raises for what a mail server can do."""
    with Deadline(MOST_SECONDS) as deadline:
        backend = _Backend(deadline)
        try:
            backend.open()
            return _converse(backend.opened[-1], message)
        except (smtplib.SMTPException, OSError) as error:
            return Sent(Outcome.RETRY, f"no connection: {_named(error)}")
        finally:
            # All of them: after a failed sign-in or TLS Django keeps the connection open and to itself.
            for conversation in backend.opened:
                conversation.close()


def _converse(connection: _Watched, message: Message) -> Sent:
    try:
        sender = sanitize_address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], "utf-8")
        recipient = sanitize_address(message.to, "utf-8")
        connection.sendmail(sender, [recipient], _as_mime(message))
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.quit()  # only manners: the message was accepted above
    except (ValueError, UnicodeError, smtplib.SMTPNotSupportedError) as error:
        return Sent(Outcome.REFUSED, f"the address cannot be used: {_named(error)}", wrong_address=True)
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()))
        return _refusal(code, about_recipient=True)
    except smtplib.SMTPSenderRefused as error:
        return Sent(Outcome.RETRY, f"our sender was refused: {error.smtp_code}")
    except smtplib.SMTPResponseException as error:
        return _refusal(error.smtp_code)
    except (smtplib.SMTPException, OSError) as error:
        if connection.in_doubt:
            return Sent(Outcome.AMBIGUOUS, f"no answer after the message: {_named(error)}")
        return Sent(Outcome.RETRY, f"cut off before the message: {_named(error)}")
    return Sent(Outcome.ACCEPTED)


def _refusal(code: int, *, about_recipient: bool = False) -> Sent:
    outcome = Outcome.REFUSED if code in FOR_GOOD else Outcome.RETRY
    # 550 is the answer to an unknown mailbox wherever in the talk it comes; the rest counts as an answer to RCPT only.
    wrong = code in WRONG_ADDRESS and (about_recipient or code == 550)
    return Sent(outcome, f"the mail server answered {code}", wrong_address=wrong)


def _as_mime(message: Message) -> bytes:
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.to],
        headers={
            # The same on every attempt: mailboxes drop the second copy of one Message-ID.
            "Message-ID": f"<{message.key}@{message.domain}>",
            "Auto-Submitted": "auto-generated",
            # The mail program's own button presses the stop page once (RFC 8058).
            "List-Unsubscribe": f"<{message.stop_address}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(message.html, "text/html")
    return mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]


def _named(error: Exception) -> str:
    # Never the text: servers repeat the address in it.
    return type(error).__name__


class _Watched(smtplib.SMTP):
    """Knows whether a message was handed over and not yet answered."""

    backend: _Backend
    in_doubt = False

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self.backend.deadline.watch(connection)
        self.backend.opened.append(self)
        return connection

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        self.in_doubt = self.in_doubt or (isinstance(s, bytes) and s.endswith(FINAL_DOT))
        super().send(s)

    def data(self, msg: bytes | str) -> tuple[int, bytes]:  # type: ignore[override]
        answer = super().data(msg)
        self.in_doubt = False
        return answer


class _WatchedOverTLS(_Watched, smtplib.SMTP_SSL):
    pass


class _Backend(EmailBackend):
    """Django's own connection, sign-in and TLS settings, over a watched conversation."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(timeout=settings.EMAIL_TIMEOUT)
        self.deadline = deadline
        self.opened: list[_Watched] = []

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        base = _WatchedOverTLS if self.use_ssl else _Watched
        return type(base.__name__, (base,), {"backend": self})
