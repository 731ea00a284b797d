"""The first visit to an empty server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connections, transaction
from django.test import Client

from project.accounts.models import Server, User
from project.accounts.models.server import ServerManager, memory
from tests.accounts.pages import FIRST, is_signed_in, sign_in, text_of
from tests.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/signup/", "/admin/", "/settings/", "/nowhere/"])
def test_on_an_empty_server_every_page_leads_to_the_welcome_page(visitor, path):
    assert visitor.get(path).headers["Location"] == "/welcome/"


def test_health_is_told_before_the_first_account(visitor):
    assert visitor.get("/healthz").status_code == 200
    assert visitor.get("/livez").status_code == 200


def test_the_welcome_page_asks_for_name_address_and_password(visitor):
    page = text_of(visitor.get("/welcome/"))
    assert all(f'name="{field}"' in page for field in ("display_name", "email", "password", "server_name"))


def test_the_first_account_is_the_administrator(visitor):
    visitor.post("/welcome/", FIRST)
    ada = User.objects.get()
    assert (ada.display_name, ada.is_staff, ada.is_superuser, ada.time_zone) == ("Ada", True, True, "Europe/Prague")


def test_the_first_account_is_signed_in_and_led_to_the_inbox(visitor):
    answer = visitor.post("/welcome/", FIRST)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_signed_in(visitor)


def test_the_address_of_the_first_account_is_verified_and_primary(visitor):
    visitor.post("/welcome/", FIRST)
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == ("ada@example.org", True, True)


def test_the_first_account_names_the_server(visitor, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        visitor.post("/welcome/", FIRST | {"server_name": "Harbour"})
    assert "<title>Settings · Harbour</title>" in text_of(visitor.get("/settings/"))


def test_without_a_name_the_server_is_called_parley(visitor):
    visitor.post("/welcome/", FIRST)
    assert Server.objects.get().name == "Parley"


def test_the_server_knows_its_first_account(visitor):
    visitor.post("/welcome/", FIRST)
    assert Server.objects.get().first_account == User.objects.get()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("display_name", "a\0b" * 50),
        ("display_name", "\u200b\u200b"),
        ("display_name", "x" * 101),
        ("email", ""),
        ("email", "nobody"),
        ("email", "a\0b@example.org"),
        ("email", "x" * 250 + "@example.org"),
        ("password", ""),
        ("password", "short"),
        ("password", "password"),
        ("password", "ada@example.org"),
        ("password", "with \0 inside it"),
        ("password", "x" * 1001),
        ("server_name", "x" * 61),
        ("server_name", "a\0b"),
    ],
)
def test_a_wrong_field_is_shown_and_makes_no_account(visitor, field, value):
    answer = visitor.post("/welcome/", FIRST | {field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in text_of(answer)
    assert not User.objects.exists()


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "x" * 5000, "a\0b"])
def test_a_time_zone_that_makes_no_sense_is_utc(visitor, zone):
    visitor.post("/welcome/", FIRST | {"time_zone": zone})
    assert User.objects.get().time_zone == "UTC"


def test_an_empty_form_is_refused(visitor):
    assert visitor.post("/welcome/", {}).status_code == 422


def test_the_welcome_page_is_gone_once_there_is_an_account(visitor, alice):
    assert visitor.get("/welcome/").status_code == 404


def test_the_welcome_page_stays_gone_when_the_only_account_is_deleted(visitor, alice):
    alice.delete()
    assert visitor.get("/welcome/").status_code == 404


def test_the_welcome_page_is_gone_when_accounts_were_loaded_in_bulk(visitor):
    User.objects.bulk_create([User(email="bulk@example.org", display_name="Bulk")])
    assert visitor.get("/welcome/").status_code == 404
    assert visitor.post("/welcome/", FIRST).status_code == 409


def test_who_sends_the_form_too_late_hears_it_and_is_led_to_sign_in(visitor, alice):
    answer = visitor.post("/welcome/", FIRST)
    assert answer.status_code == 409
    assert "has just been set up" in text_of(answer)
    assert 'href="/accounts/login/"' in text_of(answer)
    assert User.objects.get() == alice


def test_there_is_one_server_in_the_database(alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        Server.objects.create(pk=2)


def test_the_server_survives_its_first_account(visitor):
    visitor.post("/welcome/", FIRST)
    User.objects.get().delete()
    assert Server.objects.get().first_account is None


def test_once_there_is_an_account_nobody_asks_the_database_again(alice, django_assert_num_queries):
    Client().get("/nowhere/")
    with django_assert_num_queries(0):
        Client().get("/nowhere/")


def test_the_name_of_the_server_costs_no_query_per_page(alice, django_assert_num_queries):
    Client().get("/accounts/login/")
    with django_assert_num_queries(0):
        Client().get("/accounts/login/")


def test_a_new_name_is_seen_at_once(visitor, alice, django_capture_on_commit_callbacks):
    assert "Sign in · Parley" in text_of(visitor.get("/accounts/login/"))
    with django_capture_on_commit_callbacks(execute=True):
        server = Server.objects.get()
        server.name = "Harbour"
        server.save()
    assert "Sign in · Harbour" in text_of(visitor.get("/accounts/login/"))


def test_a_name_given_by_another_process_is_seen_after_a_minute(visitor, alice, monkeypatch):
    visitor.get("/accounts/login/")
    Server.objects.update(name="Harbour")
    assert "Sign in · Parley" in text_of(visitor.get("/accounts/login/"))
    memory.name_read_at -= 61
    assert "Sign in · Harbour" in text_of(visitor.get("/accounts/login/"))


def test_an_account_that_is_not_there_after_all_does_not_close_the_welcome_page(visitor):
    with transaction.atomic():
        User.objects.create_user("ghost@example.org", "x", display_name="Ghost")
        transaction.set_rollback(True)
    assert visitor.get("/welcome/").status_code == 200


def test_the_administrator_signs_in_again_with_the_same_password(visitor):
    visitor.post("/welcome/", FIRST)
    other = Client()
    sign_in(other, "ADA@example.org")
    assert is_signed_in(other)


def test_carol_who_is_signed_in_finds_no_welcome_page_either(carol):
    assert signed_in(carol).get("/welcome/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_twenty_first_visits_at_once_exactly_one_makes_the_account(monkeypatch):
    everybody_is_ready = threading.Barrier(20, timeout=30)
    set_up = ServerManager.set_up

    def set_up_together(*args, **kwargs):
        connections.close_all()  # a pool has fewer connections than there are visitors
        everybody_is_ready.wait()
        return set_up(*args, **kwargs)

    monkeypatch.setattr(ServerManager, "set_up", set_up_together)

    def visit(number: int) -> tuple[int, bool]:
        try:
            answer = Client().post("/welcome/", FIRST | {"email": f"first{number}@example.org"})
            return answer.status_code, "has just been set up" in text_of(answer)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=20) as threads:
        answers = sorted(threads.map(visit, range(20)))
    assert answers == [(302, False)] + [(409, True)] * 19
    assert User.objects.count() == Server.objects.count() == EmailAddress.objects.count() == 1
    assert Server.objects.get().first_account == User.objects.get()
