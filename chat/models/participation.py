"""One person's part in one conversation: since when, until when, and how far they have read."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from chat import live
from chat.exceptions import MessagingPermissionDenied
from project.models import PublicIdModel

if TYPE_CHECKING:
    from project.accounts.models import User

    from .message import Message

UNREAD_MAX = 100  # counting stops here: a badge says 99+ in any case
SHOWN_IN_ROW = 5  # people whose names and pictures a row of the inbox may need


class CappedCount(Subquery):
    """The number of rows of a sliced subquery; the slice bounds what a long absence costs."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) capped)"
    output_field = models.IntegerField()


class ParticipationQuerySet(QuerySet["Participation"]):
    def active(self) -> "ParticipationQuerySet":
        return self.filter(left_at=None)

    def with_unread(self) -> "ParticipationQuerySet":
        """Add `unread`: readable messages of others after the read pointer, counted up to UNREAD_MAX."""
        from .message import Message

        waiting = (
            Message.objects.filter(
                conversation=OuterRef("conversation"),
                position__gt=OuterRef("read_position"),
                position__lte=Coalesce(OuterRef("left_position"), OuterRef("conversation__last_position")),
                kind=Message.Kind.TEXT,
                is_withheld=False,
            )
            .filter(Q(sender=None) | ~Q(sender=OuterRef("user")))
            .order_by()
            .values("pk")[:UNREAD_MAX]
        )
        return self.annotate(unread=CappedCount(waiting))

    def with_newest(self) -> "ParticipationQuerySet":
        """Add `newest_at`: when the conversation was last active."""
        return self.annotate(newest_at=F("conversation__latest_at"))

    def for_rows(self) -> "ParticipationQuerySet":
        """Load what a row of the inbox shows, in a number of queries that does not depend on the rows.

        Newest first, by `newest_at`.
        """
        from .invite import Invite

        shown = Participation.objects.active().select_related("user").order_by("pk")[:SHOWN_IN_ROW]
        awaited = Invite.objects.not_joined().with_names()[:SHOWN_IN_ROW]
        return (
            self.with_unread()
            .with_newest()
            .select_related(
                "conversation__latest_message__sender", "conversation__latest_message__subject", "conversation__creator"
            )
            .prefetch_related(
                Prefetch("conversation__participations", queryset=shown, to_attr="some_participations"),
                Prefetch("conversation__invites", queryset=awaited, to_attr="some_invites"),
            )
            .order_by(F("newest_at").desc(), "-conversation_id")
        )

    def inbox_for(self, user: "User") -> "ParticipationQuerySet":
        """What stands in user's inbox, newest first. A conversation without a message shows to its creator only."""
        is_begun = Q(conversation__latest_message__isnull=False) | Q(withheld_latest__isnull=False)
        rows = self.filter(user=user).active().filter(is_begun | Q(conversation__creator=user)).for_rows()
        # Asked first, because next to nobody has any: with it no index has the order, and long inboxes take longer.
        has_withheld = Participation.objects.filter(user=user, withheld_latest__isnull=False).exists()
        return rows.with_withheld() if has_withheld else rows

    def with_withheld(self) -> "ParticipationQuerySet":
        """Let `newest_at` count what was withheld: rows of those who said it, to whom it is as any other message."""
        withheld_at = Coalesce("withheld_latest__sent_at", "conversation__latest_at")  # on SQLite NULL would win
        newest_at = Greatest("conversation__latest_at", withheld_at)
        rows = self.annotate(newest_at=newest_at).select_related("withheld_latest")
        return rows.order_by(F("newest_at").desc(), "-conversation_id")

    def unread_for(self, user: "User") -> "ParticipationQuerySet":
        return self.inbox_for(user).filter(Q(unread__gt=0))

    def shared_with(self, user: "User", other: "User") -> "ParticipationQuerySet":
        """What stands in user's inbox and is talked with other too, newest first."""
        theirs = Participation.objects.active().filter(user=other, conversation=OuterRef("conversation"))
        return self.inbox_for(user).filter(Exists(theirs))

    def left_by(self, user: "User") -> "ParticipationQuerySet":
        """The conversations that user left and can still read up to that moment."""
        return self.filter(user=user, left_at__isnull=False).for_rows().order_by("-left_at")


