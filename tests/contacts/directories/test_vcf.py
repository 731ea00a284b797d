"""Files of cards: at a web address, and as they are uploaded."""

import pytest

from contacts.directories.base import Book, Changes, Connection
from contacts.directories.vcf import VcfBackend, cards_in, is_whole
from contacts.exceptions import (
    BookGone,
    DirectoryDenied,
    DirectoryError,
    DirectoryUnreachable,
    ListingIncomplete,
    NotADirectory,
    UnreadableCard,
)
from contacts.vcard import read
from tests.contacts.directories.scripted import Asked, Says, Scripted, card

FILE = (card("anna") + card("ben")).encode()
NAMELESS = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{}\r\nREV:{}\r\nEND:VCARD\r\n".format


def backend(server: Scripted, **more: object) -> VcfBackend:
    return VcfBackend(Connection({"url": server.url + "/my%20friends.vcf", **more}))


def listed(server: Scripted, token: str = "", *, full: bool = False) -> Changes:
    with backend(server) as asked:
        (page,) = asked.changes(asked.books()[0], token, full=full)
    return page


def stands(server: Scripted, content: bytes = FILE, **headers: str) -> None:
    server.says("GET", "/my%20friends.vcf", Says(200, content, headers))


def test_a_file_is_one_book_called_like_it(server: Scripted) -> None:
    with backend(server) as asked:
        assert asked.books() == [Book(server.url + "/my%20friends.vcf", "my friends")]
    assert VcfBackend(Connection({"url": "example.org/"})).books() == [Book("https://example.org/", "example.org")]


def test_without_an_address_there_is_nothing_to_ask() -> None:
    assert VcfBackend(Connection({})).books() == []


@pytest.mark.parametrize("url", ["https://", "ftp://example.org/a.vcf", "a b"])
def test_what_is_no_address_is_explained(url: str) -> None:
    with pytest.raises(NotADirectory, match="address of a file"):
        VcfBackend(Connection({"url": url})).books()


def test_the_place_of_a_card_is_its_uid(server: Scripted) -> None:
    stands(server)
    page = listed(server)
    assert [entry.href for entry in page.changed] == ["uid:anna", "uid:ben"]
    assert page.is_complete


def test_a_file_is_asked_for_only_if_it_changed(server: Scripted) -> None:
    stands(server, ETag='"7"', **{"Last-Modified": "Sat, 21 Nov 2026 10:00:00 GMT"})
    token = listed(server).token
    server.says("GET", "/my%20friends.vcf", Says(304))
    assert listed(server, token) == Changes(token=token, is_unchanged=True)
    assert server.asked[-1].headers["If-None-Match"] == '"7"'
    assert server.asked[-1].headers["If-Modified-Since"] == "Sat, 21 Nov 2026 10:00:00 GMT"


def test_a_304_with_a_body_does_not_spoil_what_follows(server: Scripted) -> None:
    stands(server, ETag='"7"')
    with backend(server) as asked:
        (book,) = asked.books()
        (page,) = asked.changes(book)
        server.says("GET", "/my%20friends.vcf", Says(304, b"HTTP/1.1 200 OK\r\n\r\n"), Says(200, FILE + FILE))
        assert next(asked.changes(book, page.token)).is_unchanged
        assert next(asked.changes(book, "")).is_complete


def test_a_full_listing_asks_for_all_of_it(server: Scripted) -> None:
    stands(server, ETag='"7"')
    token = listed(server).token
    assert listed(server, token, full=True).is_complete
    assert "If-None-Match" not in server.asked[-1].headers


def test_the_same_bytes_are_unchanged_also_without_a_validator(server: Scripted) -> None:
    stands(server)
    token = listed(server).token
    assert listed(server, token).is_unchanged
    stands(server, FILE + card("carl").encode())
    assert len(listed(server, token).changed) == 3


@pytest.mark.parametrize("token", ["junk", "[]", "null", "http://sabre.io/ns/sync/1"])
def test_a_token_of_somebody_else_leads_to_the_whole_list(server: Scripted, token: str) -> None:
    stands(server)
    assert listed(server, token).is_complete


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (Says(200, b"<!DOCTYPE html><p>Sign in</p>"), ListingIncomplete, "something else than a file of contacts"),
        (Says(200, b""), ListingIncomplete, "an empty file"),
        (Says(200, b" \r\n"), ListingIncomplete, "an empty file"),
        (Says(200, FILE[:-20]), ListingIncomplete, "ends in the middle of a contact"),
        (Says(200, FILE + b"BEGIN:VCARD\r\nFN:C"), ListingIncomplete, "ends in the middle of a contact"),
        (Says(200, FILE, cut=60), DirectoryUnreachable, "broke off"),
        (Says(304), ListingIncomplete, "something else than a file"),
        (Says(206, FILE), ListingIncomplete, "something else than a file"),
        (Says(401), DirectoryDenied, "asks for a user name"),
        (Says(403), DirectoryDenied, "does not let"),
        (Says(404), BookGone, "no file"),
        (Says(500), DirectoryUnreachable, "error"),
    ],
)
def test_whatever_is_no_whole_file_is_no_listing(
    server: Scripted, answer: Says, kind: type[DirectoryError], sentence: str
) -> None:
    server.says("GET", "/my%20friends.vcf", answer)
    with pytest.raises(kind, match=sentence):
        listed(server)


