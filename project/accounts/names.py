"""What a person's name may be, and the letters that stand for it where there is no picture.

Grapheme clusters are cut by the simple rules that names need (combining marks, joiners, flags, skin tones), not
by all of Unicode Standard Annex 29.
"""

import unicodedata
from zlib import crc32

from django.core.exceptions import ValidationError

NAME_MAX = 100
DELETED_NAME = "Deleted account"
HUES = 12
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters by category, nothing to the eye
_JOINER = "\u200d"


def clean_name(value: str) -> str:
    """Return a name as it is kept: single spaces, composed (NFC), without control characters.

    Raises ValidationError when nothing visible remains, or when it would pass for the name of a deleted account.
    """
    spaced = "".join(" " if unicodedata.category(letter) in {"Cc", "Zl", "Zp", "Cs"} else letter for letter in value)
    name = unicodedata.normalize("NFC", " ".join(spaced.split()))
    if not any(is_visible(letter) for letter in name):
        raise ValidationError("Enter a name that people can see.")
    if name.casefold() == DELETED_NAME.casefold():
        raise ValidationError("This name stands for accounts that are gone. Choose another one.")
    return name


def validate_name(value: str) -> None:
    """Raise ValidationError for a name that clean_name would refuse."""
    clean_name(value)


def initials(name: str) -> str:
    """Return one or two signs that stand for name: the first of its first and of its last word."""
    words = [sign for sign in (_first_sign(word) for word in name.split()) if sign]
    if not words:
        return "?"
    return (words[0] if len(words) == 1 else words[0] + words[-1]).upper()


def hue(public_id: str) -> int:
    """Return the number of the hue on which somebody's initials stand: of twelve, and always the same."""
    return crc32(public_id.encode()) % HUES


def is_visible(letter: str) -> bool:
    """Whether a letter leaves a mark of its own; one that is newer than Python's Unicode (Cn) is taken to."""
    category = unicodedata.category(letter)
    return category == "Cn" or (category[0] not in "CZM" and letter not in _BLANK_LETTERS)


def _is_flag_half(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _first_sign(word: str) -> str:
    """Return what a reader sees as the first sign of word; a letter wins over a bracket or a quotation mark."""
    start = next((at for at, letter in enumerate(word) if letter.isalnum()), None)
    if start is None:
        start = next((at for at, letter in enumerate(word) if is_visible(letter)), None)
    if start is None:
        return ""
    end = start + 1
    if _is_flag_half(word[start]) and end < len(word) and _is_flag_half(word[end]):
        return word[start : end + 1]
    while end < len(word) and end - start < 16:
        is_tone = "\U0001f3fb" <= word[end] <= "\U0001f3ff"
        if not (unicodedata.category(word[end])[0] == "M" or is_tone or _JOINER in word[end - 1 : end + 1]):
            break
        end += 1
    return word[start:end].rstrip(_JOINER)
