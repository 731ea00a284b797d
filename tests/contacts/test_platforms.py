"""Addresses on networks: what is the same address, what is none, and where it may lead."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.exceptions import InvalidHandle
from contacts.platforms import PLATFORMS, link_of, normalise, platform_named, profile_of


@pytest.mark.parametrize(
    ("value", "normalised"),
    [
        ("Anna.Berg+list@Example.ORG", "anna.berg+list@example.org"),
        ("mailto:anna@example.org?subject=x", "anna@example.org"),
        ("Anna Berg <anna@example.org>", "anna@example.org"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"),
        ("ÄNNA@example.org", "änna@example.org"),
        ("anna@localhost", "anna@localhost"),
        ("anna@my_host.example", "anna@my_host.example"),
        ('"anna berg"@example.org', '"anna berg"@example.org'),
    ],
)
def test_e_mail_addresses_are_compared_as_mail_systems_do(value: str, normalised: str) -> None:
    assert normalise("email", value) == normalised


@pytest.mark.parametrize("value", ["", "anna", "anna@", "@example.org", "a b@example.org", "a@b@c", "a@b c", "a" * 600])
def test_what_is_no_e_mail_address_is_refused(value: str) -> None:
    with pytest.raises(InvalidHandle):
        normalise("email", value)


@pytest.mark.parametrize(
    ("value", "region", "normalised"),
    [
        ("+1 (415) 555-2671", "", "+14155552671"),
        ("tel:+1-415-555-2671;ext=12", "", "+14155552671"),
        ("+44 (0)20 7946 0958 ext. 7", "", "+442079460958"),
        ("(020) 7946-0018", "GB", "+442079460018"),
        ("415-555-2671", "us", "+14155552671"),
        ("415-555-2671", "", "4155552671"),
        ("0041 44 668 18 00", "DE", "+41446681800"),
        ("00 41 44 668 18 00", "US", "+41446681800"),
        ("112", "DE", "112"),
        ("*100#", "DE", "100"),
        ("٠٣٠ ١٢٣٤٥٦٧", "DE", "+49301234567"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("Tel. 030/23125001", "DE", "+493023125001"),
        ("030 23125001 (nachts)", "DE", "+493023125001"),
        ("030 23125001", "nowhere", "03023125001"),
    ],
)
def test_telephone_numbers_become_international(value: str, region: str, normalised: str) -> None:
    assert normalise("phone", value, region) == normalised


@pytest.mark.parametrize("value", ["", "ask Anna", "Büro", "7yy-zzz-xxx", "§", "ask Eva, room 40 2030", "+", "x12"])
def test_where_there_is_nothing_to_dial_there_is_no_number(value: str) -> None:
    with pytest.raises(InvalidHandle):
        normalise("phone", value, "DE")


@pytest.mark.parametrize(
    ("platform", "value", "normalised"),
    [
        ("x", "https://twitter.com/Anna_B/", "anna_b"),
        ("x", "@Anna_B", "anna_b"),
        ("facebook", "http://www.facebook.com/profile.php?id=1234", "1234"),
        ("linkedin", "https://de.linkedin.com/in/anna-m%C3%BCller", "anna-müller"),
        ("whatsapp", "030 23125001", "+493023125001"),
        ("whatsapp", "https://wa.me/493023125001", "+493023125001"),
        ("telegram", "https://t.me/anna_b", "anna_b"),
        ("matrix", "u/Anna:example.org", "@anna:example.org"),
        ("xmpp", "Anna@Example.org/phone", "anna@example.org"),
        ("imessage", "Anna@Example.org", "anna@example.org"),
        ("icq", "123-456-789", "123456789"),
        ("mastodon", "https://social.example/@anna", "anna@social.example"),
        ("mastodon", "@anna@social.example", "anna@social.example"),
        ("website", "HTTPS://www.Example.org/Path/", "example.org/Path"),
        ("website", "http://example.org/Path", "example.org/Path"),
        ("website", "bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_two_spellings_of_an_account_are_one(platform: str, value: str, normalised: str) -> None:
    assert normalise(platform, value, "DE") == normalised


@pytest.mark.parametrize("value", ["javascript:alert(1)", "data:text/html,x", "not a site", "http://a@b.example", "//"])
def test_what_is_no_address_on_the_web_is_refused(value: str) -> None:
    with pytest.raises(InvalidHandle):
        normalise("website", value)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/anna", ("github", "anna")),
        ("twitter.com/anna", ("x", "anna")),
        ("https://www.youtube.com/@anna", ("youtube", "anna")),
        ("https://mastodon.social/@anna", ("mastodon", "anna@mastodon.social")),
        ("https://github.com/anna/project", ("", "")),
        ("https://github.com/about", ("", "")),
        ("https://twitter.com/intent/tweet?text=x", ("", "")),
        ("https://www.youtube.com/watch?v=x", ("", "")),
        ("https://www.linkedin.com/company/example", ("", "")),
        ("https://t.me/joinchat/AAAA", ("", "")),
        ("https://notgithub.com/anna", ("", "")),
        ("https://example.org/anna", ("", "")),
        ("ftp://github.com/anna", ("", "")),
    ],
)
def test_only_somebodys_own_page_is_a_profile(url: str, found: tuple[str, str]) -> None:
    assert profile_of(url) == found


@pytest.mark.parametrize(
    ("name", "key"),
    [("Twitter", "x"), ("GoogleTalk", "google_talk"), ("Jabber", "xmpp"), ("WHATSAPP", "whatsapp"), ("nothing", "")],
)
def test_a_platform_has_many_names(name: str, key: str) -> None:
    assert platform_named(name) == key


def test_every_platform_has_a_label_and_its_own_name() -> None:
    assert all(label for label in PLATFORMS.values())
    assert [key for key in PLATFORMS if platform_named(key) != key] == []


@pytest.mark.parametrize(
    ("platform", "value", "link"),
    [
        ("email", "Anna@Example.org", "mailto:anna@example.org"),
        ("email", '"<b>"@example.org', "mailto:%22%3Cb%3E%22@example.org"),
        ("phone", "+49 30 23125-001", "tel:+493023125001"),
        ("phone", "112", "tel:112"),
        ("phone", "ask me", ""),
        ("website", "example.org/a b", ""),
        ("website", "www.example.org/ä", "https://www.example.org/%C3%A4"),
        ("website", "http://example.org/?a=1&b=2", "http://example.org/?a=1&b=2"),
        ("website", "https://bank.example@evil.example/", ""),
        ("website", "javascript:alert(1)", ""),
        ("other", "javascript://example.org/%0aalert(1)", ""),
        ("other", "anna", ""),
        ("x", "@anna", "https://x.com/anna"),
        ("x", '"><script>', "https://x.com/%22%3E%3Cscript%3E"),
        ("xmpp", "anna@jabber.example", "xmpp:anna@jabber.example"),
        ("sip", "anna@sip.example", "sip:anna@sip.example"),
        ("whatsapp", "+49 30 23125001", "https://wa.me/493023125001"),
        ("signal", "+49 30 23125001", "https://signal.me/#p/+493023125001"),
        ("matrix", "@anna:example.org", "https://matrix.to/#/@anna:example.org"),
        ("mastodon", "@anna@social.example", "https://social.example/@anna"),
        ("skype", "live:anna", ""),
    ],
)
def test_a_handle_leads_where_its_platform_is(platform: str, value: str, link: str) -> None:
    assert link_of(platform, value) == link


SCHEMES = ("http://", "https://", "mailto:", "tel:", "sip:", "xmpp:")


@given(
    st.sampled_from(sorted(PLATFORMS)),
    st.text() | st.from_regex(r"\A(javascript|data|vbscript|http|https|JaVaScRiPt):(//)?[a-z@/<>\"' ]{0,12}\Z"),
)
def test_no_value_leads_to_a_dangerous_address(platform: str, value: str) -> None:
    link = link_of(platform, value)
    assert not link or link.startswith(SCHEMES)
    assert not set(link) & set("\"'<> \n\t\\`")


@given(st.sampled_from(sorted(PLATFORMS)), st.text(max_size=600), st.sampled_from(["", "DE", "US", "zz"]))
def test_normalising_gives_a_text_or_refuses(platform: str, value: str, region: str) -> None:
    try:
        found = normalise(platform, value, region)
    except InvalidHandle:
        return
    assert found
    assert "\0" not in found


def test_ten_thousand_numbers_take_less_than_two_seconds() -> None:
    started = time.process_time()
    for number in range(10_000):
        normalise("phone", f"(030) {20_000_000 + number}", "DE")
    assert time.process_time() - started < 2
