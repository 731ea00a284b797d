"""The page of one person: who may see it, what it says of one's book, and what can be done there."""

from io import BytesIO

import pytest
from django.db.models import QuerySet
from django.test import Client
from PIL import Image

from chat.models import Block, Conversation
from contacts.models import Folder, Party
from contacts.models.handle import PartyHandle
from project.accounts.models import User
from project.accounts.pictures import square
from tests.cast import account, signed_in
from tests.contacts.cast import contact, email, folder_of, placed

from .pages import PANE, elements, get, query_count, url

ABSENT = "0000000000000000"
VERBS = ["add_contact", "recognise", "deny", "block", "unblock"]


@pytest.fixture
def hers(alice: User) -> Client:
    """alice's browser."""
    return signed_in(alice)


@pytest.fixture
def bob(bob: User) -> User:
    bob.confirm_address()
    return bob


@pytest.fixture
def hidden(settings) -> None:
    """Members do not find each other."""
    settings.MEMBERS_FIND_EACH_OTHER = False


@pytest.fixture
def robert(alice: User, bob: User) -> Party:
    """bob, as he stands in alice's book."""
    (party,) = placed(folder_of(alice, "Family"), contact("Robert Novák", email("bob@example.org", "work")))
    return party


def contacts_of(user: User) -> "QuerySet[Party]":
    return Party.objects.of(user)


def post(client: Client, name: str, person: User, **form: str) -> str:
    """Send a form that is in order; return the page that it leads to."""
    response = client.post(url(name, person), form)
    assert response.status_code == 303, response.content.decode()
    return response["Location"]


def words(html: str) -> str:
    """Return the main pane of a page without markup, in single spaces."""
    from django.utils.html import strip_tags

    return " ".join(strip_tags(html[html.index("<main") :]).split())


# --- Who may see it --------------------------------------------------------------------------------------------------


def test_members_see_each_other_where_they_may_find_each_other(hers: Client, bob: User) -> None:
    assert "Bob" in words(get(hers, url("person", bob)))


@pytest.mark.usefixtures("hidden")
def test_otherwise_somebody_is_as_if_they_were_not_there(hers: Client, bob: User) -> None:
    forbidden, absent = hers.get(url("person", bob)), hers.get(url("person", ABSENT))
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.content == absent.content


@pytest.mark.usefixtures("hidden")
def test_people_who_talk_see_each_other(hers: Client, private: Conversation, bob: User) -> None:
    assert "Bob" in words(get(hers, url("person", bob)))


@pytest.mark.usefixtures("hidden")
def test_people_who_talked_see_each_other(hers: Client, group: Conversation, alice: User, dave: User) -> None:
    group.participation_of(alice).revoke(by=alice)
    assert "Dave" in words(get(hers, url("person", dave)))


@pytest.mark.usefixtures("hidden")
def test_being_in_somebodys_book_is_no_way_to_see_them(hers: Client, robert: Party, bob: User) -> None:
    assert hers.get(url("person", bob)).status_code == 404


def test_a_disabled_account_is_seen_by_whom_they_talked_with_alone(
    hers: Client, private: Conversation, bob: User, carol: User
) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    page = get(hers, url("person", bob), headers=PANE)
    assert "This account is disabled." in page
    assert url("start") not in [form.get("action") for form in elements(page, "form")]
    assert signed_in(carol).get(url("person", bob)).status_code == 404


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("name", VERBS)
def test_nothing_can_be_done_with_somebody_whom_one_may_not_know(
    name: str, hers: Client, robert: Party, bob: User
) -> None:
    form = {"party": robert.public_id}
    forbidden, absent = hers.post(url(name, bob), form), hers.post(url(name, ABSENT), form)
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.content == absent.content


@pytest.mark.parametrize("name", VERBS)
def test_what_changes_something_is_no_get(name: str, hers: Client, bob: User) -> None:
    assert hers.get(url(name, bob)).status_code == 405


def test_ones_own_page_is_the_settings(hers: Client, alice: User) -> None:
    assert hers.get(url("person", alice))["Location"] == "/settings/"


@pytest.mark.parametrize("name", VERBS)
def test_oneself_is_nobody_to_add_or_to_block(name: str, hers: Client, alice: User) -> None:
    assert hers.post(url(name, alice)).status_code == 404


def test_who_is_signed_out_is_led_to_sign_in(client: Client, bob: User) -> None:
    assert client.get(url("person", bob)).status_code == 302


def test_the_page_is_answered_as_a_pane_too(hers: Client, bob: User) -> None:
    assert "<html" not in hers.get(url("person", bob), headers=PANE).content.decode()


