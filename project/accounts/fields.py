"""Form fields that accounts share: names, time zones, new passwords, pictures."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from project.accounts.models.user import time_zones
from project.accounts.names import NAME_MAX, clean_name

PASSWORD_MAX = 1000
PASSWORD_HINT = "At least 8 characters. A few words in a row are easy to keep and hard to guess."


class NameField(forms.CharField):
    """A person's name, cleaned."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "Your name")
        kwargs.setdefault("max_length", NAME_MAX)
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "name"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        return clean_name(super().clean(value))


class EmailField(forms.EmailField):
    """An e-mail address, in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "E-mail address")
        kwargs.setdefault("max_length", 254)
        kwargs.setdefault("widget", forms.EmailInput(attrs={"autocomplete": "email"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        return super().clean(value).lower()


class PasswordField(forms.CharField):
    """A password, kept as typed. autocomplete: "current-password" or "new-password"."""

    def __init__(self, autocomplete: str, **kwargs: Any) -> None:
        kwargs.setdefault("label", "Password")
        kwargs.setdefault("max_length", PASSWORD_MAX)
        super().__init__(strip=False, widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}), **kwargs)


class BrowserTimeZoneField(forms.Field):
    """A hidden field that a script fills with the browser's time zone; whatever makes no sense there is UTC."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"data-browser-time-zone": ""}

    def clean(self, value: Any) -> str:
        return value if isinstance(value, str) and value in time_zones() else "UTC"


def time_zone_choices(current: str) -> list[tuple[str, str]]:
    """Return the time zones that are places, and UTC, and current whatever it is, for a select."""
    names = {zone for zone in time_zones() if "/" in zone and not zone.startswith("Etc/")} | {"UTC", current}
    return [(name, name.replace("_", " ").replace("/", " / ")) for name in sorted(names)]


LIFETIMES = [(1, "1 day"), (7, "1 week"), (14, "2 weeks"), (30, "30 days"), (90, "90 days")]


class LifetimeField(forms.TypedChoiceField):
    """How long something shall work, in days; cleaned to the moment when it ends."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=LIFETIMES, coerce=int, initial=14, **kwargs)

    def clean(self, value: Any) -> Any:
        return timezone.now() + timedelta(days=super().clean(value))
