"""Requests to other people's servers: which are never sent, what is understood, how connections are kept."""

import pytest

from project.outgoing import Outgoing, OutgoingError, Refused
from tests.project.web import answer, serving

# Ways of writing 127.0.0.1, or of reaching it.
LOOPBACKS = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.1", "017700000001", "localhost",
             "0.0.0.0", "0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACKS)
def test_an_address_inside_is_refused_however_it_is_written(host, settings):
    with serving(answer(b"inside")) as web, Outgoing() as client:
        with pytest.raises(Refused, match="inside a private network"):
            client.request("GET", web.url(host=host))
        assert web.connections == 0
        settings.PARLEY_PRIVATE_NETWORKS = ["127.0.0.0/8", "0.0.0.0/8"]
        assert client.request("GET", web.url(host=host)).body == b"inside"


def test_loopback_of_ipv6_is_refused(settings):
    with serving(answer(b"inside"), host="::1") as web, Outgoing() as client:
        with pytest.raises(Refused):
            client.request("GET", web.url(host="[::1]"))
        settings.PARLEY_PRIVATE_NETWORKS = ["::1"]
        assert client.request("GET", web.url(host="[::1]")).body == b"inside"


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "fe80::1", "::ffff:10.0.0.1"])
def test_a_name_with_one_address_inside_is_refused_as_a_whole(names, inside):
    names.point("dav.example", 80, [("8.8.8.8", 80), (inside, 80)])
    with Outgoing() as client, pytest.raises(Refused, match=r"dav\.example"):
        client.request("GET", "http://dav.example/")


def test_what_was_checked_is_dialled_whatever_the_name_says_a_moment_later(names, settings):
    settings.PARLEY_PRIVATE_NETWORKS = ["127.0.0.2"]
    with serving(answer(b"outside"), host="127.0.0.2") as web, serving(answer(b"inside")) as inside:
        names.point("rebound.example", 80, [("127.0.0.2", web.port)], [("127.0.0.1", inside.port)])
        with Outgoing() as client:
            assert client.request("GET", "http://rebound.example/").body == b"outside"
            assert names.asked == ["rebound.example"]
            client.close()
            with pytest.raises(Refused):
                client.request("GET", "http://rebound.example/")
        assert inside.connections == 0


def test_a_redirect_to_an_address_inside_is_refused(settings):
    settings.PARLEY_PRIVATE_NETWORKS = ["127.0.0.2"]
    with serving(answer(b"inside")) as inside:
        say = answer(status=302, Location=inside.url("/secrets"))
        with serving(say, host="127.0.0.2") as web, Outgoing() as client, pytest.raises(Refused):
            client.request("GET", web.url(host="127.0.0.2"))
        assert inside.connections == 0


def test_a_proxy_of_the_environment_is_not_used(client, monkeypatch):
    with serving(answer(b"proxied")) as proxy, serving(answer(b"direct")) as web:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        assert client.request("GET", web.url()).body == b"direct"
        assert proxy.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "", "dav.example", "//dav.example/", "ftp://dav.example/", "file:///etc/passwd", "gopher://dav.example/",
        "http://", "http:///path", "https://dav example/", "http://dav.example:0/", "http://dav.example:65536/",
        "http://[::1", "http://dav.example/a\nb", "javascript:alert(1)", "http://%00/", "data:text/plain,x",
        "http://0177.0.0.1/", "http://127.0.0.01/", "http://127.0.0.1%2f@x/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url):
    with Outgoing() as client, pytest.raises(Refused):
        client.request("GET", url)


@pytest.mark.parametrize("user", ["alice", "alice:SECRET", ":SECRET", "8.8.8.8"])
def test_an_address_with_a_user_name_in_it_is_refused(client, user):
    with serving(answer()) as web, pytest.raises(Refused) as refused:
        client.request("GET", f"http://{user}@127.0.0.1:{web.port}/")
    assert "SECRET" not in str(refused.value)
    assert web.connections == 0


def test_a_request_arrives_as_it_was_meant(client):
    with serving(answer(b"done", 207, Content_Type="text/xml", DAV="1, addressbook")) as web:
        url = web.url("/a%40b/~c/d'(e)%c3%bc?q=1")
        said = client.request("PROPFIND", url, headers={"Depth": "1"}, content=b"<propfind/>")
    heard = web.heard[0]
    assert (heard.method, heard.target, heard.body) == ("PROPFIND", "/a%40b/~c/d'(e)%c3%bc?q=1", b"<propfind/>")
    assert (heard.headers["depth"], heard.headers["host"]) == ("1", f"127.0.0.1:{web.port}")
    assert "authorization" not in heard.headers
    assert (said.status, said.body, said.url) == (207, b"done", url)
    assert said.headers["content-type"] == said.headers["CONTENT-TYPE"] == "text/xml"


@pytest.mark.parametrize("status", [200, 201, 207, 400, 401, 403, 404, 409, 412, 500, 503, 507])
def test_every_status_is_an_answer(client, status):
    with serving(answer(b"why", status)) as web:
        assert client.request("GET", web.url()).status == status


@pytest.mark.parametrize("name", ["Authorization", "authorization", "Cookie", "Host", "Content-Length", "Connection"])
def test_headers_that_the_client_must_decide_are_not_the_caller_s(client, name):
    with serving(answer()) as web, pytest.raises(ValueError, match="not the caller's"):
        client.request("GET", web.url(), headers={name: "x"})


@pytest.mark.parametrize("headers", [{"Depth": "1\r\nEvil: 1"}, {"De pth": "1"}, {"Depth": "\0"}])
def test_nothing_can_be_put_between_two_headers(client, headers):
    with serving(answer()) as web, pytest.raises(OutgoingError, match="signs that cannot be sent"):
        client.request("GET", web.url(), headers=headers)
    assert web.heard == []


def test_cookies_are_not_kept(client):
    with serving(answer(b"", 200, Set_Cookie="a=b; Path=/")) as web:
        client.request("GET", web.url())
        client.request("GET", web.url())
        assert "cookie" not in web.heard[1].headers
