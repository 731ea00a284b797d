import re

import pytest

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import account, signed_in

from .pages import PANE, elements, get, query_count, rows, url

INBOX = {"HX-Request": "true", "HX-Target": "ol#inbox"}


def test_the_newest_conversation_stands_first(alice: User, private: Conversation, group: Conversation) -> None:
    group.post("first", by=alice)
    private.post("second", by=alice)
    found = rows(get(signed_in(alice), url("inbox")))
    assert [row["id"] for row in found] == [f"conversation-{one.public_id}" for one in (private, group)]


def test_a_row_says_how_many_messages_wait(alice: User, bob: User, private: Conversation) -> None:
    for number in range(3):
        private.post(f"Number {number}", by=bob)
    (row,) = rows(get(signed_in(alice), url("inbox")))
    assert row["data-unread"] == "3"
    assert (row["data-position"], row["data-version"], row["data-kind"]) == ("3", "3", "private")


def test_a_hundred_waiting_messages_are_called_99_and_more(alice: User, bob: User, private: Conversation) -> None:
    for number in range(101):
        private.post(f"Number {number}", by=bob)
    assert "99+" in get(signed_in(alice), url("inbox"))


def test_a_private_conversation_is_called_after_the_other_person(alice: User, bob: User, private: Conversation) -> None:
    private.post("hello", by=alice)
    title = rf'data-title-of="{private.public_id}"[^>]*><span data-person="[^"]+">{{}}</span><'
    assert re.search(title.format("Bob"), get(signed_in(alice), url("inbox")))
    assert re.search(title.format("Alice"), get(signed_in(bob), url("inbox")))


def test_the_last_line_begins_with_you_for_who_wrote_it(alice: User, bob: User, private: Conversation) -> None:
    private.post("hello", by=alice)
    assert re.search(r'class="row-who"[^>]*>You: ', get(signed_in(alice), url("inbox")))
    assert not re.search(r'class="row-who"[^>]*>You: ', get(signed_in(bob), url("inbox")))


def test_a_person_without_conversations_is_shown_where_to_begin(alice: User) -> None:
    assert "No conversations yet" in get(signed_in(alice), url("inbox"))


def test_the_list_alone_is_answered_when_the_page_refreshes_it(
    alice: User, private: Conversation, group: Conversation
) -> None:
    html = get(signed_in(alice), url("inbox"), headers=INBOX)
    assert html.strip().startswith('<ol id="inbox"')
    assert len(rows(html)) == 2


def test_only_the_pane_is_answered_when_htmx_moves_to_the_inbox(alice: User, private: Conversation) -> None:
    html = get(signed_in(alice), url("inbox"), headers=PANE)
    assert "<main" in html
    assert not rows(html)


def test_the_whole_page_is_answered_when_history_is_restored(alice: User, private: Conversation) -> None:
    html = get(signed_in(alice), url("inbox"), headers={**PANE, "HX-History-Restore-Request": "true"})
    assert "<html" in html
    assert len(rows(html)) == 1


def test_a_long_inbox_goes_on_where_the_page_ends(alice: User, bob: User) -> None:
    started = [Conversation.start(alice, [bob], f"Group {number}").public_id for number in range(53)]
    # Half of them at the very same moment: no row may be lost between two pages.
    moment = Conversation.objects.get(public_id=started[0]).latest_at
    Conversation.objects.filter(public_id__in=started[:40]).update(latest_at=moment)
    client = signed_in(alice)
    first = get(client, url("inbox"))
    more = next(one["hx-get"] for one in elements(first, "a") if one.get("hx-get"))
    rest = get(client, str(more), headers={"HX-Request": "true", "HX-Target": "li#inbox-more"})
    ids = [str(row["id"]).removeprefix("conversation-") for row in rows(first) + rows(rest)]
    assert len(ids) == 53
    assert set(ids) == set(started)


@pytest.mark.parametrize("before", ["x", "1.", ".a", "99999999999999999.0", "1.a\x00", "-1.a", "１.a"])
def test_a_place_that_is_none_is_the_beginning(before: str, alice: User, private: Conversation) -> None:
    assert signed_in(alice).get(url("inbox"), {"before": before}).status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_inbox(alice: User, bob: User) -> None:
    client = signed_in(alice)
    Conversation.start(alice, [bob], "First").post("hello", by=bob)
    few = query_count(client, url("inbox"))
    for number in range(30):
        Conversation.start(alice, [account(f"Guest {number}"), bob], f"Group {number}").post("hello", by=bob)
    assert query_count(client, url("inbox")) == few


def test_a_row_is_fetched_alone(alice: User, bob: User, private: Conversation) -> None:
    private.post("hello", by=bob)
    (row,) = rows(get(signed_in(alice), url("row", private)))
    assert row["data-unread"] == "1"


def test_there_is_no_row_of_a_group_that_one_left(bob: User, group: Conversation) -> None:
    group.participation_of(bob).revoke(by=bob)
    assert signed_in(bob).get(url("row", group)).status_code == 404


def test_groups_that_one_left_are_listed_as_they_were_then(alice: User, bob: User, group: Conversation) -> None:
    group.rename("Orchard", by=alice)
    group.participation_of(bob).revoke(by=bob)
    group.rename("Secret garden", by=alice)
    html = get(signed_in(bob), url("left"))
    assert "Orchard" in html
    assert "Secret" not in html


def test_a_title_given_after_one_left_is_not_shown(alice: User, bob: User, group: Conversation, carol: User) -> None:
    group.participation_of(bob).revoke(by=bob)
    group.rename("Secret garden", by=alice)
    group.add_participants([carol], by=alice)
    for page in (url("left"), url("conversation", group), url("people", group)):
        html = get(signed_in(bob), page)
        assert "Secret" not in html
        assert "Carol" not in html
        assert "Dave" in html


def test_the_number_of_queries_does_not_grow_with_the_groups_one_left(alice: User, bob: User, dave: User) -> None:
    client = signed_in(bob)
    counts = []
    for size in (1, 10):
        for number in range(size):
            left = Conversation.start(alice, [bob, dave], f"Group {number}")
            left.participation_of(bob).revoke(by=bob)
        counts.append(query_count(client, url("left")))
    assert counts[0] == counts[1]
