"""Servers on loopback, which they may be here, and no DNS."""

from collections.abc import Iterator
from typing import Any

import dns.resolver
import pytest
from django.test import override_settings

from tests.contacts.directories.dav_servers import Radicale, Xandikos, radicale, xandikos
from tests.contacts.directories.scripted import Scripted, scripted


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def silence(*_: Any, **__: Any) -> None:
        raise dns.resolver.NXDOMAIN

    monkeypatch.setattr(dns.resolver, "resolve", silence)
    with override_settings(PARLEY_PRIVATE_NETWORKS=["127.0.0.0/8"]):
        yield


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture(scope="session")
def radicale_server() -> Iterator[Radicale]:
    with radicale() as server:
        yield server


@pytest.fixture(scope="session")
def xandikos_server() -> Iterator[Xandikos]:
    with xandikos() as server:
        yield server
