"""Connections to other people's servers: kept, given up, proved by TLS; and what is told when there is none."""

import socket
import ssl
import time

import pytest

from project import outgoing, wire
from project.outgoing import OutgoingError, Unreachable
from tests.project.web import Hangup, answer, serving


def test_one_connection_serves_many_requests(client):
    with serving(answer(b"x")) as web:
        for _ in range(10):
            client.request("GET", web.url())
        assert (web.connections, len(web.heard), client.requests) == (1, 10, 10)


def test_what_came_in_is_counted(client):
    said = answer(b"x" * 1000)
    with serving(said) as web:
        client.request("GET", web.url())
        client.request("GET", web.url())
        assert client.bytes_received == 2 * len(said)


def test_closing_ends_the_connections(client):
    with serving(answer(b"x")) as web:
        client.request("GET", web.url())
        client.close()
        client.request("GET", web.url())
        assert web.connections == 2


def test_a_connection_that_was_hung_up_meanwhile_is_opened_anew(client):
    with serving(Hangup(answer(b"x"))) as web:
        for method in ("PROPFIND", "GET", "REPORT"):
            assert client.request(method, web.url()).body == b"x"
        assert web.connections == 3


@pytest.mark.parametrize(("method", "is_repeated"), [("REPORT", True), ("PUT", False)])
def test_only_what_changes_nothing_is_sent_again(client, method, is_repeated):
    replies = iter([answer(b"first"), Hangup(b""), answer(b"again")])
    with serving(lambda heard: next(replies)) as web:
        client.request("GET", web.url())
        if is_repeated:
            assert client.request(method, web.url()).body == b"again"
        else:
            with pytest.raises(Unreachable):
                client.request(method, web.url())
        assert [heard.method for heard in web.heard] == ["GET", method, method][: 3 if is_repeated else 2]


def test_an_answer_that_breaks_off_is_not_asked_for_again(client):
    replies = iter([answer(b"first"), Hangup(answer(b"half", Content_Length="100")), answer(b"again")])
    with serving(lambda heard: next(replies)) as web:
        client.request("GET", web.url())
        with pytest.raises(Unreachable):
            client.request("GET", web.url())
        assert len(web.heard) == 2


def test_a_request_is_sent_again_only_once(client):
    replies = iter([answer(b"first"), Hangup(b""), Hangup(b""), Hangup(b"")])
    with serving(lambda heard: next(replies)) as web:
        client.request("GET", web.url())
        with pytest.raises(Unreachable):
            client.request("GET", web.url())
        assert len(web.heard) == 3


EVIL = answer(b"evil")


@pytest.mark.parametrize(
    "said",
    [
        answer(EVIL, 304),
        answer(b"", 304) + EVIL,
        answer(b"", 304, ETag='"1"', Content_Length="100") + b"x" * 100,
        answer(b"", 204) + EVIL,
        answer(b"ok") + EVIL,
        answer(b"ok" + EVIL, Content_Length="2"),
        answer(b"2\r\nok\r\n0\r\n\r\n" + EVIL, Transfer_Encoding="chunked"),
    ],
)
def test_what_stands_behind_an_answer_is_not_the_next_one(client, said):
    replies = iter([said, answer(b"good")])
    with serving(lambda heard: next(replies)) as web:
        assert client.request("GET", web.url()).body in {b"", b"ok"}
        assert client.request("GET", web.url()).body == b"good"


def test_a_body_behind_a_304_that_comes_late_is_not_the_next_answer(client):
    def say(heard):
        if heard.target == "/304":
            yield answer(b"", 304)
            time.sleep(0.02)
            yield EVIL
        else:
            yield answer(b"good")

    with serving(say) as web:
        client.request("GET", web.url("/304"))
        assert client.request("GET", web.url("/next")).body == b"good"


@pytest.mark.parametrize(
    "said",
    [
        b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", b"SSH-2.0-OpenSSH_9\r\n",
        b"220 mail.example ESMTP\r\n", b"\0" * 1000, b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\nA\0b: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    ],
)  # fmt: skip
def test_nonsense_and_answers_that_break_off_are_told_and_leave_nothing_behind(client, said):
    replies = iter([Hangup(said), answer(b"good")])
    with serving(lambda heard: next(replies)) as web:
        with pytest.raises(Unreachable, match="broke off"):
            client.request("GET", web.url("/?q=SECRET"))
        assert client.request("GET", web.url()).body == b"good"


