"""The consumer alone, where no socket of a real server would meet the right moment."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from chat import consumers, live
from chat.consumers import FRAMES_AT_ONCE, FRAMES_PER_S, WINDOW_FRAMES, Allowance, LineConsumer
from chat.live import Hub
from chat.models import Conversation
from project.accounts.models import User
from project.threads import in_thread

from .conftest import session_of
from .lines import event, until

SIGNED_OUT, TRY_AGAIN_LATER = 4401, 1013


@pytest.fixture
def key(alice: User) -> str:
    return session_of(alice)


@pytest.fixture
async def line(alice: User, key: str) -> AsyncIterator[WebsocketCommunicator]:
    line = WebsocketCommunicator(LineConsumer.as_asgi(), "/ws/")
    line.scope |= {"user": alice, "session": SessionStore(key)}
    yield line
    await line.disconnect()
    hub = Hub.running()
    if hub is not None:
        tasks = [task for task in (hub._pumping, hub.watching) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await get_channel_layer().flush()


async def close_code(line: WebsocketCommunicator) -> int:
    while (message := await line.receive_output(5))["type"] != "websocket.close":
        pass
    code: int = message["code"]
    return code


async def test_a_session_that_ends_while_its_line_opens_is_hung_up(
    line: WebsocketCommunicator, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Hub.started

    async def ended_meanwhile() -> Hub:
        hub = await started()
        await in_thread(SessionStore(key).flush)
        hub.publish({"access": line.scope["user"].pk, "session": live.session_hash(key)})
        return hub

    monkeypatch.setattr(Hub, "started", ended_meanwhile)
    assert (await line.connect())[0]
    assert await close_code(line) == SIGNED_OUT


async def test_a_frame_that_waits_its_turn_is_not_done_once_its_line_is_hung_up(
    line: WebsocketCommunicator, alice: User, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    monkeypatch.setattr(Allowance, "take", lambda self: done.append("asked") or 0.1)
    monkeypatch.setattr(consumers.frames, "do", lambda *frame: done.append("done"))
    await line.connect()
    hub = await Hub.started()
    await line.send_to(text_data='{"type": "read"}')
    await until(lambda: done == ["asked"])
    hub.publish({"access": alice.pk, "session": live.session_hash(key)})
    assert await close_code(line) == SIGNED_OUT
    await line.disconnect()
    assert done == ["asked"]


async def test_a_line_whose_right_cannot_be_read_is_hung_up(
    line: WebsocketCommunicator, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.connect()
    monkeypatch.setattr(consumers, "account_of_session", unreadable)
    hub = await Hub.started()
    hub.publish({"access": alice.pk})
    assert await close_code(line) == TRY_AGAIN_LATER


def unreadable(*arguments: Any) -> None:
    raise OperationalError("the database is away")


async def test_a_verb_that_the_database_fails_is_refused(
    line: WebsocketCommunicator, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.connect()
    with monkeypatch.context() as patch:
        patch.setattr("chat.frames._participation", unreadable)
        await line.send_json_to({"type": "read", "conversation": talk.public_id, "position": 1})
        answer = await line.receive_json_from(5)
    assert (answer["type"], answer["conversation"]) == ("refused", talk.public_id)
    await line.send_json_to({"type": "ping"})
    assert await line.receive_json_from(5) == {"type": "pong"}


async def heard(line: WebsocketCommunicator, frames: int) -> None:
    for _ in range(frames):
        await line.receive_json_from(5)


async def test_a_page_that_acknowledges_and_falls_behind_is_hung_up(line: WebsocketCommunicator, alice: User) -> None:
    await line.connect()
    await line.send_json_to({"type": "ack", "received": 0})
    await line.send_json_to({"type": "ping"})
    await heard(line, 1)
    hub = await Hub.started()
    for number in range(WINDOW_FRAMES - 1):
        hub.publish(event(number, alice.pk))
    await heard(line, WINDOW_FRAMES - 1)
    assert alice.pk in hub.lines
    hub.publish(event(WINDOW_FRAMES, alice.pk))
    assert alice.pk not in hub.lines
    assert await close_code(line) == TRY_AGAIN_LATER


async def test_a_page_that_acknowledges_in_time_hears_without_end(line: WebsocketCommunicator, alice: User) -> None:
    await line.connect()
    await line.send_json_to({"type": "ack", "received": 0})
    hub = await Hub.started()
    for number in range(3 * WINDOW_FRAMES):
        hub.publish(event(number, alice.pk))
        await heard(line, 1)
        if number % 50 == 49:
            await line.send_json_to({"type": "ack", "received": number + 1})
    assert alice.pk in hub.lines


async def test_a_page_cannot_acknowledge_what_it_was_not_sent(line: WebsocketCommunicator, alice: User) -> None:
    await line.connect()
    await line.send_json_to({"type": "ack", "received": 10**9})
    await line.send_json_to({"type": "ping"})
    await heard(line, 1)
    hub = await Hub.started()
    for number in range(WINDOW_FRAMES + 1):
        hub.publish(event(number, alice.pk))
    assert await close_code(line) == TRY_AGAIN_LATER


async def test_a_line_that_ended_is_forgotten(line: WebsocketCommunicator, alice: User) -> None:
    await line.connect()
    hub = await Hub.started()
    assert len(hub.lines[alice.pk]) == 1
    await line.disconnect()
    await until(lambda: hub.lines == {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("chat.consumers.time.monotonic", lambda: now[0])
    return now


def test_an_allowance_is_used_up_and_grows_again(clock: list[float]) -> None:
    allowance = Allowance(FRAMES_PER_S, FRAMES_AT_ONCE)
    turn = 1 / FRAMES_PER_S
    assert [allowance.take() for _ in range(FRAMES_AT_ONCE + 2)] == [0.0] * FRAMES_AT_ONCE + [turn, 2 * turn]
    clock[0] += 3 * turn
    assert [allowance.take() for _ in range(2)] == pytest.approx([0.0, turn])
    clock[0] += 3600
    assert [allowance.take() for _ in range(FRAMES_AT_ONCE + 1)] == [0.0] * FRAMES_AT_ONCE + [turn]
