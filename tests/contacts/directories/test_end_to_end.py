"""From real CardDAV servers into the book and out of it again, with nothing but commands.

Discovery, first sync, change, deletion, renamed book, expired token, a thousand cards: each against Radicale and
against Xandikos.
"""

import io
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from contacts.models import ContactGroup, Directory, Folder, Party
from project.accounts.models import User
from tests.contacts.directories.dav_servers import PASSWORD, USERNAME, DavServer
from tests.contacts.directories.scripted import Says, Scripted
from tests.contacts.files import card, group_card

pytestmark = pytest.mark.django_db
ANNA, BEN = "0b1a7d5e-1111-4222-8333-444455556666", "1b1a7d5e-1111-4222-8333-444455556666"
_numbers = itertools.count(1)


@pytest.fixture(params=["radicale", "xandikos"])
def dav(request: pytest.FixtureRequest) -> Iterator[DavServer]:
    """A server with one book: Anna and Ben."""
    server = request.getfixturevalue(f"{request.param}_server")
    server.book = f"friends-{next(_numbers)}"
    server.make_book(server.book, "Friends")
    server.put(server.book, "anna.vcf", named("Anna", "EMAIL:anna@example.org", uid=ANNA))
    server.put(server.book, "ben.vcf", named("Ben", uid=BEN))
    yield server
    server.remove_book(server.book)


def named(name: str, *lines: str, uid: str) -> bytes:
    return card(name, f"N:;{name};;;", *lines, uid=uid)


def run(*arguments: str) -> str:
    said = io.StringIO()
    call_command(*arguments, stdout=said)
    return said.getvalue()


def sync() -> dict[str, Any]:
    """Sync everything, and return what was done, without zeros."""
    costs = {"requests", "bytes_received", "seconds", "directory"}
    return {name: value for name, value in told_sync().items() if value and name not in costs}


def told_sync() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("sync_directories", "--json"))
    return told


