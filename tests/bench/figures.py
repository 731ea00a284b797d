"""One measured figure, and how they are taken."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """What was measured. budget: the most that it may be, None where it is only told."""

    name: str
    value: float
    unit: str
    budget: float | None = None

    @property
    def is_kept(self) -> bool:
        return self.budget is None or self.value <= self.budget


@dataclass(frozen=True)
class Finished:
    """A process that ended: what it printed, and what it took."""

    output: str
    wall_s: float
    cpu_s: float
    memory_mb: float


def finish(process: "subprocess.Popen[str]", started: float, *, may_fail: bool = False) -> Finished:
    """Wait for a process of ours, and return what it took (the kernel's own figures). Ends when it failed."""
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and not may_fail:
        raise SystemExit(f"A command failed:\n{output}")
    return Finished(output, time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median_ms(action: Callable[[int], object], times: int = 41) -> float:
    """Return the median of how many milliseconds action(number) takes, after one time that does not count."""
    action(0)
    taken = []
    for number in range(times):
        started = time.perf_counter()
        action(number)
        taken.append((time.perf_counter() - started) * 1000)
    return median(taken)
