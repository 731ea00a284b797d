"""Participation: the inbox, what is unread, leaving, removing and coming back."""

from chat.models import Conversation, Message, Participation
from chat.models.participation import UNREAD_MAX
from project.accounts.models import User

from .cast import Committed, Events, make_people


def unread(conversation: Conversation, person: User) -> int:
    return conversation.participation_of(person).unread_count()


# --- The inbox -------------------------------------------------------------------------------------------------


def test_the_inbox_has_the_newest_first(private: Conversation, group: Conversation, alice: User, bob: User) -> None:
    private.post("1", by=alice)
    group.post("2", by=bob)
    assert [row.conversation for row in Participation.objects.inbox_for(alice)] == [group, private]

    private.post("3", by=bob)
    rows = Participation.objects.inbox_for(alice)
    assert [row.conversation for row in rows] == [private, group]
    assert [str(row.conversation.latest_message) for row in rows] == ["3", "2"]
    assert [row.unread for row in rows] == [1, 1]


def test_a_conversation_without_a_message_shows_to_its_creator_only(
    private: Conversation, alice: User, bob: User
) -> None:
    assert Participation.objects.inbox_for(alice).get().conversation == private
    assert not Participation.objects.inbox_for(bob).exists()

    private.post("hello", by=bob)
    assert Participation.objects.inbox_for(bob).get().conversation == private


def test_the_inbox_holds_nothing_of_others(
    private: Conversation, group: Conversation, alice: User, carol: User
) -> None:
    private.post("hello", by=alice)
    group.post("hello", by=alice)

    assert not Participation.objects.inbox_for(carol).exists()
    assert not Participation.objects.left_by(carol).exists()


def test_a_row_knows_some_of_the_people(alice: User) -> None:
    people = make_people(8)
    Conversation.start(alice, people)

    (row,) = Participation.objects.inbox_for(alice)
    assert [part.user for part in row.conversation.first_participations()] == [alice, *people[:4]]
    assert row.conversation.title_for(alice) == "Person 0, Person 1, Person 2 and 5 others"


# --- Unread ----------------------------------------------------------------------------------------------------


def test_unread_are_the_messages_of_others_after_the_pointer(
    group: Conversation, alice: User, bob: User, dave: User
) -> None:
    group.post("1", by=alice)
    group.post("2", by=bob)
    group.post("3", by=alice)

    assert [unread(group, person) for person in (alice, bob, dave)] == [1, 2, 3]
    group.participation_of(dave).read(2)
    assert unread(group, dave) == 1


def test_system_rows_are_never_unread(group: Conversation, alice: User, bob: User, carol: User, dave: User) -> None:
    group.rename("Orchard", by=alice)
    group.add_participants([carol], by=alice)
    group.participation_of(carol).revoke(by=carol)
    group.participation_of(carol).reinstate(by=alice)

    assert [unread(group, person) for person in (alice, bob, carol, dave)] == [0, 0, 0, 0]
    assert not Participation.objects.unread_for(bob).exists()


def test_unread_for_is_the_inbox_without_what_was_read(
    private: Conversation, group: Conversation, alice: User, bob: User
) -> None:
    private.post("1", by=alice)
    group.post("2", by=alice)
    private.participation_of(bob).read(1)

    assert [row.conversation for row in Participation.objects.unread_for(bob)] == [group]
    assert not Participation.objects.unread_for(alice).exists()


def test_newcomers_have_read_the_history_that_they_find(group: Conversation, alice: User, carol: User) -> None:
    group.post("old", by=alice)
    group.add_participants([carol], by=alice)
    group.post("new", by=alice)

    assert unread(group, carol) == 1


def test_what_was_said_in_somebodys_absence_is_unread_when_they_come_back(
    group: Conversation, alice: User, bob: User
) -> None:
    group.participation_of(bob).revoke(by=bob)
    group.post("while you were out", by=alice)
    assert unread(group, bob) == 0
    assert [row.unread for row in Participation.objects.left_by(bob)] == [0]

    group.participation_of(bob).reinstate(by=alice)
    assert unread(group, bob) == 1


def test_unread_counts_what_a_deleted_account_said(private: Conversation, alice: User, bob: User) -> None:
    private.post("read me", by=bob)
    bob.delete()
    assert unread(private, alice) == 1


def test_unread_is_counted_up_to_a_bound(private: Conversation, alice: User, bob: User) -> None:
    Message.objects.bulk_create(
        Message(conversation=private, position=n, version=n, sender=alice, body="x") for n in range(1, UNREAD_MAX + 9)
    )
    Conversation.objects.filter(pk=private.pk).update(last_position=UNREAD_MAX + 8, version=UNREAD_MAX + 8)

    assert unread(private, bob) == UNREAD_MAX


# --- Reading ---------------------------------------------------------------------------------------------------


def test_the_read_pointer_only_moves_forward(private: Conversation, alice: User, bob: User) -> None:
    for n in range(3):
        private.post(str(n), by=alice)
    device, other_device = private.participation_of(bob), private.participation_of(bob)

    device.read(3)
    other_device.read(1)
    device.read(-5)

    assert private.participation_of(bob).read_position == 3


def test_the_read_pointer_ends_at_the_newest_message(private: Conversation, alice: User, bob: User) -> None:
    private.post("1", by=alice)
    private.participation_of(bob).read(10**30)
    private.post("2", by=alice)

    assert private.participation_of(bob).read_position == 1
    assert unread(private, bob) == 1


def test_who_has_left_reads_no_further_than_that(group: Conversation, alice: User, bob: User) -> None:
    stale = group.participation_of(bob)
    group.participation_of(bob).revoke(by=bob)
    end = group.participation_of(bob).left_position
    group.post("after", by=alice)

    stale.read(99)

    assert group.participation_of(bob).read_position == end


def test_reading_is_told_to_ones_own_pages_only(
    private: Conversation, alice: User, bob: User, committed: Committed, events: Events
) -> None:
    private.post("1", by=alice)
    with committed():
        private.participation_of(bob).read(1)
        private.participation_of(bob).read(1)

    assert [frame["unread"] for frame in events.frames_to(bob)] == [0]
    assert events.frames_to(alice) == []
