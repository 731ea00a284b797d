"""Connecting a directory: what it needs by its kind, a probe, the choice of books; and changing it later."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from contacts.directories.base import Book
from contacts.exceptions import DirectoryDenied, DirectoryError, NotADirectory
from contacts.forms.directories import BooksForm, ConnectForm, EditForm
from contacts.models import Directory
from project.prefill import prefill
from project.secrets import SecretUnreadable

from . import probed
from .panes import Request, SeeOther, page, render_pane, wants
from .probed import Probed

secret_fields = sensitive_post_parameters("password", "token")


@page
@require_http_methods(["GET", "HEAD", "POST"])
@secret_fields
def create(request: Request) -> HttpResponse:
    if request.method != "POST":
        form = ConnectForm(initial={"backend_class": request.GET.get("backend_class", "")})
        return render_pane(request, "contacts/directory_new.html", {"form": form})
    form = ConnectForm(request.POST)
    if not form.is_valid() or is_there_already(request, form) or (books := probe(form)) is None:
        return render_pane(request, "contacts/directory_new.html", {"form": form}, 422)
    found = Probed(form.kind.key, form.config, form.credential, form.settings, books)
    return SeeOther(reverse("contacts:directory_choose", args=[probed.keep(request.user, found)]))


@page
@require_POST
@secret_fields
def prefill_fields(request: Request) -> HttpResponse:
    """Show the form for another kind, with what it offers where nothing was typed. Changes nothing."""
    typed = ConnectForm(request.POST)
    kind = Directory.impl_field("backend_class")
    offered = prefill(typed, "backend_class", kind, request.POST.get("previous", ""))
    form = ConnectForm(initial={name: typed[name].data for name in typed.fields} | offered)
    if wants(request, "div#directory-fields"):
        return render(request, "contacts/_directory_fields.html", {"form": form})
    return render_pane(request, "contacts/directory_new.html", {"form": form})


@page
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: Request, public_id: str) -> HttpResponse:
    """Choose the books of a place that was probed, and connect it: once, however often this is sent."""
    found = probed.find(request.user, public_id)
    if found is None:
        return render_pane(request, "contacts/directory_forgotten.html", status=404)
    form = BooksForm(request.POST if request.method == "POST" else None, books=found.books)
    if not form.is_valid():
        context = {"found": found, "form": form}
        return render_pane(request, "contacts/directory_choose.html", context, 422 if form.is_bound else 200)
    if not probed.forget(request.user, public_id):
        return SeeOther(reverse("contacts:directories"))
    directory = Directory.objects.connect(
        request.user,
        found.backend_class,
        found.config,
        found.credential,
        books=found.books,
        chosen=form.cleaned_data["books"],
        **found.settings,
    )
    return SeeOther(reverse("contacts:directory", args=[directory.public_id]))


@page
@require_http_methods(["GET", "HEAD", "POST"])
@secret_fields
def update(request: Request, public_id: str) -> HttpResponse:
    directory = mirror_of(request, public_id)
    data = request.POST if request.method == "POST" else None
    form = EditForm(data, directory=directory, stored=stored_credential(directory))
    books = probe(form) if form.is_valid() and form.is_elsewhere else None
    if not form.is_valid():
        context = {"form": form, "directory": directory}
        return render_pane(request, "contacts/directory_edit.html", context, 422 if form.is_bound else 200)
    if books is not None:
        directory.relocate(form.config, form.credential, books)
    directory.adjust(config=form.config, **form.settings)
    return SeeOther(reverse("contacts:directory", args=[public_id]))


def mirror_of(request: Request, public_id: str) -> Directory:
    """Return a directory of this person that has a source; raises Http404 for any other."""
    directory = get_object_or_404(Directory, owner=request.user, public_id=public_id)
    if not directory.is_mirror or directory.lifecycle == Directory.Lifecycle.REMOVING:
        raise Http404
    return directory


@sensitive_variables()
def probe(form: ConnectForm | EditForm) -> list[Book] | None:
    """Return the books at the place that a form names; None where that fails, with the reason at the form."""
    try:
        return Directory.objects.probe(form.kind.key, form.config, form.credential)
    except DirectoryError as reason:
        fields = {DirectoryDenied: "token" if "token" in form.credential else "password", NotADirectory: "url"}
        name = next((name for kind, name in fields.items() if isinstance(reason, kind)), None)
        form.add_error(name if name in form.fields else None, str(reason))
    return None


def is_there_already(request: Request, form: ConnectForm) -> bool:
    """Whether this person mirrors that place already; then the form says so."""
    for directory in Directory.objects.filter(owner=request.user, backend_class=form.kind.key):
        is_same = _place(directory.config, stored_credential(directory)) == _place(form.config, form.credential)
        if is_same and form.kind.asks:
            form.add_error(None, forms.ValidationError(f"You have connected this already, as “{directory}”."))
            return True
    return False


def _place(config: Mapping[str, Any], credential: Mapping[str, str]) -> tuple[str, str]:
    return config.get("url", "").rstrip("/").casefold(), credential.get("username", "")


def stored_credential(directory: Directory) -> Mapping[str, str]:
    """Return what is stored; nothing where its key is gone, so that it can be entered anew."""
    try:
        return dict(cast(Mapping[str, str], directory.credential))
    except SecretUnreadable:
        return {}
