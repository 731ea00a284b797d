"""What Parley must know and nobody should read: kept encrypted in the database, with keys of its own.

Fernet (AES-128 and HMAC-SHA256) of the cryptography package. The keys are not SECRET_KEY, so each can be changed
without the other: the first key encrypts, every key decrypts. They stand in CREDENTIAL_KEY, or in the data folder;
there they are read at each use, so that a server that runs goes along with a rotation.
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.models.functions import Cast
from django.db.models.query_utils import DeferredAttribute
from django.views.decorators.debug import sensitive_variables

HIDDEN = "<hidden>"
WRITERS_PATIENCE_S = 3.0


class SecretUnreadable(Exception):
    """A secret was encrypted with a key that is not there; str() is a sentence that says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "What was kept encrypted here cannot be read, because its key is not there. Put the old key back, behind "
            "the new one, into CREDENTIAL_KEY or the file credential_key of the data folder, or enter it anew."
        )


class RotationRefused(Exception):
    """A key cannot be changed now; str() is a sentence that says why."""


def _keys() -> tuple[str, ...]:
    if settings.CREDENTIAL_KEYS:
        return tuple(settings.CREDENTIAL_KEYS)
    return tuple(key.strip() for key in settings.CREDENTIAL_KEY_FILE.read_text().split(","))


def _cipher() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in _keys()])
    except (OSError, ValueError):
        raise ImproperlyConfigured("The keys of credentials cannot be read: look at CREDENTIAL_KEY.") from None


class Secret(MutableMapping[str, Any]):
    """A dict that is opened when somebody looks into it, and that shows nothing of itself.

    Opening raises SecretUnreadable when its key is gone; a row that holds it can still be read and saved.
    """

    @sensitive_variables()
    def __init__(self, values: Mapping[str, Any] | None = None, *, sealed: str | None = None) -> None:
        self._sealed = sealed or ""
        self._values = dict(values or {}) if sealed is None else None

    def sealed(self) -> str:
        """Return it encrypted; what nobody opened stays as it is."""
        if self._values is None:
            return self._sealed
        return _cipher().encrypt(json.dumps(self._values).encode()).decode()

    def _opened(self) -> dict[str, Any]:
        if self._values is None:
            try:
                self._values = json.loads(_cipher().decrypt(self._sealed))
            except (InvalidToken, ValueError):
                raise SecretUnreadable from None
        assert self._values is not None
        return self._values

    def __getitem__(self, name: str) -> Any:
        return self._opened()[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._opened()[name] = value

    def __delitem__(self, name: str) -> None:
        del self._opened()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened())

    def __len__(self) -> int:
        return len(self._opened())

    def __repr__(self) -> str:
        return HIDDEN


class _SecretAttribute(DeferredAttribute):
    """A dict that is assigned becomes a Secret at once."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class EncryptedJSONField(models.TextField):
    """A dict in Python, encrypted text in the database. It is in no form, and no row can be found by it."""

    descriptor_class = _SecretAttribute
    description = "Encrypted dict"

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("default", dict)
        options["editable"] = False
        super().__init__(*args, **options)

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, Secret) or hasattr(value, "resolve_expression"):
            return value
        if isinstance(value, str):  # from a fixture, as value_to_string wrote it
            return Secret(sealed=value)
        if isinstance(value, Mapping):
            return Secret(value)
        raise TypeError(f"{self.name} must be a dict, not {type(value).__name__}.")

    def from_db_value(self, value: str | None, *_: Any) -> Secret | None:
        return None if value is None else Secret(sealed=value)

    def get_prep_value(self, value: Any) -> Any:
        value = self.to_python(value)
        return value.sealed() if isinstance(value, Secret) else value

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: no row can be found by what it holds.")
        return super().get_lookup(lookup_name)


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedJSONField]]:
    """Yield every encrypted field with the model whose table holds it."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedJSONField):
                yield model, field


def reencrypt() -> tuple[int, list[str]]:
    """Encrypt all that is kept with the first key; return how many rows changed, and which cannot be read.

    Goes over all tables until it finds nothing to do, because others may write while it does.
    """
    changed = 0
    while True:
        passes = [_reencrypt(model, field) for model, field in encrypted_fields()]
        found = sum(stale for stale, _ in passes)
        if not found:
            return changed, [name for _, unreadable in passes for name in unreadable]
        changed += found


@sensitive_variables()
def _reencrypt(model: type[models.Model], field: EncryptedJSONField) -> tuple[int, list[str]]:
    cipher, first = _cipher(), Fernet(_keys()[0])
    rows = model._base_manager.annotate(sealed_text=Cast(field.name, models.TextField()))
    stale, unreadable = 0, []
    for pk, text in rows.filter(sealed_text__isnull=False).values_list("pk", "sealed_text"):
        if _opens(first, text):
            continue
        if not _opens(cipher, text):
            unreadable.append(f"{model._meta.verbose_name} {pk}")
            continue
        anew = Secret(sealed=cipher.rotate(text.encode()).decode())
        # Only what is still as it was read: somebody may have entered a new one since.
        rows.filter(pk=pk, sealed_text=text).update(**{field.name: anew})
        stale += 1
    return stale, unreadable


def _opens(cipher: Fernet | MultiFernet, text: str) -> bool:
    try:
        cipher.decrypt(text)
    except InvalidToken:
        return False
    return True


@sensitive_variables()
def rotate_kept_key() -> tuple[int, list[str]]:
    """Make a new key in the data folder, encrypt all with it and drop the old ones; return as reencrypt() does.

    The old keys stay until nothing needs them: whoever is killed in between can come again, and the rotation that
    was begun is brought to its end. Raises RotationRefused while somebody else is at it.
    """
    with _alone():
        keys = _keys()
        if len(keys) == 1:
            keys = (Fernet.generate_key().decode(), *keys)
            _keep(keys)
            # Who took the old key a moment ago may still be writing with it.
            time.sleep(WRITERS_PATIENCE_S)
        changed, unreadable = reencrypt()
        if not unreadable:
            _keep(keys[:1])
    return changed, unreadable


@contextmanager
def _alone() -> Iterator[None]:
    folder = os.open(settings.CREDENTIAL_KEY_FILE.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RotationRefused("The key is being changed right now.") from None
        yield
    finally:
        os.close(folder)


@sensitive_variables()
def _keep(keys: tuple[str, ...]) -> None:
    """Replace the file of keys as a whole, on disk before anything is encrypted with what is new in it."""
    path = settings.CREDENTIAL_KEY_FILE
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(",".join(keys))
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
