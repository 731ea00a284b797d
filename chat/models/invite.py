"""People without an account here: they are invited into a conversation, which waits for them.

What happens to an invitation happens under the lock of its conversation, as everything there. Who shows the link
decides who reads what waits: one that was sent to an address is shown to nobody, not even to who invites, for it also
says that whoever follows it has the address. (docs/people.md, docs/accounts.md)

A little long, because what an invitation is and what may be done with it stand together.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from chat import live
from chat.exceptions import InviteRefused, MessagingPermissionDenied
from contacts.models.locks import lock_book
from contacts.platforms import VALUE_MAX
from project.accounts.models import Invitation
from project.accounts.names import hue, initials
from project.models import PUBLIC_ID_LENGTH, AuditModel, PublicIdModel

from .letters import can_write_to, require_patience, send_letter
from .participation import active_ids

if TYPE_CHECKING:
    from contacts.models import Party
    from project.accounts.models import User

    from .conversation import Conversation
    from .message import Message
    from .recipients import Recipient

OPEN_MAX = 50  # invitations of one person that wait for somebody
REMINDED_AFTER = timedelta(days=7)


class InviteQuerySet(models.QuerySet["Invite"]):
    def waiting(self) -> "InviteQuerySet":
        """Those whom somebody may still join by: neither joined nor withdrawn, though the link may have expired."""
        return self.filter(joined_at=None, withdrawn_at=None)

    def not_joined(self) -> "InviteQuerySet":
        """Those by whom nobody came, the newest first: withdrawn ones too."""
        return self.filter(joined_at=None).order_by("-sent_at", "-pk")

    def open(self) -> "InviteQuerySet":
        """Those whose link works."""
        return self.waiting().filter(link__expires_at__gt=timezone.now(), link__revoked_at=None)

    def to_remind(self) -> "InviteQuerySet":
        """Those sent by e-mail a week ago, of which nobody heard again."""
        return self.open().filter(
            reminded_at=None, sent_at__lt=timezone.now() - REMINDED_AFTER, inviter__is_active=True
        ).exclude(link__address="")  # fmt: skip

    def with_names(self) -> "InviteQuerySet":
        """Load what a page says of them."""
        parties = ("party", "party__merged_into")
        cards = [f"{party}__{card}" for party in parties for card in ("raw_vcard", "base_vcard")]
        return self.select_related("party__merged_into", "link", "inviter", "guest").defer(*cards)


class InviteManager(models.Manager.from_queryset(InviteQuerySet)):  # type: ignore[misc]
    def invite(
        self, conversation: "Conversation", recipient: "Recipient", by: "User", is_text_told: bool = False
    ) -> "Invite | None":
        """Let conversation wait for a person; its lock is held.

        Returns the invitation, whose letter is to be sent, or None where one to this address is open already.
        """
        invite = self.filter(
            conversation=conversation, platform=recipient.platform, address=recipient.address
        ).select_related("link").first()  # fmt: skip
        if invite is not None and (invite.state == "open" or invite.is_here):
            return None
        if invite is None:
            invite = self.model(conversation=conversation, platform=recipient.platform, address=recipient.address)
        invite.inviter, invite.party, invite.name = by, recipient.party, recipient.name
        invite.is_text_told = is_text_told
        invite.begin()
        return invite


class Invite(PublicIdModel, AuditModel):
    """One person's invitation into one conversation, by e-mail, or by a link that the inviter hands on."""

    class Platform(models.TextChoices):
        EMAIL = "email", "e-mail"
        PHONE = "phone", "phone"

    conversation = models.ForeignKey("chat.Conversation", on_delete=models.CASCADE, related_name="invites")
    inviter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invites")
    # Whom of their book the inviter means, and what they are called there. Once somebody joined by a link that does
    # not say who they are, and the inviter said that it is somebody else: nobody.
    party = models.ForeignKey("contacts.Party", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.TextField()
    platform = models.CharField(max_length=8, choices=Platform.choices)
    address = models.CharField(max_length=VALUE_MAX)  # normalised (contacts.platforms)
    # The link by which they can sign up now; a new one each time that they are invited anew.
    link = models.OneToOneField(
        "accounts.Invitation", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    is_text_told = models.BooleanField("the e-mail holds the first message", default=False)
    sent_at = models.DateTimeField(default=timezone.now, editable=False)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    joined_at = models.DateTimeField(null=True, blank=True, editable=False)
    guest = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    # The public id of the conversation that waited, where its messages moved into one that was there already.
    waited_in = models.CharField(max_length=PUBLIC_ID_LENGTH, blank=True, editable=False)

    objects = InviteManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "platform", "address"], name="an_address_is_invited_once_into_a_conversation"
            ),
        ]
        indexes = [models.Index(fields=["platform", "address"], name="invites_of_an_address")]

    def __str__(self) -> str:
        return self.display_name

    # --- Questions ---------------------------------------------------------------------------------------------

    @property
    def expires_at(self) -> datetime | None:
        return self.link.expires_at if self.link else None

    @property
    def state(self) -> str:
        """joined, withdrawn, expired or open."""
        if self.joined_at:
            return "joined"
        if self.withdrawn_at:
            return "withdrawn"
        is_open = self.link is not None and not self.link.revoked_at and self.link.expires_at > timezone.now()
        return "open" if is_open else "expired"

    @property
    def is_by_mail(self) -> bool:
        """Whether the link went to an address, and is therefore nobody else's business."""
        return self.link is not None and self.link.address != ""

    @property
    def contact(self) -> "Party | None":
        """Who of the inviter's book it is, as long as they are in it."""
        return None if self.party is None or self.party.removed_at else self.party.canonical

    @property
    def display_name(self) -> str:
        """What the inviter calls this person now."""
        return (self.contact and self.contact.display_name) or self.name

    @property
    def face(self) -> str:
        """The address of the contact's picture, or the number of the hue of their initials, and these: "7 AN"."""
        contact = self.contact
        if contact is not None and contact.avatar:
            return f"{reverse('contacts:avatar', args=[contact.public_id])}?v={contact.avatar_version}"
        return f"{hue(contact.public_id if contact else self.public_id)} {initials(self.display_name)}"

    @property
    def is_asking(self) -> bool:
        """Whether only the inviter can say if who joined is whom they meant: no address that was verified says it."""
        if self.guest is None or self.contact is None:
            return False
        return self.contact.user_id != self.guest.pk

    @property
    def is_here(self) -> bool:
        """Whether who joined by it takes part."""
        if self.guest_id is None:
            return False
        return self.conversation.participations.active().filter(user=self.guest_id).exists()

    def first_message(self) -> "Message | None":
        """What the inviter wrote first since they invited."""
        from .message import Message

        mine = self.conversation.messages.filter(sender=self.inviter_id, kind=Message.Kind.TEXT)
        return mine.filter(sent_at__gte=self.sent_at).order_by("position").first()

    # --- Verbs -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Make a link for this person that works from now on, in place of one that has ended."""
        is_by_mail = self.platform == self.Platform.EMAIL and can_write_to(self.address)
        if is_by_mail:
            require_patience(self)
        self.link = Invitation.objects.create(
            inviter=self.inviter, max_uses=1, is_personal=True, address=self.address if is_by_mail else ""
        )
        self.sent_at = timezone.now()
        self.reminded_at = self.withdrawn_at = self.joined_at = self.guest = None
        self.save()

    def send(self, *, is_reminder: bool = False) -> None:
        """Write to the person, where that goes by e-mail."""
        if self.is_by_mail:
            send_letter(self, is_reminder=is_reminder)

    @transaction.atomic
    def send_again(self, by: "User") -> None:
        """Remind the person, once; where the invitation has ended, invite them anew.

        Raises InviteRefused after a reminder, and for a link that by hands on themself; MessagingPermissionDenied
        unless by invited them and takes part.
        """
        conversation = self.lock()
        conversation.require_member(by)
        self._require_inviter(by)
        if self.state == "joined":
            raise InviteRefused(f"{self.display_name} has joined already.")
        if self.state != "open":
            self._require_only_one(conversation)
            require_room(by, 1)
            self.begin()
            self.send()
        elif not self.is_by_mail:
            raise InviteRefused("This link works still: send it to them once more yourself.")
        elif self.reminded_at:
            raise InviteRefused("A reminder went out already, and nobody gets more than one.")
        else:
            self._remind()
        self.tell(conversation)

    @transaction.atomic
    def remind(self) -> bool:
        """Write to the person for a second and last time; tell whether that was still to be done."""
        conversation = self.lock()
        if self.state != "open" or self.reminded_at or not self.is_by_mail:
            return False
        self._remind()
        self.tell(conversation)
        return True

    def _remind(self) -> None:
        self.reminded_at = timezone.now()
        self.save(update_fields=["reminded_at", "updated_at"])
        self.send(is_reminder=True)

    @transaction.atomic
    def withdraw(self, by: "User") -> None:
        """Take the invitation back; its link says so from then on. Twice is once.

        by: who invited, or in a group its creator or an administrator. Raises MessagingPermissionDenied for others,
        InviteRefused after the person joined.
        """
        conversation = self.lock()
        if by.pk != self.inviter_id and not conversation.is_private:
            conversation.require_manager(by)
        else:
            self._require_inviter(by)
        if self.joined_at:
            raise InviteRefused(f"{self.display_name} has joined already.")
        if self.withdrawn_at:
            return
        self.withdrawn_at = timezone.now()
        self.save(update_fields=["withdrawn_at", "updated_at"])
        if self.link is not None:
            self.link.revoke()
        self.tell(conversation)

    @transaction.atomic
    def identify(self, by: "User", is_meant: bool) -> None:
        """Take the inviter's word on whether who joined is the person of their book whom they invited."""
        lock_book(self.inviter_id)
        self.lock()
        self._require_inviter(by)
        if self.guest is None or self.party is None:
            return
        if is_meant:
            self.party.canonical.confirm_user(self.guest)
        else:
            self.party = None
            self.save(update_fields=["party", "updated_at"])

    def accept(self, guest: "User") -> "Conversation":
        """Let guest in by the link. Raises InviteRefused where it does not work any more."""
        from .joining import admit

        return admit(self, guest, is_by_link=True)

    def lock(self) -> "Conversation":
        """Take the lock of the conversation and read this invitation again, wherever it is by then.

        Raises InviteRefused when the inviter's account is gone.
        """
        from .conversation import Conversation

        while True:
            locked = Conversation.objects.select_for_update().filter(pk=self.conversation_id).first()
            try:
                self.refresh_from_db()
            except Invite.DoesNotExist:
                raise InviteRefused("This invitation does not work any more.") from None
            if locked is not None and locked.pk == self.conversation_id:
                self.conversation = locked
                return locked

    def _require_only_one(self, conversation: "Conversation") -> None:
        if conversation.is_private and (not conversation.is_waiting or conversation.invites.open().exists()):
            raise InviteRefused(f"{self.display_name} is invited by another address already.")

    def _require_inviter(self, by: "User") -> None:
        if by.pk != self.inviter_id:
            raise MessagingPermissionDenied("Only the person who invited can do this.")

    def tell(self, conversation: "Conversation") -> None:
        members = active_ids(conversation.participations.all())
        transaction.on_commit(lambda: live.participants_changed(conversation, members), robust=True)


def require_room(inviter: "User", count: int) -> None:
    """Raise InviteRefused unless inviter may invite so many more people. Their book is locked, or this is a hint."""
    if Invite.objects.open().filter(inviter=inviter).count() + count > OPEN_MAX:
        raise InviteRefused(
            f"You wait for {OPEN_MAX} people whom you invited, which is the most. Withdraw an invitation first."
        )
