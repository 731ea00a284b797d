"""Importing files: looked at first, stored only when confirmed, once; and carol at every door."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from contacts.importing import bring_in
from contacts.models import Folder, Party, Upload
from contacts.views import imports
from project.accounts.models import User
from tests.cast import signed_in
from tests.contacts.files import HUGE, card

pytestmark = pytest.mark.django_db
FORM = "/contacts/import/"


@pytest.fixture(autouse=True)
def _folder_of_uploads(tmp_path: Path) -> Iterator[None]:
    with override_settings(PARLEY_DATA=tmp_path):
        yield


@pytest.fixture
def page(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def home(alice: User) -> Folder:
    return Folder.objects.by_hand(alice)


def send(page: Client, *contents: bytes, **more: Any) -> Any:
    files = [SimpleUploadedFile(f"{at}.vcf", data, "text/vcard") for at, data in enumerate(contents, 1)]
    return page.post(FORM, {"cards": files}, **more)


def uploaded(page: Client, *contents: bytes) -> Upload:
    answer = send(page, *contents)
    assert answer.status_code == 303, words(answer)
    upload = Upload.objects.latest("pk")
    assert answer.url == at(upload)
    return upload


def at(upload: Upload, verb: str = "show") -> str:
    return reverse(f"contacts:import_{verb}", args=[upload.public_id])


def words(answer: Any) -> str:
    main = answer.content.decode().partition("<main")[2]
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())
    return re.sub(r" (?=[,.:])", "", text)


def names(owner: User) -> list[str]:
    return [str(party) for party in Party.objects.of(owner).listed()]


# --- Looked at first ---------------------------------------------------------------------------------------------


def test_before_the_confirmation_nothing_is_in_the_book(page: Client, alice: User, home: Folder) -> None:
    bring_in(home, [card("Anna") + card("Ben")])
    upload = uploaded(page, card("Anna") + card("Ben", "NOTE:new") + card("Cyd") + HUGE)
    said = words(page.get(at(upload)))
    assert "New 1 Changed 1 Unchanged 1 Left out 1" in said
    assert "Gus: The card of Gus is larger than 1 MiB" in said
    assert "Import 2 contacts" in said
    assert names(alice) == ["Anna", "Ben"]


@pytest.mark.django_db(transaction=True)
def test_what_is_confirmed_is_in_the_book(page: Client, alice: User, home: Folder) -> None:
    upload = uploaded(page, card("Anna") + HUGE, card("Ben"))
    answer = page.post(at(upload, "confirm"), {"folder": home.public_id})
    assert (answer.status_code, answer.url) == (303, at(upload))
    assert names(alice) == ["Anna", "Ben"]
    said = words(page.get(at(upload)))
    assert "2 new They are in My contacts." in said
    assert "Gus: The card of Gus is larger" in said
    assert "2 new" in words(page.get(FORM))


@pytest.mark.django_db(transaction=True)
def test_confirmed_twice_it_is_imported_once(page: Client, alice: User, home: Folder) -> None:
    upload = uploaded(page, card("Anna"))
    for _ in range(2):
        assert page.post(at(upload, "confirm"), {"folder": home.public_id}).url == at(upload)
    assert Party.objects.count() == 1
    assert Upload.objects.get().result["created"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_new_folder_is_made_by_its_name(page: Client, alice: User) -> None:
    answer = page.post(at(uploaded(page, card("Anna")), "confirm"), {"folder": "new", "name": "Club"})
    assert answer.status_code == 303
    folder = Folder.objects.get()
    assert (folder.name, folder.directory.backend_class, folder.is_mirrored) == ("Club", "manual", False)
    assert Party.objects.get().folder == folder
    page.post(at(uploaded(page, card("Ben")), "confirm"), {"folder": "new", "name": "Club"})
    assert Folder.objects.count() == 1


def test_a_preview_makes_no_folder(page: Client) -> None:
    upload = uploaded(page, card("Anna"))
    assert "A new folder" in words(page.get(at(upload)))
    assert not Folder.objects.exists()


def test_what_is_new_depends_on_the_folder(page: Client, home: Folder) -> None:
    bring_in(home, [card("Anna")])
    upload = uploaded(page, card("Anna"))
    assert "Nothing to import" in words(page.get(at(upload)))
    assert "Import 1 contact" in words(page.get(at(upload) + "?folder=new"))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"folder": "new", "name": ""}, "Give the new folder a name."),
        ({"folder": "0" * 16}, "is not one of the available choices."),
        ({}, "This field is required."),
    ],
)
def test_without_a_folder_nothing_is_imported(page: Client, said: dict[str, str], sentence: str) -> None:
    upload = uploaded(page, card("Anna"))
    answer = page.post(at(upload, "confirm"), said)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert Upload.objects.get().state == "read"


def test_mirrored_books_are_no_place_for_an_import(page: Client, alice: User, folder: Folder) -> None:
    upload = uploaded(page, card("Anna"))
    assert folder.name not in words(page.get(at(upload)))
    assert page.post(at(upload, "confirm"), {"folder": folder.public_id}).status_code == 422


def test_what_is_discarded_is_gone(page: Client, alice: User) -> None:
    upload = uploaded(page, card("Anna"))
    assert page.post(at(upload, "discard")).url == FORM
    assert page.get(at(upload)).status_code == 404
    assert not upload.path.exists()


def test_while_it_is_imported_it_cannot_be_discarded(page: Client, home: Folder) -> None:
    upload = uploaded(page, card("Anna"))
    Upload.objects.update(state="confirmed", folder=home)
    page.post(at(upload, "discard"))
    assert Upload.objects.exists()


def test_names_from_the_file_are_shown_as_text(page: Client) -> None:
    upload = uploaded(page, card("<img src=x>") + HUGE.replace(b"Gus", b"<b>Gus</b>"))
    html = page.get(at(upload)).content.decode()
    assert "<img src=x>" not in html
    assert "<b>Gus" not in html


def test_a_large_file_is_read_by_the_worker(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[int] = []
    monkeypatch.setattr(imports, "READ_AT_ONCE_BYTES", 10)
    monkeypatch.setattr(imports, "read_upload", queued.append)
    upload = uploaded(page, card("Anna"))
    assert queued == [upload.pk]
    assert "Reading: waiting for its turn" in words(page.get(at(upload)))
    upload.read()
    assert "Import 1 contact" in words(page.get(at(upload)))


def test_how_far_it_is_is_shown(page: Client, home: Folder) -> None:
    upload = uploaded(page, card("Anna"))
    Upload.objects.update(state="confirmed", folder=home, progress={"done": 30, "total": 120})
    assert "Importing: 25 %" in words(page.get(at(upload)))
    Upload.objects.update(state="failed", problem="The disk is full.")
    assert "The disk is full." in words(page.get(at(upload)))


def test_an_upload_whose_files_are_gone_has_nothing_to_import(page: Client) -> None:
    upload = uploaded(page, card("Anna"))
    for path in upload.path.iterdir():
        path.unlink()
    assert "Nothing to import" in words(page.get(at(upload)))


# --- What is not taken -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        ((), "Choose a file first."),
        ((b"",), "“1.vcf” is empty."),
        ((b"x" * (1024 * 1024 + 1),), "“1.vcf” is larger than 1 MiB."),
        ((card("Anna"),) * 21, "At most 20 files at once."),
    ],
)
def test_what_cannot_be_uploaded_is_said(page: Client, contents: tuple[bytes, ...], sentence: str) -> None:
    with override_settings(IMPORT_MAX_MIB=1):
        answer = send(page, *contents)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not Upload.objects.exists()


def test_too_large_a_request_is_refused_before_anything_in_it_is_read(page: Client) -> None:
    with override_settings(IMPORT_MAX_MIB=1):
        answer = page.generic("POST", FORM, b"not read", "multipart/form-data; boundary=x", CONTENT_LENGTH="4300000")
    assert answer.status_code == 413
    assert "This is more than 3 MiB." in words(answer)


def test_nobody_fills_the_disk_with_uploads(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "WAITING_MAX", 1)
    uploaded(page, card("Anna"))
    answer = send(page, card("Ben"))
    assert answer.status_code == 422
    assert "Many uploads of yours wait" in words(answer)


def test_a_form_of_another_site_is_refused(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert send(strict, card("Anna")).status_code == 403
    assert not Upload.objects.exists()


def test_a_form_of_this_site_is_taken(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    html = strict.get(FORM).content.decode().partition("<main")[2]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert token
    files = [SimpleUploadedFile("a.vcf", card("Anna"), "text/vcard")]
    assert strict.post(FORM, {"cards": files, "csrfmiddlewaretoken": token[1]}).status_code == 303


# --- Doors -------------------------------------------------------------------------------------------------------


def test_for_others_an_upload_does_not_exist(page: Client, carol: User, home: Folder) -> None:
    upload = uploaded(page, card("Anna"))
    theirs = signed_in(carol)
    assert theirs.get(at(upload)).status_code == 404
    assert theirs.post(at(upload, "confirm"), {"folder": "new", "name": "Mine"}).status_code == 404
    assert theirs.post(at(upload, "discard")).status_code == 404
    assert Upload.objects.get().state == "read"
    assert "1.vcf" not in words(theirs.get(FORM))
    assert "1.vcf" in words(page.get(FORM))


def test_nobody_imports_into_the_folder_of_another(page: Client, carol: User, home: Folder) -> None:
    upload = uploaded(signed_in(carol), card("Anna"))
    answer = signed_in(carol).post(at(upload, "confirm"), {"folder": home.public_id})
    assert answer.status_code == 422
    assert home.name not in words(answer)
    assert not Party.objects.exists()


def test_a_get_changes_nothing(page: Client) -> None:
    upload = uploaded(page, card("Anna"))
    for verb in ("confirm", "discard"):
        assert page.get(at(upload, verb)).status_code == 405
    assert Upload.objects.get().state == "read"


def test_who_is_not_signed_in_uploads_nothing(db: None) -> None:
    assert send(Client(), card("Anna")).status_code == 302
    assert not Upload.objects.exists()
