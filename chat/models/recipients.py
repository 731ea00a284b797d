"""Whom somebody wants to talk with, in whatever way they named them.

A name is the public id of a contact, an account or a group of contacts, an e-mail address or a telephone number; or
"<contact>/<handle>", where of several people who claim an address one was chosen by hand. Whoever may not see a thing
gets what they would get if it did not exist. A little long, because everything that names may mean is loaded at once.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from chat.exceptions import InvalidRecipient
from contacts.models import Affiliation, ContactGroup, GroupMember, Handle, Party, PartyHandle

from .acquaintance import visible_accounts
from .pasted import NEEDS_COUNTRY, Typed, looks_like_number, typed
from .reaching import (
    INVITABLE,
    Place,
    accounts_at,
    best_way,
    is_certain,
    own_addresses,
    place_of,
    ways_of,
    with_ways,
)
from .text import listed

if TYPE_CHECKING:
    from project.accounts.models import User

PEOPLE_MAX = 500
TOO_MANY = f"{PEOPLE_MAX} people at a time are the most."
PUBLIC_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{16}")
CHOICE = re.compile(rf"({PUBLIC_ID.pattern})/({PUBLIC_ID.pattern})")
NAMES_TOLD = 10


class Recipient(NamedTuple):
    """A person as the sender named them: with an account here, or with an address to invite them at."""

    key: str  # what `to` calls them, and chips and links with it
    name: str  # what the sender calls them
    account: "User | None" = None
    party: "Party | None" = None  # of the sender's book
    platform: str = ""  # "email" or "phone" where they have no account; "" where nobody knows how to reach them
    address: str = ""  # normalised


class Understood(NamedTuple):
    """What was understood of names: whom they mean, and a sentence for each that means nobody, or not surely."""

    found: list[Recipient]
    refusals: list[str]
    left_out: str = ""  # a sentence about who of a group or an organisation cannot be reached
    doubt: str = ""  # an address of which the sender has to say whose it is


def recipients_of(sender: "User", names: Sequence[str]) -> list[Recipient]:
    """Return whom names mean, each once and without the sender; groups and organisations as their people.

    Raises InvalidRecipient for a name that means nobody, somebody who cannot be reached, or somebody of whom that is
    not certain; and when nobody but the sender is left.
    """
    understood = understand(sender, names)
    if understood.refusals:
        raise InvalidRecipient(" ".join(understood.refusals))
    if not understood.found:
        raise InvalidRecipient(understood.left_out or "Choose somebody else to talk with.")
    return understood.found


def understand(sender: "User", names: Sequence[str]) -> Understood:
    """Do the same and raise nothing: of what was not understood, return sentences."""
    names = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(names) > PEOPLE_MAX:
        return Understood([], [TOO_MANY])
    return _Reading(sender, names).understood()


@transaction.atomic
def confirm_choices(sender: "User", names: Iterable[str]) -> bool:
    """Take the sender's word for each "<contact>/<handle>" among names; no sync undoes it. Tells whether one is new."""
    is_new = False
    for name in names:
        if not (chosen := CHOICE.fullmatch(name.strip())):
            continue
        link = _claims(sender).filter(party__public_id=chosen[1], handle__public_id=chosen[2]).first()
        if link is not None and not link.is_confirmed:
            link.confirm()
            is_new = True
    return is_new


def _claims(sender: "User") -> "QuerySet[PartyHandle]":
    claims = PartyHandle.objects.filter(is_dismissed=False, party__in=Party.objects.of(sender), handle__owner=sender)
    return claims.select_related("handle", "party")


