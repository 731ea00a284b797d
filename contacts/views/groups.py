"""Groups of contacts: those made by hand can be changed, those that come with cards can be looked at."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.exceptions import InvalidContact
from contacts.forms.groups import GroupNameForm
from contacts.models import ContactGroup, Party

from .listing import PAGE_SIZE, QUERY_MAX
from .panes import Request, SeeOther, page, render_pane
from .parties import own, to_party

FOUND_MAX = 20


def group_of(request: Request, public_id: str) -> ContactGroup:
    groups = ContactGroup.objects.of(request.user).select_related("folder__directory")
    return get_object_or_404(groups.defer("raw_vcard", "base_vcard"), public_id=public_id)


def changeable(request: Request, public_id: str) -> ContactGroup:
    """Return a group that was made here. Raises InvalidContact for one that comes with cards."""
    group = group_of(request, public_id)
    if not group.is_by_hand:
        raise InvalidContact("This group comes with the cards that are in it. Change it where they come from.")
    return group


def to_group(group: ContactGroup) -> SeeOther:
    return SeeOther(reverse("contacts:group", args=[group.public_id]))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    form = GroupNameForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return to_group(ContactGroup.objects.make(request.user, form.cleaned_data["name"]))
        except InvalidContact as reason:
            form.add_error("name", str(reason))
    shown = Q(members__party__removed_at=None, members__party__merged_into=None)
    counted = Count("members__party", filter=shown, distinct=True)
    groups = ContactGroup.objects.of(request.user).select_related("folder").defer("raw_vcard", "base_vcard")
    context = {"groups": groups.annotate(number=counted), "form": form}
    return render_pane(request, "contacts/groups.html", context, 422 if form.errors else 200)


@page
@require_safe
def show(request: Request, public_id: str) -> HttpResponse:
    return render_group(request, group_of(request, public_id))


def render_group(request: Request, group: ContactGroup, form: GroupNameForm | None = None) -> HttpResponse:
    query = request.GET.get("q", "").replace("\0", " ")[:QUERY_MAX].strip()
    people = list(Party.objects.of(request.user).filter(pk__in=group.people.values("pk")).listed()[: PAGE_SIZE + 1])
    found: Any = []
    if query and group.is_by_hand:
        others = Party.objects.of(request.user).exclude(pk__in=group.people.values("pk"))
        found = others.search(query).listed()[:FOUND_MAX]
    context = {
        "group": group,
        "people": people[:PAGE_SIZE],
        "has_more": len(people) > PAGE_SIZE,
        "waiting": group.members.filter(party=None).count(),
        "query": query,
        "found": found,
        "form": form or GroupNameForm(initial={"name": group.name}),
    }
    return render_pane(request, "contacts/group.html", context, 422 if form else 200)


@page
@require_POST
def rename(request: Request, public_id: str) -> HttpResponse:
    group = changeable(request, public_id)
    form = GroupNameForm(request.POST)
    if form.is_valid():
        try:
            group.rename(form.cleaned_data["name"])
            return to_group(group)
        except InvalidContact as reason:
            form.add_error("name", str(reason))
    return render_group(request, group, form)


@page
@require_POST
def delete(request: Request, public_id: str) -> HttpResponse:
    changeable(request, public_id).delete()
    return SeeOther(reverse("contacts:groups"))


@page
@require_POST
def add(request: Request, public_id: str) -> HttpResponse:
    group = changeable(request, public_id)
    group.add(own(request, request.POST.get("party", "")[:16]))
    return to_group(group)


@page
@require_POST
def remove(request: Request, public_id: str, party_id: str) -> HttpResponse:
    group = changeable(request, public_id)
    party = own(request, party_id)
    group.remove(party)
    return to_party(party) if request.POST.get("then") == "party" else to_group(group)


@page
@require_POST
def of_party(request: Request, public_id: str) -> HttpResponse:
    """Put a contact into a group, from its own page."""
    party = own(request, public_id)
    changeable(request, request.POST.get("group", "")[:16]).add(party)
    return to_party(party)
