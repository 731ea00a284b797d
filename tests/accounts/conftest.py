"""What the tests of accounts stand on: a process that knows nothing of the server yet, and a browser."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from project.accounts.models import Invitation, User
from project.accounts.models.server import memory


@pytest.fixture(autouse=True)
def _knows_nothing() -> Iterator[None]:
    memory.forget()
    yield
    memory.forget()


@pytest.fixture
def visitor() -> Client:
    """A browser in which nobody has signed in."""
    return Client()


@pytest.fixture
def mail_server(settings: pytest.FixtureRequest) -> None:
    """As with EMAIL_URL set: addresses must be confirmed, and people hear of changes to their account."""
    settings.EMAIL_URL = "smtp://localhost"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True


@pytest.fixture
def invitation(alice: User) -> Invitation:
    return Invitation.objects.create(inviter=alice)


@pytest.fixture
def expired(alice: User) -> Invitation:
    made = Invitation.objects.create(inviter=alice)
    Invitation.objects.filter(pk=made.pk).update(
        created_at=made.created_at - timedelta(days=20), expires_at=made.expires_at - timedelta(days=15)
    )
    made.refresh_from_db()
    return made
