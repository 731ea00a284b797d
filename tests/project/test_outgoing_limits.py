"""No answer takes longer, or more room, than it may: not by dripping, not by unpacking, not by never ending."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib

import pytest

from project.outgoing import Outgoing, TooLarge, Unreachable
from tests.project.web import Hangup, answer, serving

LIMIT = 1000


@pytest.fixture
def hasty(loopback):
    """A client with little patience."""
    with Outgoing(time_max_s=0.3) as client:
        yield client


def fetch(client: Outgoing, web) -> bytes:
    return client.request("GET", web.url(), max_bytes=LIMIT).body


def took_too_long(client: Outgoing, url: str) -> bool:
    begin = time.monotonic()
    with pytest.raises(Unreachable, match="does not answer in time"):
        client.request("GET", url)
    return time.monotonic() - begin > 2


def dripping(said: bytes):
    for byte in said:
        yield bytes([byte])
        time.sleep(0.02)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_server_that_falls_silent_is_not_waited_for(hasty, said):
    with serving(said) as web:
        assert not took_too_long(hasty, web.url())


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: "])
def test_a_server_that_drips_is_not_waited_for_either(hasty, head):
    with serving(lambda heard: dripping(head + b"x" * 500)) as web:
        assert not took_too_long(hasty, web.url())


def test_a_redirect_does_not_begin_the_time_anew(hasty):
    def say(heard):
        time.sleep(0.1)
        yield answer(status=302, Location="/")

    with serving(say) as web:
        assert not took_too_long(hasty, web.url())
        assert len(web.heard) <= 4


def test_who_takes_no_request_is_not_waited_for(hasty):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        begin = time.monotonic()
        with pytest.raises(Unreachable, match="does not answer in time"):
            hasty.request("PUT", url, content=b"x" * 20_000_000)
        assert time.monotonic() - begin < 2


def test_who_does_not_finish_to_agree_on_tls_is_not_waited_for(hasty, certified):
    certified("127.0.0.1")
    with serving(greeting=b"") as web:
        assert not took_too_long(hasty, f"https://127.0.0.1:{web.port}/")


def test_a_name_server_that_does_not_answer_is_not_waited_for(hasty, monkeypatch):
    end = threading.Event()

    def never(*args, **options):
        end.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    assert not took_too_long(hasty, "http://slow.example/")
    end.set()


def test_one_address_that_never_answers_leaves_time_for_the_next(names, loopback):
    with serving(answer(b"second")) as web, socket.socket() as full:
        # Nobody accepts there, and whoever waits to be accepted already fills the queue.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        names.point("two.example", 80, [full.getsockname(), ("127.0.0.1", web.port)])
        with Outgoing(time_max_s=5, connect_max_s=0.2) as client:
            assert client.request("GET", "http://two.example/").body == b"second"
        for sock in waiting:
            sock.close()


def test_after_too_long_a_wait_the_next_request_begins_anew(loopback):
    replies = iter([b"HTTP/1.1 200 OK\r\n", answer(b"good")])
    with serving(lambda heard: next(replies)) as web, Outgoing(time_max_s=1) as client:
        assert not took_too_long(client, web.url())
        assert client.request("GET", web.url()).body == b"good"


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_an_answer_of_just_the_limit_is_taken(client, encoding):
    body = b"x" * LIMIT
    packed = gzip.compress(body) if encoding else body
    with serving(answer(packed, Content_Encoding=encoding)) as web:
        assert fetch(client, web) == body


def chunked(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    "said",
    [
        answer(b"x" * (LIMIT + 1)),
        chunked(b"x" * (LIMIT + 1)),
        Hangup(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LIMIT + 1)),
        answer(b"x" * (LIMIT + 1), 404),
        answer(b"x" * (LIMIT + 1), 302, Location="/"),
    ],
)
def test_an_answer_over_the_limit_is_refused(client, said):
    with serving(said) as web, pytest.raises(TooLarge, match=r"127\.0\.0\.1 sends more"):
        fetch(client, web)


def test_a_length_over_the_limit_is_believed_at_once(client):
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n") as web:
        with pytest.raises(TooLarge):
            fetch(client, web)
        assert client.bytes_received < 100


def test_the_length_of_what_is_not_sent_does_not_count(client):
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n") as web:
        assert client.request("HEAD", web.url()).headers["content-length"] == "300000000"


def test_the_usual_limit_is_16_mebibytes(client):
    for size, is_taken in [(16 * 1024 * 1024, True), (16 * 1024 * 1024 + 1, False)]:
        with serving(answer(b"x" * size)) as web:
            if is_taken:
                assert len(client.request("GET", web.url()).body) == size
            else:
                with pytest.raises(TooLarge):
                    client.request("GET", web.url())


@pytest.mark.parametrize("line", [b"A: b\r\n", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"])
def test_headers_without_end_are_not_read_to_the_end(client, line):
    def say(heard):
        yield b"HTTP/1.1 100 Continue\r\n\r\n" if b"HTTP" in line else b"HTTP/1.1 200 OK\r\n"
        while True:
            yield line * 1000

    with serving(say) as web, pytest.raises((TooLarge, Unreachable)):
        fetch(client, web)
    assert client.bytes_received < 2_000_000


BOMB = b"0" * 50_000_000
PACKINGS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": lambda body: zlib.compress(body, wbits=-15),
}


@pytest.mark.parametrize("encoding", PACKINGS)
def test_a_packed_answer_is_unpacked(client, encoding):
    packed = PACKINGS[encoding](b"card" * 100)
    with serving(answer(packed, Content_Encoding=encoding)) as web:
        assert fetch(client, web) == b"card" * 100
        assert web.heard[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("encoding", PACKINGS)
def test_a_packed_answer_may_come_byte_by_byte(client, encoding):
    packed = answer(PACKINGS[encoding](b"card" * 100), Content_Encoding=encoding)
    with serving(lambda heard: (bytes([byte]) for byte in packed)) as web:
        assert fetch(client, web) == b"card" * 100


@pytest.mark.parametrize("encoding", PACKINGS)
def test_what_unpacks_to_more_than_the_limit_is_refused(client, encoding):
    packed = PACKINGS[encoding](BOMB)
    with serving(answer(packed, Content_Encoding=encoding)) as web, pytest.raises(TooLarge):
        client.request("GET", web.url(), max_bytes=100_000)


@pytest.mark.parametrize("encoding", PACKINGS)
def test_what_unpacks_to_more_never_takes_the_memory(client, encoding):
    packed = PACKINGS[encoding](BOMB)
    with serving(answer(packed, Content_Encoding=encoding)) as web:
        tracemalloc.start()
        with pytest.raises(TooLarge):
            client.request("GET", web.url(), max_bytes=100_000)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak_bytes < 2_000_000


def test_what_unpacks_to_more_is_refused_in_many_small_pieces_too(client):
    packed = gzip.compress(b"0" * 600) * 2
    with serving(answer(packed, Content_Encoding="gzip")) as web, pytest.raises(TooLarge):
        fetch(client, web)


def test_several_packed_pieces_are_one_body(client):
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    with serving(answer(packed, Content_Encoding="gzip")) as web:
        assert fetch(client, web) == b"one two"


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(b"card")[:-4], "gzip"),
        (gzip.compress(b"card")[:12], "gzip"),
        (zlib.compress(b"card")[:-4], "deflate"),
        (b"x", "deflate"),
        (b"not packed", "gzip"),
        (b"not packed", "deflate"),
        (b"x", "br"),
        (b"x", "zstd"),
        (b"x", "compress"),
        (gzip.compress(gzip.compress(b"x")), "gzip, gzip"),
    ],
)
def test_what_cannot_be_unpacked_is_told(client, packed, encoding):
    replies = iter([answer(packed, Content_Encoding=encoding), answer(b"good")])
    with serving(lambda heard: next(replies)) as web:
        with pytest.raises(Unreachable, match="cannot be unpacked"):
            fetch(client, web)
        assert fetch(client, web) == b"good"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity"])
def test_nothing_needs_no_unpacking(client, encoding):
    with serving(answer(b"", 204, Content_Encoding=encoding)) as web:
        assert fetch(client, web) == b""
