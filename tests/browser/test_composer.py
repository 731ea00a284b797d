"""Keys in the composer."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen

pytestmark = pytest.mark.browser


def test_enter_sends_and_shift_enter_breaks_the_line(alice: User, talk: Conversation, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).open(talk)

    hers.composer.press_sequentially("One")
    hers.composer.press("Shift+Enter")
    hers.composer.press_sequentially("two")
    expect(hers.composer).to_have_value("One\ntwo")
    expect(hers.texts).to_have_count(0)
    hers.composer.press("Enter")

    hers.shows("One\ntwo")
    expect(hers.composer).to_have_value("")
    expect(hers.composer).to_be_focused()


def test_an_input_method_that_confirms_with_enter_does_not_send(
    alice: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)
    hers.composer.focus()
    keyboard = hers.page.context.new_cdp_session(hers.page)
    enter = {"key": "Enter", "code": "Enter"}

    keyboard.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    expect(hers.composer).to_have_value("にほん")
    # While an input method composes, browsers say key code 229 for whatever is pressed.
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, **enter})
    keyboard.send("Input.insertText", {"text": "日本"})
    expect(hers.composer).to_have_value("日本")
    expect(hers.pending).to_have_count(0)
    hers.composer.press("Enter")

    hers.shows("日本")
    assert talk.messages.count() == 1


def test_enter_right_after_a_composition_does_not_send(
    alice: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    """Safari ends a composition before it tells of the Enter that ended it (key code 229, not composing)."""
    hers = open_screen(alice).open(talk)
    hers.composer.fill("にほん")

    hers.composer.evaluate(
        """field => {
            const key = {key: "Enter", bubbles: true, cancelable: true};
            const enter = (about) => new KeyboardEvent("keydown", {...key, ...about});
            field.dispatchEvent(new CompositionEvent("compositionstart", {bubbles: true}));
            field.dispatchEvent(enter({isComposing: true}));
            field.dispatchEvent(new CompositionEvent("compositionend", {data: "日本", bubbles: true}));
            field.dispatchEvent(enter({keyCode: 229}));
        }"""
    )

    expect(hers.composer).to_have_value("にほん")
    expect(hers.pending).to_have_count(0)
    assert not talk.messages.exists()


def test_white_space_alone_is_not_sent(alice: User, talk: Conversation, open_screen: OpenScreen) -> None:
    hers = open_screen(alice).open(talk)

    hers.says("  ")
    hers.says("Something")

    hers.shows("Something")


def test_the_composer_grows_with_its_text_and_shrinks_again(
    alice: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)
    one_line = hers.composer.bounding_box()["height"]

    hers.composer.fill("\n".join("lines"))
    grown = hers.composer.bounding_box()["height"]
    hers.composer.fill("\n".join("many lines " * 20))
    most = hers.composer.bounding_box()["height"]

    assert one_line < grown < most < 400
    hers.composer.fill("")
    assert hers.composer.bounding_box()["height"] == one_line
