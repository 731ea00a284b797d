"""Whatever people write, in messages, titles and names, is text on the pages of the others."""

import pytest
from playwright.sync_api import expect

from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenScreen
from .screens import Screen

pytestmark = pytest.mark.browser

HOSTILE = [
    '<script>window.broken = "script"</script>',
    "</article></div><img src=x onerror=\"window.broken = 'image'\">",
    '<b hx-get="/c/" hx-trigger="load" hx-target="body">hello</b>',
    '<hx-partial hx-target="body" hx-swap="innerHTML">gone</hx-partial>',
    "<hx-upsert hx-target='#messages'><article id=\"message-x\">gone</article></hx-upsert>",
    '<template hx type="partial" hx-target="body">gone</template>',
    '"><svg onload=window.broken=1>',
    "{% debug %} {{ 7|add:7 }} ${7*7}",
    "&lt;b&gt; &amp;amp; &#x3C;script&#x3E;",
    "שלום עולם \u202e cod.exe \u2066 x",
    "مرحبا <i>بالعالم</i>",
    "👩‍👩‍👧‍👦 🇨🇿 e\u0301 ﷽ Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "a" * 300,
]
NAME = "<img src=x onerror='window.broken=2'>"


def expect_untouched(screen: Screen) -> None:
    """Nothing that was written became an element, a request or a script."""
    assert screen.page.evaluate("() => window.broken") is None
    inside = "[data-user-text] :not(a, bdi, br, wbr, span), [data-person] *"
    expect(screen.page.locator(inside)).to_have_count(0)
    odd = screen.page.evaluate(
        """() => [...document.querySelectorAll("[data-user-text], [data-user-text] *")].flatMap(node =>
            [...node.attributes].filter(({name}) => /^(hx-|on|style$|data-hx)/.test(name)).map(({name}) => name))"""
    )
    assert odd == []


@pytest.fixture
def mallory(bob: User) -> User:
    bob.display_name = NAME
    bob.save(update_fields=["display_name"])
    return bob


def test_hostile_messages_arrive_as_text_live_and_on_load(
    alice: User, mallory: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(mallory).open(talk)

    for text in HOSTILE:
        his.says(text)
        expect(hers.message(text)).to_have_count(1)

    for screen in (hers, his, hers.other_tab().open(talk)):
        assert screen.texts.evaluate_all("nodes => nodes.map(node => node.textContent)") == HOSTILE
        expect_untouched(screen)
        expect(screen.row(talk)).to_contain_text("aaa")
    expect(hers.title).to_have_text(NAME)
    expect(hers.row(talk)).to_contain_text(NAME)


def test_hostile_text_is_text_in_the_preview_of_the_inbox(
    alice: User, mallory: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).inbox(), open_screen(mallory).open(talk)

    for text in HOSTILE[:8]:
        his.says(text)
        expect(hers.row(talk).locator(".row-preview [data-user-text]")).to_have_text(text)
        expect_untouched(hers)


def test_a_script_that_got_in_all_the_same_would_not_run_and_would_be_noticed(
    alice: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers = open_screen(alice).open(talk)

    hers.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.broken = 1";
            document.body.append(script);
        }"""
    )

    assert hers.page.evaluate("() => window.broken") is None
    assert "Content Security Policy" in hers.unexpected[0]
    hers.tolerate("Content Security Policy")


@pytest.mark.parametrize("title", [text[:100] for text in HOSTILE[:3]])
def test_hostile_titles_are_text_live_and_on_load(
    title: str, alice: User, mallory: User, open_screen: OpenScreen
) -> None:
    group = Conversation.start(mallory, [alice], "Group")
    group.post("Hello", by=mallory)
    hers, his = open_screen(alice).open(group), open_screen(mallory).open(group)

    his.tap("People", role="link")
    his.page.get_by_role("textbox", name="Name of the group").fill(title)
    his.tap("Save")

    for screen in (hers, hers.other_tab().open(group)):
        for place in (screen.title, screen.row(group).locator(".row-title"), screen.event("named the group")):
            expect(place).to_contain_text(title)
        expect_untouched(screen)


def test_a_hostile_name_is_text_where_people_are_typed_found_and_listed(
    alice: User, mallory: User, group: Conversation, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(group), open_screen(mallory).open(group)

    his.composer.press_sequentially("Hm")
    expect(hers.page.locator("typing-line")).to_have_text(f"{NAME} is typing…")
    hers.tap("People", role="link")
    expect(hers.page.locator("#people")).to_contain_text(NAME)
    hers.tap("New", role="link")
    hers.page.get_by_label("To", exact=True).fill("img")
    hers.page.get_by_role("option", name=NAME).click()
    expect(hers.page.locator("#picker-chips")).to_contain_text(NAME)

    expect_untouched(hers)


def test_only_web_addresses_become_links_and_they_give_nothing_away(
    alice: User, mallory: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(mallory).open(talk)

    his.says('javascript:alert(1) data:text/html,x https://example.org/a?b=1&c=%22 "https://example.com/x"')

    links = hers.message("javascript:alert(1)").locator("a").or_(hers.texts.locator("a"))
    expect(links).to_have_text(["https://example.org/a?b=1&c=%22", "https://example.com/x"])
    for link in links.all():
        assert link.get_attribute("href", timeout=1000).startswith("https://example.")  # type: ignore[union-attr]
        assert set((link.get_attribute("rel") or "").split()) >= {"noopener", "noreferrer", "nofollow"}


def test_text_of_the_other_direction_keeps_its_own(
    alice: User, bob: User, talk: Conversation, open_screen: OpenScreen
) -> None:
    hers, his = open_screen(alice).open(talk), open_screen(bob).open(talk)

    his.says("שלום")
    his.says("Hello")

    expect(hers.texts).to_have_count(2)
    directions = hers.texts.evaluate_all("nodes => nodes.map(node => getComputedStyle(node).direction)")
    assert directions == ["rtl", "ltr"]
