"""E-mail leaves by the worker, so that no page waits for a mail server.

A message is queued as plain data when the transaction that wrote it commits, and delivered by
settings.DELIVERY_EMAIL_BACKEND with several tries. Messages hold links that are as good as a password, so nothing
of them is logged, neither here nor in what is raised.
"""

import os
import secrets
from collections.abc import Sequence
from email.mime.base import MIMEBase
from email.utils import formatdate, make_msgid, parseaddr
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone
from huey.contrib.djhuey import task

TRIES_AFTER_FIRST = 8
FIRST_WAIT_S = 15  # doubles with every try: an hour in all


class Letter(TypedDict):
    """A message as data."""

    subject: str
    body: str
    subtype: str
    sender: str
    to: list[str]
    cc: list[str]
    bcc: list[str]
    reply_to: list[str]
    headers: dict[str, str]
    alternatives: list[tuple[Any, str]]
    attachments: list[tuple[Any, ...]]


class DeliveryFailed(Exception):
    """A message was not taken; it is tried again. Says by which error, never which message."""


def letter_from(message: EmailMessage) -> Letter:
    """Return message as data. Date and Message-ID are set now: the same through all tries, so it counts once."""
    if any(isinstance(attachment, MIMEBase) for attachment in message.attachments):
        raise TypeError("Attach files as (name, content, type), so that they can wait in the queue.")
    domain = parseaddr(message.from_email)[1].rpartition("@")[2] or "localhost"
    stamps = {"Date": formatdate(), "Message-ID": make_msgid(domain=domain)}
    return Letter(
        subject=str(message.subject),
        body=str(message.body),
        subtype=message.content_subtype,
        sender=message.from_email,
        to=[*message.to],
        cc=[*message.cc],
        bcc=[*message.bcc],
        reply_to=[*message.reply_to],
        headers={**stamps, **message.extra_headers},
        alternatives=[(content, kind) for content, kind in getattr(message, "alternatives", [])],
        attachments=[tuple(attachment) for attachment in message.attachments],
    )


def message_from(letter: Letter) -> EmailMessage:
    """Return the message that letter_from turned into data."""
    message = EmailMultiAlternatives(
        letter["subject"],
        letter["body"],
        letter["sender"],
        letter["to"],
        bcc=letter["bcc"],
        cc=letter["cc"],
        reply_to=letter["reply_to"],
        headers=letter["headers"],
        attachments=letter["attachments"],
        alternatives=letter["alternatives"],
    )
    message.content_subtype = letter["subtype"]
    return message


@task(retries=TRIES_AFTER_FIRST, retry_delay=FIRST_WAIT_S, retry_backoff=2)
def deliver(letter: Letter) -> None:
    """Hand one message to the mail server. Raises DeliveryFailed, upon which Huey tries again later."""
    connection = get_connection(settings.DELIVERY_EMAIL_BACKEND)
    try:
        connection.send_messages([message_from(letter)])
    except OSError as error:  # smtplib's errors are among them, and quote addresses
        raise DeliveryFailed(f"The mail server did not take a message ({type(error).__name__}).") from None


class QueuedEmailBackend(BaseEmailBackend):
    """Django's mail functions end here: every message goes into the queue, on commit."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        letters = [letter_from(message) for message in email_messages if message.recipients()]
        for letter in letters:
            transaction.on_commit(partial(deliver, letter))
        return len(letters)


class FolderEmailBackend(BaseEmailBackend):
    """Without a mail server: one file per message in EMAIL_FILE_PATH, for the operator's eyes only."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        for message in email_messages:
            path = folder / f"{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}.eml"
            with open(path, "xb", opener=partial(os.open, mode=0o600)) as file:
                file.write(message.message().as_bytes())
        return len(email_messages)