def add(dav: DavServer, owner: User, place: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Connect what is found at a place; return the names of its books."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    secret = ["--username", USERNAME, "--password-stdin"] if dav.credential else []
    told = run("add_directory", "--owner", owner.email, "--backend", "carddav", "--url", place, *secret, "--json")
    books: list[str] = json.loads(told)["books"]
    return books


@pytest.fixture
def added(dav: DavServer, alice: User, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """The book of dav, connected by its own address, and not synced yet."""
    assert add(dav, alice, dav.book_url(dav.book), monkeypatch) == ["Friends"]
    return Directory.objects.get()


def book_of(owner: User) -> list[str]:
    return [str(party) for party in Party.objects.of(owner).listed()]


def ids_of(owner: User) -> dict[str, int]:
    return {str(party): party.pk for party in Party.objects.of(owner)}


def test_discovery_leads_from_the_name_of_a_server_to_its_books(
    dav: DavServer, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Friends" in add(dav, alice, f"127.0.0.1:{dav.port}", monkeypatch)
    assert Folder.objects.get(source_href=dav.book_url(dav.book)).name == "Friends"


def test_a_first_sync_brings_every_card_as_the_server_has_it(dav: DavServer, added: Directory, alice: User) -> None:
    assert sync() == {"created": 2}
    assert book_of(alice) == ["Anna", "Ben"]
    assert Party.objects.get(display_name="Anna").links.get().handle.value == "anna@example.org"
    assert sync() == {"unchanged": 2}


def test_a_change_at_the_server_changes_the_contact(dav: DavServer, added: Directory, alice: User) -> None:
    sync()
    before = ids_of(alice)
    dav.put(dav.book, "ben.vcf", named("Benjamin", "NOTE:moved", uid=BEN))
    dav.put(dav.book, "cyd.vcf", named("Cyd", uid="c"))
    assert sync() == {"created": 1, "updated": 1, "unchanged": 1}
    assert book_of(alice) == ["Anna", "Benjamin", "Cyd"]
    assert Party.objects.get(pk=before["Ben"]).contact().notes == "moved"


def test_a_deletion_at_the_server_takes_the_contact_out_of_the_book(
    dav: DavServer, added: Directory, alice: User
) -> None:
    sync()
    before = ids_of(alice)
    dav.remove(dav.book, "anna.vcf")
    assert sync() == {"removed": 1, "unchanged": 1}
    assert book_of(alice) == ["Ben"]
    dav.put(dav.book, "anna.vcf", named("Anna", uid=ANNA))
    assert sync() == {"updated": 1, "unchanged": 1}
    assert ids_of(alice) == before  # she comes back as herself


def test_a_book_that_was_renamed_is_the_same_book_of_another_name(
    dav: DavServer, added: Directory, alice: User
) -> None:
    sync()
    folder, before = Folder.objects.get(), ids_of(alice)
    dav.rename_book(dav.book, "Old friends")
    Directory.objects.update(books_asked_at=None)
    assert sync() == {"unchanged": 2}
    assert (Folder.objects.get().pk, Folder.objects.get().name) == (folder.pk, "Old friends")
    assert ids_of(alice) == before


def test_an_expired_token_costs_a_list_and_loses_nobody(dav: DavServer, added: Directory, alice: User) -> None:
    dav.put(dav.book, "cyd.vcf", named("Cyd", uid="c"))
    sync()
    before, token = ids_of(alice), Folder.objects.get().sync_token
    dav.put(dav.book, "ben.vcf", named("Ben", "NOTE:moved", uid=BEN))
    dav.remove(dav.book, "cyd.vcf")
    dav.forget_tokens(dav.book)
    assert sync() == {"updated": 1, "removed": 1, "unchanged": 1}
    assert ids_of(alice) == {name: pk for name, pk in before.items() if name != "Cyd"}
    assert Folder.objects.get().sync_token != token
    told = told_sync()
    assert (told["unchanged"], told["requests"]) == (2, 1)


def test_a_thousand_cards_come_once_and_cost_one_request_from_then_on(
    dav: DavServer, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"Person {number:03}" for number in range(1000)]
    book = f"many-{next(_numbers)}"
    dav.fill(book, {f"{number}.vcf": named(name, uid=f"u{number}").decode() for number, name in enumerate(names)})
    try:
        add(dav, alice, dav.book_url(book), monkeypatch)
        assert sync() == {"created": 1000}
        assert book_of(alice) == names
        told = told_sync()
        assert (told["unchanged"], told["requests"], told["bytes_received"] < 1000) == (1000, 1, True)
        dav.put(book, "7.vcf", named("Person 007", "NOTE:moved", uid="u7"))
        told = told_sync()
        assert (told["updated"], told["requests"] <= 4, told["bytes_received"] <= 5000) == (1, True, True)
    finally:
        dav.remove_book(book)


def test_what_came_from_a_server_goes_out_as_it_is_there(
    dav: DavServer, added: Directory, alice: User, tmp_path: Path
) -> None:
    dav.put(dav.book, "ben.vcf", named("Ben", "NOTE:moved", uid=BEN))
    sync()
    run("export_vcards", "--owner", alice.email, "--output", str(tmp_path / "out.vcf"))
    cards = (tmp_path / "out.vcf").read_bytes()
    assert b"NOTE:moved" in cards
    assert cards.count(b"BEGIN:VCARD") == 2


def test_a_group_of_the_server_is_a_group_here(dav: DavServer, added: Directory, alice: User) -> None:
    body = group_card("Choir", ANNA, BEN).replace(b"FN:Choir", b"FN:Choir\r\nN:Choir;;;;")
    dav.put(dav.book, "choir.vcf", body)
    assert sync() == {"created": 3}
    assert [str(party) for party in ContactGroup.objects.get().people.order_by("sort_key")] == ["Anna", "Ben"]


@pytest.mark.parametrize("dav", ["radicale"], indirect=True)  # the other one lets everybody in
def test_a_changed_password_is_told_and_everything_stays(dav: DavServer, added: Directory, alice: User) -> None:
    sync()
    Directory.objects.update(credential={"username": USERNAME, "password": "no longer"})
    with pytest.raises(CommandError, match="1 of 1 directories could not be synced"):
        run("sync_directories")
    assert "password" in Directory.objects.get().problem
    assert Party.objects.of(alice).count() == 2


def test_a_token_opens_what_no_password_does(server: Scripted, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    file, denied = Says(200, named("Anna", uid=ANNA)), Says(401, headers={"WWW-Authenticate": "Bearer"})
    server.says("GET", "/a.vcf", lambda asked: file if asked.headers.get("Authorization") == "Bearer t0k" else denied)
    to_file = ["add_directory", "--owner", alice.email, "--backend", "vcf", "--url", server.url + "/a.vcf"]
    with pytest.raises(CommandError, match="asks for a user name and a password"):
        run(*to_file)
    monkeypatch.setattr(sys, "stdin", io.StringIO("t0k\n"))
    run(*to_file, "--token-stdin")
    assert sync() == {"created": 1}
