"""Addresses and affiliations: what is the same at the next sync keeps its row."""

from contacts.card import CardAddress, CardAffiliation
from contacts.models import Address, Affiliation, Folder
from tests.contacts.cast import contact, placed

HOME = CardAddress("home", "PO 1", "Flat 2", "Main St 3", "Brno", "Moravia", "60200", "Czechia")


def test_an_address_keeps_all_seven_parts(folder: Folder) -> None:
    placed(folder, contact("Anna", addresses=(HOME,)))
    row = Address.objects.get()
    assert tuple(getattr(row, part) for part in Address.PARTS) == HOME[1:8]
    assert str(row) == "Main St 3, Brno, Czechia"
    assert str(Address(label="home")) == "home"


def test_two_addresses_may_have_the_same_label_and_even_be_the_same(folder: Folder) -> None:
    placed(folder, contact("Anna", addresses=(HOME, HOME, HOME._replace(street="Side St 4"))))
    assert Address.objects.count() == 3


def test_addresses_keep_their_rows_over_syncs(folder: Folder) -> None:
    other = HOME._replace(label="work", street="Work St 1")
    (anna,) = placed(folder, contact("Anna", addresses=(HOME, other)))
    before = dict(Address.objects.values_list("label", "pk"))
    placed(folder, contact("Anna", addresses=(other._replace(preferred=True), HOME)), of=[anna])
    assert dict(Address.objects.values_list("label", "pk")) == before
    assert [row.label for row in anna.addresses.all()] == ["work", "home"]
    assert Address.objects.get(label="work").preferred


def test_an_address_that_left_the_card_is_gone(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", addresses=(HOME,)))
    placed(folder, contact("Anna"), of=[anna])
    assert not Address.objects.exists()


def test_an_affiliation_has_its_words(folder: Folder) -> None:
    placed(folder, contact("Anna", affiliations=(CardAffiliation("Acme", "Sales", "Head", "Lead"),)))
    row = Affiliation.objects.get()
    assert (row.organization_name, row.department, row.title, row.role) == ("Acme", "Sales", "Head", "Lead")
    assert str(row) == "Head, Acme"
    assert row.organization is None


def test_an_affiliation_finds_its_organisation_whichever_came_first(folder: Folder) -> None:
    placed(folder, contact("Anna", affiliations=(CardAffiliation("ACME  Inc."),)))
    (acme,) = placed(folder, contact("Acme inc.", kind="organization"))
    placed(folder, contact("Ben", affiliations=(CardAffiliation("acme Inc."),)))
    assert {row.organization for row in Affiliation.objects.all()} == {acme}
    assert acme.members.count() == 2


def test_affiliations_keep_their_rows_over_syncs(folder: Folder) -> None:
    works = CardAffiliation("Acme", title="Head")
    (anna,) = placed(folder, contact("Anna", affiliations=(works,)))
    before = Affiliation.objects.get()
    placed(folder, contact("Anna", affiliations=(works, CardAffiliation("Other"))), of=[anna])
    after = Affiliation.objects.get(organization_name="Acme")
    assert (after.pk, after.updated_at) == (before.pk, before.updated_at)


def test_an_organisation_is_not_affiliated_with_itself(folder: Folder) -> None:
    placed(folder, contact("Acme", kind="organization", affiliations=(CardAffiliation("Acme"),)))
    assert not Affiliation.objects.exists()
