"""E-mail on its way through the queue."""

import logging
import smtplib
import stat
from email import message_from_bytes
from pathlib import Path

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from project.mail import DeliveryFailed, deliver, letter_from, message_from

SECRET = "https://chat.example.org/accounts/password/reset/key/SECRET/"


@pytest.fixture(autouse=True)
def _queued(settings):
    settings.EMAIL_BACKEND = "project.mail.QueuedEmailBackend"
    settings.DELIVERY_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


class BrokenBackend(BaseEmailBackend):
    def send_messages(self, email_messages):
        raise smtplib.SMTPRecipientsRefused({"alice@example.org": (550, SECRET.encode())})


def message(**fields) -> EmailMultiAlternatives:
    return EmailMultiAlternatives(
        **{"subject": "Hello", "body": SECRET, "from_email": "Parley <parley@chat.example.org>", "to": ["a@b.org"]}
        | fields
    )


@pytest.mark.django_db(transaction=True)
def test_a_message_arrives(mailoutbox):
    message().send()
    assert [(sent.subject, sent.body, sent.to) for sent in mailoutbox] == [("Hello", SECRET, ["a@b.org"])]


@pytest.mark.django_db
def test_a_message_leaves_when_what_it_speaks_of_is_sure(mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        message().send()
        assert not mailoutbox
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_sends_nothing(mailoutbox):
    with transaction.atomic():
        message().send()
        transaction.set_rollback(True)
    assert not mailoutbox


def test_a_message_survives_the_queue_whole():
    sent = message(cc=["c@b.org"], bcc=["d@b.org"], reply_to=["e@b.org"], headers={"X-Kind": "test"})
    sent.attach_alternative("<p>Hello</p>", "text/html")
    sent.attach("notes.txt", "čeština", "text/plain")
    arrived = message_from(letter_from(sent))
    assert arrived.recipients() == sent.recipients()
    parts = list(message_from_bytes(arrived.message().as_bytes()).walk())
    kinds = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/plain"]
    assert [part.get_content_type() for part in parts] == kinds
    assert parts[-1].get_payload(decode=True).decode() == "čeština"
    assert arrived.message()["X-Kind"] == "test"
    assert arrived.message()["Reply-To"] == "e@b.org"


def test_a_message_of_html_alone_stays_html():
    sent = message(body="<p>Hello</p>")
    sent.content_subtype = "html"
    assert message_from(letter_from(sent)).message().get_content_type() == "text/html"


def test_the_queue_holds_plain_data():
    def is_plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
        if isinstance(value, list | tuple):
            return all(is_plain(item) for item in value)
        return type(value) in {str, bytes, type(None)}

    sent = message()
    sent.attach_alternative("<p>Hello</p>", "text/html")
    sent.attach("a.bin", b"\0\1", "application/octet-stream")
    assert is_plain(letter_from(sent))


def test_all_tries_are_one_message_to_its_reader():
    letter = letter_from(message())
    first, second = message_from(letter).message(), message_from(letter).message()
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@chat.example.org>")
    assert first["Date"] == second["Date"]


def test_a_message_to_nobody_is_not_sent(mailoutbox):
    assert mail.get_connection().send_messages([message(to=[])]) == 0


def test_a_server_that_refuses_is_asked_again(settings):
    task = deliver.s(letter_from(message()))
    assert task.retries >= 5
    settings.DELIVERY_EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    with pytest.raises(DeliveryFailed):
        deliver.call_local(letter_from(message()))


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_message_is_logged(settings, caplog):
    settings.DELIVERY_EMAIL_BACKEND = f"{__name__}.BrokenBackend"
    caplog.set_level(logging.DEBUG)
    message(to=["alice@example.org"]).send()
    assert "SMTPRecipientsRefused" in caplog.text
    assert "SECRET" not in caplog.text
    assert "alice@example.org" not in caplog.text


def test_without_a_mail_server_messages_wait_in_a_folder_of_the_operator(settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.DELIVERY_EMAIL_BACKEND = "project.mail.FolderEmailBackend"
    deliver.call_local(letter_from(message()))
    [file] = Path(settings.EMAIL_FILE_PATH).iterdir()
    assert SECRET in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_without_a_mail_server_the_folder_is_in_the_data_folder():
    from project import settings as made

    assert made.DELIVERY_EMAIL_BACKEND == "project.mail.FolderEmailBackend"
    assert Path(made.EMAIL_FILE_PATH) == made.PARLEY_DATA / "mail"


def test_an_attachment_that_is_no_data_is_refused_when_it_is_sent():
    from email.mime.image import MIMEImage

    sent = EmailMessage("Hello", "x", to=["a@b.org"])
    sent.attach(MIMEImage(b"x", "png"))
    with pytest.raises(TypeError):
        letter_from(sent)
