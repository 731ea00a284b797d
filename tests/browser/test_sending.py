"""Nothing typed is lost: by a failed send, an expired session, or a reload."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Route, expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen
from .screens import REFUSED, Screen

pytestmark = pytest.mark.browser
UNSENDABLE = "One control character: \u0001"
UNAUTHORISED = r"status of 40[13]"


def fail_to_send(screen: Screen, text: str = UNSENDABLE) -> None:
    """Send what the server refuses."""
    screen.says(text)
    expect(screen.pending).to_contain_text("Not sent.")


def test_a_refused_message_says_why_and_can_be_discarded(
    alice: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)
    hers.tolerate(REFUSED)

    fail_to_send(hers)
    expect(hers.pending).to_contain_text("The character U+0001 cannot be sent.")
    hers.tap("Discard")

    expect(hers.pending).to_have_count(0)
    hers.page.reload()
    hers.until_live()
    expect(hers.pending).to_have_count(0)
    assert not talk.messages.exists()


def test_a_message_that_is_too_long_stays_in_the_composer(
    alice: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)

    hers.says("x" * 20_001)

    expect(hers.page.get_by_role("alert")).to_contain_text("20,001 characters")
    expect(hers.composer).to_have_value("x" * 20_001)


def test_a_message_of_more_bytes_than_a_frame_holds_goes_out(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)

    hers.says("\N{HEDGEHOG}" * 20_000)

    for screen in (hers, his):
        screen.shows("\N{HEDGEHOG}" * 20_000)
    expect(hers.pending).to_have_count(0)


def test_a_message_on_its_way_stands_below_the_others(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    for number in range(60):
        talk.post(f"{number}", by=bob)
    hers = open_screen(alice).open(talk)
    hers.tolerate(REFUSED)

    fail_to_send(hers)

    last, waiting = hers.page.locator("#messages > article").last.bounding_box(), hers.pending.bounding_box()
    assert last is not None
    assert waiting is not None
    assert waiting["y"] >= last["y"] + last["height"]
    expect(hers.pending).to_be_in_viewport()


def test_a_refused_message_stays_after_a_reload_and_can_be_tried_again(
    alice: User, bob: User, group: Conversation, open_screen: OpenScreen
) -> None:
    his = open_screen(bob).open(group)
    his.page.route("**/changes/**", lambda route: route.abort())  # the page is the last to know
    his.tolerate("ERR_FAILED|status of 404")  # nor is his row there any more
    group.participation_of(bob).revoke(by=alice)
    his.says("Let me say this")
    expect(his.pending).to_contain_text("Not sent.")
    group.add_participants([bob], by=alice)

    his.page.unroute("**/changes/**")
    his.page.reload()
    his.until_live()
    expect(his.pending).to_contain_text("Let me say this")
    his.tap("Try again")

    his.shows("Let me say this")
    expect(his.pending).to_have_count(0)


def test_without_a_line_messages_go_by_post(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    his = open_screen(bob).open(talk)
    hers = open_screen(alice)
    hers.page.route_web_socket(re.compile("/ws/$"), lambda line: line.close(code=1013))
    hers.go(f"/c/{talk.public_id}/")

    hers.says("Over the other way")

    his.shows("Over the other way")
    hers.shows("Over the other way")
    expect(hers.pending).to_have_count(0)


def test_a_lost_answer_doubles_nothing(alice: User, bob: User, talk: Conversation, open_screen: OpenScreen) -> None:
    hers = open_screen(alice)
    hers.page.route_web_socket(re.compile("/ws/$"), lambda line: line.close(code=1013))
    hers.tolerate("ERR_FAILED")
    hers.go(f"/c/{talk.public_id}/")
    lost: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        route.fetch()
        lost.append(route.request.url)
        route.abort()

    hers.page.route("**/messages/", lose_the_first_answer, times=1)
    hers.says("Once")

    hers.shows("Once")
    expect(hers.pending).to_have_count(0)
    assert lost
    assert [message.body for message in talk.messages.all()] == ["Once"]


def test_a_draft_survives_a_reload_and_a_look_elsewhere(
    alice: User, bob: User, talk: Conversation, group: Conversation, open_screen: OpenScreen
) -> None:
    for conversation in (talk, group):
        conversation.post("Hello", by=bob)
    hers = open_screen(alice).open(talk)

    hers.composer.press_sequentially("Half a thou")
    hers.page.reload()
    expect(hers.composer).to_have_value("Half a thou")
    hers.row(group).get_by_role("link").click()
    expect(hers.title).to_have_text("Garden")
    expect(hers.composer).to_have_value("")
    expect(hers.row(talk)).to_contain_text("Draft: ")
    hers.row(talk).get_by_role("link").click()

    expect(hers.composer).to_have_value("Half a thou")
    hers.says("A whole thought")
    expect(hers.message("A whole thought")).to_be_visible()
    hers.page.reload()
    expect(hers.composer).to_have_value("")


def test_an_expired_session_says_so_and_keeps_what_was_typed(
    alice: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)
    hers.tolerate(UNAUTHORISED)
    hers.composer.fill("Typed before")

    Session.objects.all().delete()
    hers.page.context.clear_cookies()
    hers.page.reload()
    expect(hers.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    hers.sign_in()

    expect(hers.composer).to_have_value("Typed before")


def test_a_message_sent_in_an_expired_session_goes_out_after_signing_in_again(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)
    hers.tolerate(UNAUTHORISED)
    Session.objects.all().delete()
    hers.page.context.clear_cookies()
    hers.page.evaluate("() => document.querySelector('live-line').socket.close(4000)")

    expect(hers.notice).to_contain_text("You are signed out.")
    hers.says("Is anybody there?")
    hers.notice.get_by_role("link", name="Sign in again").click()
    hers.sign_in()

    hers.shows("Is anybody there?")
    expect(hers.pending).to_have_count(0)
