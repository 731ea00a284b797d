"""Books that stand in the config of their directory, for tests and the demo."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contacts.directories.base import Book, Changes, DirectoryBackend, Entry, Fetched
from contacts.exceptions import BookGone
from project.words import digest

ETAG_LENGTH = 16


class MemoryBackend(DirectoryBackend):
    """config: {"books": [{"href", "name", "cards": {href: text}}]}; changing it is what changes at the source.

    A token is the listing it stands for, so that none is ever forgotten; any other text is one that is not known.
    """

    key = "memory"
    label = "Example"
    icon = "flask"
    is_offered = False

    def books(self) -> list[Book]:
        return [Book(book["href"], book.get("name", ""), digest(_token(_etags(book)))) for book in self._books]

    def changes(self, book: Book, token: str = "", *, full: bool = False) -> Iterator[Changes]:
        now = _etags(self._found(book))
        fresh = _token(now)
        before = None if full else _known(token)
        if before is None:
            entries = tuple(Entry(href, etag) for href, etag in now.items())
            yield Changes(entries, token=fresh, ctag=digest(fresh), is_complete=True)
            return
        changed = tuple(Entry(href, etag) for href, etag in now.items() if before.get(href) != etag)
        removed = tuple(href for href in before if href not in now)
        is_unchanged = not changed and not removed
        yield Changes(changed, removed, token=fresh, ctag=digest(fresh), is_unchanged=is_unchanged)

    def fetch(self, book: Book, entries: Sequence[Entry]) -> Iterator[Fetched]:
        cards = self._found(book).get("cards", {})
        for entry in entries:
            text = cards.get(entry.href)
            yield Fetched(entry.href, is_gone=True) if text is None else Fetched(entry.href, _etag(text), text.encode())

    @property
    def _books(self) -> Sequence[Mapping[str, Any]]:
        return self.connection.config.get("books", ())

    def _found(self, book: Book) -> Mapping[str, Any]:
        for each in self._books:
            if each["href"] == book.href:
                return each
        raise BookGone("This book is not there any more.")


def _etag(text: str) -> str:
    return digest(text)[:ETAG_LENGTH]


def _etags(book: Mapping[str, Any]) -> dict[str, str]:
    return {href: _etag(text) for href, text in book.get("cards", {}).items()}


def _token(etags: Mapping[str, str]) -> str:
    return json.dumps(etags, separators=(",", ":"), sort_keys=True)


def _known(token: str) -> dict[str, str] | None:
    """Return the listing that a token stands for; None for what is no token of ours."""
    try:
        known = json.loads(token)
    except ValueError:
        return None
    return known if isinstance(known, dict) else None
