"""The worker and directories: whose time has come, one at a time, and what a killed worker left."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from contacts import tasks
from contacts.directories.base import Book, Entry, Fetched
from contacts.exceptions import DirectoryBusy, DirectoryUnreachable
from contacts.importing import bring_in
from contacts.models import Directory, Folder, Party, merge
from project.accounts.models import User
from tests.contacts.files import card
from tests.contacts.shelf import BACKENDS, PASSWORD, URL, Shelf, put
from tests.live.serving import MANAGE, environment

pytestmark = pytest.mark.django_db
SECRET = {"username": "ali", "password": PASSWORD}


class Clock:
    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture(autouse=True)
def _shelf() -> Iterator[None]:
    put(friends=["Anna", "Ben"])
    with override_settings(DIRECTORY_BACKENDS=BACKENDS):
        yield


def connected(owner: User, name: str = "Home", **fields: Any) -> Directory:
    made = {"backend_class": "shelf", "config": {"url": URL}, "credential": SECRET, "interval_minutes": 60}
    return Directory.objects.create(owner=owner, name=name, **{**made, "next_run_at": timezone.now(), **fields})


def work() -> None:
    """What the worker does every minute."""
    tasks.sync_due_directories.call_local()


def ran() -> list[str]:
    """The directories that were synced since the last time that this was asked."""
    names = list(Directory.objects.exclude(last_run_at=None).values_list("name", flat=True))
    Directory.objects.update(last_run_at=None)
    return names


# --- Whose time has come -----------------------------------------------------------------------------------------


def test_a_directory_is_synced_when_its_time_has_come(alice: User, bob: User, clock: Clock) -> None:
    connected(alice, "Hourly")
    connected(bob, "Daily", interval_minutes=1440)
    connected(bob, "On request", interval_minutes=0, next_run_at=None)
    work()
    assert ran() == ["Daily", "Hourly"]
    clock.goes_on(minutes=59)
    work()
    assert ran() == []
    clock.goes_on(minutes=1)
    work()
    assert ran() == ["Hourly"]
    clock.goes_on(hours=23)
    work()
    assert ran() == ["Daily", "Hourly"]


def test_a_paused_directory_is_left_alone_until_it_is_resumed(alice: User) -> None:
    directory = connected(alice)
    directory.pause()
    work()
    assert ran() == []
    directory.resume()
    work()
    assert ran() == ["Home"]


def test_one_that_is_being_removed_is_left_alone(alice: User) -> None:
    connected(alice).request_removal()
    work()
    assert ran() == []


def test_a_directory_that_fails_is_asked_less_and_less_often_until_it_works(
    alice: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(backend: Shelf) -> None:
        raise DirectoryUnreachable("The shelf does not answer.")

    directory = connected(alice, interval_minutes=15)
    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "require_right", unreachable)
        pauses = []
        for _ in range(12):
            work()
            directory.refresh_from_db()
            assert (directory.health, directory.problem) == ("error", "The shelf does not answer.")
            pause = directory.next_run_at - clock.now
            pauses.append(pause.total_seconds() / 60)
            clock.goes_on(minutes=pauses[-1] - 1)
            work()
            assert Directory.objects.get().failures == len(pauses)  # not before its time
            clock.goes_on(minutes=1)
    assert pauses == [15, 15, 20, 40, 80, 160, 320, 640, 720, 720, 720, 720]
    work()
    directory.refresh_from_db()
    assert (directory.health, directory.failures) == ("ok", 0)
    assert directory.next_run_at - clock.now == timedelta(minutes=15)


def test_one_that_fails_does_not_keep_the_others_from_their_turn(alice: User, bob: User) -> None:
    connected(alice, "Broken", credential={})
    connected(bob, "Good")
    work()
    assert set(ran()) == {"Broken", "Good"}
    assert Party.objects.of(bob).count() == 2


def test_said_several_times_it_is_synced_once(alice: User) -> None:
    directory = connected(alice)
    before = Shelf.probed
    for _ in range(3):
        tasks.sync_directory.call_local(directory.pk)
    assert Shelf.probed == before + 1


def test_sync_now_has_the_books_asked_for_too(
    alice: User, clock: Clock, django_capture_on_commit_callbacks: Any
) -> None:
    directory = connected(alice)
    work()
    put(friends=["Anna", "Ben"], club=["Dan"])
    clock.goes_on(hours=1)
    work()
    assert directory.folders.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        Directory.objects.get().request_sync()
    assert directory.folders.count() == 2


def test_a_directory_that_is_gone_meanwhile_is_no_error(alice: User) -> None:
    directory = connected(alice)
    pk = directory.pk
    directory.delete()
    tasks.sync_directory.call_local(pk)
    tasks.remove_directory.call_local(pk)


def test_a_credential_whose_key_is_gone_is_said_in_a_sentence(alice: User) -> None:
    connected(alice)
    with override_settings(CREDENTIAL_KEYS=("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",)):
        work()
    directory = Directory.objects.get()
    assert directory.health == "error"
    assert "because its key is not there" in directory.problem
    work()
    Directory.objects.update(next_run_at=timezone.now())
    work()
    assert Directory.objects.get().health == "ok"


# --- One at a time -----------------------------------------------------------------------------------------------


class Slow(Shelf):
    """Waits in the middle of a book until a test lets it go on."""

    is_there = threading.Event()
    may_go_on = threading.Event()
    meanwhile: Callable[[], object] | None = None

    def fetch(self, book: Book, entries: Sequence[Entry]) -> Iterator[Fetched]:
        for number, found in enumerate(super().fetch(book, entries)):
            if number == 1:
                type(self).is_there.set()
                assert type(self).may_go_on.wait(10)
                if type(self).meanwhile:
                    type(self).meanwhile()
            yield found


@pytest.fixture
def slow() -> Iterator[type[Slow]]:
    Slow.is_there, Slow.may_go_on, Slow.meanwhile = threading.Event(), threading.Event(), None
    with override_settings(DIRECTORY_BACKENDS={**BACKENDS, "shelf": "tests.contacts.test_tasks.Slow"}):
        yield Slow
    Slow.may_go_on.set()


class Worker(threading.Thread):
    """A thread of the worker, with a connection of its own."""

    def __init__(self, task: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.task = task
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.task()
        except Exception as error:
            self.error = error
        finally:
            connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_two_threads_one_syncs_a_directory(alice: User, slow: type[Slow]) -> None:
    directory = connected(alice)
    first = Worker(lambda: Directory.objects.get(pk=directory.pk).sync())
    first.start()
    assert slow.is_there.wait(10)
    assert list(Directory.objects.due()) == []
    with pytest.raises(DirectoryBusy):
        Directory.objects.get(pk=directory.pk).sync()
    work()
    slow.may_go_on.set()
    first.join(10)
    assert first.error is None
    assert Directory.objects.get().last_result["created"] == 2
    assert Party.objects.of(alice).count() == 2


def manage(tmp_path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process of its own, on the database of the test."""
    command = [sys.executable, MANAGE, *arguments]
    return subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.django_db(transaction=True)
