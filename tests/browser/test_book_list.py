"""The list of the book: search as one types, letters, scrolling, the keyboard."""

import pytest
from playwright.sync_api import Locator, Route, expect

from contacts.models import Party
from contacts.views.listing import PAGE_SIZE, ROWS_MAX
from project.accounts.models import User
from tests.contacts.cast import contact, placed

from .books import NARROW, by_hand, heading, large_book, row, search, shows_list, small_book
from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser


def test_the_list_is_searched_as_one_types(alice: User, open_screen: OpenScreen) -> None:
    small_book(alice)
    hers = open_screen(alice).go("/contacts/")
    shows_list(hers, "Acme Gardening", "Eva Dvořáková", "Jan Novák")

    search(hers).press_sequentially("dvorak")
    shows_list(hers, "Eva Dvořáková")
    expect(hers.page.get_by_role("status").filter(has_text="1 found")).to_be_attached()
    search(hers).fill("732 123")
    shows_list(hers, "Jan Novák")
    search(hers).fill("nobody at all")
    expect(hers.page.locator("#parties")).to_contain_text("Nothing found for “nobody at all”")
    search(hers).fill("")
    shows_list(hers, "Acme Gardening", "Eva Dvořáková", "Jan Novák")


def test_a_contact_opens_beside_the_list_which_stays_as_it_is(alice: User, open_screen: OpenScreen) -> None:
    jan, eva, _ = small_book(alice)
    hers = open_screen(alice).go("/contacts/")
    search(hers).fill("shared")
    shows_list(hers, "Eva Dvořáková", "Jan Novák")

    row(hers, eva).get_by_role("link").click()
    expect(heading(hers)).to_have_text("Eva Dvořáková")
    expect(hers.page).to_have_title("Eva Dvořáková · Parley")
    expect(row(hers, eva).get_by_role("link")).to_have_attribute("aria-current", "page")
    row(hers, jan).get_by_role("link").click()
    expect(heading(hers)).to_have_text("Jan Novák")
    shows_list(hers, "Eva Dvořáková", "Jan Novák")

    hers.page.go_back()
    expect(heading(hers)).to_have_text("Eva Dvořáková")
    expect(row(hers, eva).get_by_role("link")).to_have_attribute("aria-current", "page")
    expect(row(hers, jan).get_by_role("link")).not_to_have_attribute("aria-current", "page")


def test_the_list_is_narrowed_to_a_group(alice: User, open_screen: OpenScreen) -> None:
    small_book(alice)
    hers = open_screen(alice).go("/contacts/")

    hers.page.get_by_label("Show", exact=True).select_option(label="Garden")
    shows_list(hers, "Jan Novák")
    hers.page.get_by_label("Show", exact=True).select_option(label="Organisations")
    shows_list(hers, "Acme Gardening")


def test_the_keyboard_leads_from_the_search_through_the_list(alice: User, open_screen: OpenScreen) -> None:
    small_book(alice)
    hers = open_screen(alice).go("/contacts/")

    hers.page.keyboard.press("/")
    expect(search(hers)).to_be_focused()
    hers.page.keyboard.type("shared")
    shows_list(hers, "Eva Dvořáková", "Jan Novák")
    hers.page.keyboard.press("ArrowDown")
    hers.page.keyboard.press("ArrowDown")
    hers.page.keyboard.press("ArrowDown")  # the end stays the end
    expect(hers.page.get_by_role("link", name="Jan Novák")).to_be_focused()
    hers.page.keyboard.press("ArrowUp")
    hers.page.keyboard.press("Enter")
    expect(heading(hers)).to_have_text("Eva Dvořáková")
    expect(hers.page.locator("main")).to_be_focused()

    hers.page.keyboard.press("/")
    expect(search(hers)).to_be_focused()
    hers.page.keyboard.type("/")  # in a field it is a letter
    expect(search(hers)).to_have_value("/")


