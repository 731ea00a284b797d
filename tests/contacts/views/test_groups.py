"""Groups: those made by hand can be changed, those that come with cards only looked at."""

import pytest
from django.test import Client

from contacts.card import Contact
from contacts.directories.base import Entry
from contacts.models import ContactGroup, Folder, Party, merge
from contacts.models.mirroring import Placement
from project.accounts.models import User
from tests.contacts.cast import contact, email, placed
from tests.contacts.views.pages import get, links, post, query_count, url


@pytest.fixture
def group(alice: User) -> ContactGroup:
    return ContactGroup.objects.make(alice, "Book club")


def test_a_group_is_made_by_hand(alice: User, hers: Client) -> None:
    place = post(hers, url("groups"), {"name": "  Book   club "})

    group = ContactGroup.objects.of(alice).get()
    assert place == url("group", group)
    assert group.name == "Book club"
    assert group.is_by_hand


@pytest.mark.parametrize("name", ["", "   ", "\0", "x" * 1001])
def test_a_group_needs_a_name(name: str, hers: Client, group: ContactGroup) -> None:
    for address in (url("groups"), url("group_rename", group)):
        assert hers.post(address, {"name": name}).status_code == 422
    assert list(ContactGroup.objects.values_list("name", flat=True)) == ["Book club"]


def test_a_group_is_renamed_and_deleted_without_its_people(hers: Client, group: ContactGroup, folder: Folder) -> None:
    [jan] = placed(folder, contact("Jan"))
    group.add(jan)

    post(hers, url("group_rename", group), {"name": "Readers"})
    group.refresh_from_db()
    assert group.name == "Readers"

    assert post(hers, url("group_delete", group)) == url("groups")
    assert not ContactGroup.objects.exists()
    assert Party.objects.get() == jan


def test_people_are_searched_added_and_removed(hers: Client, group: ContactGroup, folder: Folder) -> None:
    jan, eva = placed(folder, contact("Jan Novák", email("jan@example.org")), contact("Eva"))
    found = get(hers, url("group", group) + "?q=novak").partition('id="group-found"')[2]
    assert f'value="{jan.public_id}"' in found
    assert f'value="{eva.public_id}"' not in found

    post(hers, url("group_add", group), {"party": jan.public_id})
    post(hers, url("group_add", group), {"party": jan.public_id})
    assert list(group.people) == [jan]
    assert "Nobody else in your address book" in get(hers, url("group", group) + "?q=novak")

    post(hers, url("group_remove", group, jan))
    assert not group.people.exists()


def test_a_contact_is_put_into_a_group_from_its_own_page(hers: Client, group: ContactGroup, folder: Folder) -> None:
    [jan] = placed(folder, contact("Jan"))
    assert f'value="{group.public_id}"' in get(hers, url("party", jan)).partition('id="add-group"')[2]

    assert post(hers, url("party_groups", jan), {"group": group.public_id}) == url("party", jan)
    assert list(group.people) == [jan]
    assert url("group", group) in links(get(hers, url("party", jan)))

    assert post(hers, url("group_remove", group, jan), {"then": "party"}) == url("party", jan)
    assert not group.people.exists()


def test_a_group_that_comes_with_cards_is_only_looked_at(hers: Client, folder: Folder) -> None:
    [jan] = placed(folder, contact("Jan", categories=("Friends",)))
    card = Contact(kind="group", uid="g", display_name="Garden", members=("Jan", "mailto:nobody@example.org"))
    mirrored = ContactGroup.objects.mirror(folder, Placement(Entry("/g.vcf"), b"", card, key="g"))
    category = ContactGroup.objects.get(name="Friends")

    for group in (mirrored, category):
        page = get(hers, url("group", group))
        assert "This group comes from" in page
        assert "It is changed where they come from" in page
        assert url("party", jan) in links(page)
        for name, data in (
            ("group_rename", {"name": "Mine"}),
            ("group_delete", {}),
            ("group_add", {"party": jan.public_id}),
        ):
            assert url(name, group) not in page
            assert hers.post(url(name, group), data).status_code == 422
        assert hers.post(url("group_remove", group, jan)).status_code == 422
        assert hers.post(url("party_groups", jan), {"group": group.public_id}).status_code == 422
    assert ContactGroup.objects.count() == 2
    assert list(category.people) == [jan]
    assert '“<span data-user-text dir="auto">Friends</span>” of' in get(hers, url("group", mirrored))
    assert "1 more is named in the group but not in your address book" in get(hers, url("group", mirrored))


