"""Whom somebody may mean by what they typed: people, organisations and groups of their book, and accounts.

One row per human: a contact whose account the viewer may know of stands once, and is found by what either is called.
Another person's book never changes an answer, and where members do not find each other, no address tells whether it
has an account. A little long, because what a row says of a person is decided from all of them at once.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db.models import Count, Q

from contacts.models import Affiliation, ContactGroup, Party, PartyHandle
from contacts.models.finding import Match, Terms, is_found_by_dismissed_alone, label_of, match_of
from project.words import fold

from .acquaintance import visible_accounts
from .pasted import Typed, typed
from .ranking import Search
from .reaching import (
    INVITABLE,
    accounts_at,
    best_way,
    is_certain,
    open_invites,
    own_addresses,
    place_of,
    ways_of,
    with_ways,
)
from .recipients import CHOICE, PUBLIC_ID

if TYPE_CHECKING:
    from project.accounts.models import User

    from .conversation import Conversation


class Candidate(NamedTuple):
    """One row: who it is, why it is here, and what choosing it would do."""

    key: str  # what `to` calls them; "" where nobody knows how to reach them
    name: str
    # "here": has an account; "invited"; "email", "phone": would be invited so; "people": stands for several; ""
    state: str
    label: str = ""  # what kind of thing note is: "work e-mail"
    note: str = ""
    party: Party | None = None
    account: "User | None" = None
    group: ContactGroup | None = None
    number: int = 0  # of people, for a group and an organisation
    claim: PartyHandle | None = None  # a claim of which this row is one side, or that is not certain
    differs: str = ""  # what tells this side from the others

    @property
    def kind(self) -> str:
        if self.group is not None:
            return "group"
        return "address" if self.party is None and self.account is None else "person"

    @property
    def is_doubtful(self) -> bool:
        """Whether choosing this row says something that was not certain: nobody does so by accident."""
        return self.claim is not None and not is_certain(self.claim)


class Found(NamedTuple):
    """The answer to what was typed."""

    rows: list[Candidate]
    terms: Terms
    is_own_address: bool = False


def candidates(
    viewer: "User", query: str, chosen: Collection[str] = (), conversation: "Conversation | None" = None
) -> Found:
    """Return who could be meant by query, the likeliest first; with an empty query recent partners, then contacts.

    chosen: names (as in `to`) that are chosen already; conversation: whose people are left out too.
    """
    one = typed(query)
    terms = Terms.of(one.address if one else query, settings.DEFAULT_REGION)
    email = one.address if one and one.platform == "email" else ""
    at_address = accounts_at(viewer, [email] if email else [])
    ids = {found[1] if (found := CHOICE.fullmatch(name)) else name for name in chosen}
    ids = {name for name in ids if PUBLIC_ID.fullmatch(name)}
    without = _accounts_left_out(viewer, ids, conversation)
    ranked = Search(viewer, terms, [user.pk for user in at_address.values()], ids, without).ranked()
    of_kind = {kind: [rank.pk for rank in ranked if rank.kind == kind] for kind in ("party", "account", "group")}
    rows = {
        "group": _group_rows(of_kind["group"]),
        "account": _account_rows(viewer, of_kind["account"], email if at_address else ""),
        "party": _PartyRows(viewer, of_kind["party"], terms, one).rows(),
    }
    ranked.sort(key=lambda rank: (rank.inside, rank.tier, _is_doubtful(rows[rank.kind].get(rank.pk))))
    shown = [row for rank in ranked if (row := rows[rank.kind].get(rank.pk))]
    is_own = bool(email) and email in own_addresses(viewer)
    if one and not is_own and not at_address and one.key not in chosen and not _is_somebodys(viewer, one):
        shown.append(Candidate(one.key, one.address, one.platform, note=one.name))
    return Found(shown, terms, is_own)


def _is_doubtful(row: Candidate | None) -> bool:
    return row is not None and row.is_doubtful


def _accounts_left_out(viewer: "User", ids: set[str], conversation: "Conversation | None") -> set[int]:
    without = {viewer.pk}
    if ids:
        without.update(visible_accounts(viewer).filter(public_id__in=ids).values_list("pk", flat=True))
        tied = Party.objects.of(viewer).filter(public_id__in=ids).exclude(user=None)
        without.update(pk for pk in tied.values_list("user", flat=True) if pk)
    if conversation is not None:
        present = conversation.participations.active().exclude(user=None)
        without.update(pk for pk in present.values_list("user", flat=True) if pk)
    return without


def _is_somebodys(viewer: "User", one: Typed) -> bool:
    """Whether an address surely belongs to somebody of the book: then it is their row, and no stranger's."""
    claims = PartyHandle.objects.filter(
        handle__owner=viewer,
        handle__platform=one.platform,
        handle__normalised=one.address,
        party__in=Party.objects.of(viewer),
    )
    return any(is_certain(link) for link in claims)


def _group_rows(pks: Collection[int]) -> dict[int, Candidate]:
    shown = Q(members__party__removed_at=None, members__party__merged_into=None)
    groups = ContactGroup.objects.filter(pk__in=pks).only("public_id", "name")
    return {
        group.pk: Candidate(group.public_id, group.name, "people", group=group, number=group.number)
        for group in groups.annotate(number=Count("members__party", filter=shown, distinct=True))
    }


