"""The lock of a book: who writes into it takes its owner's row first, so that two syncs never cross."""

from django.contrib.auth import get_user_model
from django.db import transaction


def lock_book(owner_id: int) -> None:
    """Wait until nobody else writes into this book; held until the transaction ends.

    On PostgreSQL other rows may still refer to the account meanwhile; on SQLite every writer holds the one lock.
    """
    assert transaction.get_connection().in_atomic_block
    get_user_model().objects.select_for_update(no_key=True).filter(pk=owner_id).values_list("pk").first()
