"""One person with an account, as the viewer knows them: who they are, what both talk in, and blocking them."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from chat.forms import PUBLIC_ID
from chat.models import Block, Participation
from chat.models.acquaintance import add_to_contacts, entries_of, known_accounts, recognise
from contacts.models import Party
from project.accounts.models import User

from .panes import Request, SeeOther, page, render_pane

FOUND_MAX = 20
QUERY_MAX = 200  # letters
TALKS_SHOWN = 50


def account_of(request: Request, public_id: str) -> User:
    """Return somebody whom the viewer may know of; anybody else is not there."""
    return get_object_or_404(known_accounts(request.user), public_id=public_id)


def contact_of(request: Request) -> Party:
    """Return the person of the viewer's book whom a form names."""
    name = request.POST.get("party", "")
    if not PUBLIC_ID.fullmatch(name):
        raise Http404
    return get_object_or_404(Party.objects.of(request.user).people(), public_id=name)


def come_back(request: Request, account: User) -> SeeOther:
    """Lead to the page that a form stood on: of a conversation, of a contact, or of the person."""
    where, _, name = request.POST.get("then", "").partition(":")
    if where in {"conversation", "contact"} and PUBLIC_ID.fullmatch(name):
        return SeeOther(reverse("chat:conversation" if where == "conversation" else "contacts:party", args=[name]))
    return SeeOther(reverse("chat:person", args=[account.public_id]))


@page
@require_safe
def show(request: Request, public_id: str) -> HttpResponse:
    if public_id == request.user.public_id:
        return redirect("account_settings")
    account = account_of(request, public_id)
    query = request.GET.get("q", "").replace("\0", " ")[:QUERY_MAX].strip()
    talks = list(Participation.objects.shared_with(request.user, account).select_related("user")[: TALKS_SHOWN + 1])
    context: dict[str, Any] = {
        "account": account,
        "entry": entries_of(request.user, [account.pk]).get(account.pk),
        "talks": talks[:TALKS_SHOWN],
        "has_more": len(talks) > TALKS_SHOWN,
        "is_blocked": Block.objects.filter(owner=request.user, blocked=account).exists(),
        "query": query,
        "found": contacts_found(request.user, query),
    }
    return render_pane(request, "chat/person.html", context)


def contacts_found(owner: User, query: str) -> list[Party]:
    if not query:
        return []
    found = Party.objects.of(owner).people().search(query)
    return list(found.listed().prefetch_related("affiliations")[:FOUND_MAX])


# --- From the chat to the book ---------------------------------------------------------------------------------------


@page
@require_POST
def add(request: Request, public_id: str) -> HttpResponse:
    account = account_of(request, public_id)
    add_to_contacts(request.user, account)
    return come_back(request, account)


@page
@require_POST
def recognised(request: Request, public_id: str) -> HttpResponse:
    account = account_of(request, public_id)
    recognise(contact_of(request), account)
    return come_back(request, account)


@page
@require_POST
def denied(request: Request, public_id: str) -> HttpResponse:
    """That is not them: an account that the viewer may not know of cannot be told from none by trying this."""
    account = account_of(request, public_id)
    party = contact_of(request)
    if party.user_id == account.pk:
        party.deny_user()
    return SeeOther(f"{reverse('contacts:party', args=[party.public_id])}?denied={account.public_id}")


# --- Blocking --------------------------------------------------------------------------------------------------------


@page
@require_POST
def block(request: Request, public_id: str) -> HttpResponse:
    account = account_of(request, public_id)
    Block.objects.block(request.user, account)
    return come_back(request, account)


@page
@require_POST
def unblock(request: Request, public_id: str) -> HttpResponse:
    account = account_of(request, public_id)
    Block.objects.unblock(request.user, account)
    return come_back(request, account)
