"""Parties: people and organisations, found by any of their names, removed softly and brought back."""

from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from contacts.card import CardAffiliation, PartialDate, Photo
from contacts.models import Folder, Handle, Organization, Party, Person
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, phone, placed


def png(colour: str = "red") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (40, 40), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_kind_of_a_party_is_its_child(folder: Folder) -> None:
    anna, acme = placed(folder, contact("Anna Novak"), contact("Acme", kind="organization"))
    assert (anna.kind, acme.kind) == ("person", "organization")
    assert str(Person.objects.get()) == "Anna Novak"
    assert str(Organization.objects.get()) == "Acme"
    assert Party(display_name="Bare").kind == ""


def test_a_card_that_becomes_an_organisation_changes_the_child_and_keeps_the_party(folder: Folder) -> None:
    (party,) = placed(folder, contact("Acme"))
    (after,) = placed(folder, contact("Acme", kind="organization"), of=[party])
    assert (after.pk, after.public_id, after.kind) == (party.pk, party.public_id, "organization")
    assert not Person.objects.exists()


def test_a_person_keeps_every_part_of_the_name_and_days_without_a_year(folder: Folder) -> None:
    says = contact("Anna Novak", nickname="Ann", birthday=PartialDate(None, 5, 15), anniversary=PartialDate(2001, 2, 3))
    placed(folder, says)
    person = Person.objects.get()
    assert (person.given_name, person.family_name, person.nickname) == ("Anna", "Novak", "Ann")
    assert person.birthday == PartialDate(None, 5, 15)
    assert person.anniversary == PartialDate(2001, 2, 3)


def test_no_name_from_a_card_is_too_long(folder: Folder) -> None:
    long = "Ä" * 5000
    placed(
        folder,
        contact(long, nickname=long, notes=long, affiliations=(CardAffiliation(long, long, long, long),), uid=long),
        contact(long, kind="organization", uid=long + "!"),
    )
    assert Party.objects.filter(display_name=long).count() == 2


def test_a_card_without_a_name_has_one_to_show(folder: Folder) -> None:
    placed(folder, contact("", uid="1"))
    assert str(Party.objects.get()) == "No name"


@pytest.mark.parametrize(
    "query", ["novak", "NOVÁK anna", "ann nov", "annie", "acme", "anna@example", "602 123", "(602) 123-456", "0602 123"]
)
def test_a_party_is_found_by(folder: Folder, query: str) -> None:
    says = contact("Anna Nováková", email("anna@example.org"), phone("+44 602 123 456"), nickname="Annie")
    says = type(says)(**{**vars(says), "affiliations": (CardAffiliation("Acme"),)})
    placed(folder, says, contact("Ben"))
    assert [str(party) for party in Party.objects.of(folder.owner).search(query)] == ["Anna Nováková"]


@pytest.mark.parametrize("query", ["novaková ben", "+420 999", "%", "_"])
def test_a_party_is_not_found_by(folder: Folder, query: str) -> None:
    placed(folder, contact("Anna Nováková", phone("+420 602 123 456")))
    assert not Party.objects.of(folder.owner).search(query)


def test_chinese_is_found_by_any_part(folder: Folder) -> None:
    placed(folder, contact("王小明"))
    assert Party.objects.of(folder.owner).search("小明").count() == 1


def test_nobody_sees_somebody_elses_book(folder: Folder, carol: User) -> None:
    placed(folder, contact("Anna"))
    placed(folder_of(carol), contact("Ben"))
    assert [str(party) for party in Party.objects.of(carol)] == ["Ben"]


def test_a_list_is_in_the_order_of_names_without_accents(folder: Folder) -> None:
    placed(folder, contact("Zoe"), contact("Émile"), contact('"Ed"'), contact("ada"))
    assert [str(party) for party in Party.objects.of(folder.owner).listed()] == ["ada", '"Ed"', "Émile", "Zoe"]


