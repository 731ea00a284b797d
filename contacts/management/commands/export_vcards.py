"""`manage.py export_vcards --owner EMAIL [--output FILE]`"""

import os
import secrets
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts.exporting import whole_book
from contacts.management.asking import owner_of


class Command(BaseCommand):
    help = "Write every card of somebody's address book, as it came, to standard output or a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", default="", help="the e-mail address of the account whose contacts they are")
        parser.add_argument("--output", default="", metavar="FILE", help="a file, replaced once all is written")

    def handle(self, *args: Any, **options: Any) -> None:
        cards = whole_book(owner_of(options["owner"]))
        if not options["output"]:
            self._print(cards)
            return
        try:
            _write(Path(options["output"]), cards)
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from None

    def _print(self, cards: Iterable[bytes]) -> None:
        out = getattr(self.stdout, "buffer", None)  # bytes, where standard output is one
        for card in cards:
            if out is not None:
                out.write(card)
            else:
                self.stdout.write(card.decode("utf-8", "replace"), ending="")
        self.stdout.flush()


def _write(path: Path, cards: Iterable[bytes]) -> None:
    """Write a file that only its owner may read, as a whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.writelines(cards)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
