"""Narrow screens, dark ones, and whoever has no mouse."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser
NARROW = {"viewport": {"width": 360, "height": 740}}


def expect_no_sideways_scroll(screen: Screen) -> None:
    width = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    scrolled, shown = screen.page.evaluate(width)
    assert scrolled <= shown, screen.page.url


def places(conversation: Conversation) -> list[str]:
    own = [f"/c/{conversation.public_id}/{page}" for page in ("", "people/", "leave/")]
    return ["/", *own, "/new/", "/left/", "/settings/", "/invitations/", "/accounts/password/change/"]


def test_on_a_narrow_screen_one_goes_from_the_list_to_the_thread_and_back(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    talk.post("Hello " * 40 + "https://example.org/" + "a" * 200, by=bob)
    hers = open_screen(alice, **NARROW).inbox()
    expect(hers.row(talk)).to_be_visible()
    expect(hers.page.get_by_text("Choose a conversation")).to_be_hidden()
    expect_no_sideways_scroll(hers)

    hers.row(talk).get_by_role("link").click()
    expect(hers.composer).to_be_in_viewport(ratio=1)
    expect(hers.row(talk)).to_be_hidden()
    expect_no_sideways_scroll(hers)
    hers.says("Short")
    expect(hers.message("Short")).to_be_in_viewport()

    hers.tap("Back to conversations", role="link")
    expect(hers.row(talk)).to_be_visible()
    expect(hers.thread).to_be_hidden()
    expect(hers.row(talk)).to_contain_text("You: Short")
    hers.page.go_back()
    expect(hers.composer).to_be_in_viewport()


def test_no_page_scrolls_sideways_on_a_narrow_screen(
    alice: User, bob: User, group: Conversation, open_screen: OpenScreen
) -> None:
    group.rename("A" * 100, by=alice)
    group.post("b" * 3000, by=bob)
    hers = open_screen(alice, **NARROW)

    for place in places(group):
        hers.go(place)
        expect_no_sideways_scroll(hers)


def brightness(screen: Screen, selector: str, what: str) -> float:
    """How bright a colour is, from 0 to 1."""
    return screen.page.locator(selector).first.evaluate(
        """(node, what) => {
            const canvas = document.createElement("canvas").getContext("2d");
            canvas.fillStyle = getComputedStyle(node)[what];
            canvas.fillRect(0, 0, 1, 1);
            const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
            return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
        }""",
        what,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_light_or_dark_as_people_like_them(
    scheme: str, alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice, color_scheme=scheme).open(talk)

    background, text = brightness(hers, "html", "backgroundColor"), brightness(hers, "body", "color")
    assert (background > 0.8 > 0.3 > text) if scheme == "light" else (background < 0.2 < 0.7 < text)


def test_all_can_be_done_with_the_keyboard(alice: User, bob: User, talk: Conversation, open_screen: OpenScreen) -> None:
    talk.post("Hello", by=bob)
    hers = open_screen(alice).inbox()

    reach(hers, "link", "New")
    hers.page.keyboard.press("Enter")
    expect(hers.page.get_by_label("To", exact=True)).to_be_focused()
    hers.page.keyboard.type("carol")
    expect(hers.page.get_by_text("Nobody else here")).to_be_visible()
    hers.page.get_by_label("To", exact=True).press("Control+A")
    hers.page.keyboard.type("bob")
    expect(hers.page.get_by_role("option", name="Bob")).to_be_visible()
    hers.page.keyboard.press("Enter")
    expect(hers.page.locator("#picker-chips")).to_contain_text("Bob")
    reach(hers, "textbox", "First message")
    hers.page.keyboard.type("By hand")
    reach(hers, "button", "Open")
    hers.page.keyboard.press("Enter")

    expect(hers.title).to_have_text("Bob")
    expect(hers.composer).to_be_focused()
    hers.page.keyboard.type("And again")
    hers.page.keyboard.press("Enter")
    hers.shows("Hello", "By hand", "And again")


def reach(screen: Screen, role: str, name: str) -> None:
    """Press Tab until this control has the focus, which can be seen."""
    wanted = screen.page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    for _ in range(60):
        screen.page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            break
    expect(wanted).to_be_focused()
    outline = wanted.evaluate("node => { const s = getComputedStyle(node); return s.outlineStyle + s.boxShadow }")
    assert outline != "nonenone", f"The focus on {name} cannot be seen."


def test_the_first_tab_stop_skips_to_the_content(alice: User, talk: Conversation, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).go("/")

    hers.page.keyboard.press("Tab")
    expect(hers.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    hers.page.keyboard.press("Enter")

    expect(hers.page.locator("main")).to_be_focused()
