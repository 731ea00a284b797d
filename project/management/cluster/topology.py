"""What docker-compose.yml describes, as processes of one machine: the same services, commands, order and settings.

Only addresses differ: everything listens on loopback, on ports that are free, and the proxy speaks HTTP. A test
compares this with the compose file (tests/project/test_compose.py).
"""

import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any

from django.conf import settings

from project.management.cluster.programs import HOST, PostgreSQL, Redis, answers_ok, free_port, require_program
from project.settings import kept_secret

MANAGE = str(settings.BASE_DIR / "manage.py")
CADDYFILE = str(settings.BASE_DIR / "docker" / "Caddyfile")
PROGRAMS = {"initdb": "postgresql", "redis-server": "redis-server", "caddy": "caddy"}  # and Debian's packages
WEB_PROCESSES = 2
# docker-compose.yml hands these on from its .env, or leaves them out.
HANDED_ON = (
    "CREDENTIAL_KEY", "DEFAULT_REGION", "EMAIL_URL", "FROM_EMAIL", "MEMBERS_FIND_EACH_OTHER", "OPEN_SIGNUP",
    "PARLEY_PRIVATE_NETWORKS",
)  # fmt: skip
# What a process needs of the shell that it is started from, and nothing else: no setting reaches it by accident.
FROM_THE_SHELL = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "TZ")
HEALTHY = "service_healthy"
COMPLETED = "service_completed_successfully"


@dataclass
class Service:
    """One process to run. service: what docker-compose.yml calls it; name: what tells it from its replicas.

    after: the services that must be HEALTHY or COMPLETED before. is_answering: its health check; None where being
    there is enough. stop_grace_s: how long it may take to end before it is killed.
    """

    service: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    name: str = ""
    after: dict[str, str] = field(default_factory=dict)
    is_answering: Callable[[], bool] | None = None
    restarts: bool = True
    identity: dict[str, Any] = field(default_factory=dict)
    stop_signal: Signals = SIGTERM
    kill_signal: Signals = Signals.SIGKILL
    stop_grace_s: float = 10

    def __post_init__(self) -> None:
        self.name = self.name or self.service


def services(folder: Path, port: int, shell: Mapping[str, str]) -> list[Service]:
    """Return all services. Raises CannotRun when the files of the database cannot be made.

    folder: where everything is kept. port: the proxy's. shell: the environment that they are started from.
    """
    postgres = PostgreSQL(folder / "postgres", kept_secret(folder / "postgres_password", secrets.token_hex(24)))
    redis = Redis(folder / "redis", kept_secret(folder / "redis_password", secrets.token_hex(24)))
    base = {name: shell[name] for name in FROM_THE_SHELL if name in shell}
    parley = base | environment(folder, port, postgres.url, redis.url, shell)
    ready = {"postgres": HEALTHY, "redis": HEALTHY}
    migrated = {"migrate": COMPLETED, **ready}
    ports = [free_port() for _ in range(WEB_PROCESSES)]
    return [
        _other("postgres", postgres, base, stop_grace_s=60),
        _other("redis", redis, base),
        Service(
            "migrate", _manage("migrate", "--no-input"), parley, after={"postgres": HEALTHY}, restarts=False
        ),
        *(
            Service(
                "web",
                _manage("serve", "--no-worker"),
                parley | {"PORT": str(own)},
                name=f"web-{number}",
                after=migrated,
                is_answering=partial(answers_ok, own, "/healthz"),
                stop_grace_s=20,
            )
            for number, own in enumerate(ports, 1)
        ),
        Service("worker", _manage("worker"), parley, after=migrated, stop_grace_s=30),
        _proxy(folder / "proxy", port, ports, base),
    ]  # fmt: skip


def environment(folder: Path, port: int, database_url: str, redis_url: str, shell: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of Parley's own processes: those of docker-compose.yml, and those of the image."""
    return {
        "ORIGIN": f"http://{HOST}:{port}",
        "BEHIND_PROXY": "1",
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        **{name: shell[name] for name in HANDED_ON if name in shell},
        "HOST": HOST,
        "PORT": str(port),
        "PARLEY_DATA": str(folder),
        "PYTHONUNBUFFERED": "1",
        "STATIC_ROOT": str(settings.STATIC_ROOT),
    }


def _manage(*words: str) -> list[str]:
    return [sys.executable, MANAGE, *words]


def _other(service: str, program: PostgreSQL | Redis, base: dict[str, str], stop_grace_s: float = 10) -> Service:
    return Service(
        service,
        program.command(),
        base,
        is_answering=program.is_answering,
        identity=program.identity(),
        stop_signal=program.stop_signal,
        kill_signal=program.kill_signal,
        stop_grace_s=stop_grace_s,
    )


def _proxy(folder: Path, port: int, web: list[int], base: dict[str, str]) -> Service:
    admin = free_port()
    own = {
        "DOMAIN": f"http://{HOST}:{port}",
        "WEB": " ".join(f"{HOST}:{port}" for port in web),
        "BIND": f"bind {HOST}",
        "ADMIN": f"{HOST}:{admin}",
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    return Service(
        "proxy",
        [require_program("caddy"), "run", "--config", CADDYFILE, "--adapter", "caddyfile"],
        base | own,
        after={"web": HEALTHY},
        is_answering=partial(answers_ok, admin, "/config/"),
    )
