"""What every place of contacts can be asked, whatever it speaks.

A backend only fetches: it knows no rows and decides nothing. contacts/sync.py asks it, in this order: books (now
and then), changes of each book, then the cards that changed. The words are those of RFC 6352 and RFC 6578.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from project.impl import ImplBase


@dataclass(frozen=True)
class Connection:
    """What a backend is told of its directory.

    config: plain settings, such as {"url": "https://dav.example.org/"}; credential: what must stay secret, such as
    {"username": ..., "password": ...} or {"token": ...}; a backend never logs or repeats it.
    """

    config: Mapping[str, Any]
    credential: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Book:
    """One collection of cards.

    href: the server's own spelling; ctag: a hint that its content changed; properties: what the backend wants to
    be told again next time, as JSON.
    """

    href: str
    name: str = ""
    ctag: str = ""
    description: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One card in a listing. href: the server's own spelling; etag: "" where the server gives none."""

    href: str
    etag: str = ""


@dataclass(frozen=True)
class Changes:
    """One page of a listing.

    removed: hrefs that the server says are gone, also of cards that nobody knew. is_complete, of the last page: the
    pages together list the whole book, so that what is absent is gone. is_unchanged: the book is as it was, and
    nothing is listed. token, ctag: what to come back with, to be stored only once everything of the last page is
    stored. has_more: another page follows.
    """

    changed: tuple[Entry, ...] = ()
    removed: tuple[str, ...] = ()
    token: str = ""
    ctag: str = ""
    is_complete: bool = False
    is_unchanged: bool = False
    has_more: bool = False


@dataclass(frozen=True)
class Fetched:
    """One card as the server gave it: raw bytes, or None with the reason. A missing one (404) has is_gone.

    problem with raw: the card is here, but something was wrong with it on the way.
    """

    href: str
    etag: str = ""
    raw: bytes | None = None
    problem: str = ""
    is_gone: bool = False


class DirectoryBackend(ImplBase):
    """A place of contacts. Every verb raises DirectoryError with a sentence for the person whose book it is."""

    category = "directory"
    description: ClassVar[str] = ""
    # What the form asks for: names of fields out of url, username, password, token; and which cannot be left empty.
    asks: ClassVar[tuple[str, ...]] = ()
    requires: ClassVar[tuple[str, ...]] = ()
    # Whether people may choose it, and whether there is a source to ask again and again.
    is_offered: ClassVar[bool] = True
    is_mirror: ClassVar[bool] = True
    # What links of its cards say as their source (PartyHandle.Source).
    source: ClassVar[str] = "import"

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> "DirectoryBackend":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""

    @property
    def requests(self) -> int:
        """How many requests it took so far."""
        return 0

    @property
    def bytes_received(self) -> int:
        """What came in so far, with headers."""
        return 0

    def place(self, href: str) -> str:
        """Return what tells a place from others, however its href is spelled."""
        return href

    def photo(self, uri: str) -> bytes | None:
        """Return a photo that a card names by URI, or None where that is not wanted or not possible."""
        return None

    def probe(self) -> list[Book]:
        """Try everything that a sync needs, and return the books there are."""
        return self.books()

    def books(self) -> list[Book]:
        """Return every book of this directory."""
        raise NotImplementedError

    def changes(self, book: Book, token: str = "", *, full: bool = False) -> Iterator[Changes]:
        """Yield what changed in a book since token, page by page.

        book: with the ctag of last time. Without a token, with one that the server has forgotten, and with full,
        the pages list the whole book. Raises BookGone, ListingIncomplete.
        """
        raise NotImplementedError

    def fetch(self, book: Book, entries: Sequence[Entry]) -> Iterator[Fetched]:
        """Yield the cards of entries, in any order, one Fetched for each entry, under the href of the entry."""
        raise NotImplementedError
