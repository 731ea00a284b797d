"""What was added to Daphne: bounds on what a socket may hold back, and frames that were encoded once."""

import asyncio
import io
import subprocess
import sys
from collections.abc import Coroutine
from types import SimpleNamespace

import pytest
from django.conf import settings
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from project.frames import encode_text_frame
from project.server import (
    SERVICE_RESTART,
    TRY_AGAIN_LATER,
    UNREAD_MAX_FRAMES,
    UNSENT_MAX_BYTES,
    Connection,
    LineProtocol,
    Server,
    _GenericHTTPChannelProtocol,
)  # fmt: skip


class Transport(io.BytesIO):
    """Takes what is written, and counts who registered."""

    producer: object = "the HTTP channel"

    def registerProducer(self, producer: object, streaming: bool) -> None:  # noqa: N802
        assert self.producer is None
        self.producer = producer

    def unregisterProducer(self) -> None:  # noqa: N802
        self.producer = None


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The codes of the close frames that went out."""
    codes: list[int] = []

    def send(protocol: LineProtocol, code: int, isReply: bool) -> None:  # noqa: N803
        codes.append(code)
        protocol.state = protocol.STATE_CLOSING

    monkeypatch.setattr(LineProtocol, "sendCloseFrame", send)
    return codes


@pytest.fixture
def line(codes: list[int]) -> LineProtocol:
    line = LineProtocol()
    line.state, line.client_addr = line.STATE_OPEN, ["127.0.0.1", 1]
    line.transport = Transport()
    line.application_queue = asyncio.Queue()
    line.server = SimpleNamespace(is_stopping=False)
    return line


KIB = b"x" * 1024


def test_a_line_takes_the_place_of_the_channel_it_began_as(line: LineProtocol, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daphne.ws_protocol.WebSocketProtocol.onOpen", lambda self: None)
    line.onOpen()
    assert line.transport.producer is line


def test_a_line_that_opens_while_the_server_stops_is_sent_away_with_1012(
    line: LineProtocol, codes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daphne.ws_protocol.WebSocketProtocol.onOpen", lambda self: None)
    line.server.is_stopping = True
    line.onOpen()
    assert codes == [SERVICE_RESTART]


def test_a_reader_who_reads_may_be_sent_anything(line: LineProtocol, codes: list[int]) -> None:
    for _ in range(3 * UNSENT_MAX_BYTES // len(KIB)):
        line.write(KIB)
    assert (codes, line.transport.tell()) == ([], 3 * UNSENT_MAX_BYTES)


def test_a_reader_who_stopped_is_closed_with_1013_at_the_bound(line: LineProtocol, codes: list[int]) -> None:
    line.pauseProducing()
    for _ in range(UNSENT_MAX_BYTES // len(KIB)):
        line.write(KIB)
    assert codes == []
    for _ in range(10):
        line.write(KIB)
    assert codes == [TRY_AGAIN_LATER]
    assert line.transport.tell() == UNSENT_MAX_BYTES


def test_a_reader_who_reads_again_starts_afresh(line: LineProtocol, codes: list[int]) -> None:
    for _ in range(3):
        line.pauseProducing()
        for _ in range(UNSENT_MAX_BYTES // len(KIB)):
            line.write(KIB)
        line.resumeProducing()
    assert codes == []


def test_a_line_that_is_closing_lets_its_connection_end(line: LineProtocol) -> None:
    line.transport.producer = line
    line.pauseProducing()
    line.close(1012)
    line.resumeProducing()
    assert line.transport.producer is None


def test_nothing_is_written_after_the_goodbye(line: LineProtocol, codes: list[int]) -> None:
    line.close(4401)
    line.write(KIB)
    line.close(1012)
    assert (codes, line.transport.tell()) == ([4401], 0)


def test_what_is_said_after_the_goodbye_is_not_heard(line: LineProtocol) -> None:
    line.onMessage(b"before", isBinary=False)
    line.close(4401)
    line.onMessage(b"after", isBinary=False)
    assert line.application_queue.qsize() == 1


def test_frames_that_nobody_has_time_for_end_the_line_with_1013(line: LineProtocol, codes: list[int]) -> None:
    for _ in range(UNREAD_MAX_FRAMES):
        line.onMessage(KIB, isBinary=False)
    assert codes == []
    for _ in range(10):
        line.onMessage(KIB, isBinary=False)
    assert codes == [TRY_AGAIN_LATER]
    assert line.application_queue.qsize() == UNREAD_MAX_FRAMES


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_is_what_a_browser_reads(size: int) -> None:
    text = b"x" * size
    reader = StreamReader()
    reader.feed_data(encode_text_frame(text))
    reading = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as read:
        next(reading)
    frame = read.value.value
    assert (frame.opcode, frame.data, frame.fin) == (Opcode.TEXT, text, True)
    assert reader.buffer == b""


def test_nobody_from_outside_says_where_parley_is_mounted() -> None:
    scopes = []

    async def application(scope: dict[str, object], receive: object, send: object) -> None:
        scopes.append(scope)

    async def asked() -> None:
        server = Server(application, ["tcp:0"])
        protocol = object()
        server.connections = {protocol: {}}
        server.create_application(protocol, {"type": "http", "root_path": "/evil"})
        await server.connections[protocol]["application_instance"]

    asyncio.run(asked())
    assert scopes[0]["root_path"] == ""


def stopped(stop_within_s: float, *applications: Coroutine[None, None, None]) -> tuple[list[str], list[bool]]:
    """Stop a server that has these applications running, and a request that became a line, which has none.

    Returns what was said last, and which applications were cut off.
    """
    said = []

    async def last_words() -> None:
        said.append("goodbye")

    async def stop() -> list[bool]:
        server = Server(object(), ["tcp:0"], last_words=last_words)
        server.stop_within_s = stop_within_s
        running = [asyncio.ensure_future(application) for application in applications]
        server.connections = {number: {"application_instance": one} for number, one in enumerate(running)} | {"": {}}
        await server.kill_all_applications().asFuture(asyncio.get_running_loop())
        return [one.cancelled() for one in running]

    cut_off = asyncio.run(stop())
    return said, cut_off


def test_a_server_that_stops_lets_end_what_was_begun() -> None:
    assert stopped(60, asyncio.sleep(0.1), asyncio.sleep(0)) == (["goodbye"], [False, False])


def test_a_server_stops_whatever_its_connections_are_doing() -> None:
    assert stopped(0.05, asyncio.sleep(60), asyncio.sleep(0)) == (["goodbye"], [True, False])


def test_a_thread_that_waits_for_ever_does_not_keep_the_process() -> None:
    waits = "import threading; from project.server import exit_within; "
    waits += "threading.Thread(target=threading.Event().wait).start(); exit_within(0.1)"
    assert subprocess.run([sys.executable, "-c", waits], timeout=30, check=False, cwd=settings.BASE_DIR).returncode == 1


@pytest.mark.parametrize(
    ("protocol", "is_open"),
    [(_GenericHTTPChannelProtocol(Connection()), True), (LineProtocol(), False), (None, False)],
    ids=["HTTP", "line", "closed"],
)
def test_only_what_speaks_http_holds_up_the_end(protocol: object, is_open: bool) -> None:
    connection = Connection()
    connection.transport = SimpleNamespace(protocol=protocol) if protocol else SimpleNamespace()
    assert connection.is_open == is_open
