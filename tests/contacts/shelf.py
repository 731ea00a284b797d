"""A place of contacts that people may choose, without a network: what it holds is the class's, and tests set it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contacts.directories.base import Book, Changes, Entry, Fetched
from contacts.directories.memory import MemoryBackend
from contacts.exceptions import DirectoryDenied, NotADirectory
from tests.contacts.files import card

URL = "https://shelf.example.org/"
PASSWORD = "open sesame"
BACKENDS = {
    "carddav": "contacts.directories.carddav.CardDavBackend",
    "gate": "tests.contacts.shelf.Gate",
    "manual": "contacts.directories.manual.ManualBackend",
    "memory": "contacts.directories.memory.MemoryBackend",
    "shelf": "tests.contacts.shelf.Shelf",
    "stack": "tests.contacts.shelf.Stack",
}


class Shelf(MemoryBackend):
    """Lets ali in with PASSWORD, at URL."""

    key = "shelf"
    label = "Shelf"
    description = "Books on a shelf"
    defaults = {"interval_minutes": 60, "name": "My shelf"}
    asks = ("url", "username", "password")
    requires = ("url",)
    is_offered = True
    held: list[dict[str, Any]] = []
    probed = 0

    def books(self) -> list[Book]:
        type(self).probed += 1
        self.require_right()
        return super().books()

    def changes(self, book: Book, token: str = "", *, full: bool = False) -> Iterator[Changes]:
        self.require_right()
        yield from super().changes(book, token, full=full)

    def fetch(self, book: Book, entries: Sequence[Entry]) -> Iterator[Fetched]:
        yield from super().fetch(book, entries)

    def require_right(self) -> None:
        if self.connection.config.get("url") != URL:
            raise NotADirectory("There is no shelf at this address.")
        if dict(self.connection.credential) != {"username": "ali", "password": PASSWORD}:
            raise DirectoryDenied("The shelf did not accept this user name and password.")

    @property
    def _books(self) -> Sequence[Mapping[str, Any]]:
        return Shelf.held


class Stack(Shelf):
    """Another kind, with other defaults, that needs no password."""

    key = "stack"
    label = "Stack"
    description = "Books on the floor"
    defaults = {"interval_minutes": 1440, "name": "My stack"}
    asks = ("url",)

    def require_right(self) -> None:
        if self.connection.config.get("url") != URL:
            raise NotADirectory("There is no stack at this address.")


class Gate(Shelf):
    """Another kind, that is opened with a token."""

    key = "gate"
    label = "Gate"
    description = "Books behind a gate"
    asks = ("url", "username", "password", "token")

    def require_right(self) -> None:
        if dict(self.connection.credential) != {"token": "t0k"}:
            raise DirectoryDenied("The gate did not accept this token.")


def put(**books: Sequence[str]) -> None:
    """Let the shelf hold these books from now on, each with the cards of these names."""
    Shelf.held = [
        {"href": f"/{book}/", "name": book.title(), "cards": {f"{name}.vcf": card(name).decode() for name in names}}
        for book, names in books.items()
    ]
