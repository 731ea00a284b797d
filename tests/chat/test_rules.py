"""The rules of conversations, sentence by sentence as docs/architecture.md says them."""

import pytest

from chat.exceptions import InvalidMessage, MessagingPermissionDenied
from chat.models import Conversation, Message, Participation
from project.accounts.models import User

from .cast import make_people


def bodies(conversation: Conversation, reader: User) -> list[str]:
    """What reader finds in the conversation, without the system rows."""
    readable = conversation.messages_for(conversation.participation_of(reader))
    return [message.body for message in readable.in_order() if not message.is_system]


def test_a_private_conversation_is_between_two(alice: User, bob: User, carol: User) -> None:
    conversation = Conversation.start(alice, [bob])

    assert conversation.is_private
    assert set(conversation.participants) == {alice, bob}
    with pytest.raises(MessagingPermissionDenied):
        Conversation.start(alice, [bob, carol], kind=Conversation.Kind.PRIVATE)


@pytest.mark.parametrize("others", [0, 1, 2, 40])
def test_a_group_is_between_any_number(alice: User, others: int) -> None:
    people = make_people(others)

    conversation = Conversation.start(alice, people, kind=Conversation.Kind.GROUP)

    assert not conversation.is_private
    assert set(conversation.participants) == {alice, *people}
    assert conversation.participant_count == 1 + others


def test_nobody_leaves_a_private_conversation_and_trying_is_an_error(
    private: Conversation, alice: User, bob: User
) -> None:
    bob.is_staff = True
    for actor in (alice, bob, None):
        with pytest.raises(MessagingPermissionDenied):
            private.participation_of(alice).revoke(by=actor)

    assert set(private.participants) == {alice, bob}


def test_members_leave_groups(group: Conversation, alice: User, bob: User, dave: User) -> None:
    group.participation_of(bob).revoke(by=bob)

    assert set(group.participants) == {alice, dave}
    assert not Participation.objects.inbox_for(bob).exists()
    with pytest.raises(MessagingPermissionDenied):
        group.post("still here?", by=bob)


def test_who_leaves_keeps_a_readable_copy_up_to_that_moment(group: Conversation, alice: User, bob: User) -> None:
    group.post("before", by=alice)
    group.participation_of(bob).revoke(by=bob)
    group.post("after", by=alice)

    assert bodies(group, bob) == ["before"]
    assert group in Conversation.objects.open_to(bob)
    assert [part.conversation for part in Participation.objects.left_by(bob)] == [group]
    assert bodies(group, alice) == ["before", "after"]


def test_who_has_left_cannot_come_back_by_their_own_will(group: Conversation, alice: User, bob: User) -> None:
    group.participation_of(bob).revoke(by=bob)

    with pytest.raises(MessagingPermissionDenied):
        group.participation_of(bob).reinstate(by=bob)
    with pytest.raises(MessagingPermissionDenied):
        group.add_participants([bob], by=bob)
    with pytest.raises(MessagingPermissionDenied):
        Message.send_to_conversation("let me in", bob, group, new_participants=[bob])
    assert bob not in group.participants


def test_who_was_removed_cannot_come_back_by_their_own_will(group: Conversation, alice: User, bob: User) -> None:
    group.participation_of(bob).revoke(by=alice)

    with pytest.raises(MessagingPermissionDenied):
        group.participation_of(bob).reinstate(by=bob)
    assert bob not in group.participants


def test_who_has_left_can_be_invited_back_by_a_member(
    group: Conversation, alice: User, bob: User, carol: User, dave: User
) -> None:
    group.participation_of(bob).revoke(by=bob)
    with pytest.raises(MessagingPermissionDenied):
        group.participation_of(bob).reinstate(by=carol)

    group.participation_of(bob).reinstate(by=dave)

    assert set(group.participants) == {alice, bob, dave}
    group.post("I am back", by=bob)


def test_members_added_to_a_group_see_its_whole_history(group: Conversation, alice: User, carol: User) -> None:
    group.post("the very first", by=alice)
    group.post("the second", by=alice)

    assert group.add_participants([carol], by=alice) == group

    assert bodies(group, carol) == ["the very first", "the second"]


