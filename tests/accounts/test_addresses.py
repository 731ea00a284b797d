"""Changing the e-mail address of an account."""

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db import IntegrityError, transaction
from django.test import Client

from project.accounts.models import User
from tests.accounts.pages import is_signed_in, path_in, sign_in, text_of
from tests.cast import PASSWORD, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def verified(alice: User) -> User:
    alice.confirm_address()
    return alice


def change(browser: Client, address: str):
    """Ask for another address, and say who one is when asked."""
    answer = browser.post("/accounts/email/", {"email": address, "action_add": ""})
    if answer.headers.get("Location", "").startswith("/accounts/reauthenticate/"):
        answer = browser.post(answer.headers["Location"], {"password": PASSWORD})
    return answer


def address_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


def test_a_new_address_counts_only_when_it_is_confirmed(verified, mailoutbox):
    browser = signed_in(verified)
    change(browser, "New@Example.org")
    assert address_of(verified) == "alice@example.org"
    assert mailoutbox[0].to == ["new@example.org"]
    browser.post(path_in(mailoutbox[0].body))
    assert address_of(verified) == "new@example.org"


def test_after_the_change_only_the_new_address_signs_in(verified, mailoutbox):
    browser = signed_in(verified)
    change(browser, "new@example.org")
    browser.post(path_in(mailoutbox[0].body))
    old, new = Client(), Client()
    sign_in(old, "alice@example.org")
    sign_in(new, "new@example.org")
    assert (is_signed_in(old), is_signed_in(new)) == (False, True)
    assert EmailAddress.objects.get().email == "new@example.org"


def test_the_password_is_asked_for_first(verified, mailoutbox):
    answer = signed_in(verified).post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert answer.headers["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
    assert not mailoutbox


def test_a_wrong_password_changes_nothing(verified, mailoutbox):
    browser = signed_in(verified)
    answer = browser.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    answer = browser.post(answer.headers["Location"], {"password": "wrong horse"})
    assert answer.status_code == 422
    assert not mailoutbox


def test_the_wish_can_be_taken_back(verified, mailoutbox):
    browser = signed_in(verified)
    change(browser, "new@example.org")
    browser.post("/accounts/email/", {"email": "new@example.org", "action_remove": ""})
    browser.post(path_in(mailoutbox[0].body))
    assert address_of(verified) == "alice@example.org"
    assert EmailAddress.objects.get().email == "alice@example.org"


def test_an_account_whose_address_was_never_confirmed_keeps_it_until_the_change(alice, mailoutbox):
    EmailAddress.objects.create(user=alice, email="alice@example.org", primary=True, verified=False)
    browser = signed_in(alice)
    change(browser, "new@example.org")
    assert address_of(alice) == "alice@example.org"
    browser.post(path_in(mailoutbox[0].body))
    assert address_of(alice) == "new@example.org"


def test_an_address_that_nobody_confirmed_cannot_be_made_the_main_one(alice, mailoutbox):
    EmailAddress.objects.create(user=alice, email="alice@example.org", primary=True, verified=False)
    browser = signed_in(alice)
    change(browser, "new@example.org")
    answer = browser.post("/accounts/email/", {"email": "new@example.org", "action_primary": ""})
    assert answer.status_code == 302
    assert address_of(alice) == "alice@example.org"


def test_another_wish_takes_the_place_of_the_first(verified, mailoutbox):
    browser = signed_in(verified)
    change(browser, "first@example.org")
    change(browser, "second@example.org")
    browser.post(path_in(mailoutbox[0].body))
    assert address_of(verified) == "alice@example.org"
    browser.post(path_in(mailoutbox[1].body))
    assert address_of(verified) == "second@example.org"


def test_the_address_of_somebody_else_is_not_told_and_not_given(verified, bob, mailoutbox):
    browser = signed_in(verified)
    assert change(browser, "bob@example.org").headers["Location"] == "/accounts/email/"
    browser.post(path_in(mailoutbox[0].body))
    assert (address_of(verified), address_of(bob)) == ("alice@example.org", "bob@example.org")
    assert "belongs to another account" in text_of(browser.get("/accounts/email/"))


def test_of_two_who_confirm_the_same_address_one_gets_it(verified, bob):
    bob.confirm_address()
    for person in (verified, bob):
        browser = signed_in(person)
        change(browser, "shared@example.org")
        wish = EmailAddress.objects.get(user=person, email="shared@example.org")
        browser.post(f"/accounts/confirm-email/{EmailConfirmationHMAC(wish).key}/")
    assert (address_of(verified), address_of(bob)) == ("shared@example.org", "bob@example.org")


def test_who_asks_again_too_soon_is_told_to_wait(verified, mailoutbox):
    browser = signed_in(verified)
    change(browser, "new@example.org")
    page = browser.post("/accounts/email/", {"email": "new@example.org", "action_send": ""}, follow=True)
    assert "Wait three minutes" in text_of(page)
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(
    "address", ["", "nobody", "a\0b@example.org", "x" * 300 + "@example.org", "alice@example.org", "ALICE@example.org"]
)
def test_an_address_that_makes_no_sense_is_refused(verified, address):
    answer = change(signed_in(verified), address)
    assert answer.status_code == 422
    assert 'id="id_email_error"' in text_of(answer)


@pytest.mark.parametrize("action", ["action_send", "action_remove", "action_primary", "action_nonsense"])
@pytest.mark.parametrize("address", ["bob@example.org", "a\0b@example.org", "x" * 9999, "nobody"])
def test_nothing_can_be_done_to_an_address_of_somebody_else(verified, bob, action, address, mailoutbox):
    bob.confirm_address()
    answer = signed_in(verified).post("/accounts/email/", {"email": address, action: ""})
    assert answer.status_code == 302
    assert not mailoutbox
    assert EmailAddress.objects.filter(user=bob, verified=True, primary=True).exists()


def test_a_visitor_cannot_change_an_address(visitor, verified):
    assert change(visitor, "new@example.org").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("key", ["x", "MQ:1abc:def", "a" * 3000])
def test_a_link_that_is_not_ours_confirms_nothing(visitor, alice, key):
    assert "This link does not work any more" in text_of(visitor.get(f"/accounts/confirm-email/{key}/"))
    assert visitor.post(f"/accounts/confirm-email/{key}/").status_code == 404


@pytest.mark.usefixtures("mail_server")
def test_the_old_address_hears_of_the_change(verified, mailoutbox):
    browser = signed_in(verified)
    change(browser, "new@example.org")
    browser.post(path_in(mailoutbox[0].body))
    assert mailoutbox[1].to == ["alice@example.org"]
    assert "from alice@example.org to new@example.org" in mailoutbox[1].body


def test_addresses_are_kept_in_lower_case(alice):
    alice.email = "Alice.New@Example.ORG"
    alice.save()
    assert address_of(alice) == "alice.new@example.org"
    assert User.objects.get(email="ALICE.new@example.org") == alice


def test_the_database_knows_no_second_account_with_the_same_address(alice, bob):
    bob.email = "ALICE@example.org"
    with pytest.raises(IntegrityError), transaction.atomic():
        bob.save()
