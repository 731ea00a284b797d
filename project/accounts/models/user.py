"""The account: a person who can sign in."""

import secrets
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from project.accounts.names import DELETED_NAME, NAME_MAX, validate_name
from project.models import PublicIdModel
from project.words import fold

from .server import Server

__all__ = ["DELETED_NAME", "User", "time_zones"]

WORDS_MAX = 10


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the IANA time zone database; read once, because it walks a folder tree."""
    return frozenset(available_timezones())


def validate_time_zone(value: str) -> None:
    """Raise ValidationError unless value is a name of the IANA time zone database."""
    if value not in time_zones():
        raise ValidationError("Choose a time zone from the list.")


class AddressField(models.EmailField):
    """An e-mail address in lower case: stored so and looked for so, whatever somebody typed."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value.lower() if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.lower() if isinstance(value, str) else value


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def administrators(self) -> "UserQuerySet":
        return self.active().filter(is_staff=True)

    def matching(self, query: str) -> "UserQuerySet":
        """Accounts whose name or address has every word of query; accents, case and order do not matter."""
        found = self
        for word in fold(query).split()[:WORDS_MAX]:
            found = found.filter(models.Q(search_text__contains=word) | models.Q(email__contains=word))
        return found


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def active(self) -> UserQuerySet:
        return self.get_queryset().active()

    def administrators(self) -> UserQuerySet:
        return self.get_queryset().administrators()

    def matching(self, query: str) -> UserQuerySet:
        return self.get_queryset().matching(query)

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Make an account that signs in with email; without a password it cannot, until it resets one."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(PublicIdModel, AbstractBaseUser, PermissionsMixin):
    email = AddressField("e-mail address", max_length=254)
    display_name = models.CharField("name", max_length=NAME_MAX, validators=[validate_name])
    picture = models.ImageField(upload_to="pictures/", blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    invited_by = models.ForeignKey(
        "accounts.Invitation",
        verbose_name="joined by",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="guests",
    )
    is_active = models.BooleanField("may sign in", default=True)
    is_staff = models.BooleanField("administrator", default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # The name, folded, each word after a space: what a search finds. Written by save().
    search_text = models.TextField(editable=False, default="")

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                name="an_email_address_has_one_account",
                violation_error_message="There is already an account with this address.",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="an_email_address_is_kept_in_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone; UTC when this machine does not know it any more."""
        return ZoneInfo(self.time_zone if self.time_zone in time_zones() else "UTC")

    @property
    def picture_version(self) -> str:
        """A sign that changes with the picture, for its URL; empty without a picture."""
        return (self.picture.name or "").rpartition("/")[2][:12]

    @property
    def is_last_administrator(self) -> bool:
        return self.is_staff and not User.objects.administrators().exclude(pk=self.pk).exists()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; with the first account, however it comes, the server counts as set up for good."""
        self.search_text = f" {fold(self.display_name)}"
        if "display_name" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = {*kwargs["update_fields"], "search_text"}
        if not self._state.adding:
            super().save(*args, **kwargs)
            return
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            Server.objects.note_account()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the account and its picture; what it wrote stays, as of a deleted account."""
        with transaction.atomic():
            self._drop_file_on_commit()
            return super().delete(*args, **kwargs)

    @transaction.atomic
    def confirm_address(self) -> None:
        """Take the account's address as its own, on somebody's word: verified, primary and the only one."""
        EmailAddress.objects.filter(user=self).exclude(email=self.email).delete()
        confirmed = {"verified": True, "primary": True}
        EmailAddress.objects.update_or_create(user=self, email=self.email, defaults=confirmed)

    @transaction.atomic
    def change_picture(self, picture: ContentFile | None) -> None:
        """Show another picture, or with None no picture. picture: WebP, as pictures.square() makes it."""
        self._drop_file_on_commit()
        self.picture = ""
        if picture is not None:
            self.picture.save(f"{secrets.token_hex(16)}.webp", picture, save=False)
        self.save(update_fields=["picture"])

    def _drop_file_on_commit(self) -> None:
        if name := self.picture.name:
            transaction.on_commit(partial(self.picture.storage.delete, name), robust=True)