def test_of_two_processes_one_syncs_a_directory(alice: User, tmp_path: Path) -> None:
    directory = connected(alice, backend_class="memory", config={"books": Shelf.held}, credential={})
    lease = directory._begin()
    ended = manage(tmp_path, "sync_directories", "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["error"] == "This directory is being synced right now."
    Directory.objects.filter(lease=lease).update(lease="", lease_until=None)
    ended = manage(tmp_path, "sync_directories", "--json")
    assert (ended.returncode, json.loads(ended.stdout)["created"]) == (0, 2)


KILLED = """
import os, signal, django
django.setup()
from contacts.directories.memory import MemoryBackend
from contacts.models import Directory
fetch = MemoryBackend.fetch
def half(self, book, entries):
    for number, found in enumerate(fetch(self, book, entries)):
        if number == 70:
            os.kill(os.getpid(), signal.SIGKILL)
        yield found
MemoryBackend.fetch = half
Directory.objects.get().sync()
"""


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_left_is_continued_once_its_lease_is_over(
    alice: User, clock: Clock, tmp_path: Path
) -> None:
    names = [f"Person {number:03}" for number in range(120)]
    put(friends=names)
    connected(alice, backend_class="memory", config={"books": Shelf.held}, credential={})
    told = {**environment(tmp_path), "DJANGO_SETTINGS_MODULE": "project.settings"}
    killed = subprocess.run([sys.executable, "-c", KILLED], env=told, cwd=Path(MANAGE).parent, check=False)
    assert killed.returncode == -9
    assert Party.objects.count() == 50  # a batch stands for itself
    work()
    assert Party.objects.count() == 50
    clock.goes_on(minutes=3)
    work()
    assert [str(party) for party in Party.objects.of(alice).listed()] == names
    assert Directory.objects.get().last_result["created"] == 70
    assert Party.objects.count() == 120


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_lease_stops(alice: User, slow: type[Slow], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.models.directory.LEASE_RENEWED_S", 0)
    directory = connected(alice)
    slow.meanwhile = lambda: Directory.objects.update(lease="another's", lease_until=timezone.now())
    slow.may_go_on.set()
    result = directory.sync()
    assert result.error == "Another worker took over this sync."
    assert Directory.objects.get().lease == "another's"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("interval_minutes", [60, 0])
def test_what_is_asked_for_while_it_is_synced_is_done_right_afterwards(
    alice: User, slow: type[Slow], interval_minutes: int
) -> None:
    directory = connected(alice, interval_minutes=interval_minutes)

    def change_and_ask() -> None:
        slow.meanwhile = None
        put(friends=["Anna", "Ben", "Cyd"])
        Directory.objects.get().request_sync()

    slow.meanwhile = change_and_ask
    slow.may_go_on.set()
    directory.sync()
    assert [str(party) for party in Party.objects.of(alice).listed()] == ["Anna", "Ben", "Cyd"]
    assert list(Directory.objects.due()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keep_contacts", [True, False])
def test_a_directory_that_is_removed_while_it_is_synced_leaves_no_trace(
    alice: User, slow: type[Slow], keep_contacts: bool
) -> None:
    put(friends=["Anna", "Ben"])
    directory = connected(alice)
    slow.meanwhile = lambda: Directory.objects.get().remove(keep_contacts=keep_contacts)
    slow.may_go_on.set()
    directory.sync()
    assert not Directory.objects.filter(backend_class="shelf").exists()
    assert not Party.objects.exists()


# --- Removing ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_removal_waits_until_the_sync_has_ended(alice: User, clock: Clock) -> None:
    directory = connected(alice)
    work()
    directory._begin()
    Directory.objects.get().request_removal()
    assert Directory.objects.filter(lifecycle="removing").exists()
    clock.goes_on(minutes=3)
    tasks.finish_removals.call_local()
    assert not Directory.objects.exists()
    assert not Party.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_merged_from_elsewhere_stays_when_a_directory_is_removed(alice: User) -> None:
    directory = connected(alice)
    work()
    bring_in(Folder.objects.by_hand(alice), [card("Annie", "EMAIL:annie@example.org") + card("Benny")])
    people = {str(party): party for party in Party.objects.all()}
    merge(people["Anna"], people["Annie"])
    merge(people["Benny"], people["Ben"])
    directory.request_removal()
    assert [str(party) for party in Party.objects.of(alice).listed()] == ["Annie", "Benny"]
    assert Party.objects.get(display_name="Annie").links.get().handle.value == "annie@example.org"
    assert Party.objects.count() == 2
