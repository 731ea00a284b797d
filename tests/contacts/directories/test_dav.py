"""Asking as one account: credentials, redirects, silence and refusals."""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from contacts.dav import Dav, NoAnswer, OtherSite
from contacts.exceptions import DirectoryDenied, DirectoryUnreachable, ListingIncomplete, NotADirectory
from tests.contacts.directories.scripted import Asked, Says, Scripted, multistatus

ALICE = {"username": "alice", "password": "secret: ü"}
BASIC = "Basic " + base64.b64encode("alice:secret: ü".encode()).decode()
ASKS_BASIC = Says(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
ASKS_DIGEST = Says(401, headers={"WWW-Authenticate": 'Digest realm="x", nonce="n", qop="auth", algorithm=MD5'})


def known(server: Scripted, credential: dict[str, str] | None = None, scheme: str = "") -> Dav:
    dav = Dav(ALICE if credential is None else credential, scheme)
    dav.trust(server.url)
    return dav


def let_in(asked: Asked) -> Says:
    return multistatus() if asked.headers.get("Authorization", "").startswith(("Basic", "Digest")) else ASKS_BASIC


def credentials(server: Scripted) -> list[str]:
    return [asked.headers.get("Authorization", "").partition(" ")[0] for asked in server.asked]


def test_without_encryption_the_password_goes_only_where_it_is_asked_for(server: Scripted) -> None:
    server.says("PROPFIND", "/", let_in)
    with_password = known(server)
    assert with_password.propfind(server.url + "/", "D:getetag").is_list
    assert [asked.headers.get("Authorization") for asked in server.asked] == [None, BASIC]
    assert with_password.scheme == "basic"


def test_a_scheme_that_was_found_out_needs_no_second_question(server: Scripted) -> None:
    server.says("PROPFIND", "/", let_in)
    assert known(server, scheme="basic").propfind(server.url + "/", "D:getetag").is_list
    assert credentials(server) == ["Basic"]


def test_digest_is_spoken_where_it_is_asked_for(server: Scripted) -> None:
    server.says("PROPFIND", "/", lambda asked: multistatus() if "Authorization" in asked.headers else ASKS_DIGEST)
    dav = known(server)
    assert dav.propfind(server.url + "/", "D:getetag").is_list
    assert credentials(server)[-1] == "Digest"
    assert "secret" not in str(server.asked)
    assert dav.scheme == "digest"


def test_a_server_that_moved_from_basic_to_digest_is_followed(server: Scripted) -> None:
    server.says("PROPFIND", "/", ASKS_DIGEST, ASKS_DIGEST, multistatus())
    assert known(server, scheme="basic").propfind(server.url + "/", "D:getetag").is_list
    assert credentials(server) == ["Basic", "", "Digest"]


def test_a_token_is_borne(server: Scripted) -> None:
    server.says("PROPFIND", "/", multistatus())
    known(server, {"token": "t0ken"}).propfind(server.url + "/", "D:getetag")
    assert server.asked[0].headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("credential", "sentence"),
    [
        (ALICE, "127.0.0.1 did not accept this user name and password."),
        ({"token": "t"}, "127.0.0.1 did not accept this token."),
        ({}, "127.0.0.1 asks for a user name and a password."),
    ],
)
def test_a_refusal_is_a_sentence_without_secrets(server: Scripted, credential: dict[str, str], sentence: str) -> None:
    server.says("PROPFIND", "/", ASKS_BASIC)
    with pytest.raises(DirectoryDenied) as refused:
        known(server, credential).propfind(server.url + "/", "D:getetag")
    assert str(refused.value) == sentence


def test_a_wrong_password_is_said_once(server: Scripted) -> None:
    server.says("PROPFIND", "/", ASKS_BASIC)
    with pytest.raises(DirectoryDenied):
        known(server, scheme="basic").propfind(server.url + "/", "D:getetag")
    assert len(server.asked) == 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_keeps_method_body_and_password(server: Scripted, code: int) -> None:
    server.says("REPORT", "/old/", Says(code, headers={"Location": "/new/"}))
    server.says("REPORT", "/new/", multistatus())
    reply = known(server, scheme="basic").sync_collection(server.url + "/old/", "t")
    assert reply.url == server.url + "/new/"
    assert [asked.method for asked in server.asked] == ["REPORT", "REPORT"]
    assert server.asked[0].body == server.asked[1].body != b""
    assert server.asked[1].headers["Authorization"] == BASIC


def test_a_relative_redirect_is_relative_to_where_it_was_said(server: Scripted) -> None:
    server.says("PROPFIND", "/a/b", Says(302, headers={"Location": "c"}))
    server.says("PROPFIND", "/a/c", multistatus())
    assert known(server).propfind(server.url + "/a/b", "D:getetag").url == server.url + "/a/c"


def test_a_redirect_to_a_damaged_address_is_told(server: Scripted) -> None:
    server.says("PROPFIND", "/a", Says(302, headers={"Location": "http://["}))
    with pytest.raises(NotADirectory, match="an address that is none"):
        known(server).propfind(server.url + "/a", "D:getetag")