class Participation(PublicIdModel):
    conversation = models.ForeignKey("chat.Conversation", on_delete=models.CASCADE, related_name="participations")
    # Null once the account is deleted: the conversation keeps its shape without it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="participations"
    )
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    left_position = models.PositiveBigIntegerField(null=True, blank=True)
    read_position = models.PositiveBigIntegerField(default=0)
    # What this person said last where it was withheld: for them it is the newest message.
    withheld_latest = models.ForeignKey(
        "chat.Message", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    unread: int  # what with_unread() adds
    newest_at: datetime  # what for_rows() adds

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="a_person_takes_part_once"),
            models.CheckConstraint(
                condition=Q(left_at=None, left_position=None) | Q(left_at__isnull=False, left_position__isnull=False),
                name="who_left_has_a_last_position",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "left_at"], name="participations_of_a_person"),
            models.Index(
                fields=["user"], condition=Q(withheld_latest__isnull=False), name="participations_with_withheld"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or 'Deleted account'} in {self.conversation}"

    @property
    def is_active(self) -> bool:
        return self.left_at is None

    @property
    def newest_message(self) -> "Message | None":
        """The last message or system row that this person may know of, as for_rows() loads it."""
        heard, withheld = self.conversation.latest_message, self.withheld_latest
        if withheld is None or (heard is not None and heard.position > withheld.position):
            return heard
        withheld.sender = self.user  # nobody else's is ever withheld for somebody; it needs no join
        return withheld

    def unread_count(self) -> int:
        """Messages of others that this person has not read, counted up to UNREAD_MAX."""
        return Participation.objects.filter(pk=self.pk).with_unread().get().unread

    def read(self, position: int) -> None:
        """Move the read pointer forward to position, and never back or beyond what can be read."""
        mine = Participation.objects.filter(pk=self.pk)
        with transaction.atomic():
            end = mine.values_list(Coalesce("left_position", "conversation__last_position"), flat=True)[0]
            position = min(max(position, 0), end)
            moved = mine.filter(read_position__lt=position).update(read_position=position)
            if moved:
                self.read_position = position
                transaction.on_commit(lambda: live.conversation_read(self), robust=True)

    def revoke(self, by: "User | None" = None) -> None:
        """End this participation; what was said so far stays readable.

        by: the person themself (leaving), or the group's creator or an administrator among its members
        (removing); None is trusted code. Ending it twice is ending it once.
        Raises MessagingPermissionDenied in a private conversation, and for anybody else.
        """
        with transaction.atomic():
            conversation = self.conversation
            conversation.lock()
            self.refresh_from_db(fields=["left_at", "left_position", "user"])
            if conversation.is_private:
                raise MessagingPermissionDenied("Nobody can leave a private conversation.")
            if by is not None and by.pk != self.user_id:
                conversation.require_manager(by)
            if self.is_active:
                conversation.end_participation(self, by or self.user)

    def reinstate(self, by: "User | None" = None) -> None:
        """Invite somebody back who left.

        by: a member of the group, never the one who left; None is trusted code.
        Raises MessagingPermissionDenied otherwise; the participation of a member stays as it is.
        """
        self.refresh_from_db(fields=["left_at", "left_position", "user"])
        if self.user is None:
            raise MessagingPermissionDenied("This account was deleted.")
        if self.is_active and (by is None or by.pk == self.user_id):
            return
        self.conversation.add_participants([self.user], by=by)
        self.refresh_from_db(fields=["left_at", "left_position", "read_position"])


def active_ids(participations: "ParticipationQuerySet") -> list[int]:
    """Return the account ids of the active participants, in one query."""
    return list(participations.active().exclude(user=None).values_list("user_id", flat=True))


def distinct_people(users: "Iterable[User]") -> "list[User]":
    """Return the users, each once, in their order; None (a deleted account) is nobody."""
    return list({user.pk: user for user in users if user is not None}.values())