def test_escape_leads_from_the_list_to_the_search_and_empties_it(alice: User, open_screen: OpenScreen) -> None:
    small_book(alice)
    hers = open_screen(alice).go("/contacts/")
    search(hers).press_sequentially("shared")
    shows_list(hers, "Eva Dvořáková", "Jan Novák")
    hers.page.keyboard.press("ArrowDown")
    expect(hers.page.get_by_role("link", name="Eva Dvořáková")).to_be_focused()

    hers.page.keyboard.press("Escape")
    expect(search(hers)).to_be_focused()
    expect(search(hers)).to_have_value("shared")
    hers.page.keyboard.press("Escape")

    expect(search(hers)).to_have_value("")
    shows_list(hers, "Acme Gardening", "Eva Dvořáková", "Jan Novák")


def test_the_line_that_tells_how_many_were_found_stays_for_screen_readers(alice: User, open_screen: OpenScreen) -> None:
    small_book(alice)
    hers = open_screen(alice).go("/contacts/")
    line = hers.page.locator("book-list [role=status]")
    line.evaluate("line => { line.dataset.same = 'yes' }")

    for typed, told in (("shared", "2 found"), ("jan", "1 found"), ("nobody", "Nothing found"), ("", "")):
        search(hers).fill(typed)
        expect(line).to_have_text(told)
    expect(line).to_have_attribute("data-same", "yes")  # a new one would not be read out


def scroll_to_the_end(screen: Screen) -> None:
    """Scroll on as parts of the list come in, until no more are to come."""
    more = screen.page.locator("#book-more")
    while more.count():
        shown = rows_of(screen).count()
        screen.page.locator("#book").evaluate("book => book.scrollTo(0, book.scrollHeight)")
        screen.page.wait_for_function(
            """shown => !document.querySelector("#book-more")
                || document.querySelectorAll("#parties > .row").length !== shown""",
            arg=shown,
        )


def rows_of(screen: Screen) -> Locator:
    return screen.page.locator("#parties > .row")


def test_more_contacts_come_as_one_scrolls(alice: User, open_screen: OpenScreen) -> None:
    large_book(alice)
    hers = open_screen(alice).go("/contacts/")
    expect(hers.page.locator("#parties .letter").first).to_have_text("A")

    scroll_to_the_end(hers)

    expect(rows_of(hers)).to_have_count(350)
    expect(hers.page.locator("#parties .letter")).to_have_count(26)
    texts = hers.page.locator("#parties .book-name").all_text_contents()
    assert texts == list(Party.objects.order_by("sort_key", "pk").values_list("display_name", flat=True))


def test_while_contacts_change_one_scrolls_past_each_of_them_once(alice: User, open_screen: OpenScreen) -> None:
    folder = large_book(alice)
    hers = open_screen(alice).go("/contacts/")
    first, last = rows_of(hers).first.get_attribute("id"), rows_of(hers).last.get_attribute("id")
    shown = rows_of(hers).count()
    one, other = (Party.objects.get(public_id=(one or "")[6:]) for one in (first, last))

    placed(folder, contact("Zoe", uid=one.source_uid), contact("Zuzana", uid=other.source_uid), of=[one, other])
    Party.objects.erase([Party.objects.in_book().order_by("sort_key", "pk")[shown + 10].pk])
    scroll_to_the_end(hers)

    texts = hers.page.locator("#parties .book-name").all_text_contents()
    assert texts == list(Party.objects.order_by("sort_key", "pk").values_list("display_name", flat=True))


def test_a_part_that_comes_late_does_not_disturb_a_search(alice: User, open_screen: OpenScreen) -> None:
    large_book(alice)
    hers = open_screen(alice).go("/contacts/")
    late: list[Route] = []
    hers.page.route("**/contacts/?*after=*", lambda route: late.append(route))
    with hers.page.expect_request("**/contacts/?*after=*"):
        hers.page.locator("#book").evaluate("book => book.scrollTo(0, book.scrollHeight)")

    search(hers).fill("person 012")
    shows_list(hers, "M. Person 012")
    with hers.page.expect_response("**/contacts/?*after=*") as answer:
        late[0].continue_()
    answer.value.finished()
    hers.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    shows_list(hers, "M. Person 012")


