"""What the book must know of accounts, which are below it and cannot call it; and that a contact was deleted."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver

from contacts.models import Party
from contacts.models.names import tell_names
from contacts.models.ties import tie_account


@receiver(post_save, sender=EmailAddress)
@receiver(post_delete, sender=EmailAddress)
def tie_account_to_contacts(sender: Any, instance: EmailAddress, **kwargs: Any) -> None:
    """An address was verified, changed or taken from an account: in some books it is somebody's."""
    tie_account(instance.user_id, instance.email)


@receiver(pre_delete, sender=Party)
def tell_who_loses_a_name(sender: Any, instance: Party, **kwargs: Any) -> None:
    """A contact is deleted, by whatever hand: their account is called again what it calls itself."""
    tell_names(instance.owner_id, [instance.user_id])
