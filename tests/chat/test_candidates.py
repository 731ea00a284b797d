"""Whom the picker offers for what was typed."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Conversation
from chat.models.block import Block
from chat.models.candidates import Candidate, candidates
from contacts.card import CardAffiliation
from contacts.models import ContactGroup, Folder, Party, PartyHandle
from project.accounts.models import User
from tests.cast import account
from tests.contacts.cast import contact, email, folder_of, phone, placed


@pytest.fixture
def folder(alice: User) -> Folder:
    return folder_of(alice)


def found(viewer: User, query: str, **options: object) -> list[Candidate]:
    return candidates(viewer, query, **options).rows  # type: ignore[arg-type]


def names(viewer: User, query: str, **options: object) -> list[str]:
    return [row.name for row in found(viewer, query, **options)]


def verified(name: str) -> User:
    user = account(name)
    user.confirm_address()
    return user


# --- One row per human -------------------------------------------------------------------------------------------


def test_a_contact_with_an_account_is_one_row_found_by_what_either_is_called(alice: User, folder: Folder) -> None:
    bob = verified("Bob")
    (mum,) = placed(folder, contact("Mum", email("bob@example.org")))
    for query in ("mum", "bob", "bob@exam"):
        assert [(row.name, row.party, row.account, row.state) for row in found(alice, query)] == [
            ("Mum", mum, bob, "here")
        ]
    assert found(alice, "bo")[0].note == "bob@example.org"


def test_a_contact_found_by_the_name_of_the_account_says_so(alice: User, folder: Folder) -> None:
    bob = verified("Bob")
    (mum,) = placed(folder, contact("Mum"))
    mum.confirm_user(bob)
    (row,) = found(alice, "bob")
    assert (row.name, row.label, row.note) == ("Mum", "here as", "Bob")


def test_a_disabled_account_is_nobody_and_their_contact_can_be_invited(alice: User, folder: Folder) -> None:
    bob = verified("Bob")
    placed(folder, contact("Mum", email("bob@example.org")))
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert [(row.name, row.account, row.state) for row in found(alice, "bob")] == [("Mum", None, "email")]


# --- What is found, and why --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "label", "note"),
    [
        ("novak jan", "", ""),
        ("JÁN", "", ""),
        ("honza", "", "Honza"),
        ("acme", "", "Acme Gardening"),
        ("jn@work", "work e-mail", "jn@work.example"),
        ("732 123", "mobile", "+420 732 123 456"),
        ("+420 (0) 732-123", "mobile", "+420 732 123 456"),
        ("00420732", "mobile", "+420 732 123 456"),
        ("0732123456", "mobile", "+420 732 123 456"),
        ("jan 732", "mobile", "+420 732 123 456"),
    ],
)
def test_a_contact_is_found_by_all_that_is_known_of_them(
    query: str, label: str, note: str, alice: User, folder: Folder
) -> None:
    handles = (email("jn@work.example", "work"), phone("+420 732 123 456"))
    placed(
        folder,
        contact("Jan Novák", *handles, nickname="Honza", affiliations=(CardAffiliation("Acme Gardening"),)),
        contact("Eva Dvořáková", email("eva@example.org")),
    )
    (row,) = found(alice, query)
    assert row.name == "Jan Novák"
    assert not note or (row.label, row.note) == (label, note)


def test_a_national_number_is_found_in_the_country_of_the_server(alice: User, folder: Folder, settings: Any) -> None:
    settings.DEFAULT_REGION = "HU"
    placed(folder, contact("Ilona", phone("+36 30 123 4567")))
    assert names(alice, "06 30 123 4567") == ["Ilona"]


@pytest.mark.parametrize("query", ["山", "太郎", "郎"])
def test_a_part_of_a_name_without_spaces_is_found(query: str, alice: User, folder: Folder) -> None:
    placed(folder, contact("山田太郎", email("yamada@example.org")), contact("佐藤花子", email("sato@example.org")))
    assert names(alice, query) == ["山田太郎"]


@pytest.mark.parametrize("query", ["%", "_", "\\", "💥", "zzz", "x" * 200, "'", "a\x00zz"])
def test_odd_words_find_nobody_and_break_nothing(query: str, alice: User, bob: User, folder: Folder) -> None:
    placed(folder, contact("Jan Novák", email("jan@example.org")))
    assert names(alice, query) == []


def test_an_address_that_is_not_theirs_on_the_owners_word_finds_nobody(alice: User, folder: Folder) -> None:
    jan, eva = placed(folder, contact("Jan", email("shared@x.org")), contact("Eva", email("shared@x.org")))
    PartyHandle.objects.get(party=eva).dismiss()
    assert [row.name for row in found(alice, "shared")] == ["Jan"]
    assert names(alice, "eva") == ["Eva"]
    assert jan.pk


# --- In what order -----------------------------------------------------------------------------------------------


def test_starts_of_words_come_first_then_partners_then_contacts_then_other_accounts(
    alice: User, folder: Folder
) -> None:
    partner, inside = verified("Marta"), verified("Omar")
    account("Marius")
    placed(folder, contact("Mary", email("m@x.org")), contact("Amar", email("a@x.org")), contact("Zoe Mart"))
    Conversation.start(alice, [inside]).post("hello", by=alice)
    Conversation.start(alice, [partner]).post("hello", by=alice)
    assert names(alice, "mar") == ["Marta", "Mary", "Zoe Mart", "Marius", "Omar", "Amar"]


def test_without_a_word_recent_partners_come_first_newest_first(alice: User, bob: User, carol: User) -> None:
    for person in (carol, bob):
        Conversation.start(alice, [person]).post("hello", by=person)
    dave, folder = account("Dave"), folder_of(alice)
    placed(folder, contact("Adam", email("adam@x.org")))
    assert names(alice, "") == ["Bob", "Carol", "Adam", "Dave"]
    Conversation.start(alice, [carol]).post("again", by=carol)
    Conversation.start(alice, [dave], title="Garden").post("hello", by=dave)
    assert names(alice, "") == ["Dave", "Carol", "Bob", "Adam"]


def test_more_than_twenty_partners_of_a_word_are_in_their_order(alice: User) -> None:
    people = [account(f"Guest {number:02}") for number in range(25)]
    for person in people:
        Conversation.start(alice, [person]).post("hello", by=person)
    assert names(alice, "guest") == [f"Guest {number:02}" for number in range(24, 4, -1)]


@pytest.mark.parametrize("is_partner", [False, True])
def test_of_many_those_first_by_name_are_shown(is_partner: bool, alice: User, bob: User, folder: Folder) -> None:
    if is_partner:
        Conversation.start(alice, [bob])
    placed(folder, *(contact(f"Guest {number:02}", email(f"{number}@x.org")) for number in range(25, 0, -1)))
    assert names(alice, "guest") == [f"Guest {number:02}" for number in range(1, 21)]
    User.objects.bulk_create(
        User(email=f"friend{n}@x.org", display_name=f"Friend {n:02}", password="!", search_text=f" friend {n:02}")
        for n in range(25, 0, -1)
    )
    assert names(alice, "friend") == [f"Friend {number:02}" for number in range(1, 21)]


# --- Groups and organisations ------------------------------------------------------------------------------------


def test_a_group_and_an_organisation_stand_for_their_people(alice: User, folder: Folder) -> None:
    acme, jan, _ = placed(
        folder,
        contact("Acme", email("info@acme.example"), kind="organization"),
        contact("Jan", affiliations=(CardAffiliation("Acme"),)),
        contact("Eva", affiliations=(CardAffiliation("Acme"),)),
    )
    group = ContactGroup.objects.make(alice, "Acme friends")
    group.add(jan)
    rows = {row.name: row for row in found(alice, "acme")}
    assert (rows["Acme friends"].key, rows["Acme friends"].state, rows["Acme friends"].number) == (
        group.public_id, "people", 1,
    )  # fmt: skip
    assert (rows["Acme"].key, rows["Acme"].state, rows["Acme"].number) == (acme.public_id, "people", 2)


def test_an_organisation_without_people_is_written_to_itself(alice: User, folder: Folder) -> None:
    placed(folder, contact("Acme", email("info@acme.example"), kind="organization"))
    assert [(row.state, row.number) for row in found(alice, "acme")] == [("email", 0)]


# --- How sure ----------------------------------------------------------------------------------------------------


def test_an_address_that_two_claim_is_two_rows_with_what_differs_and_the_sure_one_first(
    alice: User, folder: Folder
) -> None:
    placed(
        folder,
        contact("Zoe", email("shared@x.org"), email("zoe@x.org")),
        contact("Adam", email("shared@x.org", "work"), email("adam@x.org")),
    )
    zoe, adam = found(alice, "shared")
    assert [row.name for row in (zoe, adam)] == ["Zoe", "Adam"]
    assert (zoe.differs, adam.differs) == ("zoe@x.org", "adam@x.org")
    assert (zoe.is_doubtful, adam.is_doubtful) == (False, True)
    assert [row.claim and row.claim.confidence for row in (zoe, adam)] == [1.0, 0.3]
    assert all(row.key.count("/") == 1 for row in (zoe, adam))


def test_who_can_be_reached_by_a_doubtful_address_alone_says_so(alice: User, folder: Folder) -> None:
    placed(folder, contact("Zoe", email("shared@x.org")), contact("Adam", email("shared@x.org")))
    (adam,) = found(alice, "adam")
    assert adam.is_doubtful
    assert (adam.label, adam.note) == ("home e-mail", "shared@x.org")
    assert found(alice, "zoe")[0].claim is None


def test_who_cannot_be_reached_cannot_be_chosen(alice: User, folder: Folder) -> None:
    placed(folder, contact("Adam"))
    assert [(row.key, row.state) for row in found(alice, "adam")] == [("", "")]


# --- Addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "key", "state"),
    [
        ("new@x.org", "new@x.org", "email"),
        ("New <NEW@x.org>", "New <new@x.org>", "email"),
        ("mailto:new@x.org", "new@x.org", "email"),
        ("+49 170 1234567", "+491701234567", "phone"),
    ],
)
def test_an_address_that_nobody_has_can_be_invited(query: str, key: str, state: str, alice: User) -> None:
    assert [(row.key, row.state) for row in found(alice, query)] == [(key, state)]


def test_an_address_that_somebody_has_is_their_row_alone(alice: User, bob: User, folder: Folder) -> None:
    placed(folder, contact("Jan", email("jan@x.org"), phone("+49 170 1234567")))
    assert names(alice, "jan@x.org") == names(alice, "+49 (0) 170 1234567") == ["Jan"]
    assert names(alice, "bob@example.org") == ["Bob"]
    assert found(alice, "alice@example.org") == []
    assert candidates(alice, "alice@example.org").is_own_address


# --- Privacy -----------------------------------------------------------------------------------------------------


def test_the_book_of_another_person_changes_no_answer(alice: User, carol: User, folder: Folder) -> None:
    before = names(carol, ""), names(carol, "jan@x.org")
    placed(folder, contact("Jan", email("jan@x.org"), email("carol@example.org")))
    ContactGroup.objects.make(alice, "Jan and friends")
    Block.objects.create(owner=alice, blocked=carol)
    assert (names(carol, ""), names(carol, "jan@x.org")) == before == (["Alice"], ["jan@x.org"])
    assert names(carol, "jan") == []
    assert names(alice, "jan") == ["Jan and friends", "Jan"]


def test_a_large_book_of_another_person_takes_no_place(alice: User, carol: User, folder: Folder) -> None:
    placed(folder_of(carol), *(contact(f"Jan {number:02}", email(f"{number}@x.org")) for number in range(25)))
    placed(folder, contact("Jan Zeman", email("jan@x.org")))
    assert names(alice, "jan") == ["Jan Zeman"]


def test_an_address_does_not_tell_whether_it_has_an_account_where_members_do_not_find_each_other(
    alice: User, settings: Any
) -> None:
    settings.MEMBERS_FIND_EACH_OTHER = False
    verified("Bob")

    def asked(query: str) -> tuple[list[tuple[str, str, str, str]], list[str]]:
        with CaptureQueriesContext(connection) as captured:
            rows = [(row.key, row.name, row.state, row.note) for row in found(alice, query)]
        return rows, [re.sub(r"'\d{4}-[^']*'", "now", query["sql"]) for query in captured]

    with_account, queries = asked("bob@example.org")
    without, same = asked("bub@example.org")
    assert with_account == [("bob@example.org", "bob@example.org", "email", "")]
    assert without == [("bub@example.org", "bub@example.org", "email", "")]
    assert [sql.replace("bob", "bub") for sql in queries] == same
    assert names(alice, "bob") == names(alice, "") == []


def test_where_members_do_not_find_each_other_those_who_met_are_found_by_name_alone(
    alice: User, bob: User, settings: Any
) -> None:
    settings.MEMBERS_FIND_EACH_OTHER = False
    Conversation.start(alice, [bob])
    (row,) = found(alice, "bob")
    assert (row.name, row.state, row.note) == ("Bob", "here", "")
    assert names(alice, "bob@exam") == []


def test_a_tie_to_an_account_that_may_not_be_known_of_is_not_told(alice: User, folder: Folder, settings: Any) -> None:
    verified("Bob")
    placed(folder, contact("Mum", email("bob@example.org")))
    assert Party.objects.get().user is not None
    settings.MEMBERS_FIND_EACH_OTHER = False
    assert [(row.state, row.account) for row in found(alice, "mum")] == [("email", None)]


# --- Cost --------------------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_what_is_found(alice: User, folder: Folder) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            found(alice, "guest")
        return len(captured)

    placed(folder, contact("Guest 0", email("0@x.org")))
    account("Guest A")
    few = queries()
    placed(folder, *(contact(f"Guest {number}", email(f"{number}@x.org")) for number in range(1, 15)))
    assert queries() == few
