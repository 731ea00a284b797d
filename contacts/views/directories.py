"""Where contacts come from: the list of directories, one of them with its books, and what can be done with it."""

from typing import Any

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.models import ContactGroup, Directory, Folder, Party, QuarantinedCard

from .connecting import mirror_of
from .panes import Request, SeeOther, page, render_pane


def counted_folders(folders: "QuerySet[Folder]") -> "QuerySet[Folder]":
    """Folders with how many contacts and groups they hold, in the order of their names."""
    counted = folders.annotate(
        contacts=_number(Party.objects.filter(removed_at=None)),
        groups=_number(ContactGroup.objects.filter(removed_at=None)),
    )
    return counted.order_by("name", "pk")


def _number(rows: "QuerySet[Any]") -> Coalesce:
    # One subquery each: joined, they would multiply.
    here = rows.filter(folder=OuterRef("pk")).order_by().values("folder")
    return Coalesce(Subquery(here.annotate(number=Count("pk")).values("number")), 0)


@page
@require_safe
def index(request: Request) -> HttpResponse:
    folders = Folder.objects.only("directory", "name", "problem", "is_mirrored")
    mine = Directory.objects.filter(owner=request.user).prefetch_related(Prefetch("folders", folders))
    directories = sorted(mine.annotate(unreadable=Count("folders__quarantined")), key=lambda one: not one.is_mirror)
    return render_pane(request, "contacts/directories.html", {"directories": directories})


@page
@require_safe
def show(request: Request, public_id: str) -> HttpResponse:
    directory = get_object_or_404(Directory, owner=request.user, public_id=public_id)
    folders = list(counted_folders(Folder.objects.filter(directory=directory)))
    unreadable = QuarantinedCard.objects.filter(folder__directory=directory).count()
    context = {"directory": directory, "folders": folders, "unreadable": unreadable}
    return render_pane(request, "contacts/directory.html", context)


def back_to(directory: Directory) -> SeeOther:
    return SeeOther(reverse("contacts:directory", args=[directory.public_id]))


@page
@require_POST
def sync(request: Request, public_id: str) -> HttpResponse:
    directory = mirror_of(request, public_id)
    if directory.lifecycle == Directory.Lifecycle.CONNECTED:
        directory.request_sync()
    return back_to(directory)


@page
@require_POST
def pause(request: Request, public_id: str) -> HttpResponse:
    directory = mirror_of(request, public_id)
    directory.pause()
    return back_to(directory)


@page
@require_POST
def resume(request: Request, public_id: str) -> HttpResponse:
    directory = mirror_of(request, public_id)
    directory.resume()
    return back_to(directory)


@page
@require_POST
def books(request: Request, public_id: str) -> HttpResponse:
    """Mirror the chosen books, named by the public ids of their folders, and no others."""
    directory = mirror_of(request, public_id)
    chosen = directory.folders.filter(public_id__in=request.POST.getlist("books")).exclude(href_key="")
    directory.choose(list(chosen.values_list("source_href", flat=True)))
    if directory.lifecycle == Directory.Lifecycle.CONNECTED:
        directory.request_sync()
    return back_to(directory)


@page
@require_POST
def allow_vanishing(request: Request, public_id: str, folder_id: str) -> HttpResponse:
    """Take the owner's word for the cards that were shown as missing; for others they are asked again."""
    directory = mirror_of(request, public_id)
    folder = get_object_or_404(directory.folders, public_id=folder_id)
    if folder.vanishing and request.POST.get("digest") == folder.vanishing.get("digest"):
        folder.allow_vanishing()
        directory.request_sync()
    return back_to(directory)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: Request, public_id: str) -> HttpResponse:
    directory = mirror_of(request, public_id)
    if request.method != "POST":
        return render_pane(request, "contacts/directory_remove.html", {"directory": directory, **held_by(directory)})
    match request.POST.get("contacts"):
        case "keep":
            directory.remove(keep_contacts=True)
        case "remove":
            directory.request_removal()
        case _:
            return SeeOther(reverse("contacts:directory_remove", args=[public_id]))
    return SeeOther(reverse("contacts:directories"))


def held_by(directory: Directory) -> dict[str, Any]:
    """Return what would stay or go with a directory."""
    parties = Party.objects.filter(folder__directory=directory, removed_at=None)
    return {
        "contacts": parties.count(),
        "merged": parties.exclude(merged_into=None).count(),
        "edited": parties.exclude(base_vcard=b"").count(),
        "unreadable": directory.folders.aggregate(number=Count("quarantined"))["number"],
    }
