"""The one HTTP client to other people's servers, whose addresses come from people and from those servers.

HTTP/1.1 on httpcore, with a network of our own below it: a name is resolved once, every address it has is checked
(project/addresses.py), and the checked address is dialled, while TLS still asks for the name. That holds for each
connection, so also for redirects and for whatever address a server mentions. No proxy, no cookies, no .netrc; a
limit of time on a request as a whole, of size on what comes in and on what it unpacks to. Credentials go to one
origin. Messages name the host and nothing else of a URL. Longer than usual, because only this file may import a
client of HTTP.
"""

import re
import socket
import ssl
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import httpcore
import httpx
from django.conf import settings

from project import __version__
from project.unpacking import NotUnpackable, TooMuch, unpacked
from project.wire import Allowance, NotAllowed, dial

TIME_MAX_S = 30.0
CONNECT_MAX_S = 10.0
BODY_MAX_BYTES = 16 * 1024 * 1024
HOPS_MAX = 5
REDIRECTS = {301, 302, 303, 307, 308}
# Nothing changes at the other end, so they may be asked again, and elsewhere.
SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"}
PORTS = {"http": 80, "https": 443}
HOST = re.compile(rb"[a-z0-9._-]+|[0-9a-f:.]+")
OWN_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": f"Parley/{__version__}"}
RESERVED_HEADERS = {"authorization", "connection", "content-length", "cookie", "host", "transfer-encoding"}
# The challenges of RFC 7616 that httpx can meet; without an algorithm it is MD5.
DIGEST = re.compile(r"digest (?!.*algorithm)|digest .*algorithm=\"?(md5|sha-256)(-sess)?\"?(,|\s|$)", re.IGNORECASE)

Origin = tuple[str, str, int]


class OutgoingError(Exception):
    """A request that got no answer that can be used; str() is a sentence to show."""


class Refused(OutgoingError):
    """A request that is not sent: to an address inside, from https to http, to what is no web address."""


class Unreachable(OutgoingError):
    """No such name, no connection, no answer in time, or one that breaks off or is no HTTP."""


class TooLarge(OutgoingError):
    """An answer of more than the limit, as it comes or unpacked."""


