"""Where a conversation opens, and how older and newer messages come."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser


def fill(conversation: Conversation, by: User, count: int, first: int = 1) -> None:
    """Say "Message 1", "Message 2" and so on; some of them are long."""
    for number in range(first, first + count):
        more = "\n".join("more" for _ in range(number % 4))
        conversation.post(f"Message {number}" + f"\n{more}" * bool(more), by=by)


def is_in_view(screen: Screen, selector: str) -> bool:
    return screen.page.evaluate(
        """selector => {
            const box = document.querySelector(selector).getBoundingClientRect();
            const view = document.querySelector(".scroller").getBoundingClientRect();
            return box.bottom > view.top && box.top < view.bottom;
        }""",
        selector,
    )


def wait_for_end(screen: Screen) -> None:
    screen.page.wait_for_function(
        "() => { const s = document.querySelector('.scroller');"
        " return s.scrollHeight - s.scrollTop - s.clientHeight < 2 }"
    )


def test_a_conversation_opens_at_the_newest_message(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    fill(talk, alice, 80)
    hers = open_screen(alice).open(talk)

    expect(hers.texts.last).to_contain_text("Message 80")
    wait_for_end(hers)
    expect(hers.page.get_by_text("New messages")).to_have_count(0)
    expect(hers.page.locator(".jump")).to_be_hidden()


def test_a_conversation_opens_at_the_first_unread_message(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    fill(talk, alice, 60)
    talk.participation_of(bob).read(60)
    fill(talk, alice, 120, first=61)
    his = open_screen(bob).open(talk)

    line = his.page.locator(".new-line")
    expect(line).to_have_text("New messages")
    expect(line).to_be_in_viewport()
    expect(his.page.locator(".new-line + article")).to_contain_text("Message 61")
    assert his.texts.first.inner_text().startswith("Message ")
    expect(his.page.locator(".jump")).to_be_visible()
    expect(his.page.locator(".jump-count")).to_have_text("99+")
    expect(his.unread(talk)).to_have_text("99+")


def test_jumping_to_the_newest_reads_all(alice: User, bob: User, talk: Conversation, open_screen: OpenScreen) -> None:
    fill(talk, alice, 60)
    his = open_screen(bob).open(talk)
    expect(his.page.locator(".jump-count")).to_have_text("60")

    his.page.get_by_role("button", name="Jump to newest").click()

    wait_for_end(his)
    expect(his.page.locator(".jump")).to_be_hidden()
    expect(his.row(talk)).to_have_attribute("data-unread", "0")


def test_who_reads_further_up_is_not_moved_and_told_how_much_is_new(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    fill(talk, bob, 60)
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)
    his.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop -= 900 }")
    expect(his.page.locator(".jump")).to_be_visible()
    place = his.page.locator(".scroller").evaluate("scroller => scroller.scrollTop")

    hers.says("One")
    hers.says("Two")
    expect(his.page.locator(".jump-count")).to_have_text("2")

    assert his.page.locator(".scroller").evaluate("scroller => scroller.scrollTop") == place
    expect(his.unread(talk)).to_have_text("2")
    his.page.get_by_role("button", name="Jump to newest").click()
    expect(his.page.locator(".jump")).to_be_hidden()
    expect(his.row(talk)).to_have_attribute("data-unread", "0")


def test_who_is_at_the_end_stays_there(alice: User, bob: User, talk: Conversation, open_screen: OpenScreen) -> None:
    fill(talk, bob, 60)
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)

    hers.says("A long one\n" * 10)

    expect(his.texts).to_have_count(51)
    wait_for_end(his)
    expect(his.page.locator(".jump")).to_be_hidden()


def test_older_messages_come_on_scrolling_up_without_a_jump(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    fill(talk, alice, 230)
    hers = open_screen(alice).open(talk)
    # The place of what is looked at, in every frame that the browser paints.
    hers.page.evaluate(
        """() => {
            const watched = document.querySelector("#messages > article");
            const scroller = document.querySelector(".scroller");
            window.jumps = [];
            let top = null;
            const look = () => {
                const now = watched.getBoundingClientRect().top;
                const count = document.querySelectorAll("#messages > article").length;
                const hasMoved = top !== null && Math.abs(now - top) > 2;
                if (hasMoved && count !== window.count) window.jumps.push([top, now, count]);
                [top, window.count] = [now, count];
                requestAnimationFrame(look);
            };
            look();
        }"""
    )

    hers.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 500 }")
    expect(hers.texts).to_have_count(100)
    assert hers.page.evaluate("() => window.jumps") == []

    for count in (150, 200, 230):
        hers.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 0 }")
        expect(hers.texts).to_have_count(count)
    positions = hers.page.locator("#messages > article").evaluate_all(
        "articles => articles.map(article => Number(article.dataset.position))"
    )
    assert positions == list(range(1, 231))
    expect(hers.page.locator(".older a")).to_have_count(0)


def test_days_are_separated_and_named(alice: User, talk: Conversation, open_screen: OpenScreen) -> None:
    for days_ago, text in ((40, "Old"), (40, "Older friends"), (1, "New")):
        message = talk.post(text, by=alice)
        message.sent_at = timezone.now() - timedelta(days=days_ago)
        message.save(update_fields=["sent_at"])

    hers = open_screen(alice).open(talk)
    hers.says("Newest")

    expect(hers.page.locator(".day")).to_have_count(3)
    expect(hers.page.locator(".day").nth(1)).to_have_text("Yesterday")
    expect(hers.page.locator(".day").nth(2)).to_have_text("Today")
    expect(hers.message("Newest")).to_be_visible()
    expect(hers.page.locator(".day")).to_have_count(3)
