"""The first visit, which makes the first account."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from project.accounts.exceptions import AlreadySetUp
from project.accounts.forms import WelcomeForm
from project.accounts.models import Server

SIGN_IN_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Make the administrator's account. Whoever comes later finds nothing, or hears that it has been done."""
    if Server.objects.is_set_up():
        if request.method != "POST":
            raise Http404
        return _already_set_up(request)
    form = WelcomeForm(request.POST or None)
    if request.method != "POST":
        return render(request, "accounts/welcome.html", {"form": form})
    if not form.is_valid():
        return render(request, "accounts/welcome.html", {"form": form}, status=422)
    try:
        user = form.save()
    except AlreadySetUp:
        return _already_set_up(request)
    login(request, user, backend=SIGN_IN_BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _already_set_up(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/already_set_up.html", {"error": AlreadySetUp()}, status=409)
