"""What the logical lines of a card say: texts, parts between semicolons, parts between commas.

RFC 6350, 3.4 and RFC 2426, 4 (backslashes); vCard 2.1 knows fewer of them, and inside quoted-printable next to none.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_ESCAPE = re.compile(r"\\([nN\\,;:\"'])")
_ESCAPE_2_1 = re.compile(r"\\([nN,;:])")
_ESCAPE_QUOTED_2_1 = re.compile(r"\\([,;])")
_FIELD = re.compile(r"((?:[^\\;]++|\\.|\\\Z)*+)(;|\Z)", re.DOTALL)
_ITEM = re.compile(r"((?:[^\\,]++|\\.|\\\Z)*+)(,|\Z)", re.DOTALL)

Params = tuple[tuple[str, tuple[str, ...]], ...]


class Line(NamedTuple):
    """One logical line.

    group, name: upper case name, "" for what is no property (empty lines, stray text); params: with upper case names,
    2.1 words without a name as TYPE; value: unfolded and decoded, but with its backslashes; encoding: "",
    "quoted-printable" or "base64", as the raw line has it; problem: "" or why the value could not be decoded.
    """

    raw: bytes
    group: str
    name: str
    params: Params
    value: str
    encoding: str = ""
    problem: str = ""


class Card(NamedTuple):
    """One card. version: "2.1", "3.0" or "4.0"; lines: all of raw, from BEGIN to END and what stands around."""

    raw: bytes
    version: str
    lines: tuple[Line, ...]


def param(line: Line, name: str) -> str:
    """Return the first value of a parameter, "" without it. name: in upper case."""
    return next((values[0] for key, values in line.params if key == name and values), "")


def types(line: Line) -> list[str]:
    """Return the TYPE values of a line in lower case, in the order in which they stand."""
    return [value.lower() for key, values in line.params if key == "TYPE" for value in values]


def text(line: Line, version: str) -> str:
    """Return the value of a line as one text: nothing is cut at a comma or semicolon."""
    return _plain(line.value, line, version).strip()


def fields(line: Line, version: str) -> list[str]:
    """Return the parts between the semicolons of a structured value (N, ADR, ORG)."""
    return [_plain(part, line, version, is_part=True).strip() for part in raw_fields(line)]


def name_fields(line: Line, version: str) -> list[str]:
    """Return the parts of N; lists are set off, so that "Jr.,M.D." is "Jr., M.D." (RFC 6350, 6.2.2)."""
    if version == "2.1" or "," not in line.value:
        return fields(line, version)
    parts = ("".join(_set_off(_parts(_ITEM, ",", part))) for part in raw_fields(line))
    return [_plain(part, line, version, is_part=True).strip() for part in parts]


def _set_off(parts: list[str]) -> Iterator[str]:
    for at, part in enumerate(parts):
        yield part if at == 0 else f",{'' if part[:1] in {'', ' '} else ' '}{part}"


def items(line: Line, version: str) -> list[str]:
    """Return the parts between the commas of a list (NICKNAME, CATEGORIES), without empty ones."""
    return [plain for _, plain in item_pairs(line, version)]


def item_pairs(line: Line, version: str) -> list[tuple[str, str]]:
    """Return (part with its backslashes, part) for each part of a list that is not empty."""
    pairs = ((raw, _plain(raw, line, version, is_part=True).strip()) for raw in _parts(_ITEM, ",", line.value))
    return [pair for pair in pairs if pair[1]]


def raw_fields(line: Line) -> list[str]:
    """Return the parts of a structured value with their backslashes, to be joined with semicolons."""
    return _parts(_FIELD, ";", line.value)


def _parts(pattern: "re.Pattern[str]", separator: str, value: str) -> list[str]:
    if "\\" not in value:
        return value.split(separator)
    parts = []
    for found in pattern.finditer(value):
        parts.append(found[1])
        if not found[2]:
            break
    return parts


def _plain(value: str, line: Line, version: str, *, is_part: bool = False) -> str:
    if "\\" not in value:
        return value
    if version != "2.1":
        pattern = _ESCAPE
    elif line.encoding != "quoted-printable":
        pattern = _ESCAPE_2_1
    elif is_part:
        pattern = _ESCAPE_QUOTED_2_1
    else:
        return value
    return pattern.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
