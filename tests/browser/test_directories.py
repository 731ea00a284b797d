"""Where contacts come from, in a browser: connecting a real server, watching a sync, importing files."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Request, expect
from pytest_django.plugin import DjangoDbBlocker

from contacts.importing import bring_in
from contacts.models import Directory, Folder, Party, Upload
from project.accounts.models import User
from tests.contacts.directories.dav_servers import PASSWORD, USERNAME, Radicale, radicale
from tests.contacts.files import HUGE, card
from tests.live.serving import Parley

from .books import NARROW, shows_list
from .conftest import OpenScreen
from .screens import REFUSED, Screen
from .test_accessibility import expect_accessible
from .test_hostile_text import HOSTILE, expect_untouched
from .test_looks import expect_no_sideways_scroll

pytestmark = pytest.mark.browser
NETWORKS = (ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
def _allowing(
    static_root: Path,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Parley]:
    """A server that may ask others on this machine, and reads what the tests encrypt."""
    key = settings.CREDENTIAL_KEY_FILE.read_text()
    told = {"PARLEY_PRIVATE_NETWORKS": "127.0.0.0/8", "CREDENTIAL_KEY": key, "STATIC_ROOT": str(static_root)}
    with django_db_blocker.unblock():
        server = Parley(tmp_path_factory.mktemp("served"), **told)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture
def server(_allowing: Parley, transactional_db: None) -> Iterator[Parley]:
    start = len(_allowing.log)
    yield _allowing
    log = _allowing.log[start:]
    assert "Traceback" not in log, log
    assert PASSWORD not in log


@pytest.fixture(scope="module")
def shelf() -> Iterator[Radicale]:
    """A CardDAV server with two books."""
    with radicale() as server:
        yield server


@pytest.fixture
def books(shelf: Radicale) -> Radicale:
    for book in ("friends", "work", "more"):
        if (shelf._folder(book)).exists():
            shelf.remove_book(book)
    shelf.fill("friends", {f"{name}.vcf": card(name).decode() for name in ("Anna", "Ben", "Cyd")})
    shelf.fill("work", {"Dan.vcf": card("Dan").decode()})
    return shelf


def connected(owner: User, books: Radicale) -> Directory:
    """A directory of owner that was synced."""
    secret = dict(books.credential)
    directory = Directory.objects.create(
        owner=owner, backend_class="carddav", name="Radicale", config={"url": books.url}, credential=secret
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "PARLEY_PRIVATE_NETWORKS", NETWORKS)
        directory.sync(by_owner=True)
    return directory


def type_place(screen: Screen, books: Radicale, password: str = PASSWORD) -> None:
    screen.page.get_by_label("Address", exact=True).fill(books.url)
    screen.page.get_by_label("User name").fill(USERNAME)
    screen.page.get_by_label("Password", exact=False).first.fill(password)
    screen.page.get_by_label("Name (optional)", exact=True).fill("Radicale")


def status(screen: Screen):
    return screen.page.locator("main .directory-status")


def comes(screen: Screen, text: str, *, is_plain: bool = False) -> None:
    """Expect that the page says this in a while: by itself, or, without JavaScript, when it is loaded again."""
    for _ in range(20 if is_plain else 0):
        try:
            expect(status(screen)).to_contain_text(text, timeout=500)
            return
        except AssertionError:
            screen.page.reload()
    expect(status(screen)).to_contain_text(text)


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["javascript", "plain"])
def test_a_server_is_connected_and_its_contacts_come(
    alice: User, books: Radicale, open_screen: OpenScreen, java_script_enabled: bool
) -> None:
    hers = open_screen(alice, java_script_enabled=java_script_enabled).go("/contacts/")
    hers.tolerate(REFUSED)
    hers.page.get_by_role("link", name="Directories", exact=True).click()
    expect(hers.page.get_by_role("heading", name="Directories")).to_be_visible()
    hers.page.locator("main").get_by_role("link", name="Connect a directory").click()

    type_place(hers, books, password="quite wrong")
    hers.tap("Look for my contacts")
    expect(hers.page.locator("main .errors")).to_contain_text("password")
    expect(hers.page.get_by_label("Address", exact=True)).to_have_value(books.url)
    expect(hers.page.get_by_label("Password", exact=False).first).to_have_value("")
    assert not Directory.objects.exists()

    type_place(hers, books)
    hers.tap("Look for my contacts")
    expect(hers.page.get_by_role("heading", name="Choose what to mirror")).to_be_visible()
    hers.page.get_by_label("work").uncheck()
    hers.tap("Connect")

    expect(hers.page.get_by_role("heading", name="Radicale")).to_be_visible()
    comes(hers, "3 new", is_plain=not java_script_enabled)
    expect(hers.page.locator("main .books")).to_contain_text("3 contacts")
    hers.go("/contacts/")
    shows_list(hers, "Anna", "Ben", "Cyd")


def test_picking_a_kind_fills_in_what_was_not_typed(alice: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/contacts/directories/new/")
    asked: list[Request] = []
    hers.page.on("request", lambda request: asked.append(request))
    how_often = hers.page.get_by_label("Sync", exact=True)
    expect(how_often).to_have_value("15")
    hers.page.get_by_label("Address", exact=True).fill("contacts.example.org")
    hers.page.get_by_label("Password", exact=False).first.fill("typed already")

    hers.page.get_by_label("vCard file").check()
    expect(how_often).to_have_value("1440")
    expect(hers.page.get_by_label("Address", exact=True)).to_have_value("contacts.example.org")
    expect(hers.page.get_by_label("Password", exact=False).first).to_have_value("typed already")

    how_often.select_option("60")
    hers.page.get_by_label("CardDAV").check()
    expect(hers.page.locator("[name=previous]")).to_have_value("carddav")
    expect(how_often).to_have_value("60")
    posted = [request.post_data or "" for request in asked if "prefill" in request.url]
    assert len(posted) == 2
    assert not [data for data in posted if "typed already" in data or "typed+already" in data]


def test_sync_now_is_watched_to_its_end_and_the_contacts_come_by_themselves(
    alice: User, books: Radicale, open_screen: OpenScreen
) -> None:
    directory = connected(alice, books)
    hers = open_screen(alice).go(f"/contacts/directories/{directory.public_id}/").until_live()
    shows_list(hers, "Anna", "Ben", "Cyd", "Dan")
    books.put("friends", "Eve.vcf", card("Eve").decode())
    books.fill("more", {f"{n}.vcf": card(f"Person {n:03}").decode() for n in range(200)})
    Directory.objects.update(books_asked_at=None)
    hers.page.evaluate("""() => {
        window.isStillHere = true;
        window.seen = [];
        new MutationObserver(() => {
            const status = document.querySelector("main .directory-status");
            if (status) window.seen.push(`${status.dataset.state}: ${status.textContent}`.replace(/\\s+/g, " "));
        }).observe(document.querySelector(".panes"), { subtree: true, childList: true });
    }""")

    hers.tap("Sync now")

    expect(status(hers)).to_contain_text("201 new")
    expect(hers.page.locator("#parties .book-name").nth(4)).to_have_text("Eve")
    expect(hers.page.locator("#parties .book-name").nth(5)).to_have_text("Person 000")
    expect(hers.page.locator("main .books")).to_contain_text("200 contacts")
    expect(hers.page.get_by_role("button", name="Sync now")).to_be_enabled()
    expect(hers.page.locator("[data-outcome]")).to_contain_text("Radicale: 201 new")
    seen = hers.page.evaluate("() => window.seen")
    assert [state for state in seen if re.match(r"syncing: Syncing more: \d+ of 200", state)], seen
    assert hers.page.evaluate("() => window.isStillHere")


def test_what_has_the_focus_keeps_it_when_a_sync_ends(alice: User, books: Radicale, open_screen: OpenScreen) -> None:
    directory = connected(alice, books)
    hers = open_screen(alice).go(f"/contacts/directories/{directory.public_id}/").until_live()
    books.fill("more", {f"{n}.vcf": card(f"Person {n:03}").decode() for n in range(200)})
    Directory.objects.update(books_asked_at=None)
    hers.page.get_by_role("button", name="Sync now").press("Enter")
    expect(hers.page.locator("#main")).to_be_focused()
    pause = hers.page.get_by_role("button", name="Pause")
    pause.focus()
    expect(status(hers)).to_have_attribute("data-state", "ok")
    expect(hers.page.get_by_role("button", name="Sync now")).to_be_enabled()
    expect(pause).to_be_focused()


def test_a_directory_is_paused_and_resumed(alice: User, books: Radicale, open_screen: OpenScreen) -> None:
    directory = connected(alice, books)
    hers = open_screen(alice).go(f"/contacts/directories/{directory.public_id}/").until_live()
    hers.tap("Pause")
    expect(status(hers)).to_contain_text("Paused.")
    expect(hers.page.get_by_role("button", name="Sync now")).to_have_count(0)
    books.put("friends", "Eve.vcf", card("Eve").decode())
    hers.tap("Resume")
    expect(status(hers)).to_contain_text("1 new")
    shows_list(hers, "Anna", "Ben", "Cyd", "Dan", "Eve")


@pytest.mark.parametrize(
    ("button", "left"),
    [("Keep the 4 contacts, remove the directory", ["Anna", "Ben", "Cyd", "Dan"]), ("Remove both", [])],
)
def test_a_directory_is_removed_and_its_contacts_stay_or_go(
    alice: User, books: Radicale, open_screen: OpenScreen, button: str, left: list[str]
) -> None:
    directory = connected(alice, books)
    hers = open_screen(alice).go(f"/contacts/directories/{directory.public_id}/").until_live()
    hers.tap("Remove", role="link")
    expect(hers.page.locator("main")).to_contain_text("4 contacts came from it.")
    hers.tap(button)
    expect(hers.page.get_by_role("heading", name="Directories")).to_be_visible()
    expect(hers.page.get_by_role("link", name="Radicale")).to_have_count(0)
    shows_list(hers, *left)
    assert [str(party) for party in Party.objects.of(alice).listed()] == left


def test_the_owner_is_asked_when_a_book_is_suddenly_empty(
    alice: User, books: Radicale, open_screen: OpenScreen
) -> None:
    directory = connected(alice, books)
    for name in ("Anna", "Ben", "Cyd"):
        books.remove("friends", f"{name}.vcf")
    hers = open_screen(alice).go(f"/contacts/directories/{directory.public_id}/").until_live()

    hers.tap("Sync now")
    question = hers.page.locator("main .question")
    expect(question).to_contain_text("All 3 contacts of friends are gone at the source")
    expect(question).to_contain_text("Anna, Ben, Cyd")
    assert Party.objects.of(alice).count() == 4

    hers.tap("They were deleted there: remove them")
    expect(question).to_have_count(0)
    assert [str(party) for party in Party.objects.of(alice)] == ["Dan"]


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["javascript", "plain"])
def test_files_are_looked_at_and_then_imported(
    alice: User, open_screen: OpenScreen, tmp_path: Path, java_script_enabled: bool
) -> None:
    (tmp_path / "one.vcf").write_bytes(card("Anna") + HUGE)
    (tmp_path / "two.vcf").write_bytes(card("Ben"))
    hers = open_screen(alice, java_script_enabled=java_script_enabled).go("/contacts/import/")

    hers.page.get_by_label("vCard files").set_input_files([tmp_path / "one.vcf", tmp_path / "two.vcf"])
    hers.tap("Upload and look")
    comes(hers, "3 cards found", is_plain=not java_script_enabled)
    expect(hers.page.locator("main .refused")).to_contain_text("Gus")
    assert not Party.objects.exists()
    hers.page.get_by_label("Name of the new folder").fill("Club")
    hers.tap("Import 2 contacts")

    comes(hers, "2 new", is_plain=not java_script_enabled)
    expect(hers.page.get_by_text("They are in Club.")).to_be_visible()
    assert {party.folder.name for party in Party.objects.of(alice)} == {"Club"}


def test_a_preview_tells_new_changed_and_unreadable_cards_apart(
    alice: User, open_screen: OpenScreen, tmp_path: Path
) -> None:
    bring_in(Folder.objects.by_hand(alice), [card("Anna") + card("Ben")])
    (tmp_path / "one.vcf").write_bytes(card("Anna") + card("Ben", "NOTE:moved") + card("Cyd") + HUGE)
    hers = open_screen(alice).go("/contacts/import/")
    hers.page.get_by_label("vCard files").set_input_files(tmp_path / "one.vcf")
    hers.tap("Upload and look")
    comes(hers, "4 cards found")
    numbers = hers.page.locator("main .numbers > div")
    expect(numbers).to_have_text(["New1", "Changed1", "Unchanged1", "Left out1"])
    hers.tap("Import 2 contacts")
    comes(hers, "1 new, 1 changed")
    shows_list(hers, "Anna", "Ben", "Cyd")


def test_a_double_click_imports_once(alice: User, open_screen: OpenScreen, tmp_path: Path) -> None:
    (tmp_path / "one.vcf").write_bytes(card("Anna", uid="") + card("Ben", uid=""))
    hers = open_screen(alice).go("/contacts/import/")
    hers.page.get_by_label("vCard files").set_input_files(tmp_path / "one.vcf")
    hers.page.get_by_role("button", name="Upload and look").dblclick()
    comes(hers, "2 cards found")
    hers.page.get_by_role("button", name="Import 2 contacts").dblclick()
    comes(hers, "2 new")
    shows_list(hers, "Anna", "Ben")
    assert (Upload.objects.count(), Folder.objects.count(), Party.objects.count()) == (1, 1, 2)


def test_what_is_no_file_of_contacts_is_said(alice: User, open_screen: OpenScreen, tmp_path: Path) -> None:
    hers = open_screen(alice).go("/contacts/import/")
    hers.tolerate(REFUSED)
    for name, content, sentence in (
        ("empty.vcf", b"", "“empty.vcf” is empty."),
        ("large.vcf", b"x" * (32 * 1024 * 1024 + 1), "“large.vcf” is larger than 32 MiB."),
    ):
        (tmp_path / name).write_bytes(content)
        hers.page.get_by_label("vCard files").set_input_files(tmp_path / name)
        hers.tap("Upload and look")
        expect(hers.page.locator("main .errors")).to_have_text(sentence)
    (tmp_path / "binary.vcf").write_bytes(bytes(range(256)) * 999)
    hers.page.get_by_label("vCard files").set_input_files(tmp_path / "binary.vcf")
    hers.tap("Upload and look")
    expect(hers.page.locator("main .refused")).to_contain_text("There is no vCard in this text.")
    expect(hers.page.get_by_role("button", name="Nothing to import")).to_be_disabled()


def test_another_folder_shows_another_preview(alice: User, open_screen: OpenScreen, tmp_path: Path) -> None:
    Folder.objects.by_hand(alice)
    (tmp_path / "one.vcf").write_bytes(card("Anna"))
    hers = open_screen(alice).go("/contacts/import/")
    hers.page.get_by_label("vCard files").set_input_files(tmp_path / "one.vcf")
    hers.tap("Upload and look")

    hers.page.get_by_label("Into the folder").select_option("new")

    expect(hers.page.get_by_label("Name of the new folder")).to_be_visible()
    expect(hers.page.get_by_label("Into the folder")).to_have_value("new")


def test_an_export_is_downloaded(alice: User, open_screen: OpenScreen) -> None:

    bring_in(Folder.objects.by_hand(alice), [card("Anna") + card("Ben")])
    hers = open_screen(alice).go("/contacts/")
    with hers.page.expect_download() as download:
        hers.page.get_by_role("link", name="Export", exact=True).click()
    assert Path(download.value.path()).read_bytes() == card("Anna") + card("Ben")
    assert download.value.suggested_filename.endswith(".vcf")


# --- Looks -------------------------------------------------------------------------------------------------------


def places(owner: User, text: str) -> list[str]:
    """A directory in trouble, with text everywhere, and its pages."""
    directory = Directory.objects.create(
        owner=owner, backend_class="carddav", name=text, config={"url": text}, health="error", problem=text
    )
    vanishing = {"count": 2, "of": 2, "digest": "x", "names": [text, text]}
    folder = directory.folders.create(
        owner=owner, name=text, source_href="/x/", href_key="x", vanishing=vanishing, problem=text
    )
    said = {"raw_vcard": text.encode(), "source_digest": "d", "reason": text}
    odd = folder.quarantined.create(source_href=text, href_key="k", **said)
    own = f"/contacts/directories/{directory.public_id}/"
    return [
        "/contacts/directories/", "/contacts/directories/new/", own, f"{own}edit/", f"{own}remove/",
        f"{own}quarantined/", f"{own}quarantined/{odd.public_id}/", "/contacts/import/",
    ]  # fmt: skip


def test_no_page_scrolls_sideways_on_a_narrow_screen(alice: User, open_screen: OpenScreen, tmp_path: Path) -> None:
    word = "Wolfeschlegelsteinhausenbergerdorff" * 9
    hers = open_screen(alice, **NARROW)
    for place in places(alice, word):
        hers.go(place)
        expect_no_sideways_scroll(hers)
    (tmp_path / "one.vcf").write_bytes(card(word) + HUGE.replace(b"Gus", word.encode()))
    hers.page.get_by_label("vCard files").set_input_files(tmp_path / "one.vcf")
    hers.tap("Upload and look")
    expect(hers.page.locator("main .refused")).to_contain_text("Wolfe")
    expect_no_sideways_scroll(hers)


def test_every_page_is_accessible(alice: User, open_screen: OpenScreen, tmp_path: Path) -> None:
    hers = open_screen(alice)
    for place in places(alice, "Some text"):
        expect_accessible(hers.go(place))
    (tmp_path / "one.vcf").write_bytes(card("Anna") + HUGE)
    hers.page.get_by_label("vCard files").set_input_files(tmp_path / "one.vcf")
    hers.tap("Upload and look")
    expect(hers.page.locator("main .refused")).to_be_visible()
    expect_accessible(hers)


def test_hostile_texts_are_text(alice: User, open_screen: OpenScreen) -> None:
    hers = open_screen(alice)
    for place in places(alice, " ".join(HOSTILE)):
        hers.go(place)
        expect_untouched(hers)
