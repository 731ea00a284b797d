"""CardDAV servers of other people: Radicale and Xandikos, on free ports of loopback, in folders that go away.

with radicale() as server: server.fill("friends", {"anna.vcf": "BEGIN:VCARD..."}); server.url; server.credential
"""

import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import httpx
from dulwich import porcelain

from tests.servers import HOST, Server

USERNAME, PASSWORD = "alice", "a secret of Alice's"
MAKE_BOOK = """<?xml version="1.0" encoding="utf-8"?>
<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:set><D:prop>
<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype><D:displayname>{name}</D:displayname>
</D:prop></D:set></D:mkcol>"""
RENAME_BOOK = """<?xml version="1.0" encoding="utf-8"?>
<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>{name}</D:displayname></D:prop></D:set>
</D:propertyupdate>"""


class DavServer(Server):
    """A server with one account; books are named by the last segment of their address."""

    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL
    home: str
    credential: Mapping[str, str]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"http://{HOST}:{self.port}"

    def is_answering(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=5):
            return True
        return False

    def book_url(self, book: str) -> str:
        return f"{self.url}{self.home}{book}/"

    def make_book(self, book: str, name: str = "") -> str:
        """Make an empty book and return its URL."""
        self._ask("MKCOL", self.book_url(book), MAKE_BOOK.format(name=name or book))
        return self.book_url(book)

    def rename_book(self, book: str, name: str) -> None:
        self._ask("PROPPATCH", self.book_url(book), RENAME_BOOK.format(name=name))

    def remove_book(self, book: str) -> None:
        self._ask("DELETE", self.book_url(book))

    def put(self, book: str, name: str, text: str | bytes) -> None:
        """Store one card under name, such as "anna.vcf"; the name is part of a URL as it stands."""
        self._ask("PUT", self.book_url(book) + name, text, "text/vcard; charset=utf-8")

    def remove(self, book: str, name: str) -> None:
        self._ask("DELETE", self.book_url(book) + name)

    def fill(self, book: str, cards: Mapping[str, str]) -> None:
        """Store many cards in a book that is made for them."""
        raise NotImplementedError

    def forget_tokens(self, book: str) -> None:
        """Lose what is known of the past, so that every token is unknown."""
        raise NotImplementedError

    def _ask(self, method: str, url: str, content: str | bytes = "", kind: str = "application/xml") -> httpx.Response:
        auth = (self.credential["username"], self.credential["password"]) if self.credential else None
        answer = httpx.request(method, url, content=content, headers={"Content-Type": kind}, auth=auth, timeout=60)
        answer.raise_for_status()
        return answer


class Radicale(DavServer):
    """With a password: Basic, from an htpasswd file."""

    home = f"/{USERNAME}/"
    credential = {"username": USERNAME, "password": PASSWORD}

    def command(self) -> list[str]:
        users, config = self.folder / "users", self.folder / "config"
        users.write_text(f"{USERNAME}:{PASSWORD}\n")
        config.write_text(
            f"[server]\nhosts = {HOST}:{self.port}\nvalidate_path_value = none\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\nhtpasswd_encryption = plain\ndelay = 0\n"
            f"[storage]\nfilesystem_folder = {self.folder / 'books'}\n"
            "[web]\ntype = none\n[logging]\nlevel = warning\n"
        )
        return [sys.executable, "-m", "radicale", "--config", str(config)]

    def fill(self, book: str, cards: Mapping[str, str]) -> None:
        self.make_book(book)
        for name, text in cards.items():
            (self._folder(book) / name).write_bytes(text.encode())

    def forget_tokens(self, book: str) -> None:
        shutil.rmtree(self._folder(book) / ".Radicale.cache", ignore_errors=True)

    def _folder(self, book: str) -> Path:
        return self.folder / "books" / "collection-root" / USERNAME / book


class Xandikos(DavServer):
    """Without a password, and without encryption, as it comes. Its books are git repositories."""

    home = f"/{USERNAME}/contacts/"
    credential: Mapping[str, str] = {}

    def command(self) -> list[str]:
        options = {"--directory": self.folder / "books", "--current-user-principal": f"/{USERNAME}/"}
        options |= {"--listen-address": HOST, "--port": self.port, "--state-dir": self.folder / "state"}
        words = [str(word) for option in options.items() for word in option]
        return [sys.executable, "-m", "xandikos", "serve", "--autocreate", "--no-detect-systemd", *words]

    def fill(self, book: str, cards: Mapping[str, str]) -> None:
        self.make_book(book)
        folder = self.folder / "books" / USERNAME / "contacts" / book
        for name, text in cards.items():
            (folder / name).write_bytes(text.encode())
        porcelain.add(str(folder), [str(folder / name) for name in cards])
        porcelain.commit(str(folder), message=b"many", author=b"A <a@example.org>", committer=b"A <a@example.org>")

    def forget_tokens(self, book: str) -> None:
        cards = self._cards(book)
        self.remove_book(book)
        self.fill(book, cards)

    def _cards(self, book: str) -> dict[str, str]:
        folder = self.folder / "books" / USERNAME / "contacts" / book
        return {path.name: path.read_bytes().decode() for path in folder.glob("*.vcf")}


AnyServer = TypeVar("AnyServer", bound=DavServer)


@contextmanager
def radicale() -> Iterator[Radicale]:
    """A running Radicale without books. Raises ServerDied."""
    with _running(Radicale) as server:
        yield server


@contextmanager
def xandikos() -> Iterator[Xandikos]:
    """A running Xandikos without books. Raises ServerDied."""
    with _running(Xandikos) as server:
        yield server


@contextmanager
def _running(kind: Callable[[Path], AnyServer]) -> Iterator[AnyServer]:
    with tempfile.TemporaryDirectory(prefix="parley-", ignore_cleanup_errors=True) as folder:
        server = kind(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
