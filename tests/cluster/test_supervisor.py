"""What keeps services running, shown with small shell commands in their place."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.management.cluster import supervisor
from project.management.cluster.supervisor import STOP_SIGNALS, Failed, Supervisor
from project.management.cluster.topology import COMPLETED, Service

from .running import is_alive

WAITS = "trap 'exit 0' TERM; echo here; while :; do sleep 0.05; done"


@pytest.fixture(autouse=True)
def _own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(supervisor, "RESTART_FIRST_S", 0.001)
    before = {by: signal.getsignal(by) for by in STOP_SIGNALS}
    yield
    for by, handler in before.items():
        signal.signal(by, handler)


def shell(name: str, script: str, **other: object) -> Service:
    return Service(name, ["/bin/sh", "-c", script], {"PATH": os.environ["PATH"]}, **other)  # type: ignore[arg-type]


async def run(*services: Service, until: str = "", signals: int = 1) -> list[str]:
    """Run services until a line comes (or they are ready), and stop them. Returns what was said; raises Failed."""
    said: list[str] = []
    line_came = asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        if until and until in line:
            line_came.set()

    supervising = Supervisor(list(services), (), say)
    running = asyncio.create_task(supervising.run(lambda: None if until else line_came.set()))
    waiting = asyncio.create_task(line_came.wait())
    async with asyncio.timeout(30):
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        for _ in range(signals):
            supervising.stop()
            await asyncio.sleep(0)
        waiting.cancel()
        await running
    return said


async def test_what_is_written_has_the_name_before_it() -> None:
    assert "short        | here" in await run(
        shell("short", WAITS), shell("a longer one", WAITS), until="short        |"
    )


async def test_what_keeps_ending_soon_ends_everything_with_a_sentence() -> None:
    with pytest.raises(Failed, match=r"^web ended 5 times soon after its start \(exit code 3\)\.$"):
        await run(shell("web", "exit 3"), shell("other", WAITS), until="never")


async def test_what_ended_once_goes_on(tmp_path: Path) -> None:
    once = f"test -e {tmp_path}/second || {{ touch {tmp_path}/second; exit 0; }}; echo again; {WAITS}"
    said = await run(shell("web", once), until="| again")
    assert "web ended (exit code 0); it is started again" in said


async def test_a_first_step_that_fails_ends_everything_and_nothing_after_it_is_started() -> None:
    first = shell("migrate", "exit 1", restarts=False)
    with pytest.raises(Failed, match=r"^migrate failed \(exit code 1\)\.$"):
        await run(first, shell("web", WAITS, after={"migrate": COMPLETED}), until="web is process")


async def test_what_waits_for_a_step_that_is_done_is_started() -> None:
    said = await run(
        shell("migrate", "exit 0", restarts=False), shell("web", WAITS, after={"migrate": COMPLETED}), until="web runs"
    )
    assert not [line for line in said if "started again" in line]


async def test_what_never_answers_ends_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "ANSWER_WITHIN_S", 0.01)
    with pytest.raises(Failed, match=r"^web did not answer within 0\.01 s\.$"):
        await run(shell("web", WAITS, is_answering=lambda: False))


async def test_what_does_not_end_in_its_time_is_killed() -> None:
    stubborn = shell("web", "trap '' TERM; echo here; while :; do sleep 0.05; done", stop_grace_s=0.1)
    said = await run(stubborn, until="| here")
    assert said[-2:] == ["web did not end within 0.1 s; it is killed", "web ended (SIGKILL)"]


async def test_a_second_ctrl_c_waits_for_nothing() -> None:
    stubborn = shell("web", "trap '' TERM; echo here; while :; do sleep 0.05; done", stop_grace_s=60)
    said = await run(stubborn, until="| here", signals=2)
    assert said[-1] == "web ended (SIGKILL)"


@pytest.mark.parametrize("by", STOP_SIGNALS, ids=lambda by: str(by.name))
async def test_each_signal_stops_everything(by: signal.Signals) -> None:
    said: list[str] = []
    supervising = Supervisor([shell("web", WAITS)], (), said.append)
    await asyncio.wait_for(supervising.run(lambda: os.kill(os.getpid(), by)), 30)
    pid = next(int(line.rpartition(" ")[2]) for line in said if "is process" in line)
    assert not is_alive(pid)
