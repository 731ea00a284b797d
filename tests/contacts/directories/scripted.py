"""A web server on loopback that says what a test wants, and remembers what it was asked."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

NAMESPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav" xmlns:s="http://calendarserver.org/ns/"'
PREFIXES = {
    "addressbook-home-set": "c",
    "address-data": "c",
    "supported-address-data": "c",
    "addressbook-description": "c",
    "getctag": "s",
}


@dataclass(frozen=True)
class Asked:
    """One request. path: as it was spelled."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Says:
    """One answer. cut: how many bytes of the body are sent before the connection ends, None for all."""

    status: int = 207
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


Answer = Says | Callable[[Asked], Says]


class Scripted:
    """url: of its root; asked: every request so far. What nobody said anything about is 404."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], list[Answer]] = {}

    def says(self, method: str, path: str, *answers: Answer) -> None:
        """Say these, one after the other; the last one again and again."""
        self._answers[method, path] = list(answers)

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        answers = self._answers.get((asked.method, asked.path), [Says(404)])
        chosen = answers.pop(0) if len(answers) > 1 else answers[0]
        return chosen if isinstance(chosen, Says) else chosen(asked)

    def methods(self) -> list[str]:
        return [asked.method for asked in self.asked]


@contextmanager
def scripted() -> Iterator[Scripted]:
    """A server that listens until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = script.answer(Asked(self.command, self.path, dict(self.headers), body))
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body[: said.cut])
            if said.cut is not None:
                self.wfile.flush()
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    for method in ("GET", "PROPFIND", "REPORT"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script = Scripted(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- What WebDAV servers say -------------------------------------------------------------------------------------


def multistatus(*responses: str, token: str = "") -> Says:
    end = f"<d:sync-token>{token}</d:sync-token>" if token else ""
    text = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus {NAMESPACES}>{"".join(responses)}{end}</d:multistatus>'
    )
    return Says(207, text.encode(), {"Content-Type": "application/xml; charset=utf-8"})


def found(href: str, **properties: str) -> str:
    """A resource with properties, whose names have _ for - and whose values are XML."""
    named = {name.replace("_", "-"): value for name, value in properties.items()}
    inside = "".join(
        f"<{PREFIXES.get(name, 'd')}:{name}>{value}</{PREFIXES.get(name, 'd')}:{name}>" for name, value in named.items()
    )
    propstat = f"<d:propstat><d:prop>{inside}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
    return f"<d:response><d:href>{href}</d:href>{propstat}</d:response>"


def status(href: str, code: int) -> str:
    return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 {code} So</d:status></d:response>"


def entry(href: str, etag: str = '"1"') -> str:
    return found(href, getetag=escape(etag))


def card(name: str, more: str = "") -> str:
    """A card, as XML holds it."""
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:{name.title()}\r\n{more}END:VCARD\r\n"


BOOK = {"resourcetype": "<d:collection/><c:addressbook/>"}
COLLECTION = {"resourcetype": "<d:collection/>"}


def href(path: str) -> str:
    return f"<d:href>{path}</d:href>"
