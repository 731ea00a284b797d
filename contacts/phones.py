"""Telephone numbers in one form, so that two spellings of one number are the same (ITU-T E.164, RFC 3966)."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from contacts.exceptions import InvalidHandle

_EXTENSION = re.compile(r"(?:;|,)?\s*(?:ext\.?|extension|durchwahl|x|#)\s*[.:=]?\s*\d{1,7}\s*\Z", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]")
# "Tel. 030 1234567", "0170 1234567 (at night)": one word before the number, any after it.
_AMONG_WORDS = re.compile(r"[^\W\d_]*+[.:]?\s*+([+(]*\d[\d\s().+/\u2013-]*+)[^\d]*+\Z")
_DIGITS_AMONG_WORDS = 5
# International prefix as most of the world dials it; phonenumbers knows the one of its region only.
_DOUBLE_ZERO = re.compile(r"\s*\(?00\)?(?=[\s./()-]*[1-9])")


def normalise_phone(value: str, region: str = "") -> str:
    """Return a telephone number for comparing: digits after a plus sign where it is one that can be called.

    value: as typed or as in TEL, also a tel: URI; region: ISO 3166 code of the country that numbers without a prefix
    belong to, "" when it is not known. An extension is left out. Short and odd numbers ("112") are their digits.
    Raises InvalidHandle when nothing can be dialled.
    """
    if len(value) > 64:
        return _normalised(value, region.upper())
    return _remembered(value, region.upper())


def _normalised(value: str, region: str) -> str:
    number = value.strip()
    if number[:4].lower() == "tel:":
        number = number[4:]
    number = number.partition(";")[0] if ";" in number else number
    if len(number) > 250:
        raise InvalidHandle("This is too long for a telephone number.")
    bare = _without_words(number)
    found = _possible(bare or number, region)
    if not found and _DOUBLE_ZERO.match(bare):
        found = _possible(_DOUBLE_ZERO.sub("+", bare), "")
    # A number in letters ("1-800-FLOWERS") must be one that exists.
    if found and (bare or (not number[:1].isalpha() and phonenumbers.is_valid_number(found))):
        return phonenumbers.format_number(found, PhoneNumberFormat.E164)
    digits = "".join(str(int(letter)) for letter in bare if letter.isdecimal())
    if not digits:
        raise InvalidHandle("This is no telephone number: there is nothing to dial.")
    return digits


def _without_words(number: str) -> str:
    """Return a number without its extension and the words around it, "" when words are all there is."""
    number = _EXTENSION.sub("", number)
    if not _LETTERS.search(number):
        return number
    found = _AMONG_WORDS.match(number)
    digits = sum(letter.isdecimal() for letter in found[1]) if found else 0
    return found[1] if found and digits >= _DIGITS_AMONG_WORDS else ""


def _possible(number: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        found = phonenumbers.parse(number, region or None)
    except NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(found)
    return found if reason == ValidationResult.IS_POSSIBLE else None


_remembered = lru_cache(maxsize=2048)(_normalised)
