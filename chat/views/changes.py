"""What changed in a conversation after a version: how a page that missed something repairs itself."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat.forms import SinceForm
from chat.models.message import PAGE_SIZE

from .conversations import open_conversation
from .panes import Request, page


@page
@require_safe
def index(request: Request, public_id: str) -> HttpResponse:
    conversation, participation = open_conversation(request.user, public_id)
    if conversation.public_id != public_id:
        raise Http404  # a page that shows what waited, and is part of another conversation now, begins anew
    form = SinceForm(request.GET)
    if not form.is_valid():
        return render(request, "_errors.html", {"form": form}, status=422)
    since = form.cleaned_data["since"]
    changed = conversation.messages_for(participation).changed_between(since, conversation.version)
    found = list(changed[: PAGE_SIZE + 1])
    messages, has_more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    reached = max(since, messages[-1].version if messages else 0)
    if participation.is_active and not has_more:
        reached = max(reached, conversation.version)
    context = {"conversation": conversation, "participation": participation, "messages": messages}
    context["is_changed"] = participation.is_active and reached > since
    response = render(request, "chat/_changes.html", context)
    response["Parley-Version"] = str(reached)
    response["Parley-Member"] = "1" if participation.is_active else "0"
    if has_more:
        response["Parley-More"] = "1"
    return response
