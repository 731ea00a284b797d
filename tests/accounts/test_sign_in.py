"""Signing in and out."""

import time
from statistics import median

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from project.accounts.models import User
from tests.accounts.pages import is_signed_in, looks_of, sign_in, text_of
from tests.cast import PASSWORD, signed_in

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " https://evil.example/",
    "\thttps://evil.example/",
    "https:/\\evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "\x00https://evil.example/",
]


class SlowHasher(PBKDF2PasswordHasher):
    """Slow enough to be seen above all else, and not slower."""

    iterations = 100_000


@pytest.mark.parametrize(
    "address", ["alice@example.org", "ALICE@EXAMPLE.ORG", "Alice@Example.org", " alice@example.org "]
)
def test_people_sign_in_by_address_in_any_case(visitor, alice, address):
    assert sign_in(visitor, address).headers["Location"] == "/"
    assert is_signed_in(visitor)


def test_a_wrong_password_is_refused_with_a_sentence(visitor, alice):
    answer = sign_in(visitor, "alice@example.org", "wrong horse")
    assert answer.status_code == 422
    assert "do not belong together" in text_of(answer)
    assert not is_signed_in(visitor)


def test_an_unknown_address_gets_the_answer_of_a_wrong_password(alice):
    wrong = sign_in(Client(), "alice@example.org", "wrong horse")
    absent = sign_in(Client(), "alicf@example.org", "wrong horse")
    assert looks_of(wrong).replace("alice@", "alicf@") == looks_of(absent)
    assert wrong.status_code == absent.status_code


def test_an_unknown_address_takes_as_long_as_a_wrong_password(alice, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.SlowHasher"]
    settings.ACCOUNT_RATE_LIMITS = False
    alice.set_password(PASSWORD)
    alice.save()

    def seconds(address: str) -> float:
        start = time.process_time()
        sign_in(Client(), address, "wrong horse")
        return time.process_time() - start

    times = [(seconds("alice@example.org"), seconds("nobody@example.org")) for _ in range(5)]
    wrong, absent = (median(column) for column in zip(*times, strict=True))
    assert absent == pytest.approx(wrong, rel=0.2)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"login": "alice@example.org"},
        {"password": PASSWORD},
        {"login": "a\0b@example.org", "password": PASSWORD},
        {"login": "alice@example.org", "password": "a\0b"},
        {"login": "x" * 100_000, "password": PASSWORD},
        {"login": "alice@example.org", "password": "x" * 100_000},
        {"login": "alice", "password": PASSWORD},
        {"login": "' OR 1=1 --", "password": PASSWORD},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(visitor, alice, fields):
    answer = visitor.post("/accounts/login/", fields)
    assert answer.status_code == 422
    assert not is_signed_in(visitor)


def test_a_disabled_account_does_not_get_in_and_is_told_why(visitor, alice):
    User.objects.update(is_active=False)
    answer = sign_in(visitor, "alice@example.org")
    assert answer.headers["Location"] == "/accounts/inactive/"
    assert "This account is disabled" in text_of(visitor.get("/accounts/inactive/"))
    assert not is_signed_in(visitor)


def test_a_disabled_account_with_a_wrong_password_is_told_nothing(visitor, alice):
    User.objects.update(is_active=False)
    assert sign_in(visitor, "alice@example.org", "wrong horse").status_code == 422


def test_disabling_an_account_ends_its_visit(alice):
    browser = signed_in(alice)
    assert is_signed_in(browser)
    User.objects.update(is_active=False)
    assert not is_signed_in(browser)


def test_signing_out_takes_a_post(alice):
    browser = signed_in(alice)
    assert "Sign out" in text_of(browser.get("/accounts/logout/"))
    assert is_signed_in(browser)
    browser.post("/accounts/logout/")
    assert not is_signed_in(browser)


