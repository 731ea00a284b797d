"""Pages of no app: is this server well, does this process answer, who gets into the administration, and why a form
was not taken.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer

import redis
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, InterfaceError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from project import __version__

PATIENCE_S = 2.0

# In threads of their own: a database that does not answer would hold the request for as long as its pool waits.
_checkers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="healthz")


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


def _ask_redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
        client.ping()


def _answers(ask: Callable[[], None]) -> bool:
    try:
        _checkers.submit(ask).result(timeout=PATIENCE_S)
    except (DatabaseError, InterfaceError, redis.RedisError, OSError, NoAnswer):
        return False
    return True


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Tell whether what this server stands on answers: 200, or 503 with the names of what does not."""
    parts = {"database": _ask_database} | ({"redis": _ask_redis} if settings.REDIS_URL else {})
    failing = [name for name, ask in parts.items() if not _answers(ask)]
    if failing:
        return JsonResponse({"status": "failing", "failing": failing, "version": __version__}, status=503)
    return JsonResponse({"status": "ok", "version": __version__})


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Tell that this process answers, whatever is the matter with what it stands on.

    A proxy asks this to choose a process: without Redis, say, all of them are failing, and all of them still serve.
    """
    return JsonResponse({"status": "ok", "version": __version__})


@never_cache
def admin_door(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Stand where the administration would have a sign-in of its own: one door only, with one set of limits."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("admin:index"))
    if not request.user.is_staff:
        raise Http404
    return redirect("admin:index")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what to do when a form's token is not the one of this visit; the reason is for developers only."""
    return render(request, "accounts/csrf_failure.html", status=403)
