"""What a screen reader finds: names for all controls, one main heading, landmarks, a log."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser
CONTROLS = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "listbox", "option", "switch"}


def nodes(screen: Screen) -> list[dict[str, str]]:
    """The accessibility tree, as Chromium gives it to a screen reader: role, name and level of every node."""
    session = screen.page.context.new_cdp_session(screen.page)
    found = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", ""),
            **{one["name"]: str(one["value"].get("value", "")) for one in node.get("properties", [])},
        }
        for node in found
        if not node["ignored"]
    ]


def expect_accessible(screen: Screen) -> None:
    tree = nodes(screen)
    url = screen.page.url
    nameless = [node for node in tree if node["role"] in CONTROLS and not node["name"].strip()]
    assert nameless == [], url
    assert [node["name"] for node in tree if node["role"] == "heading" and node["level"] == "1"] != [], url
    assert sum(node["role"] == "heading" and node["level"] == "1" for node in tree) == 1, url
    assert sum(node["role"] == "main" for node in tree) == 1, url
    assert screen.page.evaluate("() => document.documentElement.lang"), url
    twice = screen.page.evaluate(
        "() => [...document.querySelectorAll('[id]')].map(({id}) => id).filter((id, i, all) => all.indexOf(id) !== i)"
    )
    assert twice == [], url


def test_every_page_of_a_member_is_accessible(
    alice: User, bob: User, talk: Conversation, group: Conversation, open_screen: OpenScreen
) -> None:
    for conversation in (talk, group):
        conversation.post("Hello https://example.org/", by=bob)
    hers = open_screen(alice)

    own = [f"/c/{group.public_id}/{page}" for page in ("", "people/", "people/?q=bob", "leave/")]
    accounts = [f"/{page}/" for page in ("settings", "invitations", "accounts/password/change", "accounts/email")]
    for place in ["/", *own, f"/c/{talk.public_id}/people/", "/new/", "/new/?q=bo", "/left/", *accounts]:
        expect_accessible(hers.go(place))


def test_every_page_of_a_stranger_is_accessible(alice: User, open_screen: OpenScreen) -> None:
    screen = open_screen()
    screen.tolerate("status of 40[34]")

    for place in ("accounts/login", "accounts/signup", "accounts/password/reset", "join/nothing"):
        expect_accessible(screen.go(f"/{place}/"))


def test_a_conversation_is_a_log_beside_the_list_of_conversations(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice).open(talk)

    tree = nodes(hers)
    roles = {(node["role"], node["name"]) for node in tree}
    assert ("log", "Conversation") in roles
    assert ("complementary", "Conversations") in roles
    assert ("textbox", "Message") in roles
    assert [node["live"] for node in tree if node["role"] == "log"] == ["polite"]


def test_new_messages_are_announced_and_old_ones_are_not(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    for number in range(120):
        talk.post(f"{number}", by=bob)
    talk.participation_of(alice).read(120)
    hers = open_screen(alice).open(talk)
    expect(hers.thread).to_have_attribute("aria-live", "polite")

    hers.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 0 }")
    expect(hers.thread).to_have_attribute("aria-live", "off")

    expect(hers.thread).to_have_attribute("aria-live", "polite")
