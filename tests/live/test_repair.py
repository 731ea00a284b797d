"""What no frame told is noticed all the same."""

import asyncio
from typing import Any

import pytest

from chat import live, watch
from chat.live import Hub
from chat.models import Conversation
from project.accounts.models import User
from project.threads import in_thread

from .conftest import OpenPage
from .lines import FakeLine, event, until


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is committed in this process is told to nobody."""
    monkeypatch.setattr(live, "_publish", lambda event: None)


@pytest.fixture
async def hub() -> Hub:
    return Hub(asyncio.get_running_loop())


def line_of(hub: Hub, user: User, conversation: Conversation) -> FakeLine:
    return FakeLine(hub, user.pk, shows=conversation.public_id)


def stale(conversation: Conversation, version: int) -> dict[str, Any]:
    return {"type": "stale", "conversation": conversation.public_id, "version": version}


def test_the_pages_that_missed_the_last_frame_are_rung(
    lost: None, alice: User, bob: User, carol: User, talk: Conversation, open_page: OpenPage
) -> None:
    talk.add_participants([carol])
    seen = talk.version
    mine, theirs, hers = open_page(alice), open_page(bob), open_page(carol)
    for page in (mine, hers):
        page.say("open", conversation=talk.public_id, version=seen)
        assert page.heard() == []
    talk.participation_of(carol).revoke(by=carol)
    talk.post("heard by nobody", by=alice)
    late = open_page(bob)  # loaded with the message that the others missed: that must not hide it from them
    late.say("open", conversation=talk.public_id, version=talk.version)
    assert late.heard() == []
    assert mine.expect("stale") == stale(talk, seen + 2)
    assert theirs.heard() == []  # shows no conversation
    assert hers.heard() == []  # left before it was said


async def test_a_page_is_rung_once(lost: None, hub: Hub, alice: User, talk: Conversation) -> None:
    line = line_of(hub, alice, talk)
    hub.told[talk.public_id] = 0
    await in_thread(talk.post, "hello", alice)
    for _ in range(3):
        await watch.compare(hub)
    assert line.frames == [stale(talk, 1)]


async def test_a_page_that_was_told_is_not_rung(lost: None, hub: Hub, alice: User, talk: Conversation) -> None:
    line = line_of(hub, alice, talk)
    hub.told[talk.public_id] = 0
    await in_thread(talk.post, "hello", alice)
    hub._deliver(event(1, alice.pk, conversation=talk.public_id))
    await watch.compare(hub)
    assert line.numbers == [1]


async def test_a_page_that_shows_nothing_asks_nothing(hub: Hub, alice: User, talk: Conversation) -> None:
    line = FakeLine(hub, alice.pk)
    hub.told["closed long ago"] = 3
    await watch.compare(hub)
    assert (line.frames, hub.told) == ([], {})


async def test_who_left_is_not_rung(lost: None, hub: Hub, alice: User, bob: User, talk: Conversation) -> None:
    mine, theirs = line_of(hub, alice, talk), line_of(hub, bob, talk)
    hub.told[talk.public_id] = 0
    await in_thread(lambda: talk.participation_of(bob).revoke())
    await watch.compare(hub)
    assert (mine.frames, theirs.frames) == ([stale(talk, 1)], [])


async def test_a_comparison_that_fails_does_not_end_the_watch(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    async def compare(hub: Hub) -> None:
        calls.append(hub)
        if len(calls) == 1:
            raise RuntimeError("the database is away")

    monkeypatch.setattr(watch, "compare", compare)
    monkeypatch.setattr(watch, "INTERVAL_S", 0.001)
    watch.ensure_running(hub)
    watching = hub.watching
    watch.ensure_running(hub)
    assert hub.watching is watching
    await until(lambda: len(calls) > 2)
    assert watching
    watching.cancel()
