"""Whoever reads slowly, or never, costs nobody else anything, and the server no memory without bound."""

import os
import socket
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing

import pytest

from chat.models import Conversation
from project.accounts.models import User
from project.server import UNSENT_MAX_BYTES

from .conftest import OpenPage, session_of
from .serving import Parley

MESSAGES = 100
BODY = "'" * 20_000  # in HTML &#x27; each: 120 kB a frame
CLOSE_1013 = b"\x88\x02\x03\xf5"


@pytest.fixture
def stalled(bob: User, server: Parley) -> Iterator[socket.socket]:
    """A line of bob that says hello, and never reads again."""
    with closing(socket.socket()) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", server.port))
        key = b64encode(os.urandom(16)).decode()
        line.sendall(
            f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.origin}\r\n"
            f"Cookie: sessionid={session_of(bob)}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        assert line.recv(12) == b"HTTP/1.1 101"
        yield line


def test_a_reader_that_never_reads_is_cut_and_bounds_the_memory(
    stalled: socket.socket, alice: User, bob: User, talk: Conversation, server: Parley, open_page: OpenPage
) -> None:
    mine, his_other_tab = open_page(alice, at=server), open_page(bob, at=server)
    mine.post(talk.public_id, BODY)
    his_other_tab.expect("message")
    before_kib = server.memory_kib
    for _ in range(MESSAGES):
        mine.say("send", conversation=talk.public_id, client_id=str(uuid.uuid4()), body=BODY)
    positions = [his_other_tab.expect("message")["position"] for _ in range(MESSAGES)]
    assert positions == list(range(2, MESSAGES + 2))
    assert server.memory_kib - before_kib < 8 * UNSENT_MAX_BYTES / 1024
    sent_bytes, end = read_to_the_end(stalled)
    assert sent_bytes < MESSAGES * 120_000
    assert end in (None, CLOSE_1013)


def read_to_the_end(line: socket.socket) -> tuple[int, bytes | None]:
    """Return how much came, and the last four bytes, None when the line was cut."""
    line.settimeout(10)
    size_bytes, end = 0, b""
    try:
        while data := line.recv(1024 * 1024):
            size_bytes += len(data)
            end = (end + data)[-4:]
    except ConnectionResetError:
        return size_bytes, None
    return size_bytes, end


def test_lines_that_come_and_go_leave_nothing_behind(alice: User, server: Parley, open_page: OpenPage) -> None:
    key = session_of(alice)

    def round_of_lines() -> int:
        for page in [open_page(session=key, at=server) for _ in range(25)]:
            page.line.close()
        return server.memory_kib

    warm_kib = [round_of_lines() for _ in range(3)][-1]
    last_kib = [round_of_lines() for _ in range(3)][-1]
    assert last_kib - warm_kib < 3 * 1024
