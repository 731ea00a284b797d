"""`manage.py adduser EMAIL --name NAME [--staff] --password-stdin`"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from project.accounts.fields import PASSWORD_MAX
from project.accounts.models import User
from project.accounts.names import NAME_MAX, clean_name


class Command(BaseCommand):
    help = "Make an account with a verified address. The password is one line on standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        # What is missing is said by handle(), in one sentence, and not by argparse.
        parser.add_argument("email", nargs="?", default="")
        parser.add_argument("--name", default="", help="the name that people see")
        parser.add_argument("--staff", action="store_true", help="an administrator")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["password_stdin"]:
            raise CommandError("Add --password-stdin and give the password on standard input.")
        try:
            user = self._unsaved(**options)
            with transaction.atomic():
                user.save()
                user.confirm_address()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except IntegrityError:
            raise CommandError(f"There is already an account with the address {user.email}.") from None
        self.stdout.write(f"{user.email} can sign in now.")

    def _unsaved(self, email: str, name: str, staff: bool, **options: Any) -> User:
        if not email:
            raise ValidationError("Name the e-mail address of the account.")
        validate_email(email)
        name = clean_name(name)
        if len(name) > NAME_MAX:
            raise ValidationError(f"The name may have at most {NAME_MAX} characters.")
        user = User(email=email.lower(), display_name=name, is_staff=staff, is_superuser=staff)
        if User.objects.filter(email=user.email).exists():
            raise ValidationError(f"There is already an account with the address {user.email}.")
        password = self._password()
        validate_password(password, user)
        user.set_password(password)
        return user

    def _password(self) -> str:
        try:
            password = sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise ValidationError("The password on standard input is not UTF-8 text.") from None
        if not password:
            raise ValidationError("There is no password on standard input.")
        if len(password) > PASSWORD_MAX or not password.isprintable():
            raise ValidationError(f"A password is one line of at most {PASSWORD_MAX} visible characters.")
        return password