def test_a_cookie_of_a_visit_that_ended_is_worth_nothing(visitor, alice):
    sign_in(visitor, "alice@example.org")
    cookie = visitor.cookies["sessionid"].value
    visitor.post("/accounts/logout/")
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert not is_signed_in(thief)
    assert not Session.objects.filter(session_key=cookie).exists()


def test_signing_in_gives_a_new_session(visitor, alice):
    visitor.session.save()
    sign_in(visitor, "alice@example.org")
    first = visitor.cookies["sessionid"].value
    visitor.post("/accounts/logout/")
    sign_in(visitor, "alice@example.org")
    assert visitor.cookies["sessionid"].value != first


def test_sign_in_leads_to_the_page_that_was_asked_for(visitor, alice):
    assert sign_in(visitor, "alice@example.org", next="/settings/").headers["Location"] == "/settings/"


@pytest.mark.parametrize("place", ELSEWHERE)
@pytest.mark.parametrize("door", ["form", "query"])
def test_sign_in_leads_nowhere_else(visitor, alice, place, door):
    fields = {"login": "alice@example.org", "password": PASSWORD}
    if door == "form":
        answer = visitor.post("/accounts/login/", fields | {"next": place})
    else:
        answer = visitor.post("/accounts/login/", fields, query_params={"next": place})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("place", ELSEWHERE)
def test_sign_out_leads_nowhere_else(alice, place):
    assert signed_in(alice).post("/accounts/logout/", {"next": place}).headers["Location"] == "/"


def test_who_guesses_is_stopped_and_the_right_password_does_not_help(visitor, alice):
    for _ in range(5):
        sign_in(visitor, "alice@example.org", "wrong horse")
    answer = sign_in(visitor, "alice@example.org")
    assert "Too many attempts" in text_of(answer)
    assert not is_signed_in(visitor)


def test_a_forged_forwarded_address_does_not_help_who_guesses(alice):
    answers = [
        Client(headers={"X-Forwarded-For": f"203.0.113.{n}"}).post(
            "/accounts/login/", {"login": f"person{n}@example.org", "password": "wrong horse"}
        )
        for n in range(12)
    ]
    assert "Too many attempts" in text_of(answers[-1])


def test_behind_a_proxy_that_is_trusted_each_address_has_its_own_limit(alice):
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        answers = [
            Client(headers={"X-Forwarded-For": f"203.0.113.{n}"}).post(
                "/accounts/login/", {"login": f"person{n}@example.org", "password": "wrong horse"}
            )
            for n in range(12)
        ]
    assert "Too many attempts" not in text_of(answers[-1])


def test_who_asks_too_often_is_told_to_wait(visitor, alice):
    answers = [visitor.post("/accounts/login/", {}) for _ in range(31)]
    assert answers[-1].status_code == 429
    assert "Wait a few minutes" in text_of(answers[-1])


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/code/confirm/",
        "/accounts/login/code/",
        "/accounts/phone/verify/",
        "/accounts/3rdparty/",
        "/accounts/social/login/cancelled/",
        "/accounts/signup/passkey/",
    ],
)
def test_doors_that_are_not_wanted_are_not_there(visitor, alice, path):
    assert visitor.get(path).status_code == 404


def test_sign_in_never_answers_in_json(visitor, alice):
    answer = visitor.post(
        "/accounts/login/", {"login": "alice@example.org", "password": "x"}, headers={"Accept": "application/json"}
    )
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_form_without_its_token_is_refused_kindly(alice):
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a", "password": "b"})
    assert answer.status_code == 403
    assert "What you typed is not lost" in text_of(answer)
    assert "CSRF cookie" not in text_of(answer)


@pytest.mark.parametrize("cookie", ['"\\000abcdefghi"', "x" * 5000, "%00" * 20, "' OR 1=1 --", "é" * 32, ""])
def test_a_cookie_that_could_not_be_ours_is_nobody(visitor, alice, cookie):
    answer = visitor.get("/settings/", headers={"Cookie": f"sessionid={cookie}"})
    assert answer.headers["Location"] == "/accounts/login/?next=/settings/"
