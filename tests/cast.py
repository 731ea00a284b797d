"""The cast: alice and bob talk, carol is outside."""

from django.test import Client

from project.accounts.models import User

PASSWORD = "correct horse battery"


def account(name: str) -> User:
    """Make an account called name, with the address name@example.org and PASSWORD."""
    return User.objects.create_user(f"{name.lower()}@example.org", PASSWORD, display_name=name)


def signed_in(user: User) -> Client:
    """Return a browser in which user has signed in."""
    client = Client()
    client.force_login(user)
    return client
