"""The background worker: what no page should wait for (e-mail, nightly cleaning), by Huey."""

from django.utils.module_loading import autodiscover_modules
from huey.consumer import Consumer
from huey.contrib.djhuey import HUEY


class _Threads(Consumer):
    """Huey's consumer beside a server, which owns the process' signals."""

    def _set_signal_handlers(self) -> None:
        pass


class Worker:
    """Two threads that run tasks, and one that starts the periodic ones."""

    def __init__(self) -> None:
        autodiscover_modules("tasks")
        self._consumer = _Threads(HUEY, workers=2, max_delay=2.0, shutdown_timeout=10)

    def start(self) -> None:
        self._consumer.start()

    def stop(self) -> None:
        """Let what runs finish, for at most ten seconds."""
        self._consumer.stop(graceful=True)


def run() -> None:
    """Run the worker as a process of its own, until a signal ends it (SIGTERM and SIGINT finish what runs)."""
    autodiscover_modules("tasks")
    Consumer(HUEY, workers=2, max_delay=2.0, shutdown_timeout=10, graceful_signal="TERM").run()
