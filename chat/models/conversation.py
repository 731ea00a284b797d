"""A conversation between people, and its rules (docs/architecture.md): each verb checks them for its actor.

Whatever changes a conversation first takes the lock of its row. Under that lock a message takes the next
position, every visible change takes the next version, and the people whom it concerns are read; so no row is
ever committed behind a reader's back, and who has left cannot be told. The file is long because all these verbs
stand on that one lock and on each other's promises.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from chat import live
from chat.exceptions import InvalidMessage, MessagingPermissionDenied
from chat.signals import message_sent
from project.accounts.models.user import DELETED_NAME
from project.models import AuditModel, PublicIdModel
from project.words import digest

from .block import Audience, audience_of
from .participation import Participation, active_ids, distinct_people
from .text import TITLE_MAX, clean_body, clean_title, listed

if TYPE_CHECKING:
    from project.accounts.models import User

    from .invite import Invite
    from .message import Message, MessageQuerySet

NAMES_IN_TITLE = 3


class ConversationQuerySet(QuerySet["Conversation"]):
    def open_to(self, user: "User") -> "ConversationQuerySet":
        """What user may read: also, up to the moment they left, what they left."""
        return self.filter(participations__user=user)

    def for_participants(self, users: "Iterable[User]") -> "ConversationQuerySet":
        """Conversations whose active participants are exactly these people."""
        ids = [person.pk for person in distinct_people(users)]
        if not ids:
            return self.none()
        active = Q(participations__left_at=None)
        candidates = Participation.objects.active().filter(user=ids[0]).values("conversation")
        # Counted in a query of its own: a filter chained before, such as open_to, would be counted instead.
        exact = (
            Conversation.objects.filter(pk__in=candidates)
            .annotate(
                members=Count("participations", filter=active),
                members_asked=Count("participations", filter=active & Q(participations__user__in=ids)),
            )
            .filter(members=len(ids), members_asked=len(ids))
        )
        return self.filter(pk__in=exact.values("pk"))


class Conversation(PublicIdModel, AuditModel):
    class Kind(models.TextChoices):
        PRIVATE = "private"
        GROUP = "group"

    kind = models.CharField(max_length=8, choices=Kind.choices, editable=False)
    title = models.CharField(max_length=TITLE_MAX, blank=True)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # "low:high", the account ids of a private pair. Ids are never given twice, so a deleted account's pair
    # stays taken and harmless. While it waits for somebody without an account "id>digest", of who invites and of the
    # address.
    pair = models.CharField(max_length=41, null=True, unique=True, editable=False)  # noqa: DJ001 - null: not a pair
    last_position = models.PositiveBigIntegerField(default=0, editable=False)
    version = models.PositiveBigIntegerField(default=0, editable=False)
    participant_count = models.PositiveIntegerField(default=0, editable=False)
    latest_message = models.ForeignKey(
        "chat.Message", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    latest_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="private", pair__isnull=False, title="") | Q(kind="group", pair=None),
                name="a_private_conversation_is_one_pair",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_kind_display()} conversation {self.public_id}"

    # --- Questions ---------------------------------------------------------------------------------------------

    @property
    def is_private(self) -> bool:
        return self.kind == self.Kind.PRIVATE

    @property
    def participants(self) -> "QuerySet[User]":
        """The people who take part now."""
        from project.accounts.models import User

        return User.objects.filter(participations__conversation=self, participations__left_at=None)

    def participation_of(self, user: "User") -> Participation:
        """Return user's participation, also when they left. Raises Participation.DoesNotExist."""
        return self.participations.select_related("user").get(user=user)

    def messages_for(self, participation: Participation) -> "MessageQuerySet":
        """The messages that this participation may read: up to the moment of leaving, for who left.

        What was withheld is there for who said it, and for nobody else.
        """
        from .message import Message

        theirs = Q(sender=participation.user_id, sender__isnull=False)
        said = Message.objects.filter(Q(is_withheld=False) | theirs, conversation=self)
        if participation.left_position is None:
            return said
        return said.filter(position__lte=participation.left_position)

    def first_participations(self, size: int = 5) -> list[Participation]:
        """Return the longest-standing active participations, with their people."""
        loaded: list[Participation] | None = getattr(self, "some_participations", None)
        return (
            loaded
            if loaded is not None
            else list(self.participations.active().select_related("user").order_by("pk")[:size])
        )

    @property
    def is_waiting(self) -> bool:
        """Whether this is a private conversation of which only one has an account so far."""
        return self.pair is not None and ">" in self.pair

    def awaited_by(self, user: "User") -> "list[Invite]":
        """Return those whom user waits for here, the newest first; in private also after withdrawing. Some of them."""
        loaded: list[Invite] | None = getattr(self, "some_invites", None)
        if loaded is None:
            loaded = list(self.invites.not_joined().with_names()[:5])
        mine = [one for one in loaded if one.inviter_id == user.pk]
        return mine[:1] if self.is_private else [one for one in mine if not one.withdrawn_at]

    def others_for(self, user: "User") -> "list[User | None]":
        """Return some of the people whom user talks with here; None stands for a deleted account."""
        return [part.user for part in self.first_participations() if part.user_id != user.pk]

    def title_for(self, user: "User") -> str:
        """Return what this conversation is called for user: its title, else the names of the others."""
        if self.title:
            return self.title
        others = self.others_for(user)
        names = [str(person) if person else DELETED_NAME for person in others][:NAMES_IN_TITLE]
        if not others:  # nobody has come yet
            names = [one.display_name for one in self.awaited_by(user)][:NAMES_IN_TITLE]
        return listed(names, self.participant_count - 1 - len(names)) or "Only you"

    def require_member(self, user: "User") -> None:
        """Raise MessagingPermissionDenied unless user takes part now."""
        if not self.participations.active().filter(user=user).exists():
            raise MessagingPermissionDenied("You do not take part in this conversation.")

    def require_manager(self, user: "User") -> None:
        """Raise MessagingPermissionDenied unless user is a member who made this group or an administrator."""
        self.require_member(user)
        if user.pk != self.creator_id and not user.is_staff:
            raise MessagingPermissionDenied("Only the person who started this group, or an administrator, can do this.")

    # --- Starting ----------------------------------------------------------------------------------------------

    @classmethod
    def start(
        cls, creator: "User", participants: "Iterable[User]", title: str = "", kind: str | None = None
    ) -> "Conversation":
        """Open a conversation of creator and participants.

        participants: a list or queryset; the creator takes part whether named or not.
        kind: decided by the number of people when None: with one other person and no title it is the private
        conversation of the two, the one that is there or a new one; else a new group.
        Raises MessagingPermissionDenied with nobody else, unless a group is asked for by kind.
        """
        others = [person for person in distinct_people(participants) if person.pk != creator.pk]
        title = clean_title(title)
        if kind is None:
            kind = cls.Kind.PRIVATE if len(others) == 1 and not title else cls.Kind.GROUP
            if not others:
                raise MessagingPermissionDenied("Choose somebody else to talk with.")
        if kind == cls.Kind.GROUP:
            return cls._start_group(creator, [creator, *others], title)
        if kind != cls.Kind.PRIVATE or len(others) != 1 or title:
            raise MessagingPermissionDenied("A private conversation is between two people and has no title.")
        return cls._private_of(creator, others[0])

    @staticmethod
    def pair_of(one: "User", other: "User") -> str:
        """Return the pair of the private conversation of two people."""
        low, high = sorted([one.pk, other.pk])
        return f"{low}:{high}"

    @classmethod
    def start_waiting(cls, creator: "User", platform: str, address: str) -> "Conversation":
        """Open the private conversation of creator and whoever has an address (normalised), who is not here yet."""
        with transaction.atomic():
            conversation, is_new = cls.objects.get_or_create(
                pair=f"{creator.pk}>{digest(f'{platform}:{address}')[:20]}",
                defaults={"kind": cls.Kind.PRIVATE, "creator": creator, "participant_count": 1},
            )
            if is_new:
                conversation._take_in([creator])
        return conversation

    @classmethod
    def _private_of(cls, creator: "User", other: "User") -> "Conversation":
        with transaction.atomic():
            conversation, is_new = cls.objects.get_or_create(
                pair=cls.pair_of(creator, other),
                defaults={"kind": cls.Kind.PRIVATE, "creator": creator, "participant_count": 2},
            )
            if is_new:
                conversation._take_in([creator, other])
        return conversation

    @classmethod
    def _start_group(cls, creator: "User", people: "Sequence[User]", title: str) -> "Conversation":
        with transaction.atomic():
            conversation = cls.objects.create(
                kind=cls.Kind.GROUP, title=title, creator=creator, participant_count=len(people)
            )
            conversation._take_in(people)
        return conversation

    def _take_in(self, people: "Sequence[User]") -> None:
        Participation.objects.bulk_create(
            Participation(conversation=self, user=person, read_position=self.last_position) for person in people
        )
        if not self.last_position:
            transaction.on_commit(lambda: live.inbox_changed(self, [self.creator_id]), robust=True)

    # --- Doings ------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Take this row's lock until the transaction ends, and read the row again."""
        self.refresh_from_db(from_queryset=Conversation.objects.select_for_update())
        self.__dict__.pop("some_participations", None)

    def post(self, body: str, by: "User", client_id: uuid.UUID | None = None) -> "Message":
        """Say body in this conversation.

        client_id: the name that the sender gave the message before sending it. The same name again returns the
        message that is there: nothing is said twice.
        Raises MessagingPermissionDenied unless by takes part, InvalidMessage for the body.
        """
        body = clean_body(body)
        try:
            with transaction.atomic():
                self.lock()
                return self._said_before(by, client_id) or self._say(body, by, client_id)
        except IntegrityError:
            # The same name, in the same instant, in another conversation: that one holds another lock.
            said = self._said_before(by, client_id)
            if said is None:
                raise
            return said
        except Conversation.DoesNotExist:
            # Whom it waited for has joined in this moment, and the two had a conversation already.
            there = Conversation.objects.filter(invites__waited_in=self.public_id).first()
            if there is None:
                raise
            return there.post(body, by, client_id)

    def _said_before(self, by: "User", client_id: uuid.UUID | None) -> "Message | None":
        from .message import Message

        if client_id is None:
            return None
        said = Message.objects.with_people().filter(sender=by, client_id=client_id).first()
        if said is not None and said.conversation_id != self.pk:
            raise InvalidMessage("This message was already sent in another conversation.")
        return said

    def _say(self, body: str, by: "User", client_id: uuid.UUID | None) -> "Message":
        audience = audience_of(self, by.pk)
        recipients = audience.members
        if by.pk not in recipients:
            raise MessagingPermissionDenied("You do not take part in this conversation.")
        if self.is_waiting:
            self._require_invite()
        elif self.is_private and len(recipients) < 2:
            raise MessagingPermissionDenied("The account of the other person was deleted. Nobody would read this.")
        if audience.has_blocked:
            other = self.participants.exclude(pk=by.pk).get()
            raise MessagingPermissionDenied(f"You blocked {other}. Unblock them to write here again.")
        (message,) = self._append([{"sender": by, "body": body, "client_id": client_id}], audience)
        # It is on disk by then: an error in the telling is logged, and is no error of the post.
        transaction.on_commit(lambda: live.message_posted(message, audience.hearers), robust=True)
        if not message.is_withheld:
            transaction.on_commit(lambda: message_sent.send_robust(sender=type(message), instance=message), robust=True)
        return message

    def _require_invite(self) -> None:
        if not self.invites.waiting().exists():
            invite = self.invites.not_joined().with_names().first()
            name = invite.display_name if invite else "this person"
            raise MessagingPermissionDenied(f"You withdrew the invitation. Invite {name} again to go on writing.")

    def note_joined(self, person: "User") -> None:
        """Tell in a row of its own that somebody came who was waited for. The row lock is held."""
        from .message import Message

        row = {"kind": Message.Kind.JOINED, "subject": person}
        self._tell(self._append([row]), active_ids(self.participations.all()), joined=[person.public_id])

    def _append(self, rows: Sequence[dict[str, Any]], audience: Audience | None = None) -> "list[Message]":
        """Write rows at the next positions, each a change of its own. The row lock is held.

        audience: of the sender of a single row, who alone gets it where the other one does not hear them.
        """
        from .message import Message

        is_withheld = audience is not None and audience.is_withheld
        messages = Message.objects.bulk_create(
            Message(
                conversation=self,
                position=self.last_position + n,
                version=self.version + n,
                is_withheld=is_withheld,
                **row,
            )
            for n, row in enumerate(rows, start=1)
        )
        self.last_position += len(messages)
        self.version += len(messages)
        if not is_withheld:
            self.latest_message = messages[-1]
            self.latest_at = messages[-1].sent_at
        if audience is not None and audience.is_pair:
            # In either case one query: how long it takes says nothing of a block.
            theirs = self.participations.filter(user=messages[-1].sender)
            if is_withheld:
                theirs.update(withheld_latest=messages[-1])
            else:
                theirs.exclude(withheld_latest=None).update(withheld_latest=None)
        self.save(
            update_fields=[
                "last_position", "version", "latest_message", "latest_at", "title", "participant_count", "updated_at",
            ]
        )  # fmt: skip
        return messages

    def add_participants(
        self, users: "Iterable[User]", by: "User | None" = None, carry: "Iterable[Message]" = ()
    ) -> "Conversation":
        """Take people in, and return the conversation that holds them.

        A group takes newcomers in with its whole history, and invites back who left. A private conversation
        stays as it is: a new group of all of them starts, without its history.
        by: a member; None is trusted code.
        carry: messages that by wrote here, to be said again in the group that grew out of a private conversation.
        Raises MessagingPermissionDenied unless by is a member, or for a message of somebody else in carry.
        """
        people = distinct_people(users)
        with transaction.atomic():
            self.lock()
            if by is not None:
                self.require_member(by)
            if self.is_private:
                if {person.pk for person in people} <= set(active_ids(self.participations.all())):
                    return self
                return self.grow_into_group(people, by, carry)
            present = {part.user_id: part for part in self.participations.filter(user__in=people)}
            newcomers = [person for person in people if person.pk not in present]
            returning = [person for person in people if person.pk in present and not present[person.pk].is_active]
            if newcomers or returning:
                self._welcome(newcomers, returning, by)
        return self

    def _welcome(self, newcomers: "list[User]", returning: "list[User]", by: "User | None") -> None:
        from .message import Message

        self._take_in(newcomers)
        self.participations.filter(user__in=returning).update(left_at=None, left_position=None)
        self.participant_count += len(newcomers) + len(returning)
        rows = [{"kind": Message.Kind.JOINED, "sender": by, "subject": person} for person in newcomers]
        rows += [{"kind": Message.Kind.INVITED_BACK, "sender": by, "subject": person} for person in returning]
        joined = [person.public_id for person in (*newcomers, *returning)]
        self._tell(self._append(rows), active_ids(self.participations.all()), joined=joined)

    def grow_into_group(
        self, people: "Sequence[User]", by: "User | None", carry: "Iterable[Message]" = ()
    ) -> "Conversation":
        """Start a group of the people of this private conversation and others. The row lock is held."""
        pair = list(self.participants)
        creator = by or self.creator or [*pair, *people][0]
        carried = list(carry)
        if any(said.conversation_id != self.pk or said.sender_id != creator.pk for said in carried):
            raise MessagingPermissionDenied("Only messages that you wrote yourself can be taken along.")
        group = self._start_group(creator, distinct_people([creator, *pair, *people]), "")
        for said in sorted(carried, key=lambda message: message.position):
            group.post(said.body, by=creator)
        return group

    def rename(self, title: str, by: "User | None" = None) -> None:
        """Give a group its title; "" takes it away.

        by: a member; None is trusted code. Raises MessagingPermissionDenied otherwise and in a private
        conversation, InvalidMessage for a title that is too long or holds control characters.
        """
        from .message import Message

        title = clean_title(title)
        with transaction.atomic():
            self.lock()
            if by is not None:
                self.require_member(by)
            if self.is_private:
                raise MessagingPermissionDenied("A private conversation is titled by the other person's name.")
            if title == self.title:
                return
            audience = audience_of(self, by.pk if by else None)
            self.title = title
            rows = self._append([{"kind": Message.Kind.RENAMED, "sender": by, "body": title}], audience)
            self._tell(rows, audience.hearers)

    def end_participation(self, participation: Participation, actor: "User | None") -> None:
        """Let a participant go; they hear of it, and then no more. The row lock is held."""
        from .message import Message

        person = participation.user
        recipients = active_ids(self.participations.all())
        kind = Message.Kind.LEFT if actor == person else Message.Kind.REMOVED
        self.participant_count -= 1
        rows = self._append([{"kind": kind, "sender": actor, "subject": person}])
        participation.left_at = timezone.now()
        participation.left_position = self.last_position
        participation.save(update_fields=["left_at", "left_position"])
        self._tell(rows, recipients, left=[person.public_id] if person else [])

    def forget_account(self, user: "User") -> None:
        """Keep what user said here when their account is deleted, under nobody's name.

        Called in the transaction that deletes the account. Messages that name it are changed for every reader,
        so each takes a version of its own: positions are unique, hence so is version + position.
        """
        self.lock()
        participation = self.participation_of(user)
        if not self.is_private and participation.is_active:
            self.end_participation(participation, user)
        self.messages.filter(Q(sender=user) | Q(subject=user)).update(version=F("position") + self.version)
        self.version += self.last_position
        self.save(update_fields=["version", "updated_at"])
        remaining = [pk for pk in active_ids(self.participations.all()) if pk != user.pk]
        left = [user.public_id]
        transaction.on_commit(lambda: live.participants_changed(self, remaining, left=left), robust=True)
        transaction.on_commit(lambda: live.conversation_stale(self, remaining), robust=True)

    def _tell(
        self, rows: "list[Message]", recipients: list[int], joined: Sequence[str] = (), left: Sequence[str] = ()
    ) -> None:
        def tell() -> None:
            live.rows_appended(self, rows, recipients)
            live.participants_changed(self, recipients, joined=joined, left=left)

        transaction.on_commit(tell, robust=True)
