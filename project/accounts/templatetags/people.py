"""How a person is shown, everywhere: by name, and by picture or initials.

A page for one reader may hold `names`: as whom that reader knows people, by account id. Then they stand there so, with
what they call themselves beside it. What is rendered once for many readers holds none, and static/js/my-names.js puts
the names in: what an element says of itself here, it reads there.
"""

from collections.abc import Mapping
from typing import Protocol

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from project.accounts.models import DELETED_NAME, User
from project.accounts.names import hue, initials

register = template.Library()

SIDES_PX = {"s": 28, "m": 40, "l": 96}


class Known(Protocol):
    """As whom a reader knows somebody; what is "" is as the person has it themself."""

    @property
    def name(self) -> str: ...
    @property
    def picture(self) -> str: ...
    @property
    def face(self) -> str: ...


def known_as(context: Context, user: User | None) -> Known | None:
    """Return as whom the reader of a page knows user; None where only as everybody does. Oneself one knows so."""
    names: Mapping[str, Known] | None = context.get("names")
    if names is None or user is None or user == context.get("user"):
        return None
    return names.get(user.public_id)


def called(context: Context, user: User | None) -> str:
    """Return what the reader of a page calls user, as text."""
    known = known_as(context, user)
    return (known and known.name) or (str(user) if user else DELETED_NAME)


@register.simple_tag(takes_context=True)
def person(context: Context, user: User | None) -> SafeString:
    """{% person user %}: the name, in an element of its own direction; None is a deleted account."""
    return named(context, user, "auto")


def named(context: Context, user: User | None, direction: str = "") -> SafeString:
    """Return the name of user in an element of its own. direction: which way it is written, "" as what is around it."""
    if user is None:
        return format_html('<span data-person="">{}</span>', DELETED_NAME)
    own, name = str(user), called(context, user)
    attributes = format_html(' dir="{}"', direction) if direction else SafeString("")
    if name != own:
        attributes += format_html(' title="{0}" data-profile="{0}"', own)
    return format_html('<span data-person="{}"{}>{}</span>', user.public_id, attributes, name)


@register.simple_tag(takes_context=True)
def avatar(context: Context, user: User | None, size: str = "m") -> SafeString:
    """{% avatar user "s" %}: the picture, else initials on one of twelve hues; decoration, so without a name.

    size: "s", "m" or "l". None is a deleted account.
    """
    if user is None:
        return format_html('<span class="avatar avatar-{} avatar-gone" aria-hidden="true"></span>', size)
    own, known = _own_face(user), known_as(context, user)
    face = (known and (known.picture or (not user.picture and known.face))) or own
    attributes = format_html(' data-avatar="{}"', user.public_id)
    if face != own:
        attributes += format_html(' data-own="{}"', own)
    if face.startswith("/"):
        return format_html(
            '<img class="avatar avatar-{0}"{1} src="{2}" alt="" width="{3}" height="{3}" loading="lazy">',
            size,
            attributes,
            face,
            SIDES_PX[size],
        )
    number, _, letters = face.partition(" ")
    return format_html(
        '<span class="avatar avatar-{} hue-{}"{} aria-hidden="true">{}</span>', size, number, attributes, letters
    )


def _own_face(user: User) -> str:
    """Return the address of an account's picture, or the number of its hue and its initials: "7 AN".

    Whoever is no account yet brings a face of their own.
    """
    if face := getattr(user, "face", ""):
        return str(face)
    if user.picture:
        return f"{reverse('account_picture', args=[user.public_id])}?v={user.picture_version}"
    return f"{hue(user.public_id)} {initials(user.display_name)}"
