"""What a card says, in the words of the book. Every text is clean for a database: no NUL, no lone surrogate."""

from dataclasses import dataclass, field
from typing import NamedTuple


class PartialDate(NamedTuple):
    """A day, with or without its year; str() is "1990-05-15" or "--05-15" (RFC 6350, 4.3.1)."""

    year: int | None
    month: int
    day: int

    def __str__(self) -> str:
        year = "-" if self.year is None else f"{self.year:04d}"
        return f"{year}-{self.month:02d}-{self.day:02d}"


class Name(NamedTuple):
    """The parts of N."""

    prefix: str = ""
    given: str = ""
    additional: str = ""
    family: str = ""
    suffix: str = ""


class CardHandle(NamedTuple):
    """One way to reach somebody.

    platform: a key of contacts.platforms.PLATFORMS; value: as the card writes it, without the scheme of its URI;
    normalised: for comparing; label: "home", "work fax" or what a person wrote; external_id: the network's own id;
    line: the property line as text, the evidence.
    """

    platform: str
    value: str
    normalised: str = ""
    label: str = ""
    preferred: bool = False
    external_id: str = ""
    line: str = ""

    @property
    def as_said(self) -> "CardHandle":
        """The same without what is derived from it: two lines that are equal then say the same."""
        return self._replace(normalised="", line="")


class CardAddress(NamedTuple):
    """The seven parts of ADR, with its label."""

    label: str = ""
    po_box: str = ""
    extended: str = ""
    street: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    preferred: bool = False


class CardAffiliation(NamedTuple):
    """ORG with the TITLE and ROLE that belong to it; department: its further units, joined with ", "."""

    organization: str = ""
    department: str = ""
    title: str = ""
    role: str = ""


class Photo(NamedTuple):
    """The bytes of a picture, or where it can be had; one of both."""

    data: bytes = b""
    uri: str = ""


class Detail(NamedTuple):
    """Anything else on a card: a label in words for people, and its text."""

    label: str
    value: str


@dataclass(frozen=True)
class Contact:
    """What one card says.

    kind: "person", "organization" or "group". display_name: FN, else the first of N, NICKNAME, ORG, e-mail, phone
    that there is; "" when the card names nothing. uid, members: without "urn:uuid:"; members may also be "mailto:"
    and "tel:" URIs. details: whatever has a name and no field. unreadable: (property, text or reason) of the lines
    that cannot be decoded.
    """

    kind: str = "person"
    uid: str = ""
    display_name: str = ""
    name: Name = field(default_factory=Name)
    nickname: str = ""
    birthday: PartialDate | None = None
    anniversary: PartialDate | None = None
    notes: str = ""
    handles: tuple[CardHandle, ...] = ()
    addresses: tuple[CardAddress, ...] = ()
    affiliations: tuple[CardAffiliation, ...] = ()
    categories: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    photo: Photo | None = None
    details: tuple[Detail, ...] = ()
    unreadable: tuple[Detail, ...] = ()
