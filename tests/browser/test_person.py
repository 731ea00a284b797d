"""One person: their page, blocking them, and the ways between the book and the chat."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from contacts.models import Party
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, placed

from .books import by_hand, heading
from .conftest import OpenScreen
from .screens import REFUSED, Screen
from .test_accessibility import expect_accessible
from .test_looks import NARROW, expect_no_sideways_scroll

pytestmark = pytest.mark.browser


def person_page(screen: Screen, person: User) -> Screen:
    screen.go(f"/people/{person.public_id}/")
    expect(screen.page.locator(".person-name")).to_be_visible()
    return screen


def test_a_blocked_person_writes_on_and_is_not_heard(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)
    hers.says("Hello Bob")
    his.shows("Hello Bob")

    his.tap("People", role="link")
    his.page.locator("#people").get_by_role("link", name="Alice").click()
    his.tap("Block")
    expect(his.page.get_by_role("button", name="Unblock")).to_be_visible()
    his.open(talk)
    expect(his.page.locator(".blocked-note")).to_contain_text("You blocked Alice.")
    expect(his.composer).to_have_count(0)

    hers.says("Are you there?")
    expect(hers.pending).to_have_count(0)
    hers.shows("Hello Bob", "Are you there?")
    expect(hers.row(talk)).to_contain_text("You: Are you there?")
    hers.open(talk).shows("Hello Bob", "Are you there?")
    his.shows("Hello Bob")
    expect(his.row(talk)).to_contain_text("Hello Bob")

    his.tap("Unblock Alice")
    expect(his.composer).to_be_visible()
    his.shows("Hello Bob")
    hers.says("And now?")
    his.shows("Hello Bob", "And now?")
    his.says("Now, yes")
    hers.shows("Hello Bob", "Are you there?", "And now?", "Now, yes")


def test_a_page_that_is_rung_for_what_was_withheld_stays_as_it_is(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    talk.post("Hello Bob", by=alice)
    his = open_screen(bob)
    person_page(his, alice).tap("Block")
    expect(his.page.get_by_role("button", name="Unblock")).to_be_visible()
    his.open(talk)
    his.page.evaluate("() => { document.querySelector('message-list').isTheSame = true }")
    with his.page.expect_response(lambda response: "/changes/" in response.url) as asked:
        talk.post("withheld", by=alice)  # told by no frame: the server rings the page

    assert asked.value.headers["parley-version"] == "2"
    expect(his.page.locator("#messages")).to_have_attribute("data-version", "2")
    his.shows("Hello Bob")
    assert his.page.evaluate("() => document.querySelector('message-list').isTheSame")
    expect(his.unread(talk)).to_be_hidden()


def test_a_page_that_was_open_when_one_blocked_elsewhere_says_why_nothing_is_sent(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    his = open_screen(bob).open(talk)
    his.tolerate(REFUSED)
    elsewhere = his.other_tab()
    person_page(elsewhere, alice).tap("Block")
    expect(elsewhere.page.get_by_role("button", name="Unblock")).to_be_visible()

    his.says("Hello")
    expect(his.pending).to_contain_text("You blocked Alice")


def test_a_tap_on_who_wrote_something_shows_who_it_is(
    alice: User, bob: User, carol: User, group: Conversation, open_screen: OpenScreen
) -> None:
    group.post("Hello", by=bob)
    hers = open_screen(alice).open(group)
    hers.message("Hello").get_by_role("link", name="Bob").click()
    expect(hers.page.locator(".person-name")).to_have_text("Bob")
    hers.page.go_back()
    expect(hers.message("Hello")).to_be_visible()
    hers.message("Hello").locator(".message-face").click()
    expect(hers.page.locator(".person-name")).to_have_text("Bob")


def test_somebody_whom_one_talks_with_is_added_to_the_book_and_written_to_from_there(
    alice: User, bob: User, group: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice)
    person_page(hers, bob).tap("Add to my contacts")
    hers.page.locator("#book-head ~ p").get_by_role("link", name="Bob").click()
    expect(heading(hers)).to_have_text("Bob")
    expect(hers.page.get_by_text("Has an account here")).to_be_visible()

    hers.page.get_by_role("main").get_by_role("button", name="Message", exact=True).click()
    expect(hers.title).to_have_text("Bob")
    hers.until_live().says("Hello from the book")
    hers.shows("Hello from the book")


def test_a_contact_is_recognised_by_searching_the_book_and_denied_again(
    alice: User, bob: User, open_screen: OpenScreen
) -> None:
    robert = by_hand(alice, "Robert Novák")
    hers = person_page(open_screen(alice), bob)
    hers.page.get_by_label("Somebody in my contacts").press_sequentially("nova")
    hers.tap("This is them Robert Novák")
    expect(hers.page.locator(".person-name")).to_have_text("Robert Novák")
    expect(hers.page.get_by_text("Called Bob here")).to_be_visible()

    hers.go(f"/contacts/{robert.public_id}/")
    hers.tap("That is not them")
    expect(hers.page.get_by_text("You said that the account of Bob is not theirs.")).to_be_visible()
    hers.tap("Undo")
    expect(hers.page.get_by_text("Has an account here")).to_be_visible()
    assert Party.objects.get().user == bob


def test_the_people_of_a_talk_stand_with_what_one_knows_of_them(
    alice: User, bob: User, carol: User, group: Conversation, open_screen: OpenScreen
) -> None:
    bob.confirm_address()
    placed(folder_of(alice, "Family"), contact("Robert Novák", email("bob@example.org", "work")))
    hers = open_screen(alice).go(f"/c/{group.public_id}/people/")
    people = hers.page.locator("#people .person-row")
    expect(people.filter(has_text="Robert")).to_contain_text("Robert Novák, work e-mail, in your book “Family”")
    expect(people.filter(has_text="Carol")).to_contain_text("unknown: not in your contacts")
    expect(people.filter(has_text="Alice")).not_to_contain_text("unknown")


def test_all_of_it_is_accessible_and_fits_narrow_screens(
    alice: User, bob: User, talk: Conversation, group: Conversation, open_screen: OpenScreen
) -> None:
    bob.confirm_address()
    talk.post("Hello https://example.org/", by=bob)
    [party] = placed(folder_of(alice, "F" * 200), contact("R" * 300, email("bob@example.org", "l" * 200)))
    hers, narrow = open_screen(alice), open_screen(alice, **NARROW)
    places = [f"/people/{bob.public_id}/", f"/people/{bob.public_id}/?q=bo", f"/contacts/{party.public_id}/"]
    for place in [*places, f"/c/{group.public_id}/people/", f"/c/{talk.public_id}/"]:
        expect_accessible(hers.go(place))
        expect_no_sideways_scroll(narrow.go(place))
    person_page(hers, bob).tap("Block")
    expect_accessible(hers.open(talk))
    expect_no_sideways_scroll(narrow.go(f"/c/{talk.public_id}/"))


def test_it_works_without_javascript(alice: User, bob: User, talk: Conversation, open_screen: OpenScreen) -> None:
    hers = person_page(open_screen(alice, java_script_enabled=False), bob)
    hers.tap("Block")
    hers.go(f"/c/{talk.public_id}/")
    hers.tap("Unblock Bob")
    expect(hers.composer).to_be_visible()
    person_page(hers, bob)
    by_hand(alice, "Robert Novák")
    hers.page.get_by_label("Somebody in my contacts").fill("robert")
    hers.page.get_by_role("search").filter(has=hers.page.get_by_label("Somebody in my contacts")).get_by_role(
        "button", name="Search"
    ).click()
    hers.tap("This is them Robert Novák")
    expect(hers.page.get_by_text("on your word")).to_be_visible()
