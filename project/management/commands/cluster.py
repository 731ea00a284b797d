"""The scaled-out Parley on this machine: what docker-compose.yml describes, as local processes (`make cluster`)."""

import asyncio
import fcntl
import os
import shlex
import signal
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from project.management.cluster.programs import HOST, CannotRun, find_program, until_we_die
from project.management.cluster.supervisor import Failed, Supervisor
from project.management.cluster.topology import PROGRAMS, Service, services
from project.management.commands.serve import require_free

EARLIER_RUN_S = 30.0  # what a run that was killed started may need as long to end
KEPT_FOR_COMMANDS = ("BEHIND_PROXY", "DATABASE_URL", "ORIGIN", "PARLEY_DATA", "REDIS_URL", "SECRET_KEY", "STATIC_ROOT")


class Command(BaseCommand):
    help = "Run PostgreSQL, Redis, two web processes, the worker and the proxy, as docker-compose.yml has them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="the proxy's port on 127.0.0.1 (PORT)")
        parser.add_argument(
            "--until-parent-ends", action="store_true", help="stop also when what started this command ends"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["until_parent_ends"]:
            until_we_die(signal.SIGTERM, os.getppid())()
        self._require_programs()
        folder: Path = settings.PARLEY_DATA
        for_commands = folder / "environment"
        with (folder / "cluster.lock").open("w") as lock:
            self._take(lock.fileno())
            require_free(HOST, options["port"])
            try:
                started = services(folder, options["port"], os.environ)
                _keep(for_commands, started)
                asyncio.run(self._run(started, lock.fileno(), options["port"]))
            except (CannotRun, Failed) as reason:
                raise CommandError(f"The cluster stopped: {reason}") from None
            finally:
                for_commands.unlink(missing_ok=True)

    async def _run(self, started: list[Service], lock: int, port: int) -> None:
        supervisor = Supervisor(started, (lock,), self._say)
        await supervisor.run(lambda: self._say(f"Parley is at http://{HOST}:{port} (Ctrl-C stops it)"))

    def _say(self, line: str) -> None:
        # Also without a terminal that is still there, everything is stopped in good order.
        with suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()

    def _require_programs(self) -> None:
        missing = {program: package for program, package in PROGRAMS.items() if find_program(program) is None}
        if missing:
            raise CommandError(
                f"Not installed: {', '.join(missing)}. On Debian: sudo apt-get install {' '.join(missing.values())}"
            )

    def _take(self, lock: int) -> None:
        until = time.monotonic() + EARLIER_RUN_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    raise CommandError(f"A cluster already runs with {settings.PARLEY_DATA} (PARLEY_DATA).") from None
                time.sleep(0.1)


def _keep(path: Path, started: list[Service]) -> None:
    """Write the settings that commands beside the running cluster need, for a shell to read."""
    parley = next(service.environment for service in started if service.service == "worker")
    lines = [f"export {name}={shlex.quote(parley[name])}\n" for name in KEPT_FOR_COMMANDS]
    path.touch(mode=0o600)
    path.write_text("".join(lines))
