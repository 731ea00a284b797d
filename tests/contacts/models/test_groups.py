"""Contact groups: from group cards, from categories, and made by hand."""

import pytest

from contacts.card import Contact
from contacts.directories.base import Entry
from contacts.exceptions import InvalidContact
from contacts.models import ContactGroup, Folder, GroupMember, Handle, Party
from contacts.models.mirroring import Placement
from project.accounts.models import User
from tests.contacts.cast import contact, email, placed


def group_card(folder: Folder, name: str, *members: str, of: ContactGroup | None = None) -> ContactGroup:
    says = Contact(kind="group", uid=f"group {name}", display_name=name, members=members)
    return ContactGroup.objects.mirror(folder, Placement(Entry(f"/{name}.vcf", "1"), b"raw", says, key=name), of)


def names(group: ContactGroup) -> list[str]:
    return [str(party) for party in group.people]


def test_a_group_card_has_its_members_whichever_came_first(folder: Folder) -> None:
    placed(folder, contact("Anna"))
    group = group_card(folder, "Choir", "Anna", "Ben")
    assert names(group) == ["Anna"]
    assert {str(member) for member in group.members.all()} == {"Anna", "Ben"}
    placed(folder, contact("Ben"))
    assert names(group) == ["Anna", "Ben"]


def test_a_group_follows_its_card(folder: Folder) -> None:
    placed(folder, contact("Anna"), contact("Ben"))
    group = group_card(folder, "Choir", "Anna")
    kept = group_card(folder, "Choir", "Ben", of=group)
    assert (kept.pk, names(kept)) == (group.pk, ["Ben"])


def test_a_member_may_be_named_twice(folder: Folder) -> None:
    placed(folder, contact("Anna"))
    assert names(group_card(folder, "Choir", "Anna", "Anna")) == ["Anna"]


def test_a_member_may_be_named_by_address(folder: Folder) -> None:
    placed(folder, contact("Anna", email("anna@example.org")))
    group = group_card(folder, "Choir", "mailto:anna@example.org", "mailto:stranger@example.org", "mailto:", "odd:x")
    assert names(group) == ["Anna"]
    assert [handle.value for handle in Handle.objects.unresolved()] == ["stranger@example.org"]


def test_a_doubtful_owner_of_an_address_is_no_member(folder: Folder) -> None:
    placed(folder, contact("Acme", email("info@acme.example"), kind="organization"))
    assert names(group_card(folder, "Choir", "mailto:jo@acme.example")) == []
    assert Handle.objects.get(value="jo@acme.example").resolved_confidence == 0.4


def test_categories_are_groups(folder: Folder) -> None:
    placed(folder, contact("Anna", categories=("Family", "Choir")), contact("Ben", categories=("family ",)))
    groups = {group.name: names(group) for group in ContactGroup.objects.of(folder.owner)}
    assert groups == {"Choir": ["Anna"], "Family": ["Anna", "Ben"]}


def test_a_category_that_nobody_has_is_gone(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", categories=("Family", "Choir")))
    rows = set(GroupMember.objects.filter(group__name="Choir").values_list("pk", flat=True))
    placed(folder, contact("Anna", categories=("Choir",)), of=[anna])
    assert [str(group) for group in ContactGroup.objects.all()] == ["Choir"]
    assert set(GroupMember.objects.values_list("pk", flat=True)) == rows


def test_an_empty_category_is_none(folder: Folder) -> None:
    placed(folder, contact("Anna", categories=("", " ")))
    assert not ContactGroup.objects.exists()


def test_a_group_made_by_hand_takes_anybody_of_the_book_once(alice: User, folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna"))
    group = ContactGroup.objects.make(alice, "  My   friends ")
    group.add(anna)
    group.add(anna)
    assert (group.name, group.is_by_hand, names(group)) == ("My friends", True, ["Anna"])
    assert str(group.members.get()) == "Anna"
    group.rename("Friends")
    group.remove(anna)
    assert (ContactGroup.objects.get().name, names(group)) == ("Friends", [])


@pytest.mark.parametrize("name", ["", "  ", "\u200b"])
def test_a_group_needs_a_name(alice: User, name: str) -> None:
    with pytest.raises(InvalidContact, match="name"):
        ContactGroup.objects.make(alice, name)


def test_a_removed_member_is_not_shown(alice: User, folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", categories=("Family",)))
    anna.purge()
    assert names(ContactGroup.objects.get()) == []
    Party.objects.get().restore()
    assert names(ContactGroup.objects.get()) == ["Anna"]
