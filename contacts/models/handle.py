"""Handles (ways to reach somebody) and whose they are, with how sure that is.

A handle is one address or number of a book, whoever's card names it. PartyHandle says that a party claims it: 1.0
where a card says so or a person confirmed it, 0.4 where it was inferred, 0.3 where a card says so although the
handle belongs to another party already. The owner of a handle is the best claim that nobody dismissed. A little long,
because handles and claims are decided together.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from contacts.platforms import normalise
from project.models import AuditModel, PublicIdModel
from project.words import fold

from .locks import lock_book

if TYPE_CHECKING:
    from project.accounts.models import User

    from .party import Party

STATED, INFERRED, CONTESTED = 1.0, 0.4, 0.3
CERTAIN_FROM = 0.5  # a link below it never decides anything, and waits for review


class HandleQuerySet(models.QuerySet["Handle"]):
    def unresolved(self) -> "HandleQuerySet":
        """Handles that nobody is known to own."""
        return self.filter(party=None)

    def with_links(self) -> "HandleQuerySet":
        """Load the claims too, so that resolved_confidence asks nothing."""
        return self.prefetch_related("links")


class HandleManager(models.Manager["Handle"]):
    def get_queryset(self) -> HandleQuerySet:
        return HandleQuerySet(self.model, using=self._db)

    def unresolved(self) -> HandleQuerySet:
        return self.get_queryset().unresolved()

    def with_links(self) -> HandleQuerySet:
        return self.get_queryset().with_links()

    @transaction.atomic
    def upsert(self, owner: "User", platform: str, value: str, *, region: str = "", **fields: str) -> "Handle":
        """Return the handle of a book, made if it is not there; fields (external_id, display_name) fill gaps only.

        value: as received; compared in its normalised form. Raises InvalidHandle.
        """
        lock_book(owner.pk)
        normalised = normalise(platform, value, region)
        known = self.filter(owner=owner, platform=platform)
        handle = known.filter(normalised=normalised).first()
        if external_id := fields.get("external_id", ""):
            handle = known.filter(external_id=external_id).first() or handle
        if handle is None:
            return self.create(owner=owner, platform=platform, value=value, normalised=normalised, **fields)
        missing = {name: text for name, text in fields.items() if text and not getattr(handle, name)}
        if missing:
            for name, text in missing.items():
                setattr(handle, name, text)
            handle.save(update_fields=[*missing, "updated_at"])
        return handle

    def resolve(self, pks: Collection[int]) -> None:
        """Decide whose these handles are, after their claims changed; count anew and tie to accounts who is concerned.

        Writes only what differs, in a number of queries that does not depend on how many handles there are.
        """
        if not pks:
            return
        links: dict[int, list[PartyHandle]] = {pk: [] for pk in pks}
        alive = PartyHandle.objects.filter(handle__in=pks, is_dismissed=False, party__removed_at=None).order_by("pk")
        for link in alive:
            links[link.handle_id].append(link)
        moved, concerned, changed_links = [], set(), []
        addresses = defaultdict(set)
        for handle in self.filter(pk__in=pks).only("pk", "party_id", "owner_id", "platform", "normalised"):
            if handle.platform == "email":
                addresses[handle.owner_id].add(handle.normalised)
            changed_links += _weigh(links[handle.pk])
            best = min(links[handle.pk], key=lambda link: (-link.is_confirmed, -link.confidence, link.pk), default=None)
            winner = best.party_id if best else None
            if winner != handle.party_id:
                concerned |= {winner, handle.party_id}
                handle.party_id = winner
                moved.append(handle)
        PartyHandle.objects.bulk_update(changed_links, ["confidence"], batch_size=400)
        self.bulk_update(moved, ["party"], batch_size=400)
        from .party import Party
        from .ties import tie_addresses

        Party.objects.recount([pk for pk in concerned if pk is not None])
        for owner_id, named in addresses.items():
            tie_addresses(owner_id, named)

    def forget_unclaimed(self, pks: Collection[int]) -> None:
        """Delete those of these handles that no card and no person claims any more."""
        if pks:
            self.filter(pk__in=pks, links=None, external_id="").delete()

    @transaction.atomic
    def suggest(self, pks: Collection[int]) -> int:
        """Infer whose these handles could be, where nobody is known to own them; return how many claims were made.

        Two signs count, each for 0.4: an e-mail address in the domain of an organisation of the same book, and the
        same display name as an owned handle of another platform. A claim that is there, also a dismissed one, stays.
        """
        made = 0
        for handle in self.unresolved().filter(pk__in=pks).select_related("owner"):
            lock_book(handle.owner_id)
            for party, why in _signs(handle):
                values = {"confidence": INFERRED, "source": PartyHandle.Source.INFERRED}
                values["evidence"] = {str(party.pk): {"line": why, "label": "", "preferred": False}}
                made += PartyHandle.objects.get_or_create(party=party, handle=handle, defaults=values)[1]
            handle.resolve()
        return made


def _signs(handle: "Handle") -> "list[tuple[Party, str]]":
    """Return the parties that a handle could belong to, each with the reason."""
    from .party import Organization, Party

    found: list[tuple[Party, str]] = []
    domain = handle.normalised.rpartition("@")[2] if handle.platform == "email" else ""
    if domain:
        for organization in Organization.objects.filter(owner=handle.owner, domain=domain, removed_at=None):
            found.append((organization, f"The address is in the domain {domain}."))
    if name := fold(handle.display_name):
        others = Handle.objects.filter(owner=handle.owner).exclude(platform=handle.platform).exclude(party=None)
        for other in others.exclude(display_name="").select_related("party"):
            if fold(other.display_name) == name and other.party is not None:
                found.append((other.party, f"The same name stands with {other.value}."))
    return found


def _weigh(links: "list[PartyHandle]") -> "list[PartyHandle]":
    """Give the claims that cards state their confidence: the one that came first 1.0, the others 0.3.

    links: of one handle, oldest first, without dismissed ones. Returns those that changed.
    """
    stated = [link for link in links if link.is_stated and not link.is_confirmed]
    holder = None if any(link.is_confirmed for link in links) else next(iter(stated), None)
    changed = []
    for link in stated:
        confidence = STATED if link is holder else CONTESTED
        if link.confidence != confidence:
            link.confidence = confidence
            changed.append(link)
    return changed


class Handle(PublicIdModel, AuditModel):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="handles")
    platform = models.CharField(max_length=32)  # a key of contacts.platforms.PLATFORMS
    value = models.TextField("as received")
    normalised = models.CharField(max_length=512, db_index=True)
    external_id = models.CharField(max_length=512, blank=True)
    display_name = models.TextField(blank=True)
    # The resolved owner: written by resolve() alone.
    party = models.ForeignKey(
        "contacts.Party", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="handles"
    )

    objects = HandleManager()

    class Meta:
        ordering = ["platform", "normalised"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "platform", "normalised"], name="a_handle_stands_once_in_a_book"),
            models.UniqueConstraint(
                fields=["owner", "platform", "external_id"],
                condition=~Q(external_id=""),
                name="an_external_id_stands_once_in_a_book",
            ),
        ]

    def __str__(self) -> str:
        return self.value

    @property
    def resolved_confidence(self) -> float | None:
        """How sure it is whose this handle is; None where it is nobody's. No query after with_links()."""
        if self.party_id is None:
            return None
        return next((link.confidence for link in self.links.all() if link.party_id == self.party_id), None)

    def resolve(self) -> None:
        """Decide whose this handle is."""
        Handle.objects.resolve([self.pk])
        self.refresh_from_db(fields=["party"])


