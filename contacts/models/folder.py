"""Folders: the books of a directory, mirrored or made by hand; and the cards of them that could not be taken in.

A little long, because a folder answers everything that a sync asks of the address book.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from contacts.card import contact_of, rebase
from contacts.directories.base import Book, Entry
from contacts.sync import Inventory, Known, Received
from contacts.vcard import read
from project.models import AuditModel, PublicIdModel
from project.words import digest, key_of

from .group import ContactGroup
from .locks import lock_book
from .mirroring import Picture, Placement, draw, mirror
from .party import Party

if TYPE_CHECKING:
    from project.accounts.models import User

# Servers without tokens are listed whole each time, and where nothing else changed that is not worth a write.
LISTED_NOTED_EVERY = timedelta(hours=1)


class FolderQuerySet(models.QuerySet["Folder"]):
    def mirrored(self) -> "FolderQuerySet":
        return self.filter(is_mirrored=True)


class FolderManager(models.Manager["Folder"]):
    def get_queryset(self) -> FolderQuerySet:
        return FolderQuerySet(self.model, using=self._db)

    def mirrored(self) -> FolderQuerySet:
        return self.get_queryset().mirrored()

    def by_hand(self, owner: "User") -> "Folder":
        """Return the folder for what this person enters by hand, made if it is not there."""
        from .directory import Directory

        directory = Directory.objects.by_hand(owner)
        folder, _ = self.get_or_create(
            owner=owner, directory=directory, source_href="", name="My contacts", defaults={"is_mirrored": False}
        )
        return folder


class Folder(PublicIdModel, AuditModel):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="folders")
    directory = models.ForeignKey("contacts.Directory", on_delete=models.CASCADE, related_name="folders")
    name = models.TextField()
    is_mirrored = models.BooleanField("mirror this book", default=True)
    source_href = models.TextField(blank=True, editable=False)
    href_key = models.CharField(max_length=64, blank=True, editable=False)
    ctag = models.TextField(blank=True, editable=False)
    sync_token = models.TextField(blank=True, editable=False)
    # What the backend wants to remember of this book.
    properties = models.JSONField(default=dict, blank=True, editable=False)
    # When every card was last compared with a full listing.
    listed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Why this book stands still, in a sentence; "" while it does not.
    problem = models.TextField(blank=True)
    # Too many cards gone at once: {"count", "of", "digest", "names"}, until the owner says whether they are.
    vanishing = models.JSONField(default=dict, blank=True, editable=False)
    allowed_vanishing = models.CharField(max_length=64, blank=True, editable=False)

    objects = FolderManager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["directory", "href_key"], condition=~Q(href_key=""), name="a_directory_has_a_book_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def book(self) -> Book:
        """This folder as its backend knows it."""
        return Book(self.source_href, self.name, self.ctag, properties=self.properties)

    @property
    def region(self) -> str:
        """The country whose national telephone numbers cards of this book may hold (ISO 3166), or ""."""
        return self.directory.region or settings.DEFAULT_REGION

    # --- What a sync asks and does (contacts/sync.py) ------------------------------------------------------------

    def live_count(self) -> int:
        """How many cards of this book are in the address book."""
        return (
            self.party_cards.filter(removed_at=None).count() + self.contactgroup_cards.filter(removed_at=None).count()
        )

    def inventory(self) -> Inventory:
        """Return every card of this folder as it was at the last sync."""
        names = ("pk", "href_key", "uid_key", "source_etag", "source_digest", "removed_at", "is_removed_by_owner")
        known: dict[str, Known] = {}
        named: dict[str, Known] = {}
        displaced = []
        for kind, cards in (("group", self.contactgroup_cards), ("party", self.party_cards)):
            found = cards.order_by("pk").values_list(*names, "source_href")
            for pk, key, uid_key, etag, mark, removed_at, is_hidden, href in found:
                row = Known(kind, pk, key, uid_key, etag, mark, removed_at is None, is_hidden)
                # What is in the book goes before what was there once.
                for rows, name in ((known, key), (named, uid_key)):
                    if name and (row.is_live or name not in rows):
                        rows[name] = row
                if row.is_live and href and not key:
                    displaced.append(row)
        for pk, key, etag, mark in self.quarantined.values_list("pk", "href_key", "source_etag", "source_digest"):
            there = known.get(key)
            if there is None or not (there.is_live or there.is_hidden):
                there = Known("quarantined", pk, key)
            # An older version, if any, stays as it was.
            known[key] = there._replace(etag=etag, digest=mark, is_aside=True)
            if there.uid_key in named and named[there.uid_key].row == there.row:
                named[there.uid_key] = known[key]
        return Inventory(known, named, displaced)

    def missed(self) -> list[Entry]:
        """Return the places whose cards could not be had, or not surely as they are, the last time."""
        return [card.entry for card in self.quarantined.filter(source_digest="").defer("raw_vcard")]

    def forget(self, key: str) -> None:
        """Forget a card that was kept aside."""
        self.quarantined.filter(href_key=key).delete()

    def gone_elsewhere(self) -> dict[str, Known]:
        """Return the parties that vanished from other books of the same directory, by the key of their uid."""
        gone = Party.objects.filter(folder__directory=self.directory_id, is_removed_by_owner=False)
        rows = gone.exclude(folder=self).exclude(removed_at=None).exclude(uid_key="").order_by("pk")
        return {
            uid_key: Known("party", pk, key, uid_key, is_live=False)
            for pk, key, uid_key in rows.values_list("pk", "href_key", "uid_key")
        }

    def take(self, received: Sequence[Received], source: str = "") -> int:
        """Write cards as they came; return how many of them are new here.

        source: what their links say of where they come from, if not what the directory says.
        """
        drawn = [draw(card.contact, card.photo, self._avatar_digest(card.known)) for card in received]
        with transaction.atomic():
            lock_book(self.owner_id)
            self._make_room(received)
            pks = [card.known.pk for card in received if card.known and card.known.kind == "party"]
            parties = Party.objects.defer(None).in_bulk(pks)
            self.quarantined.filter(href_key__in=[card.key for card in received]).delete()
            placements, created = [], 0
            for card, picture in zip(received, drawn, strict=True):
                row = parties.get(card.known.pk) if card.known and card.known.kind == "party" else None
                if card.known and card.known.kind == "group" and card.contact.kind != "group":
                    row = self._take_back(card)
                if card.contact.kind == "group":
                    created += self._take_group(card, row)
                    continue
                created += row is None
                placements.append(self._placement(card, row, picture))
            mirror(self.owner_id, self, placements, source or self.directory.source)
        return created

    def _make_room(self, received: Sequence[Received]) -> None:
        """Take the places of these cards from whoever stands there and is another one: it moved, or is gone."""
        keys = {card.key for card in received if card.key}
        for kind, cards in (("party", self.party_cards), ("group", self.contactgroup_cards)):
            at_home = [
                card.known.pk
                for card in received
                if card.known and card.known.row == (kind, card.known.pk) and card.known.key == card.key
            ]
            cards.filter(href_key__in=keys).exclude(pk__in=at_home).update(href_key="")

    def _avatar_digest(self, known: Known | None) -> str:
        if known is None or known.kind != "party":
            return ""
        return Party.objects.filter(pk=known.pk).values_list("avatar_digest", flat=True).first() or ""

    def _placement(self, card: Received, row: Party | None, picture: Picture | None) -> Placement:
        """Put edits that were made here on top of what the source says now."""
        raw, base, contact = card.raw, b"", card.contact
        if row is not None and row.is_edited_here:
            raw = rebase(bytes(row.base_vcard), bytes(row.raw_vcard), card.raw)
            if raw != card.raw:
                base, contact = card.raw, contact_of(read(raw), self.region)
        return Placement(card.entry, raw, contact, row, card.key, base, picture)

    def _take_group(self, card: Received, former: Party | None) -> bool:
        if former is not None:  # the card of a person became one of a group
            Party.objects.filter(pk=former.pk).update(href_key="", uid_key=key_of(card.contact.uid))
            Party.objects.vanish([former.pk])
        is_known = card.known is not None and card.known.kind == "group"
        group = ContactGroup.objects.filter(pk=card.known.pk).first() if card.known and is_known else None
        ContactGroup.objects.mirror(self, Placement(card.entry, card.raw, card.contact, key=card.key), group)
        return group is None

    def _take_back(self, card: Received) -> Party | None:
        """The card of a group became one of a person, who may have been here before."""
        assert card.known is not None
        ContactGroup.objects.filter(pk=card.known.pk).delete()
        uid_keys = {key_of(card.contact.uid), card.known.uid_key} - {""}
        return Party.objects.defer(None).filter(folder=self, uid_key__in=uid_keys).first() if uid_keys else None

    def note_etag(self, row: Known, etag: str) -> None:
        """Remember that a card which did not change has another version name now."""
        if row.etag != etag:
            cards = self.contactgroup_cards if row.kind == "group" else self.party_cards
            cards.filter(pk=row.pk).update(source_etag=etag)

    def quarantine(self, entry: Entry, key: str, raw: bytes, reason: str, *, is_sure: bool = True) -> bool:
        """Keep a card that cannot be taken in, with the reason; return whether it is news.

        is_sure: raw is what the source has; otherwise the next run asks for it again.
        """
        there = self.quarantined.filter(href_key=key).first()
        says = {
            "source_href": entry.href, "source_etag": entry.etag if is_sure else "",
            "source_digest": digest(raw) if is_sure else "", "raw_vcard": raw, "reason": reason,
        }  # fmt: skip
        if there is not None and all(getattr(there, name) == value for name, value in says.items()):
            return False
        self.quarantined.update_or_create(href_key=key, defaults=says)
        return True

    def vanish(self, rows: Iterable[Known]) -> None:
        """Take out of the book what is gone at the source."""
        rows = list(rows)
        of_kind = {kind: [row.pk for row in rows if row.kind == kind] for kind in ("party", "group", "quarantined")}
        Party.objects.vanish(of_kind["party"])
        self.contactgroup_cards.filter(pk__in=of_kind["group"]).update(removed_at=timezone.now())
        self.quarantined.filter(href_key__in=[row.key for row in rows]).delete()

    def names_of(self, rows: Iterable[Known]) -> list[str]:
        """Return the names of parties, for people to recognise."""
        pks = [row.pk for row in rows if row.kind == "party"]
        return list(Party.objects.filter(pk__in=pks).order_by("sort_key").values_list("display_name", flat=True))

    def entries(self, rows: Iterable[Known]) -> list[Entry]:
        """Return places in the server's own spelling."""
        keys = [row.key for row in rows]
        places: dict[str, str] = {}
        for cards in (self.party_cards, self.contactgroup_cards, self.quarantined):
            places |= dict(cards.filter(href_key__in=keys).values_list("href_key", "source_href"))
        return [Entry(href) for href in places.values()]

    def settle(self, token: str, ctag: str, listed_at: datetime | None = None) -> None:
        """Remember what to come back with, now that everything before it is stored. Unchanged writes nothing."""
        if not type(self.directory).objects.filter(pk=self.directory_id, region=self.directory.region).exists():
            self.read_anew()  # its region was changed while this run read the cards with the former one
            return
        fresh: dict[str, Any] = {"sync_token": token, "ctag": ctag, "problem": "", "vanishing": {}}
        fresh["allowed_vanishing"] = ""
        if listed_at is not None and (self.listed_at is None or listed_at - self.listed_at > LISTED_NOTED_EVERY):
            fresh["listed_at"] = listed_at
        changed = [name for name, value in fresh.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fresh[name])
        if changed:
            self.save(update_fields=[*changed, "updated_at"])

    def read_anew(self) -> None:
        """Have the next run fetch and read every card of this book."""
        self.party_cards.update(source_etag="", source_digest="")
        self.sync_token, self.ctag, self.listed_at = "", "", None
        self.save(update_fields=["sync_token", "ctag", "listed_at", "updated_at"])

    def stop(self, problem: str, vanishing: dict[str, Any]) -> None:
        """Let this book stand still, and say why. Nothing is written where that is known already."""
        if (self.problem, self.vanishing) != (problem, vanishing):
            self.problem, self.vanishing = problem, vanishing
            self.save(update_fields=["problem", "vanishing", "updated_at"])

    def release_to(self, home: "Folder") -> None:
        """Hand everything of this folder to another one, as entered by hand there: without a place or a source."""
        free = {"folder": home, "source_href": "", "href_key": "", "source_etag": "", "base_vcard": b""}
        taken = set(home.party_cards.exclude(uid_key="").values_list("uid_key", flat=True))
        self.party_cards.filter(uid_key__in=taken).update(uid_key="")
        self.party_cards.update(**free)
        self.contactgroup_cards.update(**free | {"uid_key": "", "source": ContactGroup.Source.MANUAL})

    def allow_vanishing(self) -> None:
        """Take the owner's word that the cards which are missing were deleted; the next sync removes them."""
        self.allowed_vanishing = self.vanishing.get("digest", "")
        self.save(update_fields=["allowed_vanishing", "updated_at"])


