"""What the commands of the address book have in common: whose book it is, and a secret from standard input."""

import sys

from django.core.management.base import CommandError
from django.views.decorators.debug import sensitive_variables

from project.accounts.models import User

SECRET_MAX = 4096


def owner_of(email: str) -> User:
    """Return the account with an address; raises CommandError."""
    if not email:
        raise CommandError("Name the owner of the address book with --owner EMAIL.")
    owner = User.objects.filter(email=email.strip()).first()
    if owner is None:
        raise CommandError(f"There is no account with the address {email.strip()}.")
    return owner


@sensitive_variables()
def secret_from_stdin() -> str:
    """Return the line on standard input; raises CommandError where there is none that can be a secret."""
    try:
        secret = sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CommandError("What is on standard input is not UTF-8 text.") from None
    if not secret:
        raise CommandError("There is no password or token on standard input.")
    if len(secret) > SECRET_MAX or not secret.isprintable():
        raise CommandError(f"A password or token is one line of at most {SECRET_MAX} visible characters.")
    return secret
