"""Two entries that are one: choosing the other, comparing both, merging, keeping apart and taking apart again."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.exceptions import MergeRefused
from contacts.forms.merging import MergeForm, differences
from contacts.models import Affiliation, KeptApart, Party, merge
from contacts.models import unmerge as take_apart
from contacts.templatetags.book import lines_of, platform_label

from .listing import QUERY_MAX
from .panes import Request, SeeOther, page, render_pane
from .parties import own, said_by, to_party

FOUND_MAX = 20


class Sides(NamedTuple):
    """Things of which there may be several: those that only one entry has, and those that both have."""

    label: str
    one: list[str]
    other: list[str]
    both: list[str]


# --- Choosing ------------------------------------------------------------------------------------------------------


@page
@require_safe
def pick(request: Request, public_id: str) -> HttpResponse:
    party = own(request, public_id, Party.objects.get_queryset().select_related("person", "organization"))
    others = Party.objects.of(request.user).exclude(pk=party.pk)
    others = others.organizations() if party.kind == "organization" else others.people()
    query = request.GET.get("q", "").replace("\0", " ")[:QUERY_MAX].strip()
    if query:
        found = others.search(query)
    else:
        shared = Q(links__handle__in=party.links.values("handle"))
        alike = Party.objects.of(request.user).filter(Q(sort_key=party.sort_key) | shared).values("pk")
        found = others.filter(pk__in=alike)
    listed = found.listed().prefetch_related("affiliations")[:FOUND_MAX]
    return render_pane(request, "contacts/merge.html", {"party": party, "query": query, "found": listed})


# --- Comparing and merging -----------------------------------------------------------------------------------------


@page
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: Request, public_id: str, other_id: str) -> HttpResponse:
    parties = Party.objects.get_queryset().with_card().defer(None)
    one, other = own(request, public_id, parties), own(request, other_id, parties)
    if one.kind != other.kind or one == other:
        raise MergeRefused("Only two different people, or two different organisations, can become one.")
    said = {"one": said_by(one), "other": said_by(other)}
    form = MergeForm(request.POST if request.method == "POST" else None, **said)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            merged = merge(one, other)
            if form.merged() != form.one:
                merged.edit(form.one, form.merged())
        return SeeOther(reverse("contacts:review")) if is_from_review(request) else to_party(one)
    rows = differences(**said)
    context = {
        "one": one,
        "other": other,
        "form": form,
        "choices": [(row, form[row.field]) for row in rows if row.is_choice],
        "given": [row for row in rows if not row.is_choice and not row.is_same],
        "same": [row for row in rows if row.is_same],
        "sides": [sides for sides in several(one, other) if sides.one or sides.other],
        "shared": [sides for sides in several(one, other) if sides.both],
        "is_from_review": is_from_review(request),
    }
    return render_pane(request, "contacts/compare.html", context, 422 if form.errors else 200)


def is_from_review(request: Request) -> bool:
    return (request.POST if request.method == "POST" else request.GET).get("from") == "review"


def several(one: Party, other: Party) -> list[Sides]:
    return [
        sides("How to reach", one, other, ways_to_reach),
        sides("Addresses", one, other, lambda party: ((a.content, lines_of(a)) for a in party.addresses.all())),
        sides("Organisations", one, other, affiliations_of),
        sides("Groups", one, other, lambda party: ((m.group_id, m.group.name) for m in party.memberships.all())),
        sides("From", one, other, lambda party: ((party.folder_id, party.folder.name),) if party.folder else ()),
    ]


def ways_to_reach(party: Party) -> Iterable[tuple[Any, str]]:
    for link in party.links.all():
        if not link.is_dismissed:
            yield link.handle_id, f"{platform_label(link.handle.platform)}: {link.handle.value}"


def affiliations_of(party: Party) -> Iterable[tuple[Any, str]]:
    for work in party.affiliations.all():
        if work.content != Affiliation().content:
            yield (
                work.content,
                ", ".join(filter(None, [work.title, work.role, work.department, work.organization_name])),
            )


def sides(label: str, one: Party, other: Party, things: Callable[[Party], Iterable[tuple[Any, str]]]) -> Sides:
    """Compare things of both. things: gives what makes each the same, and how it is called."""
    here, there = dict(things(one)), dict(things(other))
    return Sides(
        label,
        [text for key, text in here.items() if key not in there],
        [text for key, text in there.items() if key not in here],
        [text for key, text in here.items() if key in there],
    )


@page
@require_POST
def keep_apart(request: Request, public_id: str, other_id: str) -> HttpResponse:
    one, other = own(request, public_id), own(request, other_id)
    KeptApart.objects.keep(one, other)
    return SeeOther(reverse("contacts:review")) if is_from_review(request) else to_party(one)


@page
@require_POST
def unmerge(request: Request, public_id: str) -> HttpResponse:
    entries = Party.objects.filter(owner=request.user).exclude(merged_into=None)
    return to_party(take_apart(get_object_or_404(entries, public_id=public_id)))