class QuarantinedCardQuerySet(models.QuerySet["QuarantinedCard"]):
    def sure(self) -> "QuarantinedCardQuerySet":
        """Those that are here as the source has them."""
        return self.exclude(source_digest="")


class QuarantinedCard(PublicIdModel, AuditModel):
    """A card that could not be taken in, as it came, with the reason. What was there before it stays.

    source_digest is "" where the card could not be had, or not surely as it is.
    """

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="quarantined")
    source_href = models.TextField()
    href_key = models.CharField(max_length=64)
    source_etag = models.TextField(blank=True)
    source_digest = models.CharField(max_length=64, blank=True)
    raw_vcard = models.BinaryField(default=b"", editable=False)
    reason = models.TextField()

    objects = QuarantinedCardQuerySet.as_manager()

    class Meta:
        ordering = ["source_href"]
        constraints = [
            models.UniqueConstraint(fields=["folder", "href_key"], name="a_place_is_quarantined_once"),
        ]

    def __str__(self) -> str:
        return self.source_href

    @property
    def entry(self) -> Entry:
        """Its place."""
        return Entry(self.source_href, self.source_etag)

    @property
    def text(self) -> str:
        """The card as text, for people to look at."""
        return bytes(self.raw_vcard).decode("utf-8", "replace")
