"""The e-mail that invites somebody: who writes, to which server, until when; nothing of what waits unless that is said.

The link in it stands nowhere else: not in the database, on no page and in no log (project/mail.py).
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse

from chat.exceptions import InviteRefused
from project.accounts.adapter import url_from_outside
from project.accounts.models import Server
from project.words import digest

if TYPE_CHECKING:
    from .invite import Invite

DAY_S = 24 * 60 * 60
LETTERS_A_DAY = 3  # to one address: withdrawing and inviting again must not become a nuisance
LETTERS_A_DAY_OF_ONE = 100
ADDRESS_MAX = 254  # what an account's address may have, and the way of an e-mail takes (RFC 5321)


def is_address(text: str) -> bool:
    """Tell whether an account could have this e-mail address."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= ADDRESS_MAX


def can_write_to(address: str) -> bool:
    """Tell whether an e-mail with a link would reach this address from here."""
    return bool(settings.EMAIL_URL and url_from_outside("/")) and is_address(address)


def require_patience(invite: "Invite") -> None:
    """Count an invitation by e-mail. Raises InviteRefused where somebody was written to too often today."""
    who = invite.inviter_id
    if _counted(f"letters:{who}:{digest(invite.address)}") > LETTERS_A_DAY:
        raise InviteRefused(
            f"{invite.display_name} got {LETTERS_A_DAY} invitations of yours today. Wait until tomorrow."
        )
    if _counted(f"letters:{who}") > LETTERS_A_DAY_OF_ONE:
        raise InviteRefused(f"You invited {LETTERS_A_DAY_OF_ONE} people today, which is the most. Go on tomorrow.")


def _counted(key: str) -> int:
    cache.add(key, 0, DAY_S)
    try:
        return cache.incr(key)
    except ValueError:  # the day ended in between
        return 1


def link_of(invite: "Invite") -> str:
    """Return the address that lets somebody in, or "" where none works. It is a secret of whom it is meant for."""
    if invite.state != "open" or invite.link is None:
        return ""
    return url_from_outside(reverse("chat:invited", args=[invite.link.token]))


def send_letter(invite: "Invite", *, is_reminder: bool) -> None:
    """Write to the person who is invited, once the transaction that says so is on disk."""
    told = invite.first_message() if invite.is_text_told else None
    context = {
        "inviter": invite.inviter,
        "server_name": Server.objects.current_name(),
        "link": link_of(invite),
        "expires_at": invite.expires_at,
        "told": told.body if told else "",
        "is_reminder": is_reminder,
    }
    subject = " ".join(render_to_string("chat/email/invitation_subject.txt", context).split())
    letter = EmailMultiAlternatives(
        subject, render_to_string("chat/email/invitation.txt", context), to=[invite.address]
    )
    letter.attach_alternative(render_to_string("chat/email/invitation.html", context), "text/html")
    letter.send()
