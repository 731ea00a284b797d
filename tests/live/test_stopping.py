"""How a server ends while people use it: nothing new is begun, and what was begun is done."""

import contextlib
import signal
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest

from chat.models import Conversation, Message
from project.accounts.models import User
from tests.servers import HOST

from .conftest import OpenPage, session_of
from .serving import Parley

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def ending(tmp_path: Path, transactional_db: None, static_root: str) -> Iterator[Parley]:
    """A web process as a cluster has it, which a test ends."""
    server = Parley(tmp_path, "--no-worker", STATIC_ROOT=static_root)
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


@pytest.fixture
def line(ending: Parley) -> Iterator[HTTPConnection]:
    """A connection that stays, as a proxy has them."""
    with contextlib.closing(HTTPConnection(HOST, ending.port, timeout=10)) as line:
        yield line


def told_to_end(server: Parley) -> None:
    """Return when the server has begun to end: it takes no new connections."""
    server.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 10
    with contextlib.suppress(ConnectionRefusedError):
        while time.monotonic() < deadline:
            socket.create_connection((HOST, server.port), timeout=10).close()
            time.sleep(0.02)
        pytest.fail("It still takes connections")


def post_of(user: User, talk: Conversation, server: Parley) -> tuple[str, bytes, dict[str, str]]:
    """Return path, body and headers of a message that a page without a socket sends."""
    body = urlencode(
        {"csrfmiddlewaretoken": "c" * 32, "client_id": "11111111-1111-4111-8111-111111111111", "body": "hello"}
    )
    headers = {"Cookie": f"csrftoken={'c' * 32}; sessionid={session_of(user)}", "Origin": server.origin}
    headers |= {"Content-Type": FORM, "Content-Length": str(len(body)), "HX-Request": "true"}
    return f"/c/{talk.public_id}/messages/", body.encode(), headers


def says_it_is_the_last(answer: HTTPResponse) -> bool:
    return answer.headers["Connection"] == "close"


def test_a_message_that_is_half_sent_is_taken_stored_and_answered(
    alice: User, talk: Conversation, ending: Parley, line: HTTPConnection
) -> None:
    path, body, headers = post_of(alice, talk, ending)
    line.putrequest("POST", path)
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders(body[:20])
    told_to_end(ending)
    line.send(body[20:])
    answer = line.getresponse()
    assert (answer.status, says_it_is_the_last(answer)) == (200, True)
    assert Message.objects.get().body == "hello"
    assert ending.process.wait(10) == 0


def test_a_request_on_a_connection_that_was_idle_is_answered_as_the_last_one(
    ending: Parley, line: HTTPConnection
) -> None:
    line.request("GET", "/livez")
    first = line.getresponse()
    first.read()
    told_to_end(ending)
    line.request("GET", "/livez")
    answer = line.getresponse()
    assert (says_it_is_the_last(first), answer.status, says_it_is_the_last(answer)) == (False, 200, True)
    assert ending.process.wait(10) == 0


def test_connections_that_stay_idle_do_not_hold_up_the_end(ending: Parley, line: HTTPConnection) -> None:
    line.request("GET", "/livez")
    line.getresponse().read()
    told_to_end(ending)
    began = time.monotonic()
    assert ending.process.wait(10) == 0
    assert time.monotonic() - began < 4  # far below the bound that ends requests by force
    assert line.sock.recv(1) == b""


def test_what_a_line_sent_and_was_told_is_stored_is_stored_and_the_rest_it_can_repeat(
    alice: User, talk: Conversation, ending: Parley, servers: list[Parley], open_page: OpenPage
) -> None:
    page = open_page(alice, at=ending)
    names = [f"11111111-1111-4111-8111-{number:012}" for number in range(60)]
    for name in names:
        page.say("send", conversation=talk.public_id, client_id=name, body=name)
    page.expect("sent")
    told_to_end(ending)
    assert page.close_code() == 1012
    assert ending.process.wait(15) == 0
    stored = [str(name) for name in Message.objects.order_by("position").values_list("client_id", flat=True)]
    assert stored == names[: len(stored)]  # in order, none left out between them
    again = open_page(alice, at=servers[0])
    for name in names:
        assert again.post(talk.public_id, name, name)["type"] == "sent"
    stored = [str(name) for name in Message.objects.order_by("position").values_list("client_id", flat=True)]
    assert stored == names
