"""Which key opens what is kept encrypted, and how keys are changed while others write."""

import fcntl
import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from project import secrets
from project.secrets import RotationRefused, Secret, SecretUnreadable
from tests.project.machines import Safe

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
CONTENT = {"username": "alice", "password": "SECRET"}


@pytest.fixture(autouse=True)
def _old_key(settings, tables, db, monkeypatch) -> None:
    settings.CREDENTIAL_KEYS = (OLD,)
    monkeypatch.setattr(secrets, "WRITERS_PATIENCE_S", 0)


@pytest.fixture
def safe() -> Safe:
    return Safe.objects.create(label="mine", content=CONTENT)


@pytest.fixture
def kept(settings, tmp_path: Path) -> Path:
    """The key is in the data folder, and not in the environment."""
    settings.CREDENTIAL_KEYS = ()
    settings.CREDENTIAL_KEY_FILE = path = tmp_path / "credential_key"
    path.write_text(OLD)
    return path


def texts() -> list[str | None]:
    """What stands in the table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT content FROM {Safe._meta.db_table} ORDER BY id")
        return [text for (text,) in cursor.fetchall()]


def keys_in(path: Path) -> list[str]:
    return path.read_text().split(",")


def test_the_first_key_encrypts_and_every_key_opens(safe, settings):
    settings.CREDENTIAL_KEYS = (NEW, OLD)
    assert Safe.objects.get().content == CONTENT
    Safe.objects.create(content=CONTENT)
    Fernet(NEW).decrypt(texts()[1])
    Fernet(OLD).decrypt(texts()[0])


@pytest.fixture
def lost(safe, settings) -> Safe:
    """A row whose key is gone."""
    settings.CREDENTIAL_KEYS = (NEW,)
    return Safe.objects.get()


def test_an_unknown_key_is_told_with_what_to_do(lost):
    for look in (lambda: lost.content["password"], lambda: len(lost.content), lambda: lost.content == {}):
        with pytest.raises(SecretUnreadable, match=r"Put the old key back.*CREDENTIAL_KEY.*or enter it anew") as error:
            look()
        assert error.value.__suppress_context__
        assert texts()[0] not in str(error.value)


def test_a_row_whose_key_is_gone_can_be_read_saved_and_given_another(lost):
    before = texts()
    lost.label = "lost"
    lost.save()
    lost.refresh_from_db()
    assert (lost.label, repr(lost.content), texts()) == ("lost", "<hidden>", before)
    lost.content = {"password": "NEW"}
    lost.save()
    assert Safe.objects.get().content == {"password": "NEW"}


@pytest.mark.parametrize("text", ["", "no token", "gAAAAAB", "\u2603"])
def test_what_is_broken_is_told_in_the_same_way(text):
    Safe.objects.create()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Safe._meta.db_table} SET content = %s", [text])
    with pytest.raises(SecretUnreadable):
        Safe.objects.get().content["password"]


@pytest.mark.parametrize("keys", [("no key",), (OLD, "")])
def test_keys_that_are_none_are_not_repeated(settings, keys):
    settings.CREDENTIAL_KEYS = keys
    with pytest.raises(ImproperlyConfigured) as error:
        Safe.objects.create(content=CONTENT)
    assert "no key" not in str(error.value)
    assert error.value.__suppress_context__


def test_a_kept_key_is_read_at_each_use(safe, kept):
    assert Safe.objects.get().content == CONTENT
    kept.write_text(f"{NEW},{OLD}\n")
    Safe.objects.create(content=CONTENT)
    Fernet(NEW).decrypt(texts()[1])


def rotate(capsys) -> str:
    call_command("rotate_credential_key")
    return capsys.readouterr().out


def test_with_keys_from_outside_rows_move_to_the_first(safe, settings, registered, capsys):
    Safe.objects.filter(pk=safe.pk).update(spare={"more": "SECRET"})
    settings.CREDENTIAL_KEYS = (NEW, OLD)
    said = rotate(capsys)
    assert "Encrypted anew: 2." in said
    assert "All but the first key may be removed" in said
    settings.CREDENTIAL_KEYS = (NEW,)
    assert (Safe.objects.get().content, Safe.objects.get().spare) == (CONTENT, {"more": "SECRET"})


def test_what_has_the_first_key_already_is_not_written(safe, registered, capsys):
    before = texts()
    assert rotate(capsys) == "Encrypted anew: 0.\n"
    assert texts() == before


def test_a_row_that_no_key_opens_is_named_and_left_alone(safe, settings, registered):
    settings.CREDENTIAL_KEYS = (OTHER,)
    other = Safe.objects.create(content=CONTENT)
    settings.CREDENTIAL_KEYS = (NEW, OLD)
    before = texts()
    with pytest.raises(CommandError, match=f"No key opens these: safe {other.pk}\\. Put the key"):
        call_command("rotate_credential_key")
    assert texts()[1] == before[1]
    settings.CREDENTIAL_KEYS = (NEW,)
    assert Safe.objects.get(pk=safe.pk).content == CONTENT


def test_a_kept_key_is_replaced_by_a_new_one(safe, kept, registered, capsys):
    assert rotate(capsys) == "Encrypted anew: 1.\n"
    [key] = keys_in(kept)
    assert key != OLD
    assert kept.stat().st_mode & 0o777 == 0o600
    assert os.listdir(kept.parent) == ["credential_key"]
    assert Safe.objects.get().content == CONTENT


def test_the_new_key_is_kept_before_anything_is_encrypted_with_it(safe, kept, registered, monkeypatch):
    seen = []
    monkeypatch.setattr(secrets, "reencrypt", lambda: seen.append(keys_in(kept)) or (0, []))
    call_command("rotate_credential_key")
    assert seen == [[keys_in(kept)[0], OLD]]


@pytest.mark.parametrize("rows_done", [0, 1, 2])
def test_who_is_killed_in_between_can_come_again(kept, registered, monkeypatch, rows_done):
    for _ in range(2):
        Safe.objects.create(content=CONTENT)
    sealed, done = Secret.sealed, []

    def die(self):
        if len(done) == rows_done:
            raise KeyboardInterrupt
        done.append(self)
        return sealed(self)

    keep = secrets._keep
    monkeypatch.setattr(Secret, "sealed", die)
    monkeypatch.setattr(secrets, "_keep", lambda keys: keep(keys) if len(keys) > 1 else die(None))
    with pytest.raises(KeyboardInterrupt):
        call_command("rotate_credential_key")
    monkeypatch.undo()
    first, second = keys_in(kept)
    assert second == OLD
    assert [safe.content for safe in Safe.objects.all()] == [CONTENT] * 2
    call_command("rotate_credential_key")
    assert keys_in(kept) == [first]
    assert [safe.content for safe in Safe.objects.all()] == [CONTENT] * 2


def test_the_old_key_stays_while_a_row_needs_another(safe, kept, settings, registered):
    kept.write_text(OTHER)
    with pytest.raises(CommandError, match="No key opens these"):
        call_command("rotate_credential_key")
    assert len(keys_in(kept)) == 2
    kept.write_text(f"{kept.read_text()},{OLD}")
    call_command("rotate_credential_key")
    assert len(keys_in(kept)) == 1
    assert Safe.objects.get().content == CONTENT


def test_what_others_write_meanwhile_is_not_lost(safe, kept, registered, monkeypatch):
    late = [{"late": 1}, {"late": 2}]
    opens = secrets._opens

    def somebody_writes(cipher, text):
        if late:
            monkeypatch.setattr(secrets, "_keys", lambda: (OLD,))  # with the key that they took before
            Safe.objects.filter(pk=safe.pk).update(content=late.pop(0))
            monkeypatch.setattr(secrets, "_keys", keys)
        return opens(cipher, text)

    keys = secrets._keys
    monkeypatch.setattr(secrets, "_opens", somebody_writes)
    call_command("rotate_credential_key")
    assert Safe.objects.get().content == {"late": 2}


def test_two_cannot_change_the_key_at_once(safe, kept, registered):
    folder = os.open(kept.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with pytest.raises(CommandError, match="being changed right now"):
        call_command("rotate_credential_key")
    with pytest.raises(RotationRefused):
        secrets.rotate_kept_key()
    os.close(folder)
    assert keys_in(kept) == [OLD]
