"""Who does not want to hear from whom. A block is known to its owner alone: who is blocked sees no difference.

It counts where nobody else would hear: in private, and in a group that has only these two left. What the blocked
person says there is kept for them, and withheld from everybody else for good.
"""

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from chat.exceptions import MessagingPermissionDenied
from project.models import AuditModel

from .participation import active_ids

if TYPE_CHECKING:
    from project.accounts.models import User

    from .conversation import Conversation


class BlockManager(models.Manager["Block"]):
    def block(self, owner: "User", blocked: "User") -> "Block":
        """Let owner hear no more of blocked in private; twice is once. Raises MessagingPermissionDenied for oneself."""
        if owner.pk == blocked.pk:
            raise MessagingPermissionDenied("You cannot block yourself.")
        return self.get_or_create(owner=owner, blocked=blocked)[0]

    def unblock(self, owner: "User", blocked: "User") -> None:
        """Let owner hear blocked again. What was said meanwhile stays withheld."""
        self.filter(owner=owner, blocked=blocked).delete()


class Block(AuditModel):
    """owner does not hear what blocked says where nobody else would hear it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    objects = BlockManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "blocked"], name="a_person_is_blocked_once"),
            models.CheckConstraint(condition=~Q(owner=F("blocked")), name="nobody_blocks_themself"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} does not hear {self.blocked}"


class Audience(NamedTuple):
    """Who takes part in a conversation, and who of them hears one of them (account ids)."""

    members: list[int]
    hearers: list[int]
    is_pair: bool = False  # only there a block counts
    has_blocked: bool = False  # the one who speaks blocked the other

    @property
    def is_withheld(self) -> bool:
        return len(self.hearers) < len(self.members)


def audience_of(conversation: "Conversation", speaker_id: int | None) -> Audience:
    """Return who would hear the account speaker_id (None: nobody's) in a conversation, in one query."""
    active = conversation.participations.all()
    # In a large group as many subqueries as people would be slow, and none of them would count.
    if conversation.participant_count > 2 or speaker_id is None:
        members = active_ids(active)
        return Audience(members, members)
    blocks = Block.objects.filter(owner=OuterRef("user"), blocked=speaker_id)
    blocked = Block.objects.filter(owner=speaker_id, blocked=OuterRef("user"))
    rows = active.active().exclude(user=None).annotate(is_deaf=Exists(blocks), is_blocked=Exists(blocked))
    found = list(rows.values_list("user_id", "is_deaf", "is_blocked"))
    members = [pk for pk, _, _ in found]
    hearers = [pk for pk, is_deaf, _ in found if not is_deaf]
    return Audience(members, hearers, is_pair=True, has_blocked=any(is_blocked for *_, is_blocked in found))
