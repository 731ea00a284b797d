"""Merging: two entries become one, a later sync still finds both cards, and it can be undone."""

import pytest
from django.db import IntegrityError, transaction

from contacts.card import CardAddress, CardAffiliation
from contacts.exceptions import MergeRefused
from contacts.models import (
    Affiliation,
    ContactGroup,
    Folder,
    Handle,
    KeptApart,
    Party,
    merge,
    probable_duplicates,
    unmerge,
)
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, placed

HOME = CardAddress("home", street="Main St 3")
ANNA = contact(
    "Anna Novak", email("anna@home.org"), email("both@x.org"),
    addresses=(HOME,), affiliations=(CardAffiliation("Acme"),), categories=("Family",),
)  # fmt: skip
ANN = contact(
    "Ann N.", email("ann@work.org"), email("both@x.org", "work"),
    addresses=(CardAddress("work", street="Work St 1"),), affiliations=(CardAffiliation("Other"),),
    categories=("Choir",), nickname="Nan",
)  # fmt: skip


def facts(party: Party) -> dict[str, object]:
    party = Party.objects.get(pk=party.pk)
    return {
        "links": sorted(
            (link.handle.value, link.label, link.confidence, link.is_confirmed, link.is_dismissed)
            for link in party.links.all()
        ),
        "owns": sorted(handle.value for handle in party.handles.all()),
        "addresses": sorted(str(row) for row in party.addresses.all()),
        "affiliations": sorted(str(row) for row in party.affiliations.all()),
        "groups": sorted(row.group.name for row in party.memberships.all()),
        "count": party.handle_count,
        "search": set(party.search_text.split()),
        "merged_into": party.merged_into,
    }


@pytest.fixture
def pair(folder: Folder) -> tuple[Party, Party]:
    anna, ann = placed(folder, ANNA, ANN)
    return anna, ann


def test_everything_moves_to_the_one_who_stays(pair: tuple[Party, Party]) -> None:
    anna = merge(*pair)
    assert facts(anna)["owns"] == ["ann@work.org", "anna@home.org", "both@x.org"]
    assert facts(anna)["addresses"] == ["Main St 3", "Work St 1"]
    assert facts(anna)["affiliations"] == ["Acme", "Other"]
    assert facts(anna)["groups"] == ["Choir", "Family"]
    assert facts(anna)["count"] == 3
    assert list(Party.objects.of(anna.owner)) == [anna]
    assert Party.objects.get(pk=pair[1].pk).canonical == anna


def test_the_one_who_stays_is_found_by_either_name(pair: tuple[Party, Party]) -> None:
    anna = merge(*pair)
    for query in ("ann@work", "nan", "Other", "novak"):
        assert list(Party.objects.of(anna.owner).search(query)) == [anna]


def test_a_merge_settles_the_doubt_between_the_two(pair: tuple[Party, Party]) -> None:
    assert pair[1].links.get(handle__value="both@x.org").confidence == 0.3
    anna = merge(*pair)
    assert anna.links.get(handle__value="both@x.org").confidence == 1.0


def test_taking_apart_gives_each_back_what_it_had(pair: tuple[Party, Party]) -> None:
    before = [facts(party) for party in pair]
    merge(*pair)
    unmerge(Party.objects.get(pk=pair[1].pk))
    assert [facts(party) for party in pair] == before


def test_taking_apart_gives_back_what_was_decided(pair: tuple[Party, Party]) -> None:
    pair[1].links.get(handle__value="both@x.org").confirm()
    pair[0].links.get(handle__value="anna@home.org").dismiss()
    before = [facts(party) for party in pair]
    merge(*pair)
    unmerge(Party.objects.get(pk=pair[1].pk))
    assert [facts(party) for party in pair] == before


def test_a_later_sync_of_the_merged_card_changes_what_that_card_says(pair: tuple[Party, Party], folder: Folder) -> None:
    anna, ann = merge(*pair), Party.objects.get(pk=pair[1].pk)
    placed(folder, contact("Ann N.", email("ann@new.org"), addresses=(CardAddress("work", street="New St"),)), of=[ann])
    assert facts(anna)["owns"] == ["ann@new.org", "anna@home.org", "both@x.org"]
    assert facts(anna)["addresses"] == ["Main St 3", "New St"]
    assert Party.objects.of(anna.owner).count() == 1
    assert list(Party.objects.of(anna.owner).search("ann@new")) == [anna]


def test_a_later_sync_of_the_card_that_stays_leaves_the_others_word(pair: tuple[Party, Party], folder: Folder) -> None:
    anna = merge(*pair)
    placed(folder, contact("Anna Novak", email("anna@home.org")), of=[anna])
    assert facts(anna)["owns"] == ["ann@work.org", "anna@home.org", "both@x.org"]
    assert facts(anna)["addresses"] == ["Work St 1"]


def test_when_the_merged_card_is_gone_its_word_is_taken_back(pair: tuple[Party, Party]) -> None:
    anna = merge(*pair)
    Party.objects.vanish([pair[1].pk])
    assert facts(anna)["owns"] == ["anna@home.org", "both@x.org"]
    assert facts(anna)["addresses"] == ["Main St 3"]


