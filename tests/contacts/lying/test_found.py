"""What the lying server has found: each once more, by its name."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import pytest

from contacts.models import Party, QuarantinedCard
from project.accounts.models import User

from . import deeds, lies
from .cards import Card
from .honest import Style
from .play import Play, played
from .stories import Story, Sync
from .wire import Listener

pytestmark = pytest.mark.django_db
HONEST, WHOLE = Sync(), Sync(is_full=True)


class Begins(Protocol):
    def __call__(self, *counts: int, style: Style = ...) -> AbstractContextManager[Play]: ...


@pytest.fixture
def begins(listener: Listener, alice: User) -> Iterator[Begins]:
    """Returns what begins a play: with books of so many cards, u1 at 0.vcf and so on, which are mirrored already."""

    def begin(*counts: int, style: Style = Style()) -> AbstractContextManager[Play]:  # noqa: B008
        return played(listener, alice, Story(style, counts, ()))

    return begin


def who(play: Play) -> dict[str, int]:
    """Return the parties of the book by their uids."""
    return {row.uid: row.pk for row in play.rows() if not row.is_group}


# --- Who is who ----------------------------------------------------------------------------------------------------


def test_a_new_card_before_the_others_makes_nobody_somebody_else(begins: Begins) -> None:
    with begins(5) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Shift(Card("new", "New")))
        play.sync(HONEST)
        after = who(play)
        assert {uid: after[uid] for uid in before} == before
        assert set(after) - set(before) == {"new"}
        assert not play.differences()


def test_a_new_card_at_the_place_of_one_that_moved_is_new(begins: Begins) -> None:
    with begins(5) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Rename(at=1, place=10))
        play.server.do(deeds.Put(Card("new", "New"), place=11))
        play.sync(HONEST)
        after = who(play)
        assert {uid: after[uid] for uid in before} == before
        assert set(after) - set(before) == {"new"}
        assert not play.differences()


def test_a_new_card_at_the_place_of_one_that_is_gone_is_not_who_was_there(begins: Begins) -> None:
    with begins(5) as play:
        play.server.do(deeds.Put(Card("gone", "Anna"), place=0))
        play.sync(HONEST)
        anna = who(play)["gone"]
        play.server.do(deeds.Drop(at=5))
        play.sync(HONEST)
        play.server.do(deeds.Put(Card("new", "Ben"), place=0))
        play.sync(HONEST)
        assert who(play)["new"] != anna
        play.server.do(deeds.Put(Card("gone", "Anna"), place=1))
        play.sync(HONEST)
        assert who(play)["gone"] == anna
        assert not play.differences()


def test_who_lost_their_place_and_left_comes_back_as_themselves(begins: Begins) -> None:
    with begins(8) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Drop(at=0))
        play.server.do(deeds.Rename(at=0, place=0))
        play.server.do(deeds.Put(Card("u1", "Again"), place=2))
        play.server.do(deeds.Swap(at=0, others=(3,)))
        play.sync(HONEST)
        play.server.do(deeds.Drop(at=0))
        play.sync(HONEST)
        play.settle()
        assert not play.differences()
        assert {uid: before[uid] for uid in who(play)} == who(play)


def test_a_card_that_moved_from_where_nothing_can_be_read_any_more_is_let_in(begins: Begins) -> None:
    with begins(5) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Twin(at=0, place=0))
        play.server.do(deeds.Spoil(at=0))
        play.sync(HONEST)
        assert who(play) == before
        assert not play.differences()
        assert [card.source_href[-5:] for card in QuarantinedCard.objects.all()] == ["0.vcf"]


def test_a_card_that_was_taken_for_a_twin_while_all_moved_is_who_it_was(begins: Begins) -> None:
    with begins(3) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Rename(at=0, place=0))
        play.server.do(deeds.Drop(at=0))
        play.sync(Sync(lies=(lies.Meanwhile(deed=deeds.Shift(Card("", "New"))),)))
        assert "same UID" in QuarantinedCard.objects.get().reason
        play.sync(HONEST)
        assert not play.differences()
        assert who(play) == {"": who(play)[""], "u1": before["u1"], "u3": before["u3"]}


def test_a_new_card_before_the_others_makes_nobody_somebody_else_though_one_could_not_be_had(begins: Begins) -> None:
    with begins(5) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Shift(Card("new", "New")))
        play.sync(Sync(lies=(lies.Buries(mask=1, times=9),)))
        play.sync(HONEST)
        after = who(play)
        assert {uid: after[uid] for uid in before} == before
        assert not play.differences()


def test_a_card_that_never_can_be_had_does_not_keep_another_out_for_ever(begins: Begins) -> None:
    with begins(5) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.NewUid(at=0, uid="new"))
        play.server.do(deeds.Change(at=1))
        for _ in range(2):
            ran = play.sync(Sync(lies=(lies.Buries(mask=2, times=9),)))
        assert ran.result.updated == 1
        assert who(play)["new"] == before["u1"]


def test_a_twin_comes_in_as_the_person_whose_place_a_group_took(begins: Begins) -> None:
    with begins(2) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Twin(at=1, place=12))
        play.sync(HONEST)
        play.server.do(deeds.Put(Card("u9", "Choir", kind="group"), place=11))
        play.sync(HONEST)
        assert not play.differences()
        assert who(play) == before


# --- What could not be had -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", [Style(), Style(has_tokens=False), Style(has_tokens=False, has_ctag=False)])
@pytest.mark.parametrize("lie", [lies.Refuses(mask=1, times=9), lies.Buries(mask=1, times=9), lies.LeavesOut(mask=1)])
def test_a_card_that_could_not_be_had_is_asked_for_again(begins: Begins, style: Style, lie: lies.Lie) -> None:
    with begins(5, style=style) as play:
        play.sync(Sync(lies=(lie, lies.Status(times=9, status=404))))
        play.sync(HONEST)
        play.sync(HONEST)
        assert not play.differences()
        assert not QuarantinedCard.objects.exists()


def test_a_card_that_comes_damaged_is_kept_aside_and_nobody_leaves(begins: Begins) -> None:
    with begins(5) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Change(at=0, name="Other"))
        ran = play.sync(Sync(lies=(lies.Damages(),)))
        assert (ran.result.error, ran.result.updated, ran.lost) == ("", 0, [])
        kept = QuarantinedCard.objects.get()
        assert "FN:\x07Other" in kept.text
        assert kept.reason.endswith("so its text may be damaged.")
        play.sync(HONEST)
        assert not play.differences()
        assert who(play) == before
        assert not QuarantinedCard.objects.exists()


def test_half_a_card_is_no_card(begins: Begins) -> None:
    with begins(5, style=Style(has_multiget=False)) as play:
        play.sync(HONEST)
        before = who(play)
        play.server.do(deeds.Change(at=0, name="Other"))
        ran = play.sync(Sync(lies=(lies.Page(after=2, page=6),)))
        assert play.server.asked[-1][0] == "card"
        assert (ran.result.updated, ran.lost) == (0, [])
        kept = QuarantinedCard.objects.get()
        assert (kept.reason, kept.text[-4:]) == ("127.0.0.1 sent only the beginning of this contact.", "Half")
        play.sync(HONEST)
        assert not play.differences()
        assert who(play) == before


def test_a_card_that_is_listed_and_not_there_takes_nobody_out_of_the_book(begins: Begins) -> None:
    with begins(5) as play:
        play.sync(HONEST)
        play.server.do(deeds.Change(at=0, name="Other"))
        ran = play.sync(Sync(lies=(lies.Buries(mask=1),)))
        assert not ran.lost
        assert QuarantinedCard.objects.get().reason == "The server lists this card, but does not have it."
        play.sync(HONEST)
        assert not play.differences()
        assert not QuarantinedCard.objects.exists()


def test_who_was_announced_and_is_gone_is_forgotten(begins: Begins) -> None:
    with begins(5) as play:
        play.sync(Sync(lies=(lies.Meanwhile(deed=deeds.Drop(at=0)),)))
        play.sync(HONEST)
        assert not QuarantinedCard.objects.exists()
        assert not play.differences()


# --- What is said to be gone ---------------------------------------------------------------------------------------


def test_who_is_said_to_be_gone_is_asked_for(begins: Begins) -> None:
    with begins(8) as play:
        play.sync(HONEST)
        play.server.do(deeds.Change(at=0, name="Other"))
        ran = play.sync(Sync(lies=(lies.BuriesInLists(),)))
        assert "still has" in ran.result.error
        assert not ran.lost
        play.sync(HONEST)
        assert not play.differences()


def test_whom_the_owner_lets_go_is_asked_about_once(begins: Begins) -> None:
    with begins(8) as play:
        play.sync(HONEST)
        for _ in range(7):
            play.server.do(deeds.Drop(at=0))
        play.server.do(deeds.Rename(at=0, place=11))  # where one of the others stood
        for _ in range(2):
            assert "7 of 8" in play.sync(HONEST).result.error
        play.answer_questions()
        assert not play.differences()
        assert Party.objects.exclude(removed_at=None).count() == 7


def test_a_server_without_tokens_costs_no_write_where_nothing_changed(begins: Begins) -> None:
    with begins(3, style=Style(has_tokens=False, has_ctag=False)) as play:
        play.sync(HONEST)
        stamp = play.folders["one"].updated_at
        play.sync(HONEST)
        assert play.folders["one"].updated_at == stamp


# --- The wire ------------------------------------------------------------------------------------------------------


def test_a_redirect_to_what_is_no_address_fails_with_a_sentence(begins: Begins) -> None:
    with begins(3) as play:
        play.sync(HONEST)
        error = play.sync(Sync(lies=(lies.SendsOn(to="nowhere"),))).result.error
        assert error == "127.0.0.1 sends on to an address that is none."