class PartyHandleQuerySet(models.QuerySet["PartyHandle"]):
    def to_review(self) -> "PartyHandleQuerySet":
        """Claims that are too weak to act on, and that nobody has decided yet."""
        return self.filter(
            confidence__lt=CERTAIN_FROM,
            is_confirmed=False,
            is_dismissed=False,
            party__removed_at=None,
        )


class PartyHandleManager(models.Manager["PartyHandle"]):
    def get_queryset(self) -> PartyHandleQuerySet:
        return PartyHandleQuerySet(self.model, using=self._db)

    def to_review(self) -> PartyHandleQuerySet:
        return self.get_queryset().to_review()

    @transaction.atomic
    def link(
        self,
        party: "Party",
        handle: Handle,
        *,
        confidence: float = STATED,
        source: str = "manual",
        label: str = "",
        preferred: bool = False,
        evidence: str = "",
    ) -> "PartyHandle":
        """Return the claim of party on handle, made if it is not there. One that is there keeps what was decided.

        evidence: the line of the card that says so, or why it was inferred.
        """
        lock_book(handle.owner_id)
        defaults = {
            "confidence": confidence, "source": source, "label": label, "preferred": preferred,
            "evidence": {str(party.pk): {"line": evidence, "label": label, "preferred": preferred}},
        }  # fmt: skip
        link, is_new = self.get_or_create(party=party, handle=handle, defaults=defaults)
        if is_new:
            handle.resolve()
            link.refresh_from_db()
        return link


