"""The messages of a conversation: older ones, a new one, and how far they are read."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chat.exceptions import ChatError, InvalidMessage
from chat.forms import BeforeForm, MessageForm, ReadForm

from .conversations import open_conversation, render_conversation
from .panes import Request, SeeOther, page


@page
@require_http_methods(["GET", "HEAD", "POST"])
def collection(request: Request, public_id: str) -> HttpResponse:
    return create(request, public_id) if request.method == "POST" else older(request, public_id)


def older(request: Request, public_id: str) -> HttpResponse:
    conversation, participation = open_conversation(request.user, public_id)
    form = BeforeForm(request.GET)
    if not form.is_valid():
        return render(request, "_errors.html", {"form": form}, status=422)
    messages = conversation.messages_for(participation).page_before(form.cleaned_data["before"])
    return render(request, "chat/_messages.html", {"messages": messages})


def create(request: Request, public_id: str) -> HttpResponse:
    conversation, participation = open_conversation(request.user, public_id)
    form = MessageForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            message = conversation.post(
                form.cleaned_data["body"], by=request.user, client_id=form.cleaned_data["client_id"]
            )
        except ChatError as reason:
            form.add_error(None, str(reason))
            status = 422 if isinstance(reason, InvalidMessage) else 403
        else:
            if request.POST.get("then") == "page":
                return SeeOther(reverse("chat:conversation", args=[public_id]))
            return render(request, "chat/_message.html", {"message": message})
    if request.POST.get("then") == "page":
        return render_conversation(request, participation, form, status)
    return render(request, "_errors.html", {"form": form}, status=status)


@page
@require_POST
def read(request: Request, public_id: str) -> HttpResponse:
    _, participation = open_conversation(request.user, public_id)
    form = ReadForm(request.POST)
    if not form.is_valid():
        return render(request, "_errors.html", {"form": form}, status=422)
    participation.read(form.cleaned_data["position"])
    if request.POST.get("then") == "page":
        return SeeOther(reverse("chat:conversation", args=[public_id]))
    return HttpResponse(status=204)
