"""Daphne's own classes, extended where speed and bounds need it.

An application finds, in its WebSocket scope, extensions["parley.line"]: write(wire) puts bytes that were
framed once (RFC 6455 section 5.2) on this socket, and close(code) closes it with any code.
"""

import asyncio

# Daphne installs its event loop as Twisted's when it is imported, so it comes before anything of Twisted.
from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from project.frames import FRAME_MAX_BYTES

UNSENT_MAX_BYTES = 1024 * 1024
UNREAD_MAX_FRAMES = 256  # from one page, while the application is busy with an earlier one
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013


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
    """Daphne with bounded frames, sockets without an age limit, and a word to them before it stops."""

    def __init__(self, application: object, endpoints: list[str], **options: object) -> None:
        super().__init__(
            application,
            endpoints=endpoints,
            websocket_timeout=-1,
            websocket_max_message_size=FRAME_MAX_BYTES,
            websocket_max_frame_size=FRAME_MAX_BYTES,
            server_name="parley",
            **options,
        )

    def run(self) -> None:
        WebSocketFactory.protocol = LineProtocol
        reactor.addSystemEventTrigger("before", "shutdown", self.announce_restart)
        super().run()

    def announce_restart(self) -> None:
        for protocol in list(self.connections):
            if isinstance(protocol, LineProtocol):
                protocol.close(SERVICE_RESTART)

    def kill_all_applications(self) -> Deferred[list[object]]:
        # Daphne's own stumbles over a connection without an application, as every upgraded request is one, and then
        # nothing waits for the last words to go out.
        applications = [known.get("application_instance") for known in self.connections.values()]
        running = [application for application in applications if application is not None]
        for application in running:
            application.cancel()
        return Deferred.fromFuture(asyncio.gather(*running, return_exceptions=True))

    def create_application(self, protocol: object, scope: dict[str, object]) -> object:
        # Daphne believes a root path that any browser may send (Daphne-Root-Path).
        scope["root_path"] = self.root_path
        if isinstance(protocol, LineProtocol):
            scope["extensions"] = {"parley.line": protocol}
        return super().create_application(protocol, scope)
