"""Contact meets account: a person has the account that verified one of their addresses, whichever came first."""

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.card import CardHandle
from contacts.models import Folder, Handle, Party, PartyHandle, merge, unmerge
from project.accounts.models import User
from tests.cast import account
from tests.contacts.cast import contact, email, folder_of, placed

pytestmark = pytest.mark.django_db
BOB = "bob@example.org"
BOOKS = CardHandle("email", "bob@bücher.example", "bob@xn--bcher-kva.example", "home", line="EMAIL:bob@bücher.example")


def verified(user: User, address: str) -> EmailAddress:
    return EmailAddress.objects.create(user=user, email=address, verified=True)


def accounts(*parties: Party) -> list[User | None]:
    return [Party.objects.get(pk=party.pk).user for party in parties]


# --- When it is true -----------------------------------------------------------------------------------------------


def test_who_is_in_the_book_first_is_tied_when_they_sign_up(folder: Folder, bob: User) -> None:
    (bobby,) = placed(folder, contact("Bobby", email("Bob@Example.org")))
    assert accounts(bobby) == [None]
    bob.confirm_address()
    assert accounts(bobby) == [bob]


def test_who_signed_up_first_is_tied_when_they_come_into_the_book(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    assert placed(folder, contact("Bobby", email(BOB)))[0].user == bob


def test_every_book_that_has_the_address_has_the_account(folder: Folder, bob: User, carol: User) -> None:
    (mine,) = placed(folder, contact("Bobby", email(BOB)))
    (hers,) = placed(folder_of(carol), contact("Bert", email(BOB)))
    bob.confirm_address()
    assert accounts(mine, hers) == [bob, bob]


def test_an_address_that_nobody_verified_says_nothing(folder: Folder, bob: User) -> None:
    EmailAddress.objects.create(user=bob, email=BOB, verified=False)
    assert placed(folder, contact("Bobby", email(BOB)))[0].user is None


def test_an_address_with_letters_of_its_language_is_the_same_address(folder: Folder, bob: User) -> None:
    there = CardHandle(
        "email", "bob@bücher.example", "bob@xn--bcher-kva.example", "home", line="EMAIL:bob@bücher.example"
    )
    (bobby,) = placed(folder, contact("Bobby", there))
    verified(bob, "bob@bücher.example")
    assert accounts(bobby) == [bob]


def test_an_address_that_two_accounts_have_verified_says_nothing(folder: Folder, bob: User, carol: User) -> None:
    there = CardHandle(
        "email", "bob@bücher.example", "bob@xn--bcher-kva.example", "home", line="EMAIL:bob@bücher.example"
    )
    (bobby,) = placed(folder, contact("Bobby", there))
    verified(bob, "bob@bücher.example")
    other = verified(carol, "bob@xn--bcher-kva.example")
    assert accounts(bobby) == [None]
    other.delete()
    assert accounts(bobby) == [bob]


def test_whoever_only_says_that_an_address_is_theirs_disturbs_nobody(folder: Folder, bob: User, carol: User) -> None:
    EmailAddress.objects.create(user=carol, email=BOB, verified=False)
    bob.confirm_address()
    assert placed(folder, contact("Bobby", email(BOB)))[0].user == bob


def test_an_organisation_is_nobodys_account(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    assert placed(folder, contact("Acme", email(BOB), kind="organization"))[0].user is None


# --- When it stops being true --------------------------------------------------------------------------------------


def test_an_account_that_loses_the_address_is_theirs_no_more(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    (bobby,) = placed(folder, contact("Bobby", email(BOB)))
    EmailAddress.objects.all().delete()
    assert accounts(bobby) == [None]


def test_an_account_that_changes_its_address_goes_to_whoever_has_the_new_one(folder: Folder, bob: User) -> None:
    address = verified(bob, BOB)
    old, new = placed(folder, contact("Old", email(BOB)), contact("New", email("new@example.org")))
    address.email = "new@example.org"
    address.save()
    assert accounts(old, new) == [None, bob]


def test_an_account_that_changes_its_address_leaves_whoever_has_the_old_one(folder: Folder, bob: User) -> None:
    address = verified(bob, BOB)
    (bobby,) = placed(folder, contact("Bobby", email(BOB)))
    address.email = "new@example.org"
    address.save()
    assert accounts(bobby) == [None]


def test_a_card_that_loses_the_address_loses_the_account(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    parties = placed(folder, contact("Bobby", email(BOB), email("b@x.org")))
    placed(folder, contact("Bobby", email("b@x.org")), of=parties)
    assert accounts(*parties) == [None]


def test_a_person_that_becomes_an_organisation_loses_the_account(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    parties = placed(folder, contact("Bobby", email(BOB)))
    placed(folder, contact("Bobby", email(BOB), kind="organization"), of=parties)
    assert accounts(*parties) == [None]


def test_who_is_removed_has_no_account_until_they_are_back(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    (bobby,) = placed(folder, contact("Bobby", email(BOB)))
    bobby.purge(by_owner=True)
    assert accounts(bobby) == [None]
    bobby.restore()
    assert accounts(bobby) == [bob]


def test_a_deleted_account_is_nobodys(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    (bobby,) = placed(folder, contact("Bobby", email(BOB)))
    bob.delete()
    assert accounts(bobby) == [None]


# --- Where it is in doubt ------------------------------------------------------------------------------------------


def test_a_doubtful_claim_ties_nobody_and_a_word_of_the_owner_does(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    holder, doubtful = placed(folder, contact("Bobby", email(BOB)), contact("Bert", email(BOB)))
    assert accounts(holder, doubtful) == [bob, None]
    PartyHandle.objects.get(party=doubtful).confirm()
    assert accounts(holder, doubtful) == [None, bob]


def test_a_guess_ties_nobody(folder: Folder, alice: User, bob: User) -> None:
    (bobby,) = placed(folder, contact("Bobby"))
    handle = Handle.objects.upsert(alice, "email", BOB)
    PartyHandle.objects.link(bobby, handle, confidence=0.4, source="inferred")
    bob.confirm_address()
    assert Handle.objects.get().party == bobby
    assert accounts(bobby) == [None]


def test_of_two_entries_with_addresses_of_an_account_the_older_has_it(folder: Folder, bob: User) -> None:
    older, newer = placed(folder, contact("Bob", email("b@x.org")), contact("Bobby", email(BOB)))
    for address in (BOB, "b@x.org"):
        verified(bob, address)
    assert accounts(older, newer) == [bob, None]
    older.purge(by_owner=True)
    assert accounts(older, newer) == [None, bob]
    older.restore()
    assert accounts(older, newer) == [bob, None]


def test_of_two_accounts_a_person_has_the_one_whose_address_the_card_prefers(
    folder: Folder, bob: User, carol: User
) -> None:
    verified(bob, BOB)
    verified(carol, "carol@example.org")
    (both,) = placed(folder, contact("Both", email(BOB), email("carol@example.org", preferred=True)))
    assert both.user == carol


# --- On the word of the book's owner -------------------------------------------------------------------------------


def test_the_owner_may_say_who_has_an_account_and_no_sync_undoes_it(folder: Folder, bob: User) -> None:
    (bobby,) = parties = placed(folder, contact("Bobby"))
    bobby.confirm_user(bob)
    placed(folder, contact("Robert", email("elsewhere@example.org")), of=parties)
    assert accounts(bobby) == [bob]


def test_a_sync_that_began_before_the_word_was_given_does_not_undo_it(folder: Folder, bob: User) -> None:
    read_before = placed(folder, contact("Bobby"))
    Party.objects.get().confirm_user(bob)
    placed(folder, contact("Robert"), of=read_before)
    assert accounts(*read_before) == [bob]


def test_the_owners_word_goes_before_an_address(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    listed, said = placed(folder, contact("Bob", email(BOB)), contact("Bobby"))
    said.confirm_user(bob)
    assert accounts(listed, said) == [None, bob]
    listed.confirm_user(bob)
    assert accounts(listed, said) == [bob, None]


def test_who_was_confirmed_and_removed_gives_the_account_away_until_they_are_back(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    listed, said = placed(folder, contact("Bob", email(BOB)), contact("Bobby"))
    said.confirm_user(bob)
    said.purge()
    assert accounts(listed, said) == [bob, None]
    said.restore()
    assert accounts(listed, said) == [None, bob]


def test_who_was_confirmed_and_left_at_the_source_has_the_account_when_they_come_back(
    folder: Folder, bob: User
) -> None:
    (bobby,) = parties = placed(folder, contact("Bobby"))
    bobby.confirm_user(bob)
    Party.objects.vanish([bobby.pk])
    assert accounts(bobby) == [None]
    placed(folder, contact("Bobby"), of=[Party.objects.get(pk=parties[0].pk)])
    assert accounts(bobby) == [bob]


def test_who_is_not_the_owner_of_an_account_is_never_tied_to_it_again(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    (bobby,) = parties = placed(folder, contact("Bobby", email(BOB)))
    bobby.deny_user()
    assert accounts(bobby) == [None]
    placed(folder, contact("Robert", email(BOB)), of=parties)
    assert accounts(bobby) == [None]


def test_a_confirmed_tie_can_be_denied(folder: Folder, bob: User) -> None:
    (bobby,) = placed(folder, contact("Bobby"))
    bobby.confirm_user(bob)
    bobby.deny_user()
    assert accounts(bobby) == [None]


def test_a_confirmed_account_goes_along_with_a_merge(folder: Folder, bob: User) -> None:
    pair = placed(folder, contact("Robert"), contact("Bobby"))
    pair[1].confirm_user(bob)
    assert merge(*pair).user == bob


# --- Merging -------------------------------------------------------------------------------------------------------


def test_the_account_goes_along_with_a_merge_and_comes_back(folder: Folder, bob: User) -> None:
    bob.confirm_address()
    pair = placed(folder, contact("Robert"), contact("Bobby", email(BOB)))
    assert merge(*pair).user == bob
    assert accounts(pair[1]) == [None]
    unmerge(Party.objects.get(pk=pair[1].pk))
    assert accounts(*pair) == [None, bob]


def test_a_sync_of_the_merged_card_still_ties_the_one_that_stands_for_it(folder: Folder, bob: User) -> None:
    pair = placed(folder, contact("Robert"), contact("Bobby"))
    merge(*pair)
    bob.confirm_address()
    placed(folder, contact("Bobby", email(BOB)), of=[Party.objects.get(pk=pair[1].pk)])
    assert accounts(*pair) == [bob, None]


# --- What it costs -------------------------------------------------------------------------------------------------


def test_however_many_have_accounts_a_batch_asks_as_often(folder: Folder) -> None:
    assert _queries(folder, "few", 3) == _queries(folder, "many", 30)


def _queries(folder: Folder, name: str, number: int) -> int:
    """Return how many queries it takes to write the cards of so many people with accounts."""
    people = [account(f"{name}{n}") for n in range(number)]
    for person in people:
        person.confirm_address()
    cards = [contact(person.display_name, email(person.email)) for person in people]
    with CaptureQueriesContext(connection) as queries:
        parties = placed(folder, *cards)
    assert [party.user for party in parties] == people
    return len(queries) - number  # the cast asks for each again
