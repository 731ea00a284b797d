"""Blocking: bob does not hear alice where nobody else would hear her, and alice sees no difference."""

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chat import frames, watch
from chat.exceptions import MessagingPermissionDenied
from chat.live import Frame, Hub
from chat.models import Block, Conversation, Message, Participation
from chat.models.participation import UNREAD_MAX
from project.accounts.models import User
from tests.cast import account, signed_in

from .cast import Committed, Events
from .pages import PANE, elements, get, positions, rows, url


@pytest.fixture
def pair(alice: User, bob: User) -> Conversation:
    """A group of alice and bob alone."""
    return Conversation.start(alice, [bob], "Two of us")


def block(owner: User, blocked: User) -> None:
    Block.objects.block(owner, blocked)


def texts(conversation: Conversation, reader: User) -> list[str]:
    said = conversation.messages_for(conversation.participation_of(reader)).in_order()
    return [message.body for message in said]


def inbox(user: User) -> list[Conversation]:
    return [row.conversation for row in Participation.objects.inbox_for(user)]


# --- The verbs -------------------------------------------------------------------------------------------------------


def test_blocking_twice_is_blocking_once(alice: User, bob: User) -> None:
    block(bob, alice)
    block(bob, alice)
    assert Block.objects.count() == 1
    Block.objects.unblock(bob, alice)
    Block.objects.unblock(bob, alice)
    assert Block.objects.count() == 0


def test_nobody_blocks_themself(alice: User) -> None:
    with pytest.raises(MessagingPermissionDenied):
        block(alice, alice)


@pytest.mark.parametrize("gone", ["alice", "bob"])
def test_deleting_either_account_removes_the_block(gone: str, alice: User, bob: User) -> None:
    block(bob, alice)
    {"alice": alice, "bob": bob}[gone].delete()
    assert Block.objects.count() == 0


# --- What alice sees -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["private", "pair"])
def test_who_is_blocked_reads_what_they_said_and_nobody_else_does(
    kind: str, alice: User, bob: User, request: pytest.FixtureRequest
) -> None:
    talk: Conversation = request.getfixturevalue(kind)
    talk.post("before", by=alice)
    block(bob, alice)
    talk.post("anybody there?", by=alice)

    assert texts(talk, alice) == ["before", "anybody there?"]
    assert texts(talk, bob) == ["before"]


def test_a_withheld_message_takes_the_next_position_and_version(private: Conversation, alice: User, bob: User) -> None:
    private.post("before", by=alice)
    block(bob, alice)
    said = private.post("anybody there?", by=alice)

    assert (said.position, said.version, said.is_withheld) == (2, 2, True)
    private.refresh_from_db()
    assert (private.last_position, private.version, str(private.latest_message)) == (2, 2, "before")


def test_what_was_withheld_stays_withheld_when_the_block_ends(private: Conversation, alice: User, bob: User) -> None:
    block(bob, alice)
    private.post("withheld", by=alice)
    Block.objects.unblock(bob, alice)
    private.post("heard", by=alice)

    assert texts(private, bob) == ["heard"]
    assert texts(private, alice) == ["withheld", "heard"]


def test_groups_of_three_are_untouched(group: Conversation, alice: User, bob: User, dave: User) -> None:
    block(bob, alice)
    group.post("for all", by=alice)
    group.post("for all too", by=bob)

    assert texts(group, bob) == texts(group, dave) == ["for all", "for all too"]


def test_who_joins_a_group_of_two_later_does_not_read_what_was_withheld(
    pair: Conversation, alice: User, bob: User, carol: User
) -> None:
    block(bob, alice)
    pair.post("withheld", by=alice)
    pair.add_participants([carol], by=bob)
    pair.post("for all", by=alice)

    assert texts(pair, carol) == texts(pair, bob) == ["", "for all"]
    assert texts(pair, alice) == ["withheld", "", "for all"]


def test_the_same_client_id_is_the_same_withheld_message(private: Conversation, alice: User, bob: User) -> None:
    block(bob, alice)
    name = uuid.uuid4()
    said = private.post("once", by=alice, client_id=name)

    assert private.post("once", by=alice, client_id=name) == said
    assert private.messages.count() == 1


