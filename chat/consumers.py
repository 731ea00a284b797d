"""One signed-in person's line to one open page.

Up come verbs, each answered; down goes what the hub hands over. Verbs run on a few threads of their own, so
that a slow query of one person delays nobody else. (Frames: docs/live-updates.md.)
"""

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError
from django.utils.module_loading import import_string

from chat import frames, live, watch
from chat.exceptions import ChatError
from chat.live import Frame, Hub
from project.threads import in_thread

logger = logging.getLogger(__name__)

SIGNED_OUT = 4401
TRY_AGAIN_LATER = 1013
FRAMES_PER_S = 20
FRAMES_AT_ONCE = 200  # what a page may send in one go, after a pause
WINDOW_FRAMES = 200  # sent and not acknowledged by a page that acknowledges


class LineConsumer(AsyncWebsocketConsumer):
    # No such layer: the hub has one channel for the whole process.
    channel_layer_alias = "hub"
    user_id = 0
    session_hash = ""
    open_conversation: str | None = None
    hub: Hub | None = None
    is_acknowledging = False
    is_hung_up = False

    async def dispatch(self, message: dict[str, Any]) -> None:
        # The inherited one hops to a thread for every event, to close database connections that lines do not hold.
        await getattr(self, get_handler_name(message))(message)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # also when the server ends a line that did not notice its page going
            if self.hub is not None:
                self.hub.leave(self)

    async def connect(self) -> None:
        self.allowance = Allowance(FRAMES_PER_S, FRAMES_AT_ONCE)
        self.sent = self.acknowledged = 0
        self.socket = self.scope.get("extensions", {}).get("parley.line")
        self.tasks: set[asyncio.Task[None]] = set()
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.accept()
            await self.close(SIGNED_OUT)
            return
        self.user_id = user.pk
        self.session_hash = live.session_hash(self.scope["session"].session_key)
        self.hub = await Hub.started()
        await self.accept()
        self.hub.join(self)
        watch.ensure_running(self.hub)
        self.check_access()  # what ended the session before this line was known was not heard

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        wait_s = self.allowance.take()
        if wait_s and (self.socket is None or self.socket.is_connected):
            await asyncio.sleep(wait_s)  # a flood fills the queue of the socket meanwhile, which ends it
        if self.hub is None or self.is_hung_up:
            return
        frame: dict[str, Any] = {}
        try:
            frame = frames.parse(text_data)
            answer = await self.answer_to(frame)
        except ChatError as reason:
            answer = frames.refusal(reason, frame)
        except DatabaseError:
            logger.exception("A frame could not be done")
            answer = frames.refusal(ChatError("The server could not do this now. Try again in a moment."), frame)
        if answer is not None:
            self.deliver(Frame(json.dumps(answer)))

    async def answer_to(self, frame: dict[str, Any]) -> dict[str, Any] | None:
        if frame["type"] == "ping":
            return {"type": "pong"}
        if frame["type"] == "ack":
            self.is_acknowledging = True
            self.acknowledged = min(frames.whole_number(frame, "received"), self.sent)
            return None
        if frame["type"] == "open":
            return await self.show(frame)
        return await in_thread(frames.do, self.user_id, frame)

    async def show(self, frame: dict[str, Any]) -> dict[str, Any] | None:
        """Note what the page shows, from which version on, and tell it when that is behind already."""
        self.open_conversation = None
        if frame.get("conversation") is None:
            return None
        assert self.hub is not None
        name, version = await in_thread(frames.version_of, self.user_id, frame)
        self.open_conversation = name
        # What is noted already stays: another page here may have missed what this one was loaded with.
        self.hub.told.setdefault(name, version)
        if frames.whole_number(frame, "version") < version:
            return {"type": "stale", "conversation": name, "version": version}
        return None

    # --- What the hub asks of a line ---------------------------------------------------------------------------

    def deliver(self, frame: Frame) -> None:
        """Put a frame on the socket. A page that acknowledges, and is too far behind, is closed with 1013."""
        self.sent += 1
        if self.is_acknowledging and self.sent - self.acknowledged > WINDOW_FRAMES:
            self.hang_up(TRY_AGAIN_LATER)
        elif self.socket is not None:
            self.socket.write(frame.wire)
        else:
            self._later(self.send(text_data=frame.text))

    def hang_up(self, code: int) -> None:
        """Close the socket; nothing is heard on it from now on, and nothing that it says counts."""
        self.is_hung_up = True
        if self.hub is not None:
            self.hub.leave(self)
        if self.socket is not None:
            self.socket.close(code)
        else:
            self._later(self.close(code))

    def check_access(self) -> None:
        """Look again whether this session is still signed in, and hang up if not."""
        self._later(self._check_access())

    async def _check_access(self) -> None:
        try:
            account_id = await in_thread(account_of_session, self.scope["session"].session_key)
        except DatabaseError:
            logger.exception("Whether a session is still signed in could not be read")
            self.hang_up(TRY_AGAIN_LATER)
            return
        if account_id != self.user_id:
            self.hang_up(SIGNED_OUT)

    def _later(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(doing)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class Allowance:
    """How soon frames are read: per_second in the long run, and at_once of them after a pause."""

    def __init__(self, per_second: int, at_once: int) -> None:
        self.per_second, self.at_once = per_second, at_once
        self.left, self.seen_at = float(at_once), time.monotonic()

    def take(self) -> float:
        """Take the next frame's place. Returns how long it has to wait, in seconds."""
        now = time.monotonic()
        self.left = min(self.at_once, self.left + (now - self.seen_at) * self.per_second) - 1
        self.seen_at = now
        return max(0.0, -self.left / self.per_second)


def account_of_session(session_key: str | None) -> int | None:
    """Return the id of the account that a session is signed in to now, by Django's own rules, or None."""
    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request: Any = SimpleNamespace(session=store(session_key))
    account_id: int | None = get_user(request).pk
    return account_id
