"""docker-compose.yml as it is written: what stands before what, what is kept, what is open.

And that `make cluster` runs the same. Docker itself is not asked.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from project.management.cluster import topology
from project.management.cluster.topology import COMPLETED, HANDED_ON, HEALTHY, Service
from tests.servers import find_program

ROOT = settings.BASE_DIR
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
IMAGE = [line.split(None, 1) for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines() if line]
OURS = {"web", "worker", "migrate"}
LONG_RUNNING = set(SERVICES) - {"migrate"}
PASSWORDS = {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}


def image(instruction: str) -> list[str]:
    """Return what the last stage of the Dockerfile says with an instruction, line by line."""
    last = max(number for number, line in enumerate(IMAGE) if line[0] == "FROM")
    return [line[1] for line in IMAGE[last:] if line[0] == instruction]


IMAGE_ENVIRONMENT = dict(word.split("=", 1) for line in image("ENV") for word in shlex.split(line))


def test_there_is_one_service_for_each_part() -> None:
    assert set(SERVICES) == {"proxy", "web", "worker", "migrate", "postgres", "redis"}
    assert SERVICES["web"]["deploy"]["replicas"] == 2


def test_nothing_starts_before_what_it_stands_on() -> None:
    assert {name: after(service) for name, service in SERVICES.items()} == {
        "postgres": {},
        "redis": {},
        "migrate": {"postgres": HEALTHY},
        "web": {"migrate": COMPLETED, "postgres": HEALTHY, "redis": HEALTHY},
        "worker": {"migrate": COMPLETED, "postgres": HEALTHY, "redis": HEALTHY},
        "proxy": {"web": HEALTHY},
    }


def test_whatever_is_waited_for_to_be_healthy_has_a_health_check() -> None:
    waited_for = {name for service in SERVICES.values() for name, how in after(service).items() if how == HEALTHY}
    checked = {name for name in waited_for if "test" in SERVICES[name].get("healthcheck", {})}
    assert waited_for - checked == {"web"}
    assert "healthcheck" not in SERVICES["web"]
    assert "/healthz" in image("HEALTHCHECK")[0]  # of the image


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert not [name for name, service in SERVICES.items() if service.get("network_mode")]
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if service["networks"] == ["back"]} >= {"postgres", "redis"}


def test_what_must_outlive_a_container_is_in_a_named_volume() -> None:
    volumes = {name: mounts(service) for name, service in SERVICES.items() if "volumes" in service}
    kept = {name: {"/var/lib/parley": "data"} for name in OURS}
    kept |= {"postgres": {"/var/lib/postgresql/data": "postgres"}, "redis": {"/data": "redis"}}
    proxy = {"/data": "certificates", "/config": "proxy", "/etc/caddy/Caddyfile": "./docker/Caddyfile"}
    assert volumes == {**kept, "proxy": proxy}
    assert set(COMPOSE["volumes"]) == {"data", "postgres", "redis", "certificates", "proxy"}


def test_tasks_that_wait_are_on_the_disk_of_redis() -> None:
    assert "--appendonly yes" in SERVICES["redis"]["command"][-1]


def test_there_is_no_default_password() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in PASSWORDS:
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", text)
        assert uses, name
        assert {use.removeprefix(f"${{{name}").rstrip("}")[:2] for use in uses} == {":?"}, uses


def test_everything_that_runs_is_started_again_and_the_migration_is_not() -> None:
    assert {name for name, service in SERVICES.items() if service["restart"] == "unless-stopped"} == LONG_RUNNING
    assert SERVICES["migrate"]["restart"] == "no"


def test_every_service_is_limited_in_memory_and_processor() -> None:
    for name, service in SERVICES.items():
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory"}, name


def test_our_own_containers_may_do_nothing_that_they_need_not() -> None:
    for name in OURS:
        service = SERVICES[name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_image_is_made_in_stages_and_runs_as_nobody_special() -> None:
    stages = [line[1] for line in IMAGE if line[0] == "FROM"]
    assert len(stages) == 2
    assert stages[0].endswith(" AS packages")
    assert image("USER") == ["parley"]
    assert "--uid 10001" in image("RUN")[0]
    after_user = [line[0] for line in IMAGE[IMAGE.index(["USER", "parley"]) :]]
    assert "RUN" not in after_user


def test_a_web_process_has_more_time_to_end_than_it_takes() -> None:
    from project.server import STOP_WITHIN_S  # installs Daphne's loop, so not before a test needs it

    assert seconds(SERVICES["web"]["stop_grace_period"]) > STOP_WITHIN_S
    assert image("STOPSIGNAL") == ["SIGTERM"]


def test_the_proxy_knows_every_web_process() -> None:
    told = SERVICES["proxy"]["environment"]["WEB"].removeprefix("${WEB:-").removesuffix("}").split()
    port = IMAGE_ENVIRONMENT["PORT"]
    replicas = SERVICES["web"]["deploy"]["replicas"]
    assert told == [f"{COMPOSE['name']}-web-{number}:{port}" for number in range(1, replicas + 1)]


@pytest.mark.needs("caddy")
def test_the_proxy_understands_its_file_as_the_compose_file_gives_it() -> None:
    told = {"DOMAIN": "chat.example.org", "WEB": "parley-web-1:8000 parley-web-2:8000"}
    command = [find_program("caddy") or "", "adapt", "--adapter", "caddyfile", "--config", ROOT / "docker/Caddyfile"]
    adapted = json.loads(subprocess.run(command, env=told, capture_output=True, check=True).stdout)
    server = adapted["apps"]["http"]["servers"]["srv0"]
    assert (server["listen"], server["routes"][0]["match"]) == ([":443"], [{"host": ["chat.example.org"]}])
    proxy = server["routes"][0]["handle"][0]["routes"][-1]["handle"][-1]
    assert [upstream["dial"] for upstream in proxy["upstreams"]] == told["WEB"].split()
    assert proxy["health_checks"]["active"]["uri"] == "/livez"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    """What `make cluster` runs, with everything set that may be set, and a stray variable."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(topology.PostgreSQL, "_make", lambda self, files: files.mkdir(parents=True))
        patch.setattr(topology, "require_program", lambda name: name)
        patch.setattr("project.management.cluster.programs.require_program", lambda name: name)
        shell = {**dict.fromkeys(HANDED_ON, "set"), "PATH": "/bin", "DEBUG": "1", "DATABASE_URL": "sqlite:///stray"}
        yield topology.services(tmp_path_factory.mktemp("cluster"), 8000, shell)