# --- What it says of one's book --------------------------------------------------------------------------------------


def test_it_says_where_somebody_stands_in_my_book(hers: Client, robert: Party, bob: User) -> None:
    page = get(hers, url("person", bob))
    assert "Robert Novák, work e-mail bob@example.org, in your book “Family”" in words(page)
    assert "Called Bob here" in words(page)
    assert f"/contacts/{robert.public_id}/" in [link.get("href") for link in elements(page, "a")]


def test_it_says_when_only_my_word_ties_them(hers: Client, alice: User, bob: User) -> None:
    party = Party.objects.enter(alice, contact("Bobby"))
    party.confirm_user(bob)
    assert "Bobby, on your word, in your book “My contacts”" in words(get(hers, url("person", bob)))


def test_an_address_that_the_account_has_not_verified_is_not_what_ties_them(
    hers: Client, alice: User, bob: User
) -> None:
    bob.emailaddress_set.create(email="claimed@example.org", verified=False)
    party = Party.objects.enter(alice, contact("Bobby", email("claimed@example.org")))
    party.confirm_user(bob)
    assert "Bobby, on your word" in words(get(hers, url("person", bob)))


def test_the_book_of_somebody_else_says_nothing(robert: Party, bob: User, carol: User) -> None:
    page = words(get(signed_in(carol), url("person", bob)))
    assert "Robert" not in page
    assert "Not in your contacts." in page


def test_somebody_who_is_not_in_my_book_is_added_with_their_public_profile(
    hers: Client, alice: User, bob: User
) -> None:
    picture = BytesIO()
    Image.new("RGB", (40, 40), "red").save(picture, "PNG")
    bob.change_picture(square(BytesIO(picture.getvalue()), len(picture.getvalue())))
    where = post(hers, "add_contact", bob)

    party = contacts_of(alice).get()
    assert where == url("person", bob)
    assert (party.display_name, party.user, party.kind) == ("Bob", bob, "person")
    assert party.avatar
    assert [link.handle.value for link in party.links.all()] == ["bob@example.org"]
    assert party.folder == Folder.objects.by_hand(alice)


def test_adding_twice_is_adding_once(hers: Client, alice: User, bob: User) -> None:
    post(hers, "add_contact", bob)
    post(hers, "add_contact", bob)
    assert contacts_of(alice).count() == 1


def test_somebody_who_is_in_my_book_is_not_added(hers: Client, alice: User, robert: Party, bob: User) -> None:
    post(hers, "add_contact", bob)
    assert contacts_of(alice).get() == robert


@pytest.mark.usefixtures("hidden", "private")
def test_the_address_is_no_part_of_the_profile_where_members_do_not_find_each_other(
    hers: Client, alice: User, bob: User
) -> None:
    assert "bob@example.org" not in get(hers, url("person", bob))
    post(hers, "add_contact", bob)
    party = contacts_of(alice).get()
    assert (party.user, PartyHandle.objects.count()) == (bob, 0)
    assert b"bob@example.org" not in bytes(Party.objects.defer(None).get().raw_vcard)


def test_a_contact_of_mine_is_found_and_recognised(hers: Client, alice: User, bob: User) -> None:
    party = Party.objects.enter(alice, contact("Bobby Tables"))
    page = get(hers, f"{url('person', bob)}?q=tabl")
    assert party.public_id in [field.get("value") for field in elements(page, "input")]
    post(hers, "recognise", bob, party=party.public_id)
    party.refresh_from_db()
    assert party.user == bob


def test_organisations_are_nobody_to_recognise(hers: Client, alice: User, bob: User) -> None:
    party = Party.objects.enter(alice, contact("Bob Ltd", kind="organization"))
    assert party.public_id not in get(hers, f"{url('person', bob)}?q=bob")
    assert hers.post(url("recognise", bob), {"party": party.public_id}).status_code == 404


@pytest.mark.parametrize("name", ["recognise", "deny"])
def test_a_contact_of_somebody_else_is_not_there(name: str, robert: Party, bob: User, carol: User) -> None:
    form = {"party": robert.public_id}
    forbidden = signed_in(carol).post(url(name, bob), form)
    absent = signed_in(carol).post(url(name, bob), {"party": ABSENT})
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.content == absent.content


@pytest.mark.parametrize("odd", ["", "\0", "x" * 99, "💥"])
def test_an_id_that_could_not_be_one_is_not_found(odd: str, hers: Client, bob: User) -> None:
    assert hers.post(url("recognise", bob), {"party": odd}).status_code == 404


