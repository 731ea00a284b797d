"""What the worker does for accounts: e-mail (which has no module of this name of its own), and nightly cleaning."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from project.accounts.models import Invitation, User
from project.mail import deliver

__all__ = ["clear_expired_sessions", "deliver", "drop_old_invitations", "sweep_pictures"]

INVITATIONS_KEPT = timedelta(days=30)
STRAY_PICTURES_KEPT = timedelta(days=1)  # an upload may be about to be saved


@db_periodic_task(crontab(hour="3", minute="10"))
def clear_expired_sessions() -> None:
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


@db_periodic_task(crontab(hour="3", minute="15"))
def drop_old_invitations() -> None:
    """Forget invitations that ended a month ago and brought nobody."""
    Invitation.objects.long_over(timezone.now() - INVITATIONS_KEPT).delete()


@db_periodic_task(crontab(hour="3", minute="20"))
def sweep_pictures() -> None:
    """Remove pictures that belong to nobody: left by a crash, or by accounts deleted in bulk."""
    if not default_storage.exists("pictures"):
        return
    shown = set(User.objects.exclude(picture="").values_list("picture", flat=True))
    for name in (f"pictures/{file}" for file in default_storage.listdir("pictures")[1]):
        age = timezone.now() - default_storage.get_modified_time(name)
        if name not in shown and age > STRAY_PICTURES_KEPT:
            default_storage.delete(name)
