"""What a card says: reading it out of a vCard, editing it there, building a new one, merging two edits."""

from contacts.card.building import build
from contacts.card.contact import (
    CardAddress,
    CardAffiliation,
    CardHandle,
    Contact,
    Detail,
    Name,
    PartialDate,
    Photo,
)
from contacts.card.editing import edited
from contacts.card.reading import contact_of
from contacts.card.rebasing import rebase

__all__ = [
    "CardAddress",
    "CardAffiliation",
    "CardHandle",
    "Contact",
    "Detail",
    "Name",
    "PartialDate",
    "Photo",
    "build",
    "contact_of",
    "edited",
    "rebase",
]
