"""Daphne's own classes, extended where speed and bounds need it.

An application finds, in its WebSocket scope, extensions["parley.line"]: write(wire) puts bytes that were
framed once (RFC 6455 section 5.2) on this socket, and close(code) closes it with any code.
"""

import asyncio
import logging
import os
import select
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakSet

# Daphne installs its event loop as Twisted's when it is imported, so it comes before anything of Twisted.
from daphne.http_protocol import HTTPFactory
from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol
from zope.interface import implementer

from project.frames import FRAME_MAX_BYTES

logger = logging.getLogger(__name__)

UNSENT_MAX_BYTES = 1024 * 1024
UNREAD_MAX_FRAMES = 256  # from one page, while the application is busy with an earlier one
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013
STOP_WITHIN_S = 10.0  # docker-compose.yml leaves a web process 20 s to end
IDLE_S = 1.0  # a proxy takes the connection that it used last, so one idle for longer gets no request just now
LOOK_AGAIN_S = 0.02
CUT_OFF_WITHIN_S = 1.0
EXIT_WITHIN_S = 5.0


class Connection(HTTPChannel):
    """One HTTP connection, which a server that is stopping ends without cutting off a request."""

    def connectionMade(self) -> None:
        super().connectionMade()
        self.idle_since = time.monotonic()
        self.factory.server.http_connections.add(self)

    def connectionLost(self, reason: object) -> None:
        self.factory.server.http_connections.discard(self)
        super().connectionLost(reason)

    @property
    def is_open(self) -> bool:
        """Tell whether it is there and still speaks HTTP: one that became a line is not told of its end."""
        return isinstance(getattr(self.transport, "protocol", None), _GenericHTTPChannelProtocol)

    def checkPersistence(self, request: Any, version: bytes) -> bool:
        is_persistent = bool(super().checkPersistence(request, version))
        if self.factory.server.is_stopping:
            self._say_that_it_is_the_last(request)
            return False
        return is_persistent

    def requestDone(self, request: object) -> None:
        self.idle_since = time.monotonic()
        super().requestDone(request)

    def retire(self) -> None:
        """Have the answer that is due be the last one."""
        if self.requests:
            self.persistent = False
            self._say_that_it_is_the_last(self.requests[-1])

    def end_if_idle(self) -> None:
        if not self.requests and time.monotonic() - self.idle_since >= IDLE_S:
            self.loseConnection()

    def _say_that_it_is_the_last(self, request: Any) -> None:
        request.responseHeaders.setRawHeaders(b"Connection", [b"close"])


@implementer(IPushProducer)
class LineProtocol(WebSocketProtocol):
    """One socket, which can be written to without copies and notices a reader that does not read."""

    unsent_bytes = 0
    is_paused = False

    def onConnect(self, request: object) -> object:
        self.failByDrop = False  # a page that breaks the protocol is told which rule (1009: a frame too big)
        return super().onConnect(request)

    def onOpen(self) -> None:
        super().onOpen()
        self.transport.unregisterProducer()  # the HTTP channel that this connection began as
        self.transport.registerProducer(self, True)
        if self.server.is_stopping:
            self.close(SERVICE_RESTART)

    @property
    def is_connected(self) -> bool:
        return bool(self.state == self.STATE_OPEN)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.state != self.STATE_OPEN:
            return  # said after we closed, which Autobahn still hands on
        if self.application_queue.qsize() >= UNREAD_MAX_FRAMES:
            self.serverClose(TRY_AGAIN_LATER)
            return
        super().onMessage(payload, isBinary)

    # Twisted pauses its producer while the kernel takes no more, and resumes it once all is sent.
    def pauseProducing(self) -> None:
        self.is_paused = True

    def resumeProducing(self) -> None:
        self.is_paused = False
        self.unsent_bytes = 0
        if self.state != self.STATE_OPEN:
            self.transport.unregisterProducer()  # else a connection that is closing would wait for us for ever

    def stopProducing(self) -> None:
        self.is_paused = True

    def write(self, wire: bytes) -> None:
        """Put a whole frame on the socket; a reader too far behind is closed with 1013."""
        if self.state != self.STATE_OPEN:
            return
        if self.is_paused:
            self.unsent_bytes += len(wire)
            if self.unsent_bytes > UNSENT_MAX_BYTES:
                self.serverClose(TRY_AGAIN_LATER)
                return
        self.transport.write(wire)

    def close(self, code: int) -> None:
        self.serverClose(code)

    def serverClose(self, code: int | None = None) -> None:
        # sendClose takes application codes only; the restart and overload codes of RFC 6455 go out as they are.
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=code or 1000, isReply=False)