class PartyHandle(AuditModel):
    class Source(models.TextChoices):
        MANUAL = "manual", "typed here"
        IMPORT = "import", "imported file"
        CARDDAV = "carddav", "CardDAV"
        INFERRED = "inferred", "inferred"

    party = models.ForeignKey("contacts.Party", on_delete=models.CASCADE, related_name="links")
    handle = models.ForeignKey(Handle, on_delete=models.CASCADE, related_name="links")
    label = models.TextField(blank=True)
    preferred = models.BooleanField(default=False)
    confidence = models.FloatField(default=STATED)
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.MANUAL)
    is_confirmed = models.BooleanField("confirmed", default=False)
    is_dismissed = models.BooleanField("dismissed", default=False)
    # By the id of the party whose card says so: {"12": {"line": "EMAIL:...", "label": ..., "preferred": ...}}. A
    # merge keeps each party's own, so that it can be undone.
    evidence = models.JSONField(default=dict, blank=True)

    objects = PartyHandleManager()

    class Meta:
        ordering = ["-is_confirmed", "-confidence", "pk"]
        indexes = [
            models.Index(
                fields=["party"],
                condition=Q(confidence__lt=CERTAIN_FROM, is_confirmed=False, is_dismissed=False),
                name="claims_to_review",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["party", "handle"], name="a_party_claims_a_handle_once"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="a_confidence_is_between_0_and_1"
            ),
            models.CheckConstraint(
                condition=Q(is_confirmed=False) | Q(is_dismissed=False), name="a_claim_is_not_confirmed_and_dismissed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party}: {self.handle}"

    @property
    def is_stated(self) -> bool:
        """Whether a card or a person says so, rather than a guess."""
        return self.source != self.Source.INFERRED and self.confidence in {STATED, CONTESTED}

    @property
    def is_undecided(self) -> bool:
        """Whether it waits for review."""
        return self.confidence < CERTAIN_FROM and not self.is_confirmed and not self.is_dismissed

    def confirm(self) -> None:
        """Take the word of the book's owner that this handle is this party's."""
        self._decide(is_confirmed=True, is_dismissed=False, confidence=STATED)

    def dismiss(self) -> None:
        """Take the word of the book's owner that it is not; no sync brings the claim back."""
        self._decide(is_confirmed=False, is_dismissed=True)

    @transaction.atomic
    def _decide(self, **fields: Any) -> None:
        lock_book(self.handle.owner_id)
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=[*fields, "updated_at"])
        self.handle.resolve()
        self.refresh_from_db()
