"""Somebody without an account: invited from the picker, come by the letter, and talking."""

import re
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message as Letter
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from chat.models.recipients import Recipient
from chat.models.starting import start_with
from project.accounts.models import User
from tests.cast import PASSWORD
from tests.live.serving import Parley

from .conftest import OpenScreen, person
from .screens import Screen

pytestmark = pytest.mark.browser
DEADLINE_S = 20


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    return tmp_path / "letters"


@pytest.fixture
def posting_server(static_root: Path, tmp_path: Path, letters: Path, transactional_db: None) -> Iterator[Parley]:
    """A server that can send e-mail: each letter becomes a file."""
    server = Parley(tmp_path, STATIC_ROOT=str(static_root), EMAIL_URL=f"filemail:///{letters}")
    try:
        server.start()
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log, server.log
    assert "/invited/" not in server.log


@pytest.fixture
def alice(posting_server: Parley) -> User:
    return person("Alice")


@pytest.fixture
def bob(posting_server: Parley) -> User:
    return person("Bob")


def letter_in(letters: Path) -> Letter:
    """Wait for the one letter that was sent."""
    until = time.monotonic() + DEADLINE_S
    while not (files := [file for file in letters.glob("*") if file.stat().st_size]):
        assert time.monotonic() < until, "no letter came"
        time.sleep(0.05)
    (file,) = files
    return message_from_bytes(file.read_bytes().rpartition(b"\n---")[0], policy=default)


def link_in(letter: Letter) -> str:
    text = letter.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    return re.search(r"http\S+/invited/\S+", text)[0]  # type: ignore[index]


def invite(screen: Screen, address: str, text: str) -> None:
    screen.tap("New", role="link")
    screen.page.get_by_label("To", exact=True).fill(address)
    screen.page.get_by_role("option", name=address).click()
    screen.page.get_by_label("First message").fill(text)
    screen.page.locator("#picker-button button").click()
    expect(screen.title).to_have_text(address)


def sign_up(screen: Screen, name: str) -> None:
    screen.page.get_by_label("Your name").fill(name)
    screen.page.get_by_label("Password", exact=True).fill(PASSWORD)
    screen.page.get_by_role("button", name="Create account").click()


def test_who_is_invited_by_e_mail_signs_up_and_finds_what_waited(
    posting_server: Parley, alice: User, letters: Path, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice, at=posting_server).inbox()
    invite(hers.until_live(), "anna@example.net", "The garden is open")
    expect(hers.page.locator("#waiting")).to_contain_text("is not here yet")
    hers.says("Bring the cake")
    hers.shows("The garden is open", "Bring the cake")

    letter = letter_in(letters)
    assert letter["Subject"] == "Alice invites you to Parley"
    assert "garden" not in letter.as_string()
    annas = open_screen(at=posting_server)
    annas.page.goto(link_in(letter))
    expect(annas.page.get_by_role("heading", level=1)).to_have_text("Alice invites you to Parley")
    annas.tap("Join")
    expect(annas.page.get_by_label("E-mail address")).to_have_value("anna@example.net")
    expect(annas.page.get_by_label("E-mail address")).to_have_attribute("readonly", "")
    sign_up(annas, "Anna")

    expect(annas.title).to_have_text("Alice")
    annas.shows("The garden is open", "Bring the cake")
    expect(annas.page.get_by_text("New messages")).to_be_visible()
    expect(hers.event("Anna joined")).to_be_visible()
    expect(hers.title).to_have_text("Anna")
    expect(hers.page.locator("#waiting")).to_have_text("")
    annas.until_live().says("I am here")
    hers.shows("The garden is open", "Bring the cake", "I am here")

    stranger = open_screen(at=posting_server)
    stranger.tolerate("status of 410")
    stranger.page.goto(link_in(letter))
    expect(stranger.page.get_by_text("Somebody has joined by this invitation already")).to_be_visible()


def test_an_invitation_is_taken_back_on_every_open_page(
    posting_server: Parley, alice: User, letters: Path, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice, at=posting_server).inbox()
    invite(hers.until_live(), "anna@example.net", "Hello")
    link = link_in(letter_in(letters))
    other = hers.other_tab().go(hers.page.url.removeprefix(posting_server.origin) + "people/").until_live()
    expect(other.page.locator("#invited")).to_contain_text("anna@example.net")

    hers.page.get_by_role("button", name="Withdraw").click()

    expect(hers.page.locator("#waiting")).to_contain_text("Withdrawn on")
    expect(other.page.locator("#invited")).to_contain_text("Withdrawn on")
    stranger = open_screen(at=posting_server)
    stranger.tolerate("status of 410")
    stranger.page.goto(link)
    expect(stranger.page.get_by_text("Alice has withdrawn this invitation")).to_be_visible()


def test_what_waited_moves_into_the_conversation_that_is_there_under_ones_eyes(
    posting_server: Parley, alice: User, bob: User, open_screen: OpenScreen
) -> None:
    there = Conversation.start(alice, [bob])
    there.post("Long ago", by=bob)
    zed = Recipient(key="+420601234567", name="Zed", platform="phone", address="+420601234567")
    waiting = start_with(alice, [zed], body="Are you there?")
    hers = open_screen(alice, at=posting_server).open(waiting)
    his = open_screen(bob, at=posting_server)
    link = hers.page.locator("#waiting input[readonly]").input_value()

    his.page.goto(link)
    his.tap("Join as Bob")

    his.shows("Long ago", "Are you there?")
    expect(hers.title).to_have_text("Bob")
    hers.shows("Long ago", "Are you there?")
    expect(hers.page).to_have_url(f"{posting_server.origin}/c/{there.public_id}/")
    expect(hers.row(waiting)).to_have_count(0)
    hers.says("Here we are")
    his.shows("Long ago", "Are you there?", "Here we are")


def test_a_guest_comes_without_javascript(
    posting_server: Parley, alice: User, letters: Path, open_screen: OpenScreen
) -> None:
    invite(open_screen(alice, at=posting_server).inbox(), "anna@example.net", "Hello")
    annas = open_screen(at=posting_server, java_script_enabled=False)
    annas.page.goto(link_in(letter_in(letters)))
    annas.tap("Join")
    sign_up(annas, "Anna")
    annas.shows("Hello")
