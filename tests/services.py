"""What the tests stand on, as a pytest plugin that pyproject.toml loads before Django reads its settings.

Every run has a data folder of its own, and nothing of the shell's settings reaches it. By default the tests run
on SQLite and the in-memory layer; with PARLEY_TEST_ON=postgresql, on a PostgreSQL and a Redis started here.

A test that cannot run is named at the end; with CI=true it is a failure. The servers are in tests/servers.py;
a test that starts one itself imports postgresql or redis_server from here and says @pytest.mark.needs("...").
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.servers import PostgreSQL, Redis, ServerDied, find_program, free_port, postgresql, redis_server

__all__ = ["PostgreSQL", "Redis", "ServerDied", "find_program", "free_port", "postgresql", "redis_server"]

TEST_ON = os.environ.get("PARLEY_TEST_ON") or "sqlite"
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
# fmt: off
SETTINGS_FROM_OUTSIDE = (
    "ALLOWED_HOSTS", "BEHIND_PROXY", "CREDENTIAL_KEY", "DATABASE_URL", "DEBUG", "DEFAULT_REGION", "EMAIL_URL",
    "FROM_EMAIL", "HOST", "MEMBERS_FIND_EACH_OTHER", "OPEN_SIGNUP", "ORIGIN", "PARLEY_PRIVATE_NETWORKS", "PORT",
    "REDIS_URL", "SECRET_KEY", "STATIC_ROOT",
)
# fmt: on
SERVERS = ("initdb", "redis-server")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    if TEST_ON not in {"sqlite", "postgresql"}:
        raise pytest.UsageError(f"PARLEY_TEST_ON must be sqlite or postgresql, not {TEST_ON!r}.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    services = ExitStack()
    early_config.add_cleanup(services.close)
    folder = services.enter_context(tempfile.TemporaryDirectory(prefix="parley-", ignore_cleanup_errors=True))
    for name in SETTINGS_FROM_OUTSIDE:
        os.environ.pop(name, None)
    os.environ["PARLEY_DATA"] = folder
    if TEST_ON == "postgresql" and not _missing(SERVERS):
        os.environ["DATABASE_URL"] = services.enter_context(postgresql()).url
        os.environ["REDIS_URL"] = services.enter_context(redis_server()).url
    return (yield)


def _missing(programs: tuple[str, ...]) -> list[str]:
    return [program for program in programs if find_program(program) is None]


def pytest_report_header() -> str:
    return "Parley on PostgreSQL and Redis" if TEST_ON == "postgresql" else "Parley on SQLite and the in-memory layer"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    other = "postgresql_only" if TEST_ON == "sqlite" else "sqlite_only"
    elsewhere = [item for item in items if item.get_closest_marker(other)]
    if elsewhere:
        items[:] = [item for item in items if item not in elsewhere]
        config.hook.pytest_deselected(items=elsewhere)
    for item in items:
        if missing := _missing(_programs_of(item)):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))


def _programs_of(item: pytest.Item) -> tuple[str, ...]:
    """Return the programs that a test starts, itself or by standing on PostgreSQL and Redis."""
    named = [program for marker in item.iter_markers("needs") for program in marker.args]
    browser = ["chromium"] if item.get_closest_marker("browser") else []
    return (*named, *browser, *(SERVERS if TEST_ON == "postgresql" else ()))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if IN_CI and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = _skipped(config)
    if not skipped:
        return
    terminalreporter.section(f"{len(skipped)} NOT RUN", sep="!", red=True, bold=True)
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.line(f"{report.nodeid}: {reason}", red=True)
    if IN_CI:
        terminalreporter.line("In CI every test must run: this is a failure.", red=True, bold=True)


def _skipped(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("skipped", []) if reporter else []
