"""Writing lines of a card in its own style: version, line ends, folding and character set of what is there already."""

import re
import uuid
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contacts.card.contact import CardAddress, CardAffiliation, CardHandle, Detail, Name, PartialDate, Photo
from contacts.card.dates import format_date
from contacts.card.handles import line_for
from contacts.card.labels import types_for, unwrapped, wrapped
from contacts.card.photos import encoded_photo
from contacts.charsets import clean, from_utf8, quoted, utf16_of
from contacts.lines import fold
from contacts.values import Card
from contacts.vcard import escaped, head

WIDTH_BYTES = 75
# For a detail that no property of the RFCs has room for; its label stands in X-ABLabel.
DETAIL = "X-PARLEY-DETAIL"
# Words that RELATED of RFC 6350 and X-ABRELATEDNAMES of Apple both know.
_RELATIONS = frozenset(
    {"Spouse", "Child", "Parent", "Mother", "Father", "Sibling", "Friend", "Partner", "Manager", "Assistant"}
)
_RFC_RELATIONS = frozenset({"Spouse", "Child", "Parent", "Sibling", "Friend"})
_END_OF_LINE = re.compile(rb"(?:\r{1,2}\n|\n|\r)\Z")
_NO_PLAIN_2_1 = re.compile(r"[^\x20-\x7e]|\\(?![,;])")

Params = Sequence[tuple[str, str]]


class Style(NamedTuple):
    """How a card is written. width_bytes: where lines are folded, 0 for never; utf16: as charsets.utf16_of."""

    version: str = "4.0"
    eol: str = "\r\n"
    width_bytes: int = WIDTH_BYTES
    utf16: str = ""


def style_of(card: Card) -> Style:
    """Return the style in which a card is written."""
    utf16 = utf16_of(card.raw)
    eol = next((end for line in card.lines if (end := end_of(line.raw, utf16))), "\r\n")
    # Text of 2.1 is never folded; in the others a long line that stands unfolded says that this writer does not.
    longest = max((max(map(len, line.raw.splitlines()), default=0) for line in card.lines), default=0)
    width = 0 if card.version == "2.1" or longest > 2 * WIDTH_BYTES else WIDTH_BYTES
    return Style(card.version, eol, width, utf16)


def end_of(raw: bytes, utf16: str = "") -> str:
    """Return the line end of a raw line, "" where it has none."""
    found = _END_OF_LINE.search(raw[-6:].replace(b"\0", b"") if utf16 else raw[-3:])
    return found[0].decode("ascii") if found else ""


