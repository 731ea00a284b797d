"""The one socket address."""

from typing import Any

from django.urls import path, re_path

from chat.consumers import LineConsumer


async def refuse(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Deny the handshake of a socket that leads nowhere."""
    await receive()
    await send({"type": "websocket.close"})


# URLRouter takes ASGI applications where Django expects views.
fallback: Any = refuse
websocket_urlpatterns = [path("ws/", LineConsumer.as_asgi()), re_path(r"", fallback)]
