"""Uploads wait for their owner's word, are imported once, and leave nothing behind."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from contacts import importing, tasks
from contacts.models import Folder, Party, Upload, upload
from contacts.signals import upload_confirmed, upload_progressed
from project.accounts.models import User
from tests.contacts.files import HUGE, card

pytestmark = pytest.mark.django_db
State = Upload.State


@pytest.fixture(autouse=True)
def folder_of_uploads(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PARLEY_DATA=tmp_path):
        yield tmp_path / "imports"


@pytest.fixture
def home(alice: User) -> Folder:
    return Folder.objects.by_hand(alice)


def uploaded(owner: User, *contents: bytes) -> Upload:
    return Upload.objects.receive(owner, [(f"{at}.vcf", [data]) for at, data in enumerate(contents, 1)])


def read(owner: User, *contents: bytes) -> Upload:
    found = uploaded(owner, *contents)
    found.read()
    return found


def names(owner: User) -> list[str]:
    return [str(party) for party in Party.objects.of(owner).listed()]


def test_files_wait_where_only_the_server_may_read_them(alice: User, folder_of_uploads: Path) -> None:
    waiting = uploaded(alice, card("Anna"), card("Ben"))
    assert waiting.files == [{"name": f"{at}.vcf", "size": len(card(name))} for at, name in ((1, "Anna"), (2, "Ben"))]
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder_of_uploads.rglob("*")}
    assert modes == {waiting.public_id: 0o700, "0.vcf": 0o600, "1.vcf": 0o600}
    assert folder_of_uploads.stat().st_mode & 0o777 == 0o700


def test_a_preview_tells_what_would_happen_and_nothing_does(alice: User, home: Folder) -> None:
    importing.bring_in(home, [card("Anna") + card("Ben")])
    waiting = read(alice, card("Anna") + card("Ben", "NOTE:new") + card("Cyd") + HUGE, card("Cyd"))
    assert (waiting.state, waiting.card_count) == (State.READ, 5)
    seen = waiting.preview(home)
    assert (seen.new, seen.changed, seen.unchanged, seen.repeated) == (["Cyd"], ["Ben"], 1, 1)
    assert [name for name, _ in seen.refused] == ["Gus"]
    assert waiting.preview(None).new == ["Anna", "Ben", "Cyd"]
    assert names(alice) == ["Anna", "Ben"]


def test_more_cards_than_can_be_looked_at_are_refused_with_a_sentence(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "CARDS_MAX", 3)
    assert read(alice, card("Anna") + card("Ben"), card("Cyd")).state == State.READ
    refused = read(alice, card("Anna") + card("Ben"), card("Cyd") + card("Dan"))
    assert (refused.state, refused.problem[:34]) == (State.FAILED, "There are more than 3 cards here. ")


@pytest.mark.django_db(transaction=True)
def test_what_is_confirmed_is_imported_and_its_files_are_gone(
    alice: User, home: Folder, folder_of_uploads: Path
) -> None:
    waiting = read(alice, card("Anna") + HUGE)
    assert waiting.confirm(home)
    waiting.refresh_from_db()
    assert names(alice) == ["Anna"]
    assert (waiting.state, waiting.result["created"], waiting.result["refused_count"]) == (State.DONE, 1, 1)
    assert waiting.result["refused"][0][0] == "Gus"
    assert not list(folder_of_uploads.iterdir())


def test_confirmed_twice_it_is_imported_once(
    alice: User, home: Folder, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[Upload] = []

    def hear(sender: Any, upload: Upload, **kwargs: Any) -> None:
        heard.append(upload)

    waiting = read(alice, card("Anna"))
    upload_confirmed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert waiting.confirm(home)
            assert not Upload.objects.get(pk=waiting.pk).confirm(home)
            assert not waiting.confirm(home)
    finally:
        upload_confirmed.disconnect(hear)
    assert heard == [waiting]
    Upload.objects.get(pk=waiting.pk).run()
    assert Party.objects.count() == 1


def test_what_is_not_confirmed_is_not_imported(alice: User, home: Folder) -> None:
    for waiting in (uploaded(alice, card("Anna")), read(alice, card("Anna"))):
        waiting.run()
    assert not names(alice)


def test_an_upload_is_done_by_one_worker_at_a_time(alice: User, home: Folder) -> None:
    waiting = uploaded(alice, card("Anna"))
    Upload.objects.update(lease_until=timezone.now() + timedelta(minutes=1))
    waiting.read()
    assert Upload.objects.get().state == State.UPLOADED


def test_what_a_killed_worker_left_is_continued_once_its_lease_is_over(alice: User, home: Folder) -> None:
    waiting = read(alice, card("Anna"))
    Upload.objects.update(state=State.CONFIRMED, folder=home, lease_until=timezone.now() + timedelta(minutes=1))
    tasks.continue_uploads.call_local()
    assert not names(alice)
    Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.continue_uploads.call_local()
    assert names(alice) == ["Anna"]
    assert Upload.objects.get(pk=waiting.pk).state == State.DONE


def test_reading_that_a_killed_worker_left_is_continued_too(alice: User) -> None:
    uploaded(alice, card("Anna"))
    tasks.continue_uploads.call_local()
    assert Upload.objects.get().state == State.READ


def test_what_nobody_confirms_is_swept_after_an_hour(alice: User, folder_of_uploads: Path) -> None:
    waiting = read(alice, card("Anna"))
    tasks.sweep_uploads.call_local()
    assert Upload.objects.exists()
    Upload.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    tasks.sweep_uploads.call_local()
    assert not Upload.objects.exists()
    assert not waiting.path.exists()


def test_what_was_imported_is_remembered_for_a_week(alice: User) -> None:
    read(alice, card("Anna"))
    Upload.objects.update(state=State.DONE, updated_at=timezone.now() - timedelta(days=6))
    Upload.objects.sweep()
    assert Upload.objects.exists()
    Upload.objects.update(updated_at=timezone.now() - timedelta(days=8))
    Upload.objects.sweep()
    assert not Upload.objects.exists()


def test_files_whose_owner_is_gone_are_swept(alice: User, folder_of_uploads: Path) -> None:
    waiting = read(alice, card("Anna"))
    alice.delete()
    Upload.objects.sweep()
    assert waiting.path.exists()  # somebody may be receiving it at this moment
    long_ago = (timezone.now() - timedelta(hours=2)).timestamp()
    os.utime(waiting.path, (long_ago, long_ago))
    Upload.objects.sweep()
    assert not waiting.path.exists()


def test_an_import_whose_folder_is_gone_says_so(alice: User, home: Folder) -> None:
    waiting = read(alice, card("Anna"))
    Upload.objects.update(state=State.CONFIRMED, folder=None)
    waiting.run()
    assert (waiting.state, waiting.problem) == (
        State.FAILED, "The folder that it should go into is not there any more.",
    )  # fmt: skip


def test_an_import_whose_files_are_gone_says_so(alice: User, home: Folder) -> None:
    waiting = uploaded(alice, card("Anna"))
    shutil.rmtree(waiting.path)
    waiting.read()
    assert waiting.problem == "The uploaded files are not there any more. Upload them again."


def test_a_surprise_is_told_without_its_text(alice: User, home: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("deep inside")

    waiting = uploaded(alice, card("Anna"))
    monkeypatch.setattr(importing, "survey", broken)
    with pytest.raises(RuntimeError):
        waiting.read()
    assert Upload.objects.get().problem == "Something went wrong here. It is in the server's log."


def test_what_is_discarded_while_it_is_read_is_forgotten(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "RENEWED_S", 0)
    waiting = uploaded(alice, card("Anna") * 3)
    survey = importing.survey

    def discarding(data: bytes, region: str) -> Iterator[importing.Found]:
        Upload.objects.all().delete()
        yield from survey(data, region)

    monkeypatch.setattr(importing, "survey", discarding)
    waiting.read()
    assert not Upload.objects.exists()


def test_how_far_it_is_is_told_while_it_goes_on(alice: User, home: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "REPORTED_S", 0)
    monkeypatch.setattr(upload, "RENEWED_S", 0)
    told: list[tuple[str, dict[str, int]]] = []

    def hear(sender: Any, upload: Upload, **kwargs: Any) -> None:
        told.append((upload.state, upload.progress))
        assert Upload.objects.get().progress == upload.progress

    waiting = read(alice, *[b"".join(card(f"Person {number}") for number in range(60))])
    Upload.objects.update(state=State.CONFIRMED, folder=home)
    upload_progressed.connect(hear)
    try:
        waiting.run()
    finally:
        upload_progressed.disconnect(hear)
    assert told == [
        (State.CONFIRMED, {"done": 50, "total": 60}), (State.CONFIRMED, {"done": 60, "total": 60}), (State.DONE, {}),
    ]  # fmt: skip
    assert json.loads(json.dumps(waiting.result))["created"] == 60
