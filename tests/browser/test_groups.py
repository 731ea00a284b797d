"""People are added to conversations, and groups are renamed."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import account

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser


def add(screen: Screen, person: User) -> None:
    """Add somebody to the conversation that the screen shows."""
    screen.tap("People", role="link")
    screen.page.get_by_label("To", exact=True).fill(person.display_name)
    screen.page.get_by_role("option", name=person.display_name).click()
    screen.page.locator("people-picker .picker-button button").click()


def test_a_newcomer_sees_the_whole_history_and_all_see_the_newcomer(
    alice: User, bob: User, group: Conversation, open_screen: OpenScreen
) -> None:
    dave = account("Dave")
    group.post("Long ago", by=alice)
    his, theirs, hers = open_screen(bob).open(group), open_screen(dave).inbox(), open_screen(alice).open(group)

    add(hers, dave)

    expect(his.event("Alice added Dave")).to_be_visible()
    expect(his.page.locator("#conversation-head")).to_contain_text("4 people")
    expect(hers.page.locator("#people")).to_contain_text("4 people")
    theirs.row(group).get_by_role("link").click()
    theirs.shows("Long ago")
    his.says("Welcome")
    theirs.shows("Long ago", "Welcome")


def test_a_third_person_in_a_private_conversation_makes_a_new_group_without_its_history(
    alice: User, bob: User, carol: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    talk.post("Between us", by=alice)
    hers, his, theirs = open_screen(alice).open(talk), open_screen(bob).open(talk), open_screen(carol).inbox()

    add(hers, carol)
    expect(hers.page.get_by_role("heading", name="Start a new group?")).to_be_visible()
    expect(hers.page.locator("main")).to_contain_text("A new group will start without its history.")
    expect(theirs.rows).to_have_count(0)
    hers.tap("Start the new group")

    expect(hers.title).to_have_text("Bob and Carol")
    expect(hers.texts).to_have_count(0)
    hers.says("All three of us")
    theirs.page.get_by_role("link", name="All three of us").click()
    theirs.shows("All three of us")
    expect(theirs.page.locator("body")).not_to_contain_text("Between us")
    his.shows("Between us")
    expect(his.rows).to_have_count(2)
    assert set(talk.participants) == {alice, bob}


def test_a_new_group_can_be_thought_better_of(
    alice: User, carol: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)

    add(hers, carol)
    hers.tap("Cancel", role="link")

    expect(hers.title).to_have_text("Bob")
    assert Conversation.objects.count() == 1


def test_a_new_title_is_seen_at_once_wherever_it_stands(
    alice: User, bob: User, group: Conversation, open_screen: OpenScreen
) -> None:
    group.post("Hello", by=alice)
    his, elsewhere, hers = open_screen(bob).open(group), open_screen(bob).inbox(), open_screen(alice).open(group)

    hers.tap("People", role="link")
    hers.page.get_by_role("textbox", name="Name of the group").fill("Roses")
    hers.tap("Save")

    expect(his.title).to_have_text("Roses")
    expect(his.event("Alice named the group “Roses”")).to_be_visible()
    for screen in (his, elsewhere, hers):
        expect(screen.row(group).locator(".row-title")).to_have_text("Roses")


def test_an_untitled_group_is_called_after_the_others(
    alice: User, bob: User, carol: User, group: Conversation, open_screen: OpenScreen
) -> None:
    group.post("Hello", by=alice)
    his, hers = open_screen(bob).open(group), open_screen(alice).open(group)

    hers.tap("People", role="link")
    hers.page.get_by_role("textbox", name="Name of the group").fill("")
    hers.tap("Save")

    for title in (his.title, his.row(group).locator(".row-title")):
        expect(title).to_have_text("Alice and Carol")
    expect(hers.row(group).locator(".row-title")).to_have_text("Bob and Carol")
    his.open(group)
    expect(his.title).to_have_text("Alice and Carol")


def test_the_picker_starts_a_private_conversation_and_finds_it_again(
    alice: User, bob: User, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).inbox()

    for text in ("First", "Second"):
        hers.tap("New", role="link")
        hers.page.get_by_label("To", exact=True).fill("bob@example.org")
        hers.page.get_by_role("option", name="Bob").click()
        hers.page.get_by_label("First message").fill(text)
        hers.page.locator("#picker-button button").click()
        expect(hers.title).to_have_text("Bob")

    hers.shows("First", "Second")
    expect(hers.rows).to_have_count(1)


def test_the_picker_starts_a_group_and_lets_choices_go(
    alice: User, bob: User, carol: User, open_screen: OpenScreen
) -> None:
    dave = account("Dave")
    hers = open_screen(alice).inbox()

    hers.tap("New", role="link")
    for someone in (bob, carol, dave):
        hers.page.get_by_label("To", exact=True).fill(someone.display_name)
        hers.page.get_by_role("option", name=someone.display_name).click()
        expect(hers.page.locator("#picker-chips")).to_contain_text(someone.display_name)
        if someone == carol:
            hers.page.get_by_role("textbox", name="Name of the group").fill("Garden")
    hers.tap("Remove Dave")
    hers.page.get_by_label("First message").fill("Hello you two")
    hers.page.locator("#picker-button button", has_text="3").click()

    expect(hers.title).to_have_text("Garden")
    hers.shows("Hello you two")
    assert set(Conversation.objects.get().participants) == {alice, bob, carol}
