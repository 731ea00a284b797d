"""Whom a person may know of here, and as whom they stand in that person's book."""

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from contacts.card import CardHandle, Contact, Photo
from contacts.models import Party, PartyHandle
from contacts.models.finding import label_of
from contacts.models.handle import CERTAIN_FROM
from contacts.models.locks import lock_book
from contacts.models.ties import addresses_of, normalised_email
from project.accounts.models import User

from .participation import Participation

if TYPE_CHECKING:
    from project.accounts.models.user import UserQuerySet


def visible_accounts(viewer: "User") -> "UserQuerySet":
    """Return the other accounts that viewer may find: all, or with MEMBERS_FIND_EACH_OTHER off those they met here.

    Two have met when there is a conversation that both take or took part in. Disabled accounts are not found.
    """
    found = User.objects.active().exclude(pk=viewer.pk)
    return found if settings.MEMBERS_FIND_EACH_OTHER else found.filter(_has_met(viewer))


def known_accounts(viewer: "User | int", users: Collection[int] | None = None) -> "UserQuerySet":
    """Return the other accounts of whom viewer may know: those they may find, and all that they met here.

    viewer: an account, or its pk. users: pks of accounts to which it is limited.
    """
    is_known = _has_met(viewer)
    if settings.MEMBERS_FIND_EACH_OTHER:
        is_known |= Q(is_active=True)
    found = User.objects.get_queryset().exclude(pk=viewer if isinstance(viewer, int) else viewer.pk).filter(is_known)
    return found if users is None else found.filter(pk__in=users)


def _has_met(viewer: "User | int") -> Q:
    mine = Participation.objects.filter(user=viewer).values("conversation")
    return Q(Exists(Participation.objects.filter(user=OuterRef("pk"), conversation__in=mine)))


class Entry(NamedTuple):
    """Where somebody who has an account stands in a book, and what ties the two."""

    party: Party
    label: str  # "work e-mail"; "" where the owner's word alone says so
    address: str


def entries_of(owner: "User", accounts: Collection[int]) -> dict[int, Entry]:
    """Return, by pk of these accounts, as whom they stand in owner's book, in three queries."""
    parties = list(Party.objects.of(owner).filter(user__in=accounts).select_related("folder"))
    if not parties:
        return {}
    links: dict[int, list[PartyHandle]] = defaultdict(list)
    certain = PartyHandle.objects.filter(is_dismissed=False, confidence__gte=CERTAIN_FROM, handle__platform="email")
    for link in certain.filter(party__in=parties).select_related("handle").order_by("-preferred", "pk"):
        if link.handle.party_id == link.party_id:
            links[link.party_id].append(link)
    verified = defaultdict(set)
    rows = EmailAddress.objects.filter(user__in=[party.user_id for party in parties], verified=True)
    for user_id, email in rows.values_list("user", "email"):
        verified[user_id].add(normalised_email(email))
    return {
        party.user_id: _entry(party, links[party.pk], verified[party.user_id]) for party in parties if party.user_id
    }


def _entry(party: Party, links: list[PartyHandle], addresses: set[str]) -> Entry:
    link = next((link for link in links if link.handle.normalised in addresses), None)
    return Entry(party, label_of(link), link.handle.value) if link else Entry(party, "", "")


@transaction.atomic
def recognise(party: Party, account: "User") -> None:
    """Take the word of party's owner that this is the person of that account.

    Its addresses are then theirs too: what the owner said against them before is taken back.
    """
    lock_book(party.owner_id)
    party.confirm_user(account)
    denied = party.links.filter(is_dismissed=True, handle__platform="email")
    for link in denied.filter(handle__normalised__in=addresses_of(account.pk)).select_related("handle"):
        link.confirm()


@transaction.atomic
def add_to_contacts(owner: "User", account: "User") -> Party:
    """Return the contact that is account's in owner's book: made from its profile where there is none.

    The address is a part of the profile only while members may find each other by it. Raises InvalidContact.
    """
    lock_book(owner.pk)  # so that a second tap finds the contact of the first
    known = Party.objects.of(owner).filter(user=account).first()
    if known is not None:
        return known
    handles = (CardHandle("email", account.email),) if settings.MEMBERS_FIND_EACH_OTHER else ()
    contact = Contact(display_name=account.display_name, handles=handles, photo=_photo_of(account))
    party = Party.objects.enter(owner, contact)
    party.confirm_user(account)
    return party


def _photo_of(account: "User") -> Photo | None:
    try:
        with account.picture.open() as file:
            return Photo(file.read())
    except (ValueError, FileNotFoundError):  # no picture, or no file
        return None
