"""Spellings of one place, and who may know a password."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.dav import canonical_href, path_of
from contacts.hrefs import absolute, is_downgrade, may_know, origin_of

BASE = "https://dav.example.org/alice/book/"


@pytest.mark.parametrize(
    "spelling",
    [
        "/alice/book/a%40b.vcf",
        "/alice/book/a@b.vcf",
        "/%61lice/book/a@b.vcf",
        "//alice//book///a@b.vcf",
        "/alice/./book/x/../a@b.vcf",
        "/alice/%2E/book/a@b.vcf/",
        "https://dav.example.org:443/alice/book/a@b.vcf",
        "HTTP://internal:8080/alice/book/a%40b.vcf",
        "a@b.vcf",
        "  /alice/book/a@b.vcf\n",
        "/alice/book/a@b.vcf#x",
    ],
)
def test_spellings_of_one_place_are_one_place(spelling: str) -> None:
    assert canonical_href(spelling, BASE) == "/alice/book/a%40b.vcf"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/b/m%c3%bcller.vcf", "/b/m%C3%BCller.vcf"),
        ("/b/müller.vcf", "/b/m%C3%BCller.vcf"),
        ("/b/%7Ealice.vcf", "/b/~alice.vcf"),
        ("/b/o'neil(1).vcf", "/b/o%27neil%281%29.vcf"),
        ("/b/a b.vcf", "/b/a%20b.vcf"),
        ("/b/100%.vcf", "/b/100%25.vcf"),
        ("/b/aGk=.vcf", "/b/aGk%3D.vcf"),
        ("/b/urn:uuid:1.vcf", "/b/urn%3Auuid%3A1.vcf"),
    ],
)
def test_encoding_more_or_less_is_the_same_place(one: str, other: str) -> None:
    assert canonical_href(one) == canonical_href(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/b/a%2Fb.vcf", "/b/a/b.vcf"),
        ("/b/a%2540b.vcf", "/b/a%40b.vcf"),
        ("/b/A.vcf", "/b/a.vcf"),
        ("/b/a+b.vcf", "/b/a%20b.vcf"),
        ("/b/a\u0308.vcf", "/b/\u00e4.vcf"),
        ("/b/a.vcf?v=1", "/b/a.vcf?v=2"),
    ],
)
def test_what_a_server_may_keep_apart_stays_apart(one: str, other: str) -> None:
    assert canonical_href(one) != canonical_href(other)


@given(st.lists(st.binary(min_size=1, max_size=6).filter(lambda part: part not in {b".", b".."}), max_size=4))
def test_any_bytes_are_a_place_whichever_of_them_are_encoded(segments: list[bytes]) -> None:
    everything = "/" + "/".join("".join(f"%{byte:02x}" for byte in segment) for segment in segments)
    key = canonical_href(everything)
    assert canonical_href(key) == key
    assert canonical_href(everything.upper()) == key


@given(st.text(max_size=40))
def test_any_text_has_a_place(text: str) -> None:
    key = canonical_href(text, BASE)
    assert key.startswith("/")
    assert canonical_href(key) == key


def test_an_href_goes_back_as_the_server_spelled_it_but_never_with_its_host() -> None:
    assert path_of("https://p42.example.org:443/a/%7ex@y.vcf", BASE) == "/a/%7ex@y.vcf"
    assert path_of("/a//%c3%bc.vcf", BASE) == "/a//%c3%bc.vcf"
    assert path_of("x y.vcf", BASE) == "/alice/book/x y.vcf"
    assert path_of("https://p42.example.org", BASE) == "/"


def test_a_path_with_two_slashes_in_front_is_no_host() -> None:
    assert absolute("//alice/book/", BASE) == "https://dav.example.org//alice/book/"


def test_a_server_behind_a_proxy_that_believes_in_http_is_corrected() -> None:
    assert absolute("http://dav.example.org/dav/", BASE) == "https://dav.example.org/dav/"
    assert absolute("http://other.example.org/dav/", BASE) == "http://other.example.org/dav/"


def test_origins_are_compared_as_dns_does() -> None:
    assert origin_of("HTTPS://MÜLLER.example.:443/x") == "https://xn--mller-kva.example"
    assert origin_of("http://[::1]:8080/") == "http://[::1]:8080"
    with pytest.raises(ValueError, match="no web address"):
        origin_of("javascript:alert(1)")


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://contacts.icloud.com/", "https://p42-contacts.icloud.com:443/1/"),
        ("https://example.org/", "https://dav.example.org/"),
        ("https://dav.example.org/", "https://dav.example.org:8443/"),
        ("http://dav.example.org/", "https://dav.example.org/"),
        ("http://127.0.0.1:5232/", "http://127.0.0.1:5232/alice/"),
        ("https://cloud.example.co.uk/", "https://dav.example.co.uk/"),
    ],
)
def test_servers_of_one_site_may_know_the_password(url: str, other: str) -> None:
    assert may_know(url, other)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://dav.example.org/", "https://dav.example.com/"),
        ("https://dav.example.org/", "http://dav.example.org/"),
        ("https://dav.example.org/", "http://www.example.org/"),
        ("http://dav.example.org/", "https://www.example.org/"),
        ("http://dav.example.org/", "http://dav.example.org:8080/"),
        ("https://one.co.uk/", "https://two.co.uk/"),
        ("https://example.org.evil.example/", "https://example.org/"),
        ("https://10.0.0.1/", "https://10.0.0.2/"),
        ("https://localhost/", "https://nas/"),
        ("https://[2001:db8::1]/", "https://[2001:db8::2]/"),
    ],
)
def test_others_may_not(url: str, other: str) -> None:
    assert not may_know(url, other)


def test_giving_up_encryption_is_noticed() -> None:
    assert is_downgrade("https://a.example/", "http://a.example/")
    assert not is_downgrade("http://a.example/", "https://a.example/")
