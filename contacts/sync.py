"""One sync of one directory: what is asked, in which order, and what is concluded from the answers.

It decides first and acts second: a listing is read to its end, what has to be fetched and what vanished is worked
out, and only then is anything written, in batches that each stand for themselves; who each card is, contacts/places.py
tells. The token to come back with is stored last, so that a run which ends half way is simply continued by the next
one. docs/contact-sync.md draws it.
"""

import logging
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from django.utils import timezone

from contacts.card import Contact, contact_of
from contacts.directories.base import Changes, DirectoryBackend, Entry, Fetched
from contacts.exceptions import BookGone, ListingIncomplete, UnreadableCard, VanishedTooMuch
from contacts.places import Inventory, Known, Places, Plan, Verdict, plan
from contacts.vcard import read
from project.words import digest, key_of

if TYPE_CHECKING:
    from contacts.models import Directory, Folder

__all__ = ["Inventory", "Known", "Plan", "Received", "Result", "batches", "is_too_much", "plan", "run"]

logger = logging.getLogger(__name__)

BATCH = 50  # cards written in one transaction: others wait for no longer than that takes
LISTED_WHOLE_EVERY = timedelta(hours=24)  # tokens and ctags are hints: some servers lose changes
BOOKS_ASKED_EVERY = timedelta(hours=6)
VANISHING_MAX_SHARE = 0.2
VANISHING_MAX = 5
NAMES_SHOWN = 20
GHOST = "The server lists this card, but does not have it."
IN_DOUBT = "This card has another UID than the one that stood here, which may be among those that could not be read."

T = TypeVar("T")
Report = Callable[[str, int, int], None]  # the book, how many cards are done, of how many


class Received(NamedTuple):
    """One card to be written: as it came, what it says, and the row that it is (None: a new one)."""

    entry: Entry
    key: str
    raw: bytes
    contact: Contact
    known: Known | None = None
    photo: bytes | None = None


@dataclass
class Result:
    """What a sync did; counts are cards. quarantined: those that are kept aside now."""

    created: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    requests: int = 0
    bytes_received: int = 0
    seconds: float = 0.0
    error: str = ""


def is_too_much(vanished: int, live: int) -> bool:
    """Whether so many cards gone at once are more likely a fault of the source than somebody's wish."""
    return vanished > 0 and (vanished >= live or (vanished > VANISHING_MAX and vanished > VANISHING_MAX_SHARE * live))


def run(directory: "Directory", backend: DirectoryBackend, result: Result, *, discover: bool, report: Report) -> None:
    """Mirror every chosen book of a directory; result is filled on the way.

    A book that cannot be mirrored stands still, with the reason, and does not keep the others from it. Raises
    DirectoryError when nothing can be asked any more (unreachable, denied).
    """
    if discover:
        directory.note_books(backend.books())
    for folder in directory.folders.mirrored():
        try:
            _Run(folder, backend, result, report).mirror()
        except (BookGone, ListingIncomplete, VanishedTooMuch) as reason:
            folder.stop(str(reason), getattr(reason, "vanishing", {}))
            result.error = result.error or f"{folder.name}: {reason}"


