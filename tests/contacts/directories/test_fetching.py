"""Fetching cards: many at once, and around the ones that make trouble."""

import re
from collections.abc import Callable
from functools import partial
from html import unescape

import pytest

from contacts.directories.base import Book, Connection, Entry, Fetched
from contacts.directories.carddav import CardDavBackend
from contacts.exceptions import DirectoryDenied, DirectoryUnreachable, ListingIncomplete
from project.outgoing import Outgoing
from tests.contacts.directories.scripted import Asked, Says, Scripted, card, found, multistatus, status

NAMES = [f"n{number}" for number in range(8)]
ENTRIES = [Entry(f"/b/{name}.vcf", f'"{name}"') for name in NAMES]
ALIVE = multistatus(found("/b/", resourcetype="<d:collection/>"))


def fetched(server: Scripted, *entries: Entry, batch: int = 50, **properties: object) -> list[Fetched]:
    book = Book(server.url + "/b/", properties=properties)
    with CardDavBackend(Connection({"url": server.url, "batch": batch})) as backend:
        return list(backend.fetch(book, entries or ENTRIES))


def names_of(asked: Asked) -> list[str]:
    """The names of the cards that a multiget asks for."""
    return [unescape(href).rpartition("/")[2].removesuffix(".vcf") for href in hrefs_of(asked)]


def hrefs_of(asked: Asked) -> list[str]:
    return re.findall("<D:href>(.*?)</D:href>", asked.text)


def given(name: str, more: str = "") -> str:
    return found(f"/b/{name}.vcf", getetag=f'"{name}"', address_data=card(name, more))


BROKEN = Says(500)


def gives(*, poisoned: str = "", says: Says = BROKEN) -> Callable[[Asked], Says]:
    """An answer to multigets: the cards, or says for every batch with the poisoned one."""

    def answer(asked: Asked) -> Says:
        names = names_of(asked)
        return says if poisoned in names else multistatus(*(given(name) for name in names))

    return answer


def has_all_but(received: list[Fetched], *names: str) -> bool:
    complete = {card.href for card in received if card.raw and card.raw.startswith(b"BEGIN:VCARD\r\n")}
    return complete == {entry.href for entry in ENTRIES} - {f"/b/{name}.vcf" for name in names}


def test_cards_come_in_one_request(server: Scripted) -> None:
    server.says("REPORT", "/b/", gives())
    received = fetched(server)
    assert [each.href for each in received] == [entry.href for entry in ENTRIES]
    assert received[0] == Fetched("/b/n0.vcf", '"n0"', card("n0").encode())
    assert len(server.asked) == 1


def test_nothing_to_fetch_asks_nothing(server: Scripted) -> None:
    with CardDavBackend(Connection({"url": server.url})) as backend:
        assert list(backend.fetch(Book(server.url + "/b/"), [])) == []
    assert server.asked == []


@pytest.mark.parametrize(("batch", "sizes"), [(3, [3, 3, 2]), (0, [1] * 8), (1000, [8])])
def test_batches_are_as_large_as_the_directory_says(server: Scripted, batch: int, sizes: list[int]) -> None:
    server.says("REPORT", "/b/", gives())
    fetched(server, batch=batch)
    assert [len(hrefs_of(asked)) for asked in server.asked] == sizes


def test_cards_are_asked_for_in_the_spelling_of_the_server_and_by_path(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus())
    odd = ["/b/a%40b.vcf", "/b/%7ea&amp;'(1).vcf", "/b/m%c3%bcller.vcf"]
    fetched(server, *(Entry(unescape(href)) for href in odd))
    assert hrefs_of(server.asked[0]) == odd
    assert not [href for href in hrefs_of(server.asked[0]) if "://" in href]


def test_a_card_is_known_again_however_the_answer_spells_its_place(server: Scripted) -> None:
    spelled = found("http://127.0.0.1/b//m%C3%BCller%40x.vcf", address_data=card("m"))
    server.says("REPORT", "/b/", multistatus(spelled))
    (received,) = fetched(server, Entry("/b/m%c3%bcller@x.vcf", '"1"'))
    assert (received.href, received.etag, received.raw) == ("/b/m%c3%bcller@x.vcf", '"1"', card("m").encode())


