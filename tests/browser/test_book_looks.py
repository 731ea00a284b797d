"""The pages of the book on narrow screens, for screen readers, and with text that wants to be more than text."""

import pytest
from playwright.sync_api import expect

from contacts.card import CardAddress, CardAffiliation, CardHandle, Detail
from contacts.models import ContactGroup, Party
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, placed

from .books import NARROW, by_hand, heading, small_book
from .conftest import OpenScreen
from .test_accessibility import expect_accessible
from .test_hostile_text import HOSTILE, expect_untouched
from .test_looks import expect_no_sideways_scroll

pytestmark = pytest.mark.browser


def places(party: Party, other: Party, group: ContactGroup) -> list[str]:
    own = [f"{party.public_id}/{page}" for page in ("", "edit/", "card/", "merge/", "merge/?q=a")]
    more = [f"{party.public_id}/merge/{other.public_id}/", f"groups/{group.public_id}/", "groups/"]
    return [f"/contacts/{page}" for page in ("", "?q=a", "new/", "removed/", "review/", *own, *more)]


def two_long_ones(owner: User) -> tuple[Party, Party, ContactGroup]:
    """Two contacts and a group with all that there can be, without a place to break a line."""
    word = "Wolfeschlegelsteinhausenbergerdorff" * 9
    says = {
        "nickname": word,
        "notes": word,
        "addresses": (CardAddress(word, *[word] * 7),),
        "affiliations": (CardAffiliation(word, word, word, word),),
        "categories": (word, word[1:]),
        "details": (Detail(word, word),),
    }
    handles = (
        email(f"{word[:60]}@{word[:50]}.example"),
        CardHandle("website", f"https://x.example/{word}", word, word),
    )
    one, other, third = placed(
        folder_of(owner, word),
        contact(f"{word} {word}", *handles, uid="1", **says),
        contact(word, *handles[:1], uid="2", **{**says, "notes": word[2:]}),
        contact(f"{word} {word}", uid="3"),
    )
    third.purge(by_owner=True)
    group = ContactGroup.objects.make(owner, word)
    group.add(one)
    return one, other, group


def test_no_page_of_the_book_scrolls_sideways_on_a_narrow_screen(alice: User, open_screen: OpenScreen) -> None:
    one, other, group = two_long_ones(alice)
    hers = open_screen(alice, **NARROW)

    for place in places(one, other, group):
        hers.go(place)
        wide = hers.page.evaluate(
            """() => [...document.querySelectorAll("main *, aside *")].filter(node =>
                node.checkVisibility() && !node.closest(".visually-hidden, select, .letters, .compare, textarea, input")
                && node.getBoundingClientRect().right > innerWidth + 1).map(node => node.outerHTML.slice(0, 200))"""
        )
        assert wide == [], place
        expect_no_sideways_scroll(hers)


def test_every_page_of_the_book_is_accessible(alice: User, open_screen: OpenScreen) -> None:
    jan, eva, acme = small_book(alice)
    gone = by_hand(alice, "Gone", "gone@example.org")
    gone.purge(by_owner=True)
    group = ContactGroup.objects.make(alice, "Book club")
    group.add(jan)
    hers = open_screen(alice)

    for place in [
        *places(eva, jan, group), f"/contacts/{acme.public_id}/", f"/contacts/{gone.public_id}/",
        f"/contacts/{gone.public_id}/erase/", f"/contacts/groups/{group.public_id}/?q=e",
    ]:  # fmt: skip
        expect_accessible(hers.go(place))


