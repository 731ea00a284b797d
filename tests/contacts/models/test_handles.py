"""Handles: who claims an address, how sure that is, and what people decide about it."""

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from contacts.exceptions import InvalidHandle
from contacts.models import Folder, Handle, Organization, Party, PartyHandle
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, phone, placed


def test_an_address_of_a_card_is_certain(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna Novak", email("anna@example.org", "work")))
    handle = Handle.objects.get()
    link = handle.links.get()
    assert handle.party == anna
    assert handle.resolved_confidence == link.confidence == 1.0
    assert (link.label, link.source, link.is_undecided) == ("work", "carddav", False)
    assert link.evidence[str(anna.pk)]["line"] == "EMAIL;TYPE=work:anna@example.org"
    assert str(handle) == "anna@example.org"
    assert str(link) == "Anna Novak: anna@example.org"


def test_a_book_has_an_address_once_however_it_is_written(alice: User) -> None:
    one = Handle.objects.upsert(alice, "email", "Anna@Example.org")
    other = Handle.objects.upsert(alice, "email", "anna@example.org")
    assert one == other
    assert other.value == "Anna@Example.org"


def test_two_books_each_have_their_own(alice: User, bob: User) -> None:
    placed(folder_of(alice), contact("Anna", email("anna@example.org")))
    placed(folder_of(bob), contact("Anna N.", email("anna@example.org", "secret")))
    mine = Handle.objects.get(owner=alice)
    assert mine.party.display_name == "Anna"  # type: ignore[union-attr]
    assert mine.links.get().label == "home"


def test_upsert_fills_gaps_and_overwrites_nothing(alice: User) -> None:
    Handle.objects.upsert(alice, "xmpp", "a@example.org", display_name="Anna")
    handle = Handle.objects.upsert(alice, "xmpp", "a@example.org", display_name="Other", external_id="7")
    assert (handle.display_name, handle.external_id) == ("Anna", "7")


def test_an_id_of_the_network_outlives_a_new_name(alice: User) -> None:
    first = Handle.objects.upsert(alice, "matrix", "@anna:example.org", external_id="42")
    assert Handle.objects.upsert(alice, "matrix", "@anna2:example.org", external_id="42") == first


def test_what_is_no_address_is_refused(alice: User) -> None:
    with pytest.raises(InvalidHandle):
        Handle.objects.upsert(alice, "phone", "call me")
    assert not Handle.objects.exists()


def test_the_database_refuses_a_second_row_of_the_same_address(alice: User) -> None:
    Handle.objects.create(owner=alice, platform="email", value="a@x.org", normalised="a@x.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        Handle.objects.create(owner=alice, platform="email", value="A@x.org", normalised="a@x.org")


def test_the_database_refuses_a_second_row_of_the_same_external_id(alice: User) -> None:
    Handle.objects.create(owner=alice, platform="x", value="a", normalised="a", external_id="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Handle.objects.create(owner=alice, platform="x", value="b", normalised="b", external_id="1")


@pytest.mark.parametrize("confidence", [-0.1, 1.1])
def test_the_database_refuses_a_confidence_outside_0_to_1(folder: Folder, confidence: float) -> None:
    placed(folder, contact("Anna", email("anna@example.org")))
    with pytest.raises(IntegrityError), transaction.atomic():
        PartyHandle.objects.update(confidence=confidence)


def test_a_second_claim_is_contested_and_waits_for_review(folder: Folder) -> None:
    anna, ben = placed(
        folder, contact("Anna", phone("+420 200 111 222")), contact("Ben", phone("+420 200 111 222"))
    )  # fmt: skip
    handle = Handle.objects.get()
    assert handle.party == anna
    contested = ben.links.get()
    assert (contested.confidence, contested.is_undecided) == (0.3, True)
    assert list(PartyHandle.objects.to_review()) == [contested]
    assert [party.handle_count for party in (anna, ben)] == [1, 0]


def test_a_later_claim_is_contested_too(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("both@example.org")))
    (ben,) = placed(folder, contact("Ben", email("both@example.org")))
    assert Handle.objects.get().party == anna
    assert ben.links.get().confidence == 0.3


def test_confirming_moves_the_address_and_leaves_the_other_claim_in_doubt(folder: Folder) -> None:
    anna, ben = placed(folder, contact("Anna", email("both@example.org")), contact("Ben", email("both@example.org")))
    ben.links.get().confirm()
    handle = Handle.objects.get()
    assert (handle.party, handle.resolved_confidence) == (ben, 1.0)
    assert anna.links.get().confidence == 0.3
    assert [Party.objects.get(pk=party.pk).handle_count for party in (anna, ben)] == [0, 1]


def test_dismissing_gives_the_address_to_the_next_claim(folder: Folder) -> None:
    anna, ben = placed(folder, contact("Anna", email("both@example.org")), contact("Ben", email("both@example.org")))
    anna.links.get().dismiss()
    handle = Handle.objects.get()
    assert (handle.party, handle.resolved_confidence) == (ben, 1.0)


def test_with_every_claim_dismissed_an_address_is_nobodys(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("anna@example.org")))
    anna.links.get().dismiss()
    handle = Handle.objects.get()
    assert (handle.party, handle.resolved_confidence) == (None, None)
    assert list(Handle.objects.unresolved()) == [handle]


def test_no_sync_revives_a_dismissed_claim(folder: Folder) -> None:
    says = contact("Anna", email("anna@example.org"))
    (anna,) = placed(folder, says)
    anna.links.get().dismiss()
    placed(folder, contact("Anna", uid="Anna"), of=[anna])
    placed(folder, says, of=[anna])
    assert anna.links.get().is_dismissed
    assert Handle.objects.get().party is None


def test_linking_again_leaves_what_was_decided(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("anna@example.org")))
    link = anna.links.get()
    link.dismiss()
    again = PartyHandle.objects.link(anna, link.handle, confidence=0.95)
    assert (again, again.is_dismissed, again.confidence) == (link, True, 1.0)


