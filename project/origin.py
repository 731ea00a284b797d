"""Only Parley's own pages may open a socket.

A browser sends its cookies with a WebSocket handshake from any site, so the Origin header (RFC 6455 section
10.2) is the only thing that tells a page of ours from somebody else's: scheme, host and port must all be ours.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
WRONG_ORIGIN = 4403
DEFAULT_PORTS = {"http": 80, "https": 443}


def is_own_origin(headers: dict[bytes, bytes]) -> bool:
    """Tell whether a handshake came from a page of this server.

    headers: lower-case names to values. With settings.ORIGIN that is the one answer; without it, the page must
    come from the very host and port that the socket was asked of, and that host must be an allowed one.
    """
    origin = _place(headers.get(b"origin", b"").decode("latin1"))
    if origin is None:
        return False
    if settings.ORIGIN:
        return origin == _place(settings.ORIGIN)
    is_https = settings.BEHIND_PROXY and headers.get(b"x-forwarded-proto") == b"https"
    host = headers.get(b"host", b"").decode("latin1")
    own = _place(f"{'https' if is_https else 'http'}://{host}")
    return origin == own and validate_host(origin[1], settings.ALLOWED_HOSTS)


def _place(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts.scheme, host.lower(), port


class OwnOriginOnly:
    """ASGI middleware: a socket from elsewhere is accepted and closed with 4403, so that the page can say why."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if is_own_origin(dict(scope["headers"])):
            await self.application(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": WRONG_ORIGIN})
