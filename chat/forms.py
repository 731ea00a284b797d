"""What people may send. The rules for texts are the models'; here they become errors beside a field."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from chat.exceptions import InvalidMessage
from chat.models import BODY_MAX, TITLE_MAX
from chat.models.text import clean_body, clean_title
from project.accounts.models import User

BIGGEST = 2**63 - 1  # what a database column can be compared with
PEOPLE_MAX = 500
PUBLIC_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{16}")


class TextField(forms.CharField):
    """A text whose rule is a function of the models."""

    def __init__(self, rule: Callable[[object], str], **options: Any) -> None:
        super().__init__(strip=False, **options)
        self.rule = rule
        self.validators = []  # the rule says more than Django's own about control characters

    def clean(self, value: Any) -> str:
        if not value and not self.required:
            return ""
        try:
            return self.rule(value if value is not None else "")
        except InvalidMessage as reason:
            raise ValidationError(str(reason)) from None


class MessageForm(forms.Form):
    body = TextField(clean_body, widget=forms.Textarea(attrs={"maxlength": BODY_MAX}))
    client_id = forms.UUIDField(required=False)


class TitleForm(forms.Form):
    title = TextField(clean_title, required=False, widget=forms.TextInput(attrs={"maxlength": TITLE_MAX}))


class ReadForm(forms.Form):
    position = forms.IntegerField(min_value=0, max_value=BIGGEST)


class BeforeForm(forms.Form):
    before = forms.IntegerField(min_value=1, max_value=BIGGEST)


class SinceForm(forms.Form):
    since = forms.IntegerField(
        min_value=0,
        max_value=BIGGEST,
        error_messages={"required": "Say after which version: ?since= is missing."},
    )


class SearchForm(forms.Form):
    q = forms.CharField(required=False, max_length=200)


class PeopleField(forms.Field):
    """People of this server, each named by public id or by e-mail address; the field may stand several times."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[User]:
        names = list(dict.fromkeys(name.strip() for name in value or [] if name.strip()))
        if self.required and not names:
            raise ValidationError("Choose somebody first.")
        if len(names) > PEOPLE_MAX:
            raise ValidationError(f"{PEOPLE_MAX} people at a time are the most.")
        return self._find(names)

    def _find(self, names: list[str]) -> list[User]:
        ids = [name for name in names if PUBLIC_ID.fullmatch(name)]
        addresses = [name for name in names if "@" in name and "\x00" not in name]
        wanted = Q(public_id__in=ids)
        for address in addresses:
            wanted |= Q(email__iexact=address)
        found = {key: user for user in User.objects.active().filter(wanted) for key in keys_of(user)}
        for name in names:
            if name.lower() not in found:
                raise ValidationError(f"There is nobody called {name[:254]!r} on this server.")
        return list(dict.fromkeys(found[name.lower()] for name in names))


def keys_of(user: User) -> tuple[str, str]:
    return user.public_id, user.email.lower()


class PeopleForm(forms.Form):
    to = PeopleField()


class StartForm(forms.Form):
    """People, and what to say to them first."""

    to = PeopleField()
    title = TextField(clean_title, required=False, widget=forms.TextInput(attrs={"maxlength": TITLE_MAX}))
    body = TextField(clean_body, required=False, widget=forms.Textarea(attrs={"maxlength": BODY_MAX}))

    def __init__(self, *arguments: Any, sender: User, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sender = sender

    def clean_to(self) -> list[User]:
        others = [user for user in self.cleaned_data["to"] if user != self.sender]
        if not others:
            raise ValidationError("Choose somebody else to talk with.")
        return others
