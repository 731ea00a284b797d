"""Where redirects lead, and what goes along."""

import pytest

from project.outgoing import Basic, Outgoing, Refused, Unreachable
from tests.project.web import answer, leading, serving

BASIC = "Basic YWzDr2NlOlNFQ1JFVA=="


@pytest.fixture
def somebody(loopback):
    with Outgoing(auth=Basic("al\u00efce", "SECRET"), time_max_s=5) as client:
        yield client


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "PUT", "GET"])
def test_a_redirect_keeps_method_body_headers_and_credentials(somebody, status, method):
    with serving(leading(a="/b", status=str(status))) as web:
        said = somebody.request(method, web.url("/a"), headers={"Depth": "1"}, content=b"<x/>")
        assert (said.status, said.body, said.url) == (200, b"hello", web.url("/b"))
        first, second = web.heard
    assert (second.method, second.target, second.body) == (method, "/b", b"<x/>")
    assert (second.headers["depth"], second.headers["authorization"]) == ("1", BASIC)
    assert first.headers == second.headers


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("PROPFIND", 303), ("PUT", 303)])
def test_see_other_is_for_reading_only(somebody, method, status):
    with serving(leading(a="/b", status="303")) as web:
        assert somebody.request(method, web.url("/a")).status == status


@pytest.mark.parametrize("status", [300, 304, 305, 306, 309])
def test_other_statuses_lead_nowhere(somebody, status):
    with serving(leading(a="/b", status=str(status))) as web:
        assert somebody.request("GET", web.url("/a")).status == status


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("b", "/x/b"), ("/b", "/b"), ("../b", "/b"), ("?q=1", "/x/a?q=1"), ("b#fragment", "/x/b"), ("./b/", "/x/b/"),
        ("%c3%bc@%40", "/x/%c3%bc@%40"), ("\u00fc", "/x/%C3%BC"), ("a b", "/x/a%20b"),
    ],
)  # fmt: skip
def test_a_redirect_may_be_relative(somebody, location, target):
    said = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n".encode()
    replies = iter([said, answer()])
    with serving(lambda heard: next(replies)) as web:
        somebody.request("GET", web.url("/x/a"))
        assert web.heard[1].target == target


def test_another_origin_is_visited_without_credentials(somebody):
    with serving(answer(b"carol's")) as carols:
        with serving(leading(a=carols.url("/"), b="/c")) as web:
            assert somebody.request("PROPFIND", web.url("/a")).body == b"carol's"
            assert somebody.request("PROPFIND", web.url("/b")).body == b"hello"
            assert [heard.headers["authorization"] for heard in web.heard] == [BASIC] * 3
        assert "authorization" not in carols.heard[0].headers


def test_another_name_of_the_same_server_is_another_origin(somebody):
    with serving(lambda heard: leading(a=f"http://localhost:{heard.headers['host'][-5:]}/b")(heard)) as web:
        somebody.request("GET", web.url("/a"))
        assert ["authorization" in heard.headers for heard in web.heard] == [True, False]


def test_who_comes_back_from_elsewhere_has_credentials_again(somebody):
    with serving(lambda heard: answer(status=302, Location=f"http://127.0.0.1:{home.port}/b")) as carols:
        with serving(leading(a=carols.url("/"))) as home:
            somebody.request("GET", home.url("/a"))
            assert ["authorization" in heard.headers for heard in home.heard] == [True, True]
        assert "authorization" not in carols.heard[0].headers


def test_what_is_written_is_not_carried_to_another_origin(somebody):
    with serving(answer()) as carols, serving(leading(a=carols.url("/"))) as web:
        with pytest.raises(Refused, match="may not be changed from there"):
            somebody.request("PUT", web.url("/a"), content=b"card")
        assert carols.heard == []


def test_credentials_in_a_redirect_are_dropped(somebody):
    with serving(answer()) as carols:
        with serving(leading(a=f"http://eve:EVIL@127.0.0.1:{carols.port}/")) as web:
            said = somebody.request("GET", web.url("/a"))
        assert said.url == carols.url("/")
        assert "authorization" not in carols.heard[0].headers


def test_from_http_to_https_credentials_go_along(names, certified, somebody):
    with serving(answer(b"safer"), tls=certified("dav.example", "other.example")) as web:
        with serving(lambda heard: answer(status=301, Location=f"https://{heard.target[1:]}/")) as plain:
            names.point("dav.example", 80, [("127.0.0.1", plain.port)])
            names.point("dav.example", 443, [("127.0.0.1", web.port)])
            names.point("other.example", 443, [("127.0.0.1", web.port)])
            assert somebody.request("PUT", "http://dav.example/dav.example", content=b"card").body == b"safer"
            assert somebody.request("GET", "http://dav.example/other.example").body == b"safer"
        assert ["authorization" in heard.headers for heard in web.heard] == [True, False]


def test_from_https_to_http_nobody_goes(names, certified, somebody):
    with serving(answer(b"exposed")) as web:
        with serving(leading(a="http://dav.example/"), tls=certified("dav.example")) as sealed:
            names.point("dav.example", 80, [("127.0.0.1", web.port)])
            names.point("dav.example", 443, [("127.0.0.1", sealed.port)])
            with pytest.raises(Refused, match="without encryption"):
                somebody.request("GET", "https://dav.example/a")
        assert web.connections == 0


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://[::1", "http://127.0.0.1:0/"],
)
def test_a_redirect_to_what_is_no_web_address_is_refused(somebody, location):
    with serving(leading(a=location)) as web, pytest.raises(Refused):
        somebody.request("GET", web.url("/a"))


def test_a_redirect_without_a_place_is_an_answer(somebody):
    with serving(answer(b"where?", 302)) as web:
        assert somebody.request("GET", web.url()).body == b"where?"


def test_a_redirect_is_returned_to_who_does_not_follow(somebody):
    with serving(leading(a="/b")) as web:
        said = somebody.request("GET", web.url("/a"), follow=0)
        assert (said.status, said.headers["location"], said.url) == (302, "/b", web.url("/a"))


@pytest.mark.parametrize(("follow", "asked"), [(1, 2), (5, 6), (100, 6)])
def test_redirects_come_to_an_end(somebody, follow, asked):
    with serving(lambda heard: answer(status=302, Location="/again?q=SECRET")) as web:
        with pytest.raises(Unreachable, match="without end") as error:
            somebody.request("GET", web.url(), follow=follow)
        assert len(web.heard) == somebody.requests == asked
    assert "SECRET" not in str(error.value)


def test_five_redirects_are_followed(somebody):
    with serving(leading(**{str(hop): f"/{hop + 1}" for hop in range(5)})) as web:
        assert somebody.request("GET", web.url("/0")).url == web.url("/5")
