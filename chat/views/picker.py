"""A new conversation: choosing people, and what to say to them first."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from chat.exceptions import InvalidMessage, MessagingPermissionDenied
from chat.forms import PUBLIC_ID, SearchForm, StartForm
from chat.models import Conversation, Message, Participation
from project.accounts.models import User

from .panes import Request, SeeOther, page, render_pane, wants

FOUND_MAX = 20
CHOSEN_MAX = 100


def people_found(
    user: User, query: str, chosen: "list[User] | None" = None, conversation: Conversation | None = None
) -> "QuerySet[User]":
    """Return people whom user could choose: not themself, not who is chosen, not who takes part already."""
    found = User.objects.active().matching(query).exclude(pk=user.pk).exclude(pk__in=[one.pk for one in chosen or []])
    if conversation is not None:
        present = Participation.objects.active().filter(conversation=conversation, user=OuterRef("pk"))
        found = found.filter(~Exists(present))
    return found.order_by("display_name", "pk")[:FOUND_MAX]


def chosen_people(user: User, names: list[str]) -> "list[User]":
    """Return the people named by public id, in that order; names of nobody are left out."""
    ids = [name for name in dict.fromkeys(names) if PUBLIC_ID.fullmatch(name)][:CHOSEN_MAX]
    found = {one.public_id: one for one in User.objects.active().exclude(pk=user.pk).filter(public_id__in=ids)}
    return [found[name] for name in ids if name in found]


def existing_conversation(user: User, people: "list[User]") -> Conversation | None:
    """Return the conversation of exactly these people that a first message would go to."""
    if not people:
        return None
    kind = Conversation.Kind.PRIVATE if len(people) == 1 else Conversation.Kind.GROUP
    return Conversation.objects.filter(kind=kind).for_participants([user, *people]).order_by("-pk").first()


def picker_context(request: Request, names: list[str], query: str) -> dict[str, Any]:
    people = chosen_people(request.user, names)
    return {
        "people": people,
        "existing": existing_conversation(request.user, people),
        "query": query,
        "found": people_found(request.user, query, chosen=people),
        "count": len(people) + 1,
    }


@page
@require_safe
def new(request: Request) -> HttpResponse:
    search = SearchForm(request.GET)
    without = request.GET.get("without")
    names = [name for name in request.GET.getlist("to") if name != without]
    context = picker_context(request, names, search.cleaned_data["q"] if search.is_valid() else "")
    status = 200 if search.is_valid() else 422
    if wants(request, "div#picker-results"):
        return render(request, "chat/_picker_parts.html", {**context, "search": search}, status=status)
    context["form"] = StartForm(sender=request.user)
    return render_pane(request, "chat/new.html", {**context, "search": search}, status)


@page
@require_POST
def create(request: Request) -> HttpResponse:
    form = StartForm(request.POST, sender=request.user)
    if form.is_valid():
        try:
            return SeeOther(reverse("chat:conversation", args=[start(request.user, **form.cleaned_data).public_id]))
        except (InvalidMessage, MessagingPermissionDenied) as reason:
            form.add_error(None, str(reason))
    context = picker_context(request, request.POST.getlist("to"), "")
    return render_pane(request, "chat/new.html", {**context, "form": form, "search": SearchForm()}, 422)


def start(user: User, to: "list[User]", title: str, body: str) -> Conversation:
    """Open the conversation that the form asks for, and say its first message if there is one."""
    if body and not title:
        return Message.send_to_users(body, user, to).conversation
    kind = Conversation.Kind.GROUP if title or len(to) > 1 else None
    conversation = Conversation.start(user, to, title=title, kind=kind)
    if body:
        conversation.post(body, by=user)
    return conversation
