"""What people do on the pages of accounts, in a line each, and texts that pages must survive."""

import re

from django.http import HttpResponse
from django.test import Client

from project.accounts.models import Invitation
from tests.cast import PASSWORD

NEWCOMER = {"display_name": "Dave", "email": "Dave@Example.org", "password1": PASSWORD, "time_zone": "Europe/Prague"}
FIRST = {"display_name": "Ada", "email": "ada@example.org", "password": PASSWORD, "time_zone": "Europe/Prague"}

HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</span></title><svg/onload=alert(1)>",
    "&lt;b&gt; & &amp;",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "javascript:alert(1)",
    "\u202eevil\u2066 name",
    "Zoë \U0001f469\u200d\U0001f469\u200d\U0001f467",
]


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str) -> HttpResponse:
    return client.post("/accounts/login/", {"login": email, "password": password, **extra})


def is_signed_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def open_invitation(client: Client, invitation: Invitation) -> HttpResponse:
    return client.post(f"/join/{invitation.token}/")


def sign_up(client: Client, **changes: str) -> HttpResponse:
    return client.post("/accounts/signup/", NEWCOMER | changes)


def path_in(text: str) -> str:
    """Return the path of the first link in an e-mail."""
    return re.search(r"https?://[^/\s]+(/\S+)", text)[1]


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def looks_of(response: HttpResponse) -> str:
    """Return a page without what differs between two visits of the same one."""
    return re.sub(r"[0-9A-Za-z]{64}", "CSRF", text_of(response))
