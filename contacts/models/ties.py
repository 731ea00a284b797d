"""Who of a book has an account here: a person of whom an address is one that exactly one account has verified.

Worked out anew whenever either side changes: after each change of claims (Handle.objects.resolve, mirror), and when
an account verifies, changes or loses an address (contacts/receivers.py). What it says follows from the owner's word
(Party.confirmed_user), claims and verified addresses alone, so it does not matter which of them was there first.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

import idna
from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F, Q

from contacts.exceptions import InvalidHandle
from contacts.platforms import normalise

from .handle import CERTAIN_FROM, PartyHandle
from .locks import lock_book
from .names import tell_names
from .party import Party


class Sign(NamedTuple):
    """That a person has an account; the least of several counts."""

    is_derived: bool  # from an address, and not the owner's word
    is_other: bool  # not the address that the card prefers
    party_id: int
    link_id: int
    user_id: int


def tie_addresses(owner_id: int, addresses: Collection[str]) -> None:
    """Work out anew who of a book has the accounts that own these addresses (normalised). The book is locked."""
    if users := {user_id for found in _accounts_of(addresses).values() for user_id in found}:
        _tie(owner_id, users)


def addresses_of(user_id: int) -> set[str]:
    """Return the addresses of an account, normalised."""
    mine = EmailAddress.objects.filter(user=user_id).values_list("email", flat=True)
    return {normalised for email in mine if (normalised := normalised_email(email))}


def verified_addresses_of(user_id: int) -> set[str]:
    """Return the addresses that an account has verified, normalised."""
    mine = EmailAddress.objects.filter(user=user_id, verified=True).values_list("email", flat=True)
    return {normalised for email in mine if (normalised := normalised_email(email))}


def tie_account(user_id: int, *former: str) -> None:
    """Work out anew in every book who has this account. former: addresses that it may have had until now."""
    addresses = {*addresses_of(user_id), *filter(None, map(normalised_email, former))}
    claims = PartyHandle.objects.filter(handle__platform="email", handle__normalised__in=addresses)
    owners = set(claims.values_list("handle__owner", flat=True))
    owners |= set(Party.objects.filter(user=user_id).values_list("owner", flat=True))
    users = {user_id, *(other for found in _accounts_of(addresses).values() for other in found)}
    for owner_id in sorted(owners):
        with transaction.atomic():
            lock_book(owner_id)
            _tie(owner_id, users)


def tie_parties(owner_id: int, pks: Collection[int]) -> None:
    """Work out anew who has the accounts that these parties have, or have on their owner's word. The book is locked."""
    rows = Party.objects.filter(pk__in=pks, owner=owner_id).exclude(user=None, confirmed_user=None)
    users = {pk for row in rows.values_list("user", "confirmed_user") for pk in row if pk is not None}
    if users:
        _tie(owner_id, users)


def _tie(owner_id: int, users: Collection[int]) -> None:
    wanted = _wanted(owner_id, users)
    concerned = Q(user__in={*users, *wanted.values()}) | Q(pk__in=wanted)
    there = Party.objects.filter(concerned, owner=owner_id, merged_into=None).only("pk", "user_id")
    changed = [party for party in there if party.user_id != wanted.get(party.pk)]
    tell_names(owner_id, {pk for party in changed for pk in (party.user_id, wanted.get(party.pk))})
    # First all that go, so that no account stands twice in between.
    Party.objects.filter(pk__in=[party.pk for party in changed if party.user_id is not None]).update(user=None)
    for party in changed:
        party.user_id = wanted.get(party.pk)
    Party.objects.bulk_update([party for party in changed if party.user_id is not None], ["user"], batch_size=400)


def _wanted(owner_id: int, users: Collection[int]) -> dict[int, int]:
    """Return the account of each person of a book who has one of users, or of whom another account could be theirs.

    A person has one account and an account one person: the owner's word goes first, then an address that the card
    prefers, then the oldest.
    """
    signs: set[Sign] = set()
    asked: set[int] = set()
    while more := {*users, *(sign.user_id for sign in signs)} - asked:
        asked |= more
        signs |= _signs(owner_id, more)
    wanted: dict[int, int] = {}
    for sign in sorted(signs):
        if sign.party_id not in wanted and sign.user_id not in wanted.values():
            wanted[sign.party_id] = sign.user_id
    return wanted


def _signs(owner_id: int, users: Collection[int]) -> set[Sign]:
    """Return everything that ties people of a book to these accounts, and these people to other accounts."""
    told = Party.objects.of(owner_id).people().exclude(confirmed_user=None)
    emails = EmailAddress.objects.filter(user__in=users, verified=True).values_list("email", flat=True)
    links = PartyHandle.objects.filter(
        is_dismissed=False,
        confidence__gte=CERTAIN_FROM,
        handle__owner=owner_id,
        handle__platform="email",
        party=F("handle__party"),
        party__person__isnull=False,
    )
    people = set(told.filter(confirmed_user__in=users).values_list("pk", flat=True))
    people |= set(
        links.filter(handle__normalised__in={normalised_email(email) for email in emails}).values_list(
            "party", flat=True
        )
    )
    rows = list(links.filter(party__in=people).values_list("handle__normalised", "preferred", "party", "pk"))
    accounts = _accounts_of({address for address, *_ in rows})
    signs = {
        Sign(True, not preferred, party_id, link_id, user_id)
        for address, preferred, party_id, link_id in rows
        if len(accounts[address]) == 1
        for user_id in accounts[address]
    }
    confirmed = told.filter(pk__in=people).values_list("pk", "confirmed_user")
    return signs | {Sign(False, False, party_id, 0, user_id) for party_id, user_id in confirmed}


def _accounts_of(addresses: Collection[str]) -> dict[str, set[int]]:
    """Return the accounts that have verified each address; addresses: normalised."""
    found: dict[str, set[int]] = defaultdict(set)
    spelled = {spelling for address in addresses for spelling in spellings_of(address)}
    if spelled:
        verified = EmailAddress.objects.filter(verified=True, email__in=spelled)
        for user_id, email in verified.values_list("user", "email"):
            found[normalised_email(email)].add(user_id)
    return found


def spellings_of(address: str) -> set[str]:
    """Return the ways in which an account may have written an address: its domain for machines, or for people."""
    local, _, domain = address.rpartition("@")
    try:
        return {address, f"{local}@{idna.decode(domain)}"} if "xn--" in domain else {address}
    except idna.IDNAError:  # a card may name what no domain can be called
        return {address}


def normalised_email(email: str) -> str:
    """Return an account's address as handles are compared, "" where it could be none."""
    try:
        return normalise("email", email)
    except InvalidHandle:
        return ""
