"""Members of a group: who lets whom go and brings whom back, and what they hear of it."""

import pytest

from chat.exceptions import MessagingPermissionDenied
from chat.models import Conversation, Message
from project.accounts.models import User

from .cast import Committed, Events


def test_the_creator_removes_a_member(group: Conversation, alice: User, bob: User, dave: User) -> None:
    group.participation_of(bob).revoke(by=alice)

    assert set(group.participants) == {alice, dave}
    row = group.messages.get()
    assert (row.kind, row.sender, row.subject) == (Message.Kind.REMOVED, alice, bob)


def test_an_administrator_among_the_members_removes_a_member(
    group: Conversation, alice: User, bob: User, carol: User
) -> None:
    bob.is_staff = carol.is_staff = True
    with pytest.raises(MessagingPermissionDenied):
        group.participation_of(alice).revoke(by=carol)

    group.participation_of(alice).revoke(by=bob)
    assert alice not in group.participants


def test_other_members_and_outsiders_remove_nobody(
    group: Conversation, alice: User, bob: User, carol: User, dave: User
) -> None:
    for actor in (bob, carol):
        with pytest.raises(MessagingPermissionDenied):
            group.participation_of(dave).revoke(by=actor)
    assert dave in group.participants


def test_a_creator_who_has_left_removes_nobody(group: Conversation, alice: User, bob: User) -> None:
    group.participation_of(alice).revoke(by=alice)

    with pytest.raises(MessagingPermissionDenied):
        group.participation_of(bob).revoke(by=alice)


def test_leaving_twice_is_leaving_once(group: Conversation, bob: User) -> None:
    first, second = group.participation_of(bob), group.participation_of(bob)
    first.revoke(by=bob)
    second.revoke(by=bob)

    assert [row.kind for row in group.messages.all()] == [Message.Kind.LEFT]
    group.refresh_from_db()
    assert group.participant_count == 2


def test_inviting_back_says_so_and_inviting_a_member_changes_nothing(
    group: Conversation, alice: User, bob: User
) -> None:
    group.participation_of(bob).reinstate(by=alice)
    group.participation_of(bob).revoke(by=bob)
    group.participation_of(bob).reinstate(by=alice)
    group.participation_of(bob).reinstate(by=bob)

    row = group.messages.last()
    assert group.messages.count() == 2
    assert (row.kind, row.sender, row.subject) == (Message.Kind.INVITED_BACK, alice, bob)


def test_trusted_code_has_no_actor(group: Conversation, bob: User) -> None:
    group.participation_of(bob).revoke()
    group.participation_of(bob).reinstate()

    assert bob in group.participants
    assert [(row.kind, row.sender) for row in group.messages.in_order()] == [("left", bob), ("invited_back", None)]


def test_who_leaves_hears_of_it_and_then_no_more(
    group: Conversation, alice: User, bob: User, dave: User, committed, events: Events
) -> None:
    with committed():
        group.participation_of(bob).revoke(by=bob)
    assert [frame["type"] for frame in events.frames_to(bob)] == ["message", "participants"]
    assert events.frames_to(dave)[-1]["left"] == [bob.public_id]

    events.clear()
    with committed():
        group.post("without bob", by=alice)
        group.rename("Without Bob", by=alice)
        group.participation_of(dave).revoke(by=alice)
    assert events.frames_to(bob) == []
    assert len(events.frames_to(alice, "message")) == 3


def test_who_is_added_hears_from_then_on(
    group: Conversation, alice: User, carol: User, committed: Committed, events: Events
) -> None:
    with committed():
        group.post("without carol", by=alice)
    assert events.frames_to(carol) == []

    with committed():
        group.add_participants([carol], by=alice)
    assert events.frames_to(carol)[-1]["joined"] == [carol.public_id]
