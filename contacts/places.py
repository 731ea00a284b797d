"""What a listing means, and which row of the address book each card is: by its place, and by the uid that it bears.

A uid tells a card from all others, wherever it stands; without one, or where the uid is new, the place does. So what
a card is may depend on cards that are still to be fetched: a uid that is new at a place can be another card, and the
one that stood there may turn up elsewhere.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from contacts.directories.base import Entry


class Known(NamedTuple):
    """One card of a folder as it was at the last sync.

    kind: "party", "group" or "quarantined"; key: identity of the place, "" for a row that another card took it from;
    is_live: the source had it; is_hidden: the owner deleted it here, so the source does not bring it back; is_aside:
    what stands at its place now is quarantined, with that etag and digest, and the row is what was there before.
    """

    kind: str
    pk: int
    key: str
    uid_key: str = ""
    etag: str = ""
    digest: str = ""
    is_live: bool = True
    is_hidden: bool = False
    is_aside: bool = False

    @property
    def row(self) -> tuple[str, int]:
        """What tells this row from all others."""
        return self.kind, self.pk

    @property
    def is_in_book(self) -> bool:
        """Whether the book shows what stands here."""
        return self.is_live and self.kind != "quarantined"


class Inventory(NamedTuple):
    """All cards of a folder: by place; by uid, whether they have a place or not; and live ones that lost theirs."""

    known: Mapping[str, Known]
    named: Mapping[str, Known]
    displaced: Collection[Known] = ()


@dataclass
class Plan:
    """What a listing means for a folder."""

    fetch: "dict[str, Entry]" = field(default_factory=dict)
    vanished: dict[str, Known] = field(default_factory=dict)
    unchanged: int = 0


def plan(
    known: Mapping[str, Known],
    listed: "Mapping[str, Entry]",
    removed: Iterable[str],
    *,
    is_complete: bool,
) -> Plan:
    """Work out what to fetch and what vanished.

    known, listed: by the key of the place; removed: keys that the server says are gone; is_complete: what is not
    listed is gone too. A card without an etag is always fetched.
    """
    found = Plan()
    for key, entry in listed.items():
        row = known.get(key)
        is_same = row is not None and entry.etag and entry.etag == row.etag and (row.is_live or row.is_hidden)
        if is_same:
            found.unchanged += 1
        else:
            found.fetch[key] = entry
    gone = [key for key in known if key not in listed] if is_complete else [key for key in removed if key not in listed]
    found.vanished = {key: known[key] for key in gone if key in known and known[key].is_live}
    return found


class Verdict(Enum):
    NEW = "a card that was not here before"
    SAME = "the card of a row"
    TWIN = "a second card with the uid of another one"
    LATER = "not to be told before the others are there"


class Places:
    """Who is where in a folder, as far as a run has found out.

    waiting: places whose cards are still to be fetched; gone: places that the source does not have any more;
    leaving: rows that have no place at the source, as long as nobody with their uid turns up.
    """

    def __init__(
        self,
        inventory: Inventory,
        *,
        waiting: Collection[str] = (),
        gone: Collection[str] = (),
        vanished: Collection[Known] = (),
    ) -> None:
        self._at = {key: known for key, known in inventory.known.items() if known.kind != "quarantined"}
        self._named = dict(inventory.named)
        self._waiting, self._gone, self._missed = set(waiting), set(gone), False
        self._found: dict[str, str] = {}  # by place, the uid of the card that was fetched there in this run
        self._found_uids: set[str] = set()
        self.leaving = {known.row: known for known in (*vanished, *inventory.displaced)}

    def at(self, key: str) -> Known | None:
        """Return the row at a place."""
        return self._at.get(key)

    def was_found(self, key: str) -> bool:
        """Whether a card was fetched from a place."""
        return key in self._found

    def miss(self, key: str) -> None:
        """Note that the card of a place could not be had."""
        self._waiting.discard(key)
        self._missed = True

    def find(self, key: str, uid_key: str) -> None:
        """Note which uid stands at a place, "" for none, or for a card that cannot be read."""
        self._waiting.discard(key)
        self._found[key] = uid_key
        self._found_uids.add(uid_key)

    def judge(self, key: str, uid_key: str) -> tuple[Verdict, Known | None]:
        """Return what the card that was found at a place is, and for SAME the row."""
        namesake, there = self._named.get(uid_key) if uid_key else None, self._at.get(key)
        if namesake is not None:
            if namesake.key == key:
                return Verdict.SAME, namesake
            if namesake.key in self._waiting:
                return Verdict.LATER, None
            return (Verdict.TWIN, None) if self._stays(namesake) else (Verdict.SAME, namesake)
        if there is None or there.uid_key in {"", uid_key}:
            return (Verdict.NEW, None) if there is None else (Verdict.SAME, there)
        if not there.is_live:
            return Verdict.NEW, None  # somebody else stood here once
        # Who stood here may be where nothing could be read; but that is no reason to wait for more than one run.
        if self._waiting or (self._missed and not there.is_aside and there.uid_key not in self._found_uids):
            return Verdict.LATER, None
        return (Verdict.NEW, None) if there.uid_key in self._found_uids else (Verdict.SAME, there)

    def _stays(self, known: Known) -> bool:
        """Whether the card of a row still stands where it stood."""
        if not known.key or known.key in self._gone or not (known.is_live or known.is_hidden):
            return False
        return self._found.get(known.key, "" if known.is_aside else known.uid_key) == known.uid_key

    def put(self, key: str, uid_key: str, known: Known | None) -> None:
        """Let a row, or a new one (None), stand at a place. Who stood there has none until it turns up."""
        former = self._at.pop(key, None)
        if former is not None and (known is None or former.row != known.row):
            self._displace(former)
        if known is not None:
            self.leaving.pop(known.row, None)
            if self._is_at(known):
                del self._at[known.key]
            if self._is_named(known):
                del self._named[known.uid_key]
        now = (known or Known("", 0, key))._replace(
            key=key, uid_key=uid_key, is_live=known is None or not known.is_hidden, is_aside=False
        )
        self._at[key] = now
        if uid_key:
            self._named[uid_key] = now

    def _displace(self, known: Known) -> None:
        known = known._replace(key="")
        if known.is_live:
            self.leaving[known.row] = known
        if self._is_named(known):
            self._named[known.uid_key] = known

    def let_go(self) -> None:
        """Note that those who were leaving have left; who bears their uid from now on comes back as them."""
        for known in self.leaving.values():
            gone = known._replace(is_live=False)
            if self._is_at(known):
                self._at[known.key] = gone
            if self._is_named(known):
                self._named[known.uid_key] = gone
        self.leaving.clear()

    def _is_at(self, known: Known) -> bool:
        return known.key in self._at and self._at[known.key].row == known.row

    def _is_named(self, known: Known) -> bool:
        return known.uid_key in self._named and self._named[known.uid_key].row == known.row