class _Run:
    """The sync of one book."""

    def __init__(self, folder: "Folder", backend: DirectoryBackend, result: Result, report: Report) -> None:
        self.folder, self.backend, self.result, self.report = folder, backend, result, report
        self.deferred: list[tuple[Entry, str, bytes]] = []
        self.missed: set[str] = set()
        self.todo = Plan()
        self.places = Places(Inventory({}, {}))

    def mirror(self) -> None:
        try:
            self._mirror()
        finally:
            self.result.quarantined += self.folder.quarantined.count()

    def _mirror(self) -> None:
        asked_at = timezone.now()
        full = self.folder.listed_at is None or asked_at - self.folder.listed_at > LISTED_WHOLE_EVERY
        listed, removed, last = self._list(full=full)
        missed = {self._key(entry.href): entry for entry in self.folder.missed()}
        if last.is_unchanged and not missed:
            self.result.unchanged += self.folder.live_count()
            self.folder.settle(last.token, last.ctag)
            return
        inventory = self.folder.inventory()
        known = inventory.known
        self.todo = plan(known, listed, removed, is_complete=last.is_complete)
        gone = known.keys() - listed.keys() if last.is_complete else removed
        self.missed = missed.keys() - listed.keys() - gone
        self.todo.fetch |= {key: entry for key, entry in missed.items() if key in self.missed}
        vanished = self.todo.vanished.values()
        self.places = Places(inventory, waiting=self.todo.fetch, gone=gone, vanished=vanished)
        live = sum(row.is_in_book for row in known.values())
        touched = self.todo.fetch.keys() | self.todo.vanished.keys()
        self.result.unchanged += live - sum(row.is_in_book for key, row in known.items() if key in touched)
        live += len(inventory.displaced)
        self._take(gone)
        self._let_go(live, is_complete=last.is_complete)
        self._let_in()
        self._let_go(live, is_complete=last.is_complete)  # those whose place was taken just now
        self.folder.settle(last.token, last.ctag, asked_at if last.is_complete else None)

    def _list(self, *, full: bool) -> tuple[dict[str, Entry], set[str], Changes]:
        """Return what the pages of a listing say together, by key, and the last page."""
        listed: dict[str, Entry] = {}
        removed: set[str] = set()
        last = Changes(has_more=True)
        token = "" if full else self.folder.sync_token
        for last in self.backend.changes(self.folder.book, token, full=full):
            for href in last.removed:
                removed.add(key := self._key(href))
                listed.pop(key, None)
            for entry in last.changed:
                listed[key := self._key(entry.href)] = entry
                removed.discard(key)
        if last.has_more:
            raise ListingIncomplete("The server announced more cards than it sent. The next sync tries again.")
        return listed, removed, last

    def _key(self, href: str) -> str:
        return key_of(self.backend.place(href))

    # --- What is there -----------------------------------------------------------------------------------------

    def _take(self, gone: Container[str]) -> None:
        """Fetch and write what changed, batch by batch."""
        self._recall(gone)
        done, total = 0, len(self.todo.fetch)
        self.report(self.folder.name, 0, total)
        for batch in batches(self.backend.fetch(self.folder.book, list(self.todo.fetch.values()))):
            self._write(batch)
            done += len(batch)
            self.report(self.folder.name, min(done, total), total)
        # Now that all are known, it can be told who moved.
        deferred, self.deferred = self.deferred, []
        for received in batches(card for entry, key, raw in deferred for card in self._read(entry, key, raw)):
            self._keep(received)
        for entry, key, raw in self.deferred:
            self._quarantine(entry, key, raw, IN_DOUBT, is_sure=False)

    def _recall(self, gone: Container[str]) -> None:
        """Have cards that are kept aside and stay where they are judged with the others: one may be who moved."""
        for entry, key, raw in self._aside():
            if key not in self.todo.fetch and key not in gone and self._understood(entry, key, raw):
                self.deferred.append((entry, key, raw))

    def _write(self, batch: list[Fetched]) -> None:
        received: list[Received] = []
        for card in batch:
            key = self._key(card.href)
            row = self.places.at(key)
            if card.raw is None or card.problem:
                self._miss(card, key, row)
                continue
            entry = Entry(card.href, card.etag or self.todo.fetch[key].etag)
            is_there = row is not None and (row.is_live or row.is_hidden) and not row.is_aside
            if row is not None and is_there and row.digest == digest(card.raw):
                self.places.find(key, row.uid_key)
                self.folder.note_etag(row, entry.etag)
                self.result.unchanged += 1
            else:
                received += self._read(entry, key, card.raw)
        self._keep(received)

    def _miss(self, card: Fetched, key: str, row: Known | None) -> None:
        """Keep aside what could not be had, or came damaged, and leave what was there before: each run asks again.

        A place that is listed and empty says two things at once; the next listing tells which one is true.
        """
        self.places.miss(key)
        if card.is_gone and key in self.missed and not (row and row.is_live):
            self.folder.forget(key)
        else:
            self._quarantine(Entry(card.href), key, card.raw or b"", card.problem or GHOST, is_sure=False)

    def _keep(self, received: list[Received]) -> None:
        if received:
            created = self.folder.take(received)
            self.result.created += created
            self.result.updated += len(received) - created

    def _understood(self, entry: Entry, key: str, raw: bytes) -> Contact | None:
        """Return what a card says, and note where it stands; one that cannot be read is quarantined."""
        try:
            contact = contact_of(read(raw), self.folder.region)
        except UnreadableCard as reason:
            self.places.find(key, "")
            self._quarantine(entry, key, raw, str(reason))
            return None
        self.places.find(key, key_of(contact.uid))
        return contact

    def _read(self, entry: Entry, key: str, raw: bytes) -> Iterator[Received]:
        """Yield a card with the row that it is; one that cannot be taken in is quarantined."""
        contact = self._understood(entry, key, raw)
        if contact is None:
            return
        uid_key = key_of(contact.uid)
        verdict, row = self.places.judge(key, uid_key)
        if verdict is Verdict.LATER:
            self.deferred.append((entry, key, raw))
            return
        if verdict is Verdict.TWIN:
            self._quarantine(entry, key, raw, f"Another card of this book has the same UID, {contact.uid}.")
            return
        if row is None and uid_key:
            row = self._gone_elsewhere.pop(uid_key, None)
        self.places.put(key, uid_key, row)
        photo = self.backend.photo(contact.photo.uri) if contact.photo and contact.photo.uri else None
        yield Received(entry, key, raw, contact, row, photo)

    @cached_property
    def _gone_elsewhere(self) -> dict[str, Known]:
        """Parties that vanished from other books of the same directory, by uid: one of that uid here moved."""
        return self.folder.gone_elsewhere()

    def _quarantine(self, entry: Entry, key: str, raw: bytes, reason: str, *, is_sure: bool = True) -> None:
        if self.folder.quarantine(entry, key, raw, reason, is_sure=is_sure):
            logger.info("A card of directory %s is quarantined.", self.folder.directory.public_id)

    # --- What is gone ------------------------------------------------------------------------------------------

    def _let_go(self, live: int, *, is_complete: bool) -> None:
        """Take what vanished out of the book, unless that is hard to believe."""
        gone = list(self.places.leaving.values())
        if not gone:
            return
        mark = digest("\n".join(sorted(f"{kind} {pk}" for kind, pk in self.places.leaving)))
        leaving = sum(row.is_in_book for row in gone)
        if is_too_much(leaving, live) and self.folder.allowed_vanishing != mark:
            what = "All contacts" if leaving >= live else f"{leaving} of {live} contacts"
            raise VanishedTooMuch(
                f"{what} of this book are gone at the source. Nothing was removed here until you say so.",
                {"count": leaving, "of": live, "digest": mark, "names": self.folder.names_of(gone[:NAMES_SHOWN])},
            )
        self._ask_for(gone, is_told=not is_complete)
        self.folder.vanish(gone)
        self.result.removed += leaving
        self.places.let_go()

    def _ask_for(self, gone: list[Known], *, is_told: bool) -> None:
        """Ask by name for what is said to be gone: what is there all the same makes the listing a lie.

        is_told: the server said so of each; otherwise they are only missing, and it has to say so now.
        """
        entries = self.folder.entries([row for row in gone if row.key and not self.places.was_found(row.key)])
        for card in self.backend.fetch(self.folder.book, entries):
            if card.raw is not None or not (card.is_gone or is_told):
                raise ListingIncomplete(
                    "The server left out cards that it still has. Nothing was removed; the next sync tries again."
                )

    def _let_in(self) -> None:
        """Look again at cards that are kept aside: one that was shut out by its twin may come in now."""
        for entry, key, raw in self._aside():
            self._keep([*self._read(entry, key, raw)])

    def _aside(self) -> list[tuple[Entry, str, bytes]]:
        return [(card.entry, card.href_key, bytes(card.raw_vcard)) for card in self.folder.quarantined.sure()]


def batches(cards: Iterable[T]) -> Iterator[list[T]]:
    """Yield cards by as many as are written in one transaction."""
    batch: list[T] = []
    for card in cards:
        batch.append(card)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
