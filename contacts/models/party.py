"""People and organisations of a book. Which of both a party is, its child row says (multi-table inheritance).

A little long: parent and children stand together, and most of what a page asks for is asked of a party.
"""

import secrets
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models import Count, Prefetch, Q
from django.utils import timezone

from contacts.card import Contact, build, contact_of, edited
from contacts.directories.base import Entry
from contacts.fields import PartialDateField
from contacts.vcard import read
from project.models import AuditModel, PublicIdModel
from project.words import SORT_KEY_MAX, fold

from .affiliation import Affiliation
from .finding import Terms
from .handle import Handle, PartyHandle
from .locks import lock_book
from .mirrored import Mirrored

if TYPE_CHECKING:
    from project.accounts.models import User

    from .folder import Folder

UNNAMED = "No name"  # what somebody is called whose card has no name at all


class PartyQuerySet(models.QuerySet["Party"]):
    def in_book(self) -> "PartyQuerySet":
        """What the book shows: not what was removed, and of merged parties the one that stands for all."""
        return self.filter(removed_at=None, merged_into=None)

    def removed(self) -> "PartyQuerySet":
        return self.exclude(removed_at=None).filter(merged_into=None)

    def people(self) -> "PartyQuerySet":
        return self.filter(person__isnull=False)

    def organizations(self) -> "PartyQuerySet":
        return self.filter(organization__isnull=False)

    def in_folder(self, folder: "Folder") -> "PartyQuerySet":
        """Parties whose card is in this folder, their own or one of those merged into them."""
        return self.filter(Q(folder=folder) | Q(pk__in=Party.objects.filter(folder=folder).values("merged_into")))

    def search(self, query: str) -> "PartyQuerySet":
        """Parties of which names, nicknames, organisations or handles hold every word of query.

        Accents, case and the order of words do not matter. A telephone number is found in any writing.
        """
        terms = Terms.of(query, settings.DEFAULT_REGION)
        return self.filter(terms.within(lambda needle: Q(search_text__contains=needle)))

    def listed(self) -> "PartyQuerySet":
        """In the order of the list, with what a row shows and no other column."""
        shown = ("public_id", "display_name", "sort_key", "avatar", "person__nickname", "organization__domain")
        return self.select_related("person", "organization").only(*shown).order_by("sort_key", "pk")

    def with_card(self) -> "PartyQuerySet":
        """With everything that a person's page shows, in a fixed number of queries."""
        from .group import GroupMember

        links = PartyHandle.objects.select_related("handle").order_by("-preferred", "pk")
        memberships = GroupMember.objects.select_related("group").order_by("group__name_key", "pk")
        return self.select_related("person", "organization", "folder__directory").prefetch_related(
            Prefetch("links", links),
            Prefetch("affiliations", Affiliation.objects.select_related("organization")),
            Prefetch("memberships", memberships),
            "addresses",
        )


class PartyManager(models.Manager["Party"]):
    def get_queryset(self) -> PartyQuerySet:
        # Cards with photos are large, and few pages show one. What came later stands behind them on SQLite.
        return PartyQuerySet(self.model, using=self._db).defer("raw_vcard", "base_vcard", "confirmed_user")

    def in_book(self) -> PartyQuerySet:
        return self.get_queryset().in_book()

    def of(self, owner: "User | int") -> PartyQuerySet:
        """What the book of owner shows."""
        return self.in_book().filter(owner=owner)

    def removed(self) -> PartyQuerySet:
        return self.get_queryset().removed()

    def recount(self, pks: Collection[int] | None = None) -> int:
        """Set handle_count of these parties (of all, with None) from their handles; return how many differed."""
        parties = self.get_queryset() if pks is None else self.filter(pk__in=pks)
        wrong = []
        for party in parties.annotate(number=Count("handles")).only("pk", "handle_count"):
            if party.handle_count != party.number:
                party.handle_count = party.number
                wrong.append(party)
        self.bulk_update(wrong, ["handle_count"], batch_size=400)
        return len(wrong)

    @transaction.atomic
    def vanish(self, pks: Collection[int]) -> None:
        """Take parties out of the book because their cards are gone at the source.

        One that stands alone leaves as it is. Of merged ones only what this card said is taken back, and another
        of them stands for the rest.
        """
        from .merging import withdraw
        from .ties import tie_parties

        parties = list(self.filter(pk__in=pks).prefetch_related("merged"))
        if not parties:
            return
        lock_book(parties[0].owner_id)
        alone = {party.pk for party in parties if party.merged_into_id is None and not party.merged.all()}
        for party in parties:
            if party.pk not in alone:
                withdraw(party)
        self.filter(pk__in=pks).update(removed_at=timezone.now())
        links = PartyHandle.objects.filter(party__in=alone)
        Handle.objects.resolve(set(links.values_list("handle", flat=True)))
        tie_parties(parties[0].owner_id, alone)

    @transaction.atomic
    def erase(self, pks: Collection[int]) -> None:
        """Delete parties and the handles that nobody else claims. What was merged with them stays, by itself."""
        self.vanish(pks)
        handles = set(PartyHandle.objects.filter(party__in=pks).values_list("handle_id", flat=True))
        for party in self.filter(pk__in=pks).exclude(avatar="").only("avatar"):
            party.drop_avatar_on_commit()
        self.filter(pk__in=pks).delete()
        Handle.objects.forget_unclaimed(handles)
        Handle.objects.resolve(handles)

    def reindex(self, pks: Collection[int]) -> None:
        """Write anew what a search finds these parties by, from everything that was merged into them too."""
        links = PartyHandle.objects.select_related("handle")
        parties = self.filter(pk__in=pks).select_related("person").prefetch_related(
            Prefetch("links", links), "affiliations", Prefetch("merged", Party.objects.select_related("person"))
        )  # fmt: skip
        for party in parties:
            text = party.searchable()
            if text != party.search_text:
                Party.objects.filter(pk=party.pk).update(search_text=text)

    def reindex_merged(self, pks: Collection[int]) -> None:
        """Do so for those of these parties that were merged, or that others were merged into."""
        touched = self.filter(pk__in=pks).exclude(merged_into=None).values_list("merged_into", flat=True)
        survivors = self.filter(merged_into__in=pks).values_list("merged_into", flat=True)
        if concerned := {pk for pk in (*touched, *survivors) if pk is not None}:
            self.reindex(concerned)

    def enter(self, owner: "User", contact: Contact, folder: "Folder | None" = None) -> "Party":
        """Make a party by hand, in folder or in the one for what is entered by hand. Raises InvalidContact."""
        from .folder import Folder
        from .mirroring import Placement, draw, mirror

        folder = folder or Folder.objects.by_hand(owner)
        raw = build(contact)
        said = contact_of(read(raw), folder.region)
        return mirror(owner.pk, folder, [Placement(Entry(""), raw, said, picture=draw(said, None, ""))])[0]


