"""How a person is shown, everywhere: by name, and by picture or initials."""

from zlib import crc32

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from project.accounts.models import DELETED_NAME, User
from project.accounts.names import initials

register = template.Library()

HUES = 12
SIDES_PX = {"s": 28, "m": 40, "l": 96}


@register.simple_tag
def person(user: User | None) -> SafeString:
    """{% person user %}: the name, in an element of its own direction; None is a deleted account."""
    if user is None:
        return format_html('<span data-person="">{}</span>', DELETED_NAME)
    return format_html('<span data-person="{}" dir="auto">{}</span>', user.public_id, user.display_name)


@register.simple_tag
def avatar(user: User | None, size: str = "m") -> SafeString:
    """{% avatar user "s" %}: the picture, else initials on one of twelve hues; decoration, so without a name.

    size: "s", "m" or "l". None is a deleted account.
    """
    if user is None:
        return format_html('<span class="avatar avatar-{} avatar-gone" aria-hidden="true"></span>', size)
    if user.picture:
        return format_html(
            '<img class="avatar avatar-{0}" src="{1}?v={2}" alt="" width="{3}" height="{3}" loading="lazy">',
            size,
            reverse("account_picture", args=[user.public_id]),
            user.picture_version,
            SIDES_PX[size],
        )
    return format_html(
        '<span class="avatar avatar-{} hue-{}" aria-hidden="true">{}</span>',
        size,
        crc32(user.public_id.encode()) % HUES,
        initials(user.display_name),
    )
