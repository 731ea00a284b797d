"""The type of a request behind @login_required, for type checkers."""

from django.http import HttpRequest

from project.accounts.models import User


class PersonRequest(HttpRequest):
    user: User
