"""What cards claim: their handles and links, written for many cards at once.

A claim is kept in the link's evidence under the party whose card states it, so that a card which drops an address
takes back its own word and nobody else's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from contacts.card import CardHandle, Contact

from .handle import Handle, PartyHandle

Name = tuple[str, str]  # platform and normalised value: what a handle is called within a book


class Claims:
    """The claims of a batch of cards, by their place in it."""

    def __init__(self, owner_id: int, contacts: Sequence[Contact]) -> None:
        self.owner_id = owner_id
        self.taken_ids: set[Name] = set()
        self.of: list[dict[Name, CardHandle]] = []
        for contact in contacts:
            claims: dict[Name, CardHandle] = {}
            for handle in contact.handles:
                claims.setdefault((handle.platform, handle.normalised), handle)
            self.of.append(claims)
        values = {name[1] for claims in self.of for name in claims}
        rows = Handle.objects.filter(owner=owner_id, normalised__in=values)
        self.known = {(platform, value): pk for pk, platform, value in rows.values_list("pk", "platform", "normalised")}
        self._follow_external_ids()
        self.claimants: dict[Name, list[int]] = defaultdict(list)
        for at, claims in enumerate(self.of):
            for name in claims.keys() - self.known.keys():
                self.claimants[name].append(at)
        self.touched: set[int] = set()  # handles whose owner may have changed

    def _follow_external_ids(self) -> None:
        """A network's own id tells a handle that is called otherwise now: it keeps its row, under the new name."""
        claims = [claim for claims in self.of for claim in claims.values() if claim.external_id]
        if not claims:
            return
        mine = Handle.objects.filter(owner=self.owner_id, external_id__in={claim.external_id for claim in claims})
        by_id = {(handle.platform, handle.external_id): handle for handle in mine}
        for claim in claims:
            handle = by_id.get((claim.platform, claim.external_id))
            name = (claim.platform, claim.normalised)
            if handle is not None and name not in self.known:
                handle.value, handle.normalised = claim.value, claim.normalised
                handle.save(update_fields=["value", "normalised", "updated_at"])
                self.known[name] = handle.pk
        self.taken_ids = set(by_id)

    def count_new(self) -> dict[int, int]:
        """Return, by place, how many handles a card brings that nobody else claims."""
        counts: dict[int, int] = defaultdict(int)
        for places in self.claimants.values():
            if len(places) == 1:
                counts[places[0]] += 1
        return counts

    def write(self, origins: Sequence[int], shown: Mapping[int, int], old: set[int], source: str) -> None:
        """Write handles and links.

        origins: ids of the parties whose cards these are, by place; shown: the id of the party that stands for
        each; old: those of origins that were there before; source: of new links.
        """
        settled = self._write_handles(origins, shown)
        self._write_links(origins, shown, old, source, settled)

    def _write_handles(self, origins: Sequence[int], shown: Mapping[int, int]) -> set[int]:
        """Make the handles that are not there; return those that a single card names, who are its party's at once."""
        rows = []
        for (platform, normalised), places in self.claimants.items():
            claim = self.of[places[0]][platform, normalised]
            party_id = shown[origins[places[0]]] if len(places) == 1 else None
            external_id = claim.external_id if (platform, claim.external_id) not in self.taken_ids else ""
            self.taken_ids.add((platform, claim.external_id))
            rows.append(
                Handle(
                    owner_id=self.owner_id,
                    platform=platform,
                    value=claim.value,
                    normalised=normalised,
                    external_id=external_id,
                    party_id=party_id,
                )
            )
        settled = set()
        for row in Handle.objects.bulk_create(rows):
            self.known[row.platform, row.normalised] = row.pk
            if row.party_id is not None:
                settled.add(row.pk)
        return settled

    def _write_links(
        self, origins: Sequence[int], shown: Mapping[int, int], old: set[int], source: str, settled: set[int]
    ) -> None:
        fresh: dict[tuple[int, int], dict[str, object]] = defaultdict(dict)
        for origin, claims in zip(origins, self.of, strict=True):
            for name, claim in claims.items():
                says = {"line": claim.line, "label": claim.label, "preferred": claim.preferred}
                fresh[shown[origin], self.known[name]][str(origin)] = says
        named = {str(origin) for origin in origins}
        changed, gone = [], []
        for link in PartyHandle.objects.filter(party__in={shown[origin] for origin in old}):
            says = fresh.pop((link.party_id, link.handle_id), {})
            kept = {origin: word for origin, word in link.evidence.items() if origin not in named}
            if kept | says == link.evidence:
                continue
            self.touched.add(link.handle_id)
            link.evidence = kept | says
            if link.evidence or link.is_confirmed or link.is_dismissed:
                changed.append(summarised(link))
            else:
                gone.append(link.pk)
        PartyHandle.objects.filter(pk__in=gone).delete()
        PartyHandle.objects.bulk_update(changed, ["evidence", "label", "preferred"], batch_size=200)
        rows = [
            summarised(PartyHandle(party_id=party_id, handle_id=handle_id, evidence=evidence, source=source))
            for (party_id, handle_id), evidence in fresh.items()
        ]
        PartyHandle.objects.bulk_create(rows)
        self.touched |= {row.handle_id for row in rows} - settled


def summarised(link: PartyHandle) -> PartyHandle:
    """Set label and preferred from the evidence: the party's own card first, then those merged into it."""
    own = str(link.party_id)
    words = [link.evidence[origin] for origin in sorted(link.evidence, key=lambda origin: (origin != own, int(origin)))]
    link.label = next((word["label"] for word in words if word.get("label")), "")
    link.preferred = any(word.get("preferred") for word in words)
    return link
