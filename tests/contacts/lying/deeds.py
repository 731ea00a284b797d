"""What people do to their books between two syncs, and sometimes in the middle of one.

Each deed names books, places and cards by numbers and takes what there is, so that every list of deeds can be played.
"""

from dataclasses import dataclass, replace

from .cards import Card
from .honest import Book, World

# fmt: off
NAMES = (
    "anna.vcf", "Anna.vcf", "b en@home.vcf", "m\u00fcller.vcf", "mu\u0308ller.vcf", "~c'(d)+e.vcf", "100%.vcf",
    "%41.vcf", "a&b<c>;=,.vcf", "q?w#e.vcf", "no-ending", "1.vcf", "2.vcf", "3.vcf", "4.vcf", "5.vcf",
)
# fmt: on


class Deed:
    def do(self, world: World) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class OneCard(Deed):
    """A deed with one card. book, at: numbers."""

    book: int = 0
    at: int = 0

    def do(self, world: World) -> None:
        if found := _found(world, self.book, self.at):
            self.do_to(*found)

    def do_to(self, book: Book, name: str) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Put(Deed):
    """Write a card to a place, whatever is there."""

    card: Card
    book: int = 0
    place: int = 0

    def do(self, world: World) -> None:
        _book(world, self.book).put(NAMES[self.place % len(NAMES)], self.card)


@dataclass(frozen=True)
class Drop(OneCard):
    def do_to(self, book: Book, name: str) -> None:
        book.drop(name)


@dataclass(frozen=True)
class Empty(Deed):
    """Delete nearly everything."""

    book: int = 0
    left: int = 0

    def do(self, world: World) -> None:
        book = _book(world, self.book)
        for name in sorted(book.cards)[self.left :]:
            book.drop(name)


@dataclass(frozen=True)
class Change(OneCard):
    name: str = "Other"
    reach: tuple[int, ...] = ()
    more: tuple[int, ...] = ()

    def do_to(self, book: Book, name: str) -> None:
        book.put(name, replace(book.cards[name], name=self.name, reach=self.reach, more=self.more, is_readable=True))


@dataclass(frozen=True)
class Become(OneCard):
    """A person becomes an organisation, or a group."""

    kind: str = "group"
    members: tuple[str, ...] = ()

    def do_to(self, book: Book, name: str) -> None:
        book.put(name, replace(book.cards[name], kind=self.kind, members=self.members))


@dataclass(frozen=True)
class Rename(OneCard):
    """The same card at another place."""

    place: int = 0

    def do_to(self, book: Book, name: str) -> None:
        other = NAMES[self.place % len(NAMES)]
        if other not in book.cards:
            card = book.cards[name]
            book.drop(name)
            book.put(other, card)


@dataclass(frozen=True)
class NewUid(OneCard):
    uid: str = ""

    def do_to(self, book: Book, name: str) -> None:
        book.put(name, replace(book.cards[name], uid=self.uid))


@dataclass(frozen=True)
class Swap(OneCard):
    """Two cards change places; with three, they go round."""

    others: tuple[int, ...] = (1,)

    def do_to(self, book: Book, name: str) -> None:
        names = sorted(book.cards)
        ring = list(dict.fromkeys([name, *(names[other % len(names)] for other in self.others)]))
        cards = [book.cards[each] for each in ring]
        for each, card in zip(ring, [cards[-1], *cards[:-1]], strict=True):
            book.put(each, card)


@dataclass(frozen=True)
class Shift(Deed):
    """All cards move on by one place, as where places are numbers; a new one comes first."""

    card: Card
    book: int = 0

    def do(self, world: World) -> None:
        book = _book(world, self.book)
        names = sorted(book.cards)
        free = next((name for name in sorted(NAMES) if name not in book.cards), None)
        cards = [self.card, *(book.cards[name] for name in names)]
        for name, card in zip([*names, *([free] if free else [])], cards, strict=False):
            book.put(name, card)


@dataclass(frozen=True)
class Twin(OneCard):
    """A second card with the same uid."""

    place: int = 0
    name: str = "Twin"

    def do_to(self, book: Book, name: str) -> None:
        other = NAMES[self.place % len(NAMES)]
        if other not in book.cards:
            book.put(other, replace(book.cards[name], name=self.name))


@dataclass(frozen=True)
class Move(Deed):
    """A card goes to the other book."""

    book: int = 0
    at: int = 0

    def do(self, world: World) -> None:
        other = _book(world, self.book + 1)
        if found := _found(world, self.book, self.at):
            book, name = found
            if name not in other.cards:
                other.put(name, book.cards[name])
                book.drop(name)


@dataclass(frozen=True)
class Spoil(OneCard):
    """A card becomes something that nobody can read."""

    def do_to(self, book: Book, name: str) -> None:
        book.put(name, replace(book.cards[name], is_readable=False))


@dataclass(frozen=True)
class MakeAnew(Deed):
    book: int = 0

    def do(self, world: World) -> None:
        _book(world, self.book).make_anew()


@dataclass(frozen=True)
class Retitle(Deed):
    title: str
    book: int = 0

    def do(self, world: World) -> None:
        _book(world, self.book).title = self.title


def _book(world: World, number: int) -> Book:
    return list(world.books.values())[number % len(world.books)]


def _found(world: World, number: int, at: int) -> tuple[Book, str] | None:
    book = _book(world, number)
    names = sorted(book.cards)
    return (book, names[at % len(names)]) if names else None
