"""Open pages on a served Parley. Where Redis is, two processes serve it, and pages open on both in turn."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from pytest_django.plugin import DjangoDbBlocker
from websockets.sync.client import connect

from chat.live import Hub
from chat.models import Conversation
from project.accounts.models import User
from tests.cast import account, signed_in

from .page import Page
from .serving import MANAGE, Browser, Parley

OpenPage = Callable[..., Page]


@pytest.fixture(autouse=True)
def _no_hub() -> Iterator[None]:
    """A hub belongs to the loop of one test."""
    Hub._running = None
    yield
    Hub._running = None


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the files of the pages are, named as they are served."""
    folder = tmp_path_factory.mktemp("static")
    collected = {**os.environ, "PARLEY_DATA": str(folder / "data"), "STATIC_ROOT": str(folder)}
    subprocess.run([sys.executable, MANAGE, "collectstatic", "--noinput", "-v0"], env=collected, check=True)
    return str(folder)


@pytest.fixture(scope="module")
def servers(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
    static_root: str,
) -> Iterator[list[Parley]]:
    """All processes that serve; none of them may have written a traceback at the end."""
    with django_db_blocker.unblock():
        folders = [tmp_path_factory.mktemp("served") for _ in range(2 if settings.REDIS_URL else 1)]
        made = [Parley(folder, "--no-worker", STATIC_ROOT=static_root) for folder in folders]
        try:
            for server in made:
                server.start()
            yield made
        finally:
            for server in made:
                server.stop()
    for server in made:
        assert "Traceback" not in server.log, server.log


@pytest.fixture
def server(servers: list[Parley]) -> Parley:
    return servers[0]


@pytest.fixture
def alice(transactional_db: None) -> User:
    return account("Alice")


@pytest.fixture
def bob(transactional_db: None) -> User:
    return account("Bob")


@pytest.fixture
def carol(transactional_db: None) -> User:
    return account("Carol")


@pytest.fixture
def talk(alice: User, bob: User) -> Conversation:
    """A group of alice and bob."""
    return Conversation.start(alice, [bob], kind="group")


def session_of(user: User) -> str:
    """Sign user in, and return the key of the session."""
    key: str = signed_in(user).cookies["sessionid"].value
    assert SessionStore().exists(key)
    return key


@pytest.fixture
def open_page(request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """open_page(user): another open page of user, in a session of its own unless one is given.

    at: the server; each in turn otherwise. session: its key, "" for none. origin, path: what a browser would say.
    waits: until the hub knows the line; otherwise the page may be one that is refused.
    """
    turn = count()
    with ExitStack() as lines:

        def opened(
            user: User | None = None,
            at: Parley | None = None,
            session: str | None = None,
            waits: bool = True,
            **other: Any,
        ) -> Page:
            served = [at] if at else request.getfixturevalue("servers")
            server = served[next(turn) % len(served)]
            key = session if session is not None else session_of(user) if user else ""
            line = connect(
                f"ws://127.0.0.1:{server.port}{other.pop('path', '/ws/')}",
                origin=other.pop("origin", server.origin),
                additional_headers={"Cookie": f"sessionid={key}"} if key else None,
                proxy=None,
                ping_interval=None,
                close_timeout=1,
                max_queue=None,
                **other,
            )
            page = Page(lines.enter_context(line))
            if waits:
                page.heard()
            return page

        yield opened


class Doing:
    """What a person does on pages, which the server answers by a form."""

    def __init__(self, server: Parley, user: User, conversation: Conversation) -> None:
        self.browser = Browser(server, session_of(user))
        self.place = f"/c/{conversation.public_id}/"

    def add(self, *people: User) -> None:
        for person in people:
            self._done("people/", to=person.public_id)

    def remove(self, person: User) -> None:
        self._done(f"people/{person.public_id}/remove/")

    def invite_back(self, person: User) -> None:
        self._done(f"people/{person.public_id}/invite/")

    def leave(self) -> None:
        self._done("leave/")

    def rename(self, title: str) -> None:
        self._done("title/", title=title)

    def _done(self, path: str, **fields: str) -> None:
        status, _ = self.browser.post(self.place + path, **fields)
        assert status == 303
