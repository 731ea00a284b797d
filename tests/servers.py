"""PostgreSQL and Redis of our own: on free ports of loopback, in folders that go away with them.

with postgresql() as server: ... server.url ...
with redis_server() as server: ... server.kill(); server.start() ...
"""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from project.management.cluster import programs
from project.management.cluster.programs import HOST, CannotRun, Program, find_program, free_port, until_we_die

__all__ = ["HOST", "PostgreSQL", "Redis", "Server", "ServerDied", "find_program", "free_port"]

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20


class ServerDied(CannotRun):
    """A server that was to start ended, or did not answer in time; the message holds the end of its log."""


class Server(Program):
    """A server process that can be stopped, killed and started again, on one port and with one folder."""

    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start, and return once the server answers. Raises ServerDied."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop the server when we are done with it
                preexec_fn=until_we_die(self.stop_signal),
                **{"cwd": self.folder, **self.identity()},
            )
        self._wait(self.is_answering)

    def stop(self) -> None:
        """Stop in good order; a server that takes too long is killed."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """Stop as in a crash: nothing is written, nobody is told."""
        self._end(self.kill_signal)

    def _wait(self, question: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not question():
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ServerDied(f"{type(self).__name__} did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def _end(self, by: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(by)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


class PostgreSQL(programs.PostgreSQL, Server):
    # What is committed outlives the server's end, and need not outlive the machine's.
    settings = {"fsync": "off"}
    initdb_options = ("--no-sync",)


class Redis(programs.Redis, Server):
    """Keeps nothing on disk."""

    settings = {"save": '""', "appendonly": "no"}


AnyServer = TypeVar("AnyServer", bound=Server)


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A running PostgreSQL with an empty database; its url is a DATABASE_URL. Raises ServerDied."""
    yield from _running(PostgreSQL)


@contextmanager
def redis_server() -> Iterator[Redis]:
    """A running, empty Redis that keeps nothing on disk; its url is a REDIS_URL. Raises ServerDied."""
    yield from _running(Redis)


def _running(kind: Callable[[Path], AnyServer]) -> Iterator[AnyServer]:
    with tempfile.TemporaryDirectory(prefix="parley-", ignore_cleanup_errors=True) as folder:
        server = kind(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
