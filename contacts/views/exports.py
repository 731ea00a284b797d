"""Contacts as .vcf files. They are written while they are sent, so that a large book takes no more memory than a small
one."""

import re
import unicodedata
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from contacts import exporting
from contacts.models import ContactGroup, Folder, Party

from .panes import Request, page

FILE_NAME_MAX = 80


@page
@require_safe
def index(request: Request) -> StreamingHttpResponse:
    """Everything, or one folder (?folder=) or group (?group=) of it."""
    folder_id, group_id = request.GET.get("folder", ""), request.GET.get("group", "")
    if folder_id and group_id:
        raise Http404
    if folder_id:
        folder = get_object_or_404(Folder, owner=request.user, public_id=folder_id)
        return download(exporting.of_folder(folder), folder.name)
    if group_id:
        group = get_object_or_404(ContactGroup.objects.of(request.user), public_id=group_id)
        return download(exporting.of_group(group), group.name)
    return download(exporting.whole_book(request.user), f"Contacts {timezone.localdate():%Y-%m-%d}")


@page
@require_safe
def party(request: Request, public_id: str) -> StreamingHttpResponse:
    one = get_object_or_404(Party.objects.of(request.user), public_id=public_id)
    return download(exporting.of_party(one), one.display_name)


def download(cards: Iterator[bytes], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_sent(cards), content_type="text/vcard; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, file_name(name))
    return response


async def _sent(cards: Iterator[bytes]) -> AsyncIterator[bytes]:
    while chunk := await sync_to_async(_next)(cards):
        yield chunk


def _next(cards: Iterator[bytes]) -> bytes:
    """Return the next piece; in between, while a slow reader reads, no connection to the database is held."""
    try:
        return next(cards, b"")
    finally:
        close_old_connections()


def file_name(name: str) -> str:
    """Return a name that any system takes for a file."""
    plain = unicodedata.normalize("NFC", name)
    plain = "".join(sign if sign.isprintable() else " " for sign in plain)
    plain = " ".join(re.sub(r'[\\/:*?"<>|%;]', " ", plain).split())[:FILE_NAME_MAX].strip(". ")
    return f"{plain or 'Contacts'}.vcf"
