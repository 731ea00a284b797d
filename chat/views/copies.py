"""What somebody who left a group may still know of it: its people and its title as they were at that moment."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from chat.models import Message, Participation
from chat.models.participation import SHOWN_IN_ROW


def present_at_leaving(participations: "Iterable[Participation]") -> "QuerySet[Participation]":
    """The people who took part when these participations ended, each with `moment`, the participation that ended."""
    left = Participation.objects.filter(
        pk__in=[one.pk for one in participations], conversation=OuterRef("conversation")
    )
    return (
        Participation.objects.annotate(moment=Subquery(left.values("pk")), ended_at=Subquery(left.values("left_at")))
        .filter(Q(left_at=None) | Q(left_at__gte=F("ended_at")), ended_at__isnull=False, joined_at__lte=F("ended_at"))
        .exclude(pk=F("moment"))
        .select_related("user")
        .order_by("joined_at", "pk")
    )


def turn_back(participations: "Iterable[Participation]") -> None:
    """Show the conversations of participations that ended as they were then; nothing of it is saved."""
    ended = [one for one in participations if one.left_at is not None]
    if not ended:
        return
    people = defaultdict(list)
    numbered = present_at_leaving(ended).annotate(
        number=Window(RowNumber(), partition_by="conversation", order_by=["joined_at", "pk"]),
        total=Window(Count("pk"), partition_by="conversation"),
    )
    for part in numbered.filter(number__lte=SHOWN_IN_ROW):
        people[part.conversation_id].append(part)
    titles = _titles_of(ended)
    for one in ended:
        present = people[one.conversation_id]
        one.conversation.title = titles[one.pk]
        one.conversation.some_participations = present  # type: ignore[attr-defined]
        one.conversation.participant_count = present[0].total + 1 if present else 1


def _titles_of(ended: "list[Participation]") -> dict[int, str]:
    renamed = Message.objects.filter(conversation=OuterRef("conversation"), kind=Message.Kind.RENAMED)
    before = renamed.filter(position__lte=OuterRef("left_position")).order_by("-position")
    later = renamed.filter(position__gt=OuterRef("left_position"))
    rows = Participation.objects.filter(pk__in=[one.pk for one in ended]).annotate(
        known=Subquery(before.values("body")[:1]), is_renamed=Exists(later)
    )
    # Renamed for the first time after they left: what it was called until then is written nowhere.
    return {
        pk: known if known is not None else "" if is_renamed else title
        for pk, known, is_renamed, title in rows.values_list("pk", "known", "is_renamed", "conversation__title")
    }
