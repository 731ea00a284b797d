"""What tests of the contacts find: a mirrored folder of alice's."""

import pytest

from contacts.models import Folder
from project.accounts.models import User
from tests.contacts.cast import folder_of


@pytest.fixture
def folder(alice: User) -> Folder:
    return folder_of(alice)
