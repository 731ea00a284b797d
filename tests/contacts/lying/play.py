"""A story played against the real stack: Directory.sync over HTTP, and what is in the book afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from contacts.hrefs import canonical_href
from contacts.models import ContactGroup, Directory, Folder, Party, QuarantinedCard
from contacts.sync import Result
from project.accounts.models import User
from project.words import key_of

from .cards import Card
from .honest import HOME, PASSWORD, USERNAME, Book, World
from .server import LyingServer
from .stories import Story, Sync
from .wire import Listener

TITLES = (("one", "Main"), ("two", "Another"))
BATCH = 3


@dataclass(frozen=True)
class Row:
    """A live party or group of a folder."""

    pk: int
    place: str  # of the book
    key: str
    uid: str
    text: str
    is_group: bool


@dataclass
class Ran:
    """One sync and what the book showed before and after it."""

    step: Sync
    result: Result
    before: list[Row]
    after: list[Row]
    denied: set[tuple[str, str]]
    allowed: set[str] = field(default_factory=set)

    @property
    def lost(self) -> list[Row]:
        """Who left the book, and did not come in as something else."""
        there = {(row.place, row.key) for row in self.after} | {(row.place, row.uid) for row in self.after if row.uid}
        kept = {(row.is_group, row.pk) for row in self.after}
        gone = [row for row in self.before if (row.is_group, row.pk) not in kept]
        return [row for row in gone if (row.place, row.key) not in there and (row.place, row.uid) not in there]


class Play:
    """One story, played by one account."""

    def __init__(self, listener: Listener, owner: User, story: Story) -> None:
        self.story = story
        self.world = World(story.style, TITLES[: len(story.counts)])
        for number, (book, count) in enumerate(zip(self.world.books.values(), story.counts, strict=True)):
            for n in range(count):
                book.put(f"{n}.vcf", Card(f"{'ub'[number]}{n + 1}", f"Person {n}", (n,), more=(n,)))
        self.server = LyingServer(listener, self.world)
        listener.answer = self.server.answer
        self.listener = listener
        self.directory = Directory.objects.create(
            owner=owner,
            backend_class="carddav",
            name="Home",
            config={"url": listener.url + HOME, "batch": BATCH},
            credential={"username": USERNAME, "password": PASSWORD},  # type: ignore[misc]
        )

    def sync(self, step: Sync) -> Ran:
        """Sync once, and look."""
        if step.has_discovery:
            Directory.objects.filter(pk=self.directory.pk).update(books_asked_at=None)
        if step.is_full:
            Folder.objects.filter(directory=self.directory).update(listed_at=timezone.now() - timedelta(days=2))
        allowed = set(Folder.objects.exclude(allowed_vanishing="").values_list("href_key", flat=True))
        before = self.rows()
        self.server.lie(step.lies)
        result = Directory.objects.get(pk=self.directory.pk).sync()
        ran = Ran(step, result, before, self.rows(), self.server.denied)
        ran.allowed = {place for place, book in self.world.books.items() if key_of(_place(book.path)) in allowed}
        if self.listener.broken:
            raise self.listener.broken.pop()
        return ran

    def told(self) -> Iterator[Ran]:
        """Play everything, and yield each sync."""
        yield self.sync(Sync())
        for step in self.story.steps:
            if isinstance(step, Sync):
                yield self.sync(step)
            else:
                self.server.do(step)

    def is_held(self, row: Row) -> bool:
        """Whether the honest server has the card of a row, by its uid, or else by its place."""
        book = self.world.books[row.place]
        if row.uid:
            return any(card.uid == row.uid for card in book.cards.values() if card.is_readable)
        return row.key in {key_for(book, name) for name in book.cards}

    def was_denied(self, ran: Ran, row: Row) -> bool:
        """Whether the server said in a sync, asked by name, that the card of a row is not there."""
        book = self.world.books[row.place]
        return any(place == row.place and key_for(book, name) == row.key for place, name in ran.denied)

    def settle(self) -> None:
        """Let the truth be told until it must have arrived."""
        self.sync(Sync())
        self.sync(Sync(has_discovery=True, is_full=True))
        self.answer_questions()

    def answer_questions(self) -> None:
        """Say yes where it is asked whether so many contacts are gone; they must be."""
        asked = [folder for folder in self.folders.values() if folder.vanishing]
        for folder in asked:
            folder.allow_vanishing()
        if asked:
            self.sync(Sync())

    @property
    def folders(self) -> dict[str, Folder]:
        """The folders of the books, by place."""
        by_key = {folder.href_key: folder for folder in Folder.objects.filter(directory=self.directory)}
        keys = {place: key_of(_place(book.path)) for place, book in self.world.books.items()}
        return {place: by_key[key] for place, key in keys.items() if key in by_key}

    def rows(self) -> list[Row]:
        names = ("pk", "href_key", "source_uid", "raw_vcard")
        found = []
        for place, folder in self.folders.items():
            for cards in (folder.party_cards, folder.contactgroup_cards):
                for pk, key, uid, raw in cards.filter(removed_at=None).values_list(*names):
                    found.append(Row(pk, place, key, uid, bytes(raw).decode(), cards.model is ContactGroup))
        return found

    # --- Whether it is true ------------------------------------------------------------------------------------

    def differences(self) -> list[str]:
        """Return in which ways the book is not what the honest server holds."""
        said = [f"{place}: {what}" for place in self.world.books for what in self._differences_of(place)]
        said += [f"{folder}: {folder.problem}" for folder in self.folders.values() if folder.problem]
        return said

    def _differences_of(self, place: str) -> Iterator[str]:
        book = self.world.books[place]
        folder = self.folders.get(place)
        if folder is None:
            yield "has no folder"
            return
        if folder.name != book.title:
            yield f"is called {folder.name}"
        rows = {row.key: row for row in self.rows() if row.place == place}
        aside = {card.href_key: card for card in folder.quarantined.all()}
        names = {key_for(book, name): name for name in book.cards}
        for key, name in names.items():
            yield from self._differences_at(
                book, name, rows.get(key), aside.get(key), {row.uid for row in rows.values()}
            )
        yield from (f"{row.uid} stands where no card is" for row in rows.values() if row.key not in names)
        yield from (f"{card.reason} is said where no card is" for card in aside.values() if card.href_key not in names)
        uids = [row.uid for row in rows.values() if row.uid]
        if len(uids) != len(set(uids)):
            yield "a uid is there twice"

    def _differences_at(
        self, book: Book, name: str, row: Row | None, aside: QuarantinedCard | None, there: set[str]
    ) -> Iterator[str]:
        card = book.cards[name]
        if row is not None and row.text.strip() == card.text.strip():
            if row.is_group != (card.kind == "group"):
                yield f"{name} is of another kind"
            if aside is not None:
                yield f"{name} is quarantined though it is in: {aside.reason}"
        elif aside is None:
            yield f"{name} is missing" if row is None else f"{name} is an old version"
        elif aside.text and aside.text.strip() != card.text.strip():
            yield f"{name} is quarantined with another text"
        elif card.is_readable and card.uid not in there:
            yield f"{name} is quarantined though nobody else has its uid: {aside.reason}"


def key_for(book: Book, name: str) -> str:
    """Return how a card's place is called in the database."""
    return key_of(_place(book.href(name), book.path))


def _place(href: str, base: str = "/") -> str:
    return canonical_href(href, base)


@contextmanager
def played(listener: Listener, owner: User, story: Story) -> Iterator[Play]:
    """A play that leaves nothing behind."""
    with transaction.atomic():
        try:
            yield Play(listener, owner, story)
        finally:
            transaction.set_rollback(True)


def everything() -> dict[str, list[tuple]]:
    """Return all rows of the contacts, but for how syncs of directories went."""
    found = {}
    with connection.cursor() as cursor:
        for model in _models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY 1')
            found[model._meta.label] = [tuple(_plain(value) for value in row) for row in cursor.fetchall()]
    return found


def _models() -> Iterator[type]:
    from django.apps import apps

    return (model for model in apps.get_app_config("contacts").get_models() if model is not Directory)


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


__all__ = ["Party", "Play", "Ran", "everything", "played"]