def test_an_answer_of_old_http_without_a_length_ends_with_the_connection(client):
    with serving(Hangup(b"HTTP/1.0 200 OK\r\n\r\nold")) as web:
        assert client.request("GET", web.url()).body == b"old"
        assert client.request("GET", web.url()).body == b"old"


def test_who_hangs_up_while_we_talk_may_have_said_why(client):
    with serving(greeting=Hangup(answer(b"no", 413))) as web:
        assert client.request("PUT", web.url(), content=b"x" * 20_000_000).status == 413


def test_a_server_that_is_not_there_is_told(client):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable, match="lets nobody in"):
        client.request("GET", f"http://127.0.0.1:{port}/")


def test_a_name_that_nobody_has_is_told(client, names):
    with pytest.raises(Unreachable, match=r"no server of the name nobody\.example"):
        client.request("GET", "http://nobody.example/")


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", ".", "a." * 200])
def test_a_name_that_cannot_be_one_is_told(client, host):
    with pytest.raises(OutgoingError):
        client.request("GET", f"http://{host}/")


def test_the_next_address_is_tried_when_one_does_not_answer(client, names):
    with serving(answer(b"second")) as web:
        names.point("two.example", 80, [("127.0.0.9", 1), ("127.0.0.1", web.port)])
        assert client.request("GET", "http://two.example/").body == b"second"


def test_an_international_name_is_asked_in_its_ascii_form(client, names):
    with serving(answer(b"x")) as web:
        names.point("xn--bcher-kva.example", 80, [("127.0.0.1", web.port)])
        client.request("GET", "http://B\u00fccher.example/")
        assert web.heard[0].headers["host"] == "xn--bcher-kva.example"


def test_tls_asks_for_the_name_and_not_for_the_address(client, names, certified):
    with serving(answer(b"sealed"), tls=certified("dav.example")) as web:
        names.point("dav.example", 443, [("127.0.0.1", web.port)])
        names.point("other.example", 443, [("127.0.0.1", web.port)])
        assert client.request("GET", "https://dav.example/").body == b"sealed"
        assert client.request("GET", "https://dav.example/").body == b"sealed"
        with pytest.raises(Unreachable, match=r"other\.example does not prove who it is: Hostname mismatch"):
            client.request("GET", "https://other.example/")
        assert (len(web.heard), web.connections) == (2, 2)


def test_a_certificate_that_nobody_knows_is_refused(client, certified):
    with serving(answer(), tls=certified("127.0.0.1", is_trusted=False)) as web:
        with pytest.raises(Unreachable, match="self-signed certificate"):
            client.request("GET", f"https://127.0.0.1:{web.port}/")
        assert web.heard == []


def test_an_authority_of_one_s_own_is_trusted_where_the_operator_names_it(client, certified, tmp_path, monkeypatch):
    with serving(answer(b"sealed"), tls=certified("127.0.0.1", is_trusted=False)) as web:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        outgoing._tls.cache_clear()
        try:
            assert client.request("GET", f"https://127.0.0.1:{web.port}/").body == b"sealed"
        finally:
            outgoing._tls.cache_clear()


def test_tls_knows_the_public_authorities_and_insists_on_them():
    tls = outgoing._tls()
    assert tls.cert_store_stats()["x509_ca"] > 50
    assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_server_without_tls_is_told(client):
    with serving(greeting=b"HTTP/1.1 400 Bad\r\n\r\n") as web, pytest.raises(Unreachable, match="No encrypted"):
        client.request("GET", f"https://127.0.0.1:{web.port}/")


def test_a_large_request_is_sent_whole(client):
    with serving(answer()) as web:
        client.request("PUT", web.url(), content=b"x" * 5_000_000)
        assert len(web.heard[0].body) == 5_000_000


def test_reading_takes_what_is_there(monkeypatch, client):
    monkeypatch.setattr(wire, "READ_MAX_BYTES", 7)
    with serving(answer(b"x" * 1000)) as web:
        assert client.request("GET", web.url()).body == b"x" * 1000
