"""`manage.py add_directory --owner EMAIL --backend KEY --url URL --username U --password-stdin [--name NAME]`"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.views.decorators.debug import sensitive_variables

from contacts.directories.base import DirectoryBackend
from contacts.exceptions import DirectoryError
from contacts.management.asking import owner_of, secret_from_stdin
from contacts.models import Directory


class Command(BaseCommand):
    help = (
        "Connect a place where somebody keeps their contacts, and have it synced. It is tried first: nothing is "
        "stored where that fails. The password or token, where one is needed, is one line on standard input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", default="", help="the e-mail address of the account whose contacts they are")
        parser.add_argument("--backend", default="", help="the kind of place: carddav, vcf")
        parser.add_argument("--url", default="", help="a host name, an e-mail address or a URL")
        parser.add_argument("--username", default="", help="the user name at that place")
        secret = parser.add_mutually_exclusive_group()
        secret.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        secret.add_argument("--token-stdin", action="store_true", help="read an access token from standard input")
        parser.add_argument("--name", default="", help="what to call it here")
        parser.add_argument("--json", action="store_true", help="tell what was connected as JSON")

    @sensitive_variables("credential")
    def handle(self, *args: Any, **options: Any) -> None:
        owner, kind = owner_of(options["owner"]), _kind(options["backend"])
        config = {"url": options["url"].strip()} if options["url"].strip() else {}
        if "url" in kind.asks and not config:
            raise CommandError("Say where it is with --url.")
        credential = {"username": options["username"]} if options["username"] else {}
        if options["password_stdin"]:
            credential["password"] = secret_from_stdin()
        if options["token_stdin"]:
            credential["token"] = secret_from_stdin()
        try:
            books = Directory.objects.probe(kind.key, config, credential)
        except DirectoryError as reason:
            raise CommandError(str(reason)) from None
        name = options["name"].strip() or config.get("url") or kind.display_label()
        directory = Directory.objects.connect(owner, kind.key, config, credential, books=books, name=name)
        self._tell(directory, [book.name for book in books], as_json=options["json"])

    def _tell(self, directory: Directory, books: list[str], *, as_json: bool) -> None:
        if as_json:
            told = {"directory": directory.public_id, "name": directory.name, "books": books}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(f"{directory.name} is connected as {directory.public_id}, with {_counted(books)}.")


def _counted(books: list[str]) -> str:
    return "no book yet" if not books else f"{len(books)} book{'s' * (len(books) > 1)}: {', '.join(books)}"


def _kind(key: str) -> type[DirectoryBackend]:
    """Return the kind of directory that a key names; raises CommandError, naming those that can be added."""
    kinds = Directory.objects.offered()
    known = f"Choose one of: {', '.join(kinds)}."
    if not key.strip():
        raise CommandError(f"Name the kind of place with --backend. {known}")
    try:
        found = Directory.impl_key_for("backend_class", key)
    except ImproperlyConfigured:
        raise CommandError(f"{key!r} is no kind of place. {known}") from None
    if found not in kinds:
        raise CommandError(f"A directory of the kind {found} cannot be added. {known}")
    return kinds[found]
