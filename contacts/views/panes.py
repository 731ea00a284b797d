"""How every page of the book is answered: whole, or only its main pane when htmx asks for that (project/panes.py)."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.urls import reverse

from contacts.exceptions import ContactsError, InvalidContact, InvalidHandle
from contacts.models import PartyHandle
from project.panes import Request, SeeOther, View, guard, render_page, wants, wants_pane

from .listing import Listing

__all__ = ["Request", "SeeOther", "View", "doubtful_links", "page", "render_pane", "wants"]

DOUBTFUL_SHOWN = 100  # it says "99+" from there on


def page_of(**_: Any) -> str:
    """Return the page that a form stood on: the book, for what the form was about may be gone."""
    return reverse("contacts:book")


def refuse(request: Request, reason: ContactsError) -> HttpResponse:
    status = 422 if isinstance(reason, InvalidContact | InvalidHandle) else 403
    return render_pane(request, "contacts/refused.html", {"reason": str(reason)}, status)


# Let only people who are signed in see a page, keep it out of caches, and turn refusals into pages.
page = guard(page_of, ContactsError, refuse)


def doubtful_links(request: Request) -> "QuerySet[PartyHandle]":
    """Claims that wait for a word of this person; none on a handle of which they have said already whose it is."""
    links = PartyHandle.objects.to_review().filter(party__owner=request.user)
    settled = PartyHandle.objects.filter(handle=OuterRef("handle"), is_confirmed=True)
    return links.exclude(Exists(settled))


def render_pane(
    request: Request, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Render a page of the book; only its pane when htmx asks, who has the list already."""
    context = dict(context or {})
    context["doubtful"] = doubtful_links(request)[:DOUBTFUL_SHOWN].count()
    if wants_pane(request):
        context["layout"] = "contacts/_pane.html"
    else:
        context["layout"] = "contacts/layout.html"
        # Only the book's own page says in its address what the list shows.
        context.setdefault("listing", Listing(request.user, request.GET.__class__("")))
    return render_page(request, template, context, status)
