"""One person or organisation: its page, its card, and making, editing and removing it."""

from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.card import CardHandle, Contact, Detail
from contacts.exceptions import InvalidContact
from contacts.forms.parties import PartyForm
from contacts.models import Address, Affiliation, ContactGroup, Folder, Party, PartyHandle
from contacts.models.party import PartyQuerySet

from .panes import Request, SeeOther, page, render_pane

MEMBERS_SHOWN = 200
LINES_SHOWN = 12


class Claim(NamedTuple):
    """A handle of a party, with who says so. says: (line of a card, the merged entry whose card it is or None);
    holder: the other party to whom the handle belongs."""

    link: PartyHandle
    says: list[tuple[str, Party | None]]
    holder: Party | None


def own(request: Request, public_id: str, parties: PartyQuerySet | None = None) -> Party:
    """Return a contact that stands in the book of this person."""
    found = Party.objects.get_queryset() if parties is None else parties
    return get_object_or_404(found.in_book().filter(owner=request.user), public_id=public_id)


def to_party(party: Party) -> SeeOther:
    return SeeOther(reverse("contacts:party", args=[party.public_id]))


def said_by(party: Party) -> Contact:
    """What the card of a party says."""
    return party.contact() if party.raw_vcard else Contact()


# --- Its page ------------------------------------------------------------------------------------------------------


@page
@require_safe
def show(request: Request, public_id: str) -> HttpResponse:
    entries = Party.objects.get_queryset().select_related("person", "organization", "folder__directory").defer(None)
    parties = Party.objects.get_queryset().filter(owner=request.user).with_card()
    party = get_object_or_404(
        parties.defer(None).select_related("merged_into", "user").prefetch_related(Prefetch("merged", entries)),
        public_id=public_id,
    )
    if party.merged_into is not None:
        return to_party(party.merged_into)
    if party.removed_at is not None:
        return render_pane(request, "contacts/removed_party.html", {"party": party})
    return render_pane(request, "contacts/party.html", card_of(request, party))


def card_of(request: Request, party: Party) -> dict[str, Any]:
    """Return everything that the page of a party shows; party: with its card, and its merged entries."""
    entries = list(party.merged.all())
    said = [said_by(one) for one in (party, *entries)]
    claims = claims_of(party, entries)
    groups = list({member.group for member in party.memberships.all() if member.group.removed_at is None})
    by_hand = ContactGroup.objects.of(request.user).filter(source=ContactGroup.Source.MANUAL)
    return {
        "party": party,
        "claims": [claim for claim in claims if not claim.link.is_dismissed],
        "dismissed": [claim for claim in claims if claim.link.is_dismissed],
        "addresses": unique(party.addresses.all()),
        "affiliations": [work for work in unique(party.affiliations.all()) if work.content != Affiliation().content],
        "members": members_of(party),
        "groups": sorted(groups, key=lambda group: (group.name_key, group.pk)),
        "more_groups": [group for group in by_hand.defer("raw_vcard", "base_vcard") if group not in groups],
        "details": list(dict.fromkeys(detail for contact in said for detail in contact.details)),
        "unreadable": [
            line
            for one, contact in zip((party, *entries), said, strict=True)
            for line in (*contact.unreadable, *undrawn(one, contact))
        ],
        "entries": entries,
        **said_once(party, entries),
    }


def undrawn(party: Party, contact: Contact) -> list[Detail]:
    """Return the picture of a card that looks like one and cannot be drawn."""
    is_damaged = contact.photo is not None and contact.photo.data and not party.avatar
    return [Detail("PHOTO", "the picture is damaged")] if is_damaged else []


def said_once(party: Party, entries: list[Party]) -> dict[str, Any]:
    """Return what a contact has once; where its own card is silent, a merged entry speaks."""
    people = [one.person for one in (party, *entries) if one.kind == "person"]
    said = {name: [getattr(one, name) for one in people] for name in ("nickname", "birthday", "anniversary")}
    said["notes"] = [one.notes for one in (party, *entries)]
    return {name: next(filter(None, words), None) for name, words in said.items()}


def claims_of(party: Party, entries: list[Party]) -> list[Claim]:
    """Return the claims of a party by platform, the preferred first."""
    whose = {str(entry.pk): entry for entry in entries}
    links = list(party.links.all())
    others = {link.handle.party_id for link in links} - {party.pk, None}
    holders = Party.objects.in_bulk(others) if others else {}
    claims = []
    for link in links:
        says = [(word.get("line", ""), whose.get(origin)) for origin, word in link.evidence.items()]
        claims.append(Claim(link, [one for one in says if one[0]], holders.get(link.handle.party_id)))
    order = {"phone": 0, "email": 1, "website": 9, "other": 9}
    return sorted(claims, key=lambda claim: order.get(claim.link.handle.platform, 2))


