"""Whose line is opened, and what ends it: within a second, and nobody else's."""

from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from websockets.exceptions import InvalidStatus

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import PASSWORD

from .conftest import OpenPage, session_of
from .page import Page
from .serving import Browser, Parley

SIGNED_OUT, WRONG_ORIGIN = 4401, 4403
WITHIN_S = 1.0


def assert_alive(page: Page) -> None:
    assert page.ask("ping") == {"type": "pong"}


def with_slow_hash(user: User) -> User:
    """Give user's password a hash as the server itself would make it; one of the tests it would not know."""
    hasher = PBKDF2PasswordHasher()
    user.password = hasher.encode(PASSWORD, hasher.salt())
    user.save()
    return user


# --- Opening -----------------------------------------------------------------------------------------------------


def test_who_signed_in_by_the_form_has_a_line(alice: User, server: Parley, open_page: OpenPage) -> None:
    browser = Browser(server)
    browser.sign_in(with_slow_hash(alice).email, PASSWORD)
    assert_alive(open_page(at=server, session=browser.cookies["sessionid"]))


@pytest.mark.parametrize("session", ["", "nonsense", "a" * 32, "../..", "x" * 4000], ids=lambda text: ascii(text[:9]))
def test_without_a_session_the_line_ends_with_4401(session: str, transactional_db: None, open_page: OpenPage) -> None:
    assert open_page(session=session, waits=False).close_code() == SIGNED_OUT


def test_a_session_that_ended_opens_no_line(alice: User, server: Parley, open_page: OpenPage) -> None:
    key = session_of(alice)
    Browser(server, key).post("/accounts/logout/")
    assert open_page(session=key, waits=False).close_code() == SIGNED_OUT


def test_a_disabled_account_opens_no_line(alice: User, open_page: OpenPage) -> None:
    key = session_of(alice)
    alice.is_active = False
    alice.save()
    assert open_page(session=key, waits=False).close_code() == SIGNED_OUT


ORIGINS = {
    "another port": "http://127.0.0.1:1",
    "no port": "http://127.0.0.1",
    "another scheme": "https://127.0.0.1:{port}",
    "the socket's scheme": "ws://127.0.0.1:{port}",
    "another host": "http://evil.example",
    "another host, our port": "http://evil.example:{port}",
    "another name of ours": "http://localhost:{port}",
    "ours as its beginning": "http://127.0.0.1.evil.example:{port}",
    "ours as its user": "http://127.0.0.1:{port}@evil.example",
    "ours as its path": "http://evil.example/127.0.0.1:{port}",
    "with a path": "http://127.0.0.1:{port}/",
    "a sandboxed frame or a file": "null",
    "a file": "file://",
    "an extension": "chrome-extension://abcdefghijklmnop",
    "no scheme": "//127.0.0.1:{port}",
    "none": None,
}


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
def test_a_line_from_elsewhere_ends_with_4403(
    origin: str | None, alice: User, server: Parley, open_page: OpenPage
) -> None:
    origin = origin and origin.format(port=server.port)
    page = open_page(alice, at=server, origin=origin, waits=False)
    assert page.close_code() == WRONG_ORIGIN
    assert page.received == 0


@pytest.mark.parametrize("origin", ["", "http://", "http://[::1", "http://127.0.0.1:99999"])
def test_an_origin_that_is_no_address_is_denied(origin: str, alice: User, server: Parley, open_page: OpenPage) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        open_page(alice, at=server, origin=origin)
    assert refusal.value.response.status_code == 400


def test_a_line_from_our_own_page_is_served(alice: User, server: Parley, open_page: OpenPage) -> None:
    for origin in (server.origin, server.origin.upper().replace("HTTP", "http")):
        assert_alive(open_page(alice, at=server, origin=origin))


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/other/", "/c/0123456789abcdef/", "/ws/%00", "//ws/"])
def test_a_socket_that_leads_nowhere_is_denied(path: str, alice: User, server: Parley, open_page: OpenPage) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        open_page(alice, path=path)
    assert refusal.value.response.status_code == 403


