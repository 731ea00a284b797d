"""A served Parley, and a Chromium in which each person has a window of their own.

A test fails when any page it opened has an error in its console, breaks the Content-Security-Policy or is answered
with a 5xx, or when the server logs a traceback. What was seen then lies in test-results/.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import Browser, Error, expect, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from chat import live
from chat.models import Conversation
from project.accounts.models import User
from tests.cast import PASSWORD, account, signed_in
from tests.live.serving import MANAGE, Parley, environment
from tests.services import find_program

from .screens import Screen

OpenScreen = Callable[..., Screen]
RESULTS = Path(settings.BASE_DIR / "test-results")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
TIMEOUT_MS = 10_000
report_key = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[report_key] = True
    return report


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests here. It ends with them: while Playwright runs, no other loop can."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop lives in this thread, where the tests use the database as any test does.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=TIMEOUT_MS)
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that browsers load, collected as they are when Parley is deployed."""
    folder = tmp_path_factory.mktemp("static")
    command = [sys.executable, MANAGE, "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, env={**os.environ, "STATIC_ROOT": str(folder)}, check=True)
    return folder


@pytest.fixture(scope="package")
def _served(
    static_root: Path,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Parley]:
    with django_db_blocker.unblock():
        server = Parley(tmp_path_factory.mktemp("served"), STATIC_ROOT=str(static_root))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture
def server(_served: Parley, transactional_db: None) -> Iterator[Parley]:
    """The server, on the database of the test, which is empty before and after."""
    start = len(_served.log)
    yield _served
    if _served._process is None:
        _served.start()
    log = _served.log[start:]
    assert "Traceback" not in log, log


@pytest.fixture
def fresh_server(static_root: Path, tmp_path: Path) -> Iterator[Parley]:
    """A server with a data folder of its own, in which nothing is."""
    server = Parley(tmp_path, STATIC_ROOT=str(static_root), DATABASE_URL="", SECRET_KEY="")
    command = [sys.executable, MANAGE, "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(command, env=environment(tmp_path, **server.changed), check=True)
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log, server.log


@pytest.fixture
def open_screen(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[OpenScreen]:
    """open_screen(user): a window of a new browser, signed in when a user is given.

    at: the server. Other options are those of Playwright's new_context: viewport, color_scheme, java_script_enabled.
    """
    screens: list[Screen] = []
    contexts = []

    def opened(user: User | None = None, at: Parley | None = None, **options: Any) -> Screen:
        server = at or request.getfixturevalue("server")
        context = chromium.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        if user is not None:
            key = signed_in(user).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": key, "url": server.origin}])
        return Screen(context.new_page(), server, user, screens)

    yield opened
    unexpected = [complaint for screen in screens for complaint in screen.unexpected]
    if unexpected or request.node.stash.get(report_key, False):
        leave_evidence(request.node.name, screens)
    for context in contexts:
        context.close()
    assert not unexpected, "\n".join(unexpected)


def leave_evidence(test: str, screens: list[Screen]) -> None:
    folder = RESULTS / re.sub(r"[^\w-]+", "-", test)
    for number, screen in enumerate(screens):
        with suppress(Error):  # a page that is gone has nothing to show
            screen.leave_evidence(folder, f"{number}-{screen.user or 'nobody'}")
    for number, log in enumerate({screen.server.log for screen in screens}):
        (folder / f"server-{number}.log").write_text(log)


@pytest.fixture(autouse=True)
def _told_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test writes itself is news that no frame carries: only pages that ask find it."""
    monkeypatch.setattr(live, "_publish", lambda event: None)


def person(name: str) -> User:
    """Make an account whose password the served Parley can check: unlike us it does not take weak hashes."""
    user = account(name)
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
    user.save(update_fields=["password"])
    return user


@pytest.fixture
def alice(server: Parley) -> User:
    return person("Alice")


@pytest.fixture
def bob(server: Parley) -> User:
    return person("Bob")


@pytest.fixture
def carol(server: Parley) -> User:
    return person("Carol")


@pytest.fixture
def talk(alice: User, bob: User) -> Conversation:
    """The private conversation of alice and bob."""
    return Conversation.start(alice, [bob])


@pytest.fixture
def group(alice: User, bob: User, carol: User) -> Conversation:
    """A group that alice started with bob and carol."""
    return Conversation.start(alice, [bob, carol], "Garden")
