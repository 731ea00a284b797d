"""A person's own folders: nothing is asked of anybody."""

from collections.abc import Iterator, Sequence

from contacts.directories.base import Book, Changes, DirectoryBackend, Entry, Fetched


class ManualBackend(DirectoryBackend):
    """Contacts and groups that are made by hand."""

    key = "manual"
    label = "By hand"
    icon = "pencil"
    description = "Folders of your own, filled here"
    defaults = {"interval_minutes": 0}
    is_mirror = False
    source = "manual"

    def books(self) -> list[Book]:
        return []

    def changes(self, book: Book, token: str = "", *, full: bool = False) -> Iterator[Changes]:
        yield Changes(is_unchanged=True)

    def fetch(self, book: Book, entries: Sequence[Entry]) -> Iterator[Fetched]:
        # What is kept here is all there is of it: nothing was ever listed, and nothing is gone.
        yield from ()
