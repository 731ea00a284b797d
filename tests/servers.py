"""PostgreSQL and Redis of our own: on free ports of loopback, in folders that go away with them.

with postgresql() as server: ... server.url ...
with redis_server() as server: ... server.kill(); server.start() ...
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import psycopg

HOST = "127.0.0.1"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
BINARIES = {"chromium": ("chromium", "chromium-browser", "google-chrome")}


class ServerDied(Exception):
    """A server that was to start ended, or did not answer in time; the message holds the end of its log."""


def find_program(name: str) -> str | None:
    """Return the path of an installed program, or None. Debian keeps PostgreSQL's own outside PATH."""
    for binary in BINARIES.get(name, (name,)):
        if path := shutil.which(binary):
            return path
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return str(max(versions, key=lambda path: float(path.parts[-3]), default="")) or None


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """A server process that can be stopped, killed and started again, on one port and with one folder."""

    program: str
    stop_signal: signal.Signals
    kill_signal: signal.Signals

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once the server answers. Raises ServerDied."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_until_we_die(self.stop_signal), *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C is for us; we stop the server when we are done with it
                preexec_fn=_heed_interrupts,
                **self.identity(),
            )
        self._wait(self.is_answering)

    def stop(self) -> None:
        """Stop in good order; a server that takes too long is killed."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """Stop as in a crash: nothing is written, nobody is told."""
        self._end(self.kill_signal)

    def command(self) -> list[str]:
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """Return who runs the process, as arguments of Popen."""
        return {}

    def is_answering(self) -> bool:
        raise NotImplementedError

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


class PostgreSQL(Server):
    program = "initdb"
    stop_signal = signal.SIGINT  # "fast": open connections do not delay it
    kill_signal = signal.SIGQUIT  # "immediate": no checkpoint, but its children go with it

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.password = secrets.token_urlsafe(16)
        self.url = f"postgres://parley:{self.password}@{HOST}:{self.port}/parley"
        self._make_cluster()

    def command(self) -> list[str]:
        options = {"listen_addresses": HOST, "port": self.port, "unix_socket_directories": "", "max_connections": 200}
        options["fsync"] = "off"  # what is committed outlives the server's end, and need not outlive the machine's
        postgres = Path(_require(self.program)).resolve().with_name("postgres")
        return [str(postgres), "-D", str(self.folder / "cluster"), *(f"--{key}={options[key]}" for key in options)]

    def identity(self) -> dict[str, Any]:
        # PostgreSQL refuses to run as root.
        if os.geteuid() != 0:
            return {}
        account = _unprivileged()
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def is_answering(self) -> bool:
        with suppress(psycopg.OperationalError):
            address = self.url.removesuffix("parley") + "postgres"
            with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'parley'").fetchone():
                    connection.execute("CREATE DATABASE parley")
                return True
        return False

    def _make_cluster(self) -> None:
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        if os.geteuid() == 0:
            for path in (self.folder, password_file):
                os.chown(path, _unprivileged().pw_uid, _unprivileged().pw_gid)
        command = [_require(self.program), "--pgdata", str(self.folder / "cluster"), "--username=parley"]
        command += [
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        made = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False, **self.identity())
        if made.returncode:
            raise ServerDied(f"initdb failed:\n{made.stderr}")


class Redis(Server):
    program = "redis-server"
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"redis://{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        options = {"bind": HOST, "port": str(self.port), "dir": str(self.folder), "save": "", "appendonly": "no"}
        return [_require(self.program), *(word for key in options for word in (f"--{key}", options[key]))]

    def is_answering(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=5) as line:
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        return False


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


def _require(program: str) -> str:
    path = find_program(program)
    if path is None:
        raise ServerDied(f"{program} is not installed.")
    return path


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _heed_interrupts() -> None:
    """Undo what a shell does to what it starts in the background: SIGINT would be ignored by all that follows."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _until_we_die(by: signal.Signals) -> list[str]:
    # The kernel signals the server when the thread that started it ends in a way that runs no clean-up.
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", by.name.removeprefix("SIG"), "--"] if setpriv else []
