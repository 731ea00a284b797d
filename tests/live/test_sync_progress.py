"""How far a sync or an import is: heard by its owner's pages and nobody else's, wherever the worker runs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection
from django.urls import reverse

from chat.live import Hub
from contacts.models import Directory, Folder, Party, Upload
from contacts.signals import sync_progressed
from project.accounts.models import User
from tests.contacts.files import card

from .conftest import OpenPage, session_of
from .lines import FakeLine, until
from .serving import MANAGE, Browser, Parley, environment

NAMES = [f"Person {number:03}" for number in range(120)]


@pytest.fixture
def directory(alice: User) -> Directory:
    """A directory of alice's with 120 cards, that was never synced."""
    book = {"href": "/friends/", "name": "Friends <3", "cards": {f"{name}.vcf": card(name).decode() for name in NAMES}}
    config = {"books": [book]}
    return Directory.objects.create(owner=alice, backend_class="memory", name="Home", config=config)


@pytest.fixture
def own_server(tmp_path: Path, transactional_db: None, static_root: str) -> Iterator[Parley]:
    """A server with its worker, as on a single machine."""
    server = Parley(tmp_path, STATIC_ROOT=static_root)
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


# --- One process -------------------------------------------------------------------------------------------------


async def test_a_thread_of_the_worker_is_heard_by_the_owner_alone(
    alice: User, carol: User, directory: Directory
) -> None:
    hub = await Hub.started()
    mine, beside, theirs = FakeLine(hub, alice.pk), FakeLine(hub, alice.pk), FakeLine(hub, carol.pk)

    def sync() -> None:
        try:
            Directory.objects.get().sync(by_owner=True)
        finally:
            connection.close()

    worker = Thread(target=sync)
    worker.start()
    await until(lambda: any(not frame["running"] for frame in mine.frames))
    worker.join()
    first, last = mine.frames[0], mine.frames[-1]
    assert first["type"] == "sync_progress"
    assert (first["directory"], first["book"], first["total"]) == (directory.public_id, "Friends <3", 120)
    assert (first["running"], last["running"]) == (True, False)
    assert f'hx-target="#directory-status-{directory.public_id}"' in first["content"]
    assert 'data-user-text dir="auto">Friends &lt;3</span>' in first["content"]
    assert "120 new" in last["content"]
    assert beside.frames == mine.frames
    assert theirs.frames == []


async def test_carol_hears_of_her_own(carol: User, directory: Directory) -> None:
    hub = await Hub.started()
    line = FakeLine(hub, carol.pk)
    directory.owner = carol
    sync_progressed.send(Directory, directory=directory)
    await until(lambda: bool(line.frames))


def test_sync_now_is_followed_on_the_page_of_the_owner(
    alice: User, carol: User, directory: Directory, own_server: Parley, open_page: OpenPage
) -> None:
    mine, theirs = open_page(alice, at=own_server), open_page(carol, at=own_server)
    browser = Browser(own_server, session_of(alice))
    status, _ = browser.post(reverse("contacts:directory_sync", args=[directory.public_id]))
    assert status == 303
    last = mine.expect("sync_progress", directory=directory.public_id, running=False)
    assert "120 new" in last["content"]
    assert theirs.heard() == []


def test_an_import_is_followed_on_the_page_of_the_owner(
    alice: User, carol: User, own_server: Parley, open_page: OpenPage, settings: object
) -> None:
    settings.PARLEY_DATA = own_server.folder  # type: ignore[attr-defined]
    folder = Folder.objects.by_hand(alice)
    upload = Upload.objects.receive(alice, [("friends.vcf", [b"".join(card(name) for name in NAMES)])])
    upload.read()
    mine, theirs = open_page(alice, at=own_server), open_page(carol, at=own_server)
    place = reverse("contacts:import_confirm", args=[upload.public_id])
    status, _ = Browser(own_server, session_of(alice)).post(place, folder=folder.public_id)
    assert status == 303
    last = mine.expect("sync_progress", upload=upload.public_id, running=False)
    assert f'hx-target="#upload-status-{upload.public_id}"' in last["content"]
    assert "120 new" in last["content"]
    assert theirs.heard() == []


# --- Several processes -------------------------------------------------------------------------------------------


@pytest.mark.postgresql_only
def test_a_worker_that_is_a_process_of_its_own_is_heard_by_every_process(
    alice: User, carol: User, directory: Directory, servers: list[Parley], open_page: OpenPage
) -> None:
    pages = [open_page(alice, at=server) for server in servers]
    theirs = [open_page(carol, at=server) for server in servers]
    directory.sync(by_owner=True)  # here no socket is served: as in `manage.py worker`
    for page in pages:
        assert page.expect("sync_progress")["running"]
        assert "120 new" in page.expect("sync_progress", running=False)["content"]
    for page in theirs:
        assert page.heard() == []


@pytest.mark.postgresql_only
def test_of_two_workers_over_redis_one_syncs_what_was_asked_for_twice(
    alice: User, directory: Directory, servers: list[Parley], open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(alice, at=servers[0])
    workers = []
    try:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            command = [sys.executable, MANAGE, "worker"]
            workers.append(subprocess.Popen(command, env=environment(tmp_path / name), stderr=subprocess.DEVNULL))
        for server in servers:
            place = reverse("contacts:directory_sync", args=[directory.public_id])
            assert Browser(server, session_of(alice)).post(place)[0] == 303
        assert "120 new" in page.expect("sync_progress", running=False)["content"]
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(20)
    assert Party.objects.of(alice).count() == 120