class _Reading:
    """One reading of names: everything that they may mean is loaded at once."""

    def __init__(self, sender: "User", names: Sequence[str]) -> None:
        self.sender = sender
        self.names = names
        self.found: dict[object, Recipient] = {}
        self.refusals: list[str] = []
        self.left_out: list[str] = []
        self.doubt = ""
        choices = [chosen for name in names if (chosen := CHOICE.fullmatch(name))]
        ids = {name for name in names if PUBLIC_ID.fullmatch(name)}
        self.typed = {name: one for name in names if name not in ids and (one := typed(name))}
        self.accounts = {user.public_id: user for user in visible_accounts(sender).filter(public_id__in=ids)}
        self.groups = {
            group.public_id: group
            for group in ContactGroup.objects.of(sender).filter(public_id__in=ids).only("public_id", "name")
        }
        self._load_parties({*ids, *(chosen[1] for chosen in choices)})
        self._load_accounts()

    # --- What names may mean ---------------------------------------------------------------------------------------

    def _load_parties(self, ids: set[str]) -> None:
        mine = Party.objects.get_queryset().filter(owner=self.sender)
        named = dict(mine.filter(public_id__in=ids).values_list("public_id", "pk"))
        stands_for = dict(mine.filter(pk__in=named.values()).exclude(merged_into=None).values_list("pk", "merged_into"))
        self.named: dict[str, int] = {name: stands_for.get(pk) or pk for name, pk in named.items()}
        shown = {"party__owner": self.sender, "party__removed_at": None, "party__merged_into": None}
        members = GroupMember.objects.filter(group__in=[group.pk for group in self.groups.values()], **shown)
        self.members_of = _gathered(members.order_by("party__sort_key").values_list("group", "party"))
        working = Affiliation.objects.filter(organization__in=self.named.values(), **shown)
        self.people_of = _gathered(working.order_by("party__sort_key").values_list("organization", "party"))
        self.holders = self._holders()
        tied = mine.in_book().filter(user__in=list(self.accounts.values()))
        self.tied = dict(tied.values_list("user", "pk"))
        wanted = {*self.named.values(), *self.tied.values(), *self.holders.values()}
        for expanded in (*self.members_of.values(), *self.people_of.values()):
            wanted.update(expanded if len(expanded) <= PEOPLE_MAX else ())
        parties = with_ways(mine.filter(pk__in=wanted))
        self.parties = {party.pk: party for party in parties}

    def _holders(self) -> dict[Place, int]:
        """Return who is certainly reached at the typed addresses."""
        if not self.typed:
            return {}
        handles = Handle.objects.filter(owner=self.sender, normalised__in={one.address for one in self.typed.values()})
        links = _claims(self.sender).filter(handle__in=handles).order_by("-is_confirmed", "pk")
        certain = [link for link in links if is_certain(link)]
        return {place_of(link): link.party_id for link in reversed(certain)}

    def _load_accounts(self) -> None:
        # With 0, which is nobody: that there is nobody to ask about must not be seen by what was not asked.
        users = {0, *(party.user_id for party in self.parties.values() if party.user_id)}
        self.visible = {user.pk: user for user in visible_accounts(self.sender).filter(pk__in=users)}
        self.own = own_addresses(self.sender)
        addresses = {one.address for one in self.typed.values() if one.platform == "email"}
        for party in self.parties.values():
            if party.user_id not in self.visible:
                addresses |= {link.handle.normalised for link in ways_of(party) if link.handle.platform == "email"}
        self.by_address = accounts_at(self.sender, addresses)
        strangers = [user for user in self.by_address.values() if user.pk not in self.tied]
        tied = Party.objects.of(self.sender).filter(user__in=strangers)
        self.known_as = {party.user_id: party for party in tied}

    # --- What they mean --------------------------------------------------------------------------------------------

    def understood(self) -> Understood:
        for name in self.names:
            self._read(name)
        found = list(self.found.values())
        if len(found) > PEOPLE_MAX:
            return Understood([], [TOO_MANY])
        return Understood(found, self.refusals, _cannot_be_reached(self.left_out), self.doubt)

    def _read(self, name: str) -> None:
        if chosen := CHOICE.fullmatch(name):
            self._read_choice(chosen[1], chosen[2])
        elif name in self.typed:
            self._read_typed(self.typed[name])
        elif pk := self.named.get(name):
            self._read_party(pk)
        elif name in self.accounts:
            account = self.accounts[name]
            party = self.parties.get(self.tied.get(account.pk, 0))
            self._keep(_with_account(account, party))
        elif name in self.groups:
            group = self.groups[name]
            self._expand(group.name, self.members_of.get(group.pk, []))
        elif PUBLIC_ID.fullmatch(name):
            self.refusals.append("Somebody whom you chose is not there any more.")
        elif looks_like_number(name):
            self.refusals.append(NEEDS_COUNTRY)
        else:
            self.refusals.append(f"“{name[:60]}” is no e-mail address and no telephone number.")

    def _read_party(self, pk: int) -> None:
        party = self.parties[pk]
        if party.removed_at is not None:
            self.refusals.append(f"{party.display_name} is no longer in your contacts.")
        elif people := self.people_of.get(pk):
            self._expand(party.display_name, people)
        elif isinstance(recipient := self._recipient(party), Recipient):
            self._keep(recipient)
        else:
            self.refusals.append(recipient)
            self.doubt = self.doubt or next((link.handle.value for link in ways_of(party)), "")

    def _recipient(self, party: Party) -> "Recipient | str":
        """Return a party as somebody to write to, or the sentence that says why not."""
        if account := self.visible.get(party.user_id or 0):
            return _with_account(account, party)
        if way := best_way(party):
            return self._at(party, way)
        if ways := ways_of(party):
            return f"It is not certain that {ways[0].handle.value} belongs to {party.display_name}. Choose whose it is."
        return f"{party.display_name} has no e-mail address and no phone number. Add one to the contact first."

    def _at(self, party: Party, way: PartyHandle, key: str = "") -> Recipient:
        platform, address = place_of(way)
        if platform == "email" and (account := self.by_address.get(address)):
            return _with_account(account, self.known_as.get(account.pk, party), key)
        return Recipient(key or party.public_id, party.display_name, None, party, platform, address)

    def _read_choice(self, party_id: str, handle_id: str) -> None:
        party = self.parties.get(self.named.get(party_id, 0))
        if party is None:
            self.refusals.append("Somebody whom you chose is not there any more.")
            return
        if party.removed_at is not None:
            self.refusals.append(f"{party.display_name} is no longer in your contacts.")
            return
        links = [link for link in party.links.all() if link.handle.public_id == handle_id and not link.is_dismissed]
        if not links:
            self.refusals.append(f"The address that you chose is not {party.display_name}'s any more. Choose again.")
            return
        key = f"{party.public_id}/{handle_id}"
        if account := self.visible.get(party.user_id or 0):
            self._keep(_with_account(account, party, key))
        elif links[0].handle.platform in INVITABLE:
            self._keep(self._at(party, links[0], key))
        else:
            self._read_party(party.pk)

    def _read_typed(self, one: Typed) -> None:
        place = (one.platform, one.address)
        holder = self.parties.get(self.holders.get(place, 0))
        if holder is not None:
            if account := self.visible.get(holder.user_id or 0):
                self._keep(_with_account(account, holder))
            else:
                link = next(link for link in ways_of(holder) if place_of(link) == place)
                self._keep(self._at(holder, link, one.key))
        elif account := self.by_address.get(one.address):
            self._keep(_with_account(account, self.known_as.get(account.pk)))
        else:
            self._keep(Recipient(one.key, one.name or one.address, None, None, *place))

    def _expand(self, name: str, people: Sequence[int]) -> None:
        if not people:
            self.refusals.append(f"There is nobody in {name}.")
        elif len(people) > PEOPLE_MAX:
            self.refusals.append(f"{name} has {len(people):,} people. {TOO_MANY}")
        else:
            for party in (self.parties[pk] for pk in people):
                recipient = self._recipient(party)
                if isinstance(recipient, Recipient):
                    self._keep(recipient)
                else:
                    self.left_out.append(party.display_name)

    def _keep(self, recipient: Recipient) -> None:
        """Take somebody once, and never the sender themself."""
        if recipient.account == self.sender or (recipient.account is None and recipient.address in self.own):
            return
        is_own_card = recipient.party is not None and recipient.party.user_id == self.sender.pk
        if not is_own_card:
            place = (recipient.platform, recipient.address)
            self.found.setdefault(recipient.account.pk if recipient.account else place, recipient)


def _with_account(account: "User", party: Party | None, key: str = "") -> Recipient:
    if party is None:
        return Recipient(key or account.public_id, account.display_name, account)
    return Recipient(key or party.public_id, party.display_name, account, party)


def _gathered(pairs: Iterable[tuple[int | None, int | None]]) -> dict[int, list[int]]:
    """Return what stands with each first of pairs, each once and in order."""
    found: dict[int, dict[int, None]] = {}
    for key, one in pairs:
        if key is not None and one is not None:
            found.setdefault(key, {})[one] = None
    return {key: list(ones) for key, ones in found.items()}


def _cannot_be_reached(names: list[str]) -> str:
    if not names:
        return ""
    told = list(dict.fromkeys(names))
    return f"{listed(told[:NAMES_TOLD], len(told) - NAMES_TOLD)} cannot be reached: no address of theirs is certain."
