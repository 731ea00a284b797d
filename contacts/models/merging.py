"""Two entries that are one human become one, and can be taken apart again.

The party that is merged keeps its row, its card and its place, so that a later sync still finds it; what it claims
moves to the party that stands for both. Each row remembers whose card says so (origin, evidence), and that is how a
merge is undone and how a sync of either card changes only what that card says. Keeping apart, and who could be one,
stand here too.
"""

from collections import defaultdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Q

from contacts.exceptions import MergeRefused
from contacts.platforms import SHARED
from project.models import AuditModel

from .address import Address
from .affiliation import Affiliation
from .claims import summarised
from .group import GroupMember
from .handle import Handle, PartyHandle
from .locks import lock_book
from .names import tell_names
from .party import Party
from .ties import tie_parties

if TYPE_CHECKING:
    from project.accounts.models import User

    from .party import PartyQuerySet

CANDIDATES_MAX = 100
SHARED_MAX = 4
BATCH = 400


@transaction.atomic
def merge(into: Party, source: Party) -> Party:
    """Let into stand for source too; return into as it is now. Raises MergeRefused."""
    lock_book(into.owner_id)
    pair = Party.objects.select_related("person", "organization").in_bulk([into.pk, source.pk])
    _check(into, source, pair)
    into, source = pair[into.pk], pair[source.pk]
    touched = _move_links(source, into)
    for model in (Address, Affiliation, GroupMember):
        model.objects.filter(party=source).update(party=into)
    Affiliation.objects.filter(organization=source).update(organization=into)
    Party.objects.filter(merged_into=source).update(merged_into=into)
    tell_names(into.owner_id, [source.user_id])
    source.merged_into, source.user = into, None
    source.save(update_fields=["merged_into", "user", "updated_at"])
    if into.confirmed_user_id is None and source.confirmed_user_id is not None:
        Party.objects.filter(pk=into.pk).update(confirmed_user=source.confirmed_user_id)
    _settle({into.pk, source.pk}, touched)
    return Party.objects.get(pk=into.pk)


@transaction.atomic
def unmerge(party: Party) -> Party:
    """Let a merged party stand for itself again, with everything that its own card says; return it as it is now."""
    lock_book(party.owner_id)
    party = Party.objects.get(pk=party.pk)
    if (survivor := party.merged_into) is None:
        raise MergeRefused("This contact is not merged with another one.")
    party.merged_into, party.removed_at = None, survivor.removed_at
    party.save(update_fields=["merged_into", "removed_at", "updated_at"])
    touched = _return_links(survivor, party)
    for model in (Address, Affiliation, GroupMember):
        model.objects.filter(party=survivor, origin=party).update(party=party)
    _settle({survivor.pk, party.pk}, touched)
    return Party.objects.get(pk=party.pk)


def withdraw(party: Party) -> None:
    """Take back what the card of a merged party says, because it is gone; another one takes its place if need be."""
    if party.merged_into_id is None:
        heir = party.merged.filter(removed_at=None).order_by("pk").first()
        if heir is None:
            return
        _hand_over(party, heir)
    survivor = party.merged_into or party
    touched = set()
    for link in PartyHandle.objects.filter(party=survivor):
        if link.evidence.pop(str(party.pk), None) is None:
            continue
        touched.add(link.handle_id)
        if link.evidence or link.is_confirmed or link.is_dismissed:
            summarised(link).save(update_fields=["evidence", "label", "preferred", "updated_at"])
        else:
            link.delete()
    for model in (Address, Affiliation, GroupMember):
        model.objects.filter(origin=party).delete()
    _settle({survivor.pk}, touched)


