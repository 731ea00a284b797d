"""Making, editing and deleting contacts, with and without JavaScript."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from contacts.models import ContactGroup, Party
from project.accounts.models import User

from .books import by_hand, heading, search, shows_list, small_book
from .conftest import OpenScreen
from .screens import REFUSED, Screen

pytestmark = pytest.mark.browser


def value(screen: Screen, number: int) -> str:
    return f"[name=handles-{number}-value]"


def test_a_contact_is_entered_and_stands_in_the_list(alice: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/contacts/")
    expect(hers.page.locator("#parties")).to_contain_text("Your address book is empty")

    hers.page.get_by_role("link", name="New contact").first.click()
    hers.page.get_by_label("First name").fill("Jan")
    hers.page.get_by_label("Last name").fill("Novák")
    hers.page.locator(value(hers, 0)).fill("+420 732 123 456")
    hers.tap("Add an address or a number")
    expect(hers.page.locator("[name=handles-2-platform]")).to_be_focused()
    hers.page.locator("[name=handles-2-platform]").select_option("website")
    hers.page.locator(value(hers, 2)).fill("https://jan.example.org")
    hers.page.get_by_label("Day").first.fill("29")
    hers.page.get_by_label("Month").first.select_option(label="February")
    hers.tap("Add contact")

    expect(heading(hers)).to_have_text("Jan Novák")
    expect(hers.page.locator("main")).to_contain_text("29 February")
    expect(hers.page.get_by_role("link", name="https://jan.example.org")).to_have_attribute(
        "href", "https://jan.example.org/"
    )
    shows_list(hers, "Jan Novák")


def test_an_organisation_is_asked_for_its_name_only(alice: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/contacts/new/")

    hers.page.get_by_label("Organisation", exact=True).first.check()
    expect(hers.page.get_by_label("First name")).to_be_hidden()
    hers.page.get_by_label("Name of the organisation").fill("Acme")
    hers.tap("Add contact")

    expect(heading(hers)).to_have_text("Acme")
    assert Party.objects.get().kind == "organization"


def test_an_edit_adds_changes_and_removes_rows(alice: User, open_screen: OpenScreen) -> None:
    jan = by_hand(alice, "Jan Novák", "one@example.org", "two@example.org", "three@example.org")
    hers = open_screen(alice).go(f"/contacts/{jan.public_id}/")

    hers.tap("Edit", role="link")
    hers.page.locator(value(hers, 1)).fill("changed@example.org")
    hers.page.get_by_role("button", name="Remove").first.click()
    expect(hers.page.locator(value(hers, 0))).to_be_hidden()
    expect(hers.page.locator("[name=handles-1-platform]")).to_be_focused()
    hers.page.get_by_label("Last name").fill("Dvořák")
    hers.tap("Save")

    expect(heading(hers)).to_have_text("Jan Dvořák")
    shows_list(hers, "Jan Dvořák")
    values = set(jan.handles.values_list("value", flat=True))
    assert values == {"changed@example.org", "three@example.org"}


def test_what_was_typed_stays_when_something_is_wrong(alice: User, open_screen: OpenScreen) -> None:
    jan = by_hand(alice, "Jan Novák", "one@example.org")
    hers = open_screen(alice).go(f"/contacts/{jan.public_id}/edit/")
    hers.tolerate(REFUSED)

    hers.page.locator(value(hers, 0)).fill("no address")
    hers.page.get_by_label("Notes").fill("Half a novel")
    hers.tap("Save")

    expect(hers.page.get_by_role("alert")).to_contain_text("Not saved yet")
    expect(hers.page.locator(".row-edited").first).to_contain_text("This is no e-mail address.")
    expect(hers.page.locator(value(hers, 0))).to_have_value("no address")
    expect(hers.page.get_by_label("Notes")).to_have_value("Half a novel")
    hers.page.locator(value(hers, 0)).fill("right@example.org")
    hers.tap("Save")
    expect(heading(hers)).to_have_text("Jan Novák")
    assert jan.handles.get().value == "right@example.org"


def test_a_picture_is_given_to_a_contact(alice: User, open_screen: OpenScreen) -> None:
    jan = by_hand(alice, "Jan Novák")
    buffer = BytesIO()
    Image.new("RGB", (300, 200), "green").save(buffer, "PNG")
    hers = open_screen(alice).go(f"/contacts/{jan.public_id}/edit/")

    file = {"name": "jan.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    hers.page.get_by_label("Picture", exact=True).set_input_files(file)  # type: ignore[arg-type]
    hers.tap("Save")

    for face in (hers.page.locator("main img.avatar"), hers.page.locator("#parties img.avatar")):
        expect(face).to_be_visible()
        assert face.evaluate("image => image.decode().then(() => image.naturalWidth)") == 256


def test_a_deleted_contact_comes_back_by_undo(alice: User, open_screen: OpenScreen) -> None:
    jan = by_hand(alice, "Jan Novák")
    hers = open_screen(alice).go(f"/contacts/{jan.public_id}/")

    hers.tap("Delete")
    expect(hers.page.locator("main")).to_contain_text("is removed from your address book")
    expect(hers.page.locator("#parties > .row")).to_have_count(0)
    hers.tap("Undo")

    expect(heading(hers)).to_have_text("Jan Novák")
    shows_list(hers, "Jan Novák")


def test_a_removed_contact_is_deleted_for_good(alice: User, open_screen: OpenScreen) -> None:
    by_hand(alice, "Jan Novák").purge(by_owner=True)
    hers = open_screen(alice).go("/contacts/")

    hers.tap("Removed", role="link")
    hers.page.get_by_role("link", name="Delete for good").click()
    hers.tap("Delete for good")

    expect(hers.page.locator("main")).to_contain_text("Nothing was removed")
    assert not Party.objects.exists()


def test_a_group_is_made_and_filled(alice: User, open_screen: OpenScreen) -> None:
    small_book(alice)
    hers = open_screen(alice).go("/contacts/")

    hers.tap("Groups", role="link")
    hers.page.get_by_label("Name of the group").fill("Book club")
    hers.tap("Make group")
    hers.page.get_by_role("searchbox", name="Search contacts to add").press_sequentially("novak")
    hers.tap("Add Jan Novák")
    expect(hers.page.get_by_role("button", name="Remove Jan Novák from the group")).to_be_visible()

    group = ContactGroup.objects.get(name="Book club")
    assert [str(party) for party in group.people] == ["Jan Novák"]


def test_all_is_done_without_javascript_too(alice: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice, java_script_enabled=False).go("/contacts/")
    hers.page.get_by_role("link", name="New contact").first.click()
    hers.page.get_by_label("First name").fill("Jan")
    hers.page.locator(value(hers, 0)).fill("+420 732 123 456")
    hers.tap("Add an address or a number")
    expect(hers.page.get_by_label("First name")).to_have_value("Jan")
    hers.page.locator("[name=handles-3-platform]").select_option("email")
    hers.page.locator(value(hers, 3)).fill("jan@example.org")
    hers.tap("Add contact")
    expect(heading(hers)).to_have_text("Jan")

    hers.tap("Edit", role="link")
    hers.page.locator("[name=handles-0-DELETE]").check()
    hers.tap("Save")
    assert list(Party.objects.get().handles.values_list("value", flat=True)) == ["jan@example.org"]

    by_hand(alice, "J. Novák", "jan@example.org")
    hers.go("/contacts/")
    search(hers).fill("novak")
    hers.tap("Search")
    shows_list(hers, "J. Novák")
    hers.tap("Review", role="link") if hers.page.get_by_role("link", name="Review", exact=True).count() else hers.go(
        "/contacts/review/"
    )
    hers.page.get_by_role("link", name="Compare and merge").click()
    hers.tap("Merge")
    expect(hers.page.locator("main")).to_contain_text("Nothing to review")

    hers.page.locator(".book-row").click()
    hers.page.get_by_role("button", name="Take apart").click()
    hers.tap("Delete")
    hers.tap("Undo")
    assert Party.objects.in_book().count() == 2
