"""Programs of others that Parley stands on, run by us: on free ports of loopback, in folders of their own.

What is here says how a program is started, as whom, and how one knows that it answers; who keeps it running is
`make cluster` (cluster.py) or a test (tests/servers.py).
"""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

HOST = "127.0.0.1"
ANSWER_S = 5
BINARIES = {"chromium": ("chromium", "chromium-browser", "google-chrome")}
PR_SET_PDEATHSIG = 1


class CannotRun(Exception):
    """A program is missing, or did not do what it must before it can be started; the message says what."""


def find_program(name: str) -> str | None:
    """Return the path of an installed program, or None. Debian keeps PostgreSQL's own outside PATH."""
    for binary in BINARIES.get(name, (name,)):
        if path := shutil.which(binary):
            return path
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return str(max(versions, key=lambda path: float(path.parts[-3]), default="")) or None


def require_program(name: str) -> str:
    path = find_program(name)
    if path is None:
        raise CannotRun(f"{name} is not installed.")
    return path


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers_ok(port: int, path: str) -> bool:
    """Tell whether an HTTP server of this machine answers 200, within some seconds."""
    request = f"GET {path} HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n"
    with suppress(OSError), socket.create_connection((HOST, port), timeout=ANSWER_S) as line:
        line.sendall(request.encode())
        with line.makefile("rb") as answer:
            return answer.readline().split()[1:2] == [b"200"]
    return False


def until_we_die(by: signal.Signals, parent: int = 0) -> Callable[[], None]:
    """Return what a child does before it becomes the program: it ends with us, in whatever way we end.

    by: what the kernel then sends it (Linux only; elsewhere children outlive a parent that was killed). parent: whose
    end it is, ours by default. Call Popen on the main thread: to the kernel the parent is the thread.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    parent = parent or os.getpid()

    def prepare() -> None:
        # A shell has what it starts in the background ignore SIGINT, and all that follows would inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, int(by))
            if os.getppid() != parent:  # we were gone before the kernel knew
                os._exit(1)

    return prepare


class Program:
    """One program with a folder and a port of its own."""

    program: str
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()

    def command(self) -> list[str]:
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """Return who runs the process, where and with which environment, as arguments of Popen."""
        return {}

    def is_answering(self) -> bool:
        raise NotImplementedError


class PostgreSQL(Program):
    """A database server with one empty database "parley"; its url is a DATABASE_URL.

    password: of the owner, kept from the first start on. Raises CannotRun when the files cannot be made.
    """

    program = "initdb"
    stop_signal = signal.SIGINT  # "fast": open connections do not delay it
    kill_signal = signal.SIGQUIT  # "immediate": no checkpoint, but its children go with it
    settings: dict[str, str] = {}
    initdb_options: tuple[str, ...] = ()

    def __init__(self, folder: Path, password: str = "") -> None:
        super().__init__(folder)
        self.password = password or secrets.token_hex(16)
        self.url = f"postgres://parley:{self.password}@{HOST}:{self.port}/parley"
        files = folder / "cluster"
        if not files.exists():
            self._make(files)
        self._files = _Handle(files)

    def command(self) -> list[str]:
        options = {"listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": ""}
        options |= {"max_connections": "200", **self.settings}
        postgres = Path(require_program(self.program)).resolve().with_name("postgres")
        return [str(postgres), "-D", self._files.place, *(f"--{key}={value}" for key, value in options.items())]

    def identity(self) -> dict[str, Any]:
        return self._files.identity

    def is_answering(self) -> bool:
        with suppress(psycopg.OperationalError):
            address = self.url.removesuffix("parley") + "postgres"
            with psycopg.connect(address, autocommit=True, connect_timeout=ANSWER_S) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'parley'").fetchone():
                    connection.execute("CREATE DATABASE parley")
                return True
        return False

    def _make(self, files: Path) -> None:
        draft = files.with_name("cluster.draft")  # what was broken off is begun anew
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        place = _Handle(draft)
        command = [require_program(self.program), "--pgdata", place.place, "--username=parley"]
        command += ["--auth=scram-sha-256", "--pwfile=/dev/stdin", "--encoding=UTF8", "--locale=C.UTF-8"]
        with tempfile.TemporaryFile() as password:
            password.write(self.password.encode())
            password.seek(0)
            for owned in (draft, password.fileno()):
                os.chown(owned, place.identity.get("user", -1), place.identity.get("group", -1))
            made = subprocess.run(
                [*command, *self.initdb_options],
                stdin=password,
                capture_output=True,
                text=True,
                check=False,
                preexec_fn=until_we_die(signal.SIGKILL),
                **place.identity,
            )
        if made.returncode:
            raise CannotRun(f"initdb failed:\n{made.stderr}")
        draft.rename(files)


class _Handle:
    """A folder as PostgreSQL finds it: it refuses to run as root, and another account may not enter where it stands.

    place: its path for the program. identity: who runs the program and what it is given, as arguments of Popen.
    """

    def __init__(self, folder: Path) -> None:
        self.place = str(folder)
        self.identity: dict[str, Any] = {"cwd": "/"}
        if os.geteuid() == 0:
            account = _unprivileged()
            self.identity |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            if sys.platform == "linux":
                self._opened = os.open(folder, os.O_RDONLY)
                self.identity["pass_fds"] = (self._opened,)
                self.place = f"/proc/self/fd/{self._opened}"

    def __del__(self) -> None:
        if hasattr(self, "_opened"):
            os.close(self._opened)


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


class Redis(Program):
    """A Redis with a password; its url is a REDIS_URL. settings: those of redis.conf."""

    program = "redis-server"
    settings = {"save": '""', "appendonly": "yes"}

    def __init__(self, folder: Path, password: str = "") -> None:
        super().__init__(folder)
        self.password = password or secrets.token_hex(16)
        self.url = f"redis://:{self.password}@{HOST}:{self.port}/0"
        # In a file, because everybody on the machine may read a command line.
        self.configuration = folder / "redis.conf"
        lines = {"bind": HOST, "port": self.port, "requirepass": self.password, "dir": f'"{folder}"', **self.settings}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.configuration.touch(mode=0o600)
        self.configuration.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))

    def command(self) -> list[str]:
        return [require_program(self.program), str(self.configuration)]

    def is_answering(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=ANSWER_S) as line:
            line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            with line.makefile("rb") as answers:
                return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        return False
