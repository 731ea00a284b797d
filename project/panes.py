"""How pages with a sidebar are answered: whole, or only their main pane when htmx asks for that.

A page template extends the variable `layout`, which is the whole page with the sidebar, or the pane alone. Each app
says in its own views/panes.py what its sidebar holds and which refusals become pages.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from project.accounts.requests import PersonRequest

View = Callable[..., Any]  # of a request to any kind of response


class Request(PersonRequest):
    """What every view behind a guard gets."""

    htmx: HtmxDetails


class SeeOther(HttpResponseRedirect):
    """A form was done: fetch this page (RFC 9110, 15.4.4)."""

    status_code = 303


def guard(
    page_of: Callable[..., str], refusals: type[Exception], refuse: Callable[[Request, Any], HttpResponse]
) -> Callable[[View], View]:
    """Return a decorator that lets only people who are signed in see a page, and keeps it out of caches.

    page_of: names the page that a form stood on, to come back to after signing in; refuse: turns an exception of
    the kind of refusals into a page.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                is_read = request.method in {"GET", "HEAD"}
                return redirect_to_login(request.get_full_path() if is_read else page_of(**named))
            try:
                response = view(request, *arguments, **named)
            except refusals as reason:
                response = refuse(cast(Request, request), reason)
            patch_vary_headers(response, ["HX-Request", "HX-Target"])
            return response

        return never_cache(guarded)

    return decorate


def wants(request: Request, target: str) -> bool:
    """Whether htmx asks for one part of the page, named as tag#id."""
    return wants_pane(request) and request.htmx.target == target


def wants_pane(request: Request) -> bool:
    """Whether who asks has the rest of the page already."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def render_page(request: Request, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """Render a page in the layout that its context names."""
    response = render(request, template, context, status=status)
    if status >= 400:
        response["HX-Push-Url"] = "false"  # a refused form has no address to come back to
    return response