@pytest.mark.parametrize("then", ["", "conversation:../..", "contact:\0", "https://example.org/"])
def test_one_comes_back_to_no_other_page_than_those_of_a_form(then: str, hers: Client, bob: User) -> None:
    assert post(hers, "block", bob, then=then) == url("person", bob)


# --- What both talk in -----------------------------------------------------------------------------------------------


def test_it_lists_what_both_talk_in_newest_first(
    hers: Client, alice: User, bob: User, private: Conversation, group: Conversation, carol: User
) -> None:
    private.post("older", by=bob)
    group.post("newer", by=bob)
    Conversation.start(alice, [carol]).post("not with bob", by=alice)
    pane = hers.get(url("person", bob), headers=PANE).content.decode()
    listed = [link["href"] for link in elements(pane, "a") if link.get("class") == "row-link"]
    assert listed == [url("conversation", group), url("conversation", private)]


def test_a_person_takes_as_many_queries_whatever_one_talks_in(hers: Client, alice: User, bob: User) -> None:
    Conversation.start(alice, [bob], "Group").post("hello", by=bob)
    few = query_count(hers, url("person", bob))
    for n in range(9):
        Conversation.start(alice, [bob], f"Group {n}").post("hello", by=bob)
    assert query_count(hers, url("person", bob)) == few


# --- Blocking --------------------------------------------------------------------------------------------------------


def test_one_blocks_and_unblocks_there(hers: Client, alice: User, bob: User) -> None:
    assert url("block", bob) in get(hers, url("person", bob))
    post(hers, "block", bob)
    assert Block.objects.get().owner == alice
    page = get(hers, url("person", bob))
    assert url("unblock", bob) in page
    assert url("block", bob) not in page
    post(hers, "unblock", bob)
    assert Block.objects.count() == 0


# --- What leads there ------------------------------------------------------------------------------------------------


def test_the_face_and_the_name_of_a_message_lead_to_who_wrote_it(
    hers: Client, private: Conversation, bob: User
) -> None:
    private.post("hello", by=bob)
    page = get(hers, f"{url('messages', private)}?before=9")
    links = [link for link in elements(page, "a") if link["href"] == url("person", bob)]
    assert [link.get("aria-hidden") for link in links] == ["true", None]
    # A stop at each message would stand between the keyboard and the composer; the people of a talk are on a page.
    assert {link["tabindex"] for link in links} == {"-1"}


def test_a_deleted_account_leads_nowhere(hers: Client, private: Conversation, bob: User) -> None:
    private.post("hello", by=bob)
    bob.delete()
    assert elements(get(hers, f"{url('messages', private)}?before=9"), "a") == []


def test_the_people_of_a_talk_stand_with_their_place_in_my_book(
    hers: Client, group: Conversation, robert: Party, bob: User, dave: User
) -> None:
    page = get(hers, url("people", group))
    assert "Robert Novák, work e-mail, in your book “Family”" in words(page)
    assert words(page).count("unknown: not in your contacts") == 1  # dave
    for person in (bob, dave):
        assert url("person", person) in [link.get("href") for link in elements(page, "a")]


def test_the_people_of_a_talk_take_as_many_queries_however_many_they_are(hers: Client, alice: User) -> None:
    def talk_of(number: int) -> Conversation:
        people = [account(f"P{number}x{n}") for n in range(number)]
        for person in people:
            person.confirm_address()
            Party.objects.enter(alice, contact(str(person), email(person.email)))
        return Conversation.start(alice, people, "Group")

    small, large = talk_of(2), talk_of(12)
    assert query_count(hers, url("people", small)) == query_count(hers, url("people", large))


# --- Hostile text ----------------------------------------------------------------------------------------------------


def test_texts_of_people_are_escaped_and_stand_in_elements_of_their_own(hers: Client, alice: User, bob: User) -> None:
    bad = '<img src=x onerror="alert(1)">'
    User.objects.filter(pk=bob.pk).update(display_name=bad)
    party = Party.objects.enter(alice, contact(f"Anna {bad}", email("bob@example.org", bad)))
    Folder.objects.filter(pk=party.folder_id).update(name=bad)
    group = Conversation.start(alice, [bob], bad)
    group.post(bad, by=bob)
    for page in (url("person", bob), url("people", group), f"/contacts/{party.public_id}/", url("conversation", group)):
        html = get(hers, page)
        assert [image for image in elements(html, "img") if image.get("src") == "x"] == []
        for one in elements(html):
            if "data-user-text" in one:
                assert [name for name in one if name.startswith(("hx-", "on", "style"))] == []
