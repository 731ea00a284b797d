"""Address books on a CardDAV server (RFC 6352).

discovery.py finds them, listing.py tells what changed in one, fetching.py gets its cards.
"""

from collections.abc import Iterator, Sequence

from contacts.dav import Dav
from contacts.directories.base import Book, Changes, Connection, Entry, Fetched
from contacts.directories.discovery import find_books
from contacts.directories.fetching import BATCH, Fetching
from contacts.directories.listing import changes
from contacts.directories.server import ServerBackend
from contacts.hrefs import canonical_href


class CardDavBackend(ServerBackend):
    """config also: batch (cards in one request).

    url is a host name, an e-mail address or a URL; with an address the user name may be left out.
    """

    key = "carddav"
    label = "CardDAV"
    icon = "cloud"
    description = "Nextcloud, iCloud, Fastmail, Radicale and others"
    defaults = {"interval_minutes": 15}
    source = "carddav"

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        if "@" in self.url and "://" not in self.url and not connection.credential.get("username"):
            self.dav = Dav({**connection.credential, "username": self.url.removeprefix("mailto:")})

    def place(self, href: str) -> str:
        return canonical_href(href)

    def books(self) -> list[Book]:
        return find_books(self.dav, self.url)

    def changes(self, book: Book, token: str = "", *, full: bool = False) -> Iterator[Changes]:
        self.begin(book)
        yield from changes(self.dav, book, token, full=full)

    def fetch(self, book: Book, entries: Sequence[Entry]) -> Iterator[Fetched]:
        self.begin(book)
        batch, version = int(self.connection.config.get("batch", BATCH)), str(book.properties.get("version", ""))
        yield from Fetching(self.dav, book.href, version, batch).cards(entries)
