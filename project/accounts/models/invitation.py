"""An invitation: a link by which people join this server.

The link carries the invitation's public id and a signature of it by SECRET_KEY. So its maker can see and copy it
again as often as they like, while a copy of the database alone (a lost backup) invites nobody, which a stored
token would, and a stored hash of a token could not be shown again. The price: a new SECRET_KEY ends open links.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core import signing
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from project.accounts.exceptions import InvitationUnusable, NotYourInvitation
from project.models import PublicIdModel

if TYPE_CHECKING:
    from .user import User

LIFETIME = timedelta(days=14)
SIGNER = signing.Signer(salt="project.accounts.invitation", sep=".")


def two_weeks_from_now() -> datetime:
    return timezone.now() + LIFETIME


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def counted(self) -> "InvitationQuerySet":
        """With joined_count, the number of people who joined by it."""
        return self.annotate(joined_count=Count("guests"))

    def usable(self) -> "InvitationQuerySet":
        """Those by which somebody can join now: neither revoked, expired nor used up, their maker not disabled."""
        return (
            self.counted()
            .filter(revoked_at=None, expires_at__gt=timezone.now(), inviter__is_active=True)
            .filter(Q(max_uses=None) | Q(joined_count__lt=F("max_uses")))
        )

    def visible_to(self, user: "User") -> "InvitationQuerySet":
        """Those that user may see and revoke: their own, for an administrator all; never one meant for one person."""
        return self.general() if user.is_staff else self.general().filter(inviter=user)

    def general(self) -> "InvitationQuerySet":
        """Those that anybody may join by who has the link."""
        return self.filter(is_personal=False)

    def with_token(self, token: str) -> "InvitationQuerySet":
        """The invitation whose link ends in token, or none."""
        try:
            return self.filter(public_id=SIGNER.unsign(token))
        except signing.BadSignature:
            return self.none()

    def long_over(self, before: datetime) -> "InvitationQuerySet":
        """Those that ended before a time and brought nobody; the others say who came by whom."""
        return self.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before), guests=None)


class Invitation(PublicIdModel):
    inviter = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(default=two_weeks_from_now)
    revoked_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField("how many people", null=True, blank=True)
    # Made for one person, whom something here waits for: who shows its link decides who reads what waits.
    is_personal = models.BooleanField(default=False, editable=False)
    # The link was sent to this address and shown to nobody: who follows it has the address.
    address = models.EmailField("sent to", max_length=254, blank=True, editable=False)

    objects = models.Manager.from_queryset(InvitationQuerySet)()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="an_invitation_ends_after_it_began"
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(max_uses__gte=1), name="an_invitation_is_for_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation by {self.inviter}, until {self.expires_at:%Y-%m-%d}"

    @property
    def token(self) -> str:
        """The end of the link: the public id and 256 bits that only this server can compute."""
        return SIGNER.sign(self.public_id)

    @property
    def is_usable(self) -> bool:
        return Invitation.objects.usable().filter(pk=self.pk).exists()

    @transaction.atomic
    def admit(self, newcomer: "User") -> None:
        """Save newcomer, an unsaved account, as somebody who joined by this invitation.

        Raises InvitationUnusable with nothing saved. The row is locked, so that a revocation or the last place
        is seen by everybody who signs up at the same moment.
        """
        if not Invitation.objects.select_for_update().filter(pk=self.pk).exists() or not self.is_usable:
            raise InvitationUnusable
        newcomer.invited_by = self
        newcomer.save()

    def revoke(self, by: "User | None" = None) -> None:
        """End the invitation now; who has joined stays. by: who does it, None is trusted code.

        Raises NotYourInvitation unless by made it or is an administrator. Twice is once.
        """
        if by is not None and by.pk != self.inviter_id and not by.is_staff:
            raise NotYourInvitation
        if Invitation.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now()):
            self.refresh_from_db(fields=["revoked_at"])
