"""Two processes over Redis, and what an outage of Redis costs: nothing but a moment."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.models import Conversation
from project.accounts.models import User
from tests.services import Redis, redis_server

from .conftest import OpenPage
from .page import PATIENCE_S
from .serving import Parley

pytestmark = pytest.mark.postgresql_only


def test_what_is_posted_through_one_process_is_heard_on_the_other_in_order(
    alice: User, bob: User, talk: Conversation, servers: list[Parley], open_page: OpenPage
) -> None:
    mine, theirs = (open_page(person, at=at) for person, at in zip((alice, bob), servers, strict=True))
    for _ in range(100):
        mine.say("send", conversation=talk.public_id, client_id=str(uuid.uuid4()), body="hello")
    assert [theirs.expect("message")["position"] for _ in range(100)] == list(range(1, 101))


def test_both_processes_at_once_lose_nothing_and_say_nothing_twice(
    alice: User, bob: User, talk: Conversation, servers: list[Parley], open_page: OpenPage
) -> None:
    pages = [open_page(person, at=at) for person, at in zip((alice, bob), servers, strict=True)]
    for _ in range(50):
        for page in pages:
            page.say("send", conversation=talk.public_id, client_id=str(uuid.uuid4()), body="hello")
    for page in pages:
        positions = [page.expect("message")["position"] for _ in range(100)]
        assert sorted(positions) == list(range(1, 101))
        assert "message" not in [frame["type"] for frame in page.heard()]


def test_what_a_command_says_is_heard_by_every_process(
    alice: User, bob: User, talk: Conversation, servers: list[Parley], open_page: OpenPage
) -> None:
    pages = [open_page(bob, at=at) for at in servers]
    talk.post("from a command", by=alice)
    for page in pages:
        assert "from a command" in page.expect("message")["content"]


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis that a test may kill."""
    with redis_server() as server:
        yield server


@pytest.fixture
def on_it(redis: Redis, tmp_path: Path, transactional_db: None, static_root: str) -> Iterator[list[Parley]]:
    folders = [tmp_path / name for name in ("one", "two")]
    made = []
    try:
        for folder in folders:
            folder.mkdir()
            made.append(Parley(folder, "--no-worker", STATIC_ROOT=static_root, REDIS_URL=redis.url))
            made[-1].start()
        yield made
    finally:
        for server in made:
            server.stop()


def test_an_outage_of_redis_loses_nothing(
    alice: User, bob: User, talk: Conversation, redis: Redis, on_it: list[Parley], open_page: OpenPage
) -> None:
    mine, beside_me, theirs = (
        open_page(person, at=at) for person, at in ((alice, on_it[0]), (bob, on_it[0]), (bob, on_it[1]))
    )
    theirs.say("open", conversation=talk.public_id, version=0)
    redis.kill()
    assert mine.post(talk.public_id, "said in the dark")["type"] == "sent"
    assert beside_me.expect("message")["position"] == 1
    assert theirs.expect("stale") == {"type": "stale", "conversation": talk.public_id, "version": 1}
    redis.start()
    for position in range(2, 40):  # until the processes have found each other again
        mine.post(talk.public_id, "said in the light")
        beside_me.expect("message", position=position)
        frame = theirs.next(time.monotonic() + PATIENCE_S)
        if frame["type"] == "message":
            return
        assert (frame["type"], frame["version"]) == ("stale", position)
    pytest.fail("The other process never heard again")
