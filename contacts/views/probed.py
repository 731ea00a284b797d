"""What somebody typed for a new directory, between the probe and the choice of its books.

It holds a password, so it is in no page, no URL, no cookie and no session, which would keep it for months: it waits
encrypted in the cache, for its owner only, and is gone after some minutes or with the choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.cache import cache

from contacts.directories.base import Book
from project.accounts.models import User
from project.models import new_public_id
from project.secrets import Secret

KEPT_S = 15 * 60


@dataclass
class Probed:
    """credential: opened; settings: name, region, interval_minutes."""

    backend_class: str
    config: Mapping[str, Any]
    credential: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any]
    books: Sequence[Book]


def keep(owner: User, probed: Probed) -> str:
    """Keep it for some minutes; return the name under which owner, and nobody else, finds it."""
    name = new_public_id()
    cache.set(_key(owner, name), Secret(asdict(probed)).sealed(), KEPT_S)
    return name


def find(owner: User, name: str) -> Probed | None:
    """Return what is kept; None when it is gone, or somebody else's."""
    sealed = cache.get(_key(owner, name))
    if sealed is None:
        return None
    kept = dict(Secret(sealed=sealed))
    return Probed(**{**kept, "books": [Book(**book) for book in kept["books"]]})


def forget(owner: User, name: str) -> bool:
    """Drop it; return whether it was still there, which is true only once."""
    return bool(cache.delete(_key(owner, name)))


def _key(owner: User, name: str) -> str:
    return f"contacts.probed.{owner.pk}.{name}"
