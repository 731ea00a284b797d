"""One conversation: its page, and its title."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from chat.forms import BeforeForm, MessageForm, TitleForm
from chat.models import Conversation, Message, Participation
from chat.models.message import PAGE_SIZE
from project.accounts.models import User

from .copies import turn_back
from .panes import Request, SeeOther, page, render_pane

SHOWN_BEFORE_UNREAD = 10
SHOWN_MAX = 300


def open_conversation(user: User, public_id: str) -> tuple[Conversation, Participation]:
    """Return a conversation that user may read, with their part in it; anything else is not there.

    One that waited for somebody, and is part of another conversation by now, is that one.
    """
    mine = Participation.objects.filter(user=user).select_related("conversation__creator", "user")
    participation = mine.filter(conversation__public_id=public_id).first()
    if participation is None:
        participation = get_object_or_404(mine, conversation__invites__waited_in=public_id)
    return participation.conversation, participation


def first_unread(participation: Participation) -> int | None:
    """Return the position of the first message of somebody else after the read pointer."""
    waiting = participation.conversation.messages_for(participation).filter(
        position__gt=participation.read_position, kind=Message.Kind.TEXT
    )
    others = waiting.exclude(sender=participation.user).order_by("position")
    return others.values_list("position", flat=True).first()


def thread_of(participation: Participation, before: int | None = None) -> dict[str, Any]:
    """Return what the page shows first: the newest messages, and all that are unread when they are not too many."""
    conversation = participation.conversation
    end = conversation.last_position if participation.left_position is None else participation.left_position
    unread = None if before else first_unread(participation)
    size = PAGE_SIZE
    if unread is not None:
        size = max(size, end - max(unread - SHOWN_BEFORE_UNREAD, 1) + 1)
    messages = conversation.messages_for(participation).page_before(
        before or end + 1, size if size <= SHOWN_MAX else PAGE_SIZE
    )
    last_version = max((message.version for message in messages), default=0)
    return {
        "messages": messages,
        "unread": unread,
        "before": before,
        "end": end,
        "version": conversation.version if participation.is_active else last_version,
    }


def render_conversation(
    request: Request, participation: Participation, form: MessageForm | None = None, status: int = 200
) -> HttpResponse:
    before = BeforeForm(request.GET)
    turn_back([participation])
    conversation = participation.conversation
    # Titles, faces and notes ask for the people, each for itself.
    conversation.some_participations = conversation.first_participations()  # type: ignore[attr-defined]
    context = {
        "conversation": conversation,
        "participation": participation,
        "form": form or MessageForm(),
        "client_id": uuid.uuid4(),
        **thread_of(participation, before.cleaned_data["before"] if before.is_valid() else None),
    }
    return render_pane(request, "chat/conversation.html", context, status)


@page
@require_safe
def show(request: Request, public_id: str) -> HttpResponse:
    conversation, participation = open_conversation(request.user, public_id)
    if conversation.public_id != public_id:
        return SeeOther(reverse("chat:conversation", args=[conversation.public_id]))
    return render_conversation(request, participation)


@page
@require_POST
def rename(request: Request, public_id: str) -> HttpResponse:
    from .participants import render_people

    conversation, participation = open_conversation(request.user, public_id)
    form = TitleForm(request.POST)
    if not form.is_valid():
        return render_people(request, participation, title_form=form, status=422)
    conversation.rename(form.cleaned_data["title"], by=request.user)
    return SeeOther(reverse("chat:people", args=[public_id]))