class Composer:
    """Writes lines. groups: the names that are taken."""

    def __init__(self, style: Style, groups: Iterator[str] | Sequence[str] = ()) -> None:
        self.style, self.version = style, style.version
        numbers = (re.fullmatch(r"item([0-9]{1,9})", group, re.IGNORECASE) for group in groups)
        self._last_group = max((int(found[1]) for found in numbers if found), default=0)

    def fresh_group(self) -> str:
        """Return the name of a group that the card does not have."""
        self._last_group += 1
        return f"item{self._last_group}"

    def escaped(self, value: str, *, is_part: bool = False) -> str:
        """Return a text as it stands in a line."""
        return escaped(clean(value), self.version, is_part=is_part)

    def raw(self, written_head: str, value: str, *, is_binary: bool = False) -> bytes:
        """Return the bytes of a line, from its head and its value with its backslashes."""
        eol = self.style.eol
        if is_binary and self.version == "2.1":
            pieces = [value[at : at + 72] for at in range(0, len(value), 72)]
            line = f"{written_head}:{''.join(f'{eol} {piece}' for piece in pieces)}{eol}"
        elif self.version == "2.1" and _NO_PLAIN_2_1.search(value):
            written_head += ";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
            line = written_head + quoted(value, len(written_head.encode()), eol)
        else:
            width = WIDTH_BYTES if is_binary else self.style.width_bytes
            line = fold(f"{written_head}:{value}", eol, width)
        data = (line + eol).encode()
        return from_utf8(data, self.style.utf16) if self.style.utf16 else data

    def line(self, name: str, value: str, params: Params = (), group: str = "") -> bytes:
        """Return a line with a plain text as its value."""
        return self.raw(head(name, params, group, self.version), self.escaped(value))

    def parts(self, name: str, values: Sequence[str], separator: str = ";") -> bytes:
        """Return a line with a structured value, or with a list."""
        value = separator.join(self.escaped(part, is_part=True) for part in values)
        return self.raw(head(name, (), "", self.version), value)

    def labelled(
        self, name: str, params: Params, value: str, label: str, *, preferred: bool = False, group: str = ""
    ) -> list[bytes]:
        """Return a line with a label, as TYPE where that keeps it, else with a line of X-ABLabel.

        value: with its backslashes. group: the group to use for both, "" for a new one where it is needed.
        """
        words = types_for(label)
        if any(key == "TYPE" for key, _ in params) and label:
            words = None  # TYPE already says what the network is
        marks = [*params, *(("TYPE", word) for word in words or ())]
        if preferred:
            marks.append(("PREF", "1") if self.version == "4.0" else ("TYPE", "pref"))
        if words is None and not group:
            group = self.fresh_group()
        lines = [self.raw(head(name, marks, group, self.version), value)]
        if words is None:
            lines.append(self.label(label, group))
        return lines

    def label(self, label: str, group: str) -> bytes:
        """Return the line that labels a group; what would read as a word of a program is marked as a text."""
        return self.line("X-ABLabel", label, [("VALUE", "text")] if unwrapped(label) != label else [], group)

    def handle(self, handle: CardHandle, group: str = "") -> list[bytes]:
        """Return the lines of a handle."""
        name, params, value, is_uri = line_for(handle, self.version)
        value = clean(value).replace("\\", "\\\\") if is_uri and self.version != "2.1" else self.escaped(value)
        return self.labelled(name, params, value, handle.label, preferred=handle.preferred, group=group)

    def address(self, address: CardAddress, group: str = "") -> list[bytes]:
        """Return the lines of an address."""
        value = ";".join(self.escaped(part, is_part=True) for part in address[1:8])
        return self.labelled("ADR", (), value, address.label, preferred=address.preferred, group=group)

    def affiliation(self, affiliation: CardAffiliation, *, grouped: bool) -> list[bytes]:
        """Return the lines of an affiliation; grouped: in a group, to tell it from others."""
        lines = []
        group = self.fresh_group() if grouped else ""
        units = [affiliation.organization] + ([affiliation.department] if affiliation.department else [])
        if any(units):
            value = ";".join(self.escaped(unit, is_part=True) for unit in units)
            lines.append(self.raw(head("ORG", (), group, self.version), value))
        for name, value in (("TITLE", affiliation.title), ("ROLE", affiliation.role)):
            if value:
                lines.append(self.line(name, value, group=group))
        if grouped and len(lines) == 1:
            # A second line, though empty, makes them belong together.
            lines.append(self.line("TITLE" if any(units) else "ORG", "", group=group))
        return lines

    def affiliations(self, affiliations: Sequence[CardAffiliation]) -> list[bytes]:
        """Return the lines of all affiliations of a card."""
        grouped = len(affiliations) > 1 and any(found.title or found.role for found in affiliations)
        return [line for found in affiliations for line in self.affiliation(found, grouped=grouped)]

    def name(self, name: Name) -> bytes:
        """Return the line of N."""
        return self.parts("N", (name.family, name.given, name.additional, name.prefix, name.suffix))

    def date(self, name: str, day: PartialDate) -> list[bytes]:
        """Return the lines of a date; the anniversary was no property of its own before 4.0."""
        value, params = format_date(day, self.version)
        if name == "ANNIVERSARY" and self.version != "4.0":
            group = self.fresh_group()
            label = self.line("X-ABLabel", wrapped("anniversary"), group=group)
            return [self.line("X-ABDATE", value, params, group), label]
        return [self.line(name, value, params)]

    def kind(self, kind: str) -> list[bytes]:
        """Return the line that says what the card is about, none for a person."""
        if self.version == "4.0":
            words = {"organization": "org", "group": "group"}
            return [self.line("KIND", words[kind])] if kind in words else []
        if kind == "organization":
            return [self.line("X-ABShowAs", "COMPANY")]
        return [self.line("X-ADDRESSBOOKSERVER-KIND", "group")] if kind == "group" else []

    def uid(self, uid: str) -> bytes:
        """Return the line of a UID; a new one where uid is empty."""
        value = uid or str(uuid.uuid4())
        return self.line("UID", f"urn:uuid:{value}" if self.version == "4.0" and _is_uuid(value) else value)

    def member(self, member: str, name: str = "") -> bytes:
        """Return the line of a member of a group. name: of the property that the card uses."""
        name = name or ("MEMBER" if self.version == "4.0" else "X-ADDRESSBOOKSERVER-MEMBER")
        is_uri = member[:7].lower() == "mailto:" or member[:4].lower() == "tel:"
        return self.line(name, member if is_uri else f"urn:uuid:{member}")

    def photo(self, photo: Photo) -> bytes:
        """Return the line of a photo."""
        params, value, is_binary = encoded_photo(photo, self.version)
        return self.raw(head("PHOTO", params, "", self.version), value, is_binary=is_binary)

    def detail(self, detail: Detail) -> list[bytes]:
        """Return the lines of a detail: a relation as such, anything else under a label of its own."""
        if detail.label in _RFC_RELATIONS and self.version == "4.0":
            return [self.line("RELATED", detail.value, [("TYPE", detail.label.lower()), ("VALUE", "text")])]
        group = self.fresh_group()
        if detail.label in _RELATIONS:
            label = self.line("X-ABLabel", wrapped(detail.label), group=group)
            return [self.line("X-ABRELATEDNAMES", detail.value, group=group), label]
        return [self.line(DETAIL, detail.value, group=group), self.label(detail.label, group)]


def _is_uuid(value: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", value) is not None
