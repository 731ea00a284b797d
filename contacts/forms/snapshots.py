"""What a form was drawn from, carried inside it: a later save changes only what the person changed, and not what a
sync wrote meanwhile."""

from dataclasses import replace
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError

from contacts.card import CardAddress, CardAffiliation, CardHandle, Contact, Name, PartialDate

SALT = "contacts.forms.snapshots"
# What the form shows; the rest of a contact is never changed there.
ONCE = ("kind", "display_name", "nickname", "notes")
DAYS = ("birthday", "anniversary")
ROWS = {"handles": CardHandle, "addresses": CardAddress, "affiliations": CardAffiliation}


def frozen(contact: Contact) -> str:
    """Return what the form shows of a contact as signed text."""
    fields = (*ONCE, "name", *DAYS, *ROWS)
    return signing.dumps({name: getattr(contact, name) for name in fields}, salt=SALT, compress=True)


def thawed(text: str, now: Contact) -> Contact:
    """Return the contact as it was when the form was drawn; now: as it is, for what the form does not show.

    Raises ValidationError for what this server has not signed.
    """
    try:
        said: dict[str, Any] = signing.loads(text, salt=SALT)
        fields = {name: said[name] for name in ONCE}
        fields |= {name: PartialDate(*said[name]) if said[name] else None for name in DAYS}
        fields |= {name: tuple(kind(*row) for row in said[name]) for name, kind in ROWS.items()}
        return replace(now, name=Name(*said["name"]), **fields)
    except (signing.BadSignature, KeyError, TypeError):
        raise ValidationError("This form is too old. Reload the page and change the contact again.") from None
