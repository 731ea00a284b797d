"""What the sidebar shows of a book: one page of its list, by letters, and what it can be narrowed to.

Nothing counts rows: a page asks for one row more than it shows, and begins after the last row of the one before.
"""

from functools import cached_property
from itertools import groupby
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.functions import Substr
from django.http import Http404, QueryDict

from contacts.models import Affiliation, ContactGroup, Folder, Party, PartyHandle
from contacts.models.party import PartyQuerySet
from contacts.templatetags.book import initial
from project.accounts.models import User
from project.words import SORT_KEY_MAX

PAGE_SIZE = 60
PART_MAX = 240  # whoever scrolls on gets more at once, up to this
ROWS_MAX = 1000
QUERY_MAX = 200
KINDS = {"people": "People", "organizations": "Organisations"}


class Listing:
    """One page of the list. params: q (what to search), in (what to narrow to), from (a letter), after and key (the
    id of the last row of the page before, and what it was sorted by), rows (how many, for a list drawn anew)."""

    def __init__(self, owner: User, params: QueryDict) -> None:
        self.owner = owner
        self.query = params.get("q", "").replace("\0", " ")[:QUERY_MAX].strip()
        self.where = params.get("in", "")
        self.start = params.get("from", "").replace("\0", "")[:4]
        self.after = params.get("after", "")
        self.key = params.get("key", "").replace("\0", "")[:SORT_KEY_MAX]
        rows = params.get("rows", "")
        self.size = min(max(int(rows), PAGE_SIZE), ROWS_MAX) if rows.isascii() and rows.isdecimal() else PAGE_SIZE

    # --- What it can be narrowed to --------------------------------------------------------------------------------

    @cached_property
    def folders(self) -> list[Folder]:
        """Folders with a contact in them, or waiting for their first sync."""
        cards = Party.objects.filter(folder=OuterRef("pk"), removed_at=None)
        folders = Folder.objects.filter(Q(is_mirrored=True) | Exists(cards), owner=self.owner)
        return list(folders.select_related("directory").only("public_id", "name", "directory__name"))

    @cached_property
    def groups(self) -> list[ContactGroup]:
        return list(ContactGroup.objects.of(self.owner).defer("raw_vcard", "base_vcard"))

    @cached_property
    def place(self) -> "Folder | ContactGroup | None":
        """The folder or group that the list is narrowed to. Raises Http404 for one that is not there."""
        if not self.where or self.where in KINDS:
            return None
        places: list[Folder | ContactGroup] = [*self.folders, *self.groups]
        found = next((place for place in places if place.public_id == self.where), None)
        if found is None:
            raise Http404
        return found

    @cached_property
    def parties(self) -> PartyQuerySet:
        """Everything that the list goes through, from its first letter on."""
        found = Party.objects.of(self.owner)
        if isinstance(self.place, Folder):
            found = found.in_folder(self.place)
        elif self.place is not None:
            found = found.filter(pk__in=self.place.members.exclude(party=None).values("party"))
        elif self.where == "people":
            found = found.people()
        elif self.where == "organizations":
            found = found.organizations()
        return found.search(self.query) if self.query else found

    # --- The page --------------------------------------------------------------------------------------------------

    @cached_property
    def former(self) -> Party | None:
        """The last row of the page before, also when it left the book meanwhile."""
        if not self.after:
            return None
        return Party.objects.filter(owner=self.owner, public_id=self.after[:16]).first()

    @property
    def former_key(self) -> str:
        """What that row was sorted by when the page before was drawn."""
        return self.key or (self.former.sort_key if self.former else "")

    @cached_property
    def _found(self) -> list[Party]:
        works = Affiliation.objects.only("party", "position", "title", "role", "organization_name")
        parties = self.parties.listed().prefetch_related(Prefetch("affiliations", works))
        if self.query:
            links = PartyHandle.objects.filter(is_dismissed=False).select_related("handle")
            links = links.only("party", "is_dismissed", "handle__value", "handle__normalised")
            parties = parties.prefetch_related(Prefetch("links", links))
        if self.after:
            parties = self._later(parties)
        elif self.start:
            parties = parties.filter(sort_key__gte=self.start)
        return list(parties[: self.size + 1])

    def _later(self, parties: PartyQuerySet) -> PartyQuerySet:
        """Return what comes after the page before.

        A last row that was renamed or deleted since then marks its place no more. Then namesakes of it may come once
        more, and nothing is left out; the browser shows a contact once.
        """
        key = self.former_key
        later = parties.filter(sort_key__gte=key)
        if self.former is not None and self.former.sort_key == key:
            later = later.filter(Q(sort_key__gt=key) | Q(pk__gt=self.former.pk))
        return later

    @property
    def rows(self) -> list[Party]:
        return self._found[: self.size]

    @property
    def sections(self) -> "list[tuple[str, list[Party]]]":
        """The rows under their letters; "" where the letter stands already above the page before, or in a search."""
        if self.query:
            return [("", self.rows)] if self.rows else []
        above = initial(self.former_key) if self.after else None
        grouped = groupby(self.rows, key=lambda party: initial(party.sort_key))
        return [("" if letter == above else letter, list(rows)) for letter, rows in grouped]

    @property
    def has_more(self) -> bool:
        return len(self._found) > self.size

    @cached_property
    def letters(self) -> "list[tuple[str, str]]":
        """The letters that names begin with, each with where the list starts for it; none for a short list."""
        if self.query or not (self.has_more or self.start):
            return []
        first = Substr("sort_key", 1, 1)
        starts = self.parties.order_by(first).values_list(first, flat=True).distinct()
        return [(letter, next(grouped)) for letter, grouped in groupby(filter(None, starts), key=initial)]

    # --- Its addresses ---------------------------------------------------------------------------------------------

    def _address(self, **more: str) -> str:
        params = {"q": self.query, "in": self.where, **more}
        return "?" + urlencode({name: value for name, value in params.items() if value})

    @property
    def address(self) -> str:
        """The list from where it starts now."""
        return self._address(**{"from": self.start})

    @property
    def beginning(self) -> str:
        return self._address()

    @property
    def next_page(self) -> str:
        last = self.rows[-1]
        return self._address(after=last.public_id, key=last.sort_key, rows=str(min(2 * self.size, PART_MAX)))

    @property
    def letter_links(self) -> "list[tuple[str, str]]":
        return [(letter, self._address(**{"from": start})) for letter, start in self.letters]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query or self.where)
