"""Texts of strangers on the page: nothing in them is markup, links lead only where links may lead, quickly."""

import re
import time

import pytest
from django.template.loader import render_to_string

from chat.models import Conversation
from chat.templatetags.conversations import message_text
from project.accounts.models import User

from .pages import elements

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "JaVaScRiPt://example.org/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    'https://example.org/"onmouseover="alert(1)',
    "https://example.org/'onmouseover='alert(1)",
    "https://example.org/<svg/onload=alert(1)>",
    'https://example.org/" style="position:fixed',
    "http://example.org/\u2028<b>",
    'mailto:a@example.org?subject="><script>',
    '<hx-partial hx-target="body">gone</hx-partial>',
    "</div><hx-upsert hx-target='#messages'>",
    "<template hx type=partial>",
    "&lt;script&gt; &#60;script&#62;",
    "http://evil.example\u202egro.elpmaxe",
    "//example.org ftp://example.org file:///etc/passwd",
    "{{ message.sender.password }} {% csrf_token %}",
    "https://example.org/hx-on:click=alert(1)",
]
SLOW = [
    "a", "a.", "http://", "a@", "www.", "mailto:", "http://a.co ", "a.com", "/", ":", "x.y", ".@", "http:", "xn--",
    "http://a.com/(", "http://a.com/[{(", "http://a.com/..", "&lt;", "\u202e", "a-", "@a.co", "<", "http://a\t",
    "é.com", "a" * 999 + " ", "http://a.com/" + "(" * 980 + " ", "http://a.com/" + "[{(" * 325 + " ",
    ("http://a.com/(" * 71) + " ", ("http://a.com/.." * 65) + " ", ("a@b." * 245) + " ", ("www.a" * 195) + " ",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_anything_but_text_and_links(text: str) -> None:
    for element in elements(message_text(text)):
        assert set(element) == {"href", "target", "rel"}
        assert re.match(r"(https?://|mailto:)", element["href"] or "")
        assert element["rel"] == "noopener noreferrer nofollow"
    assert not re.search(r"<(?!a |/a>)", message_text(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_inside_its_element(text: str, alice: User, private: Conversation) -> None:
    message = private.post(text, by=alice)
    html = render_to_string("chat/_message_posted.html", {"message": message, "conversation": private})
    assert [tag["hx-target"] for tag in elements(html) if "hx-target" in tag] == [
        f'#messages[data-conversation="{private.public_id}"]',
        f"#conversation-{private.public_id} .row-latest",
    ]
    for element in elements(html):
        assert not {name for name in element if name.startswith("on") or name == "style"}
        if "data-user-text" in element:
            assert not {name for name in element if name.startswith("hx-")}


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("see https://example.org/a?b=1&c=2.", "https://example.org/a?b=1&amp;c=2"),
        ("see example.org", "http://example.org"),
        ("ask bob@example.org", "mailto:bob@example.org"),
        ("(http://example.org/a_(b))", "http://example.org/a_(b)"),
    ],
)
def test_addresses_become_links(text: str, href: str) -> None:
    assert f'href="{href}"' in message_text(text)


@pytest.mark.parametrize("text", ["a\nb\n\nc", "  indented", "tab\there"])
def test_white_space_is_kept(text: str) -> None:
    assert message_text(text) == text


@pytest.mark.parametrize("piece", SLOW, ids=lambda piece: ascii(piece[:20]))
def test_twenty_thousand_hostile_characters_take_less_than_50_ms(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    message_text("warm up http://example.org")
    durations = []
    for _ in range(5):
        start = time.thread_time()
        message_text(text)
        durations.append(time.thread_time() - start)
    assert min(durations) < 0.05
