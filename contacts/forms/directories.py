"""What people say of a place where they keep their contacts: where it is, who they are there, how it is mirrored."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from phonenumbers import SUPPORTED_REGIONS

from contacts.directories.base import Book, DirectoryBackend
from contacts.models import Directory
from contacts.templatetags.directories import interval

INTERVALS = (0, 15, 60, 6 * 60, 24 * 60, 7 * 24 * 60)
URL_MAX, NAME_MAX, SECRET_MAX = 2000, 200, 4096
SECRETS = ("username", "password", "token")
UNSEEN = {"autocapitalize": "none", "spellcheck": "false"}


class PlaceForm(forms.Form):
    """Where a directory is and how it is mirrored; what its kind does not ask for is left out.

    kind: the backend; required: whether what the kind cannot do without must be filled in.
    """

    url = forms.CharField(
        label="Address",
        max_length=URL_MAX,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", **UNSEEN}),
    )
    username = forms.CharField(
        label="User name",
        max_length=SECRET_MAX,
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", **UNSEEN}),
    )
    # Not "current-password": browsers would offer the one of the account here.
    password = forms.CharField(
        label="Password",
        max_length=SECRET_MAX,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    token = forms.CharField(
        label="Access token",
        max_length=SECRET_MAX,
        required=False,
        help_text="Instead of a password, where the server gives one.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    photos = forms.BooleanField(label="Also load pictures that cards only name by their address there", required=False)
    name = forms.CharField(
        label="Name", max_length=NAME_MAX, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    region = forms.ChoiceField(label="Country of phone numbers", required=False)
    interval_minutes = forms.TypedChoiceField(label="Sync", coerce=int, initial=INTERVALS[1])

    field_order = ["backend_class", "url", "username", "password", "token", "photos", "name", "interval_minutes"]

    def __init__(self, *args: Any, kind: type[DirectoryBackend], held: Directory | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for name in {"url", *SECRETS} - set(kind.asks):
            del self.fields[name]
        if "url" not in kind.asks:
            del self.fields["photos"]
        else:
            self.fields["url"].required = "url" in kind.requires
            self.fields["url"].help_text = address_hint(kind)
        self.fields["name"].help_text = "What to call it here. Without one, it is called after its address."
        self.fields["region"].help_text = "For numbers without a country prefix."
        own = settings.DEFAULT_REGION
        self._choose("region", [("", f"As on this server ({own})" if own else "None")], sorted(SUPPORTED_REGIONS))
        usual = {*INTERVALS, kind.effective_defaults().get("interval_minutes", 0)}
        usual |= {held.interval_minutes} if held else set()
        self._choose("interval_minutes", [], [(minutes, interval(minutes)) for minutes in sorted(usual)])

    def _choose(self, name: str, first: list[Any], others: Sequence[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*first, *(each if isinstance(each, tuple) else (each, each) for each in others)]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if not url.isprintable():
            raise ValidationError("This is no address.")
        return url

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("password") and said.get("token"):
            self.add_error("token", "Enter a password or a token, not both.")
        return said

    @property
    def kind_key(self) -> str:
        return self.kind.key

    @property
    def config(self) -> dict[str, Any]:
        """What the backend is told of the place."""
        config = {"url": self.cleaned_data["url"]} if self.cleaned_data.get("url") else {}
        return {**config, **({"photos": True} if self.cleaned_data.get("photos") else {})}

    @property
    def credential(self) -> dict[str, str]:
        """What must stay secret."""
        return {name: self.cleaned_data[name] for name in SECRETS if self.cleaned_data.get(name)}

    @property
    def settings(self) -> dict[str, Any]:
        """What is ours to decide."""
        said = self.cleaned_data
        name = said["name"] or said.get("url") or self.kind.display_label()
        return {"name": name, "region": said["region"], "interval_minutes": said["interval_minutes"]}


def address_hint(kind: type[DirectoryBackend]) -> str:
    return {
        "carddav": "The name of the server, your e-mail address there, or a web address.",
        "vcf": "The web address of the file, such as https://example.org/contacts.vcf.",
    }.get(kind.key, "")


class ConnectForm(PlaceForm):
    """A new directory. The kind comes first: what else is asked depends on it."""

    backend_class = forms.ChoiceField(label="Where are your contacts?", widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        kinds = Directory.objects.offered()
        picked = (data if data is not None else initial or {}).get("backend_class") or next(iter(kinds))
        kind = kinds.get(Directory.impl_field("backend_class").key_for(picked), next(iter(kinds.values())))
        seeds = {"backend_class": kind.key, **kind.effective_defaults(), **(initial or {})}
        super().__init__(data, initial=seeds, kind=kind)
        self._choose("backend_class", [], [(key, each.display_label()) for key, each in kinds.items()])
        self.kinds = [(each.choice(), each.description, key == kind.key) for key, each in kinds.items()]


class EditForm(PlaceForm):
    """A directory that is there. A password that is left empty stays as it is, but goes to no other place.

    stored: its credential.
    """

    def __init__(self, data: Any = None, *, directory: Directory, stored: Mapping[str, str]) -> None:
        self.directory, self.stored = directory, stored
        fields = {"name": directory.name, "region": directory.region, "interval_minutes": directory.interval_minutes}
        place = {"url": directory.config.get("url", ""), "photos": directory.config.get("photos", False)}
        seeds = {**fields, **place, "username": stored.get("username", "")}
        super().__init__(data, initial=seeds, kind=directory.backend_kind, held=directory)
        self.fields["name"].required = True
        self.fields["name"].help_text = ""
        for name in {"password", "token"} & set(self.fields):
            is_stored = bool(stored.get(name))
            self.fields[name].help_text = "Leave it empty to keep the one that is stored." if is_stored else ""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the place, or who asks there, is another one."""
        return bool({"url", *SECRETS} & set(self.changed_data))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        is_moved = {"url", "username"} & set(self.changed_data)
        has_secret = any(said.get(name) for name in ("password", "token"))
        stored = next((name for name in ("token", "password") if self.stored.get(name)), "")
        if is_moved and stored and not has_secret:
            sentence = f"Type the {stored} too: the stored one is sent to no other place or account."
            self.add_error(stored if stored in self.fields else None, sentence)
        return said

    @property
    def config(self) -> dict[str, Any]:
        kept = {name: value for name, value in self.directory.config.items() if name not in {"url", "photos"}}
        return {**kept, **super().config}

    @property
    def credential(self) -> dict[str, str]:
        said = super().credential
        if {"password", "token"} & said.keys():
            return said
        return {**self.stored, **said}


class BooksForm(forms.Form):
    """Which books to mirror. The values are their hrefs."""

    books = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, books: Sequence[Book]) -> None:
        super().__init__(data)
        field = self.fields["books"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(book.href, book.name) for book in books]
