"""The honest part of the lying server: books with cards, and the truth about them in the words of CardDAV.

Servers differ without lying; how this one is, its style says.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

from project.words import digest

from .cards import Card
from .wire import Asked, Says

HOME = "/dav/books/"
PASSWORD = "correct horse \u017e battery:staple"
USERNAME = "anna@example.org"
_OPENED = (
    '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:" '
    'xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:S="http://calendarserver.org/ns/">'
)
_CLOSED = "</D:multistatus>"


@dataclass(frozen=True)
class Style:
    """How a server is, for good.

    forgets: what it says to a token that it does not know: a status, with reason if it names it in the body; "full":
    it lists everything, "empty": nothing, as a server that cannot tell; spelling: of hrefs; page: entries in one answer
    (0: all); missing: what a multiget says of cards that are not there; recalls: whether a first answer tells of cards
    that were deleted long ago; scheme: how it asks who is there.
    """

    has_tokens: bool = True
    has_ctag: bool = True
    has_etags: bool = True
    counts: bool = False
    forgets: str = "403 reason"
    spelling: str = "plain"
    page: int = 0
    missing: str = "told"
    recalls: bool = False
    scheme: str = "Basic"
    framing: str = "length"
    has_multiget: bool = True


@dataclass(frozen=True)
class Row:
    """What one response of an answer says: a status for the resource, or its properties as XML."""

    href: str
    status: int = 200
    properties: tuple[tuple[str, str], ...] = ()
    name: str = ""  # of the card; "" for a collection

    def __str__(self) -> str:
        if self.status != 200:
            inner = f"<D:status>HTTP/1.1 {self.status} So</D:status>"
        else:
            inside = "".join(f"<{tag}>{value}</{tag.split()[0]}>" for tag, value in self.properties)
            inner = f"<D:propstat><D:prop>{inside}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
        return f"<D:response><D:href>{escape(self.href)}</D:href>{inner}</D:response>"


@dataclass(frozen=True)
class Listing:
    """A multistatus, before it is bytes."""

    rows: tuple[Row, ...] = ()
    token: str = ""

    @property
    def body(self) -> bytes:
        end = f"<D:sync-token>{escape(self.token)}</D:sync-token>" if self.token else ""
        return (_OPENED + "".join(map(str, self.rows)) + end + _CLOSED).encode()


class Book:
    """One collection. cards: by the name of their file; what changed when is told by revisions."""

    def __init__(self, place: str, title: str, style: Style) -> None:
        self.place, self.title, self.style = place, title, style
        self.cards: dict[str, Card] = {}
        self.changed: dict[str, int] = {}
        self.etags: dict[str, str] = {}
        self.revision = 0
        self.life = 1

    @property
    def path(self) -> str:
        return f"{HOME}{self.place}/"

    def put(self, name: str, card: Card) -> None:
        if self.cards.get(name) != card:
            self.cards[name] = card
            self._note(name)

    def drop(self, name: str) -> None:
        del self.cards[name]
        self._note(name)

    def _note(self, name: str) -> None:
        self.revision += 1
        self.changed[name] = self.revision
        self.etags[name] = f'"{self.life}-{self.revision}"'

    def make_anew(self) -> None:
        """The book is deleted and made again with the same cards; nobody knows the old tokens any more."""
        cards, self.cards, self.changed = self.cards, {}, {}
        self.life, self.revision = self.life + 1, 0
        for name, card in cards.items():
            self.put(name, card)

    def token(self, revision: int) -> str:
        mark = "sync" if self.style.counts else digest(f"{self.place} {self.life}")[:6]
        return f"http://example.org/ns/{mark}/{revision}"

    def revision_of(self, token: str) -> int | None:
        """Return what a token stands for, None where it is forgotten."""
        found = re.fullmatch(r"http://example\.org/ns/(\w+)/(\d+)", token)
        is_ours = found and self.token(int(found[2])) == token and int(found[2]) <= self.revision
        return int(found[2]) if found and is_ours else None

    @property
    def ctag(self) -> str:
        return f"{self.life}-{self.revision}" if self.style.has_ctag else ""

    def href(self, name: str) -> str:
        """Return where a card is, as this server spells it."""
        match self.style.spelling:
            case "bare":
                return self.path + quote(name, safe="@~'()+!,;:&=$*")
            case "lower":
                return self.path + re.sub(r"%..", lambda found: found[0].lower(), quote(name, safe=""))
            case "absolute":
                return "http://127.0.0.1" + self.path + quote(name, safe="@")
            case "relative":
                return quote(name, safe="")
            case "doubled":
                return self.path.replace("/books/", "//books/./") + quote(name, safe="~")
        return self.path + quote(name)

    def entry(self, name: str) -> Row:
        etag = ((("D:getetag"), escape(self.etags[name])),) if self.style.has_etags else ()
        return Row(self.href(name), 200, etag, name)


class World:
    """All of the honest server: what there is, and what it says of it."""

    def __init__(self, style: Style, books: Iterable[tuple[str, str]]) -> None:
        self.style = style
        self.books = {place: Book(place, title, style) for place, title in books}

    def book_at(self, path: str) -> tuple[Book | None, str]:
        """Return the book of a path, and the name of the card in it."""
        parts = [part for part in unquote(urlsplit(path).path).split("/") if part not in {"", "."}]
        home = [part for part in HOME.split("/") if part]
        if parts[: len(home)] != home or len(parts) == len(home):
            return None, ""
        rest = parts[len(home) :]
        return self.books.get(rest[0]), "/".join(rest[1:])

    def kind(self, asked: Asked) -> str:
        """Return what is asked for: "about", "home", "ctag", "list", "sync", "multiget", "card"."""
        book, name = self.book_at(asked.path)
        if asked.method == "GET":
            return "card"
        if asked.method == "REPORT":
            return "sync" if "sync-collection" in asked.text else "multiget"
        if book is None or name:
            return "home" if asked.headers.get("depth") == "1" else "about"
        return "list" if asked.headers.get("depth") == "1" else "ctag" if "getctag" in asked.text else "about"

    def listing(self, asked: Asked) -> Listing | Says:
        """Return the truth."""
        book, name = self.book_at(asked.path)
        kind = self.kind(asked)
        if kind == "home":
            return Listing((self._about(HOME), *map(self._about_book, self.books.values())))
        if book is None:
            return Listing((self._about(urlsplit(asked.path).path),)) if kind == "about" else Says(404)
        match kind:
            case "about" | "ctag":
                return Listing((self._about_book(book),))
            case "list":
                return Listing((self._about_book(book), *map(book.entry, sorted(book.cards))))
            case "sync":
                return self._since(book, asked) if self.style.has_tokens else Says(415)
            case "multiget":
                return self._together(book, asked) if self.style.has_multiget else Says(501)
        return self._alone(book, name)

    def _about(self, path: str) -> Row:
        me, home = "<D:href>/principal/</D:href>", f"<D:href>{HOME}</D:href>"
        properties = (
            ("D:resourcetype", "<D:collection/>"),
            ("D:current-user-principal", me),
            ("C:addressbook-home-set", home),
        )
        return Row(path, 200, properties)

    def _about_book(self, book: Book) -> Row:
        report = "<D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report>"
        properties = [
            ("D:resourcetype", "<D:collection/><C:addressbook/>"),
            ("D:displayname", escape(book.title)),
            *([("S:getctag", book.ctag)] if self.style.has_ctag else []),
            *([("D:supported-report-set", report)] if self.style.has_tokens else []),
        ]
        return Row(book.path, 200, tuple(properties))

    # --- sync-collection (RFC 6578) ------------------------------------------------------------------------------

    def _since(self, book: Book, asked: Asked) -> Listing | Says:
        found = re.search(r"<D:sync-token>(.*?)</D:sync-token>", asked.text)
        token = unescape(found[1]) if found else ""
        revision = book.revision_of(token) if token else 0
        if revision is None:
            return self._forgotten(book)
        return self.changes(book, revision, recalls=self.style.recalls or bool(token))

    def changes(self, book: Book, revision: int, *, recalls: bool) -> Listing:
        """Return what changed since a revision, at most a page; recalls: what was deleted too."""
        news = sorted((at, name) for name, at in book.changed.items() if at > revision)
        news = [(at, name) for at, name in news if recalls or name in book.cards]
        page = news[: self.style.page or None]
        rows = [book.entry(name) if name in book.cards else Row(book.href(name), 404, name=name) for _, name in page]
        if len(page) < len(news):
            return Listing((*rows, Row(book.path, 507)), book.token(page[-1][0]))
        return Listing(tuple(rows), book.token(book.revision))

    def _forgotten(self, book: Book) -> Listing | Says:
        match self.style.forgets.split():
            case ["full"]:
                rows = tuple(book.entry(name) for name in sorted(book.cards))
                return Listing(rows, book.token(book.revision))
            case ["empty"]:
                return Listing((), book.token(book.revision))
            case [status, *reason]:
                why = '<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>' if reason else "<html>no</html>"
                return Says(int(status), why.encode())
        raise AssertionError(self.style.forgets)

    # --- Cards ---------------------------------------------------------------------------------------------------

    def _together(self, book: Book, asked: Asked) -> Listing | Says:
        hrefs = [unescape(href) for href in re.findall(r"<D:href>(.*?)</D:href>", asked.text)]
        names = [self.book_at(href)[1] for href in hrefs]
        if self.style.missing == "all" and any(name not in book.cards for name in names):
            return Says(404)
        return Listing(tuple(self._cards(book, hrefs, names)))

    def _cards(self, book: Book, hrefs: list[str], names: list[str]) -> Iterator[Row]:
        for href, name in zip(hrefs, names, strict=True):
            if name in book.cards:
                entry = book.entry(name)
                text = ("C:address-data", escape(book.cards[name].text).replace("\r", "&#13;"))
                yield Row(entry.href, 200, (*entry.properties, text), name)
            elif self.style.missing == "told":
                yield Row(href, 404, name=name)

    def _alone(self, book: Book, name: str) -> Says:
        if name not in book.cards:
            return Says(404)
        etag = {"ETag": book.etags[name]} if self.style.has_etags else {}
        return Says(200, book.cards[name].text.encode(), {"Content-Type": "text/vcard", **etag})
