"""How conversations and messages are put into words: texts with links, times, and what happened."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt

from chat.models import Invite, Message, Participation
from chat.models.conversation import NAMES_IN_TITLE
from chat.models.text import listed
from project.accounts.templatetags.people import called, named, person

if TYPE_CHECKING:
    from project.accounts.models import User

register = template.Library()

SAFE_ADDRESS = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
LONG_WORD = re.compile(r"(\S{1001,})")  # no address that anybody sends is that long
LINK = '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>'
PREVIEW_LENGTH = 160
_linkify = LinkifyIt()


@register.filter
def message_text(body: str) -> SafeString:
    """Return a text as HTML: nothing in it is markup, and web and e-mail addresses are links."""
    # Within one word the linkifier's work grows with the square of its length.
    words = [escape(piece) if n % 2 else _with_links(piece) for n, piece in enumerate(LONG_WORD.split(body))]
    return mark_safe("".join(words))  # noqa: S308 - every piece is escaped


def _with_links(text: str) -> str:
    pieces: list[str] = []
    done = 0
    for link in _linkify.match(text) or []:
        if SAFE_ADDRESS.match(link.url):
            pieces.append(escape(text[done : link.index]))
            pieces.append(LINK.format(escape(link.url), escape(link.text)))
            done = link.last_index
    pieces.append(escape(text[done:]))
    return "".join(pieces)


@register.filter
def preview(body: str) -> str:
    """Return the beginning of a text, on one line."""
    return " ".join(body[: PREVIEW_LENGTH * 2].split())[:PREVIEW_LENGTH]


@register.filter
def row_time(moment: datetime) -> str:
    """Return when something was, in as few letters as a row needs: 14:05, Yesterday, Mon, 3 Nov, 3 Nov 2025."""
    here = timezone.localtime(moment)
    today = timezone.localtime().date()
    days = (today - here.date()).days
    if days <= 0:
        return date_format(here, "H:i")
    if days == 1:
        return "Yesterday"
    if days < 7:
        return date_format(here, "D")
    return date_format(here, "j M" if here.year == today.year else "j M Y")


@register.filter
def day_name(moment: datetime) -> str:
    """Return a day for the line between two days: Today, Yesterday, Monday 3 November 2025."""
    here = timezone.localtime(moment)
    days = (timezone.localtime().date() - here.date()).days
    if days in {0, 1}:
        return "Yesterday" if days else "Today"
    return date_format(here, "l j F Y")


@register.filter
def activity(participation: Participation) -> int:
    """Return when a row of the inbox was last active, in milliseconds, as frames say it."""
    return int(participation.newest_at.timestamp() * 1000)


@register.filter
def cursor(participation: Participation) -> str:
    """Return the place of a row of the inbox, for the rows after it."""
    moment = participation.newest_at
    return f"{int(moment.timestamp()) * 1_000_000 + moment.microsecond}.{participation.conversation.public_id}"


@register.simple_tag(takes_context=True)
def conversation_title(context: Context, participation: Participation) -> str:
    """{% conversation_title participation %}: what a conversation is called for its reader, who takes part.

    Each name is an element of its own, so that it changes when the reader calls somebody otherwise.
    """
    # The title says which way it is written, by its first letters: an element with a direction of its own has no say.
    return _title(participation, lambda person: named(context, person), mark_safe)


@register.simple_tag(takes_context=True)
def title_text(context: Context, participation: Participation) -> str:
    """{% title_text participation %}: the same as text."""
    return _title(participation, lambda person: called(context, person), str)


def _title(
    participation: Participation, name_of: "Callable[[User | None], str]", as_title: Callable[[str], str]
) -> str:
    conversation, viewer = participation.conversation, participation.user
    others = [] if conversation.title else conversation.others_for(viewer)  # type: ignore[arg-type]
    if not others:
        return conversation.title_for(viewer)  # type: ignore[arg-type]
    names = [name_of(person) for person in others[:NAMES_IN_TITLE]]
    return as_title(listed(names, conversation.participant_count - 1 - len(names)))


@register.filter
def others(participation: Participation) -> "Sequence[User | Invite | None]":
    """Return the one or two people whose faces stand for a conversation; who is waited for where nobody else came."""
    viewer: User = participation.user  # type: ignore[assignment]
    found = participation.conversation.others_for(viewer) or participation.conversation.awaited_by(viewer)
    return found[:2] or [viewer]


@register.simple_tag(takes_context=True)
def event_line(context: Context, message: Message) -> SafeString:
    """Return what a system row tells, as a sentence."""
    actor, subject = person(context, message.sender), person(context, message.subject)
    kinds = Message.Kind
    if message.kind == kinds.JOINED and (message.sender is None or message.sender == message.subject):
        return format_html("{} joined", subject)
    sentences: dict[Any, tuple[str, tuple[Any, ...]]] = {
        kinds.JOINED: ("{} added {}", (actor, subject)),
        kinds.LEFT: ("{} left", (subject,)),
        kinds.REMOVED: ("{} removed {}", (actor, subject)),
        kinds.INVITED_BACK: ("{} invited {} back", (actor, subject)),
        kinds.RENAMED: (
            '{} named the group “<span data-user-text dir="auto">{}</span>”',
            (actor, message.body),
        ),
    }
    if message.kind == kinds.RENAMED and not message.body:
        return format_html("{} removed the name of the group", actor)
    sentence, parts = sentences[message.kind]
    return format_html(sentence, *map(conditional_escape, parts))