def test_the_groups_tell_how_many_are_in_them(hers: Client, group: ContactGroup, folder: Folder) -> None:
    jan, twin, gone = placed(folder, contact("Jan"), contact("J."), contact("Gone"))
    for party in (jan, twin, gone):
        group.add(party)
    merge(jan, twin)
    gone.purge(by_owner=True)

    assert "1 contact<" in get(hers, url("groups"))


def test_without_groups_the_page_says_what_to_do(hers: Client) -> None:
    assert "No groups yet." in get(hers, url("groups"))


def test_names_of_groups_are_text(hers: Client, group: ContactGroup, folder: Folder) -> None:
    group.rename("<script>broken()</script>")
    [jan] = placed(folder, contact("Jan"))

    for address in (url("groups"), url("group", group), url("party", jan), "/contacts/"):
        page = get(hers, address)
        assert "<script>broken" not in page
        assert "&lt;script&gt;broken" in page


def test_the_pages_of_groups_take_few_queries(alice: User, hers: Client, folder: Folder) -> None:
    def counts() -> list[int]:
        return [query_count(hers, address) for address in (url("groups"), url("group", ContactGroup.objects.first()))]

    placed(folder, contact("Jan", categories=("Friends",)))
    few = counts()
    categories = tuple(f"Group {n}" for n in range(20))
    placed(folder, *(contact(f"Jan {n}", categories=("Friends", *categories)) for n in range(30)))

    assert all(many <= one + 1 for many, one in zip(counts(), few, strict=True))


def test_nobody_sees_or_changes_a_group_of_somebody_else(
    carol: User, hers: Client, strangers: Client, group: ContactGroup, folder: Folder
) -> None:
    [jan] = placed(folder, contact("Jan"))
    own = Party.objects.enter(carol, contact("Own"))
    group.add(jan)
    assert hers.get(url("group", group)).status_code == 200

    def refused(door: str, *more: object, **data: str) -> bool:
        theirs, nobodys = (strangers.post(url(door, one, *more), data) for one in (group, "0" * 16))
        return theirs.status_code == 404 and theirs.content == nobodys.content

    theirs, nobodys = strangers.get(url("group", group)), strangers.get(url("group", "0" * 16))
    assert theirs.status_code == 404
    assert theirs.content == nobodys.content
    assert refused("group_rename", name="Mine")
    assert refused("group_delete")
    assert refused("group_add", party=own.public_id)
    assert refused("group_remove", jan)
    assert strangers.post(url("party_groups", own), {"group": group.public_id}).status_code == 404
    assert list(group.people) == [jan]
    group.refresh_from_db()
    assert group.name == "Book club"


def test_nobody_puts_a_contact_of_somebody_else_into_an_own_group(
    carol: User, strangers: Client, folder: Folder
) -> None:
    [jan] = placed(folder, contact("Jan"))
    group = ContactGroup.objects.make(carol, "Mine")

    assert strangers.post(url("group_add", group), {"party": jan.public_id}).status_code == 404
    assert strangers.post(url("party_groups", jan), {"group": group.public_id}).status_code == 404
    assert not group.members.exists()


def test_no_get_changes_a_group(hers: Client, group: ContactGroup, folder: Folder) -> None:
    [jan] = placed(folder, contact("Jan"))
    for address in (
        url("group_rename", group), url("group_delete", group), url("group_add", group),
        url("group_remove", group, jan), url("party_groups", jan),
    ):  # fmt: skip
        assert hers.get(address).status_code == 405
