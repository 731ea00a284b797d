"""The lying server: the honest one, whose answers may be exchanged for lies on their way."""

import base64
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from .deeds import Deed
from .honest import PASSWORD, USERNAME, Listing, Style, World
from .lies import Lie, Truth
from .wire import Asked, Listener, Says

DIGEST = 'Digest realm="books", nonce="abc", qop="auth", algorithm=MD5'
BASIC = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()


class LyingServer:
    """world: the truth; lies: what waits to be told. Set as answer of a Listener.

    told: the last honest answers; unsteady: (book, uid) of which there were two, or none, at some time; denied:
    (book, card) that it said are not there when it was asked for them by name; strayed: what the other server heard;
    asked: the requests of whom it knows.
    """

    def __init__(self, listener: Listener, world: World) -> None:
        self.listener, self.world = listener, world
        self.told: dict[tuple[str, str], Truth] = {}
        self.unsteady: set[tuple[str, str]] = set()
        self.denied: set[tuple[str, str]] = set()
        self.strayed: list[Asked] = []
        self.asked: list[tuple[str, str]] = []
        self._lies: list[list] = []

    @property
    def style(self) -> Style:
        return self.world.style

    def do(self, deed: Deed) -> None:
        """Let somebody change the truth."""
        before = self._uids()
        deed.do(self.world)
        uids = self._uids()
        self.unsteady |= {each for each in before | uids if before[each] != 1 or uids[each] != 1}

    def _uids(self) -> Counter[tuple[str, str]]:
        books = self.world.books.values()
        return Counter((book.place, card.uid) for book in books for card in book.cards.values() if card.is_readable)

    def lie(self, lies: Iterable[Lie]) -> None:
        """Tell these lies from now on, and no others."""
        self._lies = [[lie, lie.after, lie.times] for lie in lies]
        self.denied, self.asked = set(), []

    def answer(self, asked: Asked) -> Says:
        if asked.port != self.listener.ports[0]:
            self.strayed.append(asked)
            return Says(401, b"", {"WWW-Authenticate": 'Basic realm="stranger"'})
        if not self._is_known(asked):
            challenge = DIGEST if self.style.scheme == "Digest" else 'Basic realm="books"'
            return Says(401, b"<p>Who are you?</p>", {"WWW-Authenticate": challenge})
        kind = self.world.kind(asked)
        truth = self.world.listing(asked)
        said = self._twisted(kind, asked, truth)
        self.told[kind, asked.path] = truth
        self.asked.append((kind, asked.path))
        self._remember_denials(kind, asked, said)
        return self.said(said)

    def said(self, truth: Truth) -> Says:
        """Return an answer as it is sent."""
        if isinstance(truth, Listing):
            kind = {"Content-Type": 'application/xml; charset="utf-8"'}
            return Says(207, truth.body, kind, framing=self.style.framing)
        return replace(truth, framing=self.style.framing) if truth.body else truth

    def _is_known(self, asked: Asked) -> bool:
        told = asked.headers.get("authorization", "")
        return told.startswith("Digest username=") if self.style.scheme == "Digest" else told == BASIC

    def _twisted(self, kind: str, asked: Asked, truth: Truth) -> Truth:
        for waiting in self._lies:
            lie, after, times = waiting
            if kind not in lie.kinds or not times:
                continue
            if after:
                waiting[1] -= 1
                continue
            waiting[2] -= 1
            return lie.tell(self, asked, truth)
        return truth

    def _remember_denials(self, kind: str, asked: Asked, said: Truth) -> None:
        book, name = self.world.book_at(asked.path)
        if book is None:
            return
        if kind == "multiget" and isinstance(said, Listing):
            self.denied |= {(book.place, row.name) for row in said.rows if row.status in {404, 410} and row.name}
        elif kind == "card" and isinstance(said, Says) and said.status in {404, 410}:
            self.denied.add((book.place, name))
