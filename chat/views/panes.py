"""How every page of the chat is answered: whole, or only its main pane when htmx asks for that (project/panes.py)."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from chat.exceptions import ChatError, InvalidMessage
from chat.models import Participation
from project.panes import Request, SeeOther, View, guard, render_page, wants, wants_pane

__all__ = ["INBOX_SIZE", "Request", "SeeOther", "View", "page", "render_pane", "wants"]

INBOX_SIZE = 50


def page_of(public_id: str = "", **_: Any) -> str:
    """Return the page that a form stood on."""
    return reverse("chat:conversation", args=[public_id]) if public_id else reverse("chat:inbox")


def refuse(request: Request, reason: ChatError) -> HttpResponse:
    status = 422 if isinstance(reason, InvalidMessage) else 403
    return render_pane(request, "chat/refused.html", {"reason": str(reason)}, status)


# Let only people who are signed in see a page, keep it out of caches, and turn refusals into pages.
page = guard(page_of, ChatError, refuse)


def render_pane(
    request: Request, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Render a page of the chat; only its pane when htmx asks, who has the rest already."""
    context = dict(context or {})
    if wants_pane(request):
        context["layout"] = "_pane.html"
    else:
        context["layout"] = "chat/layout.html"
        rows = Participation.objects.inbox_for(request.user).select_related("user")
        context.setdefault("inbox", rows[: INBOX_SIZE + 1])
        context["inbox_size"] = INBOX_SIZE
    return render_page(request, template, context, status)
