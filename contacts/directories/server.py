"""What the backends have in common that ask a server by HTTP, as one account."""

from contacts.dav import Dav, NoAnswer
from contacts.directories.base import Book, Connection, DirectoryBackend


class ServerBackend(DirectoryBackend):
    """config: url; photos (True: fetch those that cards name by URI). credential: username and password, or token."""

    asks = ("url", "username", "password", "token")
    requires = ("url",)

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.url = str(connection.config.get("url") or "").strip()
        self.dav = Dav(connection.credential)
        self._near = ""
        self._has_photos = connection.config.get("photos") is True

    def begin(self, book: Book) -> None:
        """Let the account be known where a book is: at what a person typed, or where discovery has found it."""
        self.dav.trust(book.href)
        self.dav.scheme = self.dav.scheme or str(book.properties.get("scheme", ""))
        self._near = book.href

    @property
    def requests(self) -> int:
        return self.dav.requests

    @property
    def bytes_received(self) -> int:
        return self.dav.bytes_received

    def close(self) -> None:
        self.dav.close()

    def photo(self, uri: str) -> bytes | None:
        if not self._has_photos or not self._near:
            return None
        try:
            return self.dav.picture(uri, self._near)
        except NoAnswer:
            self._has_photos = False  # one slow server of pictures must not hold up a book of cards
            return None
