"""The background worker as a process of its own, beside several web processes."""

from typing import Any

from django.core.management.base import BaseCommand

from project import worker


class Command(BaseCommand):
    help = "Run the background worker alone (beside `manage.py serve --no-worker`)."

    def handle(self, *args: Any, **options: Any) -> None:
        worker.run()
