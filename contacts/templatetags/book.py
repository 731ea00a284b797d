"""How contacts are put into words: faces, dates, how sure a claim is, and addresses that are safe to follow."""

import calendar
import re
import unicodedata

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contacts.card import PartialDate
from contacts.models import Address, Party, PartyHandle
from contacts.models.finding import Terms
from contacts.models.handle import CERTAIN_FROM, STATED
from contacts.platforms import PLATFORMS, link_of
from project.accounts.names import hue, initials
from project.accounts.templatetags.people import SIDES_PX
from project.words import fold

register = template.Library()

# Whatever a card says: nothing else than these is ever put into a link.
SAFE_LINK = re.compile(r"(https?://|mailto:|tel:|sips?:|xmpp:)[^\s/]", re.IGNORECASE)
DIGITS, OTHERS, IDEOGRAPHS = "#", "…", "文"


@register.filter
def initial(sort_key: str) -> str:
    """Return the letter under which a name stands: # for digits, one sign for all ideographs, … for the rest."""
    first = sort_key[:1]
    if first.isdigit():
        return DIGITS
    if not first.isalpha():
        return OTHERS
    if unicodedata.name(first, "").startswith("CJK "):
        return IDEOGRAPHS
    return first.title()


@register.simple_tag
def face(party: Party, size: str = "m") -> SafeString:
    """{% face party "s" %}: the picture, else initials; decoration, so without a name. An organisation is square."""
    shape = " avatar-organization" if party.kind == "organization" else ""
    if party.avatar:
        return format_html(
            '<img class="avatar avatar-{0}{1}" src="{2}?v={3}" alt="" width="{4}" height="{4}" loading="lazy">',
            size,
            shape,
            reverse("contacts:avatar", args=[party.public_id]),
            party.avatar_version,
            SIDES_PX[size],
        )
    return format_html(
        '<span class="avatar avatar-{}{} hue-{}" aria-hidden="true">{}</span>',
        size,
        shape,
        hue(party.public_id),
        initials(party.display_name),
    )


@register.filter
def note_of(party: Party, query: str = "") -> str:
    """Return the second line of a row: of a search the handle that was found, else where somebody works."""
    if query and (found := _found_handle(party, query)):
        return found
    works = [work for work in party.affiliations.all() if str(work)]
    nickname = party.person.nickname if party.kind == "person" else ""
    return str(works[0]) if works else nickname


def _found_handle(party: Party, query: str) -> str:
    terms = Terms.of(query, settings.DEFAULT_REGION).missing_in(fold(party.display_name))
    for link in party.links.all():
        if terms.are_in(fold(link.handle.value)) or terms.are_in(link.handle.normalised):
            return link.handle.value
    return ""


@register.filter
def day_in_words(day: PartialDate | None) -> str:
    """Return a day as people say it: "15 May 1990", or "15 May" where nobody knows the year."""
    if day is None:
        return ""
    month = calendar.month_name[day.month] if 1 <= day.month <= 12 else str(day.month)
    return f"{day.day} {month}" + (f" {day.year}" if day.year is not None else "")


@register.filter
def lines_of(address: Address) -> str:
    """Return an address as it stands on an envelope, line by line."""
    town = " ".join(part for part in (address.postal_code, address.locality) if part)
    lines = (address.po_box, address.extended, address.street, town, address.region, address.country)
    return "\n".join(line for line in lines if line)


@register.filter
def platform_label(platform: str) -> str:
    return PLATFORMS.get(platform, platform)


@register.filter
def safe_link(link: PartyHandle) -> str:
    """Return the address to follow for a handle, or "" where there is none that is safe."""
    handle = link.handle
    is_address = handle.platform in {"website", "other"} or "://" in handle.value
    address = link_of(handle.platform, handle.value if is_address else handle.normalised)
    return address if SAFE_LINK.match(address) else ""


@register.filter
def sureness(link: PartyHandle) -> str:
    """Return how sure a claim is, in a word."""
    if link.is_dismissed:
        return "dismissed"
    if link.is_confirmed or link.confidence >= STATED:
        return "certain"
    return "likely" if link.confidence >= CERTAIN_FROM else "doubtful"


@register.filter
def percent(confidence: float) -> str:
    return f"{round(confidence * 100)} %"
