"""Days of which the year may be unknown, as three fields."""

import calendar
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from contacts.card import PartialDate

MONTHS = [("", "Month"), *((str(number), calendar.month_name[number]) for number in range(1, 13))]


def parts_of(day: PartialDate | None) -> list[int | None]:
    """Return a day as its fields show it. As it is, its fields would be taken for those of the form."""
    return [day.day, day.month, day.year] if day else [None, None, None]


class PartialDateWidget(forms.MultiWidget):
    """Day, month and year beside each other."""

    def __init__(self) -> None:
        day = forms.NumberInput(attrs={"min": 1, "max": 31, "placeholder": "Day", "aria-label": "Day"})
        month = forms.Select(choices=MONTHS, attrs={"aria-label": "Month"})
        year = forms.NumberInput(attrs={"min": 1, "max": 9999, "placeholder": "Year", "aria-label": "Year"})
        super().__init__({"day": day, "month": month, "year": year})

    def decompress(self, value: PartialDate | None) -> list[Any]:
        return parts_of(value)


class PartialDateField(forms.MultiValueField):
    """A contacts.card.PartialDate or None."""

    widget = PartialDateWidget

    def __init__(self, **options: Any) -> None:
        parts = [forms.IntegerField(min_value=1, max_value=biggest, required=False) for biggest in (31, 12, 9999)]
        super().__init__(parts, require_all_fields=False, required=False, **options)

    def compress(self, values: list[int | None]) -> PartialDate | None:
        day, month, year = values or (None, None, None)
        if day is None and month is None and year is None:
            return None
        if day is None or month is None:
            raise ValidationError("Give the day and the month; the year may be left out.")
        try:
            date(year or 2000, month, day)
        except ValueError:
            raise ValidationError("There is no such day.") from None
        return PartialDate(year, month, day)