@pytest.mark.parametrize("answer", [Says(404), Says(200, b"<html>")])
def test_probing_says_that_there_is_no_file(server: Scripted, answer: Says) -> None:
    server.says("GET", "/my%20friends.vcf", answer)
    with backend(server) as asked, pytest.raises(NotADirectory):
        asked.probe()


def test_a_password_opens_a_file(server: Scripted) -> None:
    def answer(asked: Asked) -> Says:
        return Says(200, FILE) if "Authorization" in asked.headers else Says(401, headers={"WWW-Authenticate": "Basic"})

    server.says("GET", "/my%20friends.vcf", answer)
    connection = Connection({"url": server.url + "/my%20friends.vcf"}, {"username": "alice", "password": "secret"})
    assert len(VcfBackend(connection).probe()) == 1


def test_a_public_file_may_stand_elsewhere(server: Scripted, elsewhere: Scripted) -> None:
    server.says("GET", "/my%20friends.vcf", Says(302, headers={"Location": elsewhere.url + "/f"}))
    elsewhere.says("GET", "/f", Says(200, FILE))
    assert listed(server).is_complete


def test_cards_are_there_again_without_a_listing(server: Scripted) -> None:
    stands(server)
    entries = listed(server).changed
    with backend(server) as asked:
        assert [card.raw for card in asked.fetch(asked.books()[0], entries)] == [
            card("anna").encode(),
            card("ben").encode(),
        ]


# --- What a file is cut into ---------------------------------------------------------------------------------------


def test_the_pieces_of_a_file_are_the_file() -> None:
    data = b"\xef\xbb\xbf" + FILE + b"\r\n" + card("carl").encode()
    assert b"".join(found.raw for found in cards_in(data)) == data


def test_a_card_without_uid_keeps_its_place_when_only_its_date_is_written_anew() -> None:
    (one,) = cards_in(NAMELESS("Anna", "2025").encode())
    (other,) = cards_in(NAMELESS("Anna", "2026").encode())
    assert one.href == other.href
    assert one.etag != other.etag


def test_a_card_without_uid_that_says_something_else_is_another_one() -> None:
    (one,) = cards_in(NAMELESS("Anna", "2025").encode())
    (other,) = cards_in(NAMELESS("Anne", "2025").encode())
    assert one.href != other.href


def test_what_stands_around_a_card_does_not_change_it() -> None:
    (one,) = cards_in(NAMELESS("Anna", "1").encode())
    (other,) = cards_in(b"\n\n" + NAMELESS("Anna", "1").replace("\r\n", "\n").encode() + b"\n")
    assert (one.href, one.etag) == (other.href, other.etag)


def test_the_same_card_twice_is_one_and_two_of_one_uid_are_two() -> None:
    found = list(cards_in((card("anna") + card("anna") + card("anna", "NOTE:x\r\n")).encode()))
    assert [each.href for each in found] == ["uid:anna", "uid:anna;2"]


def test_folded_and_grouped_uids_are_read() -> None:
    (one,) = cards_in(b"BEGIN:VCARD\r\nitem1.UID;VALUE=text:urn:uuid:1\r\n 23\r\nFN:A\r\nEND:VCARD\r\n")
    assert one.href == "uid:urn:uuid:123"


def test_a_file_of_utf_16_is_read_as_one() -> None:
    data = FILE.decode().encode("utf-16")
    assert [found.href for found in cards_in(data)] == ["uid:anna", "uid:ben"]
    assert is_whole(data)
    assert not is_whole(data[:-20])


def test_a_card_that_is_too_large_takes_no_other_with_it() -> None:
    large = card("ben", "NOTE:" + "x" * 1_100_000 + "\r\n")
    found = list(cards_in((card("anna") + large + card("carl")).encode()))
    assert [each.href for each in found] == ["uid:anna", "uid:ben", "uid:carl"]
    with pytest.raises(UnreadableCard, match="The card of Ben is larger than 1 MiB"):
        read(found[1].raw)
