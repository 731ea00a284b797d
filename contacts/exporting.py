"""Cards out of the book, byte for byte as they came or were edited here, as one file for other programs.

Several cards in one file need one character set and a line end behind each: what is not UTF-8 already (UTF-16 of
some programs) is translated, and a byte order mark stands before the first card only.
"""

import uuid
from collections.abc import Iterable, Iterator
from itertools import chain

from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from contacts.card import Contact, build
from contacts.charsets import BOM, to_utf8, utf16_of
from contacts.models import ContactGroup, Folder, GroupMember, Party
from project.accounts.models import User

BATCH = 200
BATCH_BYTES = 4 * 1024 * 1024
GROUP_NAMES = uuid.UUID("b1cf5a4e-4c1e-5d37-9d4e-0c7c3f3c0f6a")  # a namespace for the UIDs of groups made here


def whole_book(owner: User) -> Iterator[bytes]:
    """Yield all cards of a book, a batch at a time; removed ones are not among them."""
    parties = Party.objects.filter(owner=owner, removed_at=None)
    return joined([cards_of(parties), group_cards(ContactGroup.objects.of(owner))])


def of_folder(folder: Folder) -> Iterator[bytes]:
    """Yield the cards of one folder."""
    groups = ContactGroup.objects.of(folder.owner_id).filter(folder=folder)
    return joined([cards_of(folder.party_cards.filter(removed_at=None)), group_cards(groups)])


def of_group(group: ContactGroup) -> Iterator[bytes]:
    """Yield the cards of a group's people, and its own."""
    people = group.people.values("pk")
    parties = Party.objects.filter(Q(pk__in=people) | Q(merged_into__in=people), removed_at=None)
    return joined([cards_of(parties), group_cards(ContactGroup.objects.filter(pk=group.pk))])


def of_party(party: Party) -> Iterator[bytes]:
    """Yield the card of a party; of several that were merged, all."""
    cards = list(cards_of(Party.objects.filter(Q(pk=party.pk) | Q(merged_into=party.pk), removed_at=None)))
    if len(cards) == 1 and len(cards[0]) == 1 and utf16_of(cards[0][0]):
        return iter(cards[0])  # alone, it may stay as it is
    return joined([cards])


def cards_of(parties: "QuerySet[Party]") -> Iterator[list[bytes]]:
    """Yield cards, some megabytes at a time."""
    sizes = parties.order_by("sort_key", "pk").values_list("pk", Length("raw_vcard"))
    for pks in _batches(sizes):
        cards = dict(Party.objects.filter(pk__in=pks).values_list("pk", "raw_vcard"))
        yield [bytes(cards[pk]) for pk in pks if cards.get(pk)]


def group_cards(groups: "QuerySet[ContactGroup]") -> Iterator[list[bytes]]:
    """Yield the cards of groups: as they came, or built for those made here. Categories stand in people's cards."""
    for group in groups.exclude(source=ContactGroup.Source.CATEGORIES):
        yield [_built(group) if group.is_by_hand else bytes(group.raw_vcard)]


def joined(batches: Iterable[Iterable[list[bytes]]]) -> Iterator[bytes]:
    """Yield the content of a file that holds all cards."""
    count = 0
    for batch in chain.from_iterable(batches):
        cards = [_in_file(raw, is_first=count + at == 0) for at, raw in enumerate(filter(None, batch))]
        count += len(cards)
        if cards:
            yield b"".join(cards)


def _in_file(raw: bytes, *, is_first: bool) -> bytes:
    utf16 = utf16_of(raw)
    if utf16:
        raw = to_utf8(raw, utf16)
    if utf16 or not is_first:
        raw = raw.removeprefix(BOM)
    return raw if raw.endswith((b"\n", b"\r")) else raw + b"\r\n"


def _batches(sizes: "Iterable[tuple[int, int]]") -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for pk, length in sizes:
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(pk)
        size += length
    if batch:
        yield batch


def _built(group: ContactGroup) -> bytes:
    """Return a card for a group made here: the same one each time, with the same UID."""
    uid = group.source_uid or str(uuid.uuid5(GROUP_NAMES, group.public_id))
    members = group.members.select_related("party", "origin").order_by("pk")
    named = [member for member in map(_member_of, members) if member]
    return build(Contact(kind="group", uid=uid, display_name=group.name, members=tuple(named)))


def _member_of(member: GroupMember) -> str:
    """Return how a group card names a member: by UID, else by an address; "" for somebody with neither."""
    party = member.origin or member.party
    if party is None or party.removed_at is not None:
        return member.member if party is None else ""
    if party.source_uid:
        return party.source_uid
    for scheme, platform in (("mailto", "email"), ("tel", "phone")):
        link = party.links.filter(handle__platform=platform, is_dismissed=False).select_related("handle").first()
        if link is not None:
            return f"{scheme}:{link.handle.normalised}"
    return ""
