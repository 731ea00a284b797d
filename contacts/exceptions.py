"""What can go wrong with contacts. Each message is a sentence for the person whose book it is.

ContactsError
├── InvalidHandle           an address or number that cannot be one
├── InvalidContact          what somebody typed into a form of the book
├── MergeRefused            two parties that must not become one
├── UnreadableCard          a vCard that is too large, or is none
└── DirectoryError          a place of contacts that does not do what was asked
    ├── DirectoryUnreachable    no answer, or not in time; tried again later
    ├── DirectoryDenied         the user name, the password or the right is missing
    ├── NotADirectory           something answers, but keeps no address book here
    ├── BookGone                this one book is not there any more
    ├── ListingIncomplete       an answer that cannot be the whole truth; nothing is removed because of it
    ├── VanishedTooMuch         more cards gone at once than can be believed; the owner is asked
    └── DirectoryBusy           another worker is syncing it right now
"""

from typing import Any


class ContactsError(Exception):
    """A request about contacts that cannot be done; str() is a sentence to show."""


class InvalidHandle(ContactsError):
    """An address or number that cannot be one."""


class InvalidContact(ContactsError):
    """A contact or group cannot be kept as it was typed."""


class MergeRefused(ContactsError):
    """Two parties that must not become one."""


class UnreadableCard(ContactsError):
    """A vCard that is too large, or is none."""


class DirectoryError(ContactsError):
    """A place of contacts does not do what was asked."""


class DirectoryUnreachable(DirectoryError):
    """No answer, or not in time. retry_after_s: how long the server asks to be left alone, if it does."""

    def __init__(self, sentence: str, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class DirectoryDenied(DirectoryError):
    """The user name, the password or the right is missing."""


class NotADirectory(DirectoryError):
    """Something answers, but keeps no address book here."""


class BookGone(DirectoryError):
    """A book that was mirrored is not there any more."""


class ListingIncomplete(DirectoryError):
    """An answer that cannot be the whole truth."""


class VanishedTooMuch(DirectoryError):
    """More cards are gone at once than can be believed. vanishing: what the folder keeps of it."""

    def __init__(self, sentence: str, vanishing: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.vanishing = vanishing


class DirectoryBusy(DirectoryError):
    """Another worker is syncing this directory right now."""
