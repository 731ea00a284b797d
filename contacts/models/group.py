"""Contact groups: from group cards, from the categories of cards, or made by hand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, QuerySet

from contacts.card import Contact
from contacts.exceptions import InvalidContact, InvalidHandle
from project.accounts.names import is_visible
from project.models import AuditModel, PublicIdModel
from project.words import SORT_KEY_MAX, digest, key_of, sort_key

from .handle import CERTAIN_FROM, Handle
from .locks import lock_book
from .mirrored import Mirrored

if TYPE_CHECKING:
    from project.accounts.models import User

    from .folder import Folder
    from .mirroring import Placement
    from .party import Party

PLATFORM_OF_SCHEME = {"mailto": "email", "tel": "phone", "xmpp": "xmpp", "sip": "sip"}


class ContactGroupManager(models.Manager["ContactGroup"]):
    def of(self, owner: "User | int") -> "QuerySet[ContactGroup]":
        """The groups that the book of owner shows."""
        return self.filter(owner=owner, removed_at=None)

    def make(self, owner: "User", name: str) -> "ContactGroup":
        """Make a group by hand. Raises InvalidContact for a name without a letter."""
        return self.create(owner=owner, **_named(name))

    def mirror(self, folder: "Folder", placement: "Placement", group: "ContactGroup | None" = None) -> "ContactGroup":
        """Write what a group card says; group: the row whose card it is, None for a new one."""
        contact = placement.contact
        group = group or ContactGroup(owner=folder.owner)
        group.folder, group.source = folder, ContactGroup.Source.CARD
        group.name = contact.display_name or "Group"
        group.name_key = sort_key(group.name)
        group.source_href, group.href_key, group.source_etag = (
            placement.entry.href, placement.key, placement.entry.etag,
        )  # fmt: skip
        group.source_uid, group.uid_key = contact.uid, key_of(contact.uid)
        group.raw_vcard, group.source_digest = placement.raw, digest(placement.raw)
        group.removed_at = None
        with transaction.atomic():
            lock_book(folder.owner_id)
            group.save()
            group.name_members(contact.members)
        return group

    def settle_members(self, folder: "Folder", parties: "Sequence[Party]") -> None:
        """Tell the groups of folder who of their members these parties are."""
        by_key = {party.uid_key: party for party in parties if party.uid_key}
        waiting = GroupMember.objects.filter(group__folder=folder, party=None, member_key__in=by_key)
        for member in waiting:
            party = by_key[member.member_key]
            member.party_id, member.origin_id = party.merged_into_id or party.pk, party.pk
            member.save(update_fields=["party", "origin"])

    def categorise(
        self, owner_id: int, contacts: Mapping[int, Contact], shown: Mapping[int, int], *, has_old: bool
    ) -> None:
        """Put parties (contacts and shown by their ids) into the groups that their categories name, and only those."""
        wanted = {
            (sort_key(category), pk): category
            for pk, contact in contacts.items()
            for category in contact.categories
            if sort_key(category)
        }
        names: dict[str, str] = {}
        for (key, _), category in wanted.items():
            names.setdefault(key, " ".join(category.split()))
        mine = self.filter(owner=owner_id, source=ContactGroup.Source.CATEGORIES)
        groups = {group.name_key: group for group in mine.filter(name_key__in=names)} if names else {}
        for key in names.keys() - groups.keys():
            groups[key] = self.create(
                owner_id=owner_id, name=names[key], name_key=key, source=ContactGroup.Source.CATEGORIES
            )
        there = GroupMember.objects.filter(group__in=mine, origin__in=contacts) if has_old else []
        stale = []
        for member in there:
            if wanted.pop((member.group.name_key, member.origin_id or 0), None) is None:
                stale.append(member.pk)
        GroupMember.objects.bulk_create(
            GroupMember(group=groups[key], party_id=shown[pk], origin_id=pk, member_key=digest(f"party:{pk}"))
            for key, pk in wanted
        )
        if stale:
            GroupMember.objects.filter(pk__in=stale).delete()
            mine.filter(members=None).delete()


def _named(name: str) -> dict[str, str]:
    name = " ".join(name.split())
    if not any(is_visible(letter) for letter in name):
        raise InvalidContact("Give the group a name.")
    return {"name": name, "name_key": sort_key(name)}


class ContactGroup(PublicIdModel, AuditModel, Mirrored):
    class Source(models.TextChoices):
        CARD = "card", "a group card"
        CATEGORIES = "categories", "the categories of cards"
        MANUAL = "manual", "made here"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contact_groups")
    name = models.TextField()
    name_key = models.CharField(max_length=SORT_KEY_MAX, editable=False)
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.MANUAL)

    objects = ContactGroupManager()

    class Meta(Mirrored.Meta):
        ordering = ["name_key", "pk"]
        constraints = [
            *Mirrored.Meta.constraints,
            models.UniqueConstraint(
                fields=["owner", "name_key"], condition=Q(source="categories"), name="a_category_stands_once_in_a_book"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def people(self) -> "QuerySet[Party]":
        """The members that are in the book, each once."""
        from .party import Party

        return Party.objects.in_book().filter(pk__in=self.members.exclude(party=None).values("party"))

    @property
    def is_by_hand(self) -> bool:
        """Whether it was made here, and so can be changed here."""
        return self.source == self.Source.MANUAL

    def rename(self, name: str) -> None:
        """Change the name of a group made here. Raises InvalidContact."""
        for field, text in _named(name).items():
            setattr(self, field, text)
        self.save(update_fields=["name", "name_key", "updated_at"])

    def add(self, party: "Party") -> None:
        """Put a party into a group made here; once is enough."""
        self.members.get_or_create(member_key=digest(f"party:{party.pk}"), defaults={"party": party, "origin": party})

    def remove(self, party: "Party") -> None:
        """Take a party out of a group made here."""
        self.members.filter(party=party).delete()

    def name_members(self, members: Sequence[str]) -> None:
        """Let the members be those that a card names: uids of cards in the same folder, or addresses as URIs."""
        from .party import Party

        wanted = {key_of(member): member for member in members if member}
        there = set(self.members.values_list("member_key", flat=True))
        self.members.exclude(member_key__in=wanted).delete()
        missing = wanted.keys() - there
        parties = {party.uid_key: party for party in Party.objects.filter(folder=self.folder, uid_key__in=missing)}
        rows = []
        for key in missing:
            row = GroupMember(group=self, member=wanted[key], member_key=key)
            if party := parties.get(key) or self._party_at(wanted[key]):
                row.party_id, row.origin_id = party.merged_into_id or party.pk, party.pk
            rows.append(row)
        GroupMember.objects.bulk_create(rows)

    def _party_at(self, member: str) -> "Party | None":
        """Return who has the address that a group names; an unknown one becomes a handle that is nobody's yet."""
        scheme, _, value = member.partition(":")
        if (platform := PLATFORM_OF_SCHEME.get(scheme.lower())) is None:
            return None
        try:
            handle = Handle.objects.upsert(self.owner, platform, value)
        except InvalidHandle:
            return None
        Handle.objects.suggest([handle.pk])
        handle.refresh_from_db()
        return handle.party if (handle.resolved_confidence or 0) >= CERTAIN_FROM else None


class GroupMember(models.Model):
    """One member as the group names it, and the party that it is, as soon as there is one."""

    group = models.ForeignKey(ContactGroup, on_delete=models.CASCADE, related_name="members")
    party = models.ForeignKey(
        "contacts.Party", null=True, blank=True, on_delete=models.CASCADE, related_name="memberships"
    )
    origin = models.ForeignKey("contacts.Party", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    # A uid, or a mailto: or tel: URI, as the card has it; "" where the party itself was put into the group.
    member = models.TextField(blank=True)
    member_key = models.CharField(max_length=64, db_index=True)

    objects: ClassVar[models.Manager["GroupMember"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "member_key"], name="a_group_names_a_member_once"),
        ]

    def __str__(self) -> str:
        return str(self.party or self.member)
