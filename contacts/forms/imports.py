"""What people upload: files of contacts, and the folder that they shall go into."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from contacts.models import Directory, Folder
from project.accounts.models import User

FILES_MAX = 20
NEW = "new"
MIB = 1024 * 1024


def upload_max_bytes() -> int:
    """Return how much one upload may hold in all: three of the largest files."""
    return int(3 * settings.IMPORT_MAX_MIB * MIB)


class FilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class FilesField(forms.FileField):
    """One or more files, cleaned to a list."""

    widget = FilesInput(attrs={"accept": ".vcf,.vcard,text/vcard,text/x-vcard"})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        for file in data or []:
            if not file.size:
                raise ValidationError(f"“{file.name}” is empty.")
        files = [super(FilesField, self).clean(file, initial) for file in data or [None]]
        if len(files) > FILES_MAX:
            raise ValidationError(f"At most {FILES_MAX} files at once.")
        for file in files:
            if file.size > settings.IMPORT_MAX_MIB * MIB:
                raise ValidationError(f"“{file.name}” is larger than {settings.IMPORT_MAX_MIB} MiB.")
        return files


class UploadForm(forms.Form):
    cards = FilesField(label="vCard files", error_messages={"required": "Choose a file first."})

    def contents(self) -> Iterable[tuple[str, Iterable[bytes]]]:
        """Yield each file's name and content, in pieces."""
        for file in self.cleaned_data["cards"]:
            yield (file.name or "")[:200], file.chunks()


class FolderForm(forms.Form):
    """One of the folders that somebody keeps here, or a new one."""

    folder = forms.ChoiceField(label="Into the folder")
    name = forms.CharField(label="Name of the new folder", max_length=200, required=False)

    def __init__(self, data: Any = None, *, owner: User) -> None:
        self.owner = owner
        by_hand = Folder.objects.filter(owner=owner, directory__backend_class="manual")
        self.folders = list(by_hand.order_by("name", "pk"))
        first = next((folder.public_id for folder in self.folders), NEW)
        super().__init__(data, initial={"folder": first})
        field = self.fields["folder"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*((folder.public_id, folder.name) for folder in self.folders), (NEW, "A new folder")]
        if not self.folders:
            self.initial["name"] = "My contacts"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("folder") == NEW and not said.get("name"):
            self.add_error("name", "Give the new folder a name.")
        return said

    def picked(self, public_id: str) -> Folder | None:
        """Return the folder of an id, None for a new one."""
        return next((folder for folder in self.folders if folder.public_id == public_id), None)

    @transaction.atomic
    def save(self) -> Folder:
        """Return the chosen folder, made if it is new and there is none of that name."""
        if folder := self.picked(self.cleaned_data["folder"]):
            return folder
        directory, name = Directory.objects.by_hand(self.owner), self.cleaned_data["name"]
        there = directory.folders.filter(name=name).first()
        return there or directory.folders.create(owner=self.owner, name=name, is_mirrored=False)