class Party(PublicIdModel, AuditModel, Mirrored):
    """A person or an organisation of a book."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="parties")
    display_name = models.TextField("name")
    notes = models.TextField(blank=True)
    avatar = models.ImageField(upload_to="contacts/", max_length=200, blank=True, editable=False)
    # Of the photo as it stands in the card: the same photo is not drawn again.
    avatar_digest = models.CharField(max_length=64, blank=True, editable=False)
    # The account that this person has here, written by ties.py alone. It stands here and not with Person because only
    # so can the database promise that a book holds an account once.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="known_as"
    )
    # The same on the word of the book's owner: it goes before what addresses say, and no sync undoes it.
    confirmed_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="merged"
    )
    handle_count = models.PositiveIntegerField(default=0, editable=False)
    sort_key = models.CharField(max_length=SORT_KEY_MAX, editable=False)
    # Everything that a search may find, folded.
    search_text = models.TextField(editable=False)

    objects = PartyManager()

    class Meta(Mirrored.Meta):
        verbose_name_plural = "parties"
        ordering = ["sort_key", "pk"]
        # The list, its letters and its numbers are read from this alone. merged_into has to be in it: SQLite keeps a
        # reference to the own table behind all other columns, and so behind the cards.
        indexes = [models.Index(fields=["owner", "removed_at", "merged_into", "sort_key"], name="a_book_in_order")]
        constraints = [
            *Mirrored.Meta.constraints,
            models.UniqueConstraint(
                fields=["owner", "user"], condition=Q(merged_into=None), name="an_account_stands_once_in_a_book"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")), name="no_party_is_merged_into_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def kind(self) -> str:
        """person or organization, as the child row says; "" for a bare party."""
        return next((kind for kind in ("person", "organization") if hasattr(self, kind)), "")

    @property
    def canonical(self) -> "Party":
        """The party that stands for this one: itself, unless it was merged."""
        return self.merged_into or self

    @property
    def avatar_version(self) -> str:
        """A sign that changes with the picture, for its URL."""
        return version_of(self.avatar.name or "")

    def contact(self) -> Contact:
        """What the card of this party says."""
        return contact_of(read(bytes(self.raw_vcard)), self.region)

    @property
    def region(self) -> str:
        """The country whose national telephone numbers this party's card may hold."""
        return self.folder.region if self.folder else settings.DEFAULT_REGION

    def searchable(self) -> str:
        """Return all that a search may find this party by, folded, each word after a space."""
        words = []
        for party in [self, *self.merged.all()]:
            words.append(party.display_name)
            if hasattr(party, "person"):
                person = party.person
                words += [person.name_prefix, person.given_name, person.additional_name, person.family_name]
                words += [person.name_suffix, person.nickname]
        words += [text for work in self.affiliations.all() for text in (work.organization_name, work.department)]
        words += [text for link in self.links.all() for text in (link.handle.value, link.handle.normalised)]
        return " " + " ".join(dict.fromkeys(fold(" ".join(words)).split()))

    # --- Verbs -------------------------------------------------------------------------------------------------

    def edit(self, old: Contact, new: Contact) -> "Party":
        """Change the card where new differs from old, and what follows from it. A later sync keeps the change.

        old: what the editor saw. Raises InvalidContact.
        """
        from .mirroring import Placement, draw, mirror

        with transaction.atomic():
            lock_book(self.owner_id)
            fresh = Party.objects.select_related("folder__directory").get(pk=self.pk)
            raw = edited(read(bytes(fresh.raw_vcard)), old, new)
            contact = contact_of(read(raw), fresh.region)
            is_mirrored = bool(fresh.href_key)
            base = bytes(fresh.base_vcard or fresh.raw_vcard) if is_mirrored else b""
            entry = Entry(fresh.source_href, fresh.source_etag)
            base = b"" if base == raw else base
            picture = draw(contact, None, fresh.avatar_digest) if contact.photo != old.photo else None
            placement = Placement(entry, raw, contact, fresh, fresh.href_key, base, picture)
            mirror(fresh.owner_id, fresh.folder, [placement])
        return Party.objects.get(pk=self.pk)

    @transaction.atomic
    def purge(self, *, by_owner: bool = False) -> None:
        """Take this party out of the book, softly: conversations keep it, and it can come back as itself."""
        lock_book(self.owner_id)
        Party.objects.filter(Q(pk=self.pk) | Q(merged_into=self.pk)).update(
            removed_at=timezone.now(), is_removed_by_owner=by_owner
        )
        self._reconsider()

    @transaction.atomic
    def restore(self) -> None:
        """Bring a removed party back as it was."""
        lock_book(self.owner_id)
        Party.objects.filter(Q(pk=self.pk) | Q(merged_into=self.pk)).update(removed_at=None, is_removed_by_owner=False)
        self._reconsider()

    @transaction.atomic
    def erase(self) -> None:
        """Delete this party, those merged into it, and the handles that nobody else claims. There is no way back."""
        lock_book(self.owner_id)
        pks = list(self.links.values_list("handle_id", flat=True))
        for party in [*self.merged.all(), self]:
            party.drop_avatar_on_commit()
            party.delete()
        Handle.objects.forget_unclaimed(pks)
        Handle.objects.resolve(pks)

    @transaction.atomic
    def confirm_user(self, user: "User") -> None:
        """Take the owner's word that this person has that account; whoever else of the book had it has it no more."""
        lock_book(self.owner_id)
        Party.objects.filter(owner=self.owner_id, confirmed_user=user).exclude(pk=self.pk).update(confirmed_user=None)
        Party.objects.filter(pk=self.pk).update(confirmed_user=user)
        self._reconsider()

    @transaction.atomic
    def deny_user(self) -> None:
        """Take the owner's word that this person does not have the account that it seems to have.

        The claims on the addresses of that account are dismissed, so that no sync ties them again.
        """
        from .ties import addresses_of

        lock_book(self.owner_id)
        self.refresh_from_db(fields=["user"])
        if self.user is None:
            return
        mine = self.links.filter(handle__platform="email", handle__normalised__in=addresses_of(self.user.pk))
        mine.update(is_confirmed=False, is_dismissed=True)
        Party.objects.filter(pk=self.pk).update(confirmed_user=None)
        self._reconsider()

    def _reconsider(self) -> None:
        from .ties import tie_parties

        Handle.objects.resolve(list(self.links.values_list("handle_id", flat=True)))
        tie_parties(self.owner_id, [self.pk])
        self.refresh_from_db()

    def change_avatar(self, picture: ContentFile | None, digest: str = "") -> None:
        """Show another picture, or none; saved with the party. picture: WebP, as pictures.square() makes it."""
        self.drop_avatar_on_commit()
        self.avatar, self.avatar_digest = "", digest
        if picture is not None:
            self.avatar.save(f"{secrets.token_hex(16)}.webp", picture, save=False)

    def drop_avatar_on_commit(self) -> None:
        if name := self.avatar.name:
            transaction.on_commit(partial(self.avatar.storage.delete, name), robust=True)


def version_of(avatar: str) -> str:
    """Return a sign that changes with a picture, from the name of its file."""
    return avatar.rpartition("/")[2][:12]


class Person(Party):
    party = models.OneToOneField(Party, on_delete=models.CASCADE, parent_link=True, primary_key=True)
    name_prefix = models.TextField(blank=True)
    given_name = models.TextField(blank=True)
    additional_name = models.TextField(blank=True)
    family_name = models.TextField(blank=True)
    name_suffix = models.TextField(blank=True)
    nickname = models.TextField(blank=True)
    birthday = PartialDateField()
    anniversary = PartialDateField()

    objects: ClassVar[models.Manager["Person"]] = models.Manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.display_name


class Organization(Party):
    party = models.OneToOneField(Party, on_delete=models.CASCADE, parent_link=True, primary_key=True)
    legal_name = models.TextField(blank=True)
    domain = models.CharField(max_length=253, blank=True, db_index=True)

    objects: ClassVar[models.Manager["Organization"]] = models.Manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.display_name
