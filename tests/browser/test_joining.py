"""From an empty server to two people who talk: the first account, an invitation, a second browser."""

import pytest
from playwright.sync_api import expect

from project.accounts.models import User
from tests.cast import PASSWORD
from tests.live.serving import Parley

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser


def fill(screen: Screen, **fields: str) -> None:
    for label, value in fields.items():
        screen.page.get_by_label(label.replace("_", " "), exact=False).first.fill(value)


def first_account(screen: Screen) -> None:
    screen.go("/")
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Welcome to Parley")
    fill(screen, Your_name="Alice", **{"E-mail_address": "alice@example.org"}, Password=PASSWORD)
    screen.tap("Create the first account")


def invitation_of(screen: Screen) -> str:
    """Make an invitation, from the inbox on, and return its link."""
    screen.page.get_by_role("link", name="Settings").click()
    screen.tap("Invite people", role="link")
    screen.tap("Make a link")
    return screen.page.get_by_label("Your link").input_value()


def join(screen: Screen, link: str, name: str) -> None:
    screen.page.goto(link)
    expect(screen.page.get_by_role("heading", level=1)).to_contain_text("Alice invites you")
    screen.tap("Create your account")
    fill(screen, Your_name=name, **{"E-mail_address": f"{name}@example.org"}, Password=PASSWORD)
    screen.page.locator("form button[type=submit]").last.click()


def start(screen: Screen, names: list[str], text: str, title: str = "") -> None:
    """Start a conversation with the people of these names."""
    screen.tap("New", role="link")
    for name in names:
        screen.page.get_by_label("To", exact=True).fill(name[:3])
        screen.page.get_by_role("option", name=name).click()
    if title:
        screen.page.get_by_role("textbox", name="Name of the group").fill(title)
    screen.page.get_by_label("First message").fill(text)
    screen.page.locator("#picker-button button").click()


def test_from_an_empty_server_to_conversations_that_are_live_in_every_browser(
    fresh_server: Parley, open_screen: OpenScreen
) -> None:
    hers, his, theirs = (open_screen(at=fresh_server) for _ in range(3))

    first_account(hers)
    link = invitation_of(hers.until_live())
    join(his, link, "Bob")
    join(theirs, link, "Carol")
    for screen in (his, theirs):
        expect(screen.page.get_by_text("Choose a conversation")).to_be_visible()
        screen.until_live()

    start(hers.inbox(), ["Bob"], "Hello Bob")
    his.page.get_by_role("link", name="Hello Bob").click()
    expect(his.title).to_have_text("Alice")
    his.says("Hello Alice")
    hers.shows("Hello Bob", "Hello Alice")

    start(hers, ["Bob", "Carol"], "Who brings the tent?", title="Garden party")
    for screen in (his, theirs):
        screen.page.get_by_role("link", name="Garden party").click()
        expect(screen.title).to_have_text("Garden party")
    his.says("I do.")
    for screen in (hers, his, theirs):
        screen.shows("Who brings the tent?", "I do.")


def test_people_sign_in_and_out(alice: User, open_screen: OpenScreen) -> None:
    screen = open_screen(alice).inbox()

    screen.page.get_by_role("link", name="Settings").click()
    screen.tap("Sign out")
    screen.go("/")
    screen.page.get_by_label("E-mail address").fill("alice@example.org")
    screen.page.get_by_label("Password", exact=True).fill("wrong")
    screen.tolerate("status of 422")
    screen.tap("Sign in")
    expect(screen.page.get_by_text("do not belong together")).to_be_visible()
    screen.sign_in()

    expect(screen.page.get_by_text("Choose a conversation")).to_be_visible()
    screen.until_live()


def test_signing_out_ends_the_line_of_every_tab(alice: User, open_screen: OpenScreen) -> None:
    screen = open_screen(alice).inbox()
    other = screen.other_tab().inbox()

    screen.page.get_by_role("link", name="Settings").click()
    screen.tap("Sign out")

    expect(other.notice).to_contain_text("You are signed out.")
