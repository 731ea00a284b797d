"""Pages call people what their reader calls them, frames are the same for all, and nobody learns who is here."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from chat.context_processors import names
from chat.live import NAMES_TOLD
from chat.models import Conversation
from contacts.models import Folder, Party
from project.accounts.models import User
from tests.cast import signed_in
from tests.contacts.cast import contact, email, folder_of, placed

from .cast import Committed, Events, make_people
from .pages import PANE, elements, get, query_count, url

BOB = email("bob@example.org")


@pytest.fixture(autouse=True)
def _verified(alice: User, bob: User, carol: User) -> None:
    for person in (alice, bob, carol):
        person.confirm_address()


@pytest.fixture
def folder(alice: User) -> Folder:
    return folder_of(alice)


@pytest.fixture
def bobby(folder: Folder) -> Party:
    """Alice's contact who has bob's account."""
    return placed(folder, contact("Bobby Tables", BOB))[0]


def map_in(html: str) -> dict[str, Any]:
    """Return the map that a page keeps."""
    found = re.search(
        r'<my-names[^>]*>\s*<script type="application/json">(.*?)</script>\s*</my-names>', html, re.DOTALL
    )
    assert found
    return json.loads(found[1])["names"]


def named(html: str, person: User) -> set[tuple[str, str]]:
    """Return what stands in html for somebody: the name, and their own beside it."""
    spans = re.findall(rf'<span data-person="{person.public_id}"([^>]*)>([^<]*)</span>', html)
    return {(name, re.sub(r'.*data-profile="([^"]*)".*|.*', r"\1", more)) for more, name in spans}


def write(user: User, *people: User) -> Conversation:
    """A group in which each of people said something to user, and which has no name."""
    group = Conversation.start(user, people, kind="group")
    for person in people:
        group.post(f"I am {person}", by=person)
    return group


# --- Whole pages -----------------------------------------------------------------------------------------------------


def test_a_page_calls_people_what_its_reader_calls_them(
    alice: User, bob: User, carol: User, dave: User, bobby: Party
) -> None:
    group = write(alice, bob, carol, dave)
    html = get(signed_in(alice), url("conversation", group))
    assert named(html, bob) == {("Bobby Tables", "Bob")}
    assert named(html, carol) == {("Carol", "")}
    assert "<title>Bobby Tables, Carol and Dave · " in html
    assert named(get(signed_in(carol), url("conversation", group)), bob) == {("Bob", "")}


@pytest.mark.parametrize("page", ["inbox", "conversation", "people", "leave", "row"])
def test_wherever_a_person_stands_it_is_by_that_name(
    page: str, alice: User, bob: User, dave: User, bobby: Party
) -> None:
    group = write(alice, dave, bob)
    html = get(signed_in(alice), url(page, group) if page != "inbox" else url(page))
    assert named(html, bob) == {("Bobby Tables", "Bob")}


def test_a_group_that_one_left_is_called_by_the_same_names(alice: User, bob: User, dave: User, bobby: Party) -> None:
    write(alice, bob, dave).participation_of(alice).revoke(by=alice)
    html = get(signed_in(alice), url("left"))
    assert named(html, bob) == {("Bobby Tables", "Bob")}
    assert re.search(r"Bobby Tables</span> and <span [^>]*>Dave</span>", html)


def test_who_is_asked_before_a_new_group_starts_reads_the_same_names(
    alice: User, carol: User, bob: User, bobby: Party, private: Conversation
) -> None:
    html = signed_in(alice).post(url("people", private), {"to": carol.public_id}).content.decode()
    assert named(html, bob) == {("Bobby Tables", "Bob")}


def test_buttons_say_the_same_names(alice: User, bob: User, group: Conversation, bobby: Party) -> None:
    html = get(signed_in(alice), url("people", group))
    text = re.sub(r"<[^>]*>", "", html[html.index('id="people"') :])
    assert "Remove Bobby Tables" in text
    assert "Remove Bob<" not in html


def test_a_face_is_the_contacts_and_says_what_the_account_has(
    alice: User, bob: User, bobby: Party, private: Conversation
) -> None:
    def faces(html: str) -> list[dict[str, str | None]]:
        return [one for one in elements(html) if one.get("data-avatar") == bob.public_id]

    client = signed_in(alice)
    private.post("Hello", by=bob)
    (own,) = {re.sub(r".*hue-(\d+).*", r"\1 B", str(one["class"])) for one in faces(get(signed_in(bob), "/"))}
    assert {one["data-own"] for one in faces(get(client, "/"))} == {own}
    Party.objects.filter(pk=bobby.pk).update(avatar="contacts/0123456789abcdef.webp")
    assert {one["src"] for one in faces(get(client, "/"))} == {f"/contacts/{bobby.public_id}/avatar/?v=0123456789ab"}
    Party.objects.filter(pk=bobby.pk).update(avatar="")
    User.objects.filter(pk=bob.pk).update(picture="pictures/fedcba9876543210.webp")
    assert {one["src"] for one in faces(get(client, "/"))} == {f"/people/{bob.public_id}/picture/?v=fedcba987654"}


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<b>&amp;", "\u202eevil", "\u2028", "x" * 9999])
def test_a_hostile_name_stays_in_its_place(
    name: str, alice: User, bob: User, folder: Folder, private: Conversation
) -> None:
    private.post("Hello", by=bob)
    client = signed_in(alice)
    before = [tag for tag in elements(get(client, "/")) if set(tag) - {"title", "data-profile", "data-own", "class"}]
    placed(folder, contact(name, BOB, uid="bob"))
    html = get(client, "/")
    after = [tag for tag in elements(html) if set(tag) - {"title", "data-profile", "data-own", "class"}]
    assert len(after) == len(before)
    shown = map_in(html)[bob.public_id][0]
    assert len(shown) <= 100
    assert {shown} <= {name, f"{name[:99]}…", ""}


# --- What is the same for everybody ------------------------------------------------------------------------------


def test_frames_call_people_what_they_call_themselves(
    alice: User, bob: User, group: Conversation, bobby: Party, events: Events, committed: Committed
) -> None:
    with committed():
        group.rename("", by=bob)
        group.post("Hello", by=bob)
    frames = [frame for frame in events.frames_to(alice) if "content" in frame]
    assert len(frames) == 3
    assert "Bobby" not in json.dumps(frames)
    assert all("Bob" in frame["content"] for frame in frames)


@pytest.mark.parametrize("headers", [PANE, {"HX-Request": "true", "HX-Target": "ol#inbox"}])
def test_parts_of_a_page_ask_for_no_names_because_the_page_has_them(
    headers: dict[str, str], alice: User, bob: User, bobby: Party, private: Conversation
) -> None:
    private.post("Hello", by=bob)
    address = url("inbox") if "inbox" in headers["HX-Target"] else url("conversation", private)
    client = signed_in(alice)
    with CaptureQueriesContext(connection) as queries:
        part = get(client, address, headers=headers)
        number = len(queries)
        whole = get(client, address)
    assert named(part, bob) == {("Bob", "")}
    assert named(whole, bob) == {("Bobby Tables", "Bob")}
    asks_for_names = ['AS "called"' in query["sql"] for query in queries]
    assert (sum(asks_for_names[:number]), sum(asks_for_names[number:])) == (0, 1)


def test_who_is_not_signed_in_knows_nobody(rf: RequestFactory, bobby: Party, django_assert_num_queries: Any) -> None:
    request = rf.get("/")
    request.user, request.htmx = AnonymousUser(), False  # type: ignore[attr-defined]
    with django_assert_num_queries(0):
        assert not names(request)["names"]


def test_names_cost_a_page_one_query_however_many_there_are(
    alice: User, bob: User, carol: User, folder: Folder, private: Conversation
) -> None:
    client, counts = signed_in(alice), []
    for cards in ([], [contact("Bobby", BOB)], [contact("Caro", email("carol@example.org"))]):
        placed(folder, *cards)
        counts.append(query_count(client, url("conversation", private)))
    assert counts[0] == counts[1] == counts[2]


# --- The map ---------------------------------------------------------------------------------------------------------


def asked(client: Client, etag: str | None = None) -> Any:
    return client.get(url("names"), headers={"If-None-Match": etag} if etag else {})


def test_the_map_is_in_the_page_and_can_be_fetched(alice: User, bob: User, bobby: Party, private: Conversation) -> None:
    client = signed_in(alice)
    answer = asked(client)
    assert map_in(get(client, "/")) == answer.json()["names"]
    assert map_in(get(client, "/contacts/")) == answer.json()["names"]
    [known] = answer.json()["names"].values()
    assert known[:3] == ["Bobby Tables", "", bobby.public_id]


def test_the_map_is_ones_own_and_kept_by_nobody(alice: User, carol: User, bobby: Party) -> None:
    assert asked(signed_in(carol)).json()["names"] == {}
    answer = asked(signed_in(alice))
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert asked(Client()).status_code == 302
    assert signed_in(alice).post(url("names")).status_code == 405


def test_a_map_that_did_not_change_is_not_sent_again(alice: User, bobby: Party, folder: Folder) -> None:
    client = signed_in(alice)
    first = asked(client)
    assert first["ETag"] == f'"{first.json()["etag"]}"'
    again = asked(client, first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    placed(folder, contact("Robert", BOB), of=[bobby])
    assert asked(client, first["ETag"]).json()["names"] != first.json()["names"]


# --- What open pages hear ----------------------------------------------------------------------------------------


def heard(events: Events, person: User) -> list[Any]:
    return [frame["names"] for frame in events.frames_to(person, "names")]


def test_a_new_name_is_heard_by_the_owner_of_the_book_alone(
    alice: User, bob: User, carol: User, folder: Folder, bobby: Party, events: Events, committed: Committed
) -> None:
    with committed():
        placed(folder, contact("Robert", BOB), of=[bobby])
    [known] = heard(events, alice)
    assert known[bob.public_id][:3] == ["Robert", "", bobby.public_id]
    assert len(events) == 1
    assert heard(events, bob) == heard(events, carol) == []


def test_who_is_no_contact_any_more_is_heard_as_nobody(
    alice: User, bob: User, bobby: Party, events: Events, committed: Committed
) -> None:
    with committed():
        bobby.purge()
    assert heard(events, alice) == [{bob.public_id: None}]


def test_each_frame_says_when_it_was_read(
    alice: User, folder: Folder, bobby: Party, events: Events, committed: Committed
) -> None:
    before = asked(signed_in(alice)).json()["at"]
    with committed():
        placed(folder, contact("Robert", BOB), of=[bobby])
    [frame] = events.frames_to(alice, "names")
    assert before < frame["at"] < asked(signed_in(alice)).json()["at"]


def test_many_names_at_once_are_left_to_be_fetched(
    alice: User, folder: Folder, events: Events, committed: Committed
) -> None:
    people = make_people(NAMES_TOLD + 1)
    for person in people:
        person.confirm_address()
    with committed():
        placed(folder, *(contact(f"Friend {one}", email(one.email)) for one in people))
    assert heard(events, alice) == [None]
    assert len(asked(signed_in(alice)).json()["names"]) == len(people)


def test_an_account_that_is_deleted_leaves_no_name_behind(
    alice: User, bob: User, bobby: Party, private: Conversation, events: Events, committed: Committed
) -> None:
    private.post("Hello", by=bob)
    with committed():
        bob.delete()
    html = get(signed_in(alice), url("conversation", private))
    assert map_in(html) == {}
    assert "Bobby" not in html
    assert "Deleted account" in html


def test_a_disabled_account_keeps_its_name_in_what_it_said(
    alice: User, bob: User, bobby: Party, private: Conversation
) -> None:
    private.post("Hello", by=bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert named(get(signed_in(alice), url("conversation", private)), bob) == {("Bobby Tables", "Bob")}


# --- Where people find only whom they met ------------------------------------------------------------------------


@pytest.fixture
def _discreet(settings: Any) -> None:
    settings.MEMBERS_FIND_EACH_OTHER = False


@pytest.mark.usefixtures("_discreet")
def test_the_map_does_not_say_which_contacts_are_here(alice: User, bob: User, bobby: Party) -> None:
    client = signed_in(alice)
    assert bob.public_id not in get(client, "/")
    assert asked(client).json()["names"] == {}
    Conversation.start(bob, [alice]).post("Hello", by=bob)
    assert set(asked(client).json()["names"]) == {bob.public_id}
    assert asked(client).json()["is_limited"]


@pytest.mark.usefixtures("_discreet")
def test_a_frame_does_not_say_which_contacts_are_here(
    alice: User, bob: User, carol: User, folder: Folder, bobby: Party, events: Events, committed: Committed
) -> None:
    with committed():
        (renamed,) = placed(folder, contact("Robert", BOB), of=[bobby])
    with committed():
        renamed.purge()
    assert heard(events, alice) == []
    Conversation.start(bob, [alice])
    with committed():
        renamed.restore()
    assert [set(known) for known in heard(events, alice)] == [{bob.public_id}]
