"""What every request passes: the reader's time zone, and the way to the first account on an empty server."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from project.accounts.models import Server


class ReaderZone(tzinfo):
    """The time zone of whoever asks, found out when the first time is shown: most answers show none."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def zone(self) -> tzinfo:
        user = self._request.user
        return user.zone if user.is_authenticated else ZoneInfo(settings.TIME_ZONE)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self.zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        return self.zone.tzname(moment)

    def fromutc(self, moment: datetime) -> datetime:
        return self.zone.fromutc(moment.replace(tzinfo=self.zone)).replace(tzinfo=self)

    def __str__(self) -> str:
        return str(self.zone)


class _Middleware:
    """Works in a chain of functions and in one of coroutines."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        return self.answer_later(request) if self.is_async else self.answer(request)

    def answer(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError


class TimeZoneMiddleware(_Middleware):
    """Shows times in the time zone of the person who is signed in."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(ReaderZone(request)):
            return self.get_response(request)

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(ReaderZone(request)):
            return await self.get_response(request)


class FirstVisitMiddleware(_Middleware):
    """On a server without any account every page leads to the one that makes the first."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        if self._is_open_before(request) or Server.objects.is_set_up():
            return self.get_response(request)
        return HttpResponseRedirect(reverse("account_welcome"))

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        if self._is_open_before(request) or await sync_to_async(Server.objects.is_set_up)():
            return await self.get_response(request)
        return HttpResponseRedirect(reverse("account_welcome"))

    @staticmethod
    def _is_open_before(request: HttpRequest) -> bool:
        own = {reverse("account_welcome"), reverse("healthz"), reverse("livez")}
        return request.path in own or request.path.startswith(settings.STATIC_URL)
