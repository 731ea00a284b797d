"""The inbox moves by itself, in every tab and on every device of a person."""

import json
import re

import pytest
from playwright.sync_api import WebSocketRoute, expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen

pytestmark = pytest.mark.browser


@pytest.fixture
def garden(alice: User, bob: User, carol: User) -> Conversation:
    """A group that is older than the talk, and read by everybody."""
    garden = Conversation.start(alice, [bob, carol], "Garden")
    welcome = garden.post("Welcome", by=alice)
    for person in (bob, carol):
        garden.participation_of(person).read(welcome.position)
    return garden


@pytest.fixture
def fence(garden: Conversation, alice: User, bob: User) -> Conversation:
    """A group that is newer than the garden, and read by both."""
    fence = Conversation.start(alice, [bob], "Fence")
    fence.participation_of(bob).read(fence.post("Hello", by=alice).position)
    return fence


def test_a_row_moves_to_the_top_with_preview_and_count_in_every_tab(
    alice: User, bob: User, garden: Conversation, fence: Conversation, open_screen: OpenScreen
) -> None:
    first, hers = open_screen(bob).inbox(), open_screen(alice).open(garden)
    second = first.other_tab().open(fence)
    for tab in (first, second):
        expect(tab.rows.first).to_contain_text("Fence")

    hers.says("Who waters the roses?")
    hers.says("It is dry.")

    for tab in (first, second):
        expect(tab.rows.first).to_have_id(f"conversation-{garden.public_id}")
        expect(tab.preview(garden)).to_have_text("Alice: It is dry.", use_inner_text=True)
        expect(tab.unread(garden)).to_have_text("2")
        expect(tab.row(garden)).to_have_attribute("data-unread", "2")
        expect(tab.page).to_have_title(re.compile(r"^\(2\) "))


def test_ones_own_message_is_previewed_as_you_and_counts_for_nobody_else_than_the_others(
    alice: User, bob: User, garden: Conversation, fence: Conversation, open_screen: OpenScreen
) -> None:
    hers, other_device = open_screen(alice).open(garden), open_screen(alice).inbox()

    hers.says("I water them.")

    for screen in (hers, other_device):
        expect(screen.rows.first).to_have_id(f"conversation-{garden.public_id}")
        expect(screen.preview(garden)).to_have_text("You: I water them.", use_inner_text=True)
        expect(screen.unread(garden)).to_be_hidden()


def test_reading_on_one_device_clears_the_other(
    alice: User, bob: User, garden: Conversation, open_screen: OpenScreen
) -> None:
    garden.post("Who waters the roses?", by=alice)
    phone, laptop = open_screen(bob).inbox(), open_screen(bob).inbox()
    tab = laptop.other_tab().inbox()
    expect(phone.unread(garden)).to_have_text("1")

    laptop.row(garden).get_by_role("link").click()

    for screen in (phone, laptop, tab):
        expect(screen.unread(garden)).to_be_hidden()
        expect(screen.row(garden)).to_have_attribute("data-unread", "0")
        expect(screen.page).to_have_title(re.compile(r"^[^(]"))


def test_what_comes_while_a_conversation_is_looked_at_is_read(
    alice: User, bob: User, garden: Conversation, open_screen: OpenScreen
) -> None:
    his, other_device = open_screen(bob).open(garden), open_screen(bob).inbox()

    open_screen(alice).open(garden).says("It is dry.")
    expect(his.message("It is dry.")).to_be_visible()

    expect(other_device.row(garden)).to_contain_text("It is dry.")
    expect(other_device.row(garden)).to_have_attribute("data-unread", "0")
    expect(his.row(garden)).to_have_attribute("data-unread", "0")


def test_a_count_that_a_newer_message_overtook_hides_nothing(
    alice: User, bob: User, garden: Conversation, open_screen: OpenScreen
) -> None:
    overtaken = {"type": "read", "conversation": garden.public_id, "position": 1, "unread": 0}

    def tell_it_late(page: WebSocketRoute) -> None:
        server = page.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            page.send(frame)
            if json.loads(frame)["type"] == "message":
                page.send(json.dumps(overtaken))

        server.on_message(pass_on)

    his = open_screen(bob)
    his.page.route_web_socket(re.compile("/ws/$"), tell_it_late)
    his.inbox()

    with his.page.expect_response("**/row/"):
        open_screen(alice).open(garden).says("It is dry.")

    expect(his.preview(garden)).to_contain_text("It is dry.")
    expect(his.unread(garden)).to_have_text("1")


def test_a_conversation_that_somebody_starts_appears_with_its_first_message(
    alice: User, bob: User, carol: User, open_screen: OpenScreen
) -> None:
    theirs, hers = open_screen(carol).inbox(), open_screen(alice).inbox()
    expect(theirs.page.get_by_text("No conversations yet")).to_be_visible()

    talk = Conversation.start(alice, [carol])
    hers.open(talk).says("Hello Carol")

    expect(theirs.row(talk).locator(".row-title")).to_have_text("Alice")
    expect(theirs.preview(talk)).to_have_text("Hello Carol", use_inner_text=True)
    expect(theirs.unread(talk)).to_have_text("1")
    expect(theirs.page.get_by_text("No conversations yet")).to_be_hidden()


def test_many_unread_messages_are_99_and_more(
    alice: User, bob: User, garden: Conversation, fence: Conversation, open_screen: OpenScreen
) -> None:
    for number in range(99):
        garden.post(f"{number}", by=alice)
    his = open_screen(bob).inbox()
    expect(his.unread(garden)).to_have_text("99")

    open_screen(alice).open(garden).says("One more")

    expect(his.row(garden)).to_contain_text("One more")
    expect(his.unread(garden)).to_have_text("99+")


def test_rows_beyond_the_first_fifty_come_on_scrolling(alice: User, bob: User, open_screen: OpenScreen) -> None:
    for number in range(60):
        Conversation.start(alice, [bob], f"Group {number}").post("Hello", by=bob)
    screen = open_screen(alice).inbox()
    expect(screen.rows).to_have_count(50)

    screen.page.locator("inbox-list").evaluate("list => list.scrollTo(0, list.scrollHeight)")

    expect(screen.rows).to_have_count(60)
    titles = [f"Group {number}" for number in reversed(range(60))]
    expect(screen.page.locator("#inbox .row-title")).to_have_text(titles)