# What differs between two lives that are the same: ids, moments, tokens of forms.
CHANGING = re.compile(
    r"[0-9a-hjkmnp-tv-z]{16}|[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[\d:.+]+|\d\d:\d\d|[0-9A-Za-z]{64}|data-activity=.\d+"
)


def life_of(alice: User, bob: User, committed: Committed) -> dict[str, Any]:
    """What alice is answered, and with which queries, when she starts a talk with bob, writes, and looks around."""
    browser = signed_in(alice)
    answers: dict[str, Any] = {}

    def note(name: str, doing: Callable[[], Any]) -> None:
        with CaptureQueriesContext(connection) as queries, committed():
            answer = doing()
        shown = answer.content.decode() if hasattr(answer, "content") else json.dumps(answer)
        shape = [query["sql"].split(maxsplit=1)[0] for query in queries]
        answers[name] = (getattr(answer, "status_code", None), CHANGING.sub("…", shown), shape)

    note("start", lambda: browser.post(url("start"), {"to": bob.public_id}))
    talk = Conversation.objects.get()
    form = {"body": "hello", "client_id": uuid.uuid4()}
    frame = {"conversation": talk.public_id, "client_id": str(uuid.uuid4()), "body": "again"}
    note("post", lambda: browser.post(url("messages", talk), form))
    note("post again", lambda: browser.post(url("messages", talk), form))
    note("send", lambda: frames.send(alice.pk, frame))
    note("typing", lambda: frames.typing(alice.pk, {"conversation": talk.public_id, "on": True}))
    for name in ("conversation", "row", "people"):
        note(name, lambda name=name: browser.get(url(name, talk)))
    note("changes", lambda: browser.get(url("changes", talk), {"since": 0}))
    note("older", lambda: browser.get(url("messages", talk), {"before": 9}))
    note("inbox", lambda: browser.get(url("inbox")))
    note("person", lambda: browser.get(url("person", bob)))
    note("find", lambda: browser.get(url("new"), {"q": "bob"}))
    talk.delete()
    return answers


def test_every_answer_to_who_is_blocked_is_as_if_they_were_not_and_takes_the_same_queries(
    alice: User, bob: User, committed: Committed
) -> None:
    life_of(alice, bob, committed)  # what is kept between requests is known by now
    free = life_of(alice, bob, committed)
    block(bob, alice)
    blocked = life_of(alice, bob, committed)

    assert "again" in free["conversation"][1]
    for name, answer in free.items():
        assert blocked[name] == answer, name


def test_the_inbox_of_who_is_blocked_is_sorted_by_what_they_said(
    private: Conversation, alice: User, bob: User, carol: User
) -> None:
    private.post("before", by=alice)
    other = Conversation.start(alice, [carol])
    other.post("to carol", by=alice)
    assert inbox(alice) == [other, private]
    block(bob, alice)
    private.post("after", by=alice)

    assert inbox(alice) == [private, other]
    row = get(signed_in(alice), url("row", private))
    assert "after" in row
    assert "before" not in row
    assert "before" in get(signed_in(bob), url("row", private))


def test_the_pages_of_an_inbox_follow_each_other_past_what_was_withheld(alice: User, bob: User) -> None:
    block(bob, alice)
    others = [account(f"Friend{n}") for n in range(54)]
    for person in (*others[:20], bob, *others[20:]):
        Conversation.start(alice, [person]).post("hello", by=alice)
    browser = signed_in(alice)
    first = get(browser, url("inbox"), headers={"HX-Request": "true", "HX-Target": "ol#inbox"})
    more = next(one["href"] for one in elements(first, "a") if "before=" in (one["href"] or ""))
    second = get(browser, str(more), headers={"HX-Request": "true", "HX-Target": "li#inbox-more"})

    found = [row["id"] for row in (*rows(first), *rows(second))]
    newest_first = Message.objects.order_by("-sent_at", "-pk").values_list("conversation__public_id", flat=True)
    assert found == [f"conversation-{name}" for name in newest_first]
    assert len(found) == 55


def test_a_talk_that_the_other_began_stands_in_the_inbox_of_who_wrote_in_vain(alice: User, bob: User) -> None:
    talk = Conversation.start(bob, [alice])
    block(bob, alice)
    assert inbox(alice) == []
    talk.post("withheld", by=alice)

    assert inbox(alice) == [talk]


