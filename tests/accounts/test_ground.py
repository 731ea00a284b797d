"""Health, time zones, nightly work, the administration."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from project import __version__, views
from project.accounts import tasks
from project.accounts.middleware import FirstVisitMiddleware, ReaderZone, TimeZoneMiddleware
from project.accounts.models import Invitation, Server, User
from tests.accounts.pages import is_signed_in, sign_in, text_of
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

SUMMER = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def test_a_healthy_server_says_so(visitor):
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


def test_health_is_only_asked_for(visitor):
    assert visitor.post("/healthz").status_code == 405


def test_a_database_that_fails_is_named(visitor, monkeypatch):
    def fail() -> None:
        raise OperationalError("password=SECRET host=10.0.0.1")

    monkeypatch.setattr(views, "_ask_database", fail)
    answer = visitor.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "failing": ["database"], "version": __version__}


def test_a_database_that_does_not_answer_is_not_waited_for(visitor, monkeypatch):
    monkeypatch.setattr(views, "PATIENCE_S", 0.05)
    monkeypatch.setattr(views, "_ask_database", lambda: time.sleep(0.5))
    assert visitor.get("/healthz").json()["failing"] == ["database"]


def test_a_redis_that_fails_is_named(visitor, settings):
    settings.REDIS_URL = "redis://:SECRET@127.0.0.1:9/0"
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["redis"])
    assert "SECRET" not in text_of(answer)


def test_health_needs_no_session(visitor, alice, django_assert_num_queries):
    visitor.get("/healthz")
    with django_assert_num_queries(0):
        assert not visitor.get("/healthz").cookies


def test_a_process_that_answers_says_so_whatever_it_stands_on(visitor, settings, django_assert_num_queries):
    settings.REDIS_URL = "redis://:SECRET@127.0.0.1:9/0"
    assert visitor.get("/healthz").status_code == 503
    with django_assert_num_queries(0):
        answer = visitor.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


def times_for(user: User) -> str:
    request = RequestFactory().get("/")
    request.user = user
    template = Template('{{ moment|date:"H:i e" }} {{ winter|time:"H:i" }}')
    context = Context({"moment": SUMMER, "winter": SUMMER.replace(month=1)})
    middleware = TimeZoneMiddleware(lambda request: HttpResponse(template.render(context)))
    return text_of(middleware(request))


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "12:00 UTC 12:00"),
        ("Europe/Prague", "14:00 CEST 13:00"),
        ("Asia/Kolkata", "17:30 IST 17:30"),
        ("Gone/Away", "12:00 UTC 12:00"),
    ],
)
def test_people_see_times_in_their_own_zone(zone, shown):
    assert times_for(User(time_zone=zone)) == shown


def test_the_zone_of_one_reader_is_not_the_next_one_s():
    times_for(User(time_zone="Asia/Tokyo"))
    assert str(timezone.get_current_timezone()) == "UTC"


def test_nobody_is_looked_up_where_no_time_is_shown(alice, django_assert_num_queries):
    browser = signed_in(alice)
    browser.get("/healthz")
    with django_assert_num_queries(0):
        browser.get("/healthz")


@pytest.mark.parametrize("fold", [0, 1])
def test_the_hour_that_comes_twice_is_told_apart(fold):
    request = RequestFactory().get("/")
    request.user = User(time_zone="Europe/Prague")
    moment = datetime(2026, 10, 25, fold, 30, tzinfo=UTC).astimezone(ReaderZone(request))
    assert (moment.hour, moment.fold) == (2, fold)
    assert moment.utcoffset() == timedelta(hours=2 - fold)


async def test_the_middleware_works_in_a_chain_of_coroutines(alice):
    async def page(request):
        return HttpResponse(timezone.get_current_timezone_name())

    request = RequestFactory().get("/somewhere/")
    request.user = User(time_zone="Asia/Tokyo")
    answer = await TimeZoneMiddleware(page)(request)
    assert text_of(answer) == "Asia/Tokyo"


@pytest.mark.django_db(transaction=True)
async def test_the_first_visit_is_led_to_the_welcome_page_by_coroutines_too():
    async def page(request):
        return HttpResponse("page")

    answer = await FirstVisitMiddleware(page)(RequestFactory().get("/somewhere/"))
    assert answer.headers["Location"] == "/welcome/"
    await sync_to_async(connections.close_all)()


def test_expired_sessions_are_cleared(alice):
    browser, old = signed_in(alice), signed_in(alice)
    Session.objects.filter(pk=old.session.session_key).update(expire_date=timezone.now() - timedelta(days=1))
    tasks.clear_expired_sessions.call_local()
    assert Session.objects.count() == 1
    assert is_signed_in(browser)


def test_invitations_that_brought_nobody_are_forgotten_a_month_after_their_end(alice, expired, invitation, monkeypatch):
    used = Invitation.objects.create(inviter=alice)
    used.admit(User(email="dora@example.org", display_name="Dora"))
    used.revoke()
    tasks.drop_old_invitations.call_local()
    assert Invitation.objects.count() == 3
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=35))
    tasks.drop_old_invitations.call_local()
    assert set(Invitation.objects.all()) == {used, invitation}


@pytest.fixture
def administrator(alice):
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    return signed_in(alice)


PAGES = ["index", "accounts_user_changelist", "accounts_user_add", "accounts_server_changelist",
         "accounts_invitation_changelist"]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_an_administrator_opens_the_administration(administrator, invitation, page):
    assert administrator.get(reverse(f"admin:{page}")).status_code == 200


@pytest.mark.parametrize("query", ["?q=alice", "?works=yes", "?works=no", "?is_active__exact=1"])
def test_lists_of_the_administration_can_be_searched(administrator, invitation, query):
    kind = "invitation" if "works" in query else "user"
    answer = administrator.get(reverse(f"admin:accounts_{kind}_changelist") + query)
    assert answer.status_code == 200


def test_carol_does_not_get_into_the_administration(carol, visitor):
    assert signed_in(carol).get("/admin/", follow=True).status_code == 404
    assert visitor.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_the_administration_has_no_door_of_its_own(visitor, alice):
    User.objects.update(is_staff=True)
    visitor.post("/admin/login/", {"username": "alice@example.org", "password": "correct horse battery"})
    assert not is_signed_in(visitor)


def test_an_account_made_in_the_administration_can_sign_in(administrator, visitor, mail_server):
    fields = {"email": "Dora@Example.org", "display_name": "Dora", "usable_password": "true",
              "password1": "a pony a day", "password2": "a pony a day"}  # fmt: skip
    administrator.post(reverse("admin:accounts_user_add"), fields)
    sign_in(visitor, "dora@example.org", "a pony a day")
    assert is_signed_in(visitor)


def test_an_administrator_changes_an_address(administrator, bob, visitor):
    page = reverse("admin:accounts_user_change", args=[bob.pk])
    fields = {"email": "Robert@example.org", "display_name": "Bob", "time_zone": "UTC", "is_active": "on"}
    assert administrator.post(page, fields).status_code == 302
    sign_in(visitor, "robert@example.org")
    assert is_signed_in(visitor)


def test_an_administrator_disables_an_account(administrator, bob):
    page = reverse("admin:accounts_user_change", args=[bob.pk])
    administrator.post(page, {"email": "bob@example.org", "display_name": "Bob", "time_zone": "UTC"})
    assert not User.objects.get(pk=bob.pk).is_active


def test_an_administrator_revokes_invitations(administrator, invitation):
    action = {"action": "revoke_selected", "_selected_action": [invitation.pk]}
    administrator.post(reverse("admin:accounts_invitation_changelist"), action)
    assert not invitation.is_usable


def test_an_administrator_renames_the_server(administrator):
    administrator.post(reverse("admin:accounts_server_change", args=[1]), {"name": "Harbour"})
    assert Server.objects.get().name == "Harbour"


def test_deleting_accounts_in_bulk_keeps_what_they_wrote(administrator, bob, carol):
    fields = {"action": "delete_selected", "_selected_action": [bob.pk, carol.pk], "post": "yes"}
    administrator.post(reverse("admin:accounts_user_changelist"), fields)
    assert User.objects.count() == 1
