"""What every test finds: the cast, settings that are quick, and no leftovers of the test before."""

from collections.abc import Iterator

import hypothesis
import pytest
from channels.layers import channel_layers
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings
from huey.contrib.djhuey import HUEY

from project.accounts.models import User
from tests.cast import account

# Time limits on single examples fail on a busy machine, not on a bug. The same examples each time: what they find is
# about the change. New ones are sought by hand: pytest tests/chat --hypothesis-profile=long
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def _quick_settings() -> Iterator[None]:
    """Passwords that hash at once, static files without collectstatic, tasks that run where they are called."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    HUEY.immediate = True
    with override_settings(PASSWORD_HASHERS=hashers, STORAGES=storages):
        yield


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    yield
    cache.clear()
    channel_layers.backends.clear()


@pytest.fixture
def alice(db: None) -> User:
    return account("Alice")


@pytest.fixture
def bob(db: None) -> User:
    return account("Bob")


@pytest.fixture
def carol(db: None) -> User:
    return account("Carol")
