"""The people of a conversation: who takes part, adding, inviting back, removing, leaving."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chat.exceptions import MessagingPermissionDenied
from chat.forms import PUBLIC_ID, PeopleForm, TitleForm
from chat.models import Message, Participation
from chat.models.starting import add_recipients

from .conversations import open_conversation
from .copies import present_at_leaving, turn_back
from .panes import Request, SeeOther, page, render_pane
from .picker import picking

PEOPLE_SHOWN = 500
OWN_SHOWN = 20


def seen_by(participation: Participation) -> "QuerySet[Participation]":
    """Who takes part, as the viewer may know it: for somebody who left, who was there at that moment."""
    if participation.left_at is not None:
        return present_at_leaving([participation]).filter(conversation=participation.conversation)
    return participation.conversation.participations.active().select_related("user").order_by("joined_at", "pk")


def render_people(request: Request, participation: Participation, status: int = 200, **forms: Any) -> HttpResponse:
    conversation = participation.conversation
    is_manager = request.user.pk == conversation.creator_id or request.user.is_staff
    turn_back([participation])
    params = request.POST if forms.get("people_form") else request.GET
    adding = picking(request, params, conversation) if participation.is_active else {}
    if forms.get("people_form"):
        adding["notes"] = []  # the form says the same
    former = conversation.participations.filter(left_at__isnull=False).exclude(user=None).select_related("user")
    members = list(seen_by(participation)[: PEOPLE_SHOWN + 1])
    context = {
        **adding,
        "conversation": conversation,
        "participation": participation,
        "members": members[:PEOPLE_SHOWN],
        "more": len(members) > PEOPLE_SHOWN,
        "former": former.order_by("-left_at")[:PEOPLE_SHOWN] if participation.is_active else [],
        "can_remove": is_manager and participation.is_active and not conversation.is_private,
        "title_form": forms.get("title_form") or TitleForm(initial={"title": conversation.title}),
        "people_form": forms.get("people_form"),
    }
    return render_pane(request, "chat/people.html", context, status)


def own_messages(participation: Participation) -> "QuerySet[Message]":
    """What somebody wrote here themself: a new group may get to read it, if they want."""
    return participation.conversation.messages_for(participation).filter(
        sender=participation.user, kind=Message.Kind.TEXT
    )


def carried(request: Request, participation: Participation) -> list[Message]:
    """Return the messages that a new group gets from who starts it. Raises MessagingPermissionDenied for others'."""
    names = set(request.POST.getlist("carry"))
    known = own_messages(participation).filter(public_id__in=filter(PUBLIC_ID.fullmatch, names))
    messages = list(known) if names else []
    if len(messages) != len(names):
        raise MessagingPermissionDenied("Only messages that you wrote yourself can be taken along.")
    return messages


@page
@require_http_methods(["GET", "HEAD", "POST"])
def collection(request: Request, public_id: str) -> HttpResponse:
    conversation, participation = open_conversation(request.user, public_id)
    if request.method != "POST":
        return render_people(request, participation)
    conversation.require_member(request.user)
    form = PeopleForm(request.POST, sender=request.user)
    if not form.is_valid():
        return render_people(request, participation, status=422, people_form=form)
    people = form.cleaned_data["to"]
    if conversation.is_private and request.POST.get("confirm") != "1":
        own = own_messages(participation).order_by("-position")[:OWN_SHOWN]
        context = {"conversation": conversation, "participation": participation, "people": people, "own": own[::-1]}
        return render_pane(request, "chat/new_group_warning.html", context)
    with transaction.atomic():
        holder = add_recipients(conversation, form.people(), request.user, carried(request, participation))
    name = "chat:people" if holder == conversation else "chat:conversation"
    return SeeOther(reverse(name, args=[holder.public_id]))


def person_in(request: Request, public_id: str, person_id: str) -> Participation:
    conversation, _ = open_conversation(request.user, public_id)
    return get_object_or_404(conversation.participations.select_related("user"), user__public_id=person_id)


@page
@require_POST
def remove(request: Request, public_id: str, person_id: str) -> HttpResponse:
    person_in(request, public_id, person_id).revoke(by=request.user)
    return SeeOther(reverse("chat:people", args=[public_id]))


@page
@require_POST
def invite_back(request: Request, public_id: str, person_id: str) -> HttpResponse:
    person_in(request, public_id, person_id).reinstate(by=request.user)
    return SeeOther(reverse("chat:people", args=[public_id]))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: Request, public_id: str) -> HttpResponse:
    conversation, participation = open_conversation(request.user, public_id)
    if request.method == "POST":
        participation.revoke(by=request.user)
        return SeeOther(reverse("chat:inbox"))
    if conversation.is_private:
        raise MessagingPermissionDenied("Nobody can leave a private conversation.")
    if not participation.is_active:
        raise MessagingPermissionDenied("You already left this conversation.")
    return render_pane(request, "chat/leave.html", {"conversation": conversation, "participation": participation})
