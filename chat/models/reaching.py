"""How somebody of a book can be reached: by which of their addresses, and which account it leads to."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Prefetch, Q

from contacts.exceptions import InvalidHandle
from contacts.models import Affiliation, PartyHandle
from contacts.models.handle import CERTAIN_FROM
from contacts.models.ties import spellings_of
from contacts.platforms import normalise

from .acquaintance import visible_accounts
from .invite import Invite

if TYPE_CHECKING:
    from contacts.models import Party
    from contacts.models.party import PartyQuerySet
    from project.accounts.models import User

INVITABLE = ("email", "phone")
Place = tuple[str, str]  # platform and normalised address


def with_ways(parties: "PartyQuerySet") -> "PartyQuerySet":
    """Load what is needed to say who a party is and how they can be reached."""
    links = PartyHandle.objects.select_related("handle").order_by("pk").defer("evidence")
    works = Affiliation.objects.only("party", "position", "title", "role", "organization_name", "department")
    shown = ("public_id", "display_name", "avatar", "owner", "user", "removed_at", "merged_into", "folder__name")
    names = ("name_prefix", "given_name", "additional_name", "family_name", "name_suffix", "nickname")
    parties = parties.select_related("person", "organization", "folder")
    parties = parties.only(*shown, *(f"person__{name}" for name in names), "organization__domain")
    return parties.prefetch_related(Prefetch("links", links), Prefetch("affiliations", works))


def is_certain(link: PartyHandle) -> bool:
    """Whether a claim may decide who receives a message."""
    return not link.is_dismissed and (link.is_confirmed or link.confidence >= CERTAIN_FROM)


def ways_of(party: "Party") -> list[PartyHandle]:
    """Return the claims by which a party could be invited: certain ones first, e-mail first, preferred first."""
    links = [link for link in party.links.all() if not link.is_dismissed and link.handle.platform in INVITABLE]
    return sorted(
        links,
        key=lambda link: (not is_certain(link), INVITABLE.index(link.handle.platform), not link.preferred, link.pk),
    )


def place_of(link: PartyHandle) -> Place:
    return link.handle.platform, link.handle.normalised


def best_way(party: "Party", invited: Collection[Place] = ()) -> PartyHandle | None:
    """Return the certain claim to invite a party by: one that they were invited by already, else the best."""
    certain = [link for link in ways_of(party) if is_certain(link)]
    return next((link for link in certain if place_of(link) in invited), next(iter(certain), None))


def open_invites(inviter: "User") -> set[Place]:
    """Return the addresses that inviter has invited and that may still follow."""
    return set(Invite.objects.open().filter(inviter=inviter).values_list("platform", "address"))


def accounts_at(viewer: "User", addresses: Collection[str]) -> "dict[str, User]":
    """Return the accounts that viewer may find by these e-mail addresses (normalised).

    Where members do not find each other, an address never tells whether it has an account: then nothing is asked.
    """
    if not settings.MEMBERS_FIND_EACH_OTHER or not addresses:
        return {}
    spelled = {spelling for address in addresses for spelling in spellings_of(address)}
    found = {}
    by_id = dict(EmailAddress.objects.filter(verified=True, email__in=spelled).values_list("user", "email"))
    for user in visible_accounts(viewer).filter(Q(email__in=spelled) | Q(pk__in=by_id)):
        for email in {user.email, by_id.get(user.pk, "")} & spelled:
            found[normalised_email(email)] = user
    return found


def own_addresses(user: "User") -> set[str]:
    """Return the addresses of an account itself, normalised."""
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return {normalised_email(email) for email in (user.email, *verified)}


def normalised_email(email: str) -> str:
    try:
        return normalise("email", email)
    except InvalidHandle:
        return ""
