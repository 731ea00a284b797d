"""What every page knows of the server."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from project.accounts.models import Server


def server(request: HttpRequest) -> dict[str, Any]:
    return {
        "server_name": Server.objects.current_name(),
        "is_open_signup": settings.OPEN_SIGNUP,
        "sends_email": bool(settings.EMAIL_URL),
    }
