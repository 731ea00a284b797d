"""What the chat must know of accounts and contacts. They are below it and cannot call it, so it listens to signals."""

from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver
from django.http import HttpRequest

from chat import live
from chat.models import Participation
from chat.models.joining import claim_all
from chat.models.names import Names
from contacts.models import Directory, Upload
from contacts.models.locks import lock_book
from contacts.signals import names_changed, sync_progressed, upload_progressed
from project.accounts.models import User


@receiver(user_logged_out)
def close_lines_of_session(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None and request.session.session_key:
        live.session_ended(user.pk, request.session.session_key)


@receiver(post_save, sender=User)
def check_lines_of_account(
    sender: Any, instance: User, created: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    # A new password or a disabled account ends the right to listen; what else is saved changes nothing here.
    if not created and (update_fields is None or {"password", "is_active"} & update_fields):
        transaction.on_commit(lambda: live.access_changed(instance.pk))


@receiver(user_logged_in)
def let_in_where_waited_for(sender: Any, user: User, **kwargs: Any) -> None:
    claim_all(user)  # what a process that died in between left


@receiver(post_save, sender=User)
def let_newcomer_in(sender: Any, instance: User, created: bool, **kwargs: Any) -> None:
    if created and instance.invited_by_id is not None:
        transaction.on_commit(lambda: claim_all(instance), robust=True)


@receiver(post_save, sender=EmailAddress)
def let_owner_of_address_in(sender: Any, instance: EmailAddress, **kwargs: Any) -> None:
    if instance.verified:
        transaction.on_commit(lambda: claim_all(instance.user), robust=True)


@receiver(pre_delete, sender=User)
def keep_conversations_of_deleted_account(sender: Any, instance: User, **kwargs: Any) -> None:
    account_id = instance.pk  # Django takes it from the instance before the commit
    lock_book(account_id)  # goes before conversations, also for who joins one in this moment
    # In one order for everybody: two accounts deleted at once wait for each other's conversations in turn.
    of_account = Participation.objects.filter(user=instance).select_related("conversation")
    for participation in of_account.order_by("conversation_id"):
        if participation.conversation.is_waiting:
            participation.conversation.delete()  # nobody else was ever there
        else:
            participation.conversation.forget_account(instance)
    transaction.on_commit(lambda: live.access_changed(account_id))


@receiver(names_changed)
def tell_names(sender: Any, owner_id: int, users: Collection[int], **kwargs: Any) -> None:
    names = Names(User(pk=owner_id), users)
    if changes := names.changes:
        live.names_changed(owner_id, changes, names.at)


@receiver(sync_progressed)
def tell_progress_of_sync(sender: Any, directory: Directory, **kwargs: Any) -> None:
    live.sync_progressed(directory)


@receiver(upload_progressed)
def tell_progress_of_upload(sender: Any, upload: Upload, **kwargs: Any) -> None:
    live.upload_progressed(upload)