def _account_rows(viewer: "User", pks: Collection[int], typed_address: str) -> dict[int, Candidate]:
    rows = {}
    for account in visible_accounts(viewer).filter(pk__in=pks):
        note = account.email if settings.MEMBERS_FIND_EACH_OTHER else ""
        rows[account.pk] = Candidate(
            account.public_id, account.display_name, "here", note=typed_address or note, account=account
        )
    return rows


class _PartyRows:
    """The rows of some parties of a book, loaded in a fixed number of queries."""

    def __init__(self, viewer: "User", pks: Collection[int], terms: Terms, one: Typed | None) -> None:
        book = Party.objects.of(viewer)
        self.terms = terms
        self.typed = one
        parties = with_ways(book.filter(pk__in=pks))
        self.parties = [party for party in parties if not is_found_by_dismissed_alone(party, terms)]
        # With 0, which is nobody: that there is nobody to ask about must not be seen by what was not asked.
        users = [0, *(party.user_id for party in self.parties if party.user_id)]
        self.visible = {user.pk: user for user in visible_accounts(viewer).filter(pk__in=users)}
        self.invited = open_invites(viewer)
        working = Affiliation.objects.filter(organization__in=pks, party__in=book).order_by()
        counted = working.values("organization").annotate(number=Count("party", distinct=True))
        self.people_in = dict(counted.values_list("organization", "number"))
        self.matches = {party.pk: match_of(party, terms) for party in self.parties}
        handles = {match.link.handle_id for match in self.matches.values() if match and match.link}
        claims = PartyHandle.objects.filter(handle__in=handles, is_dismissed=False, party__in=book).order_by()
        contested = claims.values("handle").annotate(number=Count("pk")).filter(number__gt=1)
        self.contested = set(contested.values_list("handle", flat=True))
        self.sides = {party.pk: self._side_of(party) for party in self.parties}
        emails = [place_of(link)[1] for link in self.sides.values() if link and link.handle.platform == "email"]
        self.leads_to = accounts_at(viewer, emails)

    def rows(self) -> dict[int, Candidate]:
        return {party.pk: self._row(party) for party in self.parties}

    def _side_of(self, party: Party) -> PartyHandle | None:
        """Return the claim that a row has to speak of: others claim the same, or it is all that there is and weak."""
        match = self.matches[party.pk]
        if match and match.link and (match.link.handle_id in self.contested or not is_certain(match.link)):
            return match.link
        if party.user_id in self.visible or best_way(party):
            return None
        return next(iter(ways_of(party)), None)

    def _row(self, party: Party) -> Candidate:
        side, account = self.sides[party.pk], self.visible.get(party.user_id or 0)
        count = self.people_in.get(party.pk, 0)
        match = self._match(party, side, account)
        row = Candidate(
            party.public_id, party.display_name, self._state(party, side), match.label, match.text, party, account
        )
        if count and not (side or (self.typed and match.link)):
            return row._replace(state="people", number=count)
        if side and row.state:
            key = f"{party.public_id}/{side.handle.public_id}"
            differs = self._difference(party, side)
            return row._replace(key=key, claim=side, differs=differs if differs != row.note else "")
        if count and match.link:
            return row._replace(key=f"{party.public_id}/{match.link.handle.public_id}")
        return row if row.state else row._replace(key="")

    def _state(self, party: Party, side: PartyHandle | None) -> str:
        way = side if side and side.handle.platform in INVITABLE else best_way(party, self.invited)
        if party.user_id in self.visible:
            return "here"
        if way is None:
            return ""
        platform, address = place_of(way)
        if platform == "email" and address in self.leads_to:
            return "here"
        return "invited" if (platform, address) in self.invited else platform

    def _match(self, party: Party, side: PartyHandle | None, account: "User | None") -> Match:
        """Return what a row says beside the name: what was found, else what tells people of one name apart."""
        if match := self.matches[party.pk]:
            return match
        missing = self.terms.missing_in(fold(party.display_name))
        if account and missing.needles:
            if missing.are_in(fold(account.display_name)):
                return Match("here as", account.display_name)
            if settings.MEMBERS_FIND_EACH_OTHER:
                return Match("account", self.typed.address if self.typed else account.email)
        if side:
            return Match(label_of(side), side.handle.value, side)
        return Match("", next(_about(party), ""))

    def _difference(self, party: Party, side: PartyHandle) -> str:
        """Return the first thing that is said of this party and of no other one that claims the same."""
        rivals = [
            rival
            for rival in self.parties
            if rival.pk != party.pk
            and any(link.handle_id == side.handle_id and not link.is_dismissed for link in rival.links.all())
        ]
        theirs = {text for rival in rivals for text in _about(rival)}
        texts = [text for text in _about(party) if text != side.handle.value]
        return next((text for text in texts if text not in theirs), next(iter(texts), ""))


def _about(party: Party) -> Iterator[str]:
    """Return what tells a party from its namesakes: what they do and where, an address, the folder of their card."""
    for work in party.affiliations.all():
        if text := str(work):
            yield text
    if party.kind == "person" and party.person.nickname:
        yield party.person.nickname
    for link in ways_of(party):
        if is_certain(link):
            yield link.handle.value
    if party.folder:
        yield party.folder.name
