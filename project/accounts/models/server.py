"""This server: one row, which says that it has been set up, and what it is called."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from project.accounts.exceptions import AlreadySetUp

if TYPE_CHECKING:
    from .user import User

DEFAULT_NAME = "Parley"
NAME_KEPT_S = 60  # another process may rename the server; this one notices within a minute


@dataclass
class Memory:
    """What this process knows of the server, so that no page has to ask. A server never becomes empty again."""

    is_set_up: bool = False
    name: str | None = None
    name_read_at: float = 0.0

    def note(self, name: str) -> None:
        self.is_set_up = True
        self.name = name
        self.name_read_at = time.monotonic()

    def forget(self) -> None:
        self.is_set_up, self.name, self.name_read_at = False, None, 0.0


memory = Memory()


class ServerManager(models.Manager["Server"]):
    def is_set_up(self) -> bool:
        """Tell whether there is, or ever was, an account here. No query once the answer was yes."""
        if not memory.is_set_up:
            memory.is_set_up = self.exists() or get_user_model().objects.exists()
        return memory.is_set_up

    def current_name(self) -> str:
        """Return what people call this server; one query per process and minute."""
        if memory.name is None or time.monotonic() - memory.name_read_at > NAME_KEPT_S:
            memory.name = self.values_list("name", flat=True).first() or DEFAULT_NAME
            memory.name_read_at = time.monotonic()
        return memory.name

    @transaction.atomic
    def set_up(self, first_account: "User", name: str = "") -> "Server":
        """Make the first account the administrator of this server; first_account is unsaved, with its password set.

        The one row is the lock: of many who try at the same time one inserts it, and the others raise
        AlreadySetUp with nothing changed. So does everybody who comes later.
        """
        if get_user_model().objects.exists():
            raise AlreadySetUp
        try:
            with transaction.atomic():
                server = self.create(name=name or DEFAULT_NAME)
        except IntegrityError:
            raise AlreadySetUp from None
        first_account.is_staff = first_account.is_superuser = True
        first_account.save()
        first_account.confirm_address()
        server.first_account = first_account
        server.save(update_fields=["first_account"])
        return server

    def note_account(self) -> None:
        """Remember for good that somebody has an account here, even if that account is deleted later."""
        self.get_or_create(pk=1)


class Server(models.Model):
    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=60, default=DEFAULT_NAME)
    first_account = models.ForeignKey(
        "accounts.User", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    set_up_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ServerManager()

    class Meta:
        verbose_name_plural = "server"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_server"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        transaction.on_commit(lambda: memory.note(self.name))