def test_a_list_that_was_scrolled_far_stays_where_it_was_when_it_is_drawn_anew(
    alice: User, open_screen: OpenScreen
) -> None:
    large_book(alice, ROWS_MAX + 2 * PAGE_SIZE)
    hers = open_screen(alice).go(f"/contacts/?rows={ROWS_MAX}")
    scroll_to_the_end(hers)
    hers.page.locator("#book").evaluate("book => book.scrollTo(0, book.scrollHeight)")
    where = hers.page.locator("#book").evaluate("book => book.scrollTop")
    gone = Party.objects.get(public_id=(rows_of(hers).last.get_attribute("id") or "")[6:])
    rows_of(hers).last.get_by_role("link").click()
    expect(heading(hers)).to_have_text(gone.display_name)

    hers.tap("Delete")

    expect(row(hers, gone)).to_have_count(0)
    expect(rows_of(hers)).to_have_count(ROWS_MAX + 2 * PAGE_SIZE - 1)
    assert abs(hers.page.locator("#book").evaluate("book => book.scrollTop") - where) < 200
    texts = hers.page.locator("#parties .book-name").all_text_contents()
    assert texts == list(Party.objects.in_book().order_by("sort_key", "pk").values_list("display_name", flat=True))


def test_a_letter_leads_to_its_names_and_back(alice: User, open_screen: OpenScreen) -> None:
    large_book(alice)
    hers = open_screen(alice).go("/contacts/")

    hers.page.get_by_role("navigation", name="Letters").get_by_role("link", name="M").click()
    expect(hers.page.locator("#parties .book-name").first).to_have_text("M. Person 012")
    hers.tap("From the beginning", role="link")
    expect(hers.page.locator("#parties .book-name").first).to_have_text("A. Person 000")


def test_a_change_is_seen_in_the_list_which_stays_where_it_was(alice: User, open_screen: OpenScreen) -> None:
    large_book(alice)
    party = by_hand(alice, "A. Person 999", "x@example.org")
    hers = open_screen(alice).go("/contacts/")
    hers.page.locator("#book").evaluate("book => book.scrollTo(0, book.scrollHeight)")
    expect(hers.page.locator("#parties > .row")).to_have_count(3 * PAGE_SIZE)
    where = hers.page.locator("#book").evaluate("book => book.scrollTop")
    hers.page.evaluate("path => history.replaceState({}, '', path)", "/contacts/")
    hers.page.evaluate("id => document.querySelector(`#party-${id} a`).click()", party.public_id)
    expect(heading(hers)).to_have_text("A. Person 999")

    hers.tap("Delete")

    expect(row(hers, party)).to_have_count(0)
    expect(hers.page.locator("#parties > .row")).to_have_count(3 * PAGE_SIZE)
    assert abs(hers.page.locator("#book").evaluate("book => book.scrollTop") - where) < 60


def test_on_a_narrow_screen_one_goes_from_the_list_to_a_contact_and_back(alice: User, open_screen: OpenScreen) -> None:
    jan, *_ = small_book(alice)
    hers = open_screen(alice, **NARROW).go("/contacts/")
    expect(hers.page.get_by_text("Your contacts")).to_be_hidden()
    search(hers).fill("jan")
    shows_list(hers, "Jan Novák")

    row(hers, jan).get_by_role("link").click()
    expect(heading(hers)).to_be_in_viewport()
    expect(search(hers)).to_be_hidden()
    hers.tap("Back to contacts", role="link")

    expect(row(hers, jan)).to_be_visible()
    expect(search(hers)).to_have_value("jan")
    expect(heading(hers)).to_have_count(0)


def test_the_switch_leads_to_the_chats_and_back(alice: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/")

    hers.tap("Contacts", role="link")
    expect(search(hers)).to_be_visible()
    expect(hers.page.get_by_role("link", name="Contacts", exact=True)).to_have_attribute("aria-current", "true")
    hers.tap("Chats", role="link")

    expect(hers.page.get_by_text("Choose a conversation")).to_be_visible()
