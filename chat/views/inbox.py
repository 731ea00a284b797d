"""The inbox: one row for each conversation, newest first."""

from datetime import UTC, datetime

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from chat.models import Conversation, Participation
from chat.models.participation import ParticipationQuerySet

from .copies import turn_back
from .panes import INBOX_SIZE, Request, page, render_pane, wants

LEFT_MAX = 500


def older_than(rows: ParticipationQuerySet, cursor: str) -> ParticipationQuerySet:
    """Rows after the one that cursor ("microseconds.public id") names; a cursor that is none changes nothing."""
    stamp, _, public_id = cursor.partition(".")
    if not stamp.isdecimal() or len(stamp) > 17 or not public_id.isalnum():
        return rows
    moment = datetime.fromtimestamp(int(stamp) // 1_000_000, UTC).replace(microsecond=int(stamp) % 1_000_000)
    same = Conversation.objects.filter(public_id=public_id[:32]).values("pk")
    before = Q(newest_at__lt=moment)
    return rows.filter(before | Q(newest_at=moment, conversation_id__lt=same))


@page
@require_safe
def index(request: Request) -> HttpResponse:
    rows = Participation.objects.inbox_for(request.user).select_related("user")
    inbox = list(older_than(rows, request.GET.get("before", ""))[: INBOX_SIZE + 1])
    context = {"inbox": inbox, "inbox_size": INBOX_SIZE}
    if wants(request, "ol#inbox"):
        return render(request, "chat/_inbox_rows.html", context)
    if wants(request, "li#inbox-more"):
        return render(request, "chat/_inbox_items.html", context)
    return render_pane(request, "chat/inbox.html", context)


@page
@require_safe
def row(request: Request, public_id: str) -> HttpResponse:
    rows = Participation.objects.inbox_for(request.user).select_related("user")
    participation = get_object_or_404(rows, conversation__public_id=public_id)
    return render(request, "chat/_row.html", {"participation": participation})


@page
@require_safe
def left(request: Request) -> HttpResponse:
    rows = list(Participation.objects.left_by(request.user).select_related("user")[:LEFT_MAX])
    turn_back(rows)
    return render_pane(request, "chat/left.html", {"rows": rows})
