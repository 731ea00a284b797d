"""What the book must know of accounts. They are below it and cannot call it, so it listens to Django's signals."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from contacts.models.ties import tie_account


@receiver(post_save, sender=EmailAddress)
@receiver(post_delete, sender=EmailAddress)
def tie_account_to_contacts(sender: Any, instance: EmailAddress, **kwargs: Any) -> None:
    """An address was verified, changed or taken from an account: in some books it is somebody's."""
    tie_account(instance.user_id, instance.email)