@pytest.mark.parametrize(("properties", "asked"), [({"version": "4.0"}, "4.0"), ({"version": "3.0"}, "3.0"), ({}, "")])
def test_the_version_that_is_offered_is_asked_for(server: Scripted, properties: dict[str, object], asked: str) -> None:
    server.says("REPORT", "/b/", multistatus())
    fetched(server, ENTRIES[0], **properties)
    assert re.findall('version="(...)"', server.asked[0].text.partition("<D:prop>")[2]) == ([asked] if asked else [])
    assert (f"version={asked}" in server.asked[1].headers["Accept"]) is bool(asked)


@pytest.mark.parametrize(
    "refusal",
    [
        Says(500),
        Says(502),
        Says(504),
        Says(400),
        Says(403),
        Says(404),
        Says(413),
        Says(507),
        Says(207, b"<d:multistatus"),
        Says(207, multistatus(given("n0"), given("n1")).body[:-40]),
        Says(207, multistatus(given("n0")).body, cut=100),
        Says(207, b"", headers={"Content-Length": str(20 * 1024 * 1024)}),
    ],
)
def test_one_bad_card_takes_no_other_with_it(server: Scripted, refusal: Says) -> None:
    server.says("REPORT", "/b/", gives(poisoned="n5", says=refusal))
    server.says("PROPFIND", "/b/", ALIVE)
    server.says("GET", "/b/n5.vcf", Says(500))
    received = fetched(server)
    assert has_all_but(received, "n5")
    (bad,) = (each for each in received if each.raw is None)
    assert (bad.href, bad.is_gone) == ("/b/n5.vcf", False)
    assert bad.problem == "127.0.0.1 did not give this contact (500)."
    assert len(received) == 8


def test_a_card_that_only_the_batch_fails_for_is_got_alone(server: Scripted) -> None:
    server.says("REPORT", "/b/", gives(poisoned="n5"))
    server.says("GET", "/b/n5.vcf", Says(200, card("n5").encode(), {"ETag": '"new"'}))
    received = fetched(server)
    assert has_all_but(received)
    assert Fetched("/b/n5.vcf", '"new"', card("n5").encode()) in received


def test_a_batch_that_is_too_slow_is_halved(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.dav.Outgoing", partial(Outgoing, time_max_s=0.2))
    slow = Says(207, b"", headers={"Content-Length": "10"})
    server.says("REPORT", "/b/", gives(poisoned="n5", says=slow))
    server.says("PROPFIND", "/b/", ALIVE)
    server.says("GET", "/b/n5.vcf", slow)
    received = fetched(server)
    assert has_all_but(received, "n5")
    assert [each.problem for each in received if each.raw is None] == ["127.0.0.1 does not answer in time."]


@pytest.mark.parametrize("dead", [Says(207, b"x", cut=0), Says(502), Says(404)])
def test_a_server_that_died_ends_the_run_at_once(server: Scripted, dead: Says) -> None:
    server.says("REPORT", "/b/", Says(207, multistatus().body, cut=3))
    server.says("PROPFIND", "/b/", dead)
    with pytest.raises(DirectoryUnreachable):
        fetched(server)
    assert len(server.asked) <= 4


def test_a_server_that_fails_for_every_card_is_at_fault_itself(server: Scripted) -> None:
    many = [Entry(f"/b/{number}.vcf") for number in range(200)]
    server.says("REPORT", "/b/", Says(500))
    for entry in many:
        server.says("GET", entry.href, Says(500))
    with pytest.raises(DirectoryUnreachable, match=r"answers with errors \(500\)"):
        fetched(server, *many)


@pytest.mark.parametrize("code", [405, 415, 501])
def test_without_multiget_each_card_is_got_alone(server: Scripted, code: int) -> None:
    server.says("REPORT", "/b/", Says(code))
    for name in NAMES:
        server.says("GET", f"/b/{name}.vcf", Says(200, card(name).encode()))
    assert has_all_but(fetched(server))
    assert server.methods() == ["REPORT"] + ["GET"] * 8


def test_cards_that_an_answer_leaves_out_are_asked_for_one_by_one(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(*(given(name) for name in NAMES[2:])))
    server.says("GET", "/b/n0.vcf", Says(200, card("n0").encode()))
    received = fetched(server)
    assert has_all_but(received, "n1")
    assert Fetched("/b/n1.vcf", is_gone=True) in received


def test_a_card_that_may_not_be_read_is_reported(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(*(given(name) for name in NAMES[1:]), status("/b/n0.vcf", 403)))
    server.says("GET", "/b/n0.vcf", Says(403))
    received = fetched(server)
    assert has_all_but(received, "n0")
    assert [each.problem for each in received if each.problem] == ["127.0.0.1 did not give this contact (403)."]


@pytest.mark.parametrize("code", [404, 410])
def test_a_card_that_is_gone_is_gone(server: Scripted, code: int) -> None:
    server.says("REPORT", "/b/", multistatus(*(given(name) for name in NAMES[1:]), status("/b/n0.vcf", code)))
    assert Fetched("/b/n0.vcf", is_gone=True) in fetched(server)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer", [Says(200, b"<html>Sign in</html>"), Says(200, b""), Says(200, b"BEGIN:VCALENDAR"), Says(204)]
)
def test_something_else_than_a_card_is_reported_and_not_gone(server: Scripted, answer: Says) -> None:
    server.says("REPORT", "/b/", multistatus())
    server.says("GET", "/b/n0.vcf", answer)
    (received,) = fetched(server, ENTRIES[0])
    assert (received.raw, received.is_gone) == (None, False)
    assert "something else than a contact" in received.problem


