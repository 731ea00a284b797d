"""Servers of other people on loopback: plain sockets that say exactly what a test tells them to."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Reply = bytes | Iterable[bytes]


class Hangup(bytes):
    """What is said last: the connection ends behind it."""


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """A server. connections: how many were opened; heard: every request, in order."""

    port: int
    connections: int = 0
    heard: list[Heard] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """Return an answer with its length, unless headers say something about that."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if not {"Content-Length", "Transfer-Encoding"} & named.keys():
        named["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def leading(**places: str):
    """Return what a server says that redirects paths (without their slash) to other places, and greets elsewhere."""
    return lambda heard: (
        answer(b"gone", int(places.get("status", "302")), Location=places[heard.target[1:]])
        if heard.target[1:] in places
        else answer(b"hello")
    )


@contextmanager
def serving(
    say: Callable[[Heard], Reply] | Reply = b"",
    *,
    greeting: bytes | None = None,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
) -> Iterator[Web]:
    """Serve on loopback: each request gets what say() returns, or what say is; parts of an iterable as they come.

    greeting: is said to whoever connects, before they speak, and then nothing else.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family)
    web = Web(listener.getsockname()[1])
    open_ones: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                open_ones.append(connection)
                web.connections += 1
                if greeting is not None:
                    connection.sendall(greeting)
                    if isinstance(greeting, Hangup):
                        connection.close()
                    continue
                threading.Thread(target=_converse, args=(connection, say, web, tls), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_ones:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        thread.join(5)


def _converse(connection: socket.socket, say: Callable[[Heard], Reply] | Reply, web: Web, tls: ssl.SSLContext | None):
    with suppress(OSError):
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection, connection.makefile("rb") as file:
            while (heard := _hear(file)) is not None:
                web.heard.append(heard)
                reply = say(heard) if callable(say) else say
                for part in [reply] if isinstance(reply, bytes) else reply:
                    connection.sendall(part)
                    if isinstance(part, Hangup):
                        return


def _hear(file) -> Heard | None:
    line = file.readline().decode("latin1").split()
    if not line:
        return None
    headers = {}
    while text := file.readline().decode("latin1").strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Heard(line[0], line[1], headers, file.read(int(headers.get("content-length", 0))))
