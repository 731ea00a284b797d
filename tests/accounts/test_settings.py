"""One's own account: name, time zone, and its end."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from chat.models import Conversation
from project.accounts.models import Invitation, Server, User
from tests.accounts.pages import HOSTILE_NAMES, is_signed_in, sign_in, text_of
from tests.cast import PASSWORD, signed_in

pytestmark = pytest.mark.django_db


def save(browser: Client, **fields: str):
    return browser.post("/settings/", {"display_name": "Alice", "time_zone": "UTC", **fields})


def delete(browser: Client, password: str = PASSWORD):
    return browser.post("/settings/delete/", {"password": password})


def test_people_change_their_name_and_time_zone(alice):
    save(signed_in(alice), display_name="Alice  B.", time_zone="Asia/Tokyo")
    alice.refresh_from_db()
    assert (alice.display_name, alice.time_zone) == ("Alice B.", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("display_name", " \u3164 "),
        ("display_name", "x" * 101),
        ("display_name", "a\0b"),
        ("display_name", "deleted ACCOUNT"),
        ("time_zone", ""),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "a\0b"),
    ],
)
def test_a_wrong_field_is_shown_and_changes_nothing(alice, field, value):
    answer = save(signed_in(alice), **{field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in text_of(answer)
    alice.refresh_from_db()
    assert (alice.display_name, alice.time_zone) == ("Alice", "UTC")


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_only_text_on_every_page_of_accounts(alice, name):
    browser = signed_in(alice)
    save(browser, display_name=name)
    for path in ("/settings/", "/invitations/", "/accounts/email/", "/settings/delete/"):
        page = text_of(browser.get(path))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<svg" not in page
        assert ' onmouseover="' not in page
        assert "' onmouseover" not in page


def test_settings_change_only_what_they_are_about(alice):
    save(signed_in(alice), is_staff="on", is_superuser="on", email="evil@example.org")
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser, alice.email) == (False, False, "alice@example.org")


def test_settings_lead_to_what_else_there_is(alice):
    page = text_of(signed_in(alice).get("/settings/"))
    assert all(
        f'"{path}"' in page
        for path in ("/accounts/email/", "/accounts/password/change/", "/invitations/", "/settings/delete/")
    )
    assert "/admin/" not in page


def test_an_administrator_finds_the_administration(alice):
    alice.is_staff = True
    alice.save()
    assert "/admin/" in text_of(signed_in(alice).get("/settings/"))


@pytest.mark.parametrize("path", ["/settings/", "/settings/picture/", "/settings/picture/remove/", "/settings/delete/"])
def test_a_visitor_must_sign_in(visitor, alice, path):
    for answer in (visitor.get(path), visitor.post(path)):
        assert answer.headers["Location"] == f"/accounts/login/?next={path}"


def test_deleting_an_account_says_what_stays(alice):
    assert "stay with the people to whom you wrote them" in text_of(signed_in(alice).get("/settings/delete/"))


def test_people_delete_their_account(alice):
    browser = signed_in(alice)
    answer = delete(browser)
    assert "Your account is deleted" in text_of(answer)
    assert not User.objects.exists()
    assert not is_signed_in(browser)


def test_looking_at_the_page_deletes_nothing(alice):
    signed_in(alice).get("/settings/delete/")
    assert User.objects.exists()


@pytest.mark.parametrize("password", ["", "wrong horse", "a\0b", "x" * 5000])
def test_without_the_password_no_account_is_deleted(alice, password):
    answer = delete(signed_in(alice), password)
    assert answer.status_code == 422
    assert User.objects.exists()


def test_the_password_cannot_be_guessed_here_either(alice):
    browser = signed_in(alice)
    for _ in range(5):
        delete(browser, "wrong horse")
    assert "Too many attempts" in text_of(delete(browser))
    assert User.objects.exists()


def test_who_deleted_their_account_cannot_sign_in(visitor, alice):
    delete(signed_in(alice))
    assert sign_in(visitor, "alice@example.org").status_code == 422


def test_a_deleted_account_leaves_nothing_of_itself(alice, invitation):
    alice.confirm_address()
    delete(signed_in(alice))
    assert not EmailAddress.objects.exists()
    assert not Invitation.objects.exists()
    assert Server.objects.exists()


def test_messages_stay_as_of_a_deleted_account(alice, bob):
    Conversation.start(alice, [bob]).post("Good morning", by=alice)
    delete(signed_in(alice))
    message = Conversation.objects.get().messages.get()
    assert (message.body, message.sender) == ("Good morning", None)


def test_the_only_administrator_must_find_another_first(alice, bob):
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    answer = delete(signed_in(alice))
    assert answer.status_code == 422
    assert "Make somebody else an administrator first" in text_of(answer)
    User.objects.update(is_staff=True)
    assert delete(signed_in(alice)).status_code == 200


def test_pages_of_accounts_are_not_kept_by_caches(alice):
    for path in ("/settings/", "/invitations/", "/settings/delete/"):
        assert "no-store" in signed_in(alice).get(path).headers["Cache-Control"]
