"""Which rows the picker shows, and in what order: exact starts of words, recent partners, contacts, other accounts.

The database finds and sorts, and gives of each row no more than what it is sorted by.
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull

from contacts.models import ContactGroup, Party
from contacts.models.finding import Terms
from contacts.models.party import PartyQuerySet
from project.words import fold

from .acquaintance import visible_accounts
from .partners import recent_partners

if TYPE_CHECKING:
    from project.accounts.models import User

ROWS_MAX = 20
GROUPS_MAX = 5
PARTNER, GROUP, CONTACT, ACCOUNT = range(4)


class Rank(NamedTuple):
    """Where a row stands: the least first."""

    inside: int  # 0 where every word starts a word, 1 where some stand inside
    tier: int
    order: Any
    pk: int
    kind: str  # "party", "group" or "account"


class Search(NamedTuple):
    """What somebody looks for, and who is left out."""

    viewer: "User"
    terms: Terms
    at_address: Collection[int] = ()  # accounts at the address that was typed
    without_ids: Collection[str] = ()  # public ids of parties and groups
    without_users: Collection[int] = ()  # accounts, with or without a contact

    def ranked(self) -> list[Rank]:
        """Return the first rows, in order."""
        partners = recent_partners(self.viewer)
        limit = ROWS_MAX + len(partners.users) + len(partners.parties)
        is_partner = Q(pk__in=partners.parties) | Q(user__in=partners.users) if limit > ROWS_MAX else None
        ranks = []
        for pk, user_id, sort_key, inside in self._parties(is_partner, limit):
            rank = partners.parties.get(pk, partners.users.get(user_id or 0))
            tier, order = (CONTACT, sort_key) if rank is None else (PARTNER, rank)
            ranks.append(Rank(inside, tier, order, pk, "party"))
        for pk, name, inside in self._accounts(Q(pk__in=partners.users) if partners.users else None, limit):
            rank = partners.users.get(pk)
            tier, order = (ACCOUNT, name) if rank is None else (PARTNER, rank)
            ranks.append(Rank(inside, tier, order, pk, "account"))
        return sorted({*ranks, *self._groups()})[:ROWS_MAX]

    def _parties(self, is_partner: Q | None, limit: int) -> list[tuple[int, int | None, str, int]]:
        visible = Q(user__in=visible_accounts(self.viewer).values("pk"))
        if settings.MEMBERS_FIND_EACH_OTHER:
            visible = Q(user__is_active=True)  # the same, and quicker
        account_says = _account_says("user__")

        def says(needle: str) -> Q:
            return Q(search_text__contains=needle) | (visible & account_says(needle))

        parties = Party.objects.of(self.viewer) if not self.terms.needles else _book_by_place(self.viewer)
        parties = parties.exclude(public_id__in=self.without_ids)
        parties = parties.filter(Q(user=None) | ~Q(user__in=self.without_users))
        columns = ("pk", "user", "sort_key", "inside")
        if not self.terms.needles:
            parties = parties.annotate(inside=Value(0, IntegerField())).order_by("sort_key", "pk")
            first = parties.filter(is_partner).values_list(*columns) if is_partner else []
            return [*first, *parties.values_list(*columns)[:ROWS_MAX]]
        at_address = Q(user__in=self.at_address)
        found = parties.filter(self.terms.within(says) | at_address)
        found = found.annotate(inside=_zero_where(self.terms.at_start(says) | at_address))
        return list(found.order_by(*_in_order(is_partner), "sort_key", "pk").values_list(*columns)[:limit])

    def _accounts(self, is_partner: Q | None, limit: int) -> list[tuple[int, str, int]]:
        says, at_address = _account_says(), Q(pk__in=self.at_address)
        is_known = Exists(Party.objects.of(self.viewer).filter(user=OuterRef("pk")))
        found = visible_accounts(self.viewer).filter(~is_known).exclude(pk__in=self.without_users)
        inside: Any = Value(0, IntegerField())
        if self.terms.needles:
            found = found.filter(self.terms.within(says) | at_address)
            inside = _zero_where(self.terms.at_start(says) | at_address)
        found = found.annotate(inside=inside).order_by(*_in_order(is_partner), "search_text", "pk")
        return list(found.values_list("pk", "search_text", "inside")[:limit])

    def _groups(self) -> list[Rank]:
        if not self.terms.needles:
            return []
        groups = ContactGroup.objects.of(self.viewer).exclude(public_id__in=self.without_ids)
        groups = groups.filter(self.terms.within(lambda needle: Q(name_key__contains=needle)))
        ranks = []
        for pk, name in groups.values_list("pk", "name"):
            text = f" {fold(name)}"
            inside = int(any(f" {needle}" not in text for needle, *_ in self.terms.needles))
            ranks.append(Rank(inside, GROUP, text, pk, "group"))
        return sorted(ranks)[:GROUPS_MAX]


def _book_by_place(owner: "User") -> PartyQuerySet:
    """Return the book of owner in a form that SQLite reads in the order of its rows, and not of their names.

    Every row is looked at; by the index that orders the book this jumps through the file, and takes three times as
    long. A column inside an expression is not looked for in an index.
    """
    whole = Party.objects.get_queryset().filter(owner=owner)
    shown = (IsNull(Coalesce(F(name), F(name)), True) for name in ("removed_at", "merged_into"))
    return whole.filter(*shown)


def _account_says(prefix: str = "") -> Callable[[str], Q]:
    """Return the condition that an account says something, as far as it may be searched."""

    def condition(needle: str) -> Q:
        said = Q(**{f"{prefix}search_text__contains": needle})
        if settings.MEMBERS_FIND_EACH_OTHER:
            lookup = "startswith" if needle.startswith(" ") else "contains"
            said |= Q(**{f"{prefix}email__{lookup}": needle.strip()})
        return said

    return condition


def _in_order(is_partner: Q | None) -> list[Any]:
    # A condition that nothing meets would be a number, and to sort by a number means the column at that place.
    return ["inside", _zero_where(is_partner)] if is_partner else ["inside"]


def _zero_where(condition: Q) -> Case:
    return Case(When(condition, then=Value(0)), default=Value(1), output_field=IntegerField())
