"""Lies and faults, each about one request. Those that nobody can see through stand at the end.

after: how many requests of its kind are answered honestly before; times: how many it spoils then.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from .deeds import Deed
from .honest import Listing, Row
from .wire import Asked, Says

if TYPE_CHECKING:
    from .server import LyingServer

Truth = Listing | Says
LISTS = frozenset({"home", "list", "sync"})
MEMBERS = frozenset({"multiget", "card"})
EVERYTHING = frozenset({"about", "ctag"}) | LISTS | MEMBERS


@dataclass(frozen=True)
class Lie:
    """kinds: requests that it can be told about."""

    after: int = 0
    times: int = 1
    kinds: ClassVar[frozenset[str]] = EVERYTHING

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        raise NotImplementedError


# --- Instead of an answer ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Status(Lie):
    status: int = 500
    retry_after: str = ""

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        # What a server was told comes back in its errors, and must go nowhere from there.
        told = asked.headers.get("authorization", "")
        return Says(self.status, f"<h1>Error</h1>{told}".encode(), {**headers, "X-Told": told, "Location": ""})


@dataclass(frozen=True)
class Forgets(Lie):
    """The token is unknown all of a sudden."""

    kinds = frozenset({"sync"})
    status: int = 403
    has_reason: bool = True

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        if "<D:sync-token></D:sync-token>" in asked.text:
            return truth
        why = b'<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>' if self.has_reason else b""
        return Says(self.status, why)


PAGES = (
    b"<!DOCTYPE html><html><body><form>Who are you?</form></body></html>",
    b"<html><body>Log in</body></html>",
    b"",
    b"OK",
    b'<?xml version="1.0"?><D:error xmlns:D="DAV:"/>',
    b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "b">]><m>&a;</m>',
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Half",
)


@dataclass(frozen=True)
class Page(Lie):
    """A login page, with a status that says all is well."""

    status: int = 200
    page: int = 0

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        return Says(self.status, PAGES[self.page % len(PAGES)], {"Content-Type": "text/html"})


@dataclass(frozen=True)
class Denies(Lie):
    challenge: str = 'Basic realm="x"'

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        return Says(401, b"", {"WWW-Authenticate": self.challenge} if self.challenge else {})


@dataclass(frozen=True)
class Torn(Lie):
    """An answer that ends early, as if that were its end."""

    share: float = 0.5

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        says = server.said(truth)
        # Without its last byte at least; a card that lacks a line is another card, and nobody can tell.
        return replace(says, body=says.body[: int(self.share * (len(says.body) - len("END:VCARD\r\n")))])


@dataclass(frozen=True)
class Cut(Lie):
    """A connection that ends in the middle."""

    share: float = 0.5
    is_abrupt: bool = False

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        return replace(server.said(truth), cut=self.share, is_abrupt=self.is_abrupt)


@dataclass(frozen=True)
class Noise(Lie):
    raw: bytes = b"\0"

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        return Says(raw=self.raw)


@dataclass(frozen=True)
class SendsOn(Lie):
    """A redirect; "stranger" is somebody else's server."""

    status: int = 302
    to: str = "stranger"

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        stranger, secret = server.listener.stranger, asked.headers.get("authorization", "")
        places = {
            "stranger": stranger + asked.path, "itself": asked.path, "up": "..", "elsewhere": "/somewhere/else/",
            "secret": f"{stranger}/?{secret}", "nowhere": "http://[", "other": "ftp://example.org/", "user": "//a:b@c/",
        }  # fmt: skip
        return Says(self.status, b"", {"Location": places[self.to]})


# --- A list that says something else -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Twisted(Lie):
    """A multistatus with other rows. mask: which of its cards are meant, by their number modulo 16."""

    kinds = LISTS | {"multiget"}
    mask: int = 0xFFFF

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        return truth if isinstance(truth, Says) else self.twisted(truth)

    def twisted(self, truth: Listing) -> Listing:
        rows: list[Row] = []
        for at, row in enumerate(truth.rows):
            rows += self.said_of(row) if row.name and self.mask >> at % 16 & 1 else (row,)
        return replace(truth, rows=tuple(rows))

    def said_of(self, row: Row) -> tuple[Row, ...]:
        raise NotImplementedError


@dataclass(frozen=True)
class LeavesOut(Twisted):
    """Cards that are missing from a multiget."""

    kinds = frozenset({"multiget"})

    def said_of(self, row: Row) -> tuple[Row, ...]:
        return ()


