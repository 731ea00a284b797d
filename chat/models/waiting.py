"""Which conversation is there already for people of whom some have no account: one for a pair, however named."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from contacts.models import Party, PartyHandle
from contacts.models.handle import CERTAIN_FROM
from contacts.models.ties import verified_addresses_of

from .conversation import Conversation
from .invite import Invite
from .recipients import Recipient

if TYPE_CHECKING:
    from project.accounts.models import User

GROUPS_COMPARED = 20  # the newest of the same people, for one that waits for the same addresses


def waiting_for(sender: "User", guest: Recipient) -> Conversation | None:
    """Return the private conversation in which sender waits for this person, by this or another address of theirs.

    Also the one of somebody who joined for them, as long as the inviter was asked and has not said who that is.
    """
    reach = {(guest.platform, guest.address)}
    party = guest.party.canonical if guest.party else _owner_of(sender, guest)
    if party is not None:
        reach |= set(_certain_handles(party.pk))
    here = Q(conversation__kind=Conversation.Kind.PRIVATE)
    unanswered = Q(joined_at__isnull=False, guest__isnull=False, party__isnull=False)
    invites = Invite.objects.filter(here, inviter=sender).filter(Q(joined_at=None) | unanswered)
    named = Q()
    for platform, address in reach:
        named |= Q(platform=platform, address=address)
    if party is not None:
        named |= Q(party=party) | Q(party__merged_into=party)
    found = list(invites.filter(named).select_related("conversation").order_by("conversation_id"))
    for invite in sorted(found, key=lambda one: (one.platform, one.address) not in reach):
        if (invite.platform, invite.address) in reach or not _is_of_another(sender, invite, party.pk if party else 0):
            return invite.conversation
    return None


def _owner_of(sender: "User", guest: Recipient) -> Party | None:
    """Return whose an address certainly is in the sender's book, where it was typed and no contact chosen."""
    links = PartyHandle.objects.filter(
        handle__owner=sender,
        handle__platform=guest.platform,
        handle__normalised=guest.address,
        party=F("handle__party"),
        is_dismissed=False,
        confidence__gte=CERTAIN_FROM,
    )
    return Party.objects.filter(pk__in=links.values("party")).first()


def _certain_handles(party_id: int) -> list[tuple[str, str]]:
    links = PartyHandle.objects.filter(
        party=party_id,
        handle__party=party_id,
        handle__platform__in=Invite.Platform.values,
        is_dismissed=False,
        confidence__gte=CERTAIN_FROM,
    )
    return list(links.values_list("handle__platform", "handle__normalised"))


def _is_of_another(sender: "User", invite: Invite, party_id: int) -> bool:
    """Tell whether the address that was invited is by now somebody else's in the sender's book."""
    links = PartyHandle.objects.filter(
        handle__owner=sender, handle__platform=invite.platform, handle__normalised=invite.address,
        is_dismissed=False, confidence__gte=CERTAIN_FROM,
    )  # fmt: skip
    return links.exclude(handle__party=party_id).exclude(handle__party=None).exists()


def group_of(sender: "User", accounts: "Sequence[User]", guests: Sequence[Recipient]) -> Conversation | None:
    """Return the newest group of exactly these people, which also waits for exactly these guests."""
    groups = Conversation.objects.filter(kind=Conversation.Kind.GROUP).for_participants([sender, *accounts])
    waiting = Invite.objects.waiting().filter(conversation=OuterRef("pk"))
    wanted = {(one.platform, one.address) for one in guests}
    groups = groups.filter(Exists(waiting) if wanted else ~Exists(waiting)).order_by("-pk")
    if not wanted:
        return groups.first()
    for group in groups[:GROUPS_COMPARED]:
        if set(Invite.objects.waiting().filter(conversation=group).values_list("platform", "address")) == wanted:
            return group
    return None


def to_be_claimed(sender: "User", other: "User", recipients: Iterable[Recipient]) -> Conversation | None:
    """Return a conversation in which sender waits for somebody who turns out to be other."""
    parties = [one.party for one in recipients if one.party is not None]
    named = Q(party__in=parties) | Q(party__merged_into__in=parties)
    if settings.MEMBERS_FIND_EACH_OTHER:
        named |= Q(platform=Invite.Platform.EMAIL, address__in=verified_addresses_of(other.pk))
    waiting = Invite.objects.waiting().filter(named, inviter=sender, conversation__kind=Conversation.Kind.PRIVATE)
    invite = waiting.select_related("conversation").order_by("pk").first()
    return invite.conversation if invite else None
