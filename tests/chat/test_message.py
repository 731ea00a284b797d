"""Message: who it goes to, what it may say, that it is said once, and who is told."""

import uuid

import pytest

from chat.exceptions import InvalidMessage, MessagingPermissionDenied
from chat.models import BODY_MAX, Conversation, Message, Participation
from chat.signals import message_sent
from project.accounts.models import User

from .cast import Committed, Events

# --- Sending to people -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_queryset", [False, True])
def test_the_same_people_talk_in_the_same_conversation(alice: User, bob: User, carol: User, as_queryset: bool) -> None:
    def to(*people: User):
        return User.objects.filter(pk__in=[person.pk for person in people]) if as_queryset else list(people)

    pair = Message.send_to_users("hello", alice, to(bob))
    three = Message.send_to_users("hello", alice, to(bob, carol))

    assert Message.send_to_users("hello", bob, to(alice)).conversation == pair.conversation
    assert Message.send_to_users("hello", carol, to(alice, bob)).conversation == three.conversation
    assert (pair.conversation.is_private, three.conversation.is_private) == (True, False)


def test_sending_reuses_the_newest_group_of_exactly_these_people(
    group: Conversation, alice: User, bob: User, carol: User, dave: User
) -> None:
    newest = Conversation.start(bob, [alice, dave], "Newest")
    Conversation.start(alice, [bob, carol, dave], "With carol")
    group.post("not the newest for that", by=alice)

    assert Message.send_to_users("hello", alice, [bob, dave]).conversation == newest


def test_sending_looks_at_who_takes_part_now(
    group: Conversation, alice: User, bob: User, carol: User, dave: User
) -> None:
    group.add_participants([carol], by=alice)
    without_carol = Message.send_to_users("not for carol", alice, [bob, dave]).conversation
    assert carol not in without_carol.participants

    group.participation_of(carol).revoke(by=carol)
    group.participation_of(dave).revoke(by=dave)
    assert dave in Message.send_to_users("for dave too", alice, [bob, dave]).conversation.participants


def test_sending_to_one_person_never_ends_in_a_group_of_two(group: Conversation, alice: User, bob: User) -> None:
    Conversation.start(alice, [bob], "Two")
    assert Message.send_to_users("hello", alice, [bob]).conversation.is_private


def test_a_refused_first_message_starts_nothing(alice: User, bob: User, carol: User) -> None:
    for recipients in ([bob], [bob, carol]):
        with pytest.raises(InvalidMessage):
            Message.send_to_users(" ", alice, recipients)
    assert not Conversation.objects.exists()


# --- Sending to a conversation ---------------------------------------------------------------------------------


def test_a_message_to_a_group_may_bring_somebody_in(group: Conversation, alice: User, bob: User, carol: User) -> None:
    message = Message.send_to_conversation("meet carol", alice, group, User.objects.filter(pk__in=[carol.pk, bob.pk]))

    assert message.conversation == group
    assert [row.kind for row in group.messages.in_order()] == ["joined", "text"]
    assert carol in group.participants


def test_a_message_to_a_pair_that_brings_somebody_in_starts_a_group(
    private: Conversation, alice: User, bob: User, carol: User
) -> None:
    message = Message.send_to_conversation("meet carol", alice, private, [carol])

    assert message.conversation != private
    assert set(message.conversation.participants) == {alice, bob, carol}
    assert not private.messages.exists()
    assert Message.send_to_conversation("us", alice, private, [bob]).conversation == private


def test_outsiders_and_who_has_left_say_nothing(group: Conversation, bob: User, carol: User) -> None:
    group.participation_of(bob).revoke(by=bob)

    for sender in (bob, carol):
        for newcomers in (None, [], [carol]):
            with pytest.raises(MessagingPermissionDenied):
                Message.send_to_conversation("psst", sender, group, newcomers)
    assert not group.messages.filter(kind=Message.Kind.TEXT).exists()


@pytest.mark.parametrize("body", ["", "  ", "\n\t", "\u200b", "\u2060\ufeff"])
def test_what_nobody_could_see_is_no_message(body: str, group: Conversation, alice: User) -> None:
    with pytest.raises(InvalidMessage):
        group.post(body, by=alice)


@pytest.mark.parametrize("body", ["👍", "🧑\u200d🚀", "ـ", "-", "\U0001fadf"])
def test_one_sign_is_a_message(body: str, group: Conversation, alice: User) -> None:
    assert group.post(body, by=alice).body == body


