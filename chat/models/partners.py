"""With whom somebody talked last: those people are offered first."""

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from .invite import Invite
from .participation import Participation

if TYPE_CHECKING:
    from project.accounts.models import User

CONVERSATIONS = 30
PEOPLE_AROUND_A_TABLE = 20  # in a larger group nobody is a partner for being in it
PARTNERS_MAX = 60


class Partners(NamedTuple):
    """Recent partners, each with their rank: 0 is who was talked with last."""

    users: dict[int, int]  # by the id of their account
    parties: dict[int, int]  # those who are waited for, by the id of the contact


def recent_partners(viewer: "User") -> Partners:
    """Return the people of viewer's newest conversations."""
    # What somebody who blocked viewer does not hear is the newest for viewer all the same.
    latest = F("conversation__latest_at")
    said = Coalesce("withheld_latest__sent_at", latest)
    mine = Participation.objects.active().filter(
        user=viewer, conversation__participant_count__lte=PEOPLE_AROUND_A_TABLE
    )
    newest = list(mine.order_by(Greatest(latest, said).desc()).values_list("conversation", flat=True)[:CONVERSATIONS])
    at = {pk: rank for rank, pk in enumerate(newest)}
    others = Participation.objects.active().filter(conversation__in=newest).exclude(user=viewer).exclude(user=None)
    waiting = Invite.objects.filter(conversation__in=newest, inviter=viewer, joined_at=None, withdrawn_at=None)
    people = [("user", pk, at[place]) for pk, place in others.order_by("pk").values_list("user", "conversation")]
    people += [
        ("party", pk, at[place]) for pk, place in waiting.exclude(party=None).values_list("party", "conversation")
    ]
    ranks: dict[tuple[str, int], int] = {}
    for kind, pk, _ in sorted(people, key=lambda one: one[2]):
        if pk is not None and len(ranks) < PARTNERS_MAX:
            ranks.setdefault((kind, pk), len(ranks))
    return Partners(*({pk: rank for (one, pk), rank in ranks.items() if one == kind} for kind in ("user", "party")))
