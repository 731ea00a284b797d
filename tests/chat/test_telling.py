"""What is told of a verb: after its commit, never without one, and at nobody's cost."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from chat import live
from chat.models import Conversation, Message, Participation
from chat.signals import message_sent
from project.accounts.models import User

from .cast import Events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent() -> Iterator[list[Message]]:
    """The messages that programs beside Parley were told of."""
    told: list[Message] = []

    def listen(instance: Message, **kwargs: Any) -> None:
        told.append(instance)

    message_sent.connect(listen)
    yield told
    message_sent.disconnect(listen)


def test_nothing_is_told_of_what_was_rolled_back(
    group: Conversation, alice: User, bob: User, carol: User, events: Events, sent: list[Message]
) -> None:
    group.post("kept", by=alice)
    assert (len(sent), len(events.frames_to(bob, "message"))) == (1, 1)
    events.clear()

    with transaction.atomic():
        group.post("lost", by=alice)
        group.add_participants([carol], by=alice)
        group.rename("Lost", by=alice)
        group.participation_of(bob).revoke(by=bob)
        transaction.set_rollback(True)

    assert events == []
    assert [message.body for message in sent] == ["kept"]


def test_a_verb_goes_on_where_the_database_is_after_a_rollback(group: Conversation, alice: User, bob: User) -> None:
    with transaction.atomic():
        group.post("lost", by=alice)
        group.participation_of(bob).revoke(by=bob)
        transaction.set_rollback(True)

    assert group.post("kept", by=bob).position == 1
    group.refresh_from_db()
    assert (group.last_position, group.version, group.participant_count) == (1, 1, 3)


def test_a_listener_that_fails_harms_neither_the_message_nor_the_next_listener(
    private: Conversation, alice: User, events: Events, sent: list[Message], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**kwargs: Any) -> None:
        raise ZeroDivisionError

    message_sent.connect(fail)
    message_sent.receivers.reverse()
    try:
        private.post("hello", by=alice)
    finally:
        message_sent.disconnect(fail)

    assert [message.body for message in sent] == ["hello"]
    assert "ZeroDivisionError" in caplog.text


def test_a_post_is_no_failure_when_the_telling_fails(
    private: Conversation,
    alice: User,
    bob: User,
    sent: list[Message],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(event: dict[str, Any]) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(live, "_publish", fail)
    message = private.post("hello", by=alice)

    assert private.messages.get() == message
    assert sent == [message]
    assert "ZeroDivisionError" in caplog.text


def test_people_are_read_again_after_the_inbox_loaded_them(
    group: Conversation, alice: User, carol: User, events: Events
) -> None:
    (row,) = Participation.objects.inbox_for(alice)
    row.conversation.add_participants([carol], by=alice)

    assert carol.public_id in events.frames_to(carol, "participants")[-1]["content"]
