"""How people are shown: names, initials, pictures."""

from html.parser import HTMLParser

import pytest
from django.core.exceptions import ValidationError
from django.template import Context, Template

from project.accounts.models import User
from project.accounts.names import clean_name, initials
from tests.accounts.pages import HOSTILE_NAMES

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1e8\U0001f1ff"
THUMB = "\U0001f44d\U0001f3fd"


class Elements(HTMLParser):
    """The tags and the text of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def rendered(template: str, user: User | None) -> Elements:
    return Elements(Template(template).render(Context({"someone": user})))


def somebody(name: str = "Alice Adams", **fields) -> User:
    return User(public_id="abcdefgh12345678", display_name=name, **fields)


def test_a_person_is_a_name_with_an_id():
    shown = rendered("{% person someone %}", somebody())
    assert shown.tags == [("span", {"data-person": "abcdefgh12345678", "dir": "auto"})]
    assert shown.text == "Alice Adams"


def test_nobody_is_a_deleted_account():
    shown = rendered("{% person someone %}", None)
    assert shown.tags == [("span", {"data-person": ""})]
    assert shown.text == "Deleted account"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_is_one_element_with_its_text_whatever_it_says(name):
    shown = rendered("{% person someone %}", somebody(name))
    assert len(shown.tags) == 1
    assert shown.text == name


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_initials_are_one_element_whatever_the_name_says(name):
    [(tag, attributes)] = rendered("{% avatar someone %}", somebody(name)).tags
    assert (tag, set(attributes)) == ("span", {"class", "aria-hidden", "data-avatar"})


@pytest.mark.parametrize("size", ["s", "m", "l"])
def test_an_avatar_has_one_of_twelve_hues_and_never_another(size):
    template = '{% avatar someone "' + size + '" %}'
    [(_, attributes)] = rendered(template, somebody()).tags
    assert attributes == rendered(template, somebody("Other Name")).tags[0][1]
    first, second, hue = attributes["class"].split()
    assert (first, second) == ("avatar", f"avatar-{size}")
    assert hue in {f"hue-{n}" for n in range(12)}


def test_people_do_not_all_have_the_same_hue():
    people = [User(display_name="X") for _ in range(200)]
    assert len({rendered("{% avatar someone %}", person).tags[0][1]["class"] for person in people}) == 12


def test_a_picture_stands_in_place_of_initials():
    shown = rendered('{% avatar someone "s" %}', somebody(picture="pictures/0123456789abcdef.webp"))
    [(tag, attributes)] = shown.tags
    assert tag == "img"
    assert attributes["src"] == "/people/abcdefgh12345678/picture/?v=0123456789ab"
    assert attributes["alt"] == ""
    assert "style" not in attributes


def test_nobody_has_an_avatar_too():
    [(tag, attributes)] = rendered("{% avatar someone %}", None).tags
    assert (tag, attributes["class"]) == ("span", "avatar avatar-m avatar-gone")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Alice", "A"),
        ("alice adams", "AA"),
        ("Anna Maria von Hof", "AH"),
        ("Žofie Čapková", "ŽČ"),
        ("Z\u030cofie", "Z\u030c"),
        ("李小龙", "李"),
        ("محمد علي", "مع"),
        ("(Bob) \u201cThe\u201d Builder", "BB"),
        (f"{FAMILY} Smith", f"{FAMILY}S"),
        (FLAG, FLAG),
        (f"{THUMB}{THUMB}", THUMB),
        ("\u202eevil", "E"),
        ("\u200f\u200e", "?"),
        ("", "?"),
        ("...", "."),
        ("straße", "S"),
    ],
)
def test_initials_are_what_a_reader_sees_first(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize("name", ["a\u0301" * 5000, "\u0301" * 5000, "\u200d" * 5000, FAMILY * 500])
def test_initials_stay_short(name):
    assert len(initials(name)) <= 40


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Alice   Adams ", "Alice Adams"),
        ("Alice\r\nAdams", "Alice Adams"),
        ("Alice\u2028Adams", "Alice Adams"),
        ("Zoe\u0308", "Zoë"),
        (FAMILY, FAMILY),
        ("\x1b[31mRed", "[31mRed"),
    ],
)
def test_a_name_is_kept_without_what_is_not_seen(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "\u3164", "\u2800", "\u0301", "\u202e\u202c", "Deleted  Account"])
def test_a_name_that_nobody_sees_or_that_deceives_is_refused(typed):
    with pytest.raises(ValidationError):
        clean_name(typed)


# --- Found -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["novak", "NOVÁK", "ann nov", "novak anna", "anna@example", "ová"])
def test_a_person_is_found_whatever_the_accents_the_case_and_the_order(query: str) -> None:
    anna = User.objects.create_user("anna@example.org", display_name="Anna Novák")
    User.objects.create_user("petr@example.org", display_name="Petr Nový")
    assert list(User.objects.matching(query)) == [anna]


@pytest.mark.django_db
def test_a_person_is_found_by_their_new_name_only() -> None:
    anna = User.objects.create_user("a@example.org", display_name="Anna Novák")
    anna.display_name = "Anna Bílá"
    anna.save(update_fields=["display_name"])
    assert list(User.objects.matching("bila")) == [anna]
    assert not User.objects.matching("novak")
