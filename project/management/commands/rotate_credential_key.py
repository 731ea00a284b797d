"""`manage.py rotate_credential_key`"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from project.secrets import RotationRefused, reencrypt, rotate_kept_key


class Command(BaseCommand):
    help = (
        "Encrypt every kept credential with another key. Where CREDENTIAL_KEY is set, that is the first key in it; "
        "otherwise a new one is made and the old one dropped. Parley may run meanwhile."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changed, unreadable = reencrypt() if settings.CREDENTIAL_KEYS else rotate_kept_key()
        except RotationRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Encrypted anew: {changed}.")
        if unreadable:
            raise CommandError(
                f"No key opens these: {', '.join(unreadable)}. Put the key that did behind the others, or enter these "
                "credentials anew; until then no key may be removed."
            )
        if len(settings.CREDENTIAL_KEYS) > 1:
            self.stdout.write("All but the first key may be removed from CREDENTIAL_KEY now.")
