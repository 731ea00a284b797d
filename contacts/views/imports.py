"""Imports: files are uploaded, read, looked at, and only then taken into the book."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.forms.imports import MIB, FolderForm, UploadForm, upload_max_bytes
from contacts.models import Upload
from contacts.tasks import read_upload

from .panes import Request, SeeOther, View, page, render_pane

READ_AT_ONCE_BYTES = MIB // 2  # what takes a moment is read by the request, so that its preview comes without waiting
RECENT = 10
NAMES_SHOWN = 20
WAITING_MAX = 20
TOO_MUCH = "This is more than {} MiB. Import the files one after the other, or let their program write smaller ones."
FULL = "Many uploads of yours wait for your word already. Import or discard them first."


def bounded(view: View) -> View:
    """Refuse too large a request by what it says of itself, before anything in it is taken apart.

    The token of the form stands in its body, so that is checked behind this.
    """
    protected: Callable[..., HttpResponse] = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def measured(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > upload_max_bytes() + MIB:
            return too_large(request, *arguments, **named)
        return protected(request, *arguments, **named)

    return measured


@page
def too_large(request: Request) -> HttpResponse:
    form = UploadForm({}, MultiValueDict())
    form.errors.clear()
    form.add_error("cards", TOO_MUCH.format(3 * settings.IMPORT_MAX_MIB))
    response = render_form(request, form, 413)
    response["Connection"] = "close"
    return response


@bounded
@page
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    if request.method != "POST":
        return render_form(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if request.user.uploads.filter(state__in=[Upload.State.UPLOADED, Upload.State.READ]).count() >= WAITING_MAX:
        form.add_error(None, FULL)
    if not form.is_valid():
        return render_form(request, form, 422)
    upload = Upload.objects.receive(request.user, form.contents())
    if upload.size_bytes <= READ_AT_ONCE_BYTES:
        upload.read()
    else:
        read_upload(upload.pk)
    return back_to(upload)


def render_form(request: Request, form: UploadForm, status: int = 200) -> HttpResponse:
    recent = request.user.uploads.select_related("folder")[:RECENT]
    context = {"form": form, "recent": recent, "file_max_mib": settings.IMPORT_MAX_MIB}
    return render_pane(request, "contacts/import.html", context, status)


def back_to(upload: Upload) -> SeeOther:
    return SeeOther(reverse("contacts:import_show", args=[upload.public_id]))


def upload_of(request: Request, public_id: str) -> Upload:
    return get_object_or_404(Upload.objects.select_related("folder"), owner=request.user, public_id=public_id)


@page
@require_safe
def show(request: Request, public_id: str) -> HttpResponse:
    """How far it is; once it is read, what it would do to the folder that is picked (?folder=)."""
    upload = upload_of(request, public_id)
    form = FolderForm(owner=request.user)
    return render_upload(request, upload, form, request.GET.get("folder", form.initial["folder"]))


def render_upload(request: Request, upload: Upload, form: FolderForm, picked: str, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"upload": upload, "form": form, "picked": picked}
    if upload.state == Upload.State.READ:
        context["preview"] = upload.preview(form.picked(picked))
        context["names_shown"] = NAMES_SHOWN
    return render_pane(request, "contacts/upload.html", context, status)


@page
@require_POST
def confirm(request: Request, public_id: str) -> HttpResponse:
    upload = upload_of(request, public_id)
    if upload.state != Upload.State.READ:
        return back_to(upload)
    form = FolderForm(request.POST, owner=request.user)
    if not form.is_valid():
        return render_upload(request, upload, form, request.POST.get("folder", ""), 422)
    upload.confirm(form.save())
    return back_to(upload)


@page
@require_POST
def discard(request: Request, public_id: str) -> HttpResponse:
    upload = upload_of(request, public_id)
    if upload.state != Upload.State.CONFIRMED:
        upload.discard()
    return SeeOther(reverse("contacts:import"))
