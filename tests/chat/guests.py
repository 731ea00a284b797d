"""People without an account: how they are named, invited and come."""

import re
from typing import Any

from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from chat.models import Conversation, Invite
from chat.models.recipients import Recipient
from chat.models.starting import start_with
from contacts.models import Party
from project.accounts.models import User
from tests.accounts.pages import NEWCOMER
from tests.cast import account

ANNA = "anna@example.net"
PHONE = "+420601234567"


def named(address: str = ANNA, name: str = "Anna Novák", party: Party | None = None, **more: Any) -> Recipient:
    """Somebody by an address or a number, as the picker says it."""
    platform = "email" if "@" in address else "phone" if address else ""
    return Recipient(key=address, name=name, party=party, platform=platform, address=address, **more)


def member(user: User) -> Recipient:
    """Somebody who has an account, as the picker says it."""
    return Recipient(key=user.public_id, name=str(user), account=user)


def invited(inviter: User, address: str = ANNA, body: str = "", **more: Any) -> Invite:
    """Let inviter start with somebody by an address; return the invitation."""
    conversation = start_with(inviter, [named(address, **more)], body=body)
    return Invite.objects.select_related("link", "conversation", "inviter").get(
        conversation=conversation, address=address
    )


def link_in(letter: EmailMultiAlternatives) -> str:
    """Return the path of the link in a letter."""
    found = re.search(r"https?://[^/\s]+(/invited/\S+)", str(letter.body))
    assert found is not None
    return found[1]


def join(client: Client, link: str, **changes: str) -> Any:
    """Follow a link as somebody without an account, and sign up; return what sign-up answers."""
    answer = client.post(link, {"do": "join"})
    assert answer.status_code == 302, answer.content.decode()
    form = {**NEWCOMER, "display_name": "Anna", "email": ANNA, "next": "/invited/", **changes}
    return client.post(answer["Location"], form)


def verified(name: str, email: str) -> User:
    """Make an account that has verified an address."""
    user = account(name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def bodies(conversation: Conversation) -> list[str]:
    """What stands in a conversation, in order; system rows by their kind."""
    return [message.body or message.kind for message in conversation.messages.in_order()]
