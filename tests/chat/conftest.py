"""What the tests of the chat share: one more person, two conversations, and what open pages would hear."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

from chat import live
from chat.models import Conversation
from project.accounts.models import User
from tests.cast import account

from .cast import Committed, Events


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """Hear what the hub would be given, in its place."""
    heard = Events()
    monkeypatch.setattr(live, "_publish", heard.append)
    return heard


@pytest.fixture
def committed(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]], events: Events
) -> Committed:
    """Open a block at whose end the transaction counts as committed: what waits for it happens."""
    return partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture
def dave(db: None) -> User:
    return account("Dave")


@pytest.fixture
def private(alice: User, bob: User) -> Conversation:
    return Conversation.start(alice, [bob])


@pytest.fixture
def group(alice: User, bob: User, dave: User) -> Conversation:
    """Alice started it; carol is outside."""
    return Conversation.start(alice, [bob, dave], "Garden")
