"""Which pages may open a socket: those of this server, and no other site's."""

import pytest
from django.conf import LazySettings

from project.origin import is_own_origin


def headers(origin: str | None, host: str = "127.0.0.1:8000", **more: str) -> dict[bytes, bytes]:
    named = {"origin": origin, "host": host, **{name.replace("_", "-"): value for name, value in more.items()}}
    return {name.encode(): value.encode("latin1") for name, value in named.items() if value is not None}


@pytest.fixture(autouse=True)
def _hosts(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "chat.example.org"]
    settings.ORIGIN = ""
    settings.BEHIND_PROXY = False


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://localhost:8000", "localhost:8000"),
        ("http://LOCALHOST:8000", "localhost:8000"),
        ("http://localhost", "localhost"),
        ("http://localhost", "localhost:80"),
        ("http://localhost:80", "localhost"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://chat.example.org", "chat.example.org"),
    ],
)
def test_a_page_of_the_very_place_that_the_socket_is_asked_of_is_ours(origin: str, host: str) -> None:
    assert is_own_origin(headers(origin, host))


@pytest.mark.parametrize(
    "origin",
    [
        None, "", "null", "http://", "//127.0.0.1:8000", "127.0.0.1:8000", "file://", "http://127.0.0.1",
        "http://127.0.0.1:1", "http://127.0.0.1:80000", "http://127.0.0.1:x", "https://127.0.0.1:8000",
        "ws://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "http://evil.example:8000",
        "http://127.0.0.1.evil.example:8000", "http://127.0.0.1:8000@evil.example",
        "http://evil.example@127.0.0.1:8000", "http://127.0.0.1:8000/", "http://127.0.0.1:8000/path",
        "http://127.0.0.1:8000?query", "http://127.0.0.1:8000#fragment", "http://127.0.0.1:8000\\@evil.example",
        "http://[::1", "http://0:8000", "http://127.1:8000", "http://2130706433:8000", "http://127.0.0.1.:8000",
        "http://127.0.0.1:8000 http://evil.example", "chrome-extension://127.0.0.1:8000", "\xff\xfe",
    ],
)  # fmt: skip
def test_any_other_page_is_not(origin: str | None) -> None:
    assert not is_own_origin(headers(origin))


@pytest.mark.parametrize("host", ["evil.example:8000", "", "127.0.0.1:8000:1", "evil.example:8000@127.0.0.1"])
def test_a_name_that_the_operator_did_not_allow_is_not_ours_whoever_points_it_here(host: str) -> None:
    assert not is_own_origin(headers(f"http://{host}", host))


def test_no_host_is_nobodys_page() -> None:
    assert not is_own_origin({b"origin": b"http://127.0.0.1:8000"})


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        ("https://chat.example.org", True),
        ("https://chat.example.org:443", True),
        ("HTTPS://Chat.Example.Org", True),
        ("http://chat.example.org", False),
        ("https://chat.example.org:8000", False),
        ("https://evil.chat.example.org", False),
        ("https://chat.example.org.evil.example", False),
        ("http://127.0.0.1:8000", False),
        ("null", False),
    ],
)
def test_with_an_origin_set_it_is_the_only_one(origin: str, is_own: bool, settings: LazySettings) -> None:
    settings.ORIGIN = "https://chat.example.org"
    assert is_own_origin(headers(origin)) is is_own


@pytest.mark.parametrize(("is_proxied", "is_own"), [(True, True), (False, False)])
def test_the_scheme_is_a_proxys_to_say_only_where_there_is_one(
    is_proxied: bool, is_own: bool, settings: LazySettings
) -> None:
    settings.BEHIND_PROXY = is_proxied
    asked = headers("https://chat.example.org", "chat.example.org", x_forwarded_proto="https")
    assert is_own_origin(asked) is is_own


def test_a_proxy_that_was_asked_in_the_clear_has_no_https_pages(settings: LazySettings) -> None:
    settings.BEHIND_PROXY = True
    for forwarded in ("http", "https, http", ""):
        asked = headers("https://chat.example.org", "chat.example.org", x_forwarded_proto=forwarded)
        assert not is_own_origin(asked)


def test_all_hosts_allowed_still_means_one_place(settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert is_own_origin(headers("http://any.example", "any.example"))
    assert not is_own_origin(headers("http://evil.example", "any.example"))
    assert not is_own_origin(headers("null", "any.example"))
