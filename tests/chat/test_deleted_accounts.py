"""What an account that is deleted leaves behind."""

import pytest

from chat.exceptions import MessagingPermissionDenied
from chat.models import Conversation, Message, Participation
from project.accounts.models import User
from tests.cast import account

from .cast import Committed, Events, system_rows


def test_a_private_conversation_with_a_deleted_account_can_be_read_and_not_written(
    private: Conversation, alice: User, bob: User
) -> None:
    private.post("bye", by=bob)
    bob.delete()

    with pytest.raises(MessagingPermissionDenied):
        private.post("hello?", by=alice)
    assert private.title_for(alice) == "Deleted account"
    assert [message.sender for message in private.messages_for(private.participation_of(alice))] == [None]


def test_a_new_account_never_finds_the_conversations_of_a_deleted_one(private: Conversation, alice: User) -> None:
    User.objects.get(email="bob@example.org").delete()
    bob_again = account("Bob")

    assert Conversation.start(alice, [bob_again]) != private
    assert list(Conversation.objects.for_participants([alice])) == []


def test_a_deleted_account_leaves_its_groups(group: Conversation, alice: User, bob: User, dave: User) -> None:
    group.post("from alice", by=alice)
    alice.delete()

    group.refresh_from_db()
    assert (group.creator, group.participant_count) == (None, 2)
    assert set(group.participants) == {bob, dave}
    assert system_rows(group) == [("left", None, None, "")]


def test_what_a_deleted_account_said_counts_as_a_change(group: Conversation, alice: User, bob: User) -> None:
    kept = group.post("from bob", by=bob)
    changed = group.post("from alice", by=alice)
    version = group.version
    alice.delete()

    group.refresh_from_db()
    changes = list(group.messages.changed_between(version, group.version))
    assert [row.position for row in changes] == [changed.position, group.last_position]
    assert kept not in changes


def test_who_stays_hears_that_an_account_was_deleted(
    group: Conversation, alice: User, bob: User, committed: Committed, events: Events
) -> None:
    left = alice.public_id
    with committed():
        alice.delete()

    assert events.frames_to(bob, "participants")[-1]["left"] == [left]
    group.refresh_from_db()
    assert events.frames_to(bob, "stale")[-1]["version"] == group.version


def test_a_group_that_an_account_had_left_before_is_not_left_again(group: Conversation, alice: User, bob: User) -> None:
    group.participation_of(bob).revoke(by=alice)
    bob.delete()

    group.refresh_from_db()
    assert system_rows(group) == [("removed", "Alice", None, "")]
    assert group.participant_count == 2


def test_two_deleted_accounts_leave_a_private_conversation_without_harm(
    private: Conversation, alice: User, bob: User, carol: User, dave: User
) -> None:
    private.post("gone", by=alice)
    alice.delete()
    bob.delete()

    assert Message.objects.get().body == "gone"
    assert private.add_participants([carol, dave]).creator == carol
    assert Participation.objects.filter(conversation=private, user=None).count() == 2


def test_nobody_invites_a_deleted_account_back(group: Conversation, alice: User, bob: User) -> None:
    part = group.participation_of(bob)
    part.revoke(by=bob)
    bob.delete()

    with pytest.raises(MessagingPermissionDenied):
        part.reinstate(by=alice)
