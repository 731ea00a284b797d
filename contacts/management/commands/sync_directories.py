"""`manage.py sync_directories [--owner EMAIL] [--directory PUBLIC_ID] [--json]`"""

import json
import logging
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts.exceptions import DirectoryBusy
from contacts.management.asking import owner_of
from contacts.models import Directory
from contacts.models.directory import UNEXPECTED
from contacts.sync import Result

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Sync directories now, also those that are not due, one after the other. Paused ones are left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", default="", help="only those of the account with this e-mail address")
        parser.add_argument("--directory", default="", help="only the one with this public id")
        parser.add_argument("--json", action="store_true", help="one line of JSON for each directory")

    def handle(self, *args: Any, **options: Any) -> None:
        directories = self._chosen(options["owner"], options["directory"])
        failed = 0
        for directory in directories:
            result = self._synced(directory)
            failed += bool(result.error)
            self._tell(directory, result, as_json=options["json"])
        if failed:
            raise CommandError(f"{failed} of {len(directories)} directories could not be synced.")

    def _chosen(self, owner: str, public_id: str) -> list[Directory]:
        known = Directory.objects.select_related("owner").order_by("pk")
        if owner:
            known = known.filter(owner=owner_of(owner))
        if public_id:
            named = known.filter(public_id=public_id).first()
            if named is None:
                raise CommandError(f"There is no directory {public_id}{' of this owner' if owner else ''}.")
            if not named.is_mirror:
                raise CommandError(f"{named} is kept on this server: there is nothing to sync.")
            if named.lifecycle == Directory.Lifecycle.PAUSED:
                raise CommandError(f"{named} is paused.")
            return [named]
        connected = known.filter(lifecycle=Directory.Lifecycle.CONNECTED)
        return [directory for directory in connected if directory.is_mirror]

    def _synced(self, directory: Directory) -> Result:
        try:
            return directory.sync(by_owner=True)
        except DirectoryBusy as reason:
            return Result(error=str(reason))
        except Exception:  # the others are synced all the same
            logger.exception("Directory %s could not be synced.", directory.public_id)
            return Result(error=UNEXPECTED)

    def _tell(self, directory: Directory, result: Result, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"directory": directory.public_id, **asdict(result)}, ensure_ascii=False))
            return
        counts = ("created", "updated", "removed", "unchanged", "quarantined")
        did = ", ".join(f"{getattr(result, name)} {name}" for name in counts)
        problem = f" {result.error}" if result.error else ""
        self.stdout.write(f"{directory} ({directory.owner.email}): {did}.{problem}")
