"""`manage.py serve`: how it starts, what it refuses to start with, and how it ends."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from project.accounts.models import User
from tests.servers import HOST, free_port

from .conftest import OpenPage
from .serving import MANAGE, Parley, environment

SERVICE_RESTART = 1012


@pytest.fixture
def own_server(tmp_path: Path, transactional_db: None, static_root: str) -> Iterator[Parley]:
    """A server with its worker, which a test may end."""
    server = Parley(tmp_path, STATIC_ROOT=static_root)
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=lambda by: str(by.name))
def test_a_server_that_is_stopped_says_so_and_ends_in_good_order(
    by: signal.Signals, alice: User, own_server: Parley, open_page: OpenPage
) -> None:
    pages = [open_page(alice, at=own_server) for _ in range(5)]
    code, seconds = own_server.ends_by(by)
    assert [page.close_code() for page in pages] == [SERVICE_RESTART] * 5
    assert code == 0
    assert seconds < 5


def test_a_line_opens_again_after_a_restart(alice: User, own_server: Parley, open_page: OpenPage) -> None:
    for _ in range(2):
        assert open_page(alice, at=own_server).ask("ping") == {"type": "pong"}
        own_server.stop()
        own_server.start()


def refusal(folder: Path, *options: str, **settings: str) -> str:
    """Start a server that cannot start. Returns what it says, which is one line."""
    command = [sys.executable, MANAGE, "serve", *options]
    told = environment(folder, **settings)
    ended = subprocess.run(command, env=told, capture_output=True, text=True, timeout=30, check=False)
    lines = ended.stderr.strip().splitlines()
    assert (ended.returncode, len(lines)) == (1, 1), ended
    return lines[0]


def test_a_port_that_is_taken_is_refused_with_a_sentence(own_server: Parley, tmp_path: Path) -> None:
    told = refusal(tmp_path, "--port", str(own_server.port))
    assert f"Cannot listen on {HOST}:{own_server.port}" in told
    assert "Choose another PORT" in told


@pytest.mark.parametrize(
    ("options", "named"),
    [(("--port", "70000"), "70000"), (("--host", "no.such.host.invalid"), "no.such.host.invalid")],
    ids=["port", "host"],
)
def test_an_address_that_cannot_be_is_refused_with_a_sentence(
    options: tuple[str, ...], named: str, transactional_db: None, tmp_path: Path
) -> None:
    told = refusal(tmp_path, "--port", str(free_port()), *options)
    assert f"{named}:" in told or f":{named}" in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight thousand"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("DEBUG", "perhaps"),
        ("BEHIND_PROXY", "2"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("DATABASE_URL", "mysql://127.0.0.1/parley"),
        ("ORIGIN", "chat.example.org"),
        ("ORIGIN", "https://chat.example.org/parley"),
        ("PARLEY_DATA", "/proc/parley"),
    ],
)
def test_a_bad_setting_is_refused_with_a_sentence_that_names_it(
    name: str, value: str, transactional_db: None, tmp_path: Path
) -> None:
    told = refusal(tmp_path, **{name: value})
    assert told.startswith("Parley cannot start: ")
    assert name in told
    assert told.endswith(".")
