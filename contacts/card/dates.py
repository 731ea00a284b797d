"""Dates on cards, with or without a year (RFC 6350, 4.3.1; Apple's X-APPLE-OMIT-YEAR)."""

import datetime
import re

from contacts.card.contact import PartialDate

# The year that Apple writes where there is none; later versions leave away the parameter that says so.
NO_YEAR = 1604

_DATE = re.compile(r"(?:(\d{4})|-)-?(\d{2})-?(\d{2})(?:[T ][0-9:.,]*(?:Z|[+-][0-9:]*)?)?\Z", re.ASCII)
_LOOSE_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z", re.ASCII)


def parse_date(value: str, omitted_year: str = "") -> PartialDate | None:
    """Return the day that a value names, None when it names none.

    omitted_year: of X-APPLE-OMIT-YEAR, the year that stands for none.
    """
    value = value.strip()
    found = _DATE.match(value) or _LOOSE_DATE.match(value)
    if not found:
        return None
    year = int(found[1]) if found[1] else None
    if year in {NO_YEAR, 0} or (omitted_year and found[1] == omitted_year):
        year = None
    month, day = int(found[2]), int(found[3])
    try:
        datetime.date(2000 if year is None else year, month, day)
    except ValueError:
        return None
    return PartialDate(year, month, day)


def format_date(date: PartialDate, version: str, like: str = "") -> tuple[str, list[tuple[str, str]]]:
    """Return (value, parameters) of a date, written as its version has it.

    like: the value that it takes the place of, whose dashes it keeps.
    """
    if date.year is not None:
        dashed = "-" in like[1:] if like else version != "4.0"
        return f"{date.year:04d}" + (f"-{date.month:02d}-{date.day:02d}" if dashed else _short(date)), []
    if version == "4.0" or like.startswith("--"):
        return (f"--{date.month:02d}-{date.day:02d}" if "-" in like[2:] else f"--{_short(date)}"), []
    return f"{NO_YEAR}-{date.month:02d}-{date.day:02d}", [("X-APPLE-OMIT-YEAR", str(NO_YEAR))]


def _short(date: PartialDate) -> str:
    return f"{date.month:02d}{date.day:02d}"
