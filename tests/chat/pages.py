"""Pages of the chat as a test asks for them, and what stands on them."""

from html.parser import HTMLParser
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat.models import Conversation

PANE = {"HX-Request": "true", "HX-Target": "main#main"}


def url(name: str, *arguments: object) -> str:
    ids = [one.public_id if hasattr(one, "public_id") else one for one in arguments]
    return reverse(f"chat:{name}", args=ids)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str, tag: str | None = None) -> list[dict[str, str | None]]:
    """Return the attributes of every element, or of those called tag, in their order."""
    parser = _Elements()
    parser.feed(html)
    return [attributes for name, attributes in parser.found if tag in (None, name)]


def positions(html: str) -> list[int]:
    """Return the positions of the messages that stand in html."""
    return [int(one["data-position"] or 0) for one in elements(html, "article") if "data-position" in one]


def rows(html: str) -> list[dict[str, str | None]]:
    """Return the attributes of the rows of an inbox."""
    return [one for one in elements(html, "li") if (one.get("id") or "").startswith("conversation-")]


def get(client: Client, address: str, **options: Any) -> str:
    """Return a page that is there."""
    response = client.get(address, **options)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def query_count(client: Client, address: str) -> int:
    get(client, address)  # what is kept between requests is known by now
    with CaptureQueriesContext(connection) as queries:
        get(client, address)
    return len(queries)


def chatter(conversation: Conversation, count: int) -> None:
    """Say count things in a conversation, by its creator."""
    for number in range(count):
        conversation.post(f"Number {number}", by=conversation.creator)
