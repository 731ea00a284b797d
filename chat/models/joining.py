"""How somebody who was waited for comes in: into the conversation that waited, or into the one that is there."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from chat import live
from chat.exceptions import InviteRefused
from contacts.models.locks import lock_book
from contacts.models.ties import verified_addresses_of

from .block import Block
from .conversation import Conversation
from .invite import Invite
from .message import Message
from .participation import Participation, active_ids

if TYPE_CHECKING:
    from collections.abc import Collection

    from project.accounts.models import User


@transaction.atomic
def admit(invite: Invite, guest: "User", *, is_by_link: bool) -> Conversation:
    """Let guest into the conversation that waits for them, and return the conversation where they are now.

    is_by_link: they followed the link, which must still work; else the address that was invited is theirs. Twice is
    once. Raises InviteRefused, with a sentence, where that is not possible any more.
    """
    lock_books(invite.inviter_id, guest.pk)
    conversation = invite.lock()
    if invite.guest_id == guest.pk and invite.joined_at:
        return conversation
    require_works(invite, guest, is_by_link=is_by_link)
    invite.joined_at, invite.guest = timezone.now(), guest
    invite.save(update_fields=["joined_at", "guest", "updated_at"])
    if invite.link is not None and guest.invited_by_id != invite.link.pk:
        invite.link.revoke()  # whoever has an account leaves it unused, and nobody else may sign up by it
    if conversation.is_waiting:
        conversation = _pair_up(conversation, invite.inviter, guest)
    elif not conversation.is_private:
        _join_group(conversation, invite, guest)
    return conversation


def lock_books(*owner_ids: int) -> None:
    """Take the locks of these books, in one order for everybody; they go before those of conversations."""
    for pk in sorted(set(owner_ids)):
        lock_book(pk)


def require_works(invite: Invite, guest: "User | None", *, is_by_link: bool = True) -> None:
    """Raise InviteRefused, in words of its own for each reason, unless guest could join by this invitation."""
    inviter = invite.inviter
    if guest is not None and guest.pk == inviter.pk:
        raise InviteRefused("This is your own invitation. Send its link to whom you want here.")
    if invite.state == "joined":
        raise InviteRefused("Somebody has joined by this invitation already, and it is for one person.")
    if invite.state == "withdrawn":
        raise InviteRefused(f"{inviter} has withdrawn this invitation.")
    if invite.state == "expired" and is_by_link:
        raise InviteRefused("This invitation has expired.")
    is_member = invite.conversation.participations.active().filter(user=inviter).exists()
    if not inviter.is_active or not is_member:
        raise InviteRefused("This invitation does not work any more.")


def claim_all(user: "User") -> None:
    """Let user in wherever they are waited for: by the link that they signed up by, and by each verified address.

    By an address only where people here may find each other, for who invites learns that it has an account.
    Each conversation in a transaction of its own; again later finds what is left.
    """
    theirs = Q(link__isnull=False, link=user.invited_by_id)
    if settings.MEMBERS_FIND_EACH_OTHER:
        theirs |= Q(platform=Invite.Platform.EMAIL, address__in=verified_addresses_of(user.pk))
    waiting = Invite.objects.waiting().filter(theirs, inviter__is_active=True).exclude(inviter=user)
    claim(user, list(waiting.values_list("pk", flat=True)))


def claim(user: "User", invites: "Collection[int]") -> None:
    """Let user into the conversations of these invitations; one that was withdrawn meanwhile stays closed."""
    for invite in Invite.objects.filter(pk__in=invites).select_related("inviter").order_by("conversation_id"):
        try:
            admit(invite, user, is_by_link=False)
        except InviteRefused:
            continue


def _pair_up(waiting: Conversation, inviter: "User", guest: "User") -> Conversation:
    """Make the conversation that waited the private one of the two, or move what was said into theirs. It is locked."""
    pair = Conversation.pair_of(inviter, guest)
    there = Conversation.objects.select_for_update().filter(pair=pair).first()
    if there is None:
        waiting.pair, waiting.participant_count = pair, 2
        try:
            with transaction.atomic():
                waiting.save(update_fields=["pair", "participant_count", "updated_at"])
        except IntegrityError:  # one of the two starts it in this moment
            there = Conversation.objects.select_for_update().get(pair=pair)
    if there is not None:
        _move(waiting, there, inviter, guest)
        return there
    Participation.objects.create(conversation=waiting, user=guest)
    if Block.objects.filter(owner=guest, blocked=inviter).exists():
        Message.objects.filter(conversation=waiting).update(is_withheld=True)
    waiting.note_joined(guest)
    return waiting


def _move(waiting: Conversation, there: Conversation, inviter: "User", guest: "User") -> None:
    """Say in there what was said in waiting, at the time it was said, and end waiting; both are locked."""
    said = Message.objects.filter(conversation=waiting)
    count = waiting.last_position
    is_withheld = Block.objects.filter(owner=guest, blocked=inviter).exists()
    newest = said.order_by("position").last()
    said.update(
        conversation=there,
        position=F("position") + there.last_position,
        version=F("position") + there.version,
        is_withheld=is_withheld,
    )
    there.last_position += count
    there.version += count
    if newest is not None and is_withheld:
        there.participations.filter(user=inviter).update(withheld_latest=newest)
    elif newest is not None:
        there.latest_message = newest
        there.latest_at = max(there.latest_at, newest.sent_at)
    there.save(update_fields=["last_position", "version", "latest_message", "latest_at", "updated_at"])
    moved = Invite.objects.filter(conversation=waiting)
    for invite in moved:  # an older invitation of the same address into there is history
        Invite.objects.filter(conversation=there, platform=invite.platform, address=invite.address).delete()
    moved.update(conversation=there, waited_in=waiting.public_id)
    Conversation.objects.filter(pk=waiting.pk).delete()
    hearers = [inviter.pk] if is_withheld else active_ids(there.participations.all())

    def tell() -> None:
        live.participants_changed(waiting, [inviter.pk], left=[inviter.public_id])
        live.conversation_stale(there, hearers)
        live.participants_changed(there, hearers)

    transaction.on_commit(tell, robust=True)


def _join_group(group: Conversation, invite: Invite, guest: "User") -> None:
    """Take guest into a group; what was said since they were invited is unread for them. It is locked."""
    before = group.messages.filter(sent_at__lt=invite.created_at).order_by("position").last()
    is_new = not group.participations.filter(user=guest).exists()
    group.add_participants([guest], by=None if is_new else invite.inviter)
    if is_new:
        group.participations.filter(user=guest).update(read_position=before.position if before else 0)
