"""What a page may say on its line: frames are read strictly, and done by the same model verbs as a POST.

A verb takes the account's id and the frame, runs in a thread, and returns the answer (a dict) or None.
Whatever is wrong raises ChatError with a sentence. (The table of frames: docs/live-updates.md.)
"""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import Max

from chat import live
from chat.exceptions import ChatError
from chat.models import Participation
from chat.models.block import audience_of

UnknownConversation = ChatError("There is no such conversation.")
PUBLIC_ID = re.compile(r"[0-9a-z]{1,32}")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse(text: str | None) -> dict[str, Any]:
    """Return the frame that text (JSON, an object with a "type") holds. Raises ChatError."""
    if text is None:
        raise ChatError("Frames are text: binary ones are not read.")
    try:
        frame = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ChatError("This frame is not JSON.") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise ChatError('A frame is a JSON object with a "type".')
    return frame


def whole_number(frame: dict[str, Any], name: str) -> int:
    """Return a field that counts something. Raises ChatError unless it is an integer from 0 on."""
    value = frame.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ChatError(f'"{name}" must be a whole number.')
    return value


def _client_id(frame: dict[str, Any]) -> uuid.UUID:
    value = frame.get("client_id")
    try:
        if not isinstance(value, str) or len(value) != 36:
            raise ValueError
        return uuid.UUID(value)
    except ValueError:
        raise ChatError('"client_id" must be a UUID that names this message.') from None


def _participation(user_id: int, frame: dict[str, Any]) -> Participation:
    """Return the participation in the conversation that a frame names; absent and forbidden look the same."""
    name = frame.get("conversation")
    if not isinstance(name, str) or not PUBLIC_ID.fullmatch(name):
        raise UnknownConversation
    found = Participation.objects.select_related("conversation", "user")
    mine = found.filter(user=user_id)
    participation = mine.filter(conversation__public_id=name).first()
    if participation is None:  # it may have waited for somebody, and be part of another one by now
        participation = mine.filter(conversation__invites__waited_in=name).first()
    if participation is None:
        raise UnknownConversation
    return participation


def send(user_id: int, frame: dict[str, Any]) -> dict[str, Any]:
    client_id = _client_id(frame)
    participation = _participation(user_id, frame)
    assert participation.user is not None
    body: Any = frame.get("body")  # post() refuses what is no text
    message = participation.conversation.post(body, by=participation.user, client_id=client_id)
    return {
        "type": "sent",
        "client_id": frame["client_id"],
        "conversation": participation.conversation.public_id,
        "message": message.public_id,
        "position": message.position,
        "version": message.version,
    }


def version_of(user_id: int, frame: dict[str, Any]) -> tuple[str, int]:
    """Return the public id of the conversation that a frame names, and its version as this person may know it.

    For who left it is that of the newest change they can read. Raises ChatError.
    """
    participation = _participation(user_id, frame)
    conversation = participation.conversation
    if participation.is_active:
        return conversation.public_id, conversation.version
    readable = conversation.messages_for(participation).aggregate(version=Max("version"))
    return conversation.public_id, readable["version"] or 0


def read(user_id: int, frame: dict[str, Any]) -> None:
    _participation(user_id, frame).read(whole_number(frame, "position"))


def typing(user_id: int, frame: dict[str, Any]) -> None:
    participation = _participation(user_id, frame)
    if not isinstance(frame.get("on"), bool):
        raise ChatError('"on" must be true or false.')
    if participation.is_active and participation.user is not None:
        conversation = participation.conversation
        audience = audience_of(conversation, user_id)
        others = [] if audience.has_blocked else [pk for pk in audience.hearers if pk != user_id]
        live.person_typed(conversation, participation.user, others, frame["on"])


VERBS: dict[str, Callable[[int, dict[str, Any]], dict[str, Any] | None]] = {
    "send": send,
    "read": read,
    "typing": typing,
}


def do(user_id: int, frame: dict[str, Any]) -> dict[str, Any] | None:
    """Do what a frame asks for. Raises ChatError."""
    verb = VERBS.get(frame["type"])
    if verb is None:
        raise ChatError(f'Frames of type "{frame["type"][:40]}" are not known here.')
    return verb(user_id, frame)


def refusal(reason: ChatError, frame: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a frame that was not done, naming what the page needs to find it again."""
    named = {key: frame[key] for key in ("client_id", "conversation") if isinstance(frame.get(key), str)}
    return {"type": "refused", "reason": str(reason), **{key: value[:64] for key, value in named.items()}}
