"""Noticing what no frame told: the last frame of a burst can be the lost one, and then no page sees a jump.

Every few seconds each process compares, in one query for all conversations that some page shows, the versions
that went out with those in the database, and rings the pages that are behind.
"""

import asyncio
import json
import logging

from chat.live import Frame, Hub
from chat.models import Participation
from project.threads import in_thread

logger = logging.getLogger(__name__)

INTERVAL_S = 3.0


def ensure_running(hub: Hub) -> None:
    """Start watching for a hub, once."""
    if hub.watching is None or hub.watching.done():
        hub.watching = hub.loop.create_task(_watch(hub))


async def _watch(hub: Hub) -> None:
    while True:
        await asyncio.sleep(INTERVAL_S)
        try:
            await compare(hub)
        except Exception:
            logger.exception("The versions of open conversations could not be compared")


async def compare(hub: Hub) -> None:
    """Ring every member's page whose conversation is further than what this process told of it."""
    lines = [line for lines in hub.lines.values() for line in lines if line.open_conversation]
    shown = {line.open_conversation for line in lines if line.open_conversation}
    hub.told = {name: version for name, version in hub.told.items() if name in shown}
    if not shown:
        return
    members = await in_thread(_members, list(shown), list({line.user_id for line in lines}))
    behind = {name: version for name, _, version in members if hub.told.get(name, -1) < version}
    rung = {(name, user_id) for name, user_id, _ in members if name in behind}
    frames = {
        name: Frame(json.dumps({"type": "stale", "conversation": name, "version": behind[name]})) for name in behind
    }
    hub.told.update(behind)
    for line in lines:
        if (line.open_conversation, line.user_id) in rung:
            line.deliver(frames[line.open_conversation])


def _members(names: list[str], user_ids: list[int]) -> list[tuple[str, int, int]]:
    """Return conversation, account and version of everyone among these who may hear of one of these conversations."""
    listening = Participation.objects.active().filter(conversation__public_id__in=names, user__in=user_ids)
    return list(listening.values_list("conversation__public_id", "user", "conversation__version"))
