"""Who of a book has an account here, as the book's owner calls them and as their contact looks.

The owner sees these names and pictures in place of the ones that the accounts have chosen for themselves. Whoever
changes something of it (ties.py, mirroring.py, merging.py, receivers.py) says so with tell_names.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.urls import reverse

from contacts.signals import names_changed
from project.accounts.names import NAME_MAX, clean_name, hue, initials

from .party import UNNAMED, Party, version_of

if TYPE_CHECKING:
    from project.accounts.models import User

READ_MAX = 4 * NAME_MAX  # a card may hold a name of any length
NO_ID = "0" * 16
# What a card without a name is called after: how to reach them, which is less than the name of an account.
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\Z|[\d\s()+./-]*\d[\d\s()+./-]*\Z")


class Known(NamedTuple):
    """As whom the owner of a book knows an account."""

    name: str  # "" where their contact has none: then they are called what they call themselves
    picture: str  # the address of their contact's picture, or ""
    party: str  # public id of the contact
    face: str = ""  # the hue of their initials, and these: "7 AN"; "" without a name


def names_of(owner: "User | int", users: "QuerySet[User] | Collection[int] | None" = None) -> dict[str, Known]:
    """Return the people of a book who have an account, by its public id, in one query. The owner is not among them.

    users: accounts to which it is limited.
    """
    tied = Party.objects.of(owner).filter(user__isnull=False).exclude(user=owner)
    if users is not None:
        tied = tied.filter(user__in=users)
    rows = tied.annotate(called=Left("display_name", READ_MAX)).order_by()
    before, after = reverse("contacts:avatar", args=[NO_ID]).split(NO_ID)
    return {
        account: _known(name, party, f"{before}{party}{after}?v={version_of(avatar)}" if avatar else "")
        for account, name, party, avatar in rows.values_list("user__public_id", "called", "public_id", "avatar")
    }


def _known(name: str, party: str, picture: str) -> Known:
    name, letters = _shown(name)
    return Known(name, picture, party, f"{hue(party)} {letters}" if name else "")


@lru_cache(maxsize=8192)  # every page of a person has the same names
def _shown(name: str) -> tuple[str, str]:
    """Return a contact's name as it stands in place of an account's, no longer than that may be, and its initials."""
    try:
        name = "" if name == UNNAMED or _ADDRESS.match(name) else clean_name(name)
    except ValidationError:
        name = ""
    if len(name) > NAME_MAX:
        name = f"{name[: NAME_MAX - 1].rstrip()}…"
    return name, initials(name)


def tell_names(owner_id: int, users: Collection[int | None]) -> None:
    """Have others hear, once the transaction is on disk, that the owner may know these accounts by another name.

    users: pks of accounts; None is nobody. What a transaction changes in one book is told at once.
    """
    concerned = {pk for pk in users if pk is not None}
    if not concerned:
        return
    connection = transaction.get_connection()
    for savepoints, news, _ in connection.run_on_commit:
        # As long as that one is there, what we say is said with it; a rollback of it would be one of ours too.
        if isinstance(news, _News) and news.owner_id == owner_id and savepoints <= set(connection.savepoint_ids):
            news.users |= concerned
            return
    transaction.on_commit(_News(owner_id, concerned), robust=True)


class _News:
    """What is to be told when a transaction is on disk."""

    def __init__(self, owner_id: int, users: set[int]) -> None:
        self.owner_id = owner_id
        self.users = users

    def __call__(self) -> None:
        names_changed.send(Party, owner_id=self.owner_id, users=frozenset(self.users))
