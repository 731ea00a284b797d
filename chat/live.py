"""What open pages hear: the only sender to the channel layer, and the one hub of each process.

An event is a function in the past tense. It renders its frame once, names the accounts it is for, and publishes
it: first to the sockets of this process, then, with everything else of that moment, in one message to the
hubs of the other processes. A frame is a hint; what it says can be fetched, and a lost one is repaired.
Events and hub stand in one file because no other may reach the layer. (docs/live-updates.md has the frames.)
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.template.loader import render_to_string

from project.frames import encode_text_frame

if TYPE_CHECKING:
    from chat.models import Conversation, Message, Participation
    from contacts.models import Directory, Upload
    from contacts.models.names import Known
    from project.accounts.models import User

logger = logging.getLogger(__name__)

CHANNEL_GROUP = "parley.hubs"
SUBSCRIBING_S = 2.0
RETRY_S = 1.0
FINISHING_S = 2.0
ROWS_SHOWN = 5  # system rows sent as frames; more of them at once are fetched
NAMES_TOLD = 200  # as many in one frame


class Frame:
    """One frame for many sockets: JSON text, and its bytes on the wire made at most once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def wire(self) -> bytes:
        return encode_text_frame(self.text.encode())


class Line(Protocol):
    """One socket of one signed-in person, as the hub sees it."""

    user_id: int
    session_hash: str
    open_conversation: str | None

    def deliver(self, frame: Frame) -> None: ...
    def hang_up(self, code: int) -> None: ...
    def check_access(self) -> None: ...


class Hub:
    """All lines of this process, by account. Lives on the loop that serves the sockets."""

    _running: "Hub | None" = None

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.origin = secrets.token_hex(8)
        self.lines: dict[int, set[Line]] = {}
        # The newest version that went out, of each conversation that some page here shows (chat/watch.py).
        self.told: dict[str, int] = {}
        self.watching: asyncio.Task[None] | None = None
        self._for_others: list[dict[str, Any]] = []
        self._sending: asyncio.Task[None] | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._subscribed = asyncio.Event()
        self._is_started = False

    @classmethod
    def running(cls) -> "Hub | None":
        """Return this process's hub, or None where no socket was ever served (a command, a worker)."""
        hub = cls._running
        return hub if hub is not None and not hub.loop.is_closed() and hub._is_started else None

    @classmethod
    async def started(cls) -> "Hub":
        """Return this process's hub, subscribed to the others. Call it on the loop that serves the sockets."""
        loop = asyncio.get_running_loop()
        if cls._running is None or cls._running.loop is not loop:
            cls._running = Hub(loop)
        hub = cls._running
        async with hub._starting:
            if not hub._is_started:
                hub._pumping = hub._pumping or loop.create_task(hub._pump())
                # Pages are served without the other processes' news rather than not at all.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(hub._subscribed.wait(), SUBSCRIBING_S)
                hub._is_started = True
        return hub

    def join(self, line: Line) -> None:
        self.lines.setdefault(line.user_id, set()).add(line)

    def leave(self, line: Line) -> None:
        lines = self.lines.get(line.user_id, set())
        lines.discard(line)
        if not lines:
            self.lines.pop(line.user_id, None)

    def publish(self, event: dict[str, Any]) -> None:
        """Deliver an event here, and hand it to the other processes with all others of this loop turn."""
        self._deliver(event)
        self._for_others.append(event)
        if self._sending is None or self._sending.done():
            self._sending = self.loop.create_task(self._send_to_others())

    def _deliver(self, event: dict[str, Any]) -> None:
        if "frame" in event:
            frame = Frame(event["frame"])
            name, version = event["of"]
            if name in self.told:
                self.told[name] = max(self.told[name], version)
            for user_id in event["to"]:
                for line in list(self.lines.get(user_id, ())):  # a line that is too far behind leaves meanwhile
                    line.deliver(frame)
            return
        for line in list(self.lines.get(event["access"], ())):
            if "session" not in event:
                line.check_access()
            elif line.session_hash == event["session"]:
                line.hang_up(4401)

    async def _send_to_others(self) -> None:
        while self._for_others:
            events, self._for_others = self._for_others, []
            try:
                await get_channel_layer().group_send(CHANNEL_GROUP, _bus_message(self.origin, events))
            except Exception:
                logger.exception("Other processes could not be told; their pages will ask.")

    async def finish(self) -> None:
        """Wait until the other processes were told what was said here; at most for a moment."""
        if self._sending is not None:
            await asyncio.wait([self._sending], timeout=FINISHING_S)

    async def _subscribe(self) -> str:
        while True:
            try:
                channel: str = await get_channel_layer().new_channel("parley.hub")
                await get_channel_layer().group_add(CHANNEL_GROUP, channel)
            except Exception:
                logger.exception("The other processes cannot be heard yet; trying again.")
                await asyncio.sleep(RETRY_S)
            else:
                self._subscribed.set()
                return channel

    async def _pump(self) -> None:
        channel = await self._subscribe()
        while True:
            try:
                message = await get_channel_layer().receive(channel)
                if message["origin"] != self.origin:
                    for event in json.loads(message["events"]):
                        self._deliver(event)
            except Exception:
                logger.exception("An event of another process was not understood.")
                await asyncio.sleep(RETRY_S)


async def finish() -> None:
    """Do what is left to do here before this process ends."""
    hub = Hub.running()
    if hub is not None:
        await hub.finish()


def _bus_message(origin: str, events: list[dict[str, Any]]) -> dict[str, str]:
    # As one text: the layers copy and pack a message value by value.
    return {"type": "hub.events", "origin": origin, "events": json.dumps(events)}


