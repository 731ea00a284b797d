"""What waits for a person's word: doubtful links, and contacts that may be one."""

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from contacts.models import Party, PartyHandle, probable_duplicates

from .panes import Request, SeeOther, doubtful_links, page, render_pane

SHOWN = 50


class Doubt(NamedTuple):
    """A doubtful link. why: what stands for it; holder: who has the handle now."""

    link: PartyHandle
    why: list[str]
    holder: Party | None


@page
@require_safe
def index(request: Request) -> HttpResponse:
    links = doubtful_links(request).order_by("handle", "pk")
    shown = list(
        links.select_related(
            "party__person", "party__organization", "handle__party__person", "handle__party__organization"
        )[: SHOWN + 1]
    )
    pairs = probable_duplicates(request.user, SHOWN + 1)
    context: dict[str, Any] = {
        "doubts": [doubt(link) for link in shown[:SHOWN]],
        "has_more": len(shown) > SHOWN,
        "pairs": pairs[:SHOWN],
        "has_more_pairs": len(pairs) > SHOWN,
    }
    return render_pane(request, "contacts/review.html", context)


def doubt(link: PartyHandle) -> Doubt:
    why = [word["line"] for word in link.evidence.values() if word.get("line")]
    holder = link.handle.party if link.handle.party_id != link.party_id else None
    return Doubt(link, why, holder)


def link_of(request: Request, public_id: str, handle_id: str) -> PartyHandle:
    links = PartyHandle.objects.filter(party__owner=request.user, party__removed_at=None, party__merged_into=None)
    links = links.select_related("handle", "party")
    return get_object_or_404(links, party__public_id=public_id, handle__public_id=handle_id)


def come_back(request: Request, public_id: str) -> SeeOther:
    if request.POST.get("then") == "party":
        return SeeOther(reverse("contacts:party", args=[public_id]))
    return SeeOther(reverse("contacts:review"))


@page
@require_POST
def confirm(request: Request, public_id: str, handle_id: str) -> HttpResponse:
    link_of(request, public_id, handle_id).confirm()
    return come_back(request, public_id)


@page
@require_POST
def dismiss(request: Request, public_id: str, handle_id: str) -> HttpResponse:
    link_of(request, public_id, handle_id).dismiss()
    return come_back(request, public_id)