def test_an_answer_of_the_other_is_newer_than_what_was_withheld(private: Conversation, alice: User, bob: User) -> None:
    block(bob, alice)
    private.post("withheld", by=alice)
    Block.objects.unblock(bob, alice)
    private.post("answer", by=bob)

    (row,) = Participation.objects.inbox_for(alice)
    assert str(row.newest_message) == "answer"


# --- What bob sees ---------------------------------------------------------------------------------------------------


def test_a_talk_that_who_is_blocked_starts_does_not_appear(alice: User, bob: User) -> None:
    block(bob, alice)
    talk = Message.send_to_users("hello", alice, [bob]).conversation

    assert inbox(alice) == [talk]
    assert inbox(bob) == []
    assert signed_in(bob).get(url("row", talk)).status_code == 404


def test_a_group_of_two_that_who_is_blocked_names_does_not_appear(pair: Conversation, alice: User, bob: User) -> None:
    block(bob, alice)
    pair.rename("Please read this", by=alice)

    assert inbox(alice) == [pair]
    assert inbox(bob) == []
    assert texts(pair, alice) == ["Please read this"]
    assert texts(pair, bob) == []


def test_what_was_withheld_does_not_count_as_unread(private: Conversation, alice: User, bob: User) -> None:
    private.post("before", by=alice)
    block(bob, alice)
    for _ in range(UNREAD_MAX + 1):
        private.post("withheld", by=alice)

    assert private.participation_of(bob).unread_count() == 1


def test_only_the_senders_own_pages_are_told(
    private: Conversation, alice: User, bob: User, committed: Committed, events: Events
) -> None:
    block(bob, alice)
    with committed():
        private.post("withheld", by=alice)

    assert [frame["type"] for frame in events.frames_to(alice)] == ["message"]
    assert events.frames_to(bob) == []