def test_adding_people_to_a_private_conversation_leaves_it_as_it_is(
    private: Conversation, alice: User, bob: User, carol: User
) -> None:
    private.post("between us", by=alice)
    version = private.version

    private.add_participants([carol], by=bob)

    private.refresh_from_db()
    assert private.is_private
    assert private.version == version
    assert set(private.participants) == {alice, bob}
    assert private not in Conversation.objects.open_to(carol)


def test_adding_people_to_a_private_conversation_starts_a_new_group_without_its_history(
    private: Conversation, alice: User, bob: User, carol: User
) -> None:
    private.post("between us", by=alice)

    group = private.add_participants([carol], by=bob)

    assert group != private
    assert not group.is_private
    assert group.creator == bob
    assert set(group.participants) == {alice, bob, carol}
    assert bodies(group, carol) == bodies(group, alice) == []


def test_the_starter_may_carry_over_messages_that_they_wrote_themselves(
    private: Conversation, alice: User, bob: User, carol: User
) -> None:
    first, theirs, second = (private.post(text, by=who) for text, who in [("1", bob), ("2", alice), ("3", bob)])

    group = private.add_participants([carol], by=bob, carry=[second, first])

    assert bodies(group, carol) == ["1", "3"]
    assert bodies(private, alice) == ["1", "2", "3"]
    with pytest.raises(MessagingPermissionDenied):
        private.add_participants([carol], by=bob, carry=[theirs])
    assert Conversation.objects.open_to(carol).get() == group


def test_nobody_carries_over_what_they_wrote_elsewhere(
    private: Conversation, group: Conversation, bob: User, carol: User
) -> None:
    elsewhere = group.post("of the group", by=bob)

    with pytest.raises(MessagingPermissionDenied):
        private.add_participants([carol], by=bob, carry=[elsewhere])


def test_a_conversation_stands_once_in_the_inbox_however_many_messages_it_holds(
    private: Conversation, group: Conversation, alice: User, bob: User
) -> None:
    for n in range(5):
        private.post(str(n), by=alice)
        group.post(str(n), by=bob)

    assert [part.conversation for part in Participation.objects.inbox_for(alice)] == [group, private]
    assert [part.conversation for part in Participation.objects.inbox_for(bob)] == [group, private]


def test_there_is_no_conversation_with_oneself_alone_through_send_to_users(alice: User) -> None:
    for recipients in ([alice], [alice, alice], []):
        with pytest.raises(MessagingPermissionDenied):
            Message.send_to_users("dear diary", alice, recipients)
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("body", ["", " ", "\n\t\r\n", "\u00a0\u2003"])
def test_an_empty_message_is_refused(private: Conversation, alice: User, bob: User, body: str) -> None:
    with pytest.raises(InvalidMessage):
        private.post(body, by=alice)
    with pytest.raises(InvalidMessage):
        Message.send_to_users(body, alice, [bob])
    assert not Message.objects.exists()


def test_sender_and_duplicates_among_the_recipients_are_counted_once(alice: User, bob: User, dave: User) -> None:
    first = Message.send_to_users("hello", alice, [bob, alice, bob])
    again = Message.send_to_users("hello", bob, [alice, alice])
    three = Message.send_to_users("hello", alice, [bob, dave, alice, bob])

    assert first.conversation.is_private
    assert again.conversation == first.conversation
    assert sorted(person.pk for person in three.conversation.participants) == [alice.pk, bob.pk, dave.pk]
    assert Message.send_to_users("hello", dave, [bob, dave, alice]).conversation == three.conversation
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize("kind", [Conversation.Kind.PRIVATE, Conversation.Kind.GROUP])
def test_deleting_an_account_never_deletes_other_peoples_conversations_or_messages(
    alice: User, bob: User, kind: str
) -> None:
    conversation = Conversation.start(alice, [bob], kind=kind)
    conversation.post("mine", by=bob)
    conversation.post("theirs, and the latest", by=alice)

    alice.delete()

    conversation.refresh_from_db()
    assert conversation.kind == kind
    assert bodies(conversation, bob) == ["mine", "theirs, and the latest"]
    (row,) = Participation.objects.inbox_for(bob)
    assert row.conversation == conversation
    assert row.conversation.latest_message is not None
