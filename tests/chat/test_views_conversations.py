import pytest

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import account, signed_in

from .pages import PANE, chatter, elements, get, positions, query_count, url


def shown(user: User, conversation: Conversation, **query: object) -> str:
    return get(signed_in(user), url("conversation", conversation), data=query)


def test_the_newest_fifty_messages_are_shown_with_a_link_to_older_ones(alice: User, private: Conversation) -> None:
    chatter(private, 60)
    html = shown(alice, private)
    assert positions(html) == list(range(11, 61))
    assert 'href="?before=11"' in html


def test_the_page_opens_ten_messages_before_the_first_unread(alice: User, bob: User, private: Conversation) -> None:
    chatter(private, 100)
    private.participation_of(bob).read(30)
    html = shown(bob, private)
    assert positions(html)[0] == 21
    assert html.index("New messages") < html.index('data-position="31"')
    assert html.index("New messages") > html.index('data-position="30"')


def test_more_than_three_hundred_unread_messages_are_not_loaded_at_once(
    alice: User, bob: User, private: Conversation
) -> None:
    chatter(private, 301)
    html = shown(bob, private)
    assert len(positions(html)) == 50
    assert 'data-unread-from="1"' in html


def test_own_messages_and_system_rows_are_not_new(alice: User, carol: User, group: Conversation) -> None:
    group.post("mine", by=alice)
    group.add_participants([carol], by=alice)
    assert "New messages" not in shown(alice, group)


def test_older_messages_have_a_page_of_their_own(alice: User, private: Conversation) -> None:
    chatter(private, 60)
    html = shown(alice, private, before=11)
    assert positions(html) == list(range(1, 11))
    assert "Newest messages" in html


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 30, "\x00"])
def test_a_place_that_is_none_shows_the_newest(before: str, alice: User, private: Conversation) -> None:
    chatter(private, 3)
    assert positions(shown(alice, private, before=before)) == [1, 2, 3]


def test_looking_at_a_conversation_does_not_read_it(alice: User, bob: User, private: Conversation) -> None:
    private.post("hello", by=alice)
    shown(bob, private)
    assert private.participation_of(bob).unread_count() == 1


def test_the_hooks_of_the_page_are_there(alice: User, private: Conversation) -> None:
    message = private.post("hello", by=alice)
    html = shown(alice, private)
    (log,) = [one for one in elements(html) if one.get("id") == "messages"]
    assert log["data-conversation"] == private.public_id
    assert log["data-version"] == "1"
    (article,) = [one for one in elements(html, "article") if one.get("id")]
    assert article["id"] == f"message-{message.public_id}"
    assert article["data-sender"] == alice.public_id
    assert any(one.get("id") == "composer" for one in elements(html, "form"))


def test_htmx_gets_the_pane_without_the_inbox(alice: User, private: Conversation) -> None:
    html = get(signed_in(alice), url("conversation", private), headers=PANE)
    assert 'id="inbox"' not in html
    assert "<title>Bob" in html


def test_who_left_reads_what_was_said_until_then(alice: User, bob: User, group: Conversation) -> None:
    group.post("before", by=alice)
    group.participation_of(bob).revoke(by=bob)
    group.post("afterwards", by=alice)
    html = shown(bob, group)
    assert "before" in html
    assert "afterwards" not in html
    assert "You left this conversation. A member can invite you back." in html
    assert 'id="composer"' not in html


@pytest.mark.parametrize("size", [1, 50])
def test_the_number_of_queries_does_not_grow_with_the_thread(size: int, alice: User, private: Conversation) -> None:
    chatter(private, size)
    assert query_count(signed_in(alice), url("conversation", private)) <= 13


def test_the_number_of_queries_does_not_grow_with_the_group(alice: User, group: Conversation, bob: User) -> None:
    client = signed_in(alice)
    few = query_count(client, url("conversation", group))
    group.add_participants([account(f"Guest {number}") for number in range(4)], by=alice)
    for person in group.participants:
        group.post("hello", by=person)
    assert query_count(client, url("conversation", group)) == few


def test_a_deleted_account_is_called_so(alice: User, bob: User, private: Conversation) -> None:
    private.post("hello", by=bob)
    bob.delete()
    html = shown(alice, private)
    assert "Deleted account" in html
    assert "hello" in html


# --- Titles ------------------------------------------------------------------------------------------------------


def test_a_member_renames_a_group(bob: User, group: Conversation) -> None:
    assert signed_in(bob).post(url("rename", group), {"title": "Orchard"}).status_code == 303
    group.refresh_from_db()
    assert group.title == "Orchard"


@pytest.mark.parametrize("title", ["x" * 101, "a\x07b", "a\x00b", "a\nb"])
def test_a_title_that_cannot_be_is_shown_again_with_the_reason(title: str, alice: User, group: Conversation) -> None:
    response = signed_in(alice).post(url("rename", group), {"title": title})
    assert response.status_code == 422
    assert 'class="errors"' in response.content.decode()
    assert response["HX-Push-Url"] == "false"


def test_a_private_conversation_cannot_be_renamed(alice: User, private: Conversation) -> None:
    response = signed_in(alice).post(url("rename", private), {"title": "Us"})
    assert response.status_code == 403
    assert "titled by the other person" in response.content.decode()
