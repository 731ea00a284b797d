"""Leaving a group, being removed from it, being invited back."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def said(group: Conversation, alice: User) -> None:
    group.post("Before", by=alice)


def expect_a_readable_copy(screen: Screen, group: Conversation) -> None:
    expect(screen.composer).to_have_count(0)
    expect(screen.page.get_by_text("You left this conversation.")).to_be_visible()
    expect(screen.message("Before")).to_be_visible()
    expect(screen.row(group)).to_have_count(0)


def leave(screen: Screen) -> None:
    screen.tap("People", role="link")
    screen.tap("Leave this conversation", role="link")
    screen.tap("Leave")


def remove(screen: Screen, group: Conversation, person: User) -> None:
    screen.open(group).tap("People", role="link")
    screen.tap(f"Remove {person}")
    expect(screen.page.get_by_role("button", name=f"Invite back {person}")).to_be_visible()


def test_who_leaves_hears_no_more_and_keeps_what_was_said(
    alice: User, bob: User, carol: User, group: Conversation, open_screen: OpenScreen
) -> None:
    talk = Conversation.start(alice, [bob])
    his, other_device = open_screen(bob).open(group), open_screen(bob).open(group)
    hers, theirs = open_screen(alice).open(group), open_screen(carol).open(group)

    leave(his)

    expect(his.page.get_by_text("Choose a conversation")).to_be_visible()
    expect(hers.event("Bob left")).to_be_visible()
    expect(hers.page.locator("#conversation-head")).to_contain_text("2 people")
    expect_a_readable_copy(other_device, group)

    hers.says("After")
    theirs.shows("Before", "After")
    hers.open(talk).says("A sign that all went out")
    expect(other_device.row(talk)).to_contain_text("A sign that all went out")
    other_device.shows("Before")
    his.tap("Conversations that you left", role="link")
    his.page.get_by_role("link", name="Garden").click()
    expect_a_readable_copy(his, group)
    his.shows("Before")


def test_who_is_removed_loses_the_composer_at_once(
    alice: User, bob: User, group: Conversation, open_screen: OpenScreen
) -> None:
    his, hers = open_screen(bob).open(group), open_screen(alice)
    his.composer.fill("What I was about to say")

    remove(hers, group, bob)

    expect_a_readable_copy(his, group)
    expect(his.event("Alice removed Bob")).to_be_visible()


def test_only_who_started_the_group_or_an_administrator_removes(
    alice: User, bob: User, carol: User, group: Conversation, open_screen: OpenScreen
) -> None:
    his = open_screen(bob).open(group)
    his.tap("People", role="link")
    expect(his.page.locator("#people")).to_contain_text("Carol")
    expect(his.page.get_by_role("button", name="Remove")).to_have_count(0)

    bob.is_staff = True
    bob.save(update_fields=["is_staff"])
    remove(his, group, carol)

    his.open(group)
    expect(his.event("Bob removed Carol")).to_be_visible()


def test_who_is_invited_back_talks_again_and_reads_what_they_missed(
    alice: User, bob: User, group: Conversation, open_screen: OpenScreen
) -> None:
    his, hers = open_screen(bob).open(group), open_screen(alice).open(group)
    leave(his)
    expect(hers.event("Bob left")).to_be_visible()
    hers.says("Come back")
    his.go(f"/c/{group.public_id}/")
    expect_a_readable_copy(his, group)
    his.until_live()

    hers.tap("People", role="link")
    hers.tap("Invite back Bob")

    his.shows("Before", "Come back")
    expect(his.event("Alice invited Bob back")).to_be_visible()
    expect(his.row(group)).to_have_count(1)
    his.says("Here I am")
    expect(hers.row(group)).to_contain_text("Here I am")


def test_an_open_page_of_the_people_shows_who_goes_and_who_comes(
    alice: User, bob: User, carol: User, group: Conversation, open_screen: OpenScreen
) -> None:
    his, hers = open_screen(bob).open(group), open_screen(alice)
    his.tap("People", role="link")
    people = his.page.locator("#people")
    expect(people).to_contain_text("3 people")

    remove(hers, group, carol)

    expect(people).to_contain_text("2 people")
    hers.tap("Invite back Carol")
    expect(people).to_contain_text("3 people")
