"""How texts are compared: without accents, case or punctuation, so that "novak" finds "Novák"."""

import hashlib
import re
import unicodedata

SORT_KEY_MAX = 200
# Letters that Unicode does not take apart, as people without the keyboard type them.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"}
)
_ASCII_ONLY = re.compile(r"[\x00-\x7f]*\Z")


def fold(text: str) -> str:
    """Return text as it is searched: lower case, accents removed, spaces single."""
    if not _ASCII_ONLY.match(text):
        apart = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_PLAIN)
    return " ".join(text.casefold().split())


def sort_key(name: str) -> str:
    """Return what name is sorted by: folded, and from its first letter or digit on."""
    folded = fold(name)
    start = next((at for at, letter in enumerate(folded) if letter.isalnum()), 0)
    return folded[start : start + SORT_KEY_MAX]


def digest(content: bytes | str) -> str:
    """Return 64 characters that stand for content: the same for the same, of one length in an index."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def key_of(text: str) -> str:
    """Return the digest of text, or "" for an empty one."""
    return digest(text) if text else ""
