"""As whom the owner of a book knows accounts, and that every change of it is told, once, to the right one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from django.db import transaction
from PIL import Image

from contacts.card import Photo
from contacts.models import Folder, Party, PartyHandle, merge, unmerge
from contacts.models.names import NAME_MAX, names_of, tell_names
from contacts.signals import names_changed
from project.accounts.models import User
from project.accounts.names import hue
from tests.contacts.cast import contact, email, folder_of, placed

pytestmark = pytest.mark.django_db
BOB, CAROL = email("bob@example.org"), email("carol@example.org")
Committed = Callable[[], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def _verified(alice: User, bob: User, carol: User) -> None:
    for person in (alice, bob, carol):
        person.confirm_address()


@pytest.fixture
def told() -> Iterator[list[tuple[int, frozenset[int]]]]:
    """What was told: whose book, and which accounts."""
    heard: list[tuple[int, frozenset[int]]] = []

    def hear(sender: Any, owner_id: int, users: frozenset[int], **kwargs: Any) -> None:
        heard.append((owner_id, users))

    names_changed.connect(hear)
    yield heard
    names_changed.disconnect(hear)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]]) -> Committed:
    """Open a block at whose end the transaction counts as committed."""
    return partial(django_capture_on_commit_callbacks, execute=True)


def photo(colour: str = "red") -> Photo:
    drawn = BytesIO()
    Image.new("RGB", (8, 8), colour).save(drawn, "PNG")
    return Photo(drawn.getvalue())


def fresh(*parties: Party) -> list[Party]:
    return [Party.objects.defer(None).get(pk=party.pk) for party in parties]


# --- Who is known as whom --------------------------------------------------------------------------------------------


def test_a_contact_with_an_account_is_known_by_the_contacts_name(folder: Folder, alice: User, bob: User) -> None:
    (bobby,) = placed(folder, contact("Bobby Tables", BOB))
    face = f"{hue(bobby.public_id)} BT"
    assert names_of(alice) == {bob.public_id: ("Bobby Tables", "", bobby.public_id, face)}


def test_a_picture_comes_with_an_address_that_changes_with_it(folder: Folder, alice: User, bob: User) -> None:
    placed(folder, contact("Bobby", BOB, photo=photo()))
    (bobby,) = fresh(Party.objects.get())
    picture = names_of(alice)[bob.public_id].picture
    assert picture == f"/contacts/{bobby.public_id}/avatar/?v={bobby.avatar_version}"
    placed(folder, contact("Bobby", BOB, photo=photo("blue")), of=[bobby])
    assert names_of(alice)[bob.public_id].picture not in {"", picture}


def test_nobody_else_knows_it(folder: Folder, alice: User, bob: User, carol: User) -> None:
    placed(folder, contact("Bobby", BOB))
    placed(folder_of(carol), contact("Bert", BOB))
    assert [known.name for known in names_of(alice).values()] == ["Bobby"]
    assert [known.name for known in names_of(carol).values()] == ["Bert"]
    assert names_of(bob) == {}


def test_one_is_not_ones_own_contact(folder: Folder, alice: User) -> None:
    (me,) = placed(folder, contact("Me", email("alice@example.org")))
    assert me.user == alice
    assert names_of(alice) == {}


def test_it_can_be_limited_to_some_accounts(folder: Folder, alice: User, bob: User, carol: User) -> None:
    placed(folder, contact("Bobby", BOB), contact("Caro", CAROL))
    assert set(names_of(alice, [carol.pk])) == {carol.public_id}
    assert set(names_of(alice, User.objects.filter(pk=bob.pk))) == {bob.public_id}
    assert names_of(alice, []) == {}


def test_who_was_removed_is_not_known(folder: Folder, alice: User) -> None:
    placed(folder, contact("Bobby", BOB))[0].purge()
    assert names_of(alice) == {}


@pytest.mark.parametrize("name", ["", "bob@example.org", "+420 732 123 456", "732123456", "\u200b", "Deleted Account"])
def test_a_contact_without_a_name_is_called_what_they_call_themselves(
    name: str, folder: Folder, alice: User, bob: User
) -> None:
    placed(folder, contact(name, BOB, uid="bob", photo=photo()))
    known = names_of(alice)[bob.public_id]
    assert (known.name, known.face) == ("", "")
    assert known.picture


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x" * 10_000, "x" * (NAME_MAX - 1) + "…"),
        ("Bobby\r\n\tTables\x07", "Bobby Tables"),
        ("<b>Bobby</b>", "<b>Bobby</b>"),
        ("Зоя 👩‍👩‍👧", "Зоя 👩‍👩‍👧"),
        ("4 Non Blondes", "4 Non Blondes"),
    ],
)
def test_a_name_stands_on_one_line_of_bounded_length(
    name: str, shown: str, folder: Folder, alice: User, bob: User
) -> None:
    placed(folder, contact(name, BOB, uid="bob"))
    assert names_of(alice)[bob.public_id].name == shown


@pytest.mark.parametrize("number", [1, 20])
def test_however_many_are_known_it_takes_one_query(
    number: int, folder: Folder, alice: User, django_assert_num_queries: Any
) -> None:
    for n in range(number):
        User.objects.create_user(f"{n}@example.net", display_name=f"{n}").confirm_address()
    placed(folder, *(contact(f"Person {n}", email(f"{n}@example.net")) for n in range(number)))
    with django_assert_num_queries(1):
        assert len(names_of(alice)) == number


# --- What is told ----------------------------------------------------------------------------------------------------


def test_a_batch_of_a_sync_tells_once_of_everybody_whom_it_changes(
    folder: Folder, alice: User, bob: User, carol: User, committed: Committed, told: list[Any]
) -> None:
    parties = placed(folder, contact("Bob", BOB), contact("Carol"), contact("Stranger", email("s@example.net")))
    with committed():
        placed(folder, contact("Bobby", BOB), contact("Caro", CAROL), contact("S", email("s@example.net")), of=parties)
    assert told == [(alice.pk, {bob.pk, carol.pk})]


def test_what_nobody_sees_is_not_told(folder: Folder, committed: Committed, told: list[Any]) -> None:
    parties = placed(folder, contact("Bobby", BOB, photo=photo()), contact("Stranger"))
    with committed():
        noted = contact("Bobby", BOB, email("b@example.net"), notes="Likes tea", photo=photo())
        placed(folder, noted, contact("Another stranger"), of=parties)
        parties[1].purge()
    assert told == []


def test_a_picture_is_told(folder: Folder, alice: User, bob: User, committed: Committed, told: list[Any]) -> None:
    parties = placed(folder, contact("Bobby", BOB))
    for picture in (photo(), photo("blue"), None):
        with committed():
            placed(folder, contact("Bobby", BOB, photo=picture), of=fresh(*parties))
    assert told == [(alice.pk, {bob.pk})] * 3


def test_an_edit_is_told(folder: Folder, alice: User, bob: User, committed: Committed, told: list[Any]) -> None:
    bobby = Party.objects.enter(alice, contact("Bobby", BOB))
    old = bobby.contact()
    with committed():
        bobby.edit(old, contact("Robert", *old.handles, uid=old.uid))
    assert told == [(alice.pk, {bob.pk})]
    assert names_of(alice)[bob.public_id].name == "Robert"


def test_a_tie_and_its_end_are_told(
    folder: Folder, alice: User, carol: User, committed: Committed, told: list[Any]
) -> None:
    placed(folder, contact("Dave", email("dave@example.net")))
    dave = User.objects.create_user("dave@example.net", display_name="Dave")
    with committed():
        dave.confirm_address()
    with committed():
        dave.emailaddress_set.get().delete()
    assert told == [(alice.pk, {dave.pk})] * 2


def test_every_book_hears_of_its_own(
    folder: Folder, alice: User, bob: User, carol: User, committed: Committed, told: list[Any]
) -> None:
    with committed():
        placed(folder, contact("Bobby", BOB))
    with committed():
        placed(folder_of(carol), contact("Bert", BOB))
    assert told == [(alice.pk, {bob.pk}), (carol.pk, {bob.pk})]


def test_a_merge_and_its_undoing_are_told(
    folder: Folder, alice: User, bob: User, committed: Committed, told: list[Any]
) -> None:
    pair = placed(folder, contact("Robert"), contact("Bobby", BOB))
    with committed():
        merge(*pair)
    assert names_of(alice)[bob.public_id].name == "Robert"
    with committed():
        unmerge(fresh(pair[1])[0])
    assert names_of(alice)[bob.public_id].name == "Bobby"
    assert told == [(alice.pk, {bob.pk})] * 2


def test_a_new_name_on_the_card_of_a_merged_one_is_not_told(
    folder: Folder, committed: Committed, told: list[Any]
) -> None:
    pair = placed(folder, contact("Robert", BOB), contact("Bobby"))
    merge(*pair)
    with committed():
        placed(folder, contact("Robert", BOB), contact("Bob"), of=fresh(*pair))
    assert told == []


def test_the_heir_of_a_card_that_is_gone_is_told(
    folder: Folder, alice: User, bob: User, committed: Committed, told: list[Any]
) -> None:
    pair = placed(folder, contact("Robert", BOB), contact("Bobby", BOB))
    merge(*pair)
    with committed():
        Party.objects.vanish([pair[0].pk])
    assert names_of(alice)[bob.public_id].name == "Bobby"
    assert told == [(alice.pk, {bob.pk})]


@pytest.mark.parametrize(
    "change", [lambda pair: merge(pair[1], pair[0]), lambda pair: Party.objects.vanish([pair[0].pk])]
)
def test_an_account_that_nobody_has_afterwards_is_told(
    change: Callable[[list[Party]], None],
    folder: Folder,
    alice: User,
    bob: User,
    committed: Committed,
    told: list[Any],
) -> None:
    pair = placed(folder, contact("Robert"), contact("Bobby"), contact("Bert"))
    merge(pair[0], pair[2])
    Party.objects.filter(pk=pair[0].pk).update(user=bob)  # a tie for which nothing speaks any more
    with committed():
        change(pair)
    assert told == [(alice.pk, {bob.pk})]
    assert names_of(alice) == {}


@pytest.mark.parametrize(
    "end",
    [
        lambda party: party.purge(by_owner=True),
        lambda party: party.erase(),
        lambda party: party.deny_user(),
        lambda party: Party.objects.vanish([party.pk]),
        lambda party: Party.objects.erase([party.pk]),
        lambda party: Party.objects.filter(pk=party.pk).delete(),
        lambda party: PartyHandle.objects.get(party=party).dismiss(),
    ],
    ids=["removed", "erased", "denied", "vanished", "erased with others", "deleted by an administrator", "dismissed"],
)
def test_whoever_is_nobodys_contact_any_more_is_told(
    end: Callable[[Party], None], folder: Folder, alice: User, bob: User, committed: Committed, told: list[Any]
) -> None:
    (bobby,) = placed(folder, contact("Bobby", BOB))
    with committed():
        end(bobby)
    assert told == [(alice.pk, {bob.pk})]
    assert names_of(alice) == {}


def test_who_comes_back_is_told(folder: Folder, alice: User, bob: User, committed: Committed, told: list[Any]) -> None:
    (bobby,) = placed(folder, contact("Bobby", BOB))
    bobby.purge()
    with committed():
        bobby.restore()
    with committed():
        Party.objects.vanish([bobby.pk])
    with committed():
        placed(folder, contact("Bobby", BOB), of=fresh(bobby))
    assert told == [(alice.pk, {bob.pk})] * 3


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_of_what_was_rolled_back(alice: User, bob: User, told: list[Any]) -> None:
    with transaction.atomic():
        tell_names(alice.pk, [bob.pk])
        transaction.set_rollback(True)
    assert told == []


@pytest.mark.django_db(transaction=True)
def test_what_a_part_says_that_is_rolled_back_takes_nothing_along(
    alice: User, bob: User, carol: User, told: list[Any]
) -> None:
    with transaction.atomic():
        with transaction.atomic():
            tell_names(alice.pk, [carol.pk])
            transaction.set_rollback(True)
        with transaction.atomic():
            tell_names(alice.pk, [bob.pk, None])
        tell_names(carol.pk, [bob.pk])
        tell_names(carol.pk, [None])
    assert sorted(told) == sorted([(alice.pk, frozenset({bob.pk})), (carol.pk, frozenset({bob.pk}))])