def test_another_server_hears_nothing_of_a_redirect(server: Scripted, elsewhere: Scripted) -> None:
    server.says("PROPFIND", "/", Says(302, headers={"Location": elsewhere.url + "/"}))
    elsewhere.says("PROPFIND", "/", multistatus())
    with pytest.raises(OtherSite, match="If you trust it, enter that address"):
        known(server, scheme="basic").propfind(server.url + "/", "D:getetag")
    assert elsewhere.asked == []
    # It could have heard: without a password there is nothing to lose.
    assert known(server, {}).propfind(server.url + "/", "D:getetag").is_list
    assert len(elsewhere.asked) == 1


def test_nobody_is_sent_from_an_encrypted_place_to_an_open_one() -> None:
    with pytest.raises(OtherSite):
        Dav({}).follow("http://files.example.org/f", "https://example.org/")


def test_the_password_goes_only_to_servers_that_are_trusted(server: Scripted) -> None:
    server.says("PROPFIND", "/", multistatus())
    Dav(ALICE, "basic").propfind(server.url + "/", "D:getetag")
    assert credentials(server) == [""]


def test_who_is_not_trusted_cannot_make_others_trusted(server: Scripted) -> None:
    server.says("PROPFIND", "/", Says(302, headers={"Location": "/in/"}))
    server.says("PROPFIND", "/in/", ASKS_BASIC)
    with pytest.raises(DirectoryDenied):
        Dav(ALICE).propfind(server.url + "/", "D:getetag")
    assert set(credentials(server)) == {""}
    with pytest.raises(DirectoryDenied):
        known(server).propfind(server.url + "/", "D:getetag")
    assert credentials(server)[-1] == "Basic"


def test_redirects_without_end_come_to_an_end(server: Scripted) -> None:
    server.says("PROPFIND", "/", Says(302, headers={"Location": "/"}))
    with pytest.raises(NoAnswer, match="without end"):
        known(server).propfind(server.url + "/", "D:getetag")


def test_a_redirect_to_another_kind_of_address_is_told(server: Scripted) -> None:
    server.says("PROPFIND", "/", Says(302, headers={"Location": "gopher://example.org/"}))
    with pytest.raises(NotADirectory, match="names an address that is none"):
        known(server).propfind(server.url + "/", "D:getetag")


@pytest.mark.parametrize("code", [429, 503])
def test_a_busy_server_says_when_to_come_back(server: Scripted, code: int) -> None:
    server.says("PROPFIND", "/", Says(code, headers={"Retry-After": "120"}))
    with pytest.raises(DirectoryUnreachable, match="busy") as busy:
        known(server).propfind(server.url + "/", "D:getetag")
    assert busy.value.retry_after_s == 120
    assert not isinstance(busy.value, NoAnswer)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("99999999", 86400), ("", None), ("soon", None), (format_datetime(datetime.now(UTC) - timedelta(hours=1)), 0)],
)
def test_odd_times_to_come_back_do_no_harm(server: Scripted, said: str, seconds: float | None) -> None:
    server.says("PROPFIND", "/", Says(503, headers={"Retry-After": said}))
    with pytest.raises(DirectoryUnreachable) as busy:
        known(server).propfind(server.url + "/", "D:getetag")
    assert busy.value.retry_after_s == seconds


def test_a_date_to_come_back_is_understood(server: Scripted) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    server.says("PROPFIND", "/", Says(503, headers={"Retry-After": later}))
    with pytest.raises(DirectoryUnreachable) as busy:
        known(server).propfind(server.url + "/", "D:getetag")
    assert 500 < (busy.value.retry_after_s or 0) <= 600


def test_an_answer_that_breaks_off_is_no_answer(server: Scripted) -> None:
    server.says("PROPFIND", "/", Says(207, multistatus().body, cut=30))
    with pytest.raises(NoAnswer):
        known(server).propfind(server.url + "/", "D:getetag")


def test_nobody_at_home_is_a_sentence_about_the_host(server: Scripted) -> None:
    with pytest.raises(NoAnswer, match=r"127\.0\.0\.1"):
        known(server).propfind("http://127.0.0.1:1/secret-path/", "D:getetag")


def test_an_answer_that_is_too_large_is_no_list(server: Scripted) -> None:
    server.says("PROPFIND", "/", Says(207, b"x", headers={"Content-Length": str(17 * 1024 * 1024)}))
    with pytest.raises(ListingIncomplete, match="more than is taken"):
        known(server).propfind(server.url + "/", "D:getetag")


def test_a_success_that_is_no_list_is_not_read(server: Scripted) -> None:
    server.says("PROPFIND", "/", Says(200, multistatus().body))
    with pytest.raises(ListingIncomplete, match="web page"):
        known(server).propfind(server.url + "/", "D:getetag").listed()


def test_what_it_cost_is_counted_over_all_connections(server: Scripted) -> None:
    server.says("PROPFIND", "/", let_in)
    dav = known(server)
    dav.propfind(server.url + "/", "D:getetag")
    before = dav.bytes_received
    dav.close()
    assert dav.requests == 2
    assert dav.bytes_received == before > 300


def test_the_credential_is_not_in_what_a_program_may_print() -> None:
    assert "secret" not in repr(Dav(ALICE))