def _publish(event: dict[str, Any]) -> None:
    hub = Hub.running()
    if hub is not None:
        hub.loop.call_soon_threadsafe(hub.publish, event)
        return
    try:
        async_to_sync(get_channel_layer().group_send)(CHANNEL_GROUP, _bus_message("", [event]))
    except Exception:
        logger.exception("Open pages could not be told; they will ask.")


def _publish_frame(recipients: Iterable[int], **fields: Any) -> None:
    of = (fields.get("conversation", ""), fields.get("version", 0))
    _publish({"to": list(recipients), "of": of, "frame": json.dumps(fields, ensure_ascii=False)})


# --- Events ----------------------------------------------------------------------------------------------------


def message_posted(message: "Message", recipients: Sequence[int]) -> None:
    """Tell recipients (account ids) of a new message or system row of its conversation."""
    conversation = message.conversation
    context = {"message": message, "conversation": conversation}
    _publish_frame(
        recipients,
        type="message",
        conversation=conversation.public_id,
        position=message.position,
        version=message.version,
        message=message.public_id,
        sender=message.sender.public_id if message.sender else None,
        client_id=str(message.client_id) if message.client_id else None,
        countable=not message.is_system,
        activity=int(message.sent_at.timestamp() * 1000),
        content=render_to_string("chat/_message_posted.html", context),
    )


def rows_appended(conversation: "Conversation", rows: "Sequence[Message]", recipients: Sequence[int]) -> None:
    """Tell of system rows; many at once are left to be fetched."""
    if len(rows) > ROWS_SHOWN:
        conversation_stale(conversation, recipients)
        return
    for row in rows:
        message_posted(row, recipients)


def participants_changed(
    conversation: "Conversation", recipients: Sequence[int], joined: Sequence[str] = (), left: Sequence[str] = ()
) -> None:
    """Tell that people (public ids) joined or left, or that the title changed."""
    participants = [part.user for part in conversation.first_participations()]
    context = {
        "conversation": conversation,
        "participants": participants,
        "count": conversation.participant_count,
    }
    if len(participants) == 1 and participants[0] and list(recipients) == [participants[0].pk]:
        # Somebody alone, who hears this alone: it is called after whom they wait for.
        context["awaited"] = conversation.awaited_by(participants[0])[:2]
        context["title"] = conversation.title_for(participants[0])
    _publish_frame(
        recipients,
        type="participants",
        conversation=conversation.public_id,
        position=conversation.last_position,
        version=conversation.version,
        joined=list(joined),
        left=list(left),
        content=render_to_string("chat/_participants_changed.html", context),
    )


def conversation_read(participation: "Participation") -> None:
    """Tell a person's own pages how far they have read."""
    _publish_frame(
        [participation.user_id] if participation.user_id else [],
        type="read",
        conversation=participation.conversation.public_id,
        position=participation.read_position,
        unread=participation.unread_count(),
    )


def conversation_stale(conversation: "Conversation", recipients: Sequence[int]) -> None:
    """Tell pages that there is more to fetch than is worth sending."""
    _publish_frame(recipients, type="stale", conversation=conversation.public_id, version=conversation.version)


def inbox_changed(conversation: "Conversation", recipients: Sequence[int | None]) -> None:
    """Tell people that their inbox row of a conversation appeared or changed."""
    _publish_frame(
        [pk for pk in recipients if pk is not None],
        type="inbox",
        conversation=conversation.public_id,
        version=conversation.version,
        position=conversation.last_position,
    )


def person_typed(conversation: "Conversation", person: "User", recipients: Sequence[int], on: bool) -> None:
    """Tell others that somebody is typing, or stopped. Never stored."""
    _publish_frame(
        recipients,
        type="typing",
        conversation=conversation.public_id,
        person=person.public_id,
        name=str(person),
        on=on,
        content="",
    )


def names_changed(owner_id: int, names: "Mapping[str, Known | None]", at: int) -> None:
    """Tell a person's own pages by which names they know some accounts (by public id) now, None: by their own.

    at: microseconds since 1970, from before this was read. Many at once are left to be fetched.
    """
    told = names if len(names) <= NAMES_TOLD else None
    _publish_frame([owner_id], type="names", at=at, names=told)


def sync_progressed(directory: "Directory") -> None:
    """Tell the owner's pages how far a sync is, or how it ended."""
    progress = directory.progress
    _publish_frame(
        [directory.owner_id],
        type="sync_progress",
        directory=directory.public_id,
        book=progress.get("book", ""),
        done=progress.get("done", 0),
        total=progress.get("total", 0),
        running=directory.is_syncing,
        content=render_to_string("contacts/_directory_progressed.html", {"directory": directory}),
    )


def upload_progressed(upload: "Upload") -> None:
    """Tell the owner's pages how far the reading or importing of their files is, or how it ended."""
    progress = upload.progress
    _publish_frame(
        [upload.owner_id],
        type="sync_progress",
        upload=upload.public_id,
        done=progress.get("done", 0),
        total=progress.get("total", 0),
        running=upload.is_busy,
        content=render_to_string("contacts/_upload_progressed.html", {"upload": upload}),
    )


def session_ended(user_id: int, session_key: str) -> None:
    """Hang up the lines of one session (a logout)."""
    _publish({"access": user_id, "session": session_hash(session_key)})


def access_changed(user_id: int) -> None:
    """Have every line of an account look again whether it may still listen."""
    _publish({"access": user_id})


def session_hash(session_key: str | None) -> str:
    """Return a name for a session that may travel between processes, unlike the key itself."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()
