"""vCard files and cards: bytes -> cards -> logical lines -> values, and lines back to bytes (RFC 6350, 2426, 2.1).

Raw lines are the truth: whatever is read keeps its bytes, and a value is only a reading of them. vobject therefore
has the part that it does well, and this is the only module that imports it: it takes the parameters of a line apart,
and writes the head and the escapes of new lines. It does not read values, fold or split files, because there
vobject 0.9.9 loses what it was given: text after an unescaped comma, the second of several nicknames, the payload of
a data: URI, soft breaks, 2.1 parameters without a name, names with "/" or "_", everything after a broken line.
Reading a line and writing one stand here together, which makes this file longer than others.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from vobject.base import ContentLine, backslashEscape, parseParams

from contacts.charsets import BOM, charset_named, clean, decode, from_utf8, to_utf8, unquoted, utf16_of
from contacts.exceptions import UnreadableCard
from contacts.lines import cards, logical, mark_of, unfold
from contacts.values import Card, Line, Params, fields, text

__all__ = [
    "Card",
    "Line",
    "Piece",
    "content_of",
    "escaped",
    "fallback_charset",
    "head",
    "head_of",
    "read",
    "split",
    "written",
]

CARD_MAX_BYTES = 1024 * 1024
LINES_MAX = 20_000
# No picture of 5 MiB takes more, however it is encoded and folded.
LINE_MAX_BYTES = 15 * 1024 * 1024

_NAME_LINE = re.compile(rb"(?:\A|[\r\n])(?:[^\s:;]++\.)?(?:FN|N|ORG)[;:]", re.IGNORECASE)
_PHOTO = re.compile(rb"(?:[^\s:;]++\.)?PHOTO[;:]", re.IGNORECASE)
_VERSION = re.compile(rb"(?:[^\s:;]++\.)?VERSION[^:]*+:[ \t]*+([234])", re.IGNORECASE)
_CHARSET = re.compile(rb"CHARSET=\"?([\w.-]{3,40})", re.IGNORECASE)

_PROPERTY = re.compile(r"(?:(?P<group>[^\s;:\"]+)\.)?(?P<name>[A-Za-z0-9_/-]+)\Z")
# The head of a line up to its colon: as the RFCs have it, then with \" inside quotes (Apple), both possessive.
_HEAD = re.compile(rb'[^;:"]++(?:;[^;:="]*+(?:=(?:"[^"]*+"|[^";:,]*+)(?:,(?:"[^"]*+"|[^";:,]*+))*+)?+)*+(?=:)')
_LOOSE_HEAD = re.compile(rb'(?:[^":\\]|\\.|"(?:[^"\\]|\\.)*+")*+(?=:)', re.DOTALL)
# What vobject's parseParams takes apart without a loss; it is only shown heads that match.
_PARAMS = re.compile(r'(?:;[A-Za-z0-9-]++(?:=(?:"[^"]++"|[^";:,]++)(?:,(?:"[^"]++"|[^";:,]++))*+)?+)*+\Z')
_LOOSE_PARAM = re.compile(r';([^;="]++)(?:(=)((?:\\.|"(?:\\.|[^"\\])*+"|[^;"\\])*+))?+', re.DOTALL)
_LOOSE_VALUE = re.compile(r'((?:\\.|"(?:\\.|[^"\\])*+"|[^,"\\])++)', re.DOTALL)
_PLAIN_PARAM = re.compile(r"[\w.@+-]+\Z", re.ASCII)
_RFC_6868 = {"^n": "\n", "^N": "\n", "^'": '"', "^^": "^"}

_ENCODINGS = {"QUOTED-PRINTABLE": "quoted-printable", "QP": "quoted-printable", "BASE64": "base64", "B": "base64"}
# Words that 2.1 writes without the name of their parameter, when they are no TYPE.
_BARE = dict.fromkeys((*_ENCODINGS, "7BIT", "8BIT"), "ENCODING") | {"URL": "VALUE", "URI": "VALUE"}


class Piece(NamedTuple):
    """One card of a file, with what stands before it.

    number: counted from 1; name: whom it names, if that is easily seen; problem: "" or a sentence why it is refused.
    """

    raw: bytes
    number: int
    name: str
    problem: str


class _Head(NamedTuple):
    group: str
    name: str
    params: Params
    encoding: str
    charset: str


def split(data: bytes) -> Iterator[Piece]:
    """Yield the cards of a file, one by one: their raw bytes joined are data, whatever data is.

    Text between cards goes with the next one, what comes last with the last. A piece without a card, or with one
    that is too large, has a problem.
    """
    utf16 = utf16_of(data)
    held: Piece | None = None
    for number, (raw, has_card) in enumerate(cards(to_utf8(data, utf16) if utf16 else data), start=1):
        if held:
            yield held
        held = _piece(raw, number, utf16, has_card=has_card)
    if held:
        # Half a character of UTF-16 at the end of a file.
        yield held._replace(raw=held.raw + data[len(data) // 2 * 2 :]) if utf16 else held


def _piece(raw: bytes, number: int, utf16: str, *, has_card: bool) -> Piece:
    name = _name_in(raw) if has_card else ""
    problem = ""
    if not has_card:
        problem = "There is no vCard in this text."
    elif _is_too_large(raw):
        problem = _too_large(name)
    return Piece(from_utf8(raw, utf16) if utf16 else raw, number, name, problem)


def _name_in(raw: bytes) -> str:
    """Return the name on a card without reading all of it: FN, else N or ORG."""
    best = ""
    fallback = "cp1252" if raw.isascii() else fallback_charset(raw)
    for found in _NAME_LINE.finditer(raw, 0, 64 * 1024):
        at = found.start() + (raw[found.start()] in b"\r\n")
        line = _line(next(logical(raw[at : at + 2000])), "3.0", fallback)
        if line.name == "FN" and line.value:
            return text(line, "3.0")
        parts = fields(line, "3.0")[: 1 + (line.name == "N")]
        best = best or " ".join(part for part in reversed(parts) if part)
    return best


def _too_large(name: str) -> str:
    return f"The card of {name or 'somebody without a name'} is larger than 1 MiB without its photo."


def _is_too_large(raw: bytes) -> bool:
    """Tell whether a card is larger than it may be, without its photo."""
    if len(raw) <= CARD_MAX_BYTES:
        return False
    size = 0
    for line in logical(raw):
        if not _PHOTO.match(line):
            size += len(line)
            if size > CARD_MAX_BYTES:
                return True
    return False


def read(raw: bytes) -> Card:
    """Return one card as its lines; raw may have text around it, as a Piece has.

    Raises UnreadableCard, with a sentence, for what is no card and for one that is too large or has too many lines.
    """
    utf16 = utf16_of(raw)
    data = to_utf8(raw, utf16) if utf16 else raw
    if _is_too_large(data):
        raise UnreadableCard(_too_large(_name_in(data)))
    chunks = []
    for chunk in logical(data):
        chunks.append(chunk)
        if len(chunks) > LINES_MAX:
            raise UnreadableCard(f"This card has more than {LINES_MAX:,} lines.")
    marks = [(mark_of(chunk), at) for at, chunk in enumerate(chunks) if chunk[0] in b"BbEe\xef"]
    begin = next((at for mark, at in marks if mark == b"BEGIN"), None)
    if begin is None:
        raise UnreadableCard("There is no vCard in this text: no line says BEGIN:VCARD.")
    end = next((at for mark, at in marks if mark == b"END" and at > begin), len(chunks))
    version, fallback = _version_of(chunks[begin:end]), fallback_charset(data)
    lines = [
        _line(chunk, version, fallback) if begin <= at <= end else _stray(chunk, fallback)
        for at, chunk in enumerate(chunks)
    ]
    if utf16:
        lines = [line._replace(raw=from_utf8(line.raw, utf16)) for line in lines]
        if len(raw) % 2:
            lines[-1] = lines[-1]._replace(raw=lines[-1].raw + raw[-1:])
    return Card(raw, version, tuple(lines))


def _version_of(chunks: Sequence[bytes]) -> str:
    for chunk in chunks:
        found = _VERSION.match(chunk)
        if found:
            return {b"2": "2.1", b"3": "3.0", b"4": "4.0"}[found[1]]
    return "3.0"


def fallback_charset(data: bytes) -> str:
    """Return what the lines without CHARSET are likely in: what another line of the card names, else Windows-1252."""
    for found in _CHARSET.finditer(data):
        charset = charset_named(found[1].decode("ascii", "replace"))
        if charset not in {"", "utf-8", "ascii"}:
            return charset
    return "cp1252"


def _stray(raw: bytes, fallback: str) -> Line:
    value, problem = decode(raw.removeprefix(BOM), "", fallback)
    return Line(raw, "", "", (), clean(value).strip(), problem=problem)


def _head_end(content: bytes) -> int:
    """Return where the colon stands between the head of an unfolded line and its value, -1 for no property."""
    at = content.find(b":")
    if at < 0:
        return at
    head = content[:at]
    if b'"' in head:
        found = _HEAD.match(content) or _LOOSE_HEAD.match(content)
        return found.end() if found else at
    if b";LABEL=" in head and head[:3].upper() == b"ADR":
        # A label without its quotes may hold colons; the post-office box that follows does not.
        return max(at, content.rfind(b":", at, content.find(b";", at)))
    return at


def _line(raw: bytes, version: str, fallback: str) -> Line:
    colon = raw.find(b":")
    written_head = raw[:colon] if colon >= 0 else b""
    head = None
    if len(raw) > LINE_MAX_BYTES or (b"\n" not in written_head and b'"' not in written_head):
        # Pictures are long: their base64 is not unfolded, only freed of white space.
        head = _head_of(written_head, fallback)
        if head and len(raw) > LINE_MAX_BYTES:
            return Line(raw, head.group, head.name, head.params, "", head.encoding, "larger than 5 MiB")
        if head and head.encoding == "base64":
            value, problem = decode(raw[colon + 1 :].translate(None, b" \t\r\n"), head.charset, fallback)
            return Line(raw, head.group, head.name, head.params, clean(value), head.encoding, problem)
    is_quoted = b"=" in raw[colon:] and b"QUOTED-PRINTABLE" in written_head.upper()
    content = unfold(raw, is_2_1=version == "2.1", is_quoted=is_quoted)
    at = _head_end(content)
    if head is None or content[:at] != written_head:
        head = _head_of(content[:at], fallback) if at >= 0 else None
    if head is None:
        return _stray(raw, fallback)
    data = content[at + 1 :]
    if head.encoding == "base64":
        data = data.translate(None, b" \t\r\n")
    elif head.encoding == "quoted-printable":
        data = unquoted(data)
    value, problem = decode(data, head.charset, fallback)
    return Line(raw, head.group, head.name, head.params, clean(value), head.encoding, problem)


def _head_of(data: bytes, fallback: str) -> _Head | None:
    # Heads repeat from card to card; only short ones are remembered, which bounds the memory.
    return _remembered_head(data, fallback) if len(data) <= 120 else _parsed_head(data, fallback)


def _parsed_head(data: bytes, fallback: str) -> _Head | None:
    written, _, params_text = clean(decode(data.removeprefix(BOM), "", fallback)[0]).partition(";")
    found = _PROPERTY.match(written.strip())
    if not found:
        return None
    params = _params_of(";" + params_text) if params_text else ()
    encoding = charset = ""
    for name, values in params:
        if name == "ENCODING":
            encoding = next((_ENCODINGS[word.upper()] for word in values if word.upper() in _ENCODINGS), encoding)
        elif name == "CHARSET" and values:
            charset = charset_named(values[0])
    return _Head(found["group"] or "", found["name"].upper(), params, encoding, charset)


_remembered_head = lru_cache(maxsize=4096)(_parsed_head)


def _params_of(written: str) -> Params:
    written = re.sub(r";[ \t]*(?=;|\Z)", "", written)
    found = parseParams(written) if _PARAMS.match(written) else _loose_params(written)
    params = []
    for name, *values in found:
        key = name.upper()
        if not values:
            key, values = _BARE.get(key, "TYPE"), [name]
        elif key == "TYPE":
            values = [word.strip() for value in values for word in value.split(",") if word.strip()]
        params.append((key, tuple(_unescaped_param(value) for value in values)))
    return tuple(params)


def _loose_params(written: str) -> Iterator[list[str]]:
    for name, equals, values in _LOOSE_PARAM.findall(written):
        parts = [_unquoted_param(part) for part in _LOOSE_VALUE.findall(values)]
        yield [name.strip(), *(parts or [""] * len(equals))]


def _unquoted_param(part: str) -> str:
    return (re.sub(r'\\(["\\])', r"\1", part) if "\\" in part else part).strip('"')


def _unescaped_param(value: str) -> str:
    return re.sub(r"\^[nN'^]", lambda found: _RFC_6868[found[0]], value) if "^" in value else value


def content_of(line: Line) -> bytes:
    """Return the bytes of a line without its end and its folds, in UTF-8 where the card is in UTF-16."""
    raw = line.raw
    if b"\0" in raw[:4]:
        raw = to_utf8(raw, "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be")
    return unfold(raw)


def written(line: Line) -> str:
    """Return a line as it stands in the card, unfolded: the evidence for what was read in it."""
    return clean(content_of(line).decode("utf-8", "replace")).strip()


def head_of(line: Line) -> str:
    """Return the head of a line as it stands in the card, up to its colon."""
    content = content_of(line)
    return clean(decode(content[: _head_end(content)].removeprefix(BOM))[0])


def escaped(value: str, version: str, *, is_part: bool = False) -> str:
    """Return text with the backslashes of its version; is_part: of a structured value or a list."""
    if version != "2.1":
        return str(backslashEscape(value))
    return value.replace(";", "\\;").replace(",", "\\,") if is_part else value


def head(name: str, params: Sequence[tuple[str, str]], group: str, version: str) -> str:
    """Return the head of a new line, up to its colon: "item1.TEL;TYPE=home"."""
    if version == "2.1":
        # Here no parameter can be quoted: what would need it is left away.
        plain = [(key, value) for key, value in params if _PLAIN_PARAM.match(value)]
        words = "".join(f";{value.upper()}" if key == "TYPE" else f";{key}={value}" for key, value in plain)
        return (f"{group}." if group else "") + name + words
    quoted = [(key, _escaped_param(value)) for key, value in params]
    line = ContentLine(name, quoted, "", group or None, encoded=True)
    return str(line.serialize(lineLength=10**9)).rstrip("\r\n").removesuffix(":")


def _escaped_param(value: str) -> str:
    """Return a parameter value as RFC 6868 writes it."""
    return clean(value).replace("^", "^^").replace("\n", "^n").replace('"', "^'")
