"""`manage.py import_vcards --owner EMAIL FILE...`"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from contacts.importing import Result, bring_in
from contacts.management.asking import owner_of
from contacts.models import Folder


class Command(BaseCommand):
    help = "Take the cards of .vcf files into somebody's address book. A card that is there already is not doubled."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE", help="a file of vCards")
        parser.add_argument("--owner", default="", help="the e-mail address of the account whose contacts they are")
        parser.add_argument("--json", action="store_true", help="one line of JSON for each file")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = owner_of(options["owner"])
        if not options["files"]:
            raise CommandError("Name the files to import.")
        contents = [(path, _content(path)) for path in options["files"]]
        folder = Folder.objects.by_hand(owner)
        found = 0
        for path, data in contents:
            result = bring_in(folder, [data])
            found += result.created + result.updated + result.unchanged
            self._tell(path, result, as_json=options["json"])
        if not found:
            raise CommandError("None of these files holds a contact that can be read.")

    def _tell(self, path: str, result: Result, *, as_json: bool) -> None:
        if as_json:
            refused = [{"name": name, "reason": reason} for name, reason in result.refused]
            told = {"file": path, **vars(result), "refused": refused}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(
            f"{path}: {result.created} new, {result.updated} changed, {result.unchanged} unchanged, "
            f"{result.repeated} repeated, {len(result.refused)} left out."
        )
        for name, reason in result.refused:
            self.stderr.write(f"{name}: {reason}")


def _content(path: str) -> bytes:
    """Return the content of a file; raises CommandError."""
    limit_bytes = settings.IMPORT_MAX_MIB * 1024 * 1024
    try:
        with Path(path).open("rb") as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) > limit_bytes:
        raise CommandError(f"{path} is larger than {settings.IMPORT_MAX_MIB} MiB (IMPORT_MAX_MIB).")
    if not data.strip():
        raise CommandError(f"{path} is empty.")
    return data
