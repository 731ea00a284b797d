"""The names by which somebody knows the people whom they meet here: those of their contacts."""

import json
import time
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings

from contacts.models.names import Known, names_of
from project.words import digest

from .acquaintance import known_accounts

if TYPE_CHECKING:
    from project.accounts.models import User


class Names:
    """As whom viewer knows people, by account id: only those of whom viewer may know that they are here.

    users: pks of accounts to which it is limited. at: microseconds since 1970, from before it was read: a page that
    heard something later keeps that.
    """

    def __init__(self, viewer: "User", users: Collection[int] | None = None) -> None:
        self.at = time.time_ns() // 1000
        self.viewer = viewer
        accounts = known_accounts(viewer)
        self.accounts = accounts if users is None else accounts.filter(pk__in=users)

    @cached_property
    def known(self) -> dict[str, Known]:
        return names_of(self.viewer, self.accounts)

    @property
    def changes(self) -> dict[str, Known | None]:
        """The same, and None for those of whom viewer knows nothing, or nothing any more."""
        return {account: self.known.get(account) for account in self.accounts.values_list("public_id", flat=True)}

    @cached_property
    def etag(self) -> str:
        return digest(json.dumps(self.known, ensure_ascii=False))[:32]

    def as_page(self) -> dict[str, Any]:
        """Return what a page keeps of it. is_limited: somebody whom it does not name may be known all the same."""
        is_limited = not settings.MEMBERS_FIND_EACH_OTHER
        return {"at": self.at, "etag": self.etag, "is_limited": is_limited, "names": self.known}
