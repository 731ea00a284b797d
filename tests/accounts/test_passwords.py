"""Changing a password, and getting a new one by e-mail."""

import pytest
from django.db.models.signals import post_save
from django.test import Client

from project.accounts.models import User
from tests.accounts.pages import is_signed_in, looks_of, path_in, sign_in, text_of
from tests.cast import PASSWORD, signed_in

pytestmark = pytest.mark.django_db

NEW = "a new pony every day"


def change(browser: Client, old: str = PASSWORD, new: str = NEW):
    return browser.post("/accounts/password/change/", {"oldpassword": old, "password1": new})


def test_who_changes_the_password_stays_signed_in(alice):
    browser = signed_in(alice)
    assert change(browser).headers["Location"] == "/settings/"
    assert is_signed_in(browser)


def test_a_changed_password_signs_other_devices_out(alice):
    here, there = signed_in(alice), signed_in(alice)
    assert is_signed_in(there)
    change(here)
    assert not is_signed_in(there)


def test_only_the_new_password_opens_the_door(alice):
    change(signed_in(alice))
    old, new = Client(), Client()
    sign_in(old, "alice@example.org")
    sign_in(new, "alice@example.org", NEW)
    assert (is_signed_in(old), is_signed_in(new)) == (False, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wrong", NEW),
        (PASSWORD, "short"),
        (PASSWORD, ""),
        ("", NEW),
        (PASSWORD, "a\0b" * 5),
        (PASSWORD, "alice@example.org"),
    ],
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(alice, old, new):
    answer = change(signed_in(alice), old, new)
    assert answer.status_code == 422
    assert 'class="errors"' in text_of(answer)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_visitor_cannot_change_a_password(visitor, alice):
    assert change(visitor).headers["Location"].startswith("/accounts/login/")


def test_the_change_is_saved_in_the_way_that_others_hear_of(alice):
    browser, heard = signed_in(alice), []

    def hear(update_fields, **kwargs):
        heard.append(update_fields is None or "password" in update_fields)

    post_save.connect(hear, sender=User)
    try:
        change(browser)
    finally:
        post_save.disconnect(hear, sender=User)
    assert any(heard)


def test_an_account_without_a_password_chooses_one(alice):
    alice.set_unusable_password()
    alice.save()
    browser = signed_in(alice)
    assert change(browser).headers["Location"] == "/accounts/password/set/"
    browser.post("/accounts/password/set/", {"password1": NEW})
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def ask(browser: Client, address: str):
    return browser.post("/accounts/password/reset/", {"email": address})


def test_a_new_password_by_e_mail(visitor, alice, mailoutbox):
    ask(visitor, "ALICE@example.org")
    path = visitor.get(path_in(mailoutbox[0].body)).headers["Location"]
    assert "Choose a new password" in text_of(visitor.get(path))
    assert visitor.post(path, {"password1": NEW}).headers["Location"] == "/accounts/password/reset/key/done/"
    sign_in(visitor, "alice@example.org", NEW)
    assert is_signed_in(visitor)


def test_a_new_password_by_e_mail_signs_every_device_out(visitor, alice, mailoutbox):
    device = signed_in(alice)
    ask(visitor, "alice@example.org")
    path = visitor.get(path_in(mailoutbox[0].body)).headers["Location"]
    assert is_signed_in(device)
    visitor.post(path, {"password1": NEW})
    assert not is_signed_in(device)


def test_the_link_works_once(visitor, alice, mailoutbox):
    ask(visitor, "alice@example.org")
    link = path_in(mailoutbox[0].body)
    visitor.post(visitor.get(link).headers["Location"], {"password1": NEW})
    assert "This link does not work any more" in text_of(Client().get(link))


def test_a_weak_new_password_is_refused(visitor, alice, mailoutbox):
    ask(visitor, "alice@example.org")
    path = visitor.get(path_in(mailoutbox[0].body)).headers["Location"]
    assert visitor.post(path, {"password1": "short"}).status_code == 422


@pytest.mark.parametrize("key", ["1-abc-def", "zzzzzzzzzzzzz-abc-def", "0-set-password", "1-set-password"])
def test_a_link_that_is_not_ours_resets_nothing(visitor, alice, key):
    answer = visitor.get(f"/accounts/password/reset/key/{key}/")
    assert "This link does not work any more" in text_of(answer)
    visitor.post(f"/accounts/password/reset/key/{key}/", {"password1": NEW})
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_links_start_with_the_origin_and_not_with_the_host_of_the_request(visitor, alice, mailoutbox, settings):
    settings.ORIGIN = "https://chat.example.org"
    ask(visitor, "alice@example.org")
    assert "https://chat.example.org/accounts/password/reset/key/" in mailoutbox[0].body
    assert "testserver" not in mailoutbox[0].body


def test_a_reset_does_not_tell_whether_there_is_an_account(alice, mailoutbox):
    present, absent = Client(), Client()
    answers = [ask(present, "alice@example.org"), ask(absent, "nobody@example.org")]
    assert [answer.headers["Location"] for answer in answers] == ["/accounts/password/reset/done/"] * 2
    pages = [looks_of(browser.get("/accounts/password/reset/done/")) for browser in (present, absent)]
    assert pages[0] == pages[1]
    assert [message.to for message in mailoutbox] == [["alice@example.org"], ["nobody@example.org"]]
    assert "there is no account" in mailoutbox[1].body


def test_a_disabled_account_gets_no_link(visitor, alice, mailoutbox):
    User.objects.update(is_active=False)
    ask(visitor, "alice@example.org")
    assert "/password/reset/key/" not in mailoutbox[0].body


@pytest.mark.parametrize("address", ["", "nobody", "a\0b@example.org", "x" * 300 + "@example.org"])
def test_an_address_that_could_not_be_one_is_refused(visitor, alice, address):
    assert ask(visitor, address).status_code == 422


def test_nobody_is_flooded_with_links(visitor, alice, mailoutbox):
    answers = [ask(visitor, "alice@example.org").status_code for _ in range(7)]
    assert answers[-1] == 429
    assert len(mailoutbox) == 5


@pytest.mark.usefixtures("mail_server")
def test_a_change_is_told_by_e_mail(alice, mailoutbox):
    alice.confirm_address()
    change(signed_in(alice))
    assert "the password of your account was changed" in mailoutbox[0].body
    assert NEW not in mailoutbox[0].body


@pytest.mark.parametrize("sends", [True, False])
def test_people_are_told_when_the_server_sends_no_e_mail(visitor, alice, settings, sends):
    settings.EMAIL_URL = "smtp://localhost" if sends else ""
    assert ("does not send e-mail yet" in text_of(visitor.get("/accounts/password/reset/"))) is not sends
