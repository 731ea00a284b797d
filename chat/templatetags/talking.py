"""From people to talks and back: what a page of a contact, a conversation or its people says of the other half."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.template import Context

from chat.models import Block, Participation
from chat.models.acquaintance import Entry, entries_of, known_accounts, visible_accounts
from contacts.models import Party
from project.accounts.models import User

register = template.Library()

TALKS_SHOWN = 5
INVITABLE = {"email", "phone"}


class Here(NamedTuple):
    """What a contact's page says of the account of that contact."""

    account: User | None
    entry: Entry | None = None
    talks: tuple[Participation, ...] = ()  # newest first
    has_more: bool = False


@register.simple_tag(takes_context=True)
def here(context: Context, party: Party) -> Here:
    """{% here party as here %}: the account of a contact, if the viewer may know of it, and what both talk in."""
    viewer: User = context["user"]
    # Asked in any case: an account that is not to be known of looks like none, to the clock too.
    account = visible_accounts(viewer).filter(pk=party.user_id or 0).first()
    if account is None:
        return Here(None)
    talks = list(Participation.objects.shared_with(viewer, account).select_related("user")[: TALKS_SHOWN + 1])
    entry = entries_of(viewer, [account.pk]).get(account.pk)
    return Here(account, entry, tuple(talks[:TALKS_SHOWN]), len(talks) > TALKS_SHOWN)


@register.simple_tag(takes_context=True)
def denied_account(context: Context, party: Party) -> User | None:
    """{% denied_account party as account %}: of whom the viewer has just said that this contact is not them."""
    name = context["request"].GET.get("denied", "")
    if not name.isalnum() or not name.isascii():
        return None
    account = known_accounts(context["user"]).filter(public_id=name).first()
    return account if account is not None and account.pk != party.user_id else None


@register.filter
def can_be_invited(party: Party) -> bool:
    """Whether a contact has an address or a number to invite them at."""
    return any(link.handle.platform in INVITABLE and not link.is_dismissed for link in party.links.all())


@register.simple_tag(takes_context=True)
def with_entries(context: Context, participations: Iterable[Participation]) -> list[tuple[Participation, Entry | None]]:
    """{% with_entries members as rows %}: each with where they stand in the viewer's book, None where they do not."""
    shown = list(participations)
    entries = entries_of(context["user"], [part.user_id for part in shown if part.user_id is not None])
    return [(part, entries.get(part.user_id or 0)) for part in shown]


@register.simple_tag
def blocked_in(participation: Participation) -> User | None:
    """{% blocked_in participation as blocked %}: the only other person here, if the participant blocked them."""
    conversation = participation.conversation
    if not participation.is_active or conversation.participant_count > 2:
        return None
    others = [person for person in conversation.others_for(participation.user) if person]  # type: ignore[arg-type]
    is_blocked = Block.objects.filter(owner=participation.user, blocked__in=others).exists()
    return others[0] if len(others) == 1 and is_blocked else None
