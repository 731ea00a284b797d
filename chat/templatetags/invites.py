"""Who is waited for: what the pages of a conversation say of it to whom, and of a new one before it starts."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import template
from django.conf import settings

from chat.models import Invite, Participation
from chat.models.letters import can_write_to, link_of
from chat.models.recipients import Recipient

register = template.Library()

SHOWN_MAX = 100


class Shown(NamedTuple):
    """An invitation as one member of its conversation may know it."""

    invite: Invite
    is_mine: bool  # only who invites knows by which name and address
    state: str
    link: str = ""  # where the inviter is to hand it on
    can_withdraw: bool = False
    can_send: bool = False


@register.simple_tag
def invited_in(participation: Participation) -> list[Shown]:
    """{% invited_in participation as invited %}: who was invited into a conversation, for one of its members."""
    conversation, viewer = participation.conversation, participation.user
    if not participation.is_active or viewer is None:
        return []
    is_manager = not conversation.is_private and (viewer.pk == conversation.creator_id or viewer.is_staff)
    rows = conversation.invites.with_names().order_by("-sent_at", "-pk")[:SHOWN_MAX]
    # In private one person is waited for, and the newest invitation is the one that counts.
    current = 1 if conversation.is_waiting else 0 if conversation.is_private else SHOWN_MAX
    return [
        _shown(invite, invite.inviter_id == viewer.pk, is_manager, at < current)
        for at, invite in enumerate(rows)
        if invite.inviter_id == viewer.pk or invite.state in {"open", "expired"}
    ]


def _shown(invite: Invite, is_mine: bool, is_manager: bool, is_current: bool) -> Shown:
    is_handed_on = is_mine and invite.state == "open" and not invite.is_by_mail
    return Shown(
        invite,
        is_mine,
        invite.state,
        link_of(invite) if is_handed_on else "",
        (is_mine or is_manager) and invite.state in {"open", "expired"},
        is_mine and is_current and can_be_sent(invite),
    )


def can_be_sent(invite: Invite) -> bool:
    """Whether sending again would do something: the one reminder, or a new invitation after the end."""
    if invite.state == "open":
        return invite.is_by_mail and invite.reminded_at is None
    return invite.state != "joined"


@register.simple_tag
def waiting_in(participation: Participation) -> list[Shown]:
    """{% waiting_in participation as waiting %}: what who invites should see of it while they write."""
    conversation = participation.conversation
    mine = [one for one in invited_in(participation) if one.is_mine]
    if conversation.is_waiting:
        return mine[:1]
    return [one for one in mine if one.link or (one.state == "joined" and one.invite.is_asking)]


@register.filter
def are_mailed(people: "Iterable[Recipient | Any]") -> bool:
    """Whether one of these people would get an invitation by e-mail."""
    if not settings.EMAIL_URL:
        return False
    return any(isinstance(one, Recipient) and _is_mailed(one) for one in people)


def _is_mailed(one: Recipient) -> bool:
    return one.account is None and one.platform == Invite.Platform.EMAIL and can_write_to(one.address)
