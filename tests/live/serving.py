"""The real server, as a process of its own on the database of the tests, and a browser without a screen for it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from email.message import Message
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import connection

from tests.servers import HOST, Server


class Site(Protocol):
    """Where a browser goes."""

    port: int

    @property
    def origin(self) -> str: ...


MANAGE = str(settings.BASE_DIR / "manage.py")


def environment(folder: Path, **changed: str) -> dict[str, str]:
    """Return the settings of a server that shares our database, keys and Redis, and keeps its files in folder."""
    name = connection.settings_dict["NAME"]
    address = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    own = {"DATABASE_URL": address, "PARLEY_DATA": str(folder), "SECRET_KEY": settings.SECRET_KEY}
    return {**os.environ, **own, **changed}


class Parley(Server):
    """`manage.py serve`."""

    program = "python"
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, folder: Path, *options: str, **changed: str) -> None:
        super().__init__(folder)
        self.options = options
        self.changed = changed

    def command(self) -> list[str]:
        return [sys.executable, MANAGE, "serve", "--host", HOST, "--port", str(self.port), *self.options]

    def identity(self) -> dict[str, Any]:
        return {"env": environment(self.folder, **self.changed)}

    def is_answering(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=5):
            return True
        return False

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def memory_kib(self) -> int:
        """What the process holds in memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def ends_by(self, by: signal.Signals) -> tuple[int, float]:
        """Ask the server to end. Returns its exit code, and after how many seconds."""
        process, asked_at = self.process, time.monotonic()
        process.send_signal(by)
        code = process.wait(20)
        self._process = None
        return code, time.monotonic() - asked_at


class Browser:
    """Asks pages of a server and sends their forms, in a session that is there or after signing in."""

    def __init__(self, server: Site, session: str = "") -> None:
        self.server = server
        self.cookies = {"csrftoken": "c" * 32, "sessionid": session}

    def get(self, path: str) -> tuple[int, str]:
        status, _, text = self.ask("GET", path)
        return status, text

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form as its page would."""
        status, _, text = self.ask("POST", path, **fields)
        return status, text

    def sign_in(self, email: str, password: str) -> None:
        self.get("/accounts/login/")
        self.post("/accounts/login/", login=email, password=password)
        assert self.cookies["sessionid"], "not signed in"

    def ask(self, method: str, path: str, **fields: str) -> tuple[int, Message, str]:
        """Return status, headers and text of the answer."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value),
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.server.origin,
        }
        form = urlencode({"csrfmiddlewaretoken": self.cookies["csrftoken"], **fields}) if method == "POST" else None
        line = HTTPConnection(HOST, self.server.port, timeout=10)
        with closing(line):
            line.request(method, path, form, headers)
            answer = line.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie", []):
                self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(cookie).items()})
            return answer.status, answer.headers, answer.read().decode()
