"""A connection to a server of other people: to a checked address, with an end to all patience, and counted.

Below project/outgoing.py, which makes sentences of what goes wrong here: always an OSError.
"""

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from project.addresses import Network, may_be_dialled
from project.unpacking import TooMuch

READ_MAX_BYTES = 64 * 1024
_POLLS = select.POLLIN | select.POLLHUP | select.POLLERR


class NotAllowed(OSError):
    """A server has an address that must not be dialled."""


class WaitedTooLong(TimeoutError):
    """The time for a request is over."""


class Allowance:
    """How much time and how many bytes a request may still take; shared by all wires that it uses."""

    def __init__(self) -> None:
        self.bytes_received = 0
        self._ends_at = self._bytes_until = 0.0

    def start(self, time_s: float, size_bytes: int) -> None:
        self._ends_at = time.monotonic() + time_s
        self._bytes_until = self.bytes_received + size_bytes

    def time_left_s(self) -> float:
        """Return the seconds that are left, more than none; raises WaitedTooLong."""
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise WaitedTooLong
        return left_s

    def received(self, size_bytes: int) -> None:
        self.bytes_received += size_bytes
        if self.bytes_received > self._bytes_until:
            raise TooMuch


class Wire:
    """An open connection, as httpcore wants a network stream to be; its limits are the allowance's."""

    def __init__(self, sock: socket.socket, allowance: Allowance) -> None:
        self._socket = sock
        self._allowance = allowance
        self._poll = select.poll()
        self._poll.register(sock, _POLLS)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._allowance.time_left_s())
        data = self._socket.recv(min(max_bytes, READ_MAX_BYTES))
        self._allowance.received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        while rest:
            self._socket.settimeout(self._allowance.time_left_s())
            try:
                rest = rest[self._socket.send(rest) :]
            except (BrokenPipeError, ConnectionResetError):
                return  # whoever hangs up in the middle may have said why: reading tells

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        # Between two requests there is nothing to hear but the end.
        return info == "is_readable" and bool(self._poll.poll(0))


def dial(
    host: str, port: int, *, tls: ssl.SSLContext | None, allowed: Iterable[str | Network], allowance: Allowance,
    patience_s: float,
) -> Wire:  # fmt: skip
    """Connect to a name or an address; the name is looked up once, and what was checked is dialled.

    tls: asks for the name of the host, whatever its address. patience_s: with one address, if there are others.
    Raises NotAllowed if any address of the host may not be dialled, and any other OSError.
    """
    addresses = _looked_up(host, port, allowance.time_left_s())
    if not all(may_be_dialled(ip_address(address[1][0]), allowed) for address in addresses):
        raise NotAllowed
    sock = _first_open(addresses, allowance, patience_s)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            sock.settimeout(allowance.time_left_s())
            sock = tls.wrap_socket(sock, server_hostname=host.rstrip("."))
        return Wire(sock, allowance)
    except BaseException:
        sock.close()
        raise


def _looked_up(host: str, port: int, patience_s: float) -> list[tuple[socket.AddressFamily, Any]]:
    found = _in_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), patience_s)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _in_time(ask: Callable[[], Any], patience_s: float) -> Any:
    """Return what ask() returns. Looking up a name knows no limit of time: it is left alone when it takes longer."""
    said: list[Any] = []
    failed: list[OSError] = []

    def run() -> None:
        try:
            said.append(ask())
        except OSError as error:
            failed.append(error)
        except UnicodeError as error:  # a label of a name longer than 63 characters
            failed.append(socket.gaierror(socket.EAI_NONAME, str(error)))

    thread = threading.Thread(target=run, name="lookup", daemon=True)
    thread.start()
    thread.join(patience_s)
    if failed:
        raise failed[0]
    if not said:
        raise WaitedTooLong
    return said[0]


def _first_open(
    addresses: list[tuple[socket.AddressFamily, Any]], allowance: Allowance, patience_s: float
) -> socket.socket:
    failure = OSError("no address")
    for place, (family, address) in enumerate(addresses, start=1):
        left_s = allowance.time_left_s()
        try:
            return _open(family, address, left_s if place == len(addresses) else min(left_s, patience_s))
        except OSError as error:
            failure = error
    raise failure


def _open(family: socket.AddressFamily, address: Any, time_s: float) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(time_s)
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock
