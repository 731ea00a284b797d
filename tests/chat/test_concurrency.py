"""The rules under threads: what people do in the same instant, each on instances of their own."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from chat.exceptions import ChatError, InvalidMessage
from chat.models import Conversation, Message, Participation
from project.accounts.models import User

from .cast import Events, make_people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("events")]


def together(*verbs: Callable[[], Any]) -> list[Any]:
    """Do verbs in one instant, each on a thread; return their results, refusals among them, in the order of verbs."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return verb()
        except ChatError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def load(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def count_participants(conversation: Conversation) -> tuple[int, int]:
    """Return what the conversation says and what its participations say."""
    return load(conversation).participant_count, conversation.participants.count()


def test_twenty_first_visits_find_one_private_conversation(alice: User, bob: User) -> None:
    pair = [alice, bob]
    found = together(*[lambda n=n: Conversation.start(pair[n % 2], [pair[1 - n % 2]]) for n in range(20)])

    assert len({conversation.pk for conversation in found}) == 1
    assert Conversation.objects.get().participations.count() == 2


def test_first_messages_of_both_sides_meet_in_one_conversation(alice: User, bob: User) -> None:
    pair = [alice, bob]
    together(*[lambda n=n: Message.send_to_users(f"{n}", pair[n % 2], [pair[1 - n % 2]]) for n in range(10)])

    conversation = Conversation.objects.get()
    assert sorted(message.body for message in conversation.messages.all()) == [str(n) for n in range(10)]


def test_positions_and_versions_stay_dense_and_unique(group: Conversation, alice: User, bob: User, dave: User) -> None:
    people = [alice, bob, dave]

    def talk(n: int) -> None:
        mine = load(group)
        for m in range(5):
            mine.post(f"{n}.{m}", by=people[n % 3])

    together(*[lambda n=n: talk(n) for n in range(8)])

    rows = list(group.messages.in_order())
    assert [row.position for row in rows] == [row.version for row in rows] == list(range(1, 41))
    for n in range(8):
        assert [row.body for row in rows if row.body.startswith(f"{n}.")] == [f"{n}.{m}" for m in range(5)]
    now = load(group)
    assert (now.last_position, now.version, now.latest_message) == (40, 40, rows[-1])


def test_one_client_id_is_one_message_however_often_it_is_sent_at_once(
    private: Conversation, alice: User, bob: User, events: Events
) -> None:
    name = uuid.uuid4()
    events.clear()
    answers = together(*[lambda: load(private).post("once", by=alice, client_id=name)] * 10)

    assert set(answers) == {private.messages.get()}
    assert len(events.frames_to(bob, "message")) == 1


def test_one_client_id_in_two_conversations_at_once_is_said_in_one(
    private: Conversation, group: Conversation, alice: User
) -> None:
    for _ in range(5):
        name = uuid.uuid4()
        answers = together(
            lambda name=name: load(private).post("here or there", by=alice, client_id=name),
            lambda name=name: load(group).post("here or there", by=alice, client_id=name),
        )
        said = Message.objects.get(client_id=name)
        assert said in answers
        assert sum(isinstance(answer, InvalidMessage) for answer in answers) == 1


def test_a_newcomer_added_by_several_at_once_joins_once(group: Conversation, alice: User, carol: User) -> None:
    together(*[lambda: load(group).add_participants([carol], by=alice)] * 6)

    assert count_participants(group) == (4, 4)
    assert [row.kind for row in group.messages.all()] == [Message.Kind.JOINED]


def test_who_leaves_and_is_removed_at_once_leaves_once(group: Conversation, alice: User, bob: User) -> None:
    parts = [group.participation_of(bob) for _ in range(6)]
    together(*[lambda n=n: parts[n].revoke(by=(alice, bob)[n % 2]) for n in range(6)])

    assert count_participants(group) == (2, 2)
    assert group.messages.count() == 1


def test_comings_and_goings_at_once_leave_the_count_right(group: Conversation, alice: User, bob: User) -> None:
    people = make_people(6)

    def come_and_go(person: User) -> None:
        mine = load(group).add_participants([person], by=alice)
        mine.participation_of(person).revoke(by=person)
        mine.participation_of(person).reinstate(by=bob)

    together(*[lambda person=person: come_and_go(person) for person in people])

    assert count_participants(group) == (9, 9)
    assert [row.position for row in group.messages.in_order()] == list(range(1, 19))


def test_who_leaves_while_others_talk_hears_nothing_from_then_on(
    group: Conversation, alice: User, bob: User, dave: User, events: Events
) -> None:
    def talk(person: User) -> None:
        for n in range(10):
            load(group).post(str(n), by=person)

    part = group.participation_of(bob)
    together(lambda: talk(alice), lambda: talk(dave), lambda: part.revoke(by=bob))

    part.refresh_from_db()
    heard = {frame["position"] for frame in events.frames_to(bob, "message")}
    assert heard == set(range(1, part.left_position + 1))
    assert {frame["position"] for frame in events.frames_to(alice, "message")} == set(range(1, 22))


def test_reading_on_many_devices_ends_at_the_furthest(private: Conversation, alice: User, bob: User) -> None:
    for n in range(10):
        private.post(str(n), by=alice)
    devices = [private.participation_of(bob) for _ in range(10)]
    together(*[lambda n=n: devices[n].read(n + 1) for n in range(10)])

    assert private.participation_of(bob).read_position == 10


def test_accounts_deleted_at_once_do_not_wait_for_each_other_for_ever(alice: User, bob: User, carol: User) -> None:
    first = Conversation.start(alice, [carol], "First")
    second = Conversation.start(bob, [carol, alice], "Second")
    first.add_participants([bob], by=alice)
    together(*[User.objects.get(pk=person.pk).delete for person in (alice, bob)])

    assert list(User.objects.all()) == [carol]
    assert count_participants(first) == count_participants(second) == (1, 1)


@pytest.mark.postgresql_only  # on SQLite the sender's transaction keeps every other writer out
def test_who_joins_a_group_in_that_instant_does_not_hear_what_was_meant_for_the_others(
    group: Conversation, alice: User, bob: User, carol: User, dave: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = Conversation.lock

    def lock_a_moment_later(conversation: Conversation) -> None:
        monkeypatch.setattr(Conversation, "lock", lock)
        together(lambda: load(group).add_participants([carol], by=bob))
        lock(conversation)

    monkeypatch.setattr(Conversation, "lock", lock_a_moment_later)
    message = Message.send_to_users("not for carol", alice, [bob, dave])

    assert carol in group.participants
    assert set(message.conversation.participants) == {alice, bob, dave}
    assert not Participation.objects.unread_for(carol).exists()
