"""Against Radicale and Xandikos: discovery, a thousand cards, what a sync costs, and what goes wrong in between."""

import itertools
from collections.abc import Iterator

import pytest

from contacts.directories.base import Book, Connection
from contacts.directories.carddav import CardDavBackend
from contacts.exceptions import DirectoryDenied, DirectoryUnreachable
from tests.contacts.directories.dav_servers import DavServer, Radicale, radicale
from tests.contacts.directories.scripted import card
from tests.contacts.directories.sources import DavSource, Mirror

_numbers = itertools.count(1)
THOUSAND = [f"person-{number}" for number in range(1000)]


@pytest.fixture(params=["radicale", "xandikos"])
def dav(request: pytest.FixtureRequest) -> DavServer:
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def source(dav: DavServer) -> Iterator[DavSource]:
    source = DavSource(dav, f"book{next(_numbers)}")
    yield source
    source.remove_book()


def books(dav: DavServer, url: str) -> dict[str, Book]:
    with CardDavBackend(Connection({"url": url}, dav.credential)) as backend:
        return {book.href: book for book in backend.books()}


def mirror_of(source: DavSource) -> Mirror:
    url = source.server.book_url(source.book)
    mirror = Mirror(source, books(source.server, url)[url])
    mirror.follow()
    return mirror


@pytest.mark.parametrize("typed", ["{url}", "{url}/", "127.0.0.1:{port}", "{url}/alice/", "{url}{home}", "{book}"])
def test_books_are_found_from_whatever_was_typed(source: DavSource, typed: str) -> None:
    server, url = source.server, source.server.book_url(source.book)
    typed = typed.format(url=server.url, port=server.port, home=server.home, book=url)
    assert books(server, typed)[url].name == "Friends"


def test_several_books_are_told_apart(source: DavSource) -> None:
    server = source.server
    other = server.make_book(f"{source.book}-work", "Work")
    try:
        found = books(server, server.url)
        assert {found[other].name, found[server.book_url(source.book)].name} == {"Work", "Friends"}
    finally:
        server.remove_book(f"{source.book}-work")


def test_a_thousand_cards_come_over_and_a_change_costs_next_to_nothing(source: DavSource) -> None:
    source.fill(*THOUSAND)
    mirror = mirror_of(source)
    assert mirror.names() == sorted(THOUSAND)
    assert mirror.requests <= 1 + 1000 / 50 + 1

    assert mirror.follow().is_unchanged
    assert (mirror.requests, mirror.bytes_received < 1000) == (1, True)

    source.put("person-7", "NOTE:moved\r\n")
    mirror.follow()
    assert mirror.notes()["person-7"] == "moved"
    assert mirror.requests <= 4
    assert mirror.bytes_received <= 5000

    source.remove("person-8")
    mirror.follow()
    assert len(mirror.names()) == 999
    assert mirror.requests == 1

    assert mirror.follow(full=True).is_complete
    assert mirror.fetched == 0


def test_a_renamed_book_is_the_same_book(source: DavSource) -> None:
    source.fill("anna", "ben")
    mirror = mirror_of(source)
    source.server.rename_book(source.book, "Buddies")
    url = source.server.book_url(source.book)
    assert books(source.server, source.server.url)[url].name == "Buddies"
    assert mirror.follow().changed == ()
    assert mirror.names() == ["anna", "ben"]


def test_a_forgotten_token_leads_to_the_whole_list_and_fetches_nothing_twice(source: DavSource) -> None:
    source.fill("anna", "ben", "carl")
    mirror = mirror_of(source)
    source.remove("carl")
    source.server.forget_tokens(source.book)
    page = mirror.follow()
    assert page.is_complete
    assert mirror.names() == ["anna", "ben"]
    assert (mirror.fetched, mirror.requests) == (0, 2)
    assert mirror.follow().is_unchanged


def test_names_of_cards_that_have_to_be_encoded_stay_one_place(source: DavSource) -> None:
    odd = ["a%40b", "m%C3%BCller", "o'neil(1)", "x%20y", "~z", "a+b", "100%25"]
    for number, name in enumerate(odd):
        source.server.put(source.book, f"{name}.vcf", card(f"uid-{number}"))
    mirror = mirror_of(source)
    assert len(mirror.names()) == len(odd)
    mirror.follow(full=True)
    assert (mirror.fetched, len(mirror.cards)) == (0, len(odd))
    for name in odd:
        source.server.remove(source.book, f"{name}.vcf")
    mirror.follow()
    assert mirror.cards == {}


@pytest.mark.parametrize(
    ("credential", "sentence"),
    [
        ({"username": "alice", "password": "wrong"}, "did not accept this user name and password"),
        ({}, "asks for a user name and a password"),
    ],
)
def test_without_the_right_password_nobody_gets_in(
    radicale_server: Radicale, credential: dict[str, str], sentence: str
) -> None:
    backend = CardDavBackend(Connection({"url": radicale_server.url}, credential))
    with backend, pytest.raises(DirectoryDenied, match=sentence):
        backend.books()


def test_a_server_that_stops_is_unreachable_and_comes_back_where_it_was() -> None:
    with radicale() as server:
        source = DavSource(server, "friends")
        source.fill("anna", "ben")
        mirror = mirror_of(source)
        server.kill()
        with pytest.raises(DirectoryUnreachable):
            mirror.follow()
        server.start()
        assert mirror.follow().is_unchanged
        assert mirror.names() == ["anna", "ben"]