def test_no_sync_undoes_a_confirmed_claim(folder: Folder) -> None:
    anna, ben = placed(folder, contact("Anna", email("both@example.org")), contact("Ben", email("both@example.org")))
    ben.links.get().confirm()
    placed(folder, contact("Anna", email("both@example.org", "work")), of=[anna])
    assert Handle.objects.get().party == ben
    assert anna.links.get().label == "work"


def test_an_address_that_leaves_the_card_leaves_the_party(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("old@example.org"), email("new@example.org")))
    placed(folder, contact("Anna", email("new@example.org")), of=[anna])
    assert [link.handle.value for link in anna.links.all()] == ["new@example.org"]
    assert list(Handle.objects.values_list("value", flat=True)) == ["new@example.org"]
    assert Party.objects.get().handle_count == 1


def test_the_contested_claim_is_certain_once_the_other_is_gone(folder: Folder) -> None:
    anna, ben = placed(folder, contact("Anna", email("both@example.org")), contact("Ben", email("both@example.org")))
    placed(folder, contact("Anna"), of=[anna])
    assert (Handle.objects.get().party, ben.links.get().confidence) == (ben, 1.0)


def test_a_removed_party_holds_no_address_and_gets_it_back(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("anna@example.org")))
    anna.purge()
    assert Handle.objects.get().party is None
    anna.restore()
    assert Handle.objects.get().party == anna


def test_who_comes_back_has_what_was_theirs_before(folder: Folder) -> None:
    anna, ben = placed(folder, contact("Anna", email("both@example.org")), contact("Ben", email("both@example.org")))
    anna.purge()
    assert Handle.objects.get().party == ben
    anna.restore()
    assert Handle.objects.get().party == anna
    assert ben.links.get().confidence == 0.3


def test_a_confirmed_claim_outlives_its_line(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("anna@example.org")))
    anna.links.get().confirm()
    placed(folder, contact("Anna"), of=[anna])
    assert Handle.objects.get().party == anna


def test_a_new_address_counts(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("a@example.org")))
    placed(folder, contact("Anna", email("a@example.org"), email("b@example.org")), of=[anna])
    assert Party.objects.get().handle_count == 2


def test_a_link_made_by_hand_settles_whose_it_is(folder: Folder, alice: User) -> None:
    (anna,) = placed(folder, contact("Anna"))
    handle = Handle.objects.upsert(alice, "email", "anna@example.org")
    link = PartyHandle.objects.link(anna, handle, label="home")
    assert (Handle.objects.get().party, link.source, link.label) == (anna, "manual", "home")


def test_label_and_preference_follow_the_card(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("a@example.org", "home", preferred=True)))
    placed(folder, contact("Anna", email("a@example.org", "")), of=[anna])
    link = anna.links.get()
    assert (link.label, link.preferred) == ("", False)


def test_the_same_address_twice_on_a_card_is_one_claim(folder: Folder) -> None:
    (anna,) = placed(folder, contact("Anna", email("a@example.org", "home"), email("A@example.org", "work")))
    assert [link.label for link in anna.links.all()] == ["home"]


def test_whose_addresses_are_is_told_without_a_query_each(
    folder: Folder, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    placed(folder, *(contact(f"Person {n}", email(f"{n}@example.org")) for n in range(5)))
    with django_assert_num_queries(2):
        assert [handle.resolved_confidence for handle in Handle.objects.with_links()] == [1.0] * 5


def test_counts_are_repaired(folder: Folder) -> None:
    placed(folder, contact("Anna", email("a@example.org")), contact("Ben"))
    Party.objects.update(handle_count=7)
    assert Party.objects.recount() == 2
    assert sorted(Party.objects.values_list("handle_count", flat=True)) == [0, 1]
    assert Party.objects.recount() == 0


def test_an_address_in_the_domain_of_an_organisation_is_probably_its(folder: Folder, alice: User) -> None:
    (acme,) = placed(folder, contact("Acme", email("info@acme.example"), kind="organization"))
    assert Organization.objects.get().domain == "acme.example"
    handle = Handle.objects.upsert(alice, "email", "jo@acme.example")
    assert Handle.objects.suggest([handle.pk]) == 1
    handle.refresh_from_db()
    assert (handle.party, handle.resolved_confidence) == (acme, 0.4)
    assert handle.links.get().is_undecided


def test_the_same_name_on_another_platform_is_probably_the_same_person(folder: Folder, alice: User) -> None:
    (anna,) = placed(folder, contact("Anna", email("anna@example.org")))
    Handle.objects.update(display_name="Anna Novák")
    handle = Handle.objects.upsert(alice, "matrix", "@anna:example.org", display_name="anna novak")
    Handle.objects.suggest([handle.pk])
    assert handle.links.get().confidence == 0.4
    assert handle.links.get().party == anna


def test_a_dismissed_suggestion_is_not_made_again(folder: Folder, alice: User) -> None:
    placed(folder, contact("Acme", email("info@acme.example"), kind="organization"))
    handle = Handle.objects.upsert(alice, "email", "jo@acme.example")
    Handle.objects.suggest([handle.pk])
    handle.links.get().dismiss()
    assert Handle.objects.suggest([handle.pk]) == 0
    assert handle.links.get().is_dismissed


def test_a_provider_of_everybody_says_nothing_about_an_organisation(folder: Folder) -> None:
    placed(folder, contact("Cafe", email("cafe@gmail.com"), kind="organization"))
    assert Organization.objects.get().domain == ""
