"""More people than the cast of three, and what their open pages hear."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from chat.models import Conversation, Message
from project.accounts.models import User

# A block at whose end the transaction counts as committed.
Committed = Callable[[], AbstractContextManager[Any]]


def make_people(count: int) -> list[User]:
    """Make accounts without a password, in one query."""
    return User.objects.bulk_create(
        User(email=f"person{n}@example.org", display_name=f"Person {n}", password="!") for n in range(count)
    )


def name_of(person: User | None) -> str | None:
    return None if person is None else str(person)


def system_rows(conversation: Conversation) -> list[tuple[str, str | None, str | None, str]]:
    """What happened: kind, who did it, whom it is about, text."""
    rows = conversation.messages.exclude(kind=Message.Kind.TEXT).with_people().in_order()
    return [(row.kind, name_of(row.sender), name_of(row.subject), row.body) for row in rows]


class Events(list[dict[str, Any]]):
    """The events that were published, in order."""

    def frames_to(self, person: User, frame_type: str | None = None) -> list[dict[str, Any]]:
        """Return the frames for one person's pages, of one type or all."""
        frames = [json.loads(event["frame"]) for event in self if person.pk in event.get("to", ())]
        return [frame for frame in frames if frame_type in (None, frame["type"])]
