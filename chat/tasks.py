"""What the worker does for conversations: reminding those who were invited by e-mail and have not come."""

from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from chat.exceptions import InviteRefused
from chat.models import Invite
from chat.models.letters import can_write_to


@db_periodic_task(crontab(minute="40"))
def remind_invited() -> None:
    """Send the one reminder, a week after the invitation; only where ORIGIN says how this server is called."""
    for invite in Invite.objects.get_queryset().to_remind().order_by("sent_at"):
        if not can_write_to(invite.address):
            continue
        try:
            invite.remind()
        except InviteRefused:  # its inviter's account was deleted in this moment
            continue