def test_a_list_loads_no_cards(folder: Folder, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    placed(folder, *(contact(f"Person {n}") for n in range(5)))
    with django_assert_num_queries(1):
        rows = [(str(party), party.kind) for party in Party.objects.of(folder.owner).listed()]
    assert len(rows) == 5
    assert "raw_vcard" in Party.objects.first().get_deferred_fields()  # type: ignore[union-attr]


def test_the_page_of_a_party_takes_a_fixed_number_of_queries(
    folder: Folder, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    placed(folder, contact("Anna", *(email(f"{n}@example.org") for n in range(9)), categories=("A", "B")))
    with django_assert_num_queries(5):
        party = Party.objects.of(folder.owner).with_card().get()
        assert len([link.handle.value for link in party.links.all()]) == 9
        assert len([row.group.name for row in party.memberships.all()]) == 2
        assert not [*party.addresses.all(), *party.affiliations.all()]


def test_a_photo_is_drawn_anew_and_goes_with_the_card(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", photo=Photo(data=png())))
    assert anna.avatar.read()[8:12] == b"WEBP"
    first = anna.avatar.name
    (anna,) = placed(folder, contact("Anna", photo=Photo(data=png())), of=[anna])
    assert anna.avatar.name == first
    (anna,) = placed(folder, contact("Anna", photo=Photo(data=png("blue"))), of=[anna])
    assert anna.avatar.name != first
    (anna,) = placed(folder, contact("Anna"), of=[anna])
    assert not anna.avatar


@pytest.mark.django_db(transaction=True)
def test_a_photo_that_is_not_shown_any_more_is_deleted(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", photo=Photo(data=png())))
    storage, name = anna.avatar.storage, anna.avatar.name
    assert storage.exists(name)
    anna.erase()
    assert not storage.exists(name)


def test_a_photo_that_lies_is_not_shown_and_stops_nothing(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", photo=Photo(data=b"<svg onload=alert(1)>")))
    assert not anna.avatar


def test_what_is_removed_can_be_restored(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("anna@example.org")))
    anna.purge(by_owner=True)
    assert not Party.objects.of(folder.owner)
    assert list(Party.objects.removed()) == [anna]
    anna.restore()
    assert list(Party.objects.of(folder.owner)) == [anna]
    assert Handle.objects.get().party == anna


def test_what_the_owner_removed_no_sync_brings_back(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna"))
    anna.purge(by_owner=True)
    placed(folder, contact("Anna", nickname="Ann"), of=[Party.objects.get()])
    assert not Party.objects.of(folder.owner)


def test_what_vanished_at_the_source_comes_back_as_itself(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("anna@example.org")))
    Party.objects.vanish([anna.pk])
    assert not Party.objects.of(folder.owner)
    (again,) = placed(folder, contact("Anna", email("anna@example.org")), of=[Party.objects.get()])
    assert (again.pk, again.removed_at) == (anna.pk, None)
    assert Handle.objects.get().party == anna


def test_erasing_takes_everything_along_that_nobody_else_has(folder: Folder) -> None:
    anna, ben = placed(
        folder, contact("Anna", email("a@x.org"), email("both@x.org")), contact("Ben", email("both@x.org"))
    )  # fmt: skip
    anna.erase()
    assert [(handle.value, handle.party) for handle in Handle.objects.all()] == [("both@x.org", ben)]


def test_a_party_outlives_its_folder(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna"))
    folder.delete()
    assert Party.objects.get(pk=anna.pk).folder is None


def test_a_folder_has_a_uid_once(folder: Folder) -> None:
    anna, ben = placed(folder, contact("Anna"), contact("Ben"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Party.objects.filter(pk=ben.pk).update(uid_key=anna.uid_key)


def test_a_folder_has_a_place_once(folder: Folder) -> None:
    anna, ben = placed(folder, contact("Anna"), contact("Ben"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Party.objects.filter(pk=ben.pk).update(href_key=anna.href_key)


def test_a_book_has_an_account_once(folder: Folder, bob: User) -> None:
    anna, ben = placed(folder, contact("Anna"), contact("Ben"))
    Party.objects.filter(pk=anna.pk).update(user=bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        Party.objects.filter(pk=ben.pk).update(user=bob)


def test_two_books_may_know_the_same_account(folder: Folder, carol: User, bob: User) -> None:
    placed(folder, contact("Bob"))
    placed(folder_of(carol), contact("Bobby"))
    Party.objects.update(user=bob)
    assert bob.known_as.count() == 2


def test_deleting_an_account_deletes_its_book_and_nobody_elses_contact(folder: Folder, bob: User) -> None:
    placed(folder, contact("Bob"))
    Party.objects.update(user=bob)
    bob.delete()
    assert Party.objects.get().user is None
    folder.owner.delete()
    assert not Party.objects.exists()


@pytest.mark.parametrize("query", ["+49 170 1234567", "0170/123 45 67", "+49 (0) 170 1234567", "1234567"])
def test_a_number_is_found_in_any_writing(folder: Folder, query: str, settings: Settings) -> None:
    settings.DEFAULT_REGION = "DE"
    (jan,) = placed(folder, contact("Jan", phone("+49 170 1234567")))
    placed(folder, contact("Eva", phone("+49 170 7654321")))
    assert list(Party.objects.in_book().search(query)) == [jan]