def test_a_card_that_ends_in_the_middle_is_told_with_what_there_is_of_it(server: Scripted) -> None:
    whole = card("n0").encode()
    server.says("REPORT", "/b/", multistatus())
    half = whole[: whole.index(b"END:")]
    for body in (half, half + b"END:VCAR", whole + half):
        server.says("GET", "/b/n0.vcf", Says(200, body))
        (received,) = fetched(server, ENTRIES[0])
        assert (received.raw, received.problem) == (body, "127.0.0.1 sent only the beginning of this contact.")
    server.says("GET", "/b/n0.vcf", Says(200, whole + b"\n"))
    assert [each.problem for each in fetched(server, ENTRIES[0])] == [""]


def test_a_card_that_is_said_to_be_elsewhere_is_not_asked_for_there(server: Scripted, elsewhere: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(*(given(name) for name in NAMES[1:])))
    server.says("GET", "/b/n0.vcf", Says(302, headers={"Location": elsewhere.url + "/x"}))
    book = Book(server.url + "/b/", properties={"scheme": "basic"})
    with CardDavBackend(Connection({"url": server.url}, {"username": "alice", "password": "secret"})) as backend:
        received = list(backend.fetch(book, ENTRIES))
    assert has_all_but(received, "n0")
    assert "may belong to somebody else" in received[0].problem
    assert elsewhere.asked == []


def test_cards_that_nobody_asked_for_are_left_out(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(given("n0"), given("intruder")))
    assert [each.href for each in fetched(server, ENTRIES[0])] == ["/b/n0.vcf"]


def test_characters_that_xml_forbids_harm_neither_the_card_nor_the_others(server: Scripted) -> None:
    body = multistatus(*(given(name, "NOTE:X\r\n" if name == "n3" else "") for name in NAMES)).body
    server.says("REPORT", "/b/", Says(207, body.replace(b"NOTE:X", b"NOTE:\x07 M\xfcller &#11;")))
    received = fetched(server)
    assert has_all_but(received)
    assert received[3].raw == card("n3", "NOTE:X\r\n").encode().replace(b"NOTE:X", b"NOTE:\x07 M\xfcller \x0b")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "sent", [b"\x07", b"&#7;", b"M\xfcller", b"\xef\xbf\xbf", b"&#xD800;", b"&#x110000;", b"&#4294967296;"]
)
def test_a_card_that_had_to_be_salvaged_says_so(server: Scripted, sent: bytes) -> None:
    body = multistatus(given("n0", "NOTE:X\r\n"), given("n1")).body
    server.says("REPORT", "/b/", Says(207, body.replace(b"NOTE:X", b"NOTE:" + sent)))
    damaged, whole = fetched(server, *ENTRIES[:2])
    assert damaged.problem.startswith("The server sent signs in this card that its answers cannot hold")
    assert (damaged.raw or b"").startswith(b"BEGIN:VCARD")
    assert whole == Fetched("/b/n1.vcf", '"n1"', card("n1").encode())


