"""People are called what their reader calls them, at once and wherever they stand; and nobody else sees it."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import pytest
from PIL import Image
from playwright.sync_api import Locator, Route, WebSocketRoute, expect

from chat.models import Conversation
from contacts.models import Directory, Party
from project.accounts.models import User
from project.accounts.names import NAME_MAX
from tests.cast import account
from tests.contacts.files import card
from tests.live.serving import Parley

from .conftest import OpenScreen
from .screens import UNREACHABLE, Screen
from .test_hostile_text import HOSTILE, expect_untouched

pytestmark = pytest.mark.browser


def says(directory: Directory, name: str, *lines: str, of: str = "bob@example.org") -> None:
    """Let the source of a directory say that this is the name of whoever has that address."""
    cards = {f"{of}.vcf": card(name, f"EMAIL:{of}", *lines, uid=of).decode()}
    books = directory.config.get("books") or [{"href": "/friends/", "name": "Friends", "cards": {}}]
    books[0]["cards"] |= cards
    directory.config = {"books": books}
    directory.save()


@pytest.fixture
def directory(alice: User, bob: User, carol: User) -> Directory:
    """A directory of alice's in which bob is called Bobby Tables; everybody's address is verified."""
    for person in (alice, bob, carol):
        person.confirm_address()
    directory = Directory.objects.create(owner=alice, backend_class="memory", name="Home")
    says(directory, "Bobby Tables")
    directory.sync(by_owner=True)
    assert Party.objects.get(user=bob).display_name == "Bobby Tables"
    return directory


def syncs(screen: Screen, directory: Directory) -> None:
    """Have the worker of the server ask the source again."""
    screen.go(f"/contacts/directories/{directory.public_id}/").until_live().tap("Sync now")


def who(screen: Screen, text: str) -> Locator:
    """The name above a message."""
    return screen.message(text).locator(".message-who [data-person]")


def face(within: Locator) -> Locator:
    return within.locator("[data-avatar]")


def frames_to(screen: Screen) -> list[str]:
    """Collect the types of the frames that a page will hear."""
    types: list[str] = []
    screen.page.on(
        "websocket", lambda line: line.on("framereceived", lambda text: types.append(json.loads(text)["type"]))
    )
    return types


def test_a_sync_that_renames_changes_an_open_conversation_at_once_and_for_its_owner_alone(
    alice: User, bob: User, carol: User, group: Conversation, directory: Directory, open_screen: OpenScreen
) -> None:
    group.rename("", by=alice)
    group.post("Tea at four?", by=bob)
    hers, his, theirs = open_screen(alice), open_screen(bob), open_screen(carol)
    heard = frames_to(theirs)
    for screen in (hers, his, theirs):
        screen.open(group).page.evaluate("() => (window.isSame = true)")
    expect(hers.title).to_have_text("Bobby Tables and Carol")
    his.composer.press_sequentially("At fo")
    expect(hers.page.locator("typing-line")).to_have_text("Bobby Tables is typing…")

    says(directory, "Robert Menzies")
    says(directory, "Caro", of="carol@example.org")
    syncs(hers.other_tab(), directory)

    expect(who(hers, "Tea at four?")).to_have_text("Robert Menzies")
    expect(face(hers.message("Tea at four?"))).to_have_text("RM")
    expect(hers.title).to_have_text("Robert Menzies and Caro")
    expect(hers.row(group).locator(".row-title")).to_have_text("Robert Menzies and Caro")
    expect(hers.preview(group)).to_have_text("Robert Menzies: Tea at four?", use_inner_text=True)
    expect(hers.event("removed the name of the group")).to_contain_text("Alice")
    expect(hers.page.locator("typing-line")).to_have_text("Robert Menzies is typing…")
    expect(hers.page).to_have_title(re.compile(r"^(\(\d+\) )?Robert Menzies and Caro · "))
    assert hers.page.evaluate("() => window.isSame")
    hers.says("At four.")
    expect(theirs.message("At four.")).to_be_visible()
    expect(who(theirs, "Tea at four?")).to_have_text("Bob")
    expect(theirs.title).to_have_text("Alice and Bob")
    expect(his.title).to_have_text("Alice and Carol")
    assert "message" in heard
    assert "names" not in heard


def test_ones_own_name_for_somebody_comes_with_theirs_beside_it(
    alice: User, bob: User, talk: Conversation, directory: Directory, open_screen: OpenScreen
) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice).open(talk)

    for name in (who(hers, "Hello"), hers.title.locator("[data-person]")):
        expect(name).to_have_text("Bobby Tables")
        expect(name).to_have_attribute("title", "Bob")
    expect(hers.page.locator(".account-link [data-person]")).to_have_text("Alice")
    expect(hers.page.locator(".account-link [data-person]")).not_to_have_attribute("title", re.compile(""))


def test_what_comes_live_is_never_painted_under_another_name(
    alice: User, bob: User, talk: Conversation, directory: Directory, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)
    hers.page.evaluate(
        """() => {
            window.painted = new Set();
            const look = () => {
                const shown = "#messages [data-person], #inbox [data-person], #messages .avatar";
                for (const one of document.querySelectorAll(shown)) window.painted.add(one.textContent);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )

    for number in range(20):
        his.says(f"{number}")
    expect(hers.message("19")).to_be_visible()
    hers.tap("People", role="link")
    expect(hers.page.locator("#people")).to_be_visible()
    hers.page.go_back()
    expect(hers.message("19")).to_be_visible()

    assert set(hers.page.evaluate("() => [...window.painted]")) <= {"Bobby Tables", "BT"}
    expect(who(hers, "19")).to_have_text("Bobby Tables")
    expect(hers.page).to_have_title(re.compile("^Bobby Tables · "))


def test_names_are_there_without_javascript(
    alice: User, bob: User, talk: Conversation, directory: Directory, open_screen: OpenScreen
) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice, java_script_enabled=False).go(f"/c/{talk.public_id}/")

    expect(hers.title).to_have_text("Bobby Tables")
    expect(who(hers, "Hello")).to_have_attribute("title", "Bob")
    expect(hers.row(talk)).to_contain_text("Bobby Tables")
    expect(hers.page).to_have_title(re.compile("^Bobby Tables · "))


