"""From a person to a conversation: one for each pair, whoever picks whom by what, and nothing of it for a third."""

import re

import pytest
from playwright.sync_api import Locator, expect

from chat.models import Conversation
from contacts.models import PartyHandle
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, phone, placed

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser


def pick(screen: Screen, typed: str, row: str = "") -> None:
    """Type something and take the row that shows it."""
    field(screen).fill(typed)
    screen.page.get_by_role("option").filter(has_text=row or typed).first.click()
    expect(screen.page.locator(".chip")).to_have_count(1)


def field(screen: Screen) -> Locator:
    return screen.page.get_by_label("To", exact=True)


def press_button(screen: Screen, name: str) -> None:
    screen.page.get_by_role("button", name=name, exact=True).click()


def opened(screen: Screen) -> str:
    """Return the address of the conversation that a screen came to."""
    screen.page.wait_for_url(re.compile(r"/c/[0-9a-z]{16}/$"))
    return screen.page.url


def test_whichever_name_address_or_number_is_picked_it_is_the_same_conversation(
    alice: User, bob: User, open_screen: OpenScreen
) -> None:
    bob.confirm_address()
    placed(
        folder_of(alice),
        contact("Uncle Robert", email("bob@example.org"), email("rob@work.example"), phone("+49 170 1234567")),
    )
    hers = open_screen(alice).go("/new/")
    pick(hers, "rob", "Uncle Robert")
    press_button(hers, "Start")
    first = opened(hers)

    for typed in ("bob@example.org", "rob@work", "0170 1234567", "uncle"):
        hers.go("/new/")
        pick(hers, typed, "Uncle Robert")
        press_button(hers, "Open")
        assert opened(hers) == first, typed
    assert Conversation.objects.count() == 1


def test_two_people_who_start_with_each_other_at_once_meet_in_one_conversation(
    alice: User, bob: User, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).go("/new/"), open_screen(bob).go("/new/")
    pick(hers, "bob", "Bob")
    pick(his, "ali", "Alice")
    hers.page.get_by_label("First message").fill("Hello Bob")
    his.page.get_by_label("First message").fill("Hello Alice")
    for screen in (hers, his):  # pressed, and not waited for
        screen.page.evaluate("setTimeout(() => document.querySelector('#start').requestSubmit(), 0)")

    assert opened(hers) == opened(his)
    for screen in (hers, his):
        expect(screen.texts).to_have_count(2)
        expect(screen.message("Hello Bob")).to_be_visible()
        expect(screen.message("Hello Alice")).to_be_visible()
    assert Conversation.objects.count() == 1


def test_a_doubtful_address_decides_nothing_until_somebody_does(
    alice: User, bob: User, open_screen: OpenScreen
) -> None:
    bob.confirm_address()
    folder = folder_of(alice)
    holder, other = placed(
        folder, contact("Robert", email("bob@example.org")), contact("Bertram", email("bob@example.org"))
    )
    hers = open_screen(alice).go("/new/")
    field(hers).fill("bob@example.org")
    rows = hers.page.get_by_role("option")
    expect(rows.filter(has_text="Robert")).to_contain_text("certain")
    expect(rows.filter(has_text="Bertram")).to_contain_text("doubtful, 30")
    rows.filter(has_text="Bertram").click()
    press_button(hers, "Start")
    opened(hers)

    expect(hers.page.locator(".pane-title")).to_have_text("Bertram")
    assert PartyHandle.objects.get(party=other).is_confirmed
    placed(folder, contact("Robert", email("bob@example.org")), of=[holder])
    other.refresh_from_db()
    assert other.user == bob


def test_carol_finds_nobody_of_alices_book_and_nothing_of_what_alice_started(
    alice: User, bob: User, carol: User, open_screen: OpenScreen
) -> None:
    bob.confirm_address()
    placed(
        folder_of(alice), contact("Uncle Robert", email("bob@example.org")), contact("Zora Zeman", email("z@x.example"))
    )
    hers = open_screen(alice).go("/new/")
    pick(hers, "uncle", "Uncle Robert")
    hers.page.get_by_label("First message").fill("A secret")
    press_button(hers, "Start")
    talk = opened(hers)

    other = open_screen(carol).go("/new/")
    for typed in ("uncle", "zora", "zem"):
        field(other).fill(typed)
        expect(other.page.get_by_text(re.compile("nobody|no one", re.IGNORECASE)).first).to_be_visible()
        expect(other.page.get_by_role("option")).to_have_count(0)
    field(other).fill("bob")
    expect(other.page.get_by_role("option")).to_have_text(re.compile("Bob"))
    expect(other.page.locator("body")).not_to_contain_text("Uncle Robert")
    assert other.page.request.get(talk).status == 404
    other.go("/")
    expect(other.page.locator("#inbox .row")).to_have_count(0)
