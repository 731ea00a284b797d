"""Making an account, by invitation or where the operator allows it."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from project.accounts.forms import SignupForm
from project.accounts.models import Invitation, User
from tests.accounts.pages import (
    NEWCOMER,
    is_signed_in,
    looks_of,
    open_invitation,
    path_in,
    sign_in,
    sign_up,
    text_of,
)

pytestmark = pytest.mark.django_db

GONE = "This invitation does not work any more. Ask the person who sent it for a new link."


def test_sign_up_is_closed_without_an_invitation(visitor, alice):
    answer = visitor.get("/accounts/signup/")
    assert answer.status_code == 403
    assert "you need a link from somebody who is here" in text_of(answer)


def test_a_form_sent_without_an_invitation_makes_no_account(visitor, alice):
    assert sign_up(visitor).status_code == 403
    assert User.objects.get() == alice


def test_sign_up_is_open_where_the_operator_allows_it(visitor, alice, settings):
    settings.OPEN_SIGNUP = True
    assert "Create an account" in text_of(visitor.get("/accounts/login/"))
    sign_up(visitor)
    assert is_signed_in(visitor)


@pytest.mark.parametrize("end", ["revoke", "delete"])
def test_an_invitation_that_ends_before_sign_up_is_refused(visitor, invitation, end):
    open_invitation(visitor, invitation)
    getattr(invitation, end)()
    assert sign_up(visitor).status_code == 403
    assert User.objects.count() == 1


def test_an_invitation_that_ends_while_the_form_is_sent_is_refused(visitor, invitation, monkeypatch):
    open_invitation(visitor, invitation)
    monkeypatch.setattr("project.accounts.forms.make_password", lambda password: invitation.revoke() or "!")
    answer = sign_up(visitor)
    assert (answer.status_code, GONE in text_of(answer)) == (404, True)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("display_name", "a\0b" + "x" * 100),
        ("display_name", "\u200e\u202e"),
        ("display_name", "Deleted account"),
        ("email", ""),
        ("email", "dave"),
        ("email", "a\0b@example.org"),
        ("email", "x" * 300 + "@example.org"),
        ("password1", ""),
        ("password1", "1234567"),
        ("password1", "dave@example.org"),
        ("password1", "x" * 1001),
        ("password1", "twelve \0 signs"),
    ],
)
def test_a_wrong_field_of_sign_up_is_shown_and_makes_no_account(visitor, invitation, field, value):
    open_invitation(visitor, invitation)
    answer = sign_up(visitor, **{field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in text_of(answer)
    assert User.objects.count() == 1


def test_a_password_is_never_written_back_into_the_page(visitor, invitation):
    open_invitation(visitor, invitation)
    answer = sign_up(visitor, email="nobody")
    assert NEWCOMER["password1"] not in text_of(answer)


def test_an_address_has_one_account(visitor, invitation):
    open_invitation(visitor, invitation)
    answer = sign_up(visitor, email="ALICE@example.org")
    assert answer.status_code == 422
    assert User.objects.count() == 1


def test_two_forms_with_the_same_address_at_once_make_one_account(visitor, invitation, monkeypatch):
    open_invitation(visitor, invitation)
    monkeypatch.setattr(SignupForm, "validate_unique_email", lambda self, email: email)
    answer = sign_up(visitor, email="alice@example.org")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/signup/")
    assert "cannot be used here" in text_of(visitor.get("/accounts/signup/"))
    assert User.objects.count() == 1


def test_without_a_mail_server_nothing_is_sent_and_the_address_stays_unverified(visitor, invitation, mailoutbox):
    open_invitation(visitor, invitation)
    sign_up(visitor)
    assert not mailoutbox
    assert not EmailAddress.objects.get(email="dave@example.org").verified


@pytest.mark.usefixtures("mail_server")
class TestWithAMailServer:
    def test_a_new_account_must_confirm_its_address(self, visitor, invitation, mailoutbox):
        open_invitation(visitor, invitation)
        assert sign_up(visitor).headers["Location"] == "/accounts/confirm-email/"
        assert not is_signed_in(visitor)
        visitor.post(path_in(mailoutbox[0].body))
        sign_in(visitor, "dave@example.org")
        assert is_signed_in(visitor)

    def test_looking_at_the_link_of_an_e_mail_confirms_nothing(self, visitor, invitation, mailoutbox):
        open_invitation(visitor, invitation)
        sign_up(visitor)
        page = text_of(visitor.get(path_in(mailoutbox[0].body)))
        assert "Yes, confirm it" in page
        assert not EmailAddress.objects.get(email="dave@example.org").verified

    def test_sign_up_does_not_tell_whether_an_address_has_an_account(self, invitation, bob, mailoutbox):
        fresh, taken = Client(), Client()
        for browser, address in ((fresh, "dave@example.org"), (taken, "bob@example.org")):
            open_invitation(browser, invitation)
            answer = sign_up(browser, email=address)
            assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/confirm-email/")
        pages = [looks_of(browser.get("/accounts/confirm-email/")) for browser in (fresh, taken)]
        assert pages[0].replace("dave@", "bob@") == pages[1]
        assert fresh.get("/accounts/signup/").status_code == taken.get("/accounts/signup/").status_code == 403

    def test_the_owner_of_a_taken_address_is_told(self, visitor, invitation, bob, mailoutbox):
        open_invitation(visitor, invitation)
        sign_up(visitor, email="bob@example.org")
        assert mailoutbox[0].to == ["bob@example.org"]
        assert "You have one already" in mailoutbox[0].body

    def test_a_taken_address_costs_the_same_slow_step(self, visitor, invitation, bob, monkeypatch):
        hashed = []
        monkeypatch.setattr("project.accounts.forms.make_password", lambda password: hashed.append(password) or "!")
        open_invitation(visitor, invitation)
        sign_up(visitor, email="bob@example.org")
        assert hashed == [NEWCOMER["password1"]]


@pytest.fixture
def sent_to_dave(alice):
    return Invitation.objects.create(inviter=alice, max_uses=1, is_personal=True, address="dave@example.org")


def come_by(visitor, invitation):
    """Let visitor have followed the link of an invitation, as the pages of the chat do it."""
    session = visitor.session
    session["invitation"] = invitation.public_id
    session.save()


def test_who_signs_up_by_a_link_that_was_sent_to_their_address_has_confirmed_it(
    visitor, sent_to_dave, mail_server, mailoutbox
):
    come_by(visitor, sent_to_dave)
    assert sign_up(visitor).headers["Location"] == "/"
    assert is_signed_in(visitor)
    assert EmailAddress.objects.get(email="dave@example.org").verified
    assert not mailoutbox


def test_such_a_link_confirms_no_other_address(visitor, sent_to_dave, mail_server):
    come_by(visitor, sent_to_dave)
    sign_up(visitor, email="mallory@example.org")
    assert [address.email for address in EmailAddress.objects.all()] == ["dave@example.org"]


def test_the_proof_is_gone_with_the_sign_up(visitor, sent_to_dave, mail_server, settings):
    settings.OPEN_SIGNUP = True
    come_by(visitor, sent_to_dave)
    sign_up(visitor)
    visitor.post("/accounts/logout/")
    User.objects.get(email="dave@example.org").delete()
    sign_up(visitor)
    assert not EmailAddress.objects.get(email="dave@example.org").verified


def test_such_a_link_says_that_the_address_has_an_account(visitor, sent_to_dave, mail_server, mailoutbox):
    User.objects.create_user("dave@example.org", "x" * 12, display_name="Dave")
    come_by(visitor, sent_to_dave)
    answer = sign_up(visitor)
    assert answer.status_code == 422
    assert "There is an account with this address already" in text_of(answer)
    assert not mailoutbox
