"""The book: its list, what there is to say about it as a whole, and what was removed from it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contacts.models import ContactGroup, Directory, Folder, Party

from .listing import Listing
from .panes import Request, page, render_pane, wants

REMOVED_MAX = 500


@page
@require_safe
def index(request: Request) -> HttpResponse:
    listing = Listing(request.user, request.GET)
    if wants(request, "div#book"):
        return render(request, "contacts/_book.html", {"listing": listing})
    if wants(request, "li#book-more"):
        return render(request, "contacts/_rows.html", {"listing": listing})
    return render_pane(request, "contacts/book.html", {"listing": listing, **overview(request)})


def overview(request: Request) -> dict[str, Any]:
    """What the pane says while nobody is chosen."""
    mine = Party.objects.of(request.user)
    directories = Directory.objects.filter(owner=request.user)
    standing = Folder.objects.filter(owner=request.user).exclude(problem="")
    return {
        "people": mine.people().count(),
        "organizations": mine.organizations().count(),
        "groups": ContactGroup.objects.of(request.user).count(),
        "failing": directories.filter(health=Directory.Health.ERROR).only("public_id", "name", "problem"),
        "standing": standing.select_related("directory").only("name", "problem", "directory__public_id"),
        "has_directories": directories.exclude(backend_class="manual").exists(),
    }


@page
@require_safe
def removed(request: Request) -> HttpResponse:
    gone = Party.objects.removed().filter(owner=request.user).select_related("person", "organization", "folder")
    parties = list(gone.order_by("-removed_at", "pk")[: REMOVED_MAX + 1])
    context = {"parties": parties[:REMOVED_MAX], "has_more": len(parties) > REMOVED_MAX}
    return render_pane(request, "contacts/removed.html", context)
