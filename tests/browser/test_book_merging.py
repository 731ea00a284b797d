"""Merging two entries, and deciding what is in doubt."""

import pytest
from playwright.sync_api import expect

from contacts.models import Party, PartyHandle
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, placed

from .books import by_hand, heading, shows_list, small_book
from .conftest import OpenScreen

pytestmark = pytest.mark.browser


def test_two_entries_become_one_and_are_taken_apart_again(alice: User, open_screen: OpenScreen) -> None:
    jan = by_hand(alice, "Jan Novák", "jan@example.org", notes="Likes tea")
    by_hand(alice, "Honza", "honza@example.org", notes="From work")
    hers = open_screen(alice).go(f"/contacts/{jan.public_id}/")

    hers.tap("Merge with another contact", role="link")
    hers.page.get_by_role("searchbox", name="Search the other entry").press_sequentially("honz")
    hers.page.locator("#merge-found").get_by_role("link", name="Honza").click()
    hers.page.get_by_label("From work").check()
    hers.tap("Merge")

    expect(heading(hers)).to_have_text("Jan Novák")
    expect(hers.page.locator(".note").first).to_have_text("From work")
    expect(hers.page.locator("main")).to_contain_text("honza@example.org")
    shows_list(hers, "Jan Novák")
    hers.page.get_by_role("button", name="Take apart Honza").click()

    expect(heading(hers)).to_have_text("Honza")
    shows_list(hers, "Honza", "Jan Novák")


def test_doubts_are_decided_one_after_the_other(alice: User, open_screen: OpenScreen) -> None:
    placed(
        folder_of(alice),
        contact("Jan", *(email(f"{n}@example.org") for n in range(3))),
        contact("Eva", *(email(f"{n}@example.org") for n in range(3))),
    )
    hers = open_screen(alice).go("/contacts/review/")
    expect(hers.page.locator("#review-count .badge")).to_have_text("3")

    hers.page.get_by_role("button", name="Yes, confirm 0@example.org for Eva").click()
    expect(hers.page.get_by_role("button", name="Yes, confirm 1@example.org for Eva")).to_be_focused()
    hers.page.get_by_role("button", name="No, dismiss 1@example.org for Eva").click()
    expect(hers.page.get_by_role("button", name="Yes, confirm 2@example.org for Eva")).to_be_focused()

    expect(hers.page.locator("#review-count .badge")).to_have_text("1")
    decided = PartyHandle.objects.filter(party__display_name="Eva").order_by("handle__value")
    assert [(link.is_confirmed, link.is_dismissed) for link in decided] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_two_that_look_alike_are_kept_separate(alice: User, open_screen: OpenScreen) -> None:
    small_book(alice)
    hers = open_screen(alice).go("/contacts/review/")

    hers.page.get_by_role("link", name="Compare and merge").click()
    expect(hers.page.get_by_role("table")).to_contain_text("eva@example.org")
    hers.tap("Keep separate")

    expect(hers.page.get_by_role("heading", name="Review")).to_be_visible()
    expect(hers.page.get_by_role("link", name="Compare and merge")).to_have_count(0)
    assert Party.objects.in_book().count() == 3


def test_why_a_claim_is_doubted_is_told_on_request(alice: User, open_screen: OpenScreen) -> None:
    _, eva, _ = small_book(alice)
    hers = open_screen(alice).go(f"/contacts/{eva.public_id}/")
    doubt = hers.page.locator(".fact").filter(has_text="shared@example.org")
    number = doubt.locator(".sure-number")
    expect(number).to_be_hidden()

    doubt.locator("summary").focus()
    expect(number).to_have_text(" 30 %", use_inner_text=False)
    expect(number).to_be_visible()
    hers.page.keyboard.press("Enter")

    expect(doubt).to_contain_text("EMAIL;TYPE=work:shared@example.org")
    doubt.get_by_role("link", name="Jan Novák").click()
    expect(heading(hers)).to_have_text("Jan Novák")