def _hand_over(party: Party, heir: Party) -> None:
    """Let heir, which was merged into party, stand for both."""
    touched = set(party.links.values_list("handle_id", flat=True))
    tell_names(party.owner_id, [party.user_id])
    Party.objects.filter(merged_into=party).exclude(pk=heir.pk).update(merged_into=heir)
    Party.objects.filter(pk=party.pk).update(merged_into=None, user=None)
    Party.objects.filter(pk=heir.pk).update(merged_into=None, confirmed_user=party.confirmed_user_id)
    Party.objects.filter(pk=party.pk).update(merged_into=heir)
    for model in (PartyHandle, Address, Affiliation, GroupMember):
        model.objects.filter(party=party).update(party=heir)
    Affiliation.objects.filter(organization=party).update(organization=heir)
    party.merged_into = heir
    _settle({heir.pk, party.pk}, touched)


def _check(into: Party, source: Party, pair: dict[int, Party]) -> None:
    if into.pk == source.pk:
        raise MergeRefused("A contact cannot be merged with itself.")
    if len(pair) < 2 or pair[into.pk].owner_id != pair[source.pk].owner_id:
        raise MergeRefused("These contacts are not in the same book.")
    into, source = pair[into.pk], pair[source.pk]
    if any(party.merged_into_id or party.removed_at for party in (into, source)):
        raise MergeRefused("One of these contacts was merged or removed meanwhile.")
    if into.kind != source.kind:
        raise MergeRefused("A person and an organisation cannot become one.")
    if into.user_id and source.user_id and into.user_id != source.user_id:
        raise MergeRefused("These contacts have two different accounts here, so they are two people.")


def _move_links(source: Party, into: Party) -> set[int]:
    """Move the claims of source; where both claim a handle, one claim holds both evidences and what was decided."""
    there = {link.handle_id: link for link in PartyHandle.objects.filter(party=into)}
    touched = set()
    for link in PartyHandle.objects.filter(party=source):
        touched.add(link.handle_id)
        for origin in link.evidence:
            link.evidence[origin]["was"] = _decision(link)
        twin = there.get(link.handle_id)
        if twin is None:
            link.party = into
            summarised(link).save(update_fields=["party", "evidence", "label", "preferred", "updated_at"])
            continue
        for origin in twin.evidence:
            twin.evidence[origin].setdefault("was", _decision(twin))
        twin.evidence |= link.evidence
        twin.is_confirmed = twin.is_confirmed or link.is_confirmed
        twin.is_dismissed = not twin.is_confirmed and twin.is_dismissed and link.is_dismissed
        twin.confidence = max(twin.confidence, link.confidence)
        link.delete()
        summarised(twin).save()
    return touched


def _return_links(survivor: Party, party: Party) -> set[int]:
    """Give back the claims that stand on party's own evidence, with what was decided before the merge."""
    mine, touched = str(party.pk), set()
    for link in PartyHandle.objects.filter(party=survivor):
        word = link.evidence.pop(mine, None)
        if word is None:
            continue
        touched.add(link.handle_id)
        was = word.pop("was", None) or _decision(link)
        returned = PartyHandle(
            party=party, handle_id=link.handle_id, source=link.source, evidence={mine: word}, **was
        )  # fmt: skip
        if not link.evidence:
            link.delete()
        else:
            own = link.evidence.get(str(survivor.pk), {}).pop("was", None)
            for name, value in (own or {}).items():
                setattr(link, name, value)
            summarised(link).save()
        summarised(returned).save()
    return touched


def _decision(link: PartyHandle) -> dict[str, Any]:
    return {"confidence": link.confidence, "is_confirmed": link.is_confirmed, "is_dismissed": link.is_dismissed}


def _settle(parties: set[int], handles: set[int]) -> None:
    Handle.objects.resolve(handles)
    for owner_id in Party.objects.filter(pk__in=parties).values_list("owner", flat=True).distinct():
        tie_parties(owner_id, parties)
    Handle.objects.forget_unclaimed(handles)
    Party.objects.recount(parties)
    Party.objects.reindex(parties)


