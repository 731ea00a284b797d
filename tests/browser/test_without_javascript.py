"""Everything can be read and done without JavaScript."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser


@pytest.fixture
def open_plain(open_screen: OpenScreen) -> OpenScreen:
    """A browser without JavaScript."""

    def opened(user: User) -> Screen:
        return open_screen(user, java_script_enabled=False)

    return opened


def test_signing_in_reading_and_sending(alice: User, bob: User, talk: Conversation, open_plain: OpenScreen) -> None:
    talk.post("Hello Alice", by=bob)
    hers = open_plain(alice)
    hers.page.context.clear_cookies()

    hers.go("/")
    hers.sign_in()
    expect(hers.unread(talk)).to_have_text("1")
    hers.page.get_by_role("link", name="Hello Alice").click()
    hers.shows("Hello Alice")
    expect(hers.page.get_by_text("New messages")).to_be_visible()
    hers.composer.fill("Hello\nBob")
    hers.tap("Send")

    hers.shows("Hello Alice", "Hello\nBob")
    hers.page.reload()  # the form is not sent again
    hers.shows("Hello Alice", "Hello\nBob")


def test_marking_as_read(alice: User, bob: User, talk: Conversation, open_plain: OpenScreen) -> None:
    talk.post("Hello Alice", by=bob)
    hers = open_plain(alice).go(f"/c/{talk.public_id}/")

    hers.tap("Mark as read")

    expect(hers.unread(talk)).to_be_hidden()
    expect(hers.page.get_by_role("button", name="Mark as read")).to_have_count(0)


def test_what_cannot_be_sent_stays_in_the_field(alice: User, talk: Conversation, open_plain: OpenScreen) -> None:
    hers = open_plain(alice).go(f"/c/{talk.public_id}/")
    hers.tolerate("status of 422")

    hers.composer.fill("   ")
    hers.tap("Send")

    expect(hers.page.get_by_role("alert")).to_contain_text("Write something first")
    expect(hers.composer).to_have_value("   ")


def test_starting_conversations(alice: User, bob: User, carol: User, open_plain: OpenScreen) -> None:
    hers = open_plain(alice).go("/")

    hers.tap("New", role="link")
    hers.page.get_by_label("To", exact=True).fill("bo")
    hers.tap("Search")
    hers.page.get_by_role("button", name="Bob").click()
    hers.page.get_by_label("To", exact=True).fill("car")
    hers.tap("Search")
    hers.page.get_by_role("button", name="Carol").click()
    hers.page.get_by_role("textbox", name="Name of the group").fill("Garden")
    hers.page.get_by_label("First message").fill("Hello you two")
    hers.page.locator("#picker-button button").click()

    expect(hers.title).to_have_text("Garden")
    hers.shows("Hello you two")
    assert set(Conversation.objects.get().participants) == {alice, bob, carol}


def test_people_of_a_group(alice: User, bob: User, carol: User, group: Conversation, open_plain: OpenScreen) -> None:
    hers = open_plain(alice).go(f"/c/{group.public_id}/")

    hers.tap("People", role="link")
    hers.page.get_by_role("textbox", name="Name of the group").fill("Roses")
    hers.tap("Save")
    hers.tap("Remove Bob")
    hers.tap("Invite back Bob")
    hers.tap("Remove Carol")
    hers.tap("Leave this conversation", role="link")
    hers.tap("Leave")

    assert Conversation.objects.get().title == "Roses"
    assert set(group.participants) == {bob}
    hers.tap("Conversations that you left", role="link")
    hers.page.get_by_role("link", name="Roses").click()
    expect(hers.composer).to_have_count(0)
    expect(hers.event("Alice left")).to_be_visible()


def test_older_messages_are_a_page_of_their_own(
    alice: User, bob: User, talk: Conversation, open_plain: OpenScreen
) -> None:
    for number in range(1, 121):
        talk.post(f"Message {number}", by=alice)
    hers = open_plain(alice).go(f"/c/{talk.public_id}/")
    expect(hers.texts.first).to_have_text("Message 71")

    hers.tap("Older messages", role="link")
    expect(hers.texts.first).to_have_text("Message 21")
    expect(hers.texts.last).to_have_text("Message 70")
    hers.tap("Newest messages", role="link")

    expect(hers.texts.last).to_have_text("Message 120")


def test_the_third_person_in_a_private_conversation(
    alice: User, bob: User, carol: User, talk: Conversation, open_plain: OpenScreen
) -> None:
    hers = open_plain(alice).go(f"/c/{talk.public_id}/")

    hers.tap("People", role="link")
    hers.page.get_by_label("To", exact=True).fill("carol")
    hers.tap("Search")
    hers.page.get_by_role("button", name="Carol").click()
    hers.tap("Start group of 3")
    expect(hers.page.locator("main")).to_contain_text("without its history")
    hers.tap("Start the new group")

    expect(hers.title).to_have_text("Bob and Carol")
    assert set(talk.participants) == {alice, bob}