def test_the_local_cluster_has_the_same_services_in_the_same_order(local: list[Service]) -> None:
    assert {service.service for service in local} == set(SERVICES)
    assert len([service for service in local if service.service == "web"]) == SERVICES["web"]["deploy"]["replicas"]
    for service in local:
        assert service.after == after(SERVICES[service.service]), service.name
        assert service.restarts == (SERVICES[service.service]["restart"] == "unless-stopped"), service.name
        given = seconds(SERVICES[service.service].get("stop_grace_period", "10s"))
        assert service.stop_grace_s == given, service.name


def test_the_local_cluster_checks_the_health_of_the_same_services(local: list[Service]) -> None:
    unchecked = {name for name, service in SERVICES.items() if service.get("healthcheck") == {"disable": True}}
    assert {service.service for service in local if service.is_answering is None} == unchecked


def test_the_local_cluster_runs_the_same_commands(local: list[Service]) -> None:
    for service in local:
        if service.service in OURS:
            said = SERVICES[service.service].get("command") or yaml.safe_load(image("CMD")[0])
            assert ["python", "manage.py", *service.command[2:]] == said


def test_the_local_cluster_has_the_same_settings(local: list[Service]) -> None:
    for service in local:
        if service.service in OURS:
            inside = {*SERVICES[service.service]["environment"], *IMAGE_ENVIRONMENT}
            # The files of the pages are a part of the image.
            assert set(service.environment) == inside | {"STATIC_ROOT"}, service.name
            assert service.environment["DATABASE_URL"].startswith("postgres://parley:")
    handed_on = {name for name, value in SERVICES["web"]["environment"].items() if value is None}
    assert set(HANDED_ON) == handed_on


def test_the_local_proxy_has_the_same_settings_and_its_own_addresses(local: list[Service]) -> None:
    proxy = next(service for service in local if service.service == "proxy")
    own = {"PATH", "BIND", "ADMIN", "XDG_DATA_HOME", "XDG_CONFIG_HOME"}
    assert set(proxy.environment) == {*SERVICES["proxy"]["environment"], *own}
    assert proxy.environment["BIND"] == "bind 127.0.0.1"


def after(service: dict[str, Any]) -> dict[str, str]:
    return {name: how["condition"] for name, how in service.get("depends_on", {}).items()}


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Return what is mounted, by where."""
    pairs = [mount.split(":")[:2] for mount in service["volumes"]]
    return {str(Path(place)): source for source, place in pairs}


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