@pytest.mark.parametrize(
    "sent", ["M\u00fcller \u674e \U0001f600", "\U0010ff07 \U0010ffff", "&#13;&#10; &#xFC;", "\x85 \ufffd"]
)
def test_a_card_with_any_sign_that_xml_holds_is_whole(server: Scripted, sent: str) -> None:
    body = multistatus(given("n0", "NOTE:X\r\n")).body
    server.says("REPORT", "/b/", Says(207, body.replace(b"NOTE:X", b"NOTE:" + sent.encode())))
    (received,) = fetched(server, ENTRIES[0])
    said = sent.replace("&#13;&#10;", "\r\n").replace("&#xFC;", "\u00fc")
    assert (received.problem, received.raw) == ("", card("n0", f"NOTE:{said}\r\n").encode())


def test_a_page_to_sign_in_ends_the_run(server: Scripted) -> None:
    server.says("REPORT", "/b/", Says(200, b"<!DOCTYPE html>"))
    with pytest.raises(ListingIncomplete, match="web page"):
        fetched(server)
    assert len(server.asked) == 1


def test_a_password_that_was_changed_midway_ends_the_run(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(*(given(name) for name in NAMES[:4])), Says(401))
    with pytest.raises(DirectoryDenied):
        fetched(server, batch=4)


@pytest.mark.parametrize("code", [429, 503])
def test_a_server_that_has_enough_is_left_alone(server: Scripted, code: int) -> None:
    server.says("REPORT", "/b/", Says(code, headers={"Retry-After": "60"}))
    with pytest.raises(DirectoryUnreachable) as busy:
        fetched(server)
    assert busy.value.retry_after_s == 60
    assert len(server.asked) == 1


# --- Photos --------------------------------------------------------------------------------------------------------


def photo(server: Scripted, uri: str, *, photos: object = True) -> bytes | None:
    server.says("REPORT", "/b/", multistatus(token="t"))
    with CardDavBackend(Connection({"url": server.url, "photos": photos})) as backend:
        list(backend.changes(Book(server.url + "/b/"), "t"))
        return backend.photo(uri)


def test_a_photo_is_fetched_with_consent_from_the_own_server(server: Scripted) -> None:
    server.says("GET", "/face.png", Says(200, b"PNG"))
    assert photo(server, server.url + "/face.png") == b"PNG"


@pytest.mark.parametrize("consent", [False, None, "true", 1])
def test_without_consent_no_photo_is_fetched(server: Scripted, consent: object) -> None:
    server.says("GET", "/face.png", Says(200, b"PNG"))
    assert photo(server, server.url + "/face.png", photos=consent) is None
    assert server.methods() == ["REPORT"]


def test_photos_elsewhere_are_left_alone(server: Scripted, elsewhere: Scripted) -> None:
    elsewhere.says("GET", "/face.png", Says(200, b"PNG"))
    server.says("GET", "/moved.png", Says(302, headers={"Location": elsewhere.url + "/face.png"}))
    for uri in (
        elsewhere.url + "/face.png",
        server.url + "/moved.png",
        "file:///etc/passwd",
        "data:,x",
        "http://[",
        "",
    ):
        assert photo(server, uri) is None
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "answer", [Says(404), Says(401), Says(200, b""), Says(200, b"x", {"Content-Length": "6000000"})]
)
def test_a_photo_that_cannot_be_had_is_no_photo(server: Scripted, answer: Says) -> None:
    server.says("GET", "/face.png", answer)
    assert photo(server, server.url + "/face.png") is None


def test_a_server_of_photos_that_does_not_answer_is_asked_once(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(token="t"))
    server.says("GET", "/face.png", Says(200, b"x", cut=0))
    with CardDavBackend(Connection({"url": server.url, "photos": True})) as backend:
        list(backend.changes(Book(server.url + "/b/"), "t"))
        assert backend.photo(server.url + "/face.png") is None
        asked = len(server.asked)
        assert backend.photo(server.url + "/face.png") is None
    assert len(server.asked) == asked