class Server(DaphneServer):
    """Daphne with bounded frames, sockets without an age limit, and an end in good order.

    last_words: awaited when all is done, before the process ends.
    """

    is_stopping = False
    stop_within_s = STOP_WITHIN_S

    def __init__(
        self,
        application: object,
        endpoints: list[str],
        last_words: Callable[[], Awaitable[None]] | None = None,
        **options: object,
    ) -> None:
        super().__init__(
            application,
            endpoints=endpoints,
            websocket_timeout=-1,
            websocket_max_message_size=FRAME_MAX_BYTES,
            websocket_max_frame_size=FRAME_MAX_BYTES,
            server_name="parley",
            **options,
        )
        self.last_words = last_words
        self.ports: list[Any] = []
        # Weakly, because a connection that becomes a line is never told that it is over.
        self.http_connections: WeakSet[Connection] = WeakSet()

    def run(self) -> None:
        WebSocketFactory.protocol = LineProtocol
        HTTPFactory.protocol = lambda factory: _GenericHTTPChannelProtocol(Connection())
        super().run()

    def listen_success(self, port: Any) -> None:
        self.ports.append(port)
        super().listen_success(port)

    def kill_all_applications(self) -> Deferred[None]:
        # What Daphne asks of itself before it ends. Its own cuts off what is being done, and stumbles over a
        # connection without an application, as every upgraded request is one.
        return Deferred.fromFuture(asyncio.ensure_future(self.finish()))

    async def finish(self) -> None:
        """Take nothing new, tell the lines to come back, and let end what was begun, within a bound."""
        self.is_stopping = True
        self._stop_listening()
        lines = [protocol for protocol in self.connections if isinstance(protocol, LineProtocol)]
        logger.info("Ending: %d lines are told to come back", len(lines))
        for line in lines:
            line.close(SERVICE_RESTART)
        for connection in self._http():
            connection.retire()
        until = time.monotonic() + self.stop_within_s
        while (self._http() or self._applications()) and time.monotonic() < until:
            for connection in self._http():
                connection.end_if_idle()
            await asyncio.sleep(LOOK_AGAIN_S)
        if cut_off := self._applications():
            logger.warning("Ending: %d requests or lines are cut off", len(cut_off))
            for application in cut_off:
                application.cancel()
            await asyncio.wait(cut_off, timeout=CUT_OFF_WITHIN_S)
        if self.last_words is not None:
            await self.last_words()

    def _stop_listening(self) -> None:
        # What the kernel has taken for us is ours to serve: closing the port would cut it off.
        for port in self.ports:
            pending = select.poll()
            pending.register(port.fileno(), select.POLLIN)
            while pending.poll(0):
                port.doRead()
            port.stopListening()

    def _applications(self) -> "list[asyncio.Future[object]]":
        known = [known.get("application_instance") for known in self.connections.values()]
        return [application for application in known if application is not None and not application.done()]

    def _http(self) -> list[Connection]:
        return [connection for connection in self.http_connections if connection.is_open]

    def create_application(self, protocol: object, scope: dict[str, object]) -> object:
        # Daphne believes a root path that any browser may send (Daphne-Root-Path).
        scope["root_path"] = self.root_path
        if isinstance(protocol, LineProtocol):
            scope["extensions"] = {"parley.line": protocol}
        return super().create_application(protocol, scope)


def exit_within(seconds: float = EXIT_WITHIN_S) -> None:
    """Have the process end soon, also when a thread of it still waits for a loop that has ended."""
    timer = threading.Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()
