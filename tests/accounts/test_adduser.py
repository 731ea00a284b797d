"""manage.py adduser"""

import io
import sys

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from project.accounts.models import Server, User
from tests.accounts.pages import is_signed_in, sign_in
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def add(monkeypatch):
    def add(*arguments: str, password: str | bytes = f"{PASSWORD}\n") -> str:
        raw = password.encode() if isinstance(password, str) else password
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        said = io.StringIO()
        call_command("adduser", *arguments, "--password-stdin", stdout=said)
        return said.getvalue()

    return add


def test_an_account_can_sign_in_at_once(add, visitor):
    assert add("Dora@Example.org", "--name", "Dora") == "dora@example.org can sign in now.\n"
    sign_in(visitor, "dora@example.org")
    assert is_signed_in(visitor)


@pytest.mark.usefixtures("mail_server")
def test_its_address_is_verified(add, visitor):
    add("dora@example.org", "--name", "Dora")
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == ("dora@example.org", True, True)
    sign_in(visitor, "dora@example.org")
    assert is_signed_in(visitor)


@pytest.mark.parametrize("staff", [True, False])
def test_staff_is_an_administrator(add, staff):
    add("dora@example.org", "--name", "Dora", *(["--staff"] if staff else []))
    dora = User.objects.get()
    assert dora.is_staff == dora.is_superuser == staff


def test_the_server_is_set_up_then(add, visitor):
    add("dora@example.org", "--name", "Dora")
    assert Server.objects.exists()
    assert visitor.get("/welcome/").status_code == 404


@pytest.mark.parametrize(
    ("arguments", "password", "sentence"),
    [
        ([], PASSWORD, "Name the e-mail address of the account."),
        (["dora"], PASSWORD, "Enter a valid email address."),
        (["a\0b@example.org"], PASSWORD, "Enter a valid email address."),
        (["dora@example.org"], PASSWORD, "Enter a name that people can see."),
        (["dora@example.org", "--name", "x" * 101], PASSWORD, "The name may have at most 100 characters."),
        (["ALICE@example.org", "--name", "Al"], PASSWORD, "There is already an account with the address alice@"),
        (["dora@example.org", "--name", "Dora"], "", "There is no password on standard input."),
        (["dora@example.org", "--name", "Dora"], "short", "This password is too short."),
        (["dora@example.org", "--name", "Dora"], "nul \0 inside it", "A password is one line of at most"),
        (["dora@example.org", "--name", "Dora"], "x" * 1001, "A password is one line of at most"),
        (["dora@example.org", "--name", "Dora"], b"\xff\xfe\xfd\xfc", "is not UTF-8 text."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(add, alice, arguments, password, sentence):
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        add(*arguments, password=password)
    assert User.objects.get() == alice


def test_a_password_is_not_taken_from_the_command_line():
    with pytest.raises(CommandError, match="--password-stdin"):
        call_command("adduser", "dora@example.org", "--name", "Dora")
