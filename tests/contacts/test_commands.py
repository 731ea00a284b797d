"""The commands of the address book: what they do, and that what is wrong is said in one sentence."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from contacts.models import Directory, Party
from project.accounts.models import User
from tests.contacts.files import HUGE, card
from tests.contacts.shelf import BACKENDS, PASSWORD, URL, Shelf, put

pytestmark = pytest.mark.django_db
Run = Callable[..., str]


@pytest.fixture(autouse=True)
def _shelf() -> Iterator[None]:
    put(friends=["Anna", "Ben"], work=["Cyd"])
    with override_settings(DIRECTORY_BACKENDS=BACKENDS):
        yield


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """run(command, ...): what it writes to standard output. password: what stands on standard input."""

    def run(*arguments: str, password: str | bytes = PASSWORD) -> str:
        raw = password.encode() if isinstance(password, str) else password
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw + b"\n" * bool(raw)), encoding="utf-8"))
        said = io.StringIO()
        call_command(*arguments, stdout=said, stderr=io.StringIO())
        return said.getvalue()

    return run


def added(run: Run, *more: str, **options: str) -> str:
    to_shelf = ("--owner", "alice@example.org", "--backend", "shelf", "--url", URL, "--username", "ali")
    return run("add_directory", *to_shelf, "--password-stdin", *more, **options)


def names(owner: User) -> list[str]:
    return [str(party) for party in Party.objects.of(owner).listed()]


# --- add_directory -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_directory_that_is_added_is_synced_at_once(run: Run, alice: User) -> None:
    said = added(run, "--name", "Home")
    directory = Directory.objects.get()
    assert said == f"Home is connected as {directory.public_id}, with 2 books: Friends, Work.\n"
    assert (directory.owner, str(directory), directory.interval_minutes) == (alice, "Home", 60)
    assert names(alice) == ["Anna", "Ben", "Cyd"]


def test_a_directory_without_a_name_is_called_after_its_address(run: Run, alice: User) -> None:
    told = json.loads(added(run, "--json"))
    assert told == {"directory": Directory.objects.get().public_id, "name": URL, "books": ["Friends", "Work"]}


def test_the_key_may_be_written_as_people_write_it(run: Run, alice: User) -> None:
    run("add_directory", "--owner", "ALICE@example.org", "--backend", "STACK", "--url", URL)
    assert Directory.objects.get().backend_class == "stack"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name the owner of the address book with --owner EMAIL."),
        (("--owner", "nobody@example.org"), "There is no account with the address nobody@example.org."),
        (("--owner", "alice@example.org"), "Name the kind of place with --backend. Choose one of: carddav, gate, s"),
        (("--owner", "alice@example.org", "--backend", "moon"), "'moon' is no kind of place. Choose one of: carddav,"),
        (("--owner", "alice@example.org", "--backend", "manual"), "A directory of the kind manual cannot be added."),
        (("--owner", "alice@example.org", "--backend", "shelf"), "Say where it is with --url."),
        (
            ("--owner", "alice@example.org", "--backend", "shelf", "--url", "https://example.org/"),
            "There is no shelf at this address.",
        ),
    ],
)
def test_what_is_wrong_with_a_directory_is_said_in_a_sentence(
    run: Run, alice: User, arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError) as error:
        run("add_directory", *arguments)
    assert str(error.value).startswith(sentence)
    assert not Directory.objects.exists()


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("wrong one", "The shelf did not accept this user name and password."),
        ("", "There is no password or token on standard input."),
        (b"\xff\xfe\xfd", "What is on standard input is not UTF-8 text."),
        ("bell \7", "A password or token is one line of at most 4096 visible characters."),
    ],
)
def test_nothing_is_stored_when_the_probe_fails(
    run: Run, alice: User, password: str, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(CommandError) as error:
        added(run, password=password)
    assert str(error.value) == sentence
    assert not Directory.objects.exists()
    assert not password or str(password) not in caplog.text


# --- sync_directories --------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(alice: User) -> Directory:
    return connected(alice)


def connected(owner: User, **fields: object) -> Directory:
    """A directory of owner that was never synced, and is not due."""
    secret = {"username": "ali", "password": PASSWORD}
    made = {"name": "Home", "backend_class": "shelf", "config": {"url": URL}, "credential": secret}
    return Directory.objects.create(owner=owner, **{**made, **fields})


def test_every_directory_is_synced_also_when_it_is_not_due(run: Run, alice: User, bob: User, shelf: Directory) -> None:
    other = connected(bob, name="Other")
    told = [json.loads(line) for line in run("sync_directories", "--json").splitlines()]
    assert [line["directory"] for line in told] == [shelf.public_id, other.public_id]
    assert set(told[0]) == {
        "directory", "created", "updated", "removed", "unchanged", "quarantined", "requests", "bytes_received",
        "seconds", "error",
    }  # fmt: skip
    assert (told[0]["created"], told[0]["error"]) == (3, "")
    assert names(alice) == names(bob) == ["Anna", "Ben", "Cyd"]


def test_new_books_are_found_as_if_somebody_waited(run: Run, alice: User, shelf: Directory) -> None:
    run("sync_directories")
    Directory.objects.update(books_asked_at=timezone.now() - timedelta(hours=1))
    put(friends=["Anna", "Ben"], work=["Cyd"], club=["Dan"])
    assert run("sync_directories") == (
        "Home (alice@example.org): 1 created, 0 updated, 0 removed, 3 unchanged, 0 quarantined.\n"
    )


def test_one_owner_or_one_directory_may_be_named(run: Run, alice: User, bob: User, shelf: Directory) -> None:
    connected(bob)
    run("sync_directories", "--owner", "bob@example.org")
    assert (names(alice), names(bob)) == ([], ["Anna", "Ben", "Cyd"])
    run("sync_directories", "--directory", shelf.public_id)
    assert names(alice) == ["Anna", "Ben", "Cyd"]


def test_paused_ones_and_those_by_hand_are_left_alone(run: Run, alice: User, shelf: Directory) -> None:
    Directory.objects.by_hand(alice)
    shelf.pause()
    assert run("sync_directories") == ""
    with pytest.raises(CommandError, match=r"Home is paused\."):
        run("sync_directories", "--directory", shelf.public_id)


def test_one_that_fails_is_told_and_the_others_are_synced(run: Run, alice: User, bob: User) -> None:
    broken, good = connected(alice, credential={}), connected(bob)
    said = io.StringIO()
    with pytest.raises(CommandError, match=r"1 of 2 directories could not be synced\."):
        call_command("sync_directories", "--json", stdout=said)
    told = {line["directory"]: line["error"] for line in map(json.loads, said.getvalue().splitlines())}
    assert told == {
        broken.public_id: "The shelf did not accept this user name and password.", good.public_id: "",
    }  # fmt: skip
    assert names(bob) == ["Anna", "Ben", "Cyd"]


def test_one_that_is_being_synced_is_told_as_busy(run: Run, alice: User, shelf: Directory) -> None:
    shelf._begin()
    said = io.StringIO()
    with pytest.raises(CommandError, match=r"1 of 1 directories could not be synced\."):
        call_command("sync_directories", "--json", stdout=said)
    assert json.loads(said.getvalue())["error"] == "This directory is being synced right now."


def test_a_surprise_is_logged_and_told_without_its_text(
    run: Run, shelf: Directory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(backend: Shelf) -> None:
        raise RuntimeError("deep inside")

    monkeypatch.setattr(Shelf, "require_right", broken)
    said = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("sync_directories", stdout=said)
    assert "Something went wrong here." in said.getvalue()
    assert "deep inside" in caplog.text
    assert "deep inside" not in said.getvalue()


def test_a_directory_of_somebody_else_is_not_there(run: Run, carol: User, shelf: Directory) -> None:
    with pytest.raises(CommandError, match=f"There is no directory {shelf.public_id} of this owner."):
        run("sync_directories", "--owner", "carol@example.org", "--directory", shelf.public_id)
    with pytest.raises(CommandError, match=r"There is no directory nothing\."):
        run("sync_directories", "--directory", "nothing")


# --- import_vcards and export_vcards -----------------------------------------------------------------------------


def test_files_are_imported_into_the_folder_by_hand(run: Run, alice: User, tmp_path: Path) -> None:
    (tmp_path / "one.vcf").write_bytes(card("Anna") + HUGE)
    (tmp_path / "two.vcf").write_bytes(card("Ben"))
    paths = [str(tmp_path / name) for name in ("one.vcf", "two.vcf")]
    said = run("import_vcards", "--owner", "alice@example.org", *paths)
    assert said.splitlines() == [
        f"{paths[0]}: 1 new, 0 changed, 0 unchanged, 0 repeated, 1 left out.",
        f"{paths[1]}: 1 new, 0 changed, 0 unchanged, 0 repeated, 0 left out.",
    ]
    assert names(alice) == ["Anna", "Ben"]
    told = [
        json.loads(line)
        for line in run("import_vcards", "--json", "--owner", "alice@example.org", *paths).split("\n")[:-1]
    ]
    assert [(line["file"], line["created"], line["unchanged"]) for line in told] == [(paths[0], 0, 1), (paths[1], 0, 1)]
    assert [refused["name"] for refused in told[0]["refused"]] == ["Gus"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"\n", "is empty."),
        (b"x" * (1024 * 1024 + 1), "is larger than 1 MiB (IMPORT_MAX_MIB)."),
        (b"<html>", "None of these files holds a contact that can be read."),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_sentence(
    run: Run, alice: User, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "cards.vcf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as error, override_settings(IMPORT_MAX_MIB=1):
        run("import_vcards", "--owner", "alice@example.org", str(path))
    assert str(error.value).endswith(sentence)
    assert not names(alice)


def test_all_files_are_looked_at_before_any_is_imported(run: Run, alice: User, tmp_path: Path) -> None:
    (tmp_path / "one.vcf").write_bytes(card("Anna"))
    with pytest.raises(CommandError, match=r"two\.vcf cannot be read"):
        run("import_vcards", "--owner", "alice@example.org", str(tmp_path / "one.vcf"), str(tmp_path / "two.vcf"))
    assert not names(alice)


def test_an_export_is_what_was_imported(run: Run, alice: User, tmp_path: Path) -> None:
    data = card("Anna", "NOTE:a,b") + card("Åsa")
    (tmp_path / "in.vcf").write_bytes(data)
    run("import_vcards", "--owner", "alice@example.org", str(tmp_path / "in.vcf"))
    out = tmp_path / "out.vcf"
    assert run("export_vcards", "--owner", "alice@example.org", "--output", str(out)) == ""
    assert out.read_bytes() == data
    assert out.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.vcf", "out.vcf"]
    assert run("export_vcards", "--owner", "alice@example.org").encode() == data


def test_an_export_to_standard_output_is_bytes(
    run: Run, alice: User, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "in.vcf").write_bytes(data := card("Åsa"))
    run("import_vcards", "--owner", "alice@example.org", str(tmp_path / "in.vcf"))
    call_command("export_vcards", "--owner", "alice@example.org")
    assert capfdbinary.readouterr().out == data


def test_an_export_that_cannot_be_written_is_said_in_a_sentence(run: Run, alice: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be written: No such file or directory\."):
        run("export_vcards", "--owner", "alice@example.org", "--output", str(tmp_path / "no" / "out.vcf"))
    with pytest.raises(CommandError, match="Name the owner"):
        run("export_vcards")
