"""Starts services in their order, keeps them running, and leaves nothing behind.

A process that ends is started again, as with `restart: unless-stopped`; one that keeps ending soon after its start
ends everything. What the services write comes out with their names before it. The children hold the lock of the
folder too (held), so a second run begins only when the last process of the first is gone, however that ended.
"""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from project.management.cluster.programs import until_we_die
from project.management.cluster.topology import Service

ANSWER_WITHIN_S = 60.0
ASK_EVERY_S = 0.1
SOON_S = 10.0
SOON_ENDS = 5  # as many ends in a row, each within SOON_S of its start, and it is no use
RESTART_FIRST_S = 0.1  # doubled each time
LAST_WORDS_S = 1.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failed(Exception):
    """A service could not be started or kept running; the message says which, and how it ended."""


class Supervisor:
    """Runs services until a signal ends them, or one of them cannot be kept running.

    held: file descriptors that every process keeps open. say: where lines for the operator go.
    """

    def __init__(self, services: list[Service], held: tuple[int, ...], say: Callable[[str], None]) -> None:
        self.say = say
        self.width = max(len(service.name) for service in services)
        self.keepers = [Keeper(service, self, held) for service in services]
        self._stopping = asyncio.Event()
        self._failure: Failed | None = None

    async def run(self, when_ready: Callable[[], None]) -> None:
        """Start everything, call when_ready, and stop everything when a signal comes. Raises Failed."""
        loop = asyncio.get_running_loop()
        for by in STOP_SIGNALS:
            loop.add_signal_handler(by, self.stop)
        for keeper in self.keepers:
            keeper.start()
        ready = asyncio.gather(*(keeper.is_up.wait() for keeper in self.keepers))
        stopping = asyncio.ensure_future(self._stopping.wait())
        waited_for: list[asyncio.Future[Any]] = [ready, stopping]
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        if not self._stopping.is_set():
            when_ready()
        await stopping
        ready.cancel()
        with suppress(asyncio.CancelledError):
            await ready
        await self._stop_all()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop in good order; asked a second time, at once."""
        if self._stopping.is_set():
            for keeper in self.keepers:
                keeper.send(keeper.service.kill_signal)
            return
        self.say("Stopping")
        self._stopping.set()

    def fail(self, reason: str) -> None:
        if self._failure is None and not self._stopping.is_set():
            self._failure = Failed(reason)
            self._stopping.set()

    def of(self, service: str) -> "list[Keeper]":
        return [keeper for keeper in self.keepers if keeper.service.service == service]

    async def _stop_all(self) -> None:
        """End every service once nothing that was started after it stands on it any more."""
        left = list(self.keepers)
        while left:
            needed = {name for keeper in left for name in keeper.service.after}
            last = [keeper for keeper in left if keeper.service.service not in needed]
            await asyncio.gather(*(keeper.stop() for keeper in last))
            left = [keeper for keeper in left if keeper not in last]


class Keeper:
    """Keeps one service running."""

    def __init__(self, service: Service, supervisor: Supervisor, held: tuple[int, ...]) -> None:
        self.service = service
        self.supervisor = supervisor
        self.held = held
        self.is_up = asyncio.Event()  # healthy, or done in the case of one that runs once
        self.process: asyncio.subprocess.Process | None = None
        self._is_stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep())

    def send(self, by: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(by)

    async def stop(self) -> None:
        """End the process, by force when it takes too long, and start it no more."""
        self._is_stopping = True
        assert self._task is not None
        if self.process is None or self.process.returncode is not None:
            self._task.cancel()
        for by in (self.service.stop_signal, self.service.kill_signal, signal.SIGKILL):
            self.send(by)
            done, _ = await asyncio.wait([self._task], timeout=self.service.stop_grace_s)
            if done:
                break
            self._tell(f"did not end within {self.service.stop_grace_s:g} s; it is killed")
        with suppress(asyncio.CancelledError):
            await self._task

    async def _keep(self) -> None:
        for name in self.service.after:
            for keeper in self.supervisor.of(name):
                await keeper.is_up.wait()
        soon = 0
        while True:
            started_at = time.monotonic()
            how = await self._run_once()
            if self._is_stopping:
                self._tell(f"ended ({how})")
                return
            if not self.service.restarts:
                if how == "exit code 0":
                    self.is_up.set()
                else:
                    self.supervisor.fail(f"{self.service.name} failed ({how}).")
                return
            soon = soon + 1 if time.monotonic() - started_at < SOON_S else 0
            if soon >= SOON_ENDS:
                self.supervisor.fail(f"{self.service.name} ended {soon} times soon after its start ({how}).")
                return
            self._tell(f"ended ({how}); it is started again")
            await asyncio.sleep(RESTART_FIRST_S * 2**soon)

    async def _run_once(self) -> str:
        """Run the process to its end. Returns how it ended."""
        identity = dict(self.service.identity)
        held = (*self.held, *identity.pop("pass_fds", ()))
        self.process = process = await asyncio.create_subprocess_exec(
            *self.service.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.service.environment,
            start_new_session=True,  # Ctrl-C is for us: we stop them in their order
            preexec_fn=until_we_die(self.service.stop_signal),
            pass_fds=held,
            **identity,
        )
        self._tell(f"is process {process.pid}")
        printing = asyncio.create_task(self._print())
        asking = asyncio.create_task(self._ask())
        try:
            code = await process.wait()
        finally:
            asking.cancel()
        await asyncio.wait([printing], timeout=LAST_WORDS_S)
        printing.cancel()
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    async def _ask(self) -> None:
        """Note when the service answers; give up on one that does not."""
        if not self.service.restarts:
            return
        until = time.monotonic() + ANSWER_WITHIN_S
        while self.service.is_answering and not await asyncio.to_thread(self.service.is_answering):
            if time.monotonic() > until:
                self.supervisor.fail(f"{self.service.name} did not answer within {ANSWER_WITHIN_S:g} s.")
                return
            await asyncio.sleep(ASK_EVERY_S)
        self._tell("answers" if self.service.is_answering else "runs")
        self.is_up.set()

    async def _print(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        rest = b""
        while piece := await self.process.stdout.read(65536):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._line(line)
        if rest:
            self._line(rest)

    def _line(self, line: bytes) -> None:
        self.supervisor.say(f"{self.service.name:{self.supervisor.width}} | {line.decode(errors='replace').rstrip()}")

    def _tell(self, what: str) -> None:
        self.supervisor.say(f"{self.service.name} {what}")
