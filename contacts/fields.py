"""Dates of which people often know the day but not the year, as one column."""

from typing import Any

from django.db import models

from contacts.card import PartialDate


class PartialDateField(models.CharField):
    """A contacts.card.PartialDate or None, kept as "1990-05-15" or, without a year, "--05-15" (RFC 6350, 4.3.1)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 10
        kwargs["blank"] = True
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: Any) -> PartialDate | None:
        return self.to_python(value)

    def to_python(self, value: Any) -> PartialDate | None:
        if not value or isinstance(value, PartialDate):
            return value or None
        year, month, day = value.rsplit("-", 2)
        return PartialDate(int(year) if year.isdecimal() else None, int(month), int(day))

    def get_prep_value(self, value: Any) -> str:
        return str(value) if value else ""

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))
