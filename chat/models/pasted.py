"""Addresses as people type and paste them: one, or many at once."""

import re
from typing import NamedTuple

from django.conf import settings

from contacts.exceptions import InvalidHandle
from contacts.platforms import VALUE_MAX, normalise

TEXT_MAX = 20_000  # characters
NUMBER_FROM = 6  # digits; what is shorter is no telephone number that somebody could be called at
NEEDS_COUNTRY = "Write the number with its country code, such as +49 170 1234567."
_NUMBER = re.compile(r"(?:tel:)?[\s(]*\+?[\d\s()./-]+\Z", re.IGNORECASE)
_IN_ANGLES = re.compile(r"\s*(?P<name>[^<>]*?)\s*<\s*(?P<address>[^<>\s]+)\s*>\s*\Z")
# What stands between two addresses, unless it stands in quotation marks or in angles.
_PIECE = re.compile(r"""((?:"[^"\n]{0,200}"|<[^<>\n]{0,600}>|[^,;\n\t"<]|["<])+)([,;\n\t]*)""")


class Typed(NamedTuple):
    """An address as somebody wrote it."""

    platform: str  # "email" or "phone"
    address: str  # normalised
    name: str = ""  # what stood before it, as in "Anna <anna@example.org>"

    @property
    def key(self) -> str:
        """The same in one writing, which typed() understands."""
        return f"{self.name} <{self.address}>" if self.name else self.address


class Pasted(NamedTuple):
    """What was understood of a text with several addresses, and what was not."""

    keys: list[str]
    unclear: list[str]


def looks_like_address(text: str) -> bool:
    return "@" in text or looks_like_number(text)


def looks_like_number(text: str) -> bool:
    return bool(_NUMBER.match(text)) and sum(letter.isdecimal() for letter in text) >= NUMBER_FROM


def typed(text: str) -> Typed | None:
    """Return the one address that text is, None where it is none, or a number without its country."""
    text = text.strip().rstrip(",;")
    if not text or len(text) > VALUE_MAX + 200 or "\0" in text:
        return None
    name = ""
    if found := _IN_ANGLES.match(text):
        name, text = " ".join(found["name"].strip("\"' ").split())[:100], found["address"]
    try:
        if "@" in text and not re.search(r"[,;]", text):
            address = normalise("email", text)
            return Typed("email", address, name) if "." in address.rpartition("@")[2] else None
        if looks_like_number(text):
            number = normalise("phone", text, settings.DEFAULT_REGION)
            return Typed("phone", number, name) if number.startswith("+") else None
    except InvalidHandle:
        pass
    return None


def pasted(text: str) -> Pasted | None:
    """Return the addresses of a text that holds several, None for a text that is something else."""
    pieces = _pieces(text)
    if len(pieces) < 2 or not any(looks_like_address(piece) for piece in pieces):
        return None
    keys, unclear = [], []
    for piece in pieces:
        one = typed(piece)
        if one:
            keys.append(one.key)
        else:
            unclear.append(piece)
    return Pasted(list(dict.fromkeys(keys)), unclear)


def _pieces(text: str) -> list[str]:
    found = [(piece.strip(), mark) for piece, mark in _PIECE.findall(text) if piece.strip()]
    pieces: list[str] = []
    waiting = ""
    for piece, mark in found:
        # "Novak, Anna <anna@example.org>": the comma belongs to the name.
        if mark == "," and not waiting and not looks_like_address(piece):
            waiting = piece
            continue
        is_name = bool(waiting and (match := _IN_ANGLES.match(piece)) and match["name"])
        if waiting and not is_name:
            pieces.append(waiting)
        pieces += (
            [f"{piece.partition('<')[0].strip()} {waiting} <{piece.partition('<')[2]}"] if is_name else _words(piece)
        )
        waiting = ""
    return [*pieces, waiting] if waiting else pieces


def _words(piece: str) -> list[str]:
    """Return the addresses that stand in piece with nothing but spaces between them, else piece as it is."""
    words = piece.split()
    return words if len(words) > 1 and all("@" in word for word in words) and "<" not in piece else [piece]
