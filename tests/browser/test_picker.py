"""Choosing people with the keyboard: on the page, in the dialog and among the people of a conversation."""

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from chat.models import Conversation
from contacts.models import ContactGroup
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, phone, placed

from .books import by_hand
from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser


def field(screen: Screen) -> Locator:
    return screen.page.get_by_label("To", exact=True)


def chips(screen: Screen) -> Locator:
    return screen.page.locator(".chip")


def options(screen: Screen) -> Locator:
    return screen.page.get_by_role("option")


def dialog(screen: Screen) -> Locator:
    return screen.page.get_by_role("dialog", name="New conversation")


def press(screen: Screen, *keys: str) -> None:
    for key in keys:
        screen.page.keyboard.press(key)


# --- The page ------------------------------------------------------------------------------------------------------


def test_three_letters_and_enter_choose_somebody_and_the_conversation_opens(
    alice: User, bob: User, open_screen: OpenScreen
) -> None:
    bob.confirm_address()
    by_hand(alice, "Uncle Robert", "bob@example.org")
    hers = open_screen(alice).go("/new/")

    field(hers).press_sequentially("rob")
    expect(options(hers)).to_have_count(1)
    press(hers, "Enter")
    expect(chips(hers)).to_have_text(re.compile("Uncle Robert"))
    press(hers, "Enter")
    expect(hers.page.get_by_label("First message")).to_be_focused()
    hers.page.keyboard.type("Hello")
    hers.tap("Start")

    hers.shows("Hello")
    assert set(Conversation.objects.get().participants) == {alice, bob}


def test_who_types_fast_gets_what_they_typed_and_not_what_was_shown_before(
    alice: User, bob: User, carol: User, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).go("/new/")

    def late(route: Route) -> None:
        hers.page.wait_for_timeout(300)  # a slow line
        route.continue_()

    hers.page.route("**/new/", lambda route: late(route) if route.request.method == "POST" else route.continue_())
    expect(options(hers).first).to_contain_text("Bob")
    hers.page.keyboard.type("car")
    press(hers, "Enter")
    hers.page.keyboard.type("bob")
    press(hers, "Enter")

    expect(chips(hers)).to_have_text([re.compile("Carol"), re.compile("Bob")])
    expect(field(hers)).to_have_value("")


