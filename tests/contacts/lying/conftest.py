"""The lying server, which listens for all tests of this folder."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from .wire import Listener, listening


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(autouse=True)
def _loopback() -> Iterator[None]:
    with override_settings(PARLEY_PRIVATE_NETWORKS=["127.0.0.0/8"]):
        yield