def test_the_picture_of_a_contact_comes_and_goes_with_it(
    alice: User, bob: User, talk: Conversation, directory: Directory, open_screen: OpenScreen
) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice).open(talk)
    faces = face(hers.page.locator("#conversation-head, #messages"))
    look = "face => [face.className.split(' ').sort().join(' '), face.textContent]"
    initials = faces.first.evaluate(look)
    drawn = BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")

    says(directory, "Bobby Tables", f"PHOTO;ENCODING=b;TYPE=PNG:{b64encode(drawn.getvalue()).decode()}")
    other = hers.other_tab()
    syncs(other, directory)

    party = Party.objects.get(user=bob)
    for number in range(2):
        shown = faces.nth(number)
        expect(shown).to_have_attribute("src", re.compile(f"/contacts/{party.public_id}/avatar/"))
        expect(shown).to_have_js_property("naturalWidth", 256)
    says(directory, "Bobby Tables")
    syncs(other, directory)
    expect(hers.page.locator("#messages img.avatar")).to_have_count(0)
    assert faces.first.evaluate(look) == initials


def test_what_changed_while_the_line_was_down_is_there_when_it_is_back(
    alice: User, bob: User, talk: Conversation, directory: Directory, server: Parley, open_screen: OpenScreen
) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice).open(talk)
    hers.tolerate(UNREACHABLE)
    server.stop()

    says(directory, "Robert Menzies")
    directory.sync(by_owner=True)
    server.start()

    expect(who(hers, "Hello")).to_have_text("Robert Menzies", timeout=30_000)
    expect(hers.page).to_have_title(re.compile("^Robert Menzies · "))


def test_what_changed_before_the_line_opened_is_there_when_it_is_open(
    alice: User, bob: User, talk: Conversation, directory: Directory, open_screen: OpenScreen
) -> None:
    def rename_first(route: Route) -> None:
        says(directory, "Robert Menzies")
        directory.sync(by_owner=True)
        route.continue_()

    hers = open_screen(alice)
    hers.page.route("**/js/live-line.*", rename_first, times=1)  # the page is there by then
    hers.open(talk)

    expect(hers.title).to_have_text("Robert Menzies")


