"""Bytes of servers that XML cannot carry: brought through a parser as private characters, and back as they were.

Cards hold control characters and Latin-1, and servers paste them into XML as they are (Xandikos, sabre, Cyrus).
"""

import re

from contacts.exceptions import ListingIncomplete

# A byte that XML cannot carry travels as the character of this number and the byte's own: the last private ones.
_PRIVATE = 0x10FF00
_PRIVATE_UTF8 = re.compile(rb"\xf4\x8f[\xbc-\xbf][\x80-\xbf]")
_CARRIED = re.compile("[\U0010ff00-\U0010ffff]")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What XML forbids, and those private ones themselves.
_ILLEGAL = re.compile(f"{_FORBIDDEN.pattern}|{_CARRIED.pattern}")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # as "surrogateescape" decodes it
# References to characters, but for the ones that stand at the end of each line of a card.
_REFERENCE = re.compile(r"&#(?!13;|10;|9;|[xX]0?[dDaA9];)(?:[xX]([0-9a-fA-F]{1,40})|([0-9]{1,40}));")
_SUSPECT = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xf4\x8f[\xbc-\xbf]|&#(?!13;|10;|9;|[xX]0?[dDaA9];)"
)
_PROLOGUE = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})""")
# What a document may declare besides UTF-8; anything else is read as UTF-8, and saved as far as it goes.
_ENCODINGS = {"iso-8859-1": "latin-1", "latin1": "latin-1", "iso-8859-15": "iso-8859-15", "windows-1252": "cp1252"}


class BrokenAnswer(ListingIncomplete):
    """No multistatus, or one that does not end: nothing can be concluded from it."""


def carried(body: bytes) -> bytes:
    """Return body as UTF-8 that a parser can read. Raises BrokenAnswer for pages and for declared types."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        body = body.decode("utf-16", "replace").encode()
    body = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = _DECLARED.match(body)
    encoding = _ENCODINGS.get(declared[1].decode().lower()) if declared else None
    if encoding:
        body = body.decode(encoding, "replace").encode()
    start = _PROLOGUE.match(body)
    beginning = body[start.end() if start else 0 :][:15].lower()
    if beginning.startswith((b"<!doctype html", b"<html")):
        raise BrokenAnswer("The server answered with a web page instead of its address book.")
    if beginning.startswith(b"<!doctype"):
        raise BrokenAnswer("The server's answer declares document types, which is not accepted.")
    text = body.decode("utf-8", "surrogateescape")
    is_utf8 = not _NOT_UTF8.search(text)
    if is_utf8 and not _SUSPECT.search(body):
        return body
    text = _REFERENCE.sub(_referred, _ILLEGAL.sub(lambda found: _private(found[0]), text))
    return _NOT_UTF8.sub(lambda found: chr(_PRIVATE + ord(found[0]) - 0xDC00), text).encode()


def _referred(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    if number > 0x10FFFF:
        return chr(_PRIVATE + 0xFF)  # no character has this number, and no text this byte
    if 0xD800 <= number <= 0xDFFF or _ILLEGAL.match(chr(number)):
        return _private(chr(number))
    return found[0]


def _private(character: str) -> str:
    return "".join(chr(_PRIVATE + byte) for byte in character.encode("utf-8", "surrogatepass"))


def _number(private_utf8: bytes) -> int:
    return ord(private_utf8.decode()) - _PRIVATE


def restored(carried: str) -> bytes:
    """Return the bytes that the server sent for a text that came through the parser."""
    return _PRIVATE_UTF8.sub(lambda found: bytes([_number(found[0])]), carried.encode())


def is_damaged(carried: str) -> bool:
    """Whether XML could not carry a text as the server sent it: so it may not be what was meant."""
    if carried.isascii() or not _CARRIED.search(carried):
        return False
    text = restored(carried).decode("utf-8", "surrogateescape")
    return bool(_NOT_UTF8.search(text) or _FORBIDDEN.search(text))


def readable(carried: str) -> str:
    return _CARRIED.sub(_in_sight, carried)


def _in_sight(found: re.Match[str]) -> str:
    byte = ord(found[0]) - _PRIVATE
    return chr(byte) if byte > 0x9F else "\ufffd"


def href_of(carried: str) -> str:
    """Return an href; bytes that it should have encoded are, because nothing else can be sent back."""
    return _PRIVATE_UTF8.sub(lambda found: b"%%%02X" % _number(found[0]), carried.strip().encode()).decode()
