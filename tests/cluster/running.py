"""`make cluster` as a person has it before them: its terminal, its processes, and its address."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.servers import HOST, Server

MANAGE = str(settings.BASE_DIR / "manage.py")
PATIENCE_S = 60.0
PASSWORD = "correct horse battery staple"


def until(question: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
    """Ask until the answer is something; returns it. Raises AssertionError when it takes too long."""
    deadline = time.monotonic() + within_s
    while not (answer := question()):
        assert time.monotonic() < deadline, f"Not within {within_s} s: {question}"
        time.sleep(0.02)
    return answer


class Cluster(Server):
    program = "python"
    stop_signal = signal.SIGINT  # Ctrl-C
    kill_signal = signal.SIGKILL

    def __init__(self, folder: Path, static_root: str) -> None:
        super().__init__(folder)
        self.static_root = static_root

    def start(self) -> None:
        (self.folder / "log").write_text("\n")  # of this run alone; every line has one before it
        super().start()

    def command(self) -> list[str]:
        return [sys.executable, MANAGE, "cluster"]

    def identity(self) -> dict[str, Any]:
        own = {"PORT": str(self.port), "PARLEY_DATA": str(self.folder / "data"), "STATIC_ROOT": self.static_root}
        return {"env": {**os.environ, **own}}

    def is_answering(self) -> bool:
        return f"\nParley is at {self.origin} " in self.log

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def pids(self, name: str) -> list[int]:
        """Return the processes that a service has had, the present one last."""
        return [int(pid) for pid in re.findall(rf"^{name} is process (\d+)$", self.log, re.MULTILINE)]

    def answers(self, name: str) -> int:
        """Return how often a service has come up."""
        return len(re.findall(rf"^{name} (?:answers|runs)$", self.log, re.MULTILINE))

    def all_pids(self) -> list[int]:
        return [int(pid) for pid in re.findall(r"^\S+ is process (\d+)$", self.log, re.MULTILINE)]

    def restart(self, name: str, by: signal.Signals = signal.SIGTERM) -> None:
        """End a service's process, and return when the next one answers."""
        before = self.answers(name)
        os.kill(self.pids(name)[-1], by)
        until(lambda: self.answers(name) > before)

    def manage(self, *words: str, said: str = "") -> str:
        """Run a command beside the cluster, with the settings that it keeps for that."""
        sourced = '. "$0/environment" && exec "$@"'
        command = ["sh", "-c", sourced, str(self.folder / "data"), sys.executable, MANAGE, *words]
        return subprocess.run(command, input=said, capture_output=True, text=True, check=True).stdout

    def add(self, name: str) -> str:
        """Make an account; returns its address."""
        address = f"{name.lower()}@example.org"
        self.manage("adduser", address, "--name", name, "--password-stdin", said=PASSWORD)
        return address


def is_alive(pid: int) -> bool:
    """Tell whether a process is there and no mere entry in its parent's books."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
