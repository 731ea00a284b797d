"""The server dies and comes back; the page finds everything that was said meanwhile, in order, once."""

import pytest
from playwright.sync_api import Error, expect

from chat.models import Conversation
from project.accounts.models import User
from tests.live.serving import Parley

from .conftest import OpenScreen
from .screens import UNREACHABLE, Screen

pytestmark = pytest.mark.browser
BACK_MS = 20_000  # a start of the server, and the page's next attempt


def as_loaded_anew(screen: Screen) -> list[str]:
    """What the messages of the page are, for comparison with another load of it."""
    return screen.page.locator("#messages > *").evaluate_all(
        """nodes => nodes.map(node => [node.id, node.className, node.dataset.position, node.dataset.version,
            node.textContent.replace(/\\s+/g, ' ').trim()].join(' | '))"""
    )


def test_a_page_gets_all_that_was_said_while_the_server_was_dead(
    alice: User, bob: User, talk: Conversation, server: Parley, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).inbox()
    hers.says("Before")
    hers.shows("Before")
    expect(his.unread(talk)).to_have_text("1")
    hers.tolerate(UNREACHABLE)
    his.tolerate(UNREACHABLE)

    server.kill()
    for number in range(120):
        talk.post(f"Meanwhile {number}", by=bob if number % 2 else alice)
    server.start()

    expect(hers.texts).to_have_text(["Before", *(f"Meanwhile {n}" for n in range(120))], timeout=BACK_MS)
    expect(his.unread(talk)).to_have_text("61", timeout=BACK_MS)
    expect(his.row(talk)).to_contain_text("Meanwhile 119")
    hers.says("After")
    expect(his.row(talk)).to_contain_text("After")
    repaired = as_loaded_anew(hers)
    assert repaired[-50:] == as_loaded_anew(open_screen(alice).open(talk))[-50:]


def test_a_short_interruption_is_nobodys_business_and_a_long_one_is_said(
    alice: User, talk: Conversation, server: Parley, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)
    hers.tolerate(UNREACHABLE)
    hers.page.evaluate("() => { window.since = performance.now() }")

    server.kill()
    expect(hers.notice).to_have_text("Connecting…")
    assert hers.page.evaluate("() => performance.now() - window.since") > 1900
    server.start()

    expect(hers.notice).to_have_text("", timeout=BACK_MS)
    hers.until_live()


def test_what_was_written_while_the_server_was_dead_goes_out_by_itself_in_order_and_once(
    alice: User, bob: User, talk: Conversation, server: Parley, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)
    for screen in (hers, his):
        screen.tolerate(UNREACHABLE)

    server.kill()
    for text in ("One", "Two", "Three"):
        hers.says(text)
    expect(hers.pending).to_have_count(3)
    expect(hers.pending.first).to_contain_text("Waiting for the connection…")
    server.start()

    for screen in (hers, his):
        expect(screen.texts).to_have_text(["One", "Two", "Three"], timeout=BACK_MS)
    expect(hers.pending).to_have_count(0)
    assert talk.messages.count() == 3


def test_what_was_written_while_the_server_was_dead_survives_a_reload(
    alice: User, talk: Conversation, server: Parley, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)
    hers.tolerate(UNREACHABLE)
    server.kill()
    hers.says("Kept")
    expect(hers.pending).to_have_count(1)

    with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
        hers.page.reload()
    server.start()
    hers.open(talk)

    expect(hers.texts).to_have_text(["Kept"], timeout=BACK_MS)
    assert talk.messages.count() == 1


def test_a_change_of_the_people_while_the_server_was_dead_is_seen(
    alice: User, bob: User, carol: User, group: Conversation, server: Parley, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(group), open_screen(bob).open(group)
    for screen in (hers, his):
        screen.tolerate(UNREACHABLE)
    his.tolerate("status of 404")  # his row is not there any more

    server.kill()
    group.rename("Roses", by=alice)
    group.participation_of(bob).revoke(by=alice)
    server.start()

    expect(hers.title).to_have_text("Roses", timeout=BACK_MS)
    expect(hers.event("Alice removed Bob")).to_be_visible()
    expect(hers.page.locator("#conversation-head")).to_contain_text("2 people")
    expect(hers.row(group).locator(".row-title")).to_have_text("Roses")
    expect(his.composer).to_have_count(0, timeout=BACK_MS)


def test_news_that_no_frame_told_are_found(alice: User, bob: User, talk: Conversation, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).open(talk)

    talk.post("Nobody told you", by=bob)

    hers.shows("Nobody told you")