def test_what_was_read_earlier_never_stands_in_place_of_what_was_read_later(
    alice: User, bob: User, talk: Conversation, directory: Directory, open_screen: OpenScreen
) -> None:
    lines: list[WebSocketRoute] = []

    def keep(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    def tell(name: str, at: int) -> None:
        lines[-1].send(json.dumps({"type": "names", "at": at, "names": {bob.public_id: [name, "", "", "1 X"]}}))

    hers = open_screen(alice)
    hers.page.route_web_socket(re.compile("/ws/$"), keep)
    hers.open(talk)

    later = 2**52
    for name, at, shown in [("Early", 1, "Bobby Tables"), ("Late", later, "Late"), ("Between", later - 1, "Late")]:
        tell(name, at)
        tell("Nobody", 0)  # once this was heard, so was the one before
        hers.page.evaluate("() => new Promise(requestAnimationFrame)")
        expect(hers.title).to_have_text(shown)
    with hers.page.expect_response(lambda answer: answer.url.endswith("/names/") and answer.status == 200) as asked:
        lines[-1].send(json.dumps({"type": "names", "at": later + 1, "names": None}))
    assert "Bobby Tables" in asked.value.text()
    hers.page.wait_for_function("() => !document.querySelector('my-names').isAsking")
    expect(hers.title).to_have_text("Late")


def test_that_is_not_them_gives_people_their_own_name_back(
    alice: User, bob: User, talk: Conversation, directory: Directory, open_screen: OpenScreen
) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice).open(talk)
    expect(who(hers, "Hello")).to_have_text("Bobby Tables")

    other = hers.other_tab().go(f"/contacts/{Party.objects.get(user=bob).public_id}/")
    other.tap("That is not them")

    expect(who(hers, "Hello")).to_have_text("Bob")
    expect(who(hers, "Hello")).not_to_have_attribute("title", re.compile(""))
    expect(face(hers.message("Hello"))).to_have_text("B")
    expect(hers.title).to_have_text("Bob")
    expect(hers.page).to_have_title(re.compile("^Bob · "))


def test_the_names_that_a_frame_brings_for_an_untitled_group_follow_too(
    alice: User, bob: User, carol: User, directory: Directory, open_screen: OpenScreen
) -> None:
    group = Conversation.start(alice, [bob, carol, *map(account, ("Dave", "Eve"))], "Garden")
    group.post("Hello", by=bob)
    hers, his = open_screen(alice), open_screen(bob).open(group)
    hers.tolerate(UNREACHABLE)
    hers.page.route("**/row/", lambda route: route.abort())  # what was fetched would stand there instead
    title = hers.inbox().row(group).locator(".row-title")

    his.tap("People", role="link")
    his.page.get_by_role("textbox", name="Name of the group").fill("")
    his.tap("Save")
    expect(title).to_have_text("Bobby Tables, Carol, Dave and 1 other")
    says(directory, "Caro", of="carol@example.org")
    syncs(hers.other_tab(), directory)

    expect(title).to_have_text("Bobby Tables, Caro, Dave and 1 other")


def test_hostile_names_of_contacts_are_text_wherever_they_stand(
    alice: User, bob: User, directory: Directory, open_screen: OpenScreen
) -> None:
    names = [*HOSTILE, "x" * 10_000]
    people = [account(f"Guest{number}") for number in range(len(names))]
    group = Conversation.start(alice, people)
    talks = [Conversation.start(alice, [one]) for one in people]
    for one, talk in zip(people, talks, strict=True):
        one.confirm_address()
        group.post(f"I am {one}", by=one)
        talk.post("Hello", by=one)
    hers = open_screen(alice).open(group)

    for one, name in zip(people, names, strict=True):
        says(directory, re.sub(r"([\\;,])", r"\\\1", name), of=one.email)
    syncs(hers.other_tab(), directory)

    shown = [name if len(name) <= NAME_MAX else f"{name[: NAME_MAX - 1]}…" for name in map(kept, names)]
    for screen in (hers, hers.other_tab().open(group)):
        expect(screen.page.locator("#messages .message-who [data-person]")).to_have_text(shown)
        for talk, name in zip(talks, shown, strict=True):
            expect(screen.row(talk).locator(".row-title")).to_have_text(name)
        expect(screen.title).to_have_text(f"{', '.join(shown[:3])} and {len(names) - 3} others")
        expect_untouched(screen)
        assert not screen.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    for talk, name in list(zip(talks, shown, strict=True))[-5:]:
        hers.row(talk).get_by_role("link").click()
        expect(hers.title).to_have_text(name)
        expect(hers.page).to_have_title(re.compile(rf"^(\(\d+\) )?{re.escape(name)} · Parley$"))


def kept(name: str) -> str:
    """A name as it is shown: on one line, and composed."""
    return normalize("NFC", " ".join(name.split()))


@pytest.fixture
def discreet_server(server: Parley, static_root: Path, tmp_path: Path) -> Iterator[Parley]:
    """A server on which people find only whom they met."""
    discreet = Parley(tmp_path, STATIC_ROOT=str(static_root), MEMBERS_FIND_EACH_OTHER="0")
    try:
        discreet.start()
        yield discreet
    finally:
        discreet.stop()
    assert "Traceback" not in discreet.log, discreet.log


def test_where_people_find_only_whom_they_met_a_name_comes_with_the_first_message(
    alice: User, bob: User, directory: Directory, discreet_server: Parley, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice, at=discreet_server).inbox(), open_screen(bob, at=discreet_server)
    assert bob.public_id not in hers.page.content()

    talk = Conversation.start(bob, [alice])
    his.open(talk).says("Hello Alice")

    expect(hers.row(talk).locator(".row-title")).to_have_text("Bobby Tables")
