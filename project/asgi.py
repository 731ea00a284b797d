"""Parley as an ASGI application: pages by Django, lines to open pages by Channels."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
pages = get_asgi_application()  # loads the apps; what follows needs them

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from chat.routing import websocket_urlpatterns  # noqa: E402
from project.origin import OwnOriginOnly  # noqa: E402

application = ProtocolTypeRouter(
    {"http": pages, "websocket": OwnOriginOnly(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))}
)
