"""Starting from people, whether or not they have an account: who has none is invited, and the conversation waits.

One person is one private conversation, by whatever contact, address or account they are named. Whether an address has
an account is told to nobody who may not find that account (acquaintance.py): then the person is invited, as anybody
else would be.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.exceptions import InviteRefused, MessagingPermissionDenied
from contacts.models.locks import lock_book
from contacts.models.ties import spellings_of, verified_addresses_of

from .acquaintance import visible_accounts
from .conversation import Conversation
from .invite import Invite, require_room
from .joining import claim, claim_all
from .letters import is_address
from .message import Message
from .participation import distinct_people
from .recipients import Recipient
from .text import clean_body, clean_title
from .waiting import group_of, to_be_claimed, waiting_for

if TYPE_CHECKING:
    from project.accounts.models import User


class People(NamedTuple):
    """Recipients, each once: who has an account that the sender may know of, and who is to be invited."""

    accounts: "list[User]"
    guests: list[Recipient]

    @property
    def is_one(self) -> bool:
        return len(self.accounts) + len(self.guests) == 1


def start_with(
    sender: "User", recipients: Sequence[Recipient], title: str = "", body: str = "", is_text_told: bool = False
) -> Conversation:
    """Open the conversation of sender and these people, invite who has no account, and say body there if it is given.

    One person and no title: the private conversation of the two, which waits where the person has no account.
    Several with a body and no title: the newest group of exactly these people, else a new one.
    is_text_told: the e-mail that invites holds body too.
    Raises MessagingPermissionDenied with nobody else, InviteRefused for who cannot be invited, InvalidMessage.
    """
    title, body = clean_title(title), clean_body(body) if body else ""
    people = _people(sender, recipients)
    if not people.accounts and not people.guests:
        raise MessagingPermissionDenied("Choose somebody else to talk with.")
    if people.is_one and not title and people.accounts:
        return _start_private(sender, people.accounts[0], recipients, body)
    if not people.guests and body and not title:
        return Message.send_to_users(body, sender, people.accounts).conversation
    with transaction.atomic():
        lock_book(sender.pk)  # so that two starts by two addresses of one person find each other
        conversation = _opened(sender, people, title, has_body=bool(body))
        conversation.lock()
        invited = _invite(conversation, people.guests, sender, is_text_told)
        if body:
            conversation.post(body, by=sender)
        _send(invited, sender)
        return conversation


def conversation_with(sender: "User", recipients: Sequence[Recipient]) -> Conversation | None:
    """Return the conversation that a first message to these people would go to, None where one would start."""
    people = _people(sender, recipients)
    if not people.accounts and not people.guests:
        return None
    if not people.is_one:
        return group_of(sender, people.accounts, people.guests)
    if people.guests:
        return waiting_for(sender, people.guests[0])
    other = people.accounts[0]
    return Conversation.objects.filter(pair=Conversation.pair_of(sender, other)).first() or to_be_claimed(
        sender, other, recipients
    )


def add_recipients(
    conversation: Conversation, recipients: Sequence[Recipient], by: "User", carry: Iterable[Message] = ()
) -> Conversation:
    """Take people into a conversation, inviting who has no account; return the conversation that holds them.

    As Conversation.add_participants: a private conversation stays as it is, and a group starts. Who is waited for in
    the private conversation is invited into the group too.
    Raises MessagingPermissionDenied, InviteRefused.
    """
    people = _people(by, recipients)
    with transaction.atomic():
        lock_book(by.pk)
        conversation.lock()
        conversation.require_member(by)
        awaited = conversation.invites.waiting().with_names() if conversation.is_waiting else []
        waiting = [_recipient_of(one) for one in awaited]
        known = {(one.platform, one.address) for one in waiting}
        guests = [one for one in people.guests if (one.platform, one.address) not in known]
        if not conversation.is_private:
            conversation.add_participants(people.accounts, by=by)
            holder, guests = conversation, people.guests
        elif guests or (waiting and people.accounts):
            holder = conversation.grow_into_group(people.accounts, by, carry)
            guests = [*waiting, *guests]
        else:
            return conversation.add_participants(people.accounts, by=by, carry=carry)
        holder.lock()
        invited = _invite(holder, guests, by, is_text_told=False)
        _send(invited, by)
        if invited and holder is conversation:
            invited[-1].tell(conversation)
        return holder


# --- Who is meant --------------------------------------------------------------------------------------------------


def _people(sender: "User", recipients: Iterable[Recipient]) -> People:
    own = {sender.email, *verified_addresses_of(sender.pk)}
    accounts: list[User] = []
    guests: dict[tuple[str, str], Recipient] = {}
    for one in recipients:
        account = one.account or _account_at(sender, one)
        if account is not None:
            accounts.append(account)
        elif one.platform != Invite.Platform.EMAIL or one.address not in own:
            guests.setdefault((one.platform, one.address or one.key), one)
    others = [account for account in distinct_people(accounts) if account.pk != sender.pk]
    return People(others, list(guests.values()))


def _account_at(sender: "User", recipient: Recipient) -> "User | None":
    """Return the account that has verified the address, where members find each other; else no address tells."""
    if recipient.platform != Invite.Platform.EMAIL or not settings.MEMBERS_FIND_EACH_OTHER:
        return None
    spelled = spellings_of(recipient.address)
    return (
        visible_accounts(sender).filter(emailaddress__verified=True, emailaddress__email__in=spelled).first()
    )  # fmt: skip


def _recipient_of(invite: Invite) -> Recipient:
    return Recipient(
        invite.address, invite.display_name, party=invite.party, platform=invite.platform, address=invite.address
    )


def _require_reachable(one: Recipient) -> None:
    if not one.platform or not one.address:
        raise InviteRefused(
            f"There is no e-mail address and no telephone number of {one.name} in your book. Add one, then try again."
        )
    if one.platform == Invite.Platform.PHONE and not one.address.startswith("+"):
        raise InviteRefused(
            f"The telephone number {one.address} does not say in which country it is. Write it as +49 30 1234567."
        )
    if one.platform == Invite.Platform.EMAIL and not is_address(one.address):
        raise InviteRefused(f"{one.address} is no e-mail address that a message can be sent to.")
    if one.platform not in Invite.Platform.values:
        raise InviteRefused(f"{one.name} can be invited by an e-mail address or a telephone number only.")


# --- Starting ------------------------------------------------------------------------------------------------------


def _start_private(sender: "User", other: "User", recipients: Sequence[Recipient], body: str) -> Conversation:
    with transaction.atomic():
        while waiting := to_be_claimed(sender, other, recipients):
            claim(other, list(waiting.invites.waiting().values_list("pk", flat=True)))
            if waiting.invites.waiting().exists():  # it cannot be theirs
                break
        conversation = Conversation.start(sender, [other])
        if body:
            conversation.post(body, by=sender)
        return conversation


def _opened(sender: "User", people: People, title: str, has_body: bool) -> Conversation:
    if people.is_one and not title:
        (guest,) = people.guests
        there = waiting_for(sender, guest)
        if there is None:
            _require_reachable(guest)
            there = Conversation.start_waiting(sender, guest.platform, guest.address)
        return there
    there = group_of(sender, people.accounts, people.guests) if has_body and people.guests and not title else None
    return there or Conversation.start(sender, people.accounts, title, kind=Conversation.Kind.GROUP)


def _invite(conversation: Conversation, guests: Sequence[Recipient], by: "User", is_text_told: bool) -> list[Invite]:
    """Let conversation, which is locked, wait for these people; return the invitations that are new."""
    if conversation.is_private and not conversation.is_waiting:
        return []  # somebody joined by the link, and who it is stands to be answered there
    if conversation.is_waiting:
        guests = [_as_invited(conversation, one) for one in guests]
    for one in guests:
        _require_reachable(one)
    invited = [Invite.objects.invite(conversation, one, by, is_text_told) for one in guests]
    new = [invite for invite in invited if invite is not None]
    require_room(by, 0)
    return new


def _send(invites: Sequence[Invite], by: "User") -> None:
    """Send the letters, and look once more whether somebody has signed up with one of the addresses meanwhile."""
    for invite in invites:
        invite.send()

    def look_again() -> None:
        for invite in invites:
            if account := _account_at(by, _recipient_of(invite)):
                claim_all(account)

    transaction.on_commit(look_again, robust=True)


def _as_invited(conversation: Conversation, guest: Recipient) -> Recipient:
    """Return guest with the address that is invited already, if that stands: one person has one invitation.

    Once it has ended, the address by which they are named now is tried, and the one before is no way in any more.
    """
    waiting = conversation.invites.waiting()
    there = waiting.open().first()
    if there is not None:
        return guest._replace(platform=there.platform, address=there.address)
    waiting.exclude(platform=guest.platform, address=guest.address).update(withdrawn_at=timezone.now())
    return guest
