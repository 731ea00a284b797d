"""Changing parameters in the head of a line, as it is written: order, case and spelling of all others stay."""

import re
from collections.abc import Callable, Sequence

from contacts.card.labels import says_where

_TOKEN = re.compile(r';((?:[^;"]|"[^"]*+"|")*)')
_NOT_A_TYPE = frozenset({"QUOTED-PRINTABLE", "QP", "BASE64", "B", "7BIT", "8BIT", "URL", "URI", "VALUE", "CHARSET"})


def _split(head: str) -> tuple[str, list[str]]:
    name, semicolon, rest = head.partition(";")
    return name, _TOKEN.findall(semicolon + rest)


def _key(token: str) -> str:
    key, equals, _ = token.partition("=")
    if not equals and key.upper() in {"QUOTED-PRINTABLE", "QP", "BASE64", "B", "7BIT", "8BIT"}:
        return "ENCODING"
    return key.strip().upper() if equals or key.upper() in _NOT_A_TYPE else "TYPE"


def without_params(head: str, *names: str) -> str:
    """Return a head without some parameters. names: in upper case; ENCODING includes its bare words of 2.1."""
    name, tokens = _split(head)
    return "".join([name, *(f";{token}" for token in tokens if _key(token) not in names)])


def with_types(head: str, words: Sequence[str], version: str) -> str:
    """Return a head whose TYPE values that say where are words, in lower case, and no others."""
    name, tokens = _split(head)
    kept, was_upper, key = _without_types(tokens, says_where)
    return "".join([name, *(f";{token}" for token in [*kept, *_types(words, version, key, is_upper=was_upper)])])


def with_preference(head: str, version: str, *, preferred: bool) -> str:
    """Return a head that says that a line is preferred, or does not say so."""
    name, tokens = _split(head)
    kept, _, key = _without_types([token for token in tokens if _key(token) != "PREF"], _is_pref)
    if preferred:
        kept += ["PREF=1"] if version == "4.0" else _types(["pref"], version, key, is_upper=False)
    return "".join([name, *(f";{token}" for token in kept)])


def _is_pref(word: str) -> bool:
    return word.lower() == "pref"


def _without_types(tokens: Sequence[str], unwanted: Callable[[str], bool]) -> tuple[list[str], bool, str]:
    """Return (tokens without some TYPE values, whether those were in capitals, how the card spells TYPE)."""
    kept, gone, spelling = [], "", ""
    for token in tokens:
        if _key(token) != "TYPE":
            kept.append(token)
            continue
        key, equals, values = token.partition("=")
        spelling = spelling or (key if equals else "")
        words = values.replace('"', "").split(",") if equals else [token]
        rest = [word for word in words if not unwanted(word.strip())]
        gone += "".join(word for word in words if unwanted(word.strip()))
        if len(rest) == len(words):
            kept.append(token)
        elif rest:
            kept.append(f"{key}={','.join(rest)}")
    return kept, gone.isupper(), spelling


def _types(words: Sequence[str], version: str, key: str, *, is_upper: bool) -> list[str]:
    if version == "2.1" and not key:
        return [word.upper() for word in words]
    return [f"{key or 'TYPE'}={word.upper() if is_upper else word}" for word in words]
