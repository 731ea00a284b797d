"""Cards out of files into a folder: what each card would change there, and then the same path as a sync takes.

A card that was imported has a place in its folder like one that was mirrored, so that importing it again finds it:
by its UID, and without one by what it says. What was edited here since stays on top, as after a sync.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.db import IntegrityError

from contacts.card import Contact, contact_of
from contacts.charsets import utf16_of
from contacts.directories.base import Entry
from contacts.directories.vcf import identity_of
from contacts.exceptions import UnreadableCard
from contacts.sync import Known, Received, batches
from contacts.vcard import read, split
from project.words import digest, key_of

if TYPE_CHECKING:
    from contacts.models import Folder

LOOKED_UP = 500  # cards compared with a folder at once
SOURCE = "import"

NEW, CHANGED, UNCHANGED, REPEATED, REFUSED = "new", "changed", "unchanged", "repeated", "refused"


class Item(NamedTuple):
    """One card of a file, as far as a preview needs it.

    kind: "party" or "group"; place: its identity in a folder; digest: of its bytes; problem: "" or a sentence why
    it cannot be taken in.
    """

    kind: str
    name: str
    uid_key: str = ""
    place: str = ""
    digest: str = ""
    problem: str = ""


class Found(NamedTuple):
    """One card of a file, whole. contact: None where there is a problem."""

    item: Item
    raw: bytes
    contact: Contact | None = None


class Verdict(NamedTuple):
    """What a card would do to a folder: one of NEW ... REFUSED, the row that it is, and why it is refused."""

    status: str
    known: Known | None = None
    problem: str = ""


@dataclass
class Result:
    """What an import did; counts are cards. refused: names with reasons."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Preview:
    """What an import would do to a folder: names, and how many there are."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    repeated: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    @property
    def wanted(self) -> int:
        """How many contacts an import would write."""
        return len(self.new) + len(self.changed)


Report = Callable[[int], None]  # how many cards are done


def survey(data: bytes, region: str = "") -> Iterator[Found]:
    """Yield every card of a file, also those that cannot be read. region: of telephone numbers, ISO 3166."""
    for piece in split(data):
        raw = _ended(piece.raw)
        try:
            if piece.problem:
                raise UnreadableCard(piece.problem)
            contact = contact_of(read(raw), region)
        except UnreadableCard as reason:
            yield Found(Item("party", piece.name or f"Card {piece.number}", problem=str(reason)), raw)
            continue
        kind = "group" if contact.kind == "group" else "party"
        name = contact.display_name or f"Card {piece.number}"
        yield Found(Item(kind, name, key_of(contact.uid), _place(contact.uid, raw), digest(raw)), raw, contact)


def _ended(raw: bytes) -> bytes:
    """Return a card with the line end that the last one of a file may lack: it is the same card in any place."""
    is_ended = raw.endswith((b"\n", b"\r")) or utf16_of(raw)
    return raw if is_ended else raw + b"\r\n"


def _place(uid: str, raw: bytes) -> str:
    return key_of(f"uid:{uid}" if uid else f"card:{identity_of(raw)}")


class Twins:
    """The cards of some files, one after the other: which of them came before."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}  # by place

    def verdict(self, item: Item) -> Verdict | None:
        """Return what can be said of a card without a folder; None for one that is fine so far."""
        if item.problem:
            return Verdict(REFUSED, problem=item.problem)
        before = self._digests.get(item.place)
        if before is None:
            self._digests[item.place] = item.digest
            return None
        if before == item.digest:
            return Verdict(REPEATED)
        return Verdict(REFUSED, problem="Another card with the same UID stands before it.")


def compare(folder: "Folder | None", items: Sequence[Item]) -> list[Verdict]:
    """Return what each card of some files would do in a folder; None: one that is still to be made."""
    twins, verdicts = Twins(), []
    for start in range(0, len(items), LOOKED_UP):
        some = items[start : start + LOOKED_UP]
        rows = _rows(folder, some) if folder is not None else {}
        verdicts += [twins.verdict(item) or _compared(item, rows) for item in some]
    return verdicts


