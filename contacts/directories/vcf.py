"""vCard files: one that stands at a web address and is fetched again and again.

A file has no hrefs and no etags. The place of a card is its UID; without one, what it says, except for the lines
that programs write anew each time. A file is taken as a listing only if it is whole.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from contacts.charsets import to_utf8, utf16_of
from contacts.dav import BrokenAnswer, Reply
from contacts.directories.base import Book, Changes, Entry, Fetched
from contacts.directories.server import ServerBackend
from contacts.exceptions import BookGone, DirectoryDenied, DirectoryUnreachable, ListingIncomplete, NotADirectory
from contacts.hrefs import host_of, origin_of
from contacts.vcard import split
from project.words import digest

ACCEPTED: Final = {"Accept": "text/vcard, text/x-vcard;q=0.9, */*;q=0.1"}
_FOLD = re.compile(rb"\r?\n[ \t]")
_BEGIN = re.compile(rb"BEGIN:[ \t]*VCARD", re.IGNORECASE)
_END = re.compile(rb"END:[ \t]*VCARD\s*\Z", re.IGNORECASE)
_UID = re.compile(rb"^(?:[\w-]+\.)?UID(?:;[^:\r\n]*)?:[ \t]*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_WRITTEN_ANEW = re.compile(rb"^(?:[\w-]+\.)?(?:REV|PRODID)[;:][^\n]*\n", re.IGNORECASE | re.MULTILINE)


class FileCard(NamedTuple):
    """One card of a file. href: its place, the same in every version of the file; etag: of what it says.

    raw: with the text around it, as contacts.vcard.Piece has it.
    """

    href: str
    etag: str
    raw: bytes


def cards_in(data: bytes) -> Iterator[FileCard]:
    """Yield the cards of a file, the same one once; two different ones with one UID keep places of their own."""
    seen: dict[str, set[str]] = {}
    for piece in split(data):
        text = _text_of(piece.raw)
        etag, uid = digest(text), _UID.search(text)
        place = f"uid:{uid[1].decode('utf-8', 'replace').strip()}" if uid else f"card:{_identity(text)}"
        etags = seen.setdefault(place, set())
        if etag not in etags:
            etags.add(etag)
            yield FileCard(place if len(etags) == 1 else f"{place};{len(etags)}", etag, piece.raw)


def is_whole(data: bytes) -> bool:
    """Whether a file ends where a card ends."""
    utf16 = utf16_of(data)
    end = data[-2000:]
    return _END.search(end.replace(b"\0", b"") if utf16 else end) is not None


def _text_of(raw: bytes) -> bytes:
    """Return a card as UTF-8 without folds and without what stands around it."""
    utf16 = utf16_of(raw)
    text = _FOLD.sub(b"", to_utf8(raw, utf16) if utf16 else raw)
    begin = _BEGIN.search(text)
    return b"\n".join(text[begin.start() if begin else 0 :].split(b"\r\n")).strip() + b"\n"


def identity_of(raw: bytes) -> str:
    """Return what tells a card without a UID from others: all that it says but the lines that are written anew."""
    return _identity(_text_of(raw))


def _identity(text: bytes) -> str:
    return digest(_WRITTEN_ANEW.sub(b"", text))


class VcfBackend(ServerBackend):
    """A file at a web address is one book. Without a url there is nothing to ask."""

    key = "vcf"
    label = "vCard file"
    icon = "file"
    description = "A file of contacts at a web address, fetched again every day"
    defaults = {"interval_minutes": 24 * 60}

    _cards: dict[str, FileCard] | None = None

    def probe(self) -> list[Book]:
        books = self.books()
        for book in books:
            try:
                list(self.changes(book, full=True))
            except (BookGone, ListingIncomplete) as reason:
                raise NotADirectory(str(reason)) from None
        return books

    def books(self) -> list[Book]:
        if not self.url:
            return []
        url = self.url if "://" in self.url else f"https://{self.url}"
        try:
            origin_of(url)
        except ValueError:
            raise NotADirectory("Enter the address of a file, such as https://example.org/contacts.vcf.") from None
        name = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
        return [Book(url, name.removesuffix(".vcf") or host_of(url))]

    def changes(self, book: Book, token: str = "", *, full: bool = False) -> Iterator[Changes]:
        known = {} if full else _known(token)
        reply = self._fetched_file(book, known)
        if reply is None:
            yield Changes(token=token, is_unchanged=True)
            return
        cards = self._cards_of(reply)
        headers = reply.headers
        fresh = {"digest": digest(reply.body), "etag": headers.get("etag"), "modified": headers.get("last-modified")}
        token = json.dumps({name: text for name, text in fresh.items() if text}, sort_keys=True)
        if known.get("digest") == fresh["digest"]:
            yield Changes(token=token, is_unchanged=True)
            return
        yield Changes(tuple(Entry(card.href, card.etag) for card in cards.values()), token=token, is_complete=True)

    def fetch(self, book: Book, entries: Sequence[Entry]) -> Iterator[Fetched]:
        cards = self._cards
        if cards is None:
            reply = self._fetched_file(book, {})
            assert reply is not None, "asked without conditions"
            cards = self._cards_of(reply)
        for entry in entries:
            card = cards.get(entry.href)
            yield Fetched(card.href, card.etag, card.raw) if card else Fetched(entry.href, is_gone=True)

    def _cards_of(self, reply: Reply) -> dict[str, FileCard]:
        """Return the cards of a file, by their places. Raises ListingIncomplete for anything but a whole file."""
        host = host_of(reply.url)
        cards = {card.href: card for card in cards_in(reply.body)}
        if not cards or not _BEGIN.search(_text_of(next(iter(cards.values())).raw)):
            what = "an empty file" if not reply.body.strip() else "something else than a file of contacts"
            raise ListingIncomplete(f"{host} sent {what}. Nothing was removed here.")
        if not is_whole(reply.body):
            raise ListingIncomplete(f"The file from {host} ends in the middle of a contact. Nothing was removed here.")
        self._cards = cards
        return cards

    def _fetched_file(self, book: Book, known: dict[str, str]) -> Reply | None:
        """Return the file, or None if it is as it was known. Raises DirectoryError."""
        self.begin(book)
        conditions = {"etag": "If-None-Match", "modified": "If-Modified-Since"}
        headers = {header: known[name] for name, header in conditions.items() if known.get(name)}
        reply = self.dav.ask("GET", book.href, {**ACCEPTED, **headers})
        host = host_of(reply.url)
        if reply.status == 304 and headers:
            return None
        if reply.status == 200:
            return reply
        if reply.is_missing:
            raise BookGone(f"There is no file at this address of {host} ({reply.status}).")
        if reply.status == 403:
            raise DirectoryDenied(f"{host} does not let this account read this file.")
        if reply.status >= 500:
            raise DirectoryUnreachable(f"{host} answered with an error ({reply.status}).")
        raise BrokenAnswer(f"{host} answered with something else than a file ({reply.status}).")


def _known(token: str) -> dict[str, str]:
    """Return what a token remembers of the file; nothing for what is no token of ours."""
    try:
        known = json.loads(token)
    except ValueError:
        return {}
    return {str(name): str(text) for name, text in known.items()} if isinstance(known, dict) else {}