def test_when_the_card_that_stayed_is_gone_the_other_stands_for_itself(pair: tuple[Party, Party]) -> None:
    anna = merge(*pair)
    Party.objects.vanish([anna.pk])
    (ann,) = Party.objects.of(anna.owner)
    assert ann.pk == pair[1].pk
    assert facts(ann)["owns"] == ["ann@work.org", "both@x.org"]
    assert Party.objects.get(pk=anna.pk).canonical == ann


def test_a_card_that_comes_back_after_that_is_still_the_same_human(pair: tuple[Party, Party], folder: Folder) -> None:
    anna = merge(*pair)
    Party.objects.vanish([anna.pk])
    placed(folder, ANNA, of=[Party.objects.get(pk=anna.pk)])
    (ann,) = Party.objects.of(anna.owner)
    assert facts(ann)["owns"] == ["ann@work.org", "anna@home.org", "both@x.org"]


def test_three_become_one_and_each_comes_apart(folder: Folder) -> None:
    three = placed(folder, ANNA, ANN, contact("A. Novak", email("third@x.org")))
    before = [facts(party) for party in three]
    merge(three[1], three[2])
    merge(three[0], Party.objects.get(pk=three[1].pk))
    assert [party.canonical.pk for party in Party.objects.order_by("pk")] == [three[0].pk] * 3
    for party in three[1:]:
        unmerge(Party.objects.get(pk=party.pk))
    assert [facts(party) for party in three] == before


def test_who_is_removed_after_a_merge_comes_back_whole(pair: tuple[Party, Party]) -> None:
    anna = merge(*pair)
    before = facts(anna)
    anna.purge(by_owner=True)
    assert not Party.objects.of(anna.owner)
    Party.objects.get(pk=anna.pk).restore()
    assert facts(anna) == before


def test_members_of_an_organisation_follow_a_merge(folder: Folder) -> None:
    acme, same = placed(folder, contact("Acme", kind="organization"), contact("Acme Inc", kind="organization"))
    placed(folder, contact("Anna", affiliations=(CardAffiliation("Acme Inc"),)))
    merge(acme, same)
    assert Affiliation.objects.get().organization == acme


@pytest.mark.parametrize("case", ["itself", "kind", "book", "accounts", "twice", "removed"])
def test_some_must_not_become_one(folder: Folder, bob: User, carol: User, case: str) -> None:
    anna, ann, acme = placed(folder, contact("Anna"), contact("Ann"), contact("Acme", kind="organization"))
    other = {"itself": anna, "kind": acme}.get(case, ann)
    if case == "book":
        (other,) = placed(folder_of(carol), contact("Anna"))
    if case == "accounts":
        Party.objects.filter(pk=anna.pk).update(user=bob)
        Party.objects.filter(pk=ann.pk).update(user=carol)
    if case == "twice":
        merge(anna, ann)
    if case == "removed":
        ann.purge()
    with pytest.raises(MergeRefused):
        merge(anna, other)


def test_only_what_was_merged_is_taken_apart(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna"))
    with pytest.raises(MergeRefused, match="not merged"):
        unmerge(anna)


def test_the_database_refuses_a_party_merged_into_itself(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Party.objects.update(merged_into=anna.pk)


def test_who_shares_an_address_or_a_name_may_be_one(folder: Folder) -> None:
    anna, ann, ben, namesake, _ = placed(
        folder, contact("Anna", email("a@x.org")), contact("Ann", email("a@x.org")), contact("Ben"),
        contact("BEN ", uid="2"), contact("Ben", uid="3", kind="organization"),
    )  # fmt: skip
    found = [(one, other, why) for one, other, why in probable_duplicates(folder.owner)]
    assert found == [(anna, ann, "Both have a@x.org"), (ben, namesake, "Both have the same name")]


def test_who_is_kept_apart_is_not_asked_about_again(folder: Folder) -> None:
    anna, ann = placed(folder, contact("Anna", email("a@x.org")), contact("Ann", email("a@x.org")))
    kept = KeptApart.objects.keep(ann, anna)
    assert KeptApart.objects.keep(anna, ann) == kept
    assert str(kept) == "Anna is not Ann"
    assert probable_duplicates(folder.owner) == []


def test_nobody_elses_contacts_are_kept_apart(folder: Folder, carol: User) -> None:
    (anna,) = placed(folder, contact("Anna"))
    (other,) = placed(folder_of(carol), contact("Anna"))
    for one, two in ((anna, other), (anna, anna)):
        with pytest.raises(MergeRefused):
            KeptApart.objects.keep(one, two)


def test_an_address_of_a_whole_company_makes_nobody_alike(folder: Folder) -> None:
    placed(folder, *(contact(f"Person {n}", email("office@x.org")) for n in range(5)))
    assert probable_duplicates(folder.owner) == []


def test_the_page_of_duplicates_has_an_end(folder: Folder) -> None:
    placed(folder, *(contact("Same", uid=str(n)) for n in range(40)))
    assert len(probable_duplicates(folder.owner)) == 100


def test_removed_and_merged_ones_are_no_duplicates(folder: Folder) -> None:
    anna, ann, ben, also = placed(
        folder, contact("Anna", email("a@x.org")), contact("Ann", email("a@x.org")), contact("Ben"),
        contact("Ben", uid="2"),
    )  # fmt: skip
    merge(anna, ann)
    also.purge()
    assert probable_duplicates(folder.owner) == []
    assert Handle.objects.get().party == anna
    assert not ContactGroup.objects.exists()
    assert str(ben) == "Ben"