# --- Ending --------------------------------------------------------------------------------------------------------


def log_out(server: Parley, session: str) -> None:
    Browser(server, session).post("/accounts/logout/")


def test_a_logout_ends_the_lines_of_that_session_only(
    alice: User, bob: User, server: Parley, open_page: OpenPage
) -> None:
    key = session_of(alice)
    tabs = [open_page(session=key) for _ in range(3)]
    on_her_phone, his = open_page(alice), open_page(bob)
    log_out(server, key)
    assert [tab.close_code(WITHIN_S) for tab in tabs] == [SIGNED_OUT] * 3
    assert_alive(on_her_phone)
    assert_alive(his)


def test_a_changed_password_ends_every_line_of_that_person(
    alice: User, bob: User, server: Parley, open_page: OpenPage
) -> None:
    lines, his = [open_page(with_slow_hash(alice)) for _ in range(3)], open_page(bob)
    new = "another battery staple"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    status, page = Browser(server, session_of(alice)).post("/accounts/password/change/", **form)
    assert status == 302, page
    assert [line.close_code(WITHIN_S) for line in lines] == [SIGNED_OUT] * 3
    assert_alive(his)


def test_an_account_disabled_by_an_administrator_loses_its_lines(
    alice: User, bob: User, server: Parley, open_page: OpenPage
) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    lines, his = [open_page(alice) for _ in range(2)], open_page(bob)
    form = {"email": alice.email, "display_name": "Alice", "time_zone": "UTC"}  # and "may sign in" without a tick
    status, page = Browser(server, session_of(bob)).post(f"/admin/accounts/user/{alice.pk}/change/", **form)
    assert status == 302, page
    assert [line.close_code(WITHIN_S) for line in lines] == [SIGNED_OUT] * 2
    assert_alive(his)


def test_a_deleted_account_loses_its_lines(
    alice: User, bob: User, talk: Conversation, server: Parley, open_page: OpenPage
) -> None:
    lines, his = [open_page(with_slow_hash(alice)) for _ in range(2)], open_page(bob)
    status, page = Browser(server, session_of(alice)).post("/settings/delete/", password=PASSWORD)
    assert status == 200, page
    assert [line.close_code(WITHIN_S) for line in lines] == [SIGNED_OUT] * 2
    assert his.expect("participants")["left"] == [alice.public_id]
    assert_alive(his)


def test_a_changed_name_ends_no_line(alice: User, server: Parley, open_page: OpenPage) -> None:
    key = session_of(alice)
    page = open_page(session=key)
    status, text = Browser(server, key).post("/settings/", display_name="Alicia", time_zone="UTC")
    assert status == 302, text
    assert_alive(page)


def test_a_page_that_does_not_hang_up_is_not_listened_to_any_more(
    alice: User, talk: Conversation, server: Parley, open_page: OpenPage
) -> None:
    key = session_of(alice)
    page = open_page(session=key, at=server)
    page.line.protocol.receive_data = lambda data: None  # deaf: it never answers the server's goodbye
    log_out(server, key)
    for number in range(5):
        client_id = f"00000000-0000-4000-8000-{number:012}"
        page.say("send", conversation=talk.public_id, client_id=client_id, body="still here")
    page.line.recv_events_thread.join(5)  # until the server cuts the line
    assert not talk.messages.exists()


Ends = Callable[[User], object]
ENDS: dict[str, Ends] = {
    "a new password": lambda user: (user.set_password("another battery staple"), user.save()),
    "a disabled account": lambda user: (setattr(user, "is_active", False), user.save(update_fields=["is_active"])),
    "a deleted account": lambda user: user.delete(),
}


@pytest.mark.postgresql_only
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_a_command_ends_is_heard_by_every_process(
    end: Ends, alice: User, bob: User, servers: list[Parley], open_page: OpenPage
) -> None:
    lines, his = [open_page(alice, at=server) for server in servers], open_page(bob)
    end(alice)
    assert [line.close_code(WITHIN_S) for line in lines] == [SIGNED_OUT] * len(lines)
    assert_alive(his)
