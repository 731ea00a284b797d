"""Cards that could not be taken in: why, and their text as it came."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contacts.models import Directory, QuarantinedCard

from .panes import Request, page, render_pane

SHOWN = 500
TEXT_MAX = 20_000


@page
@require_safe
def index(request: Request, public_id: str) -> HttpResponse:
    directory = get_object_or_404(Directory, owner=request.user, public_id=public_id)
    cards = QuarantinedCard.objects.filter(folder__directory=directory).defer("raw_vcard").select_related("folder")
    context = {"directory": directory, "cards": cards[:SHOWN], "more": cards.count() - SHOWN}
    return render_pane(request, "contacts/quarantined.html", context)


def card_of(request: Request, public_id: str, card_id: str) -> QuarantinedCard:
    cards = QuarantinedCard.objects.select_related("folder__directory")
    return get_object_or_404(
        cards, public_id=card_id, folder__directory__public_id=public_id, folder__directory__owner=request.user
    )


@page
@require_safe
def show(request: Request, public_id: str, card_id: str) -> HttpResponse:
    card = card_of(request, public_id, card_id)
    text = card.text
    context = {"directory": card.folder.directory, "card": card, "text": text[:TEXT_MAX]}
    return render_pane(request, "contacts/quarantined_card.html", {**context, "is_cut": len(text) > TEXT_MAX})


@page
@require_safe
def download(request: Request, public_id: str, card_id: str) -> HttpResponse:
    """The card as it came, for somebody who wants to mend it."""
    card = card_of(request, public_id, card_id)
    response = HttpResponse(bytes(card.raw_vcard), content_type="text/vcard; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="card-{card.public_id}.vcf"'
    return response