def test_a_refused_message_brings_nobody_in(group: Conversation, alice: User, carol: User) -> None:
    with pytest.raises(InvalidMessage):
        Message.send_to_conversation("", alice, group, [carol])

    assert carol not in group.participants
    assert not group.messages.exists()


# --- What a message may say ------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["x", "ž" * BODY_MAX, "a\tb\nc", "👩‍👩‍👧 שלום", "  kept  "])
def test_a_body_is_kept_as_it_was_written(private: Conversation, alice: User, body: str) -> None:
    private.post(body, by=alice)
    assert private.messages.get().body == body


def test_line_ends_are_newlines(private: Conversation, alice: User) -> None:
    assert private.post("one\r\ntwo\rthree", by=alice).body == "one\ntwo\nthree"


@pytest.mark.parametrize("body", ["x" * (BODY_MAX + 1), "nul\0", "bell\a", "c1 \x85", "half \ud800", None, 7, b"x"])
def test_a_body_that_no_message_can_have_is_refused(private: Conversation, alice: User, body: str) -> None:
    with pytest.raises(InvalidMessage):
        private.post(body, by=alice)
    assert not private.messages.exists()


# --- Said once -------------------------------------------------------------------------------------------------


def test_the_same_client_id_again_is_the_same_message(
    private: Conversation, alice: User, bob: User, committed: Committed, events: Events
) -> None:
    name = uuid.uuid4()
    with committed():
        first = private.post("once", by=alice, client_id=name)
        again = private.post("once", by=alice, client_id=name)

    assert again == first
    assert private.messages.get().client_id == name
    assert len(events.frames_to(bob, "message")) == 1


def test_a_retry_is_answered_even_after_leaving(group: Conversation, bob: User) -> None:
    name = uuid.uuid4()
    said = group.post("last words", by=bob, client_id=name)
    group.participation_of(bob).revoke(by=bob)

    assert group.post("last words", by=bob, client_id=name) == said


def test_a_client_id_belongs_to_its_sender(private: Conversation, alice: User, bob: User) -> None:
    name = uuid.uuid4()
    assert private.post("hers", by=alice, client_id=name) != private.post("his", by=bob, client_id=name)


def test_a_client_id_of_another_conversation_is_refused(
    private: Conversation, group: Conversation, alice: User
) -> None:
    name = uuid.uuid4()
    private.post("here", by=alice, client_id=name)

    with pytest.raises(InvalidMessage):
        group.post("there", by=alice, client_id=name)
    assert not group.messages.exists()


# --- Positions and versions ------------------------------------------------------------------------------------


def test_each_message_takes_the_next_position_also_from_stale_instances(group: Conversation, alice: User) -> None:
    stale = Conversation.objects.get(pk=group.pk)
    for n in range(3):
        group.post(str(n), by=alice)
    group.rename("Orchard", by=alice)
    last = stale.post("from the stale one", by=alice)

    assert [row.position for row in group.messages.in_order()] == [1, 2, 3, 4, 5]
    assert [row.version for row in group.messages.in_order()] == [1, 2, 3, 4, 5]
    group.refresh_from_db()
    assert (group.latest_message, group.latest_at, group.title) == (last, last.sent_at, "Orchard")
    assert (group.last_position, group.version) == (5, 5)


def test_older_messages_come_a_page_at_a_time(private: Conversation, alice: User) -> None:
    for n in range(5):
        private.post(str(n), by=alice)

    assert [row.body for row in private.messages.page_before(5, size=3)] == ["1", "2", "3"]
    assert private.messages.page_before(1) == []


# --- Who is told -----------------------------------------------------------------------------------------------


def test_the_members_of_that_moment_hear_a_message(
    group: Conversation, alice: User, bob: User, carol: User, dave: User, committed: Committed, events: Events
) -> None:
    with committed():
        message = group.post("hello", by=alice)

    for person in (alice, bob, dave):
        (frame,) = events.frames_to(person)
        assert (frame["message"], frame["position"], frame["countable"]) == (message.public_id, 1, True)
    assert events.frames_to(carol) == []


def test_message_sent_comes_once_and_after_the_commit(
    group: Conversation, alice: User, bob: User, carol: User, committed: Committed
) -> None:
    sent = []

    def listen(sender: type[Message], instance: Message, **kwargs: object) -> None:
        participants = set(instance.conversation.participants)
        sent.append((sender, instance, participants, Participation.objects.unread_for(bob).count()))

    message_sent.connect(listen)
    with committed():
        message = Message.send_to_conversation("hello", alice, group, [carol])
        assert sent == []

    assert sent == [(Message, message, set(group.participants), 1)]
    assert carol in group.participants
