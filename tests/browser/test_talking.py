"""Two people talk, each in a browser of their own."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen

pytestmark = pytest.mark.browser


def test_what_one_says_the_other_sees_at_once(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)

    hers.says("Tea at four?")
    his.shows("Tea at four?")
    his.says("At four.")

    for screen in (hers, his):
        screen.shows("Tea at four?", "At four.")
        expect(screen.pending).to_have_count(0)
    expect(hers.message("Tea at four?")).to_have_class("message mine")
    expect(his.message("Tea at four?")).not_to_have_class("mine")


def test_a_private_conversation_is_titled_by_the_other(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:

    expect(open_screen(alice).open(talk).title).to_have_text("Bob")
    expect(open_screen(bob).open(talk).title).to_have_text("Alice")


def test_a_group_talks_live(alice: User, bob: User, carol: User, group: Conversation, open_screen: OpenScreen) -> None:
    screens = [open_screen(person).open(group) for person in (alice, bob, carol)]

    for screen in screens:
        screen.says(f"{screen.user} is here")
        for other in screens:
            expect(other.message(f"{screen.user} is here")).to_be_visible()

    for screen in screens:
        screen.shows("Alice is here", "Bob is here", "Carol is here")


def test_carol_hears_nothing_of_a_talk_that_she_is_not_in(
    alice: User, carol: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    theirs = Conversation.start(alice, [carol])
    hers, outside = open_screen(alice).open(talk), open_screen(carol).inbox()

    hers.says("Between us")
    expect(hers.message("Between us")).to_be_visible()
    hers.open(theirs).says("Hello Carol")

    expect(outside.row(theirs)).to_contain_text("Alice: Hello Carol")
    expect(outside.rows).to_have_count(1)
    outside.tolerate(r"status of 404")
    outside.go(f"/c/{talk.public_id}/")
    expect(outside.page.get_by_role("heading", level=1)).to_have_text("This page is not here")
    expect(outside.page.locator("body")).not_to_contain_text("Between us")


def test_one_sees_that_the_other_is_typing(alice: User, bob: User, talk: Conversation, open_screen: OpenScreen) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)

    his.composer.press_sequentially("At fo")
    expect(hers.page.locator("typing-line")).to_have_text("Bob is typing…")
    his.says("At four.")

    expect(hers.message("At four.")).to_be_visible()
    expect(hers.page.locator("typing-line")).to_have_text("")


def test_two_tabs_that_say_the_same_are_two_messages_and_each_is_there_once(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    first, his = open_screen(alice).open(talk), open_screen(bob).open(talk)
    second = first.other_tab().open(talk)

    first.says("Tea?")
    second.says("Tea?")

    for screen in (first, second, his):
        screen.shows("Tea?", "Tea?")
        expect(screen.pending).to_have_count(0)
    assert talk.messages.count() == 2


def test_what_one_tab_has_on_its_way_no_other_tab_sends_again(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    first, his = open_screen(alice).open(talk), open_screen(bob).open(talk)
    second = first.other_tab().open(talk)

    for number in range(10):
        first.says(f"{number}")

    for screen in (first, second, his):
        screen.shows(*map(str, range(10)))
    assert talk.messages.count() == 10