def test_programs_that_listen_are_not_told(
    private: Conversation,
    alice: User,
    bob: User,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> None:
    from chat.signals import message_sent

    heard: list[str] = []

    def hear(sender: Any, instance: Message, **kwargs: Any) -> None:
        heard.append(instance.body)

    message_sent.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            private.post("heard", by=alice)
            block(bob, alice)
            private.post("withheld", by=alice)
    finally:
        message_sent.disconnect(hear)
    assert heard == ["heard"]


@pytest.mark.parametrize("typist", ["alice", "bob"])
def test_typing_passes_neither_way(
    typist: str, private: Conversation, alice: User, bob: User, events: Events, group: Conversation
) -> None:
    block(bob, alice)
    person, other = (alice, bob) if typist == "alice" else (bob, alice)
    frames.typing(person.pk, {"conversation": private.public_id, "on": True})
    assert events.frames_to(other, "typing") == []
    frames.typing(person.pk, {"conversation": group.public_id, "on": True})
    assert len(events.frames_to(other, "typing")) == 1


def test_who_blocked_writes_no_more_and_is_told_why(private: Conversation, alice: User, bob: User) -> None:
    block(bob, alice)
    with pytest.raises(MessagingPermissionDenied, match="You blocked Alice"):
        private.post("I changed my mind", by=bob)
    response = signed_in(bob).post(url("messages", private), {"body": "hello"})
    assert response.status_code == 403
    assert "You blocked Alice" in response.content.decode()
    assert private.messages.count() == 0


def test_two_who_blocked_each_other_both_write_no_more(private: Conversation, alice: User, bob: User) -> None:
    block(bob, alice)
    block(alice, bob)
    for person in (alice, bob):
        with pytest.raises(MessagingPermissionDenied):
            private.post("hello", by=person)


def test_the_page_says_whom_one_blocked_in_place_of_the_composer(private: Conversation, alice: User, bob: User) -> None:
    block(bob, alice)
    his = get(signed_in(bob), url("conversation", private))
    assert 'id="composer"' not in his
    assert "Unblock" in his
    assert 'id="composer"' in get(signed_in(alice), url("conversation", private))

    response = signed_in(bob).post(url("unblock", alice), {"then": f"conversation:{private.public_id}"})
    assert response["Location"] == url("conversation", private)
    assert 'id="composer"' in get(signed_in(bob), url("conversation", private))


def test_a_refused_form_of_who_blocked_shows_the_page_with_the_reason(
    private: Conversation, alice: User, bob: User
) -> None:
    block(bob, alice)
    response = signed_in(bob).post(url("messages", private), {"body": "hello", "then": "page"}, headers=PANE)
    assert response.status_code == 403
    assert "You blocked" in response.content.decode()


def test_what_was_withheld_is_on_no_page_of_the_other(private: Conversation, alice: User, bob: User) -> None:
    private.post("before", by=alice)
    block(bob, alice)
    private.post("withheld words", by=alice)
    his, hers = signed_in(bob), signed_in(alice)

    def pages(browser: Client) -> list[str]:
        return [
            get(browser, url("conversation", private)),
            get(browser, url("inbox")),
            get(browser, url("row", private)),
            get(browser, url("people", private)),
            get(browser, url("person", alice if browser is his else bob)),
            get(browser, f"{url('messages', private)}?before=9"),
            get(browser, f"{url('changes', private)}?since=0"),
        ]

    assert [page for page in pages(his) if "withheld words" in page] == []
    assert len([page for page in pages(hers) if "withheld words" in page]) == 7


# --- How pages repair themselves -------------------------------------------------------------------------------------


def test_a_page_that_asks_what_it_missed_comes_to_the_end_and_gets_nothing(
    private: Conversation, alice: User, bob: User
) -> None:
    private.post("before", by=alice)
    block(bob, alice)
    for _ in range(60):
        private.post("withheld", by=alice)
    response = signed_in(bob).get(url("changes", private), {"since": 1})

    assert (response["Parley-Version"], response["Parley-Member"]) == ("61", "1")
    assert "Parley-More" not in response
    assert positions(response.content.decode()) == []


def test_a_gap_of_positions_is_no_gap_of_versions(private: Conversation, alice: User, bob: User) -> None:
    block(bob, alice)
    private.post("withheld", by=alice)
    Block.objects.unblock(bob, alice)
    private.post("heard", by=alice)
    response = signed_in(bob).get(url("changes", private), {"since": 0})

    assert positions(response.content.decode()) == [2]
    assert response["Parley-Version"] == "2"
    assert positions(get(signed_in(bob), f"{url('messages', private)}?before=2")) == []


class Line:
    """An open page of somebody that shows a conversation."""

    def __init__(self, hub: Hub, user: User, conversation: Conversation) -> None:
        self.user_id, self.session_hash = user.pk, ""
        self.open_conversation = conversation.public_id
        self.heard: list[dict[str, Any]] = []
        hub.join(self)

    def deliver(self, frame: Frame) -> None:
        self.heard.append(json.loads(frame.text))

    def hang_up(self, code: int) -> None: ...
    def check_access(self) -> None: ...


@pytest.mark.django_db(transaction=True)
def test_a_page_that_is_rung_for_what_was_withheld_is_rung_once_and_its_row_is_up_to_date(events: Events) -> None:
    alice, bob = account("Alice"), account("Bob")
    private = Conversation.start(alice, [bob])
    private.post("before", by=alice)
    block(bob, alice)
    private.post("withheld", by=alice)

    async def watched() -> Line:
        hub = Hub(asyncio.get_running_loop())
        hub.told[private.public_id] = 1
        line = Line(hub, bob, private)
        for _ in range(3):
            await watch.compare(hub)
        return line

    line = asyncio.run(watched())
    assert line.heard == [{"type": "stale", "conversation": private.public_id, "version": 2}]
    (row,) = rows(get(signed_in(bob), url("row", private)))
    assert (row["data-version"], row["data-unread"]) == ("2", "1")


# --- What an account that is deleted leaves behind -------------------------------------------------------------------


def test_what_was_withheld_stays_for_its_sender_when_the_other_account_is_deleted(
    private: Conversation, alice: User, bob: User
) -> None:
    block(bob, alice)
    private.post("withheld", by=alice)
    bob.delete()

    assert texts(private, alice) == ["withheld"]
    assert inbox(alice) == [private]


def test_what_a_deleted_account_said_in_vain_is_read_by_nobody(private: Conversation, alice: User, bob: User) -> None:
    private.post("heard", by=alice)
    block(bob, alice)
    private.post("withheld", by=alice)
    alice.delete()

    assert texts(private, bob) == ["heard"]
    assert private.participation_of(bob).unread_count() == 1
    response = signed_in(bob).get(url("changes", private), {"since": 2})
    assert positions(response.content.decode()) == [1]
