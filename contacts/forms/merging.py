"""What stays of two entries that become one, where they say different things."""

from dataclasses import dataclass, replace
from typing import Any

from django import forms

from contacts.card import Contact
from contacts.templatetags.book import day_in_words

# What a contact has once, and the fields of Contact that belong together.
ONCE = {
    "name": ("display_name", "name"),
    "nickname": ("nickname",),
    "birthday": ("birthday",),
    "anniversary": ("anniversary",),
    "notes": ("notes",),
}


@dataclass(frozen=True)
class Difference:
    """What one and the other say: in words, "" for nothing."""

    field: str
    label: str
    one: str
    other: str

    @property
    def is_same(self) -> bool:
        return self.one == self.other

    @property
    def is_choice(self) -> bool:
        return bool(self.one and self.other) and not self.is_same


def differences(one: Contact, other: Contact) -> list[Difference]:
    """Compare what both have once; what neither has is left out."""
    found = [Difference(field, field.capitalize(), in_words(one, field), in_words(other, field)) for field in ONCE]
    if found[0].is_same and one.name != other.name:
        found[0] = replace(found[0], one=parts_of(one), other=parts_of(other))
    return [row for row in found if row.one or row.other]


def in_words(contact: Contact, field: str) -> str:
    """Return what a contact says there, for people."""
    if field in {"birthday", "anniversary"}:
        return day_in_words(getattr(contact, field))
    return contact.display_name if field == "name" else str(getattr(contact, field))


def parts_of(contact: Contact) -> str:
    """Return a name with its parts told apart."""
    return f"{contact.display_name} ({' · '.join(part for part in contact.name if part) or 'without parts'})"


class ChoiceOfSides(forms.ChoiceField):
    """Whose word stays; the first one's where nobody says."""

    def __init__(self, *, with_both: bool) -> None:
        both = [("both", "Both")] if with_both else []
        super().__init__(choices=[("one", "Keep"), ("other", "Take"), *both], initial="one", required=False)


class MergeForm(forms.Form):
    """For each thing that both say differently: whose word stays. Notes can stay both."""

    def __init__(self, data: Any = None, *, one: Contact, other: Contact) -> None:
        super().__init__(data)
        self.one = one
        self.other = other
        for row in differences(one, other):
            if row.is_choice:
                self.fields[row.field] = ChoiceOfSides(with_both=row.field == "notes")

    def merged(self) -> Contact:
        """Return what the entry that stays shall say."""
        chosen = self.cleaned_data
        new = self.one
        for field, names in ONCE.items():
            if chosen.get(field) == "other":
                new = replace(new, **{name: getattr(self.other, name) for name in names})
            elif chosen.get(field) == "both":
                new = replace(new, notes=f"{self.one.notes}\n\n{self.other.notes}")
        return new
