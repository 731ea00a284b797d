"""What a person sees of their address book in a browser."""

from playwright.sync_api import Locator, expect

from contacts.models import Folder, Party
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, phone, placed

from .screens import Screen

NARROW = {"viewport": {"width": 360, "height": 740}}


def small_book(owner: User) -> list[Party]:
    """Jan and Eva, who share an address, and an organisation; in a mirrored folder."""
    return placed(
        folder_of(owner),
        contact("Jan Novák", email("shared@example.org"), phone("+420 732 123 456"), categories=("Garden",)),
        contact("Eva Dvořáková", email("shared@example.org", "work"), email("eva@example.org")),
        contact("Acme Gardening", email("info@acme.example"), kind="organization"),
    )


def large_book(owner: User, count: int = 350) -> Folder:
    """People from A to Z."""
    folder = folder_of(owner)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    placed(folder, *(contact(f"{letters[n % 26]}. Person {n:03}", email(f"{n}@example.org")) for n in range(count)))
    return folder


def by_hand(owner: User, name: str, *addresses: str, **more: object) -> Party:
    return Party.objects.enter(owner, contact(name, *map(email, addresses), **more))


def row(screen: Screen, party: Party) -> Locator:
    """The row of a contact in the list."""
    return screen.page.locator(f"#party-{party.public_id}")


def shows_list(screen: Screen, *names: str) -> None:
    """Expect exactly these contacts in the list, in this order."""
    expect(screen.page.locator("#parties .book-name")).to_have_text(list(names))


def heading(screen: Screen) -> Locator:
    """The name of the contact whose page is open."""
    return screen.page.locator("main .party-name")


def search(screen: Screen) -> Locator:
    return screen.page.get_by_role("searchbox", name="Search contacts")
