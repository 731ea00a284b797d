"""What was said, and what happened, in a conversation: one row each, in one order for everybody."""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chat.exceptions import MessagingPermissionDenied
from project.models import PublicIdModel

from .conversation import Conversation
from .participation import distinct_people

if TYPE_CHECKING:
    from project.accounts.models import User

PAGE_SIZE = 50


class MessageQuerySet(QuerySet["Message"]):
    def in_order(self) -> "MessageQuerySet":
        return self.order_by("position")

    def with_people(self) -> "MessageQuerySet":
        return self.select_related("sender", "subject")

    def page_before(self, position: int, size: int = PAGE_SIZE) -> "list[Message]":
        """Return the newest size messages before position, oldest first."""
        return list(self.filter(position__lt=position).with_people().order_by("-position")[:size])[::-1]

    def changed_between(self, since: int, until: int) -> "MessageQuerySet":
        """What changed after version since, up to version until, in the order of the changes."""
        return self.filter(version__gt=since, version__lte=until).with_people().order_by("version")


class Message(PublicIdModel):
    class Kind(models.TextChoices):
        TEXT = "text"
        JOINED = "joined"
        LEFT = "left"
        REMOVED = "removed"
        INVITED_BACK = "invited_back"
        RENAMED = "renamed"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    position = models.PositiveBigIntegerField()
    version = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.TEXT)
    # Who wrote it, or who did what a system row tells; null: a deleted account, or nobody in particular.
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    # Whom a system row is about.
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    body = models.TextField(blank=True)
    client_id = models.UUIDField(null=True, blank=True)
    sent_at = models.DateTimeField(default=timezone.now)
    # Said to somebody who blocked the sender: nobody else ever reads it.
    is_withheld = models.BooleanField(default=False, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "position"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "position"], name="a_position_is_taken_once"),
            models.UniqueConstraint(fields=["conversation", "version"], name="a_version_is_one_change"),
            models.UniqueConstraint(
                fields=["sender", "client_id"],
                condition=Q(client_id__isnull=False),
                name="a_sender_uses_a_client_id_once",
            ),
            models.CheckConstraint(condition=Q(position__gte=1, version__gte=1), name="positions_start_at_one"),
        ]

    def __str__(self) -> str:
        return self.body[:50] if self.kind == self.Kind.TEXT else self.get_kind_display()

    @property
    def is_system(self) -> bool:
        return self.kind != self.Kind.TEXT

    @classmethod
    def send_to_users(cls, body: str, sender: "User", recipients: "Iterable[User]") -> "Message":
        """Send body to a set of people, in the conversation that is theirs.

        recipients: a list or queryset; duplicates and the sender among them count once.
        One other person: the private conversation of the two. Several: the newest group whose active members
        are exactly these people and the sender, else a new one.
        Raises MessagingPermissionDenied without recipients or with the sender alone, InvalidMessage for the body.
        """
        from .invite import Invite

        others = distinct_people(recipients)
        if not others:
            raise MessagingPermissionDenied("No recipients: choose somebody to write to.")
        others = [person for person in others if person.pk != sender.pk]
        if not others:
            raise MessagingPermissionDenied("You cannot start a conversation with yourself alone.")
        with transaction.atomic():
            # Where somebody is waited for, they would read this too.
            groups = Conversation.objects.filter(kind=Conversation.Kind.GROUP).for_participants([sender, *others])
            groups = groups.exclude(invites__in=Invite.objects.waiting())
            group = groups.order_by("-pk").first() if len(others) > 1 else None
            if group is not None:
                group.lock()  # nobody joins from here on: is it still exactly them?
            if group is None or not groups.filter(pk=group.pk).exists():
                group = Conversation.start(sender, others)
            return group.post(body, by=sender)

    @classmethod
    def send_to_conversation(
        cls,
        body: str,
        sender: "User",
        conversation: Conversation,
        new_participants: "Iterable[User] | None" = None,
        client_id: uuid.UUID | None = None,
    ) -> "Message":
        """Send body to a conversation, adding people to it first.

        new_participants: a list or queryset. A group takes them in with its whole history; a private
        conversation stays as it is, and the message starts a new group (see message.conversation).
        Raises MessagingPermissionDenied unless sender is an active participant, InvalidMessage for the body.
        """
        with transaction.atomic():
            if new_participants is not None:
                conversation = conversation.add_participants(new_participants, by=sender)
            return conversation.post(body, by=sender, client_id=client_id)
