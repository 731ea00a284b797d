"""A worker that is killed in the middle of a first sync leaves something that the next one continues.

One is killed while it waits for an answer, which can be told to the card. With `--hypothesis-profile=long` twenty
more are killed at other moments, also while they write.
"""

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from contacts.exceptions import DirectoryBusy
from contacts.models import Address, Directory, Folder, Handle, Party, PartyHandle
from contacts.models.directory import LEASE
from project.accounts.models import User

from .cards import Card
from .honest import HOME, PASSWORD, USERNAME, Style, World
from .server import LyingServer
from .wire import Asked, Listener, Says

CARDS = 600
BATCH = 50


class Trap:
    """Kills a process while it waits for the answer to its nth request for cards, or, with delay_s, soon after it."""

    def __init__(self, server: LyingServer, nth: int, delay_s: float | None) -> None:
        self.server, self.nth, self.delay_s = server, nth, delay_s
        self.process: subprocess.Popen[bytes] | None = None

    def answer(self, asked: Asked) -> Says:
        says = self.server.answer(asked)
        if self.server.asked.count(("multiget", f"{HOME}one/")) == self.nth and self.process is not None:
            if self.delay_s is None:
                self.process.kill()
                self.process.wait()
            else:
                threading.Timer(self.delay_s, self.process.kill).start()
        return says


@pytest.fixture
def server(listener: Listener) -> LyingServer:
    world = World(Style(), [("one", "Main")])
    for n in range(CARDS):
        world.books["one"].put(f"{n}.vcf", Card(f"u{n}", f"Person {n}", (n % 11,), more=(n % 10,)))
    return LyingServer(listener, world)


@pytest.fixture
def directory(listener: Listener, alice: User) -> Directory:
    return Directory.objects.create(
        owner=alice,
        backend_class="carddav",
        name="Home",
        config={"url": listener.url + HOME},
        credential={"username": USERNAME, "password": PASSWORD},  # type: ignore[misc]
    )


def _moments() -> Iterator[tuple[tuple[int, float | None], ...]]:
    """Yield when a first sync is killed, and the one that continues it: at which request, and how long after it."""
    yield (5, None), (3, None)
    for seed in range(hypothesis.settings.default.max_examples // 100 - 1):
        chance = random.Random(seed)
        yield (chance.randint(2, 4), chance.uniform(0, 0.08)), (chance.randint(1, 3), chance.uniform(0, 0.08))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moments", list(_moments()))
def test_a_first_sync_that_is_killed_is_continued_without_duplicates(
    server: LyingServer, directory: Directory, moments: tuple[tuple[int, float | None], ...]
) -> None:
    written = 0
    for nth, delay_s in moments:
        _kill(server, directory, Trap(server, nth, delay_s))
        written += (nth - 1) * BATCH
        assert Party.objects.count() >= written if delay_s else Party.objects.count() == written
    _require_continuation(server, directory)


def _kill(server: LyingServer, directory: Directory, trap: Trap) -> None:
    _killed(server, directory, trap)
    left = Directory.objects.get(pk=directory.pk)
    assert left.is_syncing
    with pytest.raises(DirectoryBusy):
        left.sync()
    _let_the_lease_end(directory)


def _require_continuation(server: LyingServer, directory: Directory) -> None:
    written = Party.objects.count()
    assert 0 < written < CARDS
    assert Folder.objects.get().sync_token == ""
    server.listener.answer = server.answer
    server.lie(())
    result = Directory.objects.get(pk=directory.pk).sync()
    assert (result.error, result.created, result.unchanged) == ("", CARDS - written, written)
    asked = Counter(kind for kind, _ in server.asked)
    assert asked["multiget"] == -(-(CARDS - written) // BATCH)
    _require_everything(directory.owner)
    server.lie(())
    assert Directory.objects.get(pk=directory.pk).sync().unchanged == CARDS
    assert server.asked == [("sync", f"{HOME}one/")]


def _killed(server: LyingServer, directory: Directory, trap: Trap) -> None:
    server.lie(())
    server.listener.answer = trap.answer
    command = [sys.executable, "manage.py", "sync_directories", "--directory", directory.public_id]
    trap.process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, said = trap.process.communicate(timeout=60)
    assert trap.process.returncode == -9, said.decode()


def _environment() -> dict[str, str]:
    """Let another process work in this test's database."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        url = f"sqlite:///{Path(name)}"
    else:
        url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    return {**os.environ, "DATABASE_URL": url, "PARLEY_PRIVATE_NETWORKS": "127.0.0.0/8"}


def _let_the_lease_end(directory: Directory) -> None:
    """A worker that is alive renews its lease; this one will not."""
    left = Directory.objects.get(pk=directory.pk)
    assert left.lease_until is not None
    assert timezone.now() < left.lease_until <= timezone.now() + LEASE
    Directory.objects.filter(pk=directory.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def _require_everything(owner: User) -> None:
    uids = Party.objects.of(owner).values_list("source_uid", flat=True)
    assert sorted(uids) == sorted(f"u{n}" for n in range(CARDS))
    assert Party.objects.count() == Party.objects.filter(person__isnull=False).count() == CARDS
    assert not Folder.objects.get().quarantined.exists()
    owners = dict(Handle.objects.values_list("pk", "party"))
    Handle.objects.resolve(owners.keys())
    assert dict(Handle.objects.values_list("pk", "party")) == owners
    assert Party.objects.recount() == 0
    reachable = sum(n % 11 != 10 for n in range(CARDS))
    assert PartyHandle.objects.count() == reachable
    assert Address.objects.count() == 2 * CARDS // 10