@dataclass(frozen=True)
class Basic:
    """A user name and a password, sent along with each request (RFC 7617)."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Digest:
    """A user name and a password that never travels itself (RFC 7616)."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Bearer:
    """A token (RFC 6750)."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What a server said. headers: asked in any case; body: unpacked; url: where it was found, after redirects."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str


class Outgoing:
    """Requests to other people's servers, one after the other, over connections that stay open between them.

    auth: for auth_origin ("https://dav.example.org") alone, or else for the origin of the first request.
    requests, bytes_received: what it cost so far; bytes with their headers and framing, inside of TLS.
    """

    def __init__(
        self,
        *,
        auth: Basic | Digest | Bearer | None = None,
        auth_origin: str | None = None,
        time_max_s: float = TIME_MAX_S,
        connect_max_s: float = CONNECT_MAX_S,
    ) -> None:
        self.auth_origin = auth_origin
        self.requests = 0
        self._auth = _flow_of(auth)
        self._time_max_s, self._connect_max_s = time_max_s, connect_max_s
        self._allowance = Allowance()
        self._connections: dict[Origin, httpcore.HTTP11Connection] = {}

    def __enter__(self) -> "Outgoing":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        while self._connections:
            self._connections.popitem()[1].close()

    @property
    def bytes_received(self) -> int:
        return self._allowance.bytes_received

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        follow: int = HOPS_MAX,
        max_bytes: int = BODY_MAX_BYTES,
    ) -> Answer:
        """Send a request and return its answer, whatever its status.

        follow: how many redirects are followed, with the same method and body; 0 returns the redirect itself.
        max_bytes: of the body, before and after unpacking. Raises OutgoingError, in time_max_s at the latest.
        """
        place = _parsed(url)
        if place.userinfo:
            raise Refused(f"The address at {place.host} holds a user name. Enter it, and the password, apart from it.")
        self.auth_origin = self.auth_origin or str(place.copy_with(raw_path=b"/"))
        self._allowance.start(self._time_max_s, 2 * max_bytes + 1024 * 1024)
        for _ in range(min(follow, HOPS_MAX) + 1):
            answer = self._asked(_request(method, place, headers or {}, content), max_bytes)
            onward = _onward(method, place, answer) if follow else None
            if onward is None:
                return answer
            place = onward
        raise Unreachable(f"{place.host} sends from one address to the next without end.")

    def _asked(self, request: httpx.Request, max_bytes: int) -> Answer:
        """Exchange a request for its answer, with the credentials where they belong, and once more if challenged."""
        if self._auth is None or not _may_know(request.url, str(self.auth_origin)):
            return self._exchanged(request, max_bytes)
        with _in_sentences(request.url.host):
            flow = self._auth.auth_flow(request)
            request = next(flow)
        while True:
            answer = self._exchanged(request, max_bytes)
            try:
                request = flow.send(httpx.Response(answer.status, headers=_challenges(answer), request=request))
            except (StopIteration, ValueError, LookupError, NotImplementedError, httpx.ProtocolError):
                return answer  # a challenge that nobody can take is a refusal

    def _exchanged(self, request: httpx.Request, max_bytes: int) -> Answer:
        origin = _origin(request.url)
        with _in_sentences(request.url.host):
            connection = self._connections.get(origin)
            if connection is not None and not (connection.is_closed() or connection.has_expired()):
                before = self._allowance.bytes_received
                try:
                    return self._spoken(connection, request, max_bytes)
                except (httpcore.RemoteProtocolError, ConnectionError):
                    # The server may have hung up an idle connection while the request was on its way.
                    if request.method not in SAFE_METHODS or self._allowance.bytes_received > before:
                        raise
            return self._spoken(self._connected(origin), request, max_bytes)

    def _connected(self, origin: Origin) -> httpcore.HTTP11Connection:
        self._drop(origin)
        scheme, host, port = origin
        wire = dial(
            host,
            port,
            tls=_tls() if scheme == "https" else None,
            allowed=settings.PARLEY_PRIVATE_NETWORKS,
            allowance=self._allowance,
            patience_s=self._connect_max_s,
        )
        place = httpcore.Origin(scheme.encode(), host.encode(), port)
        self._connections[origin] = connection = httpcore.HTTP11Connection(place, wire)  # type: ignore[arg-type]
        return connection

    def _spoken(self, connection: httpcore.HTTP11Connection, request: httpx.Request, max_bytes: int) -> Answer:
        """Say a request on a connection and read all of its answer. Only when all is well the connection is kept."""
        origin, url = _origin(request.url), request.url
        self.requests += 1
        try:
            target = httpcore.URL(scheme=origin[0], host=origin[1], port=origin[2], target=url.raw_path)
            said = httpcore.Request(request.method, target, headers=request.headers.raw, content=request.content)
            response = connection.handle_request(said)
            headers = httpx.Headers(response.headers)
            body = _body(request.method, response, headers, max_bytes)
            response.close()
        except BaseException:
            self._drop(origin)
            raise
        # What a server sends behind its answer, such as the body of a 304, would be taken for the next one.
        is_without_body = request.method == "HEAD" or response.status in {204, 304}
        if is_without_body or connection._h11_state.trailing_data[0]:
            self._drop(origin)
        return Answer(response.status, headers, body, str(url))

    def _drop(self, origin: Origin) -> None:
        if connection := self._connections.pop(origin, None):
            connection.close()


@cache
def _tls() -> ssl.SSLContext:
    """Return what TLS trusts: the certificates of certifi, and of this machine, for authorities of one's own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _parsed(url: str | httpx.URL) -> httpx.URL:
    """Return a web address without its fragment; raises Refused for anything else."""
    try:
        place = httpx.URL(url).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        raise Refused("This is no web address.") from None
    is_port = place.port is None or 0 < place.port < 65536
    if place.scheme not in PORTS or not HOST.fullmatch(place.raw_host) or not is_port:
        raise Refused("This is no web address that begins with https:// or http://.")
    return place


def _origin(url: httpx.URL) -> Origin:
    return url.scheme, url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]


