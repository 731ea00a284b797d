"""alice's browser and book, and carol, who is outside behind every door."""

import pytest
from django.test import Client

from project.accounts.models import User
from tests.cast import signed_in


@pytest.fixture
def hers(alice: User) -> Client:
    """alice's browser."""
    return signed_in(alice)


@pytest.fixture
def strangers(carol: User) -> Client:
    """carol's browser."""
    return signed_in(carol)
