"""How every page of the chat is answered: whole, or only its main pane when htmx asks for that.

A page template extends the variable `layout`, which is the whole page with the inbox beside it, or the pane.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from chat.exceptions import ChatError, InvalidMessage
from chat.models import Participation
from project.accounts.requests import PersonRequest

View = Callable[..., HttpResponse]
INBOX_SIZE = 50


class Request(PersonRequest):
    """What every view behind @page gets."""

    htmx: HtmxDetails


class SeeOther(HttpResponseRedirect):
    """A form was done: fetch this page (RFC 9110, 15.4.4)."""

    status_code = 303


def page(view: View) -> View:
    """Let only people who are signed in see a page, keep it out of caches, and turn refusals into pages."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(page_of(request, **named))
        try:
            response = view(request, *arguments, **named)
        except ChatError as reason:
            status = 422 if isinstance(reason, InvalidMessage) else 403
            response = render_pane(cast(Request, request), "chat/refused.html", {"reason": str(reason)}, status)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    return never_cache(guarded)


def page_of(request: HttpRequest, public_id: str = "", **_: Any) -> str:
    """Return the page to come back to after signing in: of a form, the one that it stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return reverse("chat:conversation", args=[public_id]) if public_id else reverse("chat:inbox")


def wants(request: Request, target: str) -> bool:
    """Whether htmx asks for one part of the page, named as tag#id."""
    return bool(request.htmx) and not request.htmx.history_restore_request and request.htmx.target == target


def render_pane(
    request: Request, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Render a page of the chat; only its pane when htmx asks, who has the rest already."""
    context = dict(context or {})
    if request.htmx and not request.htmx.history_restore_request:
        context["layout"] = "chat/_pane.html"
    else:
        context["layout"] = "chat/layout.html"
        rows = Participation.objects.inbox_for(request.user).select_related("user")
        context.setdefault("inbox", rows[: INBOX_SIZE + 1])
        context["inbox_size"] = INBOX_SIZE
    response = render(request, template, context, status=status)
    if status >= 400:
        response["HX-Push-Url"] = "false"  # a refused form has no address to come back to
    return response
