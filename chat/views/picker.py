"""A new conversation: choosing people, and what to say to them first."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chat.exceptions import ChatError
from chat.forms import PUBLIC_ID, SearchForm, StartForm
from chat.models import Conversation
from chat.models.candidates import Found, candidates
from chat.models.invite import OPEN_MAX
from chat.models.pasted import NEEDS_COUNTRY, Pasted, looks_like_number
from chat.models.recipients import TOO_MANY, Understood, understand
from chat.models.starting import conversation_with, start_with
from contacts.models.finding import Terms

from .conversations import open_conversation
from .panes import Request, SeeOther, page, render_pane, wants

UNCLEAR_TOLD = 5
ASKED_FIRST = 60  # letters of a text that are told again


def names_in(params: QueryDict) -> list[str]:
    """Return who is chosen: `to`, without whom `without` takes away."""
    without = params.get("without")
    return [name for name in params.getlist("to") if name.strip() and name != without]


def picking(request: Request, params: QueryDict, conversation: Conversation | None = None) -> dict[str, Any]:
    """Return what the picker shows: chips, rows, what to say about both, and what its button would do.

    params: q (what is typed), to (repeated: who is chosen), without (who is no longer). conversation: to which people
    are added.
    """
    search, names = SearchForm(params), names_in(params)
    many = search.pasted if search.is_valid() else None
    query = search.cleaned_data["q"] if search.is_valid() and many is None else ""
    understood = chosen_among(request, names, many)
    chosen = [one.key for one in understood.found]
    return {
        **rows_for(request, search, query or understood.doubt, chosen, conversation),
        **button_for(request, understood, conversation),
        "notes": list(filter(None, [*understood.refusals, understood.left_out, unclear_among(many)])),
        "is_pasted": many is not None,
    }


def rows_for(
    request: Request, search: SearchForm, query: str, chosen: Sequence[str], conversation: Conversation | None
) -> dict[str, Any]:
    """Return what was found."""
    is_asked = bool(query) or conversation is None  # a page with more on it shows nobody before somebody types
    found = candidates(request.user, query, chosen, conversation) if is_asked else Found([], Terms())
    return {
        "search": search,
        "query": query,
        "found": found,
        "rows": found.rows,
        "hint": " ".join(said_by(search)) or hint_for(query, found, is_asked=is_asked),
    }


def said_by(search: SearchForm) -> list[str]:
    return [str(error) for errors in search.errors.values() for error in errors]


def chosen_among(request: Request, names: list[str], many: Pasted | None) -> Understood:
    """Return who is chosen; where that would be too many, who was before."""
    added = many.keys if many else names[-1:]
    before = names if many else names[:-1]
    understood = understand(request.user, [*before, *added])
    if understood.refusals == [TOO_MANY] and before:
        return understand(request.user, before)._replace(refusals=[TOO_MANY])
    return understood


def unclear_among(many: Pasted | None) -> str:
    """Return the sentence about what of a pasted text is no address, "" where all are."""
    if not many or not many.unclear:
        return ""
    told = ", ".join(f"“{text[:ASKED_FIRST]}”" for text in many.unclear[:UNCLEAR_TOLD])
    more = len(many.unclear) - UNCLEAR_TOLD
    told = f"{told} and {more:,} more" if more > 0 else told
    numbers = [text for text in many.unclear if looks_like_number(text)]
    advice = f" {NEEDS_COUNTRY}" if numbers else ""
    return f"Not understood as an address: {told}.{advice}"


def hint_for(query: str, found: Found, *, is_asked: bool) -> str:
    if found.is_own_address:
        return "This is your own address."
    if found.rows or not is_asked:
        return ""
    if looks_like_number(query):
        return NEEDS_COUNTRY
    if not query:
        return "There is nobody else here yet. Write an e-mail address to invite somebody."
    return ""


def button_for(request: Request, understood: Understood, conversation: Conversation | None) -> dict[str, Any]:
    """Return what choosing these people would do."""
    people = understood.found
    guests = [one for one in people if one.account is None]
    is_few = len(guests) <= OPEN_MAX  # more cannot be invited at once, so nothing waits for them
    existing = conversation_with(request.user, people) if people and conversation is None and is_few else None
    there = 1 if conversation is not None and conversation.is_private else 0
    return {
        "people": people,
        "existing": existing,
        "count": len(people) + 1 + there,
        "invited": len(guests),
        "conversation": conversation,
    }


def conversation_named(request: Request, public_id: str) -> Conversation | None:
    """Return the conversation to which people are to be added, None for a new one."""
    if not public_id:
        return None
    if not PUBLIC_ID.fullmatch(public_id):
        raise Http404
    return open_conversation(request.user, public_id)[0]


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Show the picker. As POST it asks the same, for texts that are too long for an address, and changes nothing."""
    params = request.POST if request.method == "POST" else request.GET
    conversation = conversation_named(request, params.get("in", ""))
    if wants(request, "div#picker-results"):  # somebody types on: nothing else changes
        search = SearchForm(params)
        query = search.cleaned_data["q"] if search.is_valid() else ""
        found = rows_for(request, search, query, names_in(params), conversation)
        return render(request, "chat/_picker_found.html", found, status=422 if search.errors else 200)
    context = picking(request, params, conversation)
    context["is_quick"] = "quick" in params
    status = 422 if context["search"].errors else 200
    if wants(request, "div#picker"):
        return render(request, "chat/_picker_parts.html", context, status=status)
    context["form"] = StartForm(sender=request.user)
    return render_pane(request, "chat/new.html", context, status)


@page
@require_POST
def create(request: Request) -> HttpResponse:
    form = StartForm(request.POST, sender=request.user)
    if form.is_valid():
        try:
            return SeeOther(reverse("chat:conversation", args=[start(form).public_id]))
        except ChatError as reason:
            form.add_error(None, str(reason))
    context = picking(request, request.POST)
    context["notes"] = []  # the form says the same
    return render_pane(request, "chat/new.html", {**context, "form": form}, 422)


@transaction.atomic
def start(form: StartForm) -> Conversation:
    """Open the conversation that the form asks for, and say its first message if there is one."""
    said = form.cleaned_data
    return start_with(form.sender, form.people(), said["title"], said["body"], said["is_text_told"])