@dataclass(frozen=True)
class Refuses(Twisted):
    """Members of a multiget that cannot be had."""

    kinds = frozenset({"multiget"})
    status: int = 403

    def said_of(self, row: Row) -> tuple[Row, ...]:
        return (Row(row.href, self.status, name=row.name),)


@dataclass(frozen=True)
class Damages(Twisted):
    """Cards with signs that XML cannot hold."""

    kinds = frozenset({"multiget"})
    sign: str = "\x07"

    def said_of(self, row: Row) -> tuple[Row, ...]:
        put_in = tuple((tag, text.replace("FN:", f"FN:{self.sign}")) for tag, text in row.properties)
        return (replace(row, properties=put_in),)


@dataclass(frozen=True)
class Buries(Twisted):
    """Cards are said to be gone that are not, when they are asked for."""

    kinds = frozenset({"multiget"})

    def said_of(self, row: Row) -> tuple[Row, ...]:
        return (Row(row.href, 404, name=row.name),)


@dataclass(frozen=True)
class Mourns(Twisted):
    """Cards are gone that nobody ever knew; real ones are listed twice, the second time spelled otherwise."""

    kinds = frozenset({"list", "sync", "multiget"})

    def twisted(self, truth: Listing) -> Listing:
        near = next((row.href for row in truth.rows if row.name), "/dav/books/one/x").rpartition("/")[0]
        ghosts = tuple(Row(f"{near}/ghost%20{number}.vcf", 404) for number in range(8))
        return replace(super().twisted(truth), rows=(*ghosts, *super().twisted(truth).rows))

    def said_of(self, row: Row) -> tuple[Row, ...]:
        return (row, replace(row, href=row.href.replace(".", "%2e").replace("@", "%40")))


@dataclass(frozen=True)
class HidesEtags(Twisted):
    def said_of(self, row: Row) -> tuple[Row, ...]:
        return (replace(row, properties=tuple(each for each in row.properties if each[0] != "D:getetag")),)


@dataclass(frozen=True)
class LosesToken(Lie):
    kinds = frozenset({"sync"})
    token: str = ""

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        return truth if isinstance(truth, Says) else replace(truth, token=self.token)


@dataclass(frozen=True)
class OfOthers(Lie):
    """A list of another place."""

    kinds = frozenset({"list", "sync", "ctag"})
    to: str = "/dav/books/other/"

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        if isinstance(truth, Says):
            return truth
        return replace(truth, rows=tuple(replace(row, href=self.to + "x.vcf") for row in truth.rows))


# --- What nobody can see through -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CutsOff(LeavesOut):
    """A list that is well-formed and incomplete, or, with the whole mask, an empty success."""

    kinds = LISTS


@dataclass(frozen=True)
class BuriesInLists(Buries):
    """A list says that cards are gone which are not. Whether one is that was never here, nobody can know."""

    kinds = LISTS


@dataclass(frozen=True)
class Repeats(Lie):
    """The answer of last time, ctag and all, though the content changed."""

    kinds = LISTS | {"ctag"}

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        return server.told.get((server.world.kind(asked), asked.path), truth)


@dataclass(frozen=True)
class OneEtag(Twisted):
    """All have the same etag, whatever their content."""

    def said_of(self, row: Row) -> tuple[Row, ...]:
        kept = tuple(each for each in row.properties if each[0] != "D:getetag")
        return (replace(row, properties=(*kept, ("D:getetag", '"x"'))),)


@dataclass(frozen=True)
class SaysNothingNew(Lie):
    """Whatever the token, nothing has changed: a book that was made again."""

    kinds = frozenset({"sync"})

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        return truth if isinstance(truth, Says) else replace(truth, rows=())


@dataclass(frozen=True)
class ListsAll(Lie):
    """A token is answered with everything, and without what is gone."""

    kinds = frozenset({"sync"})

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        book, _ = server.world.book_at(asked.path)
        if isinstance(truth, Says) or book is None:
            return truth
        return Listing(tuple(map(book.entry, sorted(book.cards))), book.token(book.revision))


# --- No lie at all -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meanwhile(Lie):
    """Somebody writes into the book while it is read."""

    deed: Deed | None = None

    def tell(self, server: "LyingServer", asked: Asked, truth: Truth) -> Truth:
        if self.deed is not None:
            server.do(self.deed)
        return truth