def test_a_fast_name_of_nobody_stands_there_again(alice: User, bob: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/new/")

    hers.page.keyboard.type("nobody")
    press(hers, "Enter")

    expect(field(hers)).to_have_value("nobody")
    expect(hers.page.locator(".hint").filter(has_text="Nobody else here")).to_be_visible()
    expect(chips(hers)).to_have_count(0)


def test_arrows_home_and_end_go_through_the_list_and_backspace_removes_the_last(
    alice: User, bob: User, carol: User, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).go("/new/")
    active = hers.page.locator("[role=option][aria-selected=true]")

    press(hers, "ArrowDown")
    expect(active).to_contain_text("Bob")
    press(hers, "ArrowDown")
    expect(active).to_contain_text("Carol")
    expect(field(hers)).to_have_attribute("aria-activedescendant", active.get_attribute("id") or "")
    press(hers, "ArrowDown")
    expect(active).to_contain_text("Bob")
    press(hers, "End")
    expect(active).to_contain_text("Carol")
    press(hers, "Home", "Enter")
    expect(chips(hers)).to_have_text([re.compile("Bob")])
    press(hers, "ArrowUp", "Enter")
    expect(chips(hers)).to_have_text([re.compile("Bob"), re.compile("Carol")])
    expect(hers.page.locator("#picker-button")).to_contain_text("Start group of 3")
    press(hers, "Backspace")
    expect(chips(hers)).to_have_text([re.compile("Bob")])


def test_the_field_is_a_combobox_that_tells_what_it_shows(alice: User, bob: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/new/")
    combobox = hers.page.get_by_role("combobox", name="To")

    expect(combobox).to_have_attribute("aria-expanded", "true")
    expect(hers.page.get_by_role("listbox", name="People found")).to_have_id(
        combobox.get_attribute("aria-controls") or ""
    )
    hers.page.keyboard.type("bob")
    expect(hers.page.locator(".picker-status")).to_have_text("1 result")
    hers.page.keyboard.type("xyz")
    expect(hers.page.locator(".picker-status")).to_have_text("No results")
    expect(combobox).to_have_attribute("aria-expanded", "false")
    field(hers).fill("bob")
    expect(combobox).to_have_attribute("aria-expanded", "true")
    press(hers, "Escape")
    expect(combobox).to_have_attribute("aria-expanded", "false")
    expect(options(hers)).to_have_count(0)
    press(hers, "ArrowDown")
    expect(options(hers)).to_have_count(1)


def test_addresses_are_pasted_at_once(alice: User, bob: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/new/")

    paste(hers, "bob@example.org\nAnna <anna@x.org>; nonsense")

    expect(chips(hers)).to_have_text([re.compile("Bob"), re.compile("Anna")])
    expect(hers.page.get_by_role("alert")).to_have_text("Not understood as an address: “nonsense”.")
    expect(hers.page.locator("#picker-button")).to_contain_text("Invite 1 and start group of 3")
    hers.page.keyboard.type("late@x.org,")
    expect(chips(hers)).to_have_count(3)
    hers.tolerate("status of 422")
    paste(hers, "a@x.org," * 3000)
    expect(hers.page.locator(".hint").filter(has_text="20,000 characters at a time are the most")).to_be_visible()
    expect(chips(hers)).to_have_count(3)


def paste(screen: Screen, text: str) -> None:
    field(screen).evaluate(
        """(field, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def test_a_group_becomes_its_people(alice: User, open_screen: OpenScreen) -> None:
    people = placed(
        folder_of(alice), contact("Jan", email("jan@x.org")), contact("Tom", phone("+49 170 1234567")), contact("Eva")
    )
    group = ContactGroup.objects.make(alice, "Family")
    for party in people:
        group.add(party)
    hers = open_screen(alice).go("/new/")

    hers.page.keyboard.type("fam")
    expect(options(hers)).to_contain_text(["Family"])
    press(hers, "Enter")

    expect(chips(hers)).to_have_text([re.compile("Jan"), re.compile("Tom")])
    expect(hers.page.get_by_role("alert")).to_contain_text("Eva cannot be reached")


def test_enter_alone_never_says_whose_an_address_is(alice: User, open_screen: OpenScreen) -> None:
    placed(folder_of(alice), contact("Zoe", email("shared@x.org")), contact("Adam", email("shared@x.org")))
    hers = open_screen(alice).go("/new/")

    hers.page.keyboard.type("adam")
    expect(options(hers).locator("mark")).to_have_text("Adam")
    expect(options(hers)).to_contain_text(["doubtful, 30 %"])
    press(hers, "Enter")
    expect(chips(hers)).to_have_count(0)
    press(hers, "ArrowDown", "Enter")
    expect(chips(hers)).to_contain_text(["Adam"])


# --- The dialog ----------------------------------------------------------------------------------------------------


def test_the_shortcut_opens_the_picker_anywhere_and_escape_gives_the_focus_back(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)
    hers.composer.fill("Half a sen")

    press(hers, "Control+k")
    expect(dialog(hers)).to_be_visible()
    expect(field(hers)).to_be_focused()
    expect(options(hers)).to_contain_text(["Bob"])
    press(hers, "Escape")

    expect(dialog(hers)).to_have_count(0)
    expect(hers.composer).to_be_focused()
    expect(hers.composer).to_have_value("Half a sen")
    hers.go("/contacts/")
    press(hers, "Control+k")
    expect(field(hers)).to_be_focused()


def test_a_second_enter_in_the_dialog_opens_the_conversation(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice).inbox()

    press(hers, "Control+k")
    expect(options(hers)).to_have_count(1)
    hers.page.keyboard.type("bob")
    press(hers, "Enter")
    expect(chips(hers)).to_contain_text(["Bob"])
    expect(dialog(hers).locator(".button")).to_have_text("Open")
    press(hers, "Enter")

    hers.shows("Hello")
    expect(dialog(hers)).to_have_count(0)


def test_the_dialog_starts_what_is_not_there_also_among_the_contacts(
    alice: User, bob: User, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).go("/contacts/")

    press(hers, "Control+k")
    hers.page.keyboard.type("bob")
    press(hers, "Enter", "Enter")

    expect(hers.title).to_have_text("Bob")
    assert set(Conversation.objects.get().participants) == {alice, bob}


def test_on_the_page_the_shortcut_leads_to_its_field(alice: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/new/")
    hers.page.get_by_label("First message").focus()

    press(hers, "Control+k")

    expect(field(hers)).to_be_focused()
    expect(dialog(hers)).to_have_count(0)


# --- Adding people -------------------------------------------------------------------------------------------------


def test_people_are_added_with_the_same_field(
    alice: User, bob: User, carol: User, group: Conversation, open_screen: OpenScreen
) -> None:
    group.participation_of(carol).revoke(by=alice)
    hers = open_screen(alice).go(f"/c/{group.public_id}/people/")
    expect(options(hers)).to_have_count(0)

    field(hers).press_sequentially("car")
    expect(options(hers)).to_contain_text(["Carol"])
    press(hers, "Enter", "Enter")

    expect(hers.page.locator("#people")).to_contain_text("3 people")
    assert set(group.participants) == {alice, bob, carol}