def _request(method: str, place: httpx.URL, headers: Mapping[str, str], content: bytes) -> httpx.Request:
    with _in_sentences(place.host):
        sent = httpx.Headers(OWN_HEADERS)
        sent.update(headers)
        if reserved := RESERVED_HEADERS & set(sent):
            raise ValueError(f"{reserved.pop()} is not the caller's to send")
        return httpx.Request(method, place, headers=sent, content=content)


def _flow_of(auth: Basic | Digest | Bearer | None) -> httpx.Auth | None:
    match auth:
        case Basic():
            return httpx.BasicAuth(auth.username, auth.password)
        case Digest():
            return httpx.DigestAuth(auth.username, auth.password)
        case Bearer():
            return _Bearing(auth.token)
    return None


class _Bearing(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _may_know(url: httpx.URL, auth_origin: str) -> bool:
    """Tell whether credentials for an origin may go to a URL: to that origin, or to the same host behind TLS."""
    own, other = _origin(_parsed(auth_origin)), _origin(url)
    is_upgrade = (own[0], other[0]) == ("http", "https") and (own[2] == other[2] or (own[2], other[2]) == (80, 443))
    return own == other or (is_upgrade and own[1] == other[1])


def _challenges(answer: Answer) -> list[tuple[str, str]]:
    challenges = answer.headers.get_list("www-authenticate")
    return [("www-authenticate", text) for text in challenges if DIGEST.match(text)]


def _onward(method: str, place: httpx.URL, answer: Answer) -> httpx.URL | None:
    """Return where a redirect leads, without credentials that stand in it; raises Refused where nobody should go."""
    location = answer.headers.get("location", "")
    if answer.status not in REDIRECTS or not location or (answer.status == 303 and method not in {"GET", "HEAD"}):
        return None
    try:
        onward = _parsed(place.join(location)).copy_with(userinfo=b"")
    except httpx.InvalidURL:
        raise Refused(f"{place.host} redirects to what is no web address.") from None
    if place.scheme == "https" and onward.scheme == "http":
        raise Refused(f"{place.host} redirects to an address without encryption.")
    if _origin(onward) != _origin(place) and method not in SAFE_METHODS and not _may_know(onward, str(place)):
        raise Refused(f"{place.host} redirects to {onward.host}, which may not be changed from there.")
    return onward


def _body(method: str, response: httpcore.Response, headers: httpx.Headers, max_bytes: int) -> bytes:
    declared = headers.get("content-length", "")
    if method != "HEAD" and declared.isdecimal() and int(declared) > max_bytes:
        raise TooMuch
    return unpacked(response.iter_stream(), headers.get("content-encoding", ""), max_bytes)


@contextmanager
def _in_sentences(host: str) -> Iterator[None]:
    """Make an OutgoingError of what goes wrong on the way to a host, without its cause, which may quote headers."""
    try:
        yield
    except NotAllowed:
        raise Refused(
            f"{host} has an address inside a private network. Whoever runs this server can allow it with "
            "PARLEY_PRIVATE_NETWORKS."
        ) from None
    except TooMuch:
        raise TooLarge(f"{host} sends more than is taken.") from None
    except TimeoutError:
        raise Unreachable(f"{host} does not answer in time.") from None
    except NotUnpackable:
        raise Unreachable(f"{host} sends what cannot be unpacked.") from None
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"{host} does not prove who it is: {error.verify_message.rstrip('.')}.") from None
    except ssl.SSLError:
        raise Unreachable(f"No encrypted connection to {host} can be made.") from None
    except socket.gaierror as error:
        is_unknown = error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}
        said = "There is no server of the name" if is_unknown else "Nobody can say right now where to find"
        raise Unreachable(f"{said} {host}.") from None
    except ConnectionRefusedError:
        raise Unreachable(f"{host} lets nobody in at this port.") from None
    except (OSError, httpcore.RemoteProtocolError):
        raise Unreachable(f"The connection to {host} broke off, or what answers there is no web server.") from None
    except (httpcore.LocalProtocolError, UnicodeError):
        raise OutgoingError(f"What should go to {host} holds signs that cannot be sent.") from None
