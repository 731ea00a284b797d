"""From cards to rows, many at a time and in a number of queries that does not grow with them.

What a card says is compared with what its party has, and only the difference is written: ids of links, addresses
and affiliations stay, a second time writes nothing. Everything that a card says is kept with the party whose card
it is (origin, evidence) and shown with the party that stands for it, which is another one after a merge. A little
long, because each part of a card has its few lines here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from django.core.files.base import ContentFile
from django.db import transaction

from contacts.card import Contact
from contacts.directories.base import Entry
from project.accounts.exceptions import InvalidPicture
from project.accounts.pictures import square
from project.words import digest, fold, key_of, sort_key

from .address import Address
from .affiliation import Affiliation
from .claims import Claims
from .group import ContactGroup
from .handle import Handle, PartyHandle
from .locks import lock_book
from .names import tell_names
from .party import UNNAMED, Organization, Party, Person
from .ties import tie_addresses, tie_parties

if TYPE_CHECKING:
    from .folder import Folder

# Mail providers of everybody: an address there says nothing about an organisation.
PUBLIC_DOMAINS = frozenset(
    """aol.com fastmail.com free.fr gmail.com gmx.de gmx.net googlemail.com hotmail.com icloud.com laposte.net
    libero.it live.com mac.com mail.com mail.ru mailbox.org me.com msn.com orange.fr outlook.com posteo.de proton.me
    protonmail.com qq.com seznam.cz t-online.de web.de wp.pl yahoo.com yandex.ru ymail.com 163.com""".split()  # noqa: SIM905
)

Picture = tuple[str, ContentFile | None]
Part = Address | Affiliation


class Placement(NamedTuple):
    """One card and where it belongs.

    raw: as shown and exported; base: as the source has it, where raw was edited here; key: identity of its place
    in the folder; party: the row whose card it is, None for a new one; picture: what draw() returned.
    """

    entry: Entry
    raw: bytes
    contact: Contact
    party: Party | None = None
    key: str = ""
    base: bytes = b""
    picture: Picture | None = None


def mirror(
    owner_id: int, folder: "Folder | None", placements: Sequence[Placement], source: str = "manual"
) -> list[Party]:
    """Write what the cards of people and organisations say; return their parties, in the same order.

    source: what links say of where they come from (PartyHandle.Source). Group cards go to ContactGroup.objects.
    """
    with transaction.atomic():
        lock_book(owner_id)
        claims = Claims(owner_id, [placement.contact for placement in placements])
        looks = {placement.party.pk: _look(placement.party) for placement in placements if placement.party}
        back = [placement.party.pk for placement in placements if placement.party and placement.party.removed_at]
        parties = _write_parties(owner_id, folder, placements, claims.count_new())
        contacts = {party.pk: placement.contact for party, placement in zip(parties, placements, strict=True)}
        shown = {party.pk: party.merged_into_id or party.pk for party in parties}
        old = {placement.party.pk for placement in placements if placement.party is not None}
        claims.write([party.pk for party in parties], shown, old, source)
        _write_parts(Address, _addresses, contacts, shown, old)
        _write_parts(Affiliation, _affiliations, contacts, shown, old)
        _tie_to_organizations(owner_id, contacts)
        ContactGroup.objects.categorise(owner_id, contacts, shown, has_old=bool(old))
        if folder is not None:
            ContactGroup.objects.settle_members(folder, parties)
        tie_parties(owner_id, {shown[pk] for pk in back})
        returned = PartyHandle.objects.filter(party__in={shown[pk] for pk in back}) if back else ()
        claims.touched |= {link.handle_id for link in returned}
        Handle.objects.resolve(claims.touched)
        Handle.objects.forget_unclaimed(claims.touched)
        Party.objects.recount({shown[pk] for pk in old})
        tie_addresses(owner_id, {normalised for platform, normalised in claims.known if platform == "email"})
        Party.objects.reindex_merged(contacts)
        if changed := {party.pk for party in parties if looks.get(party.pk) not in {None, _look(party)}}:
            tell_names(owner_id, Party.objects.filter(pk__in=changed).values_list("user", flat=True))
    return parties


def _look(party: Party) -> tuple[str, str]:
    """Return what others see of a contact who has an account."""
    return party.display_name, party.avatar.name or ""


def search_text(contact: Contact) -> str:
    """Return all that a search may find a party by, folded, each word after a space."""
    words = [contact.display_name, *contact.name, contact.nickname]
    words += [part for work in contact.affiliations for part in (work.organization, work.department)]
    words += [text for handle in contact.handles for text in (handle.value, handle.normalised)]
    return " " + " ".join(dict.fromkeys(fold(" ".join(words)).split()))


def organization_domain(contact: Contact) -> str:
    """Return the domain of an organisation: of its website, else of its first address that is not a public one."""
    for handle in contact.handles:
        if handle.platform == "website":
            host = handle.normalised.partition("://")[2].partition("/")[0].partition(":")[0]
            return host.removeprefix("www.")[:253]
    domains = (handle.normalised.rpartition("@")[2] for handle in contact.handles if handle.platform == "email")
    return next((domain[:253] for domain in domains if domain not in PUBLIC_DOMAINS), "")


# --- Parties ---------------------------------------------------------------------------------------------------


def draw(contact: Contact, photo: bytes | None, former: str) -> Picture | None:
    """Return the digest of a card's photo and the photo drawn anew; None where it is the former one.

    photo: of a card that names it by URI; former: the digest of what is shown now. It takes its time: call it
    before the book is locked.
    """
    inline = contact.photo
    data = photo or (inline.data if inline else b"")
    mark = digest(data) if data else (key_of(inline.uri) if inline else "")
    if mark == former:
        return None
    try:
        return mark, square(BytesIO(data), len(data)) if data else None
    except InvalidPicture:
        return mark, None  # the card keeps it; there is nothing that a browser should be given


def _write_parties(
    owner_id: int,
    folder: "Folder | None",
    placements: Sequence[Placement],
    counts: dict[int, int],
) -> list[Party]:
    parties = []
    for at, placement in enumerate(placements):
        party = placement.party or Party(owner_id=owner_id, handle_count=counts[at])
        _fill(party, folder, placement)
        if placement.picture is not None:
            party.change_avatar(placement.picture[1], placement.picture[0])
        parties.append(party)
    Party.objects.bulk_create(
        [party for party, placement in zip(parties, placements, strict=True) if placement.party is None]
    )
    children: dict[type[Person | Organization], list[Party]] = {Person: [], Organization: []}
    for party, placement in zip(parties, placements, strict=True):
        if placement.party is None:
            kind = _kind_of(placement.contact)
            children[kind].append(kind(pk=party.pk, **_child_fields(placement.contact)))
        else:
            party.save(update_fields=WRITTEN)
            _rewrite_child(party, placement.contact)
    for kind, rows in children.items():
        # bulk_create refuses tables with a parent; this is how it inserts the rows of one table.
        kind.objects.all()._batched_insert(rows, kind._meta.local_concrete_fields, batch_size=None)  # type: ignore[union-attr]
    return parties


# What a card says, and where it stands. Whom a party was merged with, and which account it has, may have been decided
# since it was read.
WRITTEN = (
    "folder", "display_name", "sort_key", "search_text", "notes", "avatar", "avatar_digest", "source_href", "href_key",
    "source_etag", "source_uid", "uid_key", "raw_vcard", "base_vcard", "source_digest", "removed_at", "updated_at",
)  # fmt: skip


def _fill(party: Party, folder: "Folder | None", placement: Placement) -> None:
    contact = placement.contact
    party.folder = folder
    party.display_name = contact.display_name or UNNAMED
    party.sort_key = sort_key(party.display_name)
    party.search_text = search_text(contact)
    party.notes = contact.notes
    party.source_href, party.href_key, party.source_etag = placement.entry.href, placement.key, placement.entry.etag
    party.source_uid, party.uid_key = contact.uid, key_of(contact.uid)
    party.raw_vcard, party.base_vcard = placement.raw, placement.base
    party.source_digest = digest(placement.base or placement.raw)
    if not party.is_removed_by_owner:
        party.removed_at = None


def _kind_of(contact: Contact) -> type[Person | Organization]:
    return Organization if contact.kind == "organization" else Person


def _rewrite_child(party: Party, contact: Contact) -> None:
    """Let the child row say what the card says now, in place of one of the other kind if need be."""
    kind, fields = _kind_of(contact), _child_fields(contact)
    former = kind.objects.filter(pk=party.pk).first()
    if former is not None and all(getattr(former, name) == value for name, value in fields.items()):
        return
    if former is None:
        for wrong in (Organization if kind is Person else Person).objects.filter(pk=party.pk):
            wrong.delete(keep_parents=True)
    child = kind(pk=party.pk, **fields)
    child.save_base(raw=True, force_insert=former is None, force_update=former is not None)  # the child's row alone


def _child_fields(contact: Contact) -> dict[str, object]:
    if contact.kind == "organization":
        legal_name = next((work.organization for work in contact.affiliations), "")
        return {"legal_name": legal_name, "domain": organization_domain(contact)}
    name = contact.name
    return {
        "name_prefix": name.prefix, "given_name": name.given, "additional_name": name.additional,
        "family_name": name.family, "name_suffix": name.suffix, "nickname": contact.nickname,
        "birthday": contact.birthday, "anniversary": contact.anniversary,
    }  # fmt: skip


# --- Addresses and affiliations --------------------------------------------------------------------------------


def _addresses(contact: Contact) -> Iterable[Address]:
    for position, address in enumerate(contact.addresses):
        yield Address(position=min(position, 32767), **address._asdict())


def _affiliations(contact: Contact) -> Iterable[Affiliation]:
    if contact.kind == "organization":
        return
    for position, work in enumerate(contact.affiliations):
        yield Affiliation(
            position=min(position, 32767),
            organization_name=work.organization,
            organization_key=sort_key(work.organization),
            department=work.department,
            title=work.title,
            role=work.role,
        )


def _write_parts(
    model: type[Part],
    rows_of: Callable[[Contact], Iterable[Part]],
    contacts: dict[int, Contact],
    shown: dict[int, int],
    old: set[int],
) -> None:
    """Let each card's rows be what it says now: those of the same content keep their ids."""
    there: dict[tuple[int, str], list[Part]] = defaultdict(list)
    if old:
        for row in model.objects.filter(origin__in=old):
            there[row.origin_id, row.content].append(row)
    new = []
    for origin, contact in contacts.items():
        for row in rows_of(contact):
            same = there.get((origin, row.content))
            if not same:
                row.party_id, row.origin_id = shown[origin], origin
                new.append(row)
                continue
            kept = same.pop()
            names = ["position", *(["preferred"] if isinstance(row, Address) else [])]
            if any(getattr(kept, name) != getattr(row, name) for name in names):
                for name in names:
                    setattr(kept, name, getattr(row, name))
                kept.save(update_fields=[*names, "updated_at"])
    gone = [row.pk for rows in there.values() for row in rows]
    if gone:
        model.objects.filter(pk__in=gone).delete()
    model.objects.bulk_create(new)  # type: ignore[arg-type]


def _tie_to_organizations(owner_id: int, contacts: dict[int, Contact]) -> None:
    """Tie affiliations to the organisation of that name in the same book, whichever of both came first."""
    waiting = Affiliation.objects.filter(organization=None, party__owner=owner_id).exclude(organization_key="")
    for pk, contact in contacts.items():
        if contact.kind == "organization" and (key := sort_key(contact.display_name)):
            waiting.filter(organization_key=key).update(organization=pk)
    keys = {sort_key(work.organization) for contact in contacts.values() for work in contact.affiliations} - {""}
    if keys:
        named = Party.objects.of(owner_id).organizations().filter(sort_key__in=keys)
        for key, pk in named.values_list("sort_key", "pk"):
            waiting.filter(origin__in=contacts, organization_key=key).update(organization=pk)