# Every text with the colour behind it, and how far apart they are (WCAG 2.2, 1.4.3).
TOO_PALE = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const parts = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = colour => {
        const [r, g, b] = parts(colour).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = node => {
        const colour = getComputedStyle(node).backgroundColor;
        return parts(colour)[3] === 255 ? colour : behind(node.parentElement);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const pale = [];
    while (texts.nextNode()) {
        const node = texts.currentNode.parentElement;
        const isShown = texts.currentNode.data.trim() && node.checkVisibility();
        if (!isShown || node.closest(".visually-hidden, .skip-link, option, script")) continue;
        const [low, high] = [getComputedStyle(node).color, behind(node)].map(light).sort((a, b) => a - b);
        if ((high + 0.05) / (low + 0.05) < 4.5) pale.push(texts.currentNode.data.trim());
    }
    return pale;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_the_book_can_be_read_in_any_light(scheme: str, alice: User, open_screen: OpenScreen) -> None:
    jan, eva, acme = small_book(alice)
    by_hand(alice, "Gone").purge(by_owner=True)
    group = ContactGroup.objects.make(alice, "Book club")
    group.add(eva)
    acme.folder.stop("All contacts are gone at once.", {})
    hers = open_screen(alice, color_scheme=scheme)

    for place in [*places(eva, jan, group), "/contacts/?q=nobody"]:
        assert hers.go(place).page.evaluate(TOO_PALE) == [], place
    assert hers.go(f"/contacts/{eva.public_id}/").page.locator(".sure-doubtful").count() == 1


# What a finger misses 20 px above or below its middle; links within a sentence are as high as its lines.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")].filter(node => {
    if (!node.checkVisibility({ visibilityProperty: true }) || node.closest(".visually-hidden")) return false;
    if (node.matches("p a, small a, .hint a, .skip-link, .wordmark a")) return false;
    node.scrollIntoView({ block: "center", inline: "center" });
    const { left, right, top, bottom } = (node.closest("label") ?? node).getBoundingClientRect();
    return [-19.5, 19.5].some(away => {
        const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2 + away);
        return !node.contains(hit) && hit?.closest("label")?.control !== node;
    });
}).map(node => node.outerHTML.slice(0, 200))"""


def test_a_finger_meets_what_it_points_at(alice: User, open_screen: OpenScreen) -> None:
    jan, eva, acme = small_book(alice)
    by_hand(alice, "Gone").purge(by_owner=True)
    by_hand(alice, "Eva D.", "eva@example.org", notes="Other")
    group = ContactGroup.objects.make(alice, "Book club")
    group.add(eva)
    hers = open_screen(alice, **NARROW, has_touch=True, is_mobile=True)

    for place in [*places(eva, jan, group), f"/contacts/{acme.public_id}/", "/contacts/?q=nobody"]:
        assert hers.go(place).page.evaluate(TOO_SMALL) == [], place


def test_the_keyboard_sees_where_it_is_on_every_page(alice: User, open_screen: OpenScreen) -> None:
    jan, eva, _ = small_book(alice)
    group = ContactGroup.objects.make(alice, "Book club")
    group.add(eva)
    hers = open_screen(alice)

    for place in places(eva, jan, group):
        hers.go(place)
        for _ in range(100):
            hers.page.keyboard.press("Tab")
            style, width, what = hers.page.evaluate(
                """() => {
                    const node = document.activeElement;
                    const { outlineStyle, outlineWidth } = getComputedStyle(node);
                    return [outlineStyle, parseFloat(outlineWidth), node === document.body ? "" : node.outerHTML];
                }"""
            )
            if not what:
                break
            assert style != "none", (place, what)
            assert width >= 2, (place, what)
        else:
            raise AssertionError(f"{place} has no end")


def test_hostile_cards_are_text_on_every_page(alice: User, open_screen: OpenScreen) -> None:
    texts = [*HOSTILE, "a\u200b\u200d\u2060b\ufeff", "x " * 5000, "x" * 10_000]

    def hostile(number: int) -> dict[str, object]:
        text = texts[number]
        return {
            "nickname": text, "notes": text, "categories": (text,), "details": (Detail(text, text),),
            "addresses": (CardAddress(text, street=text),), "affiliations": (CardAffiliation(text, text, text, text),),
        }  # fmt: skip

    folder = folder_of(alice, HOSTILE[0])
    parties = placed(
        folder,
        *(
            contact(
                text,
                CardHandle("website", "javascript:window.broken=9", f"javascript:{n}", text, line=text),
                email('"<b>x</b>"@example.org'),
                uid=str(n),
                **hostile(n),
            )
            for n, text in enumerate(texts)
        ),
    )
    group = ContactGroup.objects.get(name=HOSTILE[1])
    hers = open_screen(alice)

    some = [*parties[:7], *parties[-3:]]
    for one, other in zip(some[::2], some[1::2], strict=True):
        for place in [*places(one, other, group), f"/contacts/{other.public_id}/"]:
            hers.go(place)
            expect_untouched(hers)
            assert hers.page.locator("a[href^='javascript']").count() == 0
        expect(heading(hers)).to_have_text(other.display_name)
