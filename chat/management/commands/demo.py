"""Something to look at: people with faces, conversations of the last days and address books, on an empty server."""

import secrets
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from chat.management.demo import book, stage
from chat.models import Conversation
from project.accounts.exceptions import AlreadySetUp
from project.accounts.models import User
from project.models import ALPHABET


class Command(BaseCommand):
    help = "Fill an empty server with people, conversations and contacts to look at, and print how to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset-passwords",
            action="store_true",
            help="give the people of a demo that is here already a new password, and print it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        people = stage.present_people()
        if not people:
            self._make()
        elif options["reset_passwords"]:
            self._reset(people)
        else:
            self.stdout.write("The demo is here already; nothing was changed. Its people sign in as:")
            self._print_people(people)
            self.stdout.write("For a new password of theirs: manage.py demo --reset-passwords")

    def _make(self) -> None:
        if User.objects.exists() or Conversation.objects.exists():
            raise CommandError("This server has people of its own: the demo needs an empty data folder.")
        password = new_password()
        try:
            with transaction.atomic():
                now = timezone.now()
                people = stage.play_all(make_password(password), now)
                book.fill(people)
                stage.wait_for_guest(people[0], now)
        except AlreadySetUp:
            raise CommandError("This server is, or was, in use: the demo needs an empty data folder.") from None
        self.stdout.write("There is something to look at now. Sign in as anybody:")
        self._print_people(people)
        self._print_password(password)

    def _reset(self, people: Sequence[User]) -> None:
        password = new_password()
        hashed = make_password(password)
        for person in people:
            person.password = hashed
            person.save(update_fields=["password"])
        self.stdout.write("The people of the demo have a new password, and were signed out:")
        self._print_people(people)
        self._print_password(password)

    def _print_people(self, people: Sequence[User]) -> None:
        for person in people:
            role = ", administrator" if person.is_staff else ""
            self.stdout.write(f"  {person.email:<24} {person.display_name}{role}")

    def _print_password(self, password: str) -> None:
        self.stdout.write(f"Password of each, shown only now: {password}")


def new_password() -> str:
    """Return twelve random signs (60 bits) that are easy to type: "k3m9-x2rt-8vhd"."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
