"""The one hub of a process: who hears what it is given, and what reaches other processes."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import get_channel_layer

from chat import live
from chat.live import CHANNEL_GROUP, Hub

from .lines import FakeLine, ImpatientLine, event, until

ME, YOU = 1, 2


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = await Hub.started()
    yield hub
    assert hub._pumping
    hub._pumping.cancel()
    await asyncio.gather(hub._pumping, return_exceptions=True)
    await get_channel_layer().flush()


async def from_elsewhere(*events: dict[str, Any], origin: str = "another process") -> None:
    await get_channel_layer().group_send(CHANNEL_GROUP, live._bus_message(origin, list(events)))


async def last_of_all(hub: Hub) -> None:
    """Wait until everything that was said before has come around."""
    fence = FakeLine(hub, user_id=-1)
    await from_elsewhere(event(0, -1))
    await until(lambda: bool(fence.frames))


async def test_many_first_joiners_at_once_start_one_pump(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, subscriptions = get_channel_layer(), []

    async def slowly(group: str, channel: str) -> None:
        subscriptions.append(channel)
        await asyncio.sleep(0)

    monkeypatch.setattr(layer, "group_add", slowly, raising=False)
    starting = [asyncio.create_task(Hub.started()) for _ in range(50)]
    await asyncio.sleep(0)
    assert Hub.running() is None  # nobody counts as listening before the subscription stands
    hubs = await asyncio.gather(*starting)
    assert set(hubs) == {Hub.running()}
    assert len(subscriptions) == 1
    hubs[0]._pumping.cancel()


async def test_a_first_joiner_that_goes_away_leaves_no_second_pump(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, subscriptions, may_subscribe = get_channel_layer(), [], asyncio.Event()

    async def slowly(group: str, channel: str) -> None:
        subscriptions.append(channel)
        await may_subscribe.wait()

    monkeypatch.setattr(layer, "group_add", slowly, raising=False)
    gone = asyncio.create_task(Hub.started())
    await until(lambda: bool(subscriptions))
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    coming = asyncio.create_task(Hub.started())
    may_subscribe.set()
    hub = await coming
    assert len(subscriptions) == 1
    assert hub._pumping
    hub._pumping.cancel()


async def test_pages_are_served_while_the_other_processes_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, is_reachable = get_channel_layer(), asyncio.Event()

    async def unreachable(group: str, channel: str) -> None:
        if not is_reachable.is_set():
            raise ConnectionError

    monkeypatch.setattr(layer, "group_add", unreachable, raising=False)
    monkeypatch.setattr(live, "SUBSCRIBING_S", 0.01)
    monkeypatch.setattr(live, "RETRY_S", 0.01)
    hub = await Hub.started()
    line = FakeLine(hub, ME)
    hub.publish(event(1, ME))
    assert line.numbers == [1]
    is_reachable.set()
    await until(hub._subscribed.is_set)
    assert hub._pumping
    hub._pumping.cancel()


async def test_an_event_is_heard_by_every_line_of_the_people_it_names_and_nobody_else(hub: Hub) -> None:
    mine, yours, others = [FakeLine(hub, ME), FakeLine(hub, ME)], FakeLine(hub, YOU), FakeLine(hub, 3)
    hub.publish(event(1, ME, YOU))
    assert [line.numbers for line in (*mine, yours, others)] == [[1], [1], [1], []]


async def test_an_own_event_that_comes_back_is_not_heard_twice(hub: Hub) -> None:
    line = FakeLine(hub, ME)
    hub.publish(event(1, ME))
    await until(lambda: hub._sending is not None and hub._sending.done())
    await last_of_all(hub)
    assert line.numbers == [1]


async def test_events_of_other_processes_are_heard_in_their_order(hub: Hub) -> None:
    line = FakeLine(hub, ME)
    for number in range(0, 100, 5):
        await from_elsewhere(*(event(number + more, ME) for more in range(5)))
    await last_of_all(hub)
    assert line.numbers == list(range(100))


async def test_a_line_that_is_hung_up_meanwhile_keeps_nobody_else_from_hearing(hub: Hub) -> None:
    lines = [kind(hub, ME) for _ in range(4) for kind in (ImpatientLine, FakeLine)]
    yours = FakeLine(hub, YOU)
    hub.publish(event(1, ME, YOU))
    assert [line.code for line in lines] == [1013, None] * 4
    assert [line.numbers for line in lines] == [[], [1]] * 4
    assert yours.numbers == [1]


async def test_a_line_that_left_hears_no_more_and_is_not_kept(hub: Hub) -> None:
    line = FakeLine(hub, ME)
    hub.leave(line)
    hub.leave(line)
    hub.publish(event(1, ME))
    assert line.frames == []
    assert hub.lines == {}


async def test_the_events_of_one_moment_travel_as_one_message(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    async def group_send(group: str, message: dict[str, str]) -> None:
        sent.append(message["events"])

    monkeypatch.setattr(get_channel_layer(), "group_send", group_send, raising=False)
    for number in range(10):
        hub.publish(event(number, ME))
    await until(lambda: bool(sent))
    assert [[one["of"][1] for one in json.loads(events)] for events in sent] == [list(range(10))]


async def test_before_a_process_ends_the_others_are_told_what_was_said_in_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    async def group_send(group: str, message: dict[str, str]) -> None:
        await asyncio.sleep(0.01)
        told.extend(json.loads(message["events"]))

    monkeypatch.setattr(get_channel_layer(), "group_send", group_send, raising=False)
    hub.publish(event(1, YOU))
    await live.finish()
    assert told == [event(1, YOU)]


async def test_a_bus_that_does_not_answer_does_not_hold_up_the_end(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def group_send(group: str, message: dict[str, str]) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(get_channel_layer(), "group_send", group_send, raising=False)
    monkeypatch.setattr(live, "FINISHING_S", 0.01)
    hub.publish(event(1, YOU))
    async with asyncio.timeout(5):
        await live.finish()


async def test_without_a_bus_the_lines_of_this_process_still_hear(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def group_send(group: str, message: dict[str, str]) -> None:
        raise ConnectionError("no Redis")

    line = FakeLine(hub, ME)
    with monkeypatch.context() as patch:
        patch.setattr(get_channel_layer(), "group_send", group_send, raising=False)
        hub.publish(event(1, ME))
        await until(lambda: hub._sending is not None and hub._sending.done())
    hub.publish(event(2, ME))
    await until(lambda: hub._sending is not None and hub._sending.done())
    assert line.numbers == [1, 2]


@pytest.mark.parametrize("events", ["{", "[1]", '[{"to": [1]}]', '[{"frame": "{}"}]', '[{"access": {}}]'])
async def test_an_event_that_is_not_understood_does_not_end_the_pump(events: str, hub: Hub) -> None:
    line = FakeLine(hub, ME)
    await get_channel_layer().group_send(CHANNEL_GROUP, {"type": "hub.events", "origin": "x", "events": events})
    await from_elsewhere(event(2, ME))
    await until(lambda: line.numbers == [2])


async def test_a_session_that_ended_hangs_up_its_own_lines_only(hub: Hub) -> None:
    ended, other, yours = (FakeLine(hub, who, session=name) for who, name in ((ME, "a"), (ME, "b"), (YOU, "a")))
    await from_elsewhere({"access": ME, "session": "a"})
    await last_of_all(hub)
    assert [line.code for line in (ended, other, yours)] == [4401, None, None]


async def test_changed_access_has_every_line_of_the_account_look_again(hub: Hub) -> None:
    mine, yours = [FakeLine(hub, ME), FakeLine(hub, ME)], FakeLine(hub, YOU)
    await from_elsewhere({"access": ME})
    await last_of_all(hub)
    assert [line.checks for line in (*mine, yours)] == [1, 1, 0]


async def test_the_key_of_a_session_does_not_travel(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    published = []
    monkeypatch.setattr(live, "_publish", published.append)
    live.session_ended(ME, "the key itself")
    assert "the key itself" not in str(published)
    assert published[0]["session"] == live.session_hash("the key itself")