def unique(rows: Any) -> "list[Any]":
    """Return addresses or affiliations, of the same content only the first: merged entries often repeat each other."""
    kept: dict[str, Address | Affiliation] = {}
    for row in rows:
        kept.setdefault(row.content, row)
    return list(kept.values())


def members_of(party: Party) -> list[Affiliation]:
    """Return who works at an organisation, each once."""
    if party.kind != "organization":
        return []
    rows = party.members.filter(party__removed_at=None, party__merged_into=None)
    rows = rows.select_related("party__person", "party__organization").order_by("party__sort_key", "pk")
    return list({row.party_id: row for row in rows[: MEMBERS_SHOWN + 1]}.values())


@page
@require_safe
def card(request: Request, public_id: str) -> HttpResponse:
    entries = Party.objects.get_queryset().select_related("folder__directory").defer(None)
    party = own(request, public_id, entries.prefetch_related(Prefetch("merged", entries)))
    cards = [(one, text_of(bytes(one.raw_vcard))) for one in (party, *party.merged.all())]
    return render_pane(request, "contacts/card.html", {"party": party, "cards": cards})


def text_of(raw: bytes) -> str:
    """Return a card as text to look at, with the middle of long values (photos) left out."""
    shown: list[str] = []
    hidden = 0
    for line in [*raw.decode("utf-8", "replace").splitlines(), ""]:
        hidden = hidden + 1 if line[:1] in {" ", "\t"} else 0
        if hidden <= LINES_SHOWN:
            shown.append(line if len(line) <= 2000 else f"{line[:2000]} … {len(line) - 2000} more characters")
        elif hidden == LINES_SHOWN + 1:
            shown.append(" …")
    return "\n".join(shown)


# --- Making and editing --------------------------------------------------------------------------------------------


@page
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request) -> HttpResponse:
    if request.method != "POST":
        kind = "organization" if request.GET.get("kind") == "organization" else "person"
        blank = Contact(kind=kind, handles=(CardHandle("phone", ""), CardHandle("email", "")))
        return render_pane(request, "contacts/new.html", {"form": PartyForm(blank)})
    by_hand = Folder.objects.filter(owner=request.user, directory__backend_class="manual").select_related("directory")
    folder = by_hand.first()
    form = PartyForm(Contact(), folder.region if folder else settings.DEFAULT_REGION, request.POST, request.FILES)
    if (more := request.POST.get("more")) is not None:
        return render_pane(request, "contacts/new.html", {"form": form.with_more(more)})
    if form.is_valid():
        try:
            return to_party(Party.objects.enter(request.user, form.contact()))
        except InvalidContact as reason:
            form.fields.add_error(None, str(reason))
    return render_pane(request, "contacts/new.html", {"form": form}, 422)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, public_id: str) -> HttpResponse:
    # An entry that was merged has a card of its own, which can be edited too.
    parties = Party.objects.defer(None).filter(owner=request.user, removed_at=None)
    parties = parties.select_related("folder__directory", "merged_into", "person", "organization")
    party = get_object_or_404(parties, public_id=public_id)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = PartyForm(said_by(party), party.region, *sent)
    context = {"party": party, "form": form}
    if request.method != "POST":
        return render_pane(request, "contacts/edit.html", context)
    if (more := request.POST.get("more")) is not None:
        return render_pane(request, "contacts/edit.html", {**context, "form": form.with_more(more)})
    if form.is_valid():
        try:
            party.edit(form.drawn, form.contact())
            return to_party(party.canonical)
        except InvalidContact as reason:
            form.fields.add_error(None, str(reason))
    return render_pane(request, "contacts/edit.html", context, 422)


# --- Removing ------------------------------------------------------------------------------------------------------


@page
@require_POST
def remove(request: Request, public_id: str) -> HttpResponse:
    party = own(request, public_id)
    party.purge(by_owner=True)
    return to_party(party)


@page
@require_POST
def restore(request: Request, public_id: str) -> HttpResponse:
    party = removed(request, public_id)
    party.restore()
    return to_party(party)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: Request, public_id: str) -> HttpResponse:
    party = removed(request, public_id)
    if request.method != "POST":
        return render_pane(request, "contacts/erase.html", {"party": party})
    party.erase()
    return SeeOther(reverse("contacts:removed"))


def removed(request: Request, public_id: str) -> Party:
    parties = Party.objects.removed().filter(owner=request.user).select_related("folder__directory")
    return get_object_or_404(parties, public_id=public_id)
