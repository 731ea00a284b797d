"""The form of a person or an organisation: a form for the whole, and rows for what there may be several of.

A little long: what is read from a contact into the fields and back stands side by side.
"""

from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory

from contacts.card import CardAddress, CardAffiliation, CardHandle, Contact, Name, Photo
from contacts.exceptions import InvalidHandle
from contacts.platforms import PLATFORMS, VALUE_MAX, normalise
from project.accounts.exceptions import InvalidPicture
from project.accounts.pictures import square

from .dates import PartialDateField, parts_of
from .snapshots import frozen, thawed

KINDS = {"person": "Person", "organization": "Organisation"}
NAME_FIELDS = ("name_prefix", "given_name", "additional_name", "family_name", "name_suffix")  # as in contacts.card.Name
ROWS_MAX = 10_000  # a form that were cut off would drop what stands behind the cut


class LineField(forms.CharField):
    """One line of text, of any length that a request may have."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label=label, required=False, **options)
        self.widget.attrs.update({"autocomplete": "off", "dir": "auto"})

    def clean(self, value: Any) -> str:
        return " ".join(super().clean(value).split())


class NameForm(forms.Form):
    """What a contact has once. drawn_from: the contact that the fields were filled from, signed."""

    kind = forms.ChoiceField(choices=KINDS.items(), widget=forms.RadioSelect)
    name_prefix = LineField("Title before the name")
    given_name = LineField("First name")
    additional_name = LineField("Middle names")
    family_name = LineField("Last name")
    name_suffix = LineField("After the name")
    nickname = LineField("Nickname")
    display_name = LineField("Shown as")
    birthday = PartialDateField(label="Birthday")
    anniversary = PartialDateField(label="Anniversary")
    notes = forms.CharField(
        label="Notes", required=False, strip=False, widget=forms.Textarea(attrs={"dir": "auto", "rows": 3})
    )
    picture = forms.FileField(
        label="Picture",
        required=False,
        help_text="JPEG, PNG, WebP or GIF, at most 5 MB. It is cropped to a square.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    remove_picture = forms.BooleanField(label="Remove the picture", required=False)
    drawn_from = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_picture(self) -> Photo | None:
        """Return what the card gets: the picture drawn anew, for nothing of a file goes anywhere as it came."""
        upload = self.cleaned_data["picture"]
        try:
            return Photo(square(upload, upload.size).read()) if upload else None
        except InvalidPicture as reason:
            raise ValidationError(str(reason)) from reason

    def clean_notes(self) -> str:
        return self.cleaned_data["notes"].replace("\r\n", "\n").replace("\r", "\n")


class RowForm(forms.Form):
    """One of several. at: its place in the contact that the form was drawn from, or nothing for a new one."""

    at = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class HandleForm(RowForm):
    platform = forms.ChoiceField(choices=list(PLATFORMS.items()), label="Kind", initial="phone")
    value = LineField(
        "Address or number", max_length=VALUE_MAX, widget=forms.TextInput(attrs={"placeholder": "Address or number"})
    )
    label = LineField("Label", widget=forms.TextInput(attrs={"placeholder": "Label", "list": "labels"}))
    preferred = forms.BooleanField(label="Preferred", required=False)

    def __init__(self, *arguments: Any, region: str = "", drawn: "tuple[CardHandle, ...]" = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.region, self.drawn = region, drawn

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if value := said.get("value"):
            former = drawn_at(self.drawn, said.get("at"))
            if former is not None and (former.platform, one_line(former.value)) == (said.get("platform"), value):
                said["value"], said["normalised"] = former.value, former.normalised
            elif "platform" in said:
                try:
                    said["normalised"] = normalise(said["platform"], value, self.region)
                except InvalidHandle as reason:
                    self.add_error("value", str(reason))
        return said


class AddressForm(RowForm):
    label = LineField("Label", widget=forms.TextInput(attrs={"placeholder": "home, work …", "list": "labels"}))
    street = forms.CharField(
        label="Street", required=False, widget=forms.Textarea(attrs={"rows": 1, "dir": "auto", "autocomplete": "off"})
    )
    extended = LineField("Flat, floor")
    po_box = LineField("Post box")
    postal_code = LineField("Postal code")
    locality = LineField("Town")
    region = LineField("Region")
    country = LineField("Country")
    preferred = forms.BooleanField(label="Preferred", required=False)


class AffiliationForm(RowForm):
    organization = LineField("Organisation")
    department = LineField("Department")
    title = LineField("Title")
    role = LineField("Role")


Rows = BaseFormSet
_options: dict[str, Any] = {"extra": 1, "can_delete": True, "max_num": ROWS_MAX, "absolute_max": ROWS_MAX}
HandleRows = formset_factory(HandleForm, **_options)
AddressRows = formset_factory(AddressForm, **_options)
AffiliationRows = formset_factory(AffiliationForm, **_options)


class PartyForm:
    """The form and its rows as one.

    contact: as the card is now; region: the country of telephone numbers without a prefix; data, files: what was
    posted.
    """

    def __init__(self, contact: Contact, region: str = "", data: Any = None, files: Any = None) -> None:
        self.now, self.region, self.data, self.is_bound = contact, region, data, data is not None
        self.shows_errors = self.is_bound
        self.drawn = contact
        if self.is_bound and data.get("drawn_from"):
            try:
                self.drawn = thawed(data["drawn_from"], contact)
            except ValidationError:
                data = data.copy()
                data["drawn_from"] = ""
        self.is_too_old = self.is_bound and not data.get("drawn_from")
        self.fields = NameForm(data, files, initial=_initial(self.drawn))
        handles = {"region": region, "drawn": self.drawn.handles}
        self.handles = HandleRows(data, initial=_numbered(self.drawn.handles), prefix="handles", form_kwargs=handles)
        self.addresses = AddressRows(data, initial=_numbered(self.drawn.addresses), prefix="addresses")
        self.affiliations = AffiliationRows(data, initial=_numbered(self.drawn.affiliations), prefix="affiliations")

    @property
    def parts(self) -> "tuple[forms.Form | Rows, ...]":
        return (self.fields, self.handles, self.addresses, self.affiliations)

    @property
    def has_errors(self) -> bool:
        """Whether a field is marked."""
        return self.shows_errors and any(
            set(form.errors) - {"__all__"}
            for part in self.parts
            for form in (part if isinstance(part, Rows) else [part])
        )

    @property
    def has_more_names(self) -> bool:
        return any(self.fields[name].value() for name in ("name_prefix", "additional_name", "name_suffix", "nickname"))

    @property
    def days(self) -> list[forms.BoundField]:
        return [self.fields["birthday"], self.fields["anniversary"]]

    def with_more(self, prefix: str) -> "PartyForm":
        """Return the form as it was sent, with one more row of a kind and without complaints."""
        data = self.data.copy()
        count = f"{prefix}-TOTAL_FORMS"
        if data.get(count, "").isdecimal():
            data[count] = str(int(data[count]) + 1)
        form = PartyForm(self.now, self.region, data)
        form.shows_errors = False
        return form

    def is_valid(self) -> bool:
        are_valid = [part.is_valid() for part in self.parts]  # all of them, so that every mistake is marked
        if not all(are_valid):
            return False
        if self.is_too_old:
            self.fields.add_error(None, "This form is too old. Reload the page and change the contact again.")
            return False
        if not self.contact().display_name and not self.contact().handles:
            self.fields.add_error("display_name", "Give a name, or at least an address or a number.")
            return False
        return True

    def contact(self) -> Contact:
        """Return the contact as the person wants it; what the form does not show stays as it was."""
        said, drawn = self.fields.cleaned_data, self.drawn
        is_person = said["kind"] == "person"
        new = replace(
            drawn,
            kind=said["kind"],
            name=Name(*(said[field] for field in NAME_FIELDS)) if is_person else drawn.name,
            nickname=said["nickname"] if is_person else drawn.nickname,
            birthday=said["birthday"] if is_person else drawn.birthday,
            anniversary=said["anniversary"] if is_person else drawn.anniversary,
            photo=said["picture"] or (None if said["remove_picture"] else drawn.photo),
            notes=said["notes"] if said["notes"] != _as_posted(drawn.notes) else drawn.notes,
            handles=_rows(self.handles, CardHandle, drawn.handles, "value"),
            addresses=_rows(self.addresses, CardAddress, drawn.addresses, *CardAddress._fields[1:8]),
            affiliations=_rows(self.affiliations, CardAffiliation, drawn.affiliations, *CardAffiliation._fields),
        )
        new = replace(new, display_name=_display_name(said["display_name"], drawn, new))
        return replace(new, affiliations=_named_after(new, drawn)) if new.kind == "organization" else new


def drawn_at(rows: "tuple[Any, ...]", at: int | None) -> Any:
    return rows[at] if at is not None and at < len(rows) else None


def one_line(text: str) -> str:
    return " ".join(text.split())


def composed(name: Name) -> str:
    """Return the parts of a name as they are said."""
    return " ".join(part for part in name if part)


def _initial(contact: Contact) -> dict[str, Any]:
    once = {name: getattr(contact, name) for name in ("nickname", "display_name", "notes")}
    days = {name: parts_of(getattr(contact, name)) for name in ("birthday", "anniversary")}
    names = dict(zip(NAME_FIELDS, contact.name, strict=True))
    return {"kind": contact.kind, **names, **once, **days, "drawn_from": frozen(contact)}


def _numbered(rows: "tuple[Any, ...]") -> list[dict[str, Any]]:
    return [{"at": at, **row._asdict()} for at, row in enumerate(rows)]


def _as_posted(notes: str) -> str:
    """What a browser and the form make of a text that nobody touches."""
    return notes.replace("\r\n", "\n").replace("\r", "\n")


def _rows(formset: Rows, kind: Any, drawn: "tuple[Any, ...]", *needed: str) -> "tuple[Any, ...]":
    """Return the rows that are to stay, in their order; one of which all needed fields are empty goes."""
    kept = []
    for form in formset:
        said = form.cleaned_data
        if not said or said.get("DELETE") or not any(said.get(name) for name in needed):
            continue
        former = drawn_at(drawn, said.get("at"))
        fields = {name: said[name] for name in kind._fields if name in said}
        if former is not None:
            # What nobody touched stays as the card has it, also where it has spaces that a form would lose.
            shown = {name: value for name, value in fields.items() if not _is_same(getattr(former, name), value)}
            if "value" in shown:
                shown["external_id"] = ""  # it was that of the former account
            kept.append(former._replace(**shown))
        else:
            kept.append(kind(**fields))
    return tuple(kept)


def _is_same(former: Any, value: Any) -> bool:
    return former == value or (isinstance(former, str) and one_line(former) == one_line(str(value)))


def _display_name(said: str, drawn: Contact, new: Contact) -> str:
    """Return what a contact is shown as: what was typed there; a name that was made of its parts follows them."""
    is_untouched = said == one_line(drawn.display_name)
    if said and not (is_untouched and new.name != drawn.name and said == composed(drawn.name)):
        return drawn.display_name if is_untouched else said
    if new.kind == "person" and (name := composed(new.name)):
        return name
    return new.nickname if new.kind == "person" else said


def _named_after(new: Contact, drawn: Contact) -> tuple[CardAffiliation, ...]:
    """Return the ORG lines of an organisation: the first is its own name and follows it."""
    first, *others = new.affiliations or (CardAffiliation(),)
    if first.organization in {"", drawn.display_name}:
        first = first._replace(organization=new.display_name)
    return (first, *others)
