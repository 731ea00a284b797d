"""How a row of the picker is put into words, with the letters marked that were typed."""

from django import template
from django.template import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from contacts.models import Party
from contacts.models.finding import Terms
from contacts.templatetags.book import face
from project.accounts.models import User
from project.accounts.templatetags.people import avatar

register = template.Library()

STATES = {
    "here": "has an account",
    "invited": "invited",
    "email": "invite by e-mail",
    "phone": "link to share",
}


@register.simple_tag
def row_face(party: Party | None, account: User | None) -> SafeString:
    """Return the face of a person: the contact's picture, else the account's, else the contact's initials."""
    if party is not None and (party.avatar or account is None or not account.picture):
        return face(party)
    return avatar(Context(), account)


@register.filter
def marked(text: str, terms: Terms) -> SafeString:
    """Return text, escaped, with what was looked for inside <mark>."""
    pieces, done = [], 0
    for start, end in terms.spans_in(text):
        pieces += [conditional_escape(text[done:start]), "<mark>", conditional_escape(text[start:end]), "</mark>"]
        done = end
    pieces.append(conditional_escape(text[done:]))
    return mark_safe("".join(pieces))  # noqa: S308 - every piece is escaped


@register.filter
def state_in_words(state: str) -> str:
    """Return what a row says about an account, or about how its person would be invited."""
    return STATES.get(state, "no e-mail, no phone: add one")
