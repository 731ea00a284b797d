"""A line without a socket, for tests of the hub alone."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from chat.live import Frame, Hub


class FakeLine:
    """Keeps what it was given, and leaves the hub when it is hung up, as a real one does."""

    def __init__(self, hub: Hub, user_id: int, shows: str | None = None, session: str = "") -> None:
        self.hub = hub
        self.user_id = user_id
        self.open_conversation = shows
        self.session_hash = session
        self.frames: list[dict[str, Any]] = []
        self.checks = 0
        self.code: int | None = None
        hub.join(self)

    def deliver(self, frame: Frame) -> None:
        self.frames.append(json.loads(frame.text))

    def hang_up(self, code: int) -> None:
        self.code = code
        self.hub.leave(self)

    def check_access(self) -> None:
        self.checks += 1

    @property
    def numbers(self) -> list[int]:
        """The versions of the frames that came."""
        return [frame["version"] for frame in self.frames]


class ImpatientLine(FakeLine):
    """Is too far behind for whatever comes."""

    def deliver(self, frame: Frame) -> None:
        self.hang_up(1013)


async def until(question: Callable[[], bool]) -> None:
    """Wait for something that nothing announces; at most 5 s."""
    async with asyncio.timeout(5):
        while not question():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def event(version: int, *to: int, conversation: str = "c") -> dict[str, Any]:
    """Return an event for accounts, as chat.live publishes it."""
    frame = json.dumps({"type": "message", "conversation": conversation, "version": version})
    return {"to": list(to), "of": [conversation, version], "frame": frame}
