"""`make cluster`: in which order it starts, what it does when something dies, and that it leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.live.serving import Browser
from tests.servers import HOST, find_program, free_port

from .running import MANAGE, Cluster, is_alive, until

pytestmark = [pytest.mark.postgresql_only, pytest.mark.needs("initdb", "redis-server", "caddy")]

ALL = {"postgres", "redis", "migrate", "web-1", "web-2", "worker", "proxy"}


def place(cluster: Cluster, line: str) -> int:
    """Return where a line stands on the terminal."""
    return cluster.log.index(f"\n{line}")


def test_services_start_when_what_they_stand_on_is_well(cluster: Cluster) -> None:
    web = min(place(cluster, f"web-{number} is process") for number in (1, 2))
    answering = max(place(cluster, f"web-{number} answers") for number in (1, 2))
    assert place(cluster, "postgres answers") < place(cluster, "migrate is process") < web
    assert place(cluster, "redis answers") < web
    assert answering < place(cluster, "proxy is process") < place(cluster, "Parley is at")


def test_what_a_service_writes_has_its_name_before_it(cluster: Cluster) -> None:
    assert re.search(r"^postgres \| .*database system is ready", cluster.log, re.MULTILINE)
    assert re.search(r"^redis    \| .*Ready to accept", cluster.log, re.MULTILINE)


def test_only_loopback_is_listened_on(cluster: Cluster) -> None:
    listening = subprocess.run(["ss", "-Hlntp"], capture_output=True, text=True, check=True).stdout.splitlines()
    own = [line.split()[3] for line in listening if any(f"pid={pid}," in line for pid in cluster.all_pids())]
    assert len(own) == 6  # PostgreSQL, Redis, two web processes, the proxy and its health check
    assert {address.rpartition(":")[0] for address in own} == {"127.0.0.1"}


def test_nobody_else_may_read_what_it_keeps(cluster: Cluster) -> None:
    folder = cluster.folder / "data"
    secret = {"environment", "postgres_password", "redis_password", "secret_key", "redis/redis.conf"}
    assert {name: oct((folder / name).stat().st_mode & 0o777) for name in secret} == dict.fromkeys(secret, "0o600")
    for pid in cluster.all_pids():
        if is_alive(pid):
            told = Path(f"/proc/{pid}/cmdline").read_text()
            assert (folder / "postgres_password").read_text() not in told
            assert (folder / "redis_password").read_text() not in told


@pytest.mark.parametrize("name", ["worker", "redis", "postgres", "proxy"])
def test_what_dies_is_named_and_started_again(name: str, cluster: Cluster) -> None:
    cluster.restart(name, signal.SIGKILL)
    assert f"\n{name} ended (SIGKILL); it is started again" in cluster.log
    until(lambda: Browser(cluster).get("/healthz")[0] == 200)


def quick_answers(cluster: Cluster) -> bool:
    """Tell whether twenty requests in a row are answered at once."""
    for _ in range(20):
        try:
            with closing(HTTPConnection(HOST, cluster.port, timeout=1)) as line:
                line.request("GET", "/livez")
                if line.getresponse().status != 200:
                    return False
        except OSError:
            return False
    return True


def test_a_web_process_that_hangs_gets_no_more_requests(cluster: Cluster) -> None:
    hanging = cluster.pids("web-1")[-1]
    os.kill(hanging, signal.SIGSTOP)
    try:
        until(lambda: quick_answers(cluster), 30)
    finally:
        os.kill(hanging, signal.SIGCONT)


def refusal(**environment: str) -> str:
    """Start a cluster that cannot start. Returns what it says, which is one line."""
    command = [sys.executable, MANAGE, "cluster"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    return ended.stderr


def test_a_port_that_is_taken_is_refused_with_a_sentence(cluster: Cluster, tmp_path: Path) -> None:
    told = refusal(**{**cluster.identity()["env"], "PARLEY_DATA": str(tmp_path)})
    assert f"Cannot listen on 127.0.0.1:{cluster.port}" in told


def test_a_program_that_is_missing_is_named_with_its_package(tmp_path: Path) -> None:
    for program in ("initdb", "redis-server"):
        (tmp_path / program).symlink_to(find_program(program) or "")
    told = refusal(PATH=str(tmp_path), PARLEY_DATA=str(tmp_path / "data"), PORT=str(free_port()))
    assert told == "CommandError: Not installed: caddy. On Debian: sudo apt-get install caddy\n"


def test_ctrl_c_ends_everything_in_the_opposite_order_and_the_data_stays(mortal: Cluster) -> None:
    mortal.add("Carol")
    mortal.process.send_signal(signal.SIGINT)
    assert mortal.process.wait(60) == 0
    assert len(mortal.all_pids()) == len(ALL)
    assert [pid for pid in mortal.all_pids() if is_alive(pid)] == []
    assert place(mortal, "proxy ended") < place(mortal, "web-1 ended") < place(mortal, "postgres ended")
    assert "killed" not in mortal.log
    mortal.start()
    assert '"email": "carol@example.org"' in mortal.manage("dumpdata", "accounts.user")


def test_whatever_the_supervisor_dies_of_nothing_is_left_behind(mortal: Cluster) -> None:
    pids = [pid for pid in mortal.all_pids() if is_alive(pid)]
    assert len(pids) == len(ALL - {"migrate"})
    mortal.kill()
    until(lambda: not [pid for pid in pids if is_alive(pid)], 30)