class KeptApartManager(models.Manager["KeptApart"]):
    def keep(self, one: Party, other: Party) -> "KeptApart":
        """Remember that these two are not the same, so that nobody is asked again. Raises MergeRefused."""
        if one.owner_id != other.owner_id or one.pk == other.pk:
            raise MergeRefused("These contacts are not two of the same book.")
        low, high = sorted([one.pk, other.pk])
        return self.get_or_create(low_id=low, high_id=high, defaults={"owner_id": one.owner_id})[0]


class KeptApart(AuditModel):
    """Two parties that look alike and are not the same, on their owner's word."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    low = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")
    high = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="+")

    objects = KeptApartManager()

    class Meta:
        verbose_name_plural = "kept apart"
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="two_parties_are_kept_apart_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="the_lower_of_two_parties_comes_first"),
        ]

    def __str__(self) -> str:
        return f"{self.low} is not {self.high}"


def probable_duplicates(owner: "User", limit: int = CANDIDATES_MAX) -> list[tuple[Party, Party, str]]:
    """Return pairs of parties that may be one, each with the reason: those that share a handle, then namesakes.

    Pairs that the owner keeps apart are left out, and so are a person and an organisation.
    """
    apart = set(KeptApart.objects.filter(owner=owner).values_list("low", "high"))
    book = Party.objects.of(owner)
    reasons: dict[tuple[int, int], str] = {}
    organizations = set(book.organizations().values_list("pk", flat=True))

    def note(pks: list[int], reason: str) -> bool:
        """Note pairs of these parties; return whether there is room for more."""
        for kind in (organizations.intersection(pks), set(pks) - organizations):
            _note_pairs(reasons, kind, reason, apart, limit)
        return len(reasons) < limit

    shown = Q(links__party__removed_at=None, links__party__merged_into=None, links__is_dismissed=False)
    # What a whole company or family has in common says little about who is the same.
    claims = Count("links", filter=shown)
    personal = Handle.objects.filter(owner=owner).exclude(platform__in=SHARED)
    shared = personal.annotate(number=claims).filter(number__gt=1, number__lte=SHARED_MAX)
    # Counted once, and by itself: as a condition of the next query a database that knows the tables as empty counts
    # anew for each claim.
    values = dict(shared.order_by("platform", "normalised", "pk").values_list("pk", "value"))
    claimants = _claimants(list(values), book)
    for pk, value in values.items():
        if not note(claimants[pk], f"Both have {value}"):
            break
    names = book.exclude(sort_key="").values("sort_key").annotate(number=Count("pk")).filter(number__gt=1)
    namesakes = book.filter(sort_key__in=names.values("sort_key")).order_by("sort_key").values_list("sort_key", "pk")
    for _, alike in groupby(namesakes, key=itemgetter(0)):
        if not note([row[1] for row in alike], "Both have the same name"):
            break
    parties = Party.objects.select_related("person", "organization").in_bulk({pk for pair in reasons for pk in pair})
    return [(parties[low], parties[high], reason) for (low, high), reason in reasons.items()]


def _claimants(handles: list[int], book: "PartyQuerySet") -> dict[int, list[int]]:
    """Return which parties of a book claim each of these handles."""
    found: dict[int, list[int]] = defaultdict(list)
    links = PartyHandle.objects.filter(is_dismissed=False, party__in=book)
    for start in range(0, len(handles), BATCH):
        rows = links.filter(handle__in=handles[start : start + BATCH]).order_by()
        for handle_id, party_id in rows.values_list("handle_id", "party_id"):
            found[handle_id].append(party_id)
    return found


def _note_pairs(
    reasons: dict[tuple[int, int], str], parties: set[int], reason: str, apart: set[tuple[int, int]], limit: int
) -> None:
    pks = sorted(parties)
    for at, low in enumerate(pks):
        for high in pks[at + 1 :]:
            if (low, high) not in apart and len(reasons) < limit:
                reasons.setdefault((low, high), reason)