def preview(folder: "Folder | None", items: Sequence[Item]) -> Preview:
    """Return what the cards of some files would do to a folder. Nothing is written."""
    seen = Preview()
    for item, verdict in zip(items, compare(folder, items), strict=True):
        match verdict.status:
            case "new":
                seen.new.append(item.name)
            case "changed":
                seen.changed.append(item.name)
            case "unchanged":
                seen.unchanged += 1
            case "repeated":
                seen.repeated += 1
            case _:
                seen.refused.append((item.name, verdict.problem))
    return seen


def bring_in(folder: "Folder", files: Iterable[bytes], report: Report = lambda done: None) -> Result:
    """Take the cards of files into a folder, batch by batch; return what was done.

    Each batch stands for itself, so that an import which ended half way is continued by doing it again.
    """
    result, twins, done = Result(), Twins(), 0
    for batch in batches(found for data in files for found in survey(data, folder.region)):
        fresh = []
        for found in batch:
            verdict = twins.verdict(found.item)
            if verdict is None:
                fresh.append(found)
            elif verdict.status == REPEATED:
                result.repeated += 1
            else:
                result.refused.append((found.item.name, verdict.problem))
        try:
            created, updated = _take(folder, fresh)
        except IntegrityError:  # in the same moment, somebody else imported one of them
            created, updated = _take(folder, fresh)
        result.created += created
        result.updated += updated
        result.unchanged += len(fresh) - created - updated
        done += len(batch)
        report(done)
    return result


def _take(folder: "Folder", batch: Sequence[Found]) -> tuple[int, int]:
    """Write what differs from the folder; return how many cards are new there, and how many changed."""
    rows = _rows(folder, [found.item for found in batch])
    received, created = [], 0
    for found in batch:
        status, row, _ = _compared(found.item, rows)
        if status == UNCHANGED or found.contact is None:
            continue
        created += status == NEW
        if row is not None and status == NEW:
            _bring_back(folder, row)
        received.append(Received(Entry(""), found.item.place, found.raw, found.contact, row))
    if received:
        folder.take(received, SOURCE)
    return created, len(received) - created


def _bring_back(folder: "Folder", row: Known) -> None:
    """Let what was removed here come back: whoever imports a card wants to see it."""
    if row.kind == "party":
        folder.party_cards.select_related("merged_into").get(pk=row.pk).canonical.restore()


def _rows(folder: "Folder", items: Sequence[Item]) -> dict[tuple[str, str], Known]:
    """Return what a folder has of some cards, by kind and by uid, place or, where there is no uid, digest."""
    rows: dict[tuple[str, str], Known] = {}
    names = ("pk", "href_key", "uid_key", "source_digest", "removed_at")
    wanted = {
        "source_digest": {item.digest for item in items if not item.uid_key},
        "href_key": {item.place for item in items},
        "uid_key": {item.uid_key for item in items},
    }
    for kind, cards in (("party", folder.party_cards), ("group", folder.contactgroup_cards)):
        for name, keys in wanted.items():
            there = cards.filter(**{f"{name}__in": keys - {""}})  # without a query where nothing is asked for
            for key, pk, place, uid_key, mark, removed_at in there.values_list(name, *names):
                rows[kind, key] = Known(kind, pk, place, uid_key, digest=mark, is_live=removed_at is None)
    return rows


def _compared(item: Item, rows: dict[tuple[str, str], Known]) -> Verdict:
    keys = (item.uid_key, item.place) if item.uid_key else (item.place, item.digest)
    row = next((rows[item.kind, key] for key in keys if (item.kind, key) in rows), None)
    if row is None or not row.is_live:
        return Verdict(NEW, row)
    return Verdict(UNCHANGED if row.digest == item.digest else CHANGED, row)
