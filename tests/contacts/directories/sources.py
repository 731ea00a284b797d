"""Sources of contacts that a test can change, one for each backend; and a mirror that follows one as a sync does."""

from collections.abc import Iterator, Mapping
from typing import Any

from contacts.directories.base import Book, Changes, Connection, DirectoryBackend, Fetched
from contacts.directories.carddav import CardDavBackend
from contacts.directories.manual import ManualBackend
from contacts.directories.memory import MemoryBackend
from contacts.directories.vcf import VcfBackend
from tests.contacts.directories.dav_servers import DavServer
from tests.contacts.directories.scripted import Says, Scripted, card


class Source:
    """One book. Cards are named by their uid, and say what their FN says."""

    def __init__(self) -> None:
        self.cards: dict[str, str] = {}

    def fill(self, *names: str) -> None:
        for name in names:
            self.put(name)

    def put(self, name: str, more: str = "") -> None:
        raise NotImplementedError

    def remove(self, name: str) -> None:
        raise NotImplementedError

    def remove_book(self) -> None:
        raise NotImplementedError

    def backend(self) -> DirectoryBackend:
        raise NotImplementedError


class ManualSource(Source):
    """Nothing that could be asked."""

    def put(self, name: str, more: str = "") -> None:
        pass  # what is entered by hand stands in the book itself

    def backend(self) -> DirectoryBackend:
        return ManualBackend(Connection({}))


class MemorySource(Source):
    def __init__(self) -> None:
        super().__init__()
        self.books: list[dict[str, Any]] = [{"href": "/b/", "name": "Friends", "cards": self.cards}]

    def put(self, name: str, more: str = "") -> None:
        self.cards[f"/b/{name}.vcf"] = card(name, more)

    def remove(self, name: str) -> None:
        del self.cards[f"/b/{name}.vcf"]

    def remove_book(self) -> None:
        self.books.clear()

    def backend(self) -> DirectoryBackend:
        return MemoryBackend(Connection({"books": self.books}))


class FileSource(Source):
    def __init__(self, server: Scripted) -> None:
        super().__init__()
        self.server = server

    def put(self, name: str, more: str = "") -> None:
        self.cards[name] = card(name, more)
        self._write()

    def remove(self, name: str) -> None:
        del self.cards[name]
        self._write()

    def remove_book(self) -> None:
        self.server.says("GET", "/friends.vcf", Says(404))

    def backend(self) -> DirectoryBackend:
        return VcfBackend(Connection({"url": self.server.url + "/friends.vcf"}))

    def _write(self) -> None:
        self.server.says("GET", "/friends.vcf", Says(200, "".join(self.cards.values()).encode()))


class DavSource(Source):
    def __init__(self, server: DavServer, book: str) -> None:
        super().__init__()
        self.server, self.book = server, book
        server.make_book(book, "Friends")

    def fill(self, *names: str) -> None:
        self.server.remove_book(self.book)
        self.server.fill(self.book, {f"{name}.vcf": card(name) for name in names})

    def put(self, name: str, more: str = "") -> None:
        self.server.put(self.book, f"{name}.vcf", card(name, more))

    def remove(self, name: str) -> None:
        self.server.remove(self.book, f"{name}.vcf")

    def remove_book(self) -> None:
        self.server.remove_book(self.book)

    def backend(self) -> DirectoryBackend:
        return CardDavBackend(Connection({"url": self.server.book_url(self.book)}, self.server.credential))


class Mirror:
    """What a sync has of a book: raw cards by place, and the token to come back with."""

    def __init__(self, source: Source, book: Book) -> None:
        self.source, self.book = source, book
        self.cards: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.token = ""
        self.requests = self.bytes_received = self.fetched = 0

    def follow(self, *, full: bool = False) -> Changes:
        """Do what a sync does; return the last page of the listing."""
        with self.source.backend() as backend:
            listed, removed = {}, set()
            for page in backend.changes(self.book, self.token, full=full):
                listed |= {backend.place(entry.href): entry for entry in page.changed}
                removed |= {backend.place(href) for href in page.removed}
            wanted = [entry for place, entry in listed.items() if entry.etag != self.etags.get(place)]
            for received in backend.fetch(self.book, wanted):
                self._take(backend.place(received.href), received)
            gone = set(self.cards) - set(listed) if page.is_complete else removed - set(listed)
            for place in gone:
                self.cards.pop(place, None)
                self.etags.pop(place, None)
            self.token, self.fetched = page.token, len(wanted)
            self.requests, self.bytes_received = backend.requests, backend.bytes_received
        return page

    def _take(self, place: str, received: Fetched) -> None:
        assert received.raw is not None, received.problem or "gone"
        self.cards[place], self.etags[place] = received.raw, received.etag

    def names(self) -> list[str]:
        return sorted(says(raw)["UID"] for raw in self.cards.values())

    def notes(self) -> Mapping[str, str]:
        return {says(raw)["UID"]: says(raw).get("NOTE", "") for raw in self.cards.values()}


def says(raw: bytes) -> dict[str, str]:
    """The properties of a card, for cards that are simple."""
    return dict(_properties(raw))


def _properties(raw: bytes) -> Iterator[tuple[str, str]]:
    for line in raw.decode().splitlines():
        name, _, value = line.partition(":")
        yield name.partition(";")[0], value
