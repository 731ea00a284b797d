"""What people may send. The rules for texts are the models'; here they become errors beside a field."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from chat.exceptions import InvalidMessage, InvalidRecipient
from chat.models import BODY_MAX, TITLE_MAX
from chat.models.pasted import TEXT_MAX, Pasted, pasted
from chat.models.recipients import PUBLIC_ID, Recipient, confirm_choices, recipients_of
from chat.models.text import clean_body, clean_title
from project.accounts.models import User

__all__ = [
    "PUBLIC_ID",
    "BeforeForm",
    "MessageForm",
    "PeopleForm",
    "ReadForm",
    "SearchForm",
    "SinceForm",
    "StartForm",
    "TitleForm",
]

BIGGEST = 2**63 - 1  # what a database column can be compared with
QUERY_MAX = 200  # letters of one search


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
    """What stands in the picker's field: a few letters of a name, an address, or many addresses at once."""

    pasted: Pasted | None = None  # the addresses, where there are many

    q = forms.CharField(
        required=False,
        max_length=TEXT_MAX,
        error_messages={"max_length": f"This is too long. {TEXT_MAX:,} characters at a time are the most."},
    )

    def clean_q(self) -> str:
        query: str = self.cleaned_data["q"]
        self.pasted = pasted(query)
        if self.pasted is None and len(query) > QUERY_MAX:
            raise ValidationError("Write a few letters of a name, or addresses with commas between them.")
        return query


class PeopleField(forms.Field):
    """People, each named as `to` names them (chat/models/recipients.py); the field may stand several times."""

    widget = forms.MultipleHiddenInput
    sender: User

    def clean(self, value: Any) -> list[Recipient]:
        names = [name for name in value or [] if name.strip()]
        if not names:
            raise ValidationError("Choose somebody first.")
        try:
            return recipients_of(self.sender, names)
        except InvalidRecipient as reason:
            raise ValidationError(str(reason)) from None


class PeopleForm(forms.Form):
    """People to write with. sender: whose words for people they are."""

    to = PeopleField()

    def __init__(self, *arguments: Any, sender: User, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sender = sender
        cast(PeopleField, self.fields["to"]).sender = sender

    def people(self) -> list[Recipient]:
        """Return them for good: where of several who claim an address one was chosen, that is confirmed first."""
        names = cast(QueryDict, self.data).getlist("to")
        return recipients_of(self.sender, names) if confirm_choices(self.sender, names) else self.cleaned_data["to"]


class StartForm(PeopleForm):
    """People, and what to say to them first."""

    title = TextField(clean_title, required=False, widget=forms.TextInput(attrs={"maxlength": TITLE_MAX}))
    body = TextField(clean_body, required=False, widget=forms.Textarea(attrs={"maxlength": BODY_MAX}))
    is_text_told = forms.BooleanField(required=False)
