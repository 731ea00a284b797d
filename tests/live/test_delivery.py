"""Who hears what, on the wire."""

import statistics
import time

import pytest

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import account

from .conftest import Doing, OpenPage
from .page import Frame, Page
from .serving import Parley


def kinds(frames: list[Frame]) -> list[str]:
    return [frame["type"] for frame in frames]


@pytest.fixture
def fence(alice: User, carol: User) -> Conversation:
    """What carol may hear. Frames of one sender stay in order, so what she hears before it is all she heard."""
    return Conversation.start(alice, [carol])


def up_to(page: Page, sender: Page, fence: Conversation) -> list[Frame]:
    """Return what page heard until now: sender says something in fence, which page is certain to hear."""
    client_id = sender.post(fence.public_id, "fence")["client_id"]
    return page.until("message", client_id=client_id)[:-1]


def test_a_message_reaches_every_open_line_within_100_ms(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    talk.add_participants([account(name) for name in ("Dave", "Erin", "Frank")])
    lines = [open_page(person) for person in talk.participants for _ in range(2)]
    delays_s = []
    for number in range(20):
        asked_at = time.perf_counter()
        lines[0].say("send", conversation=talk.public_id, client_id=f"00000000-0000-4000-8000-{number:012}", body="x")
        for line in lines:
            line.expect("message", position=talk.last_position + number + 1)
            delays_s.append(time.perf_counter() - asked_at)
    assert statistics.median(delays_s) < 0.1


def test_every_tab_of_a_person_hears_the_same(alice: User, bob: User, talk: Conversation, open_page: OpenPage) -> None:
    tabs = [open_page(bob) for _ in range(3)]
    sent = open_page(alice).post(talk.public_id, "to all tabs")
    frames = [tab.expect("message") for tab in tabs]
    assert frames == [frames[0]] * 3
    assert frames[0]["message"] == sent["message"]
    assert "to all tabs" in frames[0]["content"]


def test_the_sender_hears_what_bob_hears(alice: User, bob: User, talk: Conversation, open_page: OpenPage) -> None:
    mine, theirs = open_page(alice), open_page(bob)
    mine.say("send", conversation=talk.public_id, client_id="00000000-0000-4000-8000-000000000000", body="hello")
    assert mine.expect("message") == theirs.expect("message")


def test_a_frame_says_what_it_is_about(alice: User, bob: User, talk: Conversation, open_page: OpenPage) -> None:
    theirs = open_page(bob)
    sent = open_page(alice).post(talk.public_id)
    frame = theirs.expect("message")
    assert frame.keys() == {
        "type", "conversation", "position", "version", "message", "sender", "client_id", "countable", "activity",
        "content",
    }  # fmt: skip
    assert {key: frame[key] for key in sent if key != "type"} == {key: sent[key] for key in sent if key != "type"}
    assert (frame["sender"], frame["countable"]) == (alice.public_id, True)


def test_carol_outside_hears_nothing_of_others(
    alice: User, bob: User, carol: User, talk: Conversation, fence: Conversation, open_page: OpenPage
) -> None:
    mine, theirs, outside = open_page(alice), open_page(bob), open_page(carol)
    mine.post(talk.public_id, "a secret")
    mine.say("typing", conversation=talk.public_id, on=True)
    theirs.expect("typing")
    theirs.say("read", conversation=talk.public_id, position=1)
    theirs.expect("read")
    assert outside.ask("typing", conversation=talk.public_id, on=True)["type"] == "refused"
    assert up_to(outside, mine, fence) == []


def test_carol_hears_from_the_moment_she_is_added(
    alice: User, carol: User, talk: Conversation, fence: Conversation, server: Parley, open_page: OpenPage
) -> None:
    mine, hers = open_page(alice, at=server), open_page(carol)
    mine.post(talk.public_id, "before")
    assert up_to(hers, mine, fence) == []
    Doing(server, alice, talk).add(carol)
    *row, told = hers.until("participants")
    assert [frame["countable"] for frame in row] == [False]
    assert (told["joined"], told["left"]) == ([carol.public_id], [])
    mine.post(talk.public_id, "welcome")
    assert hers.expect("message")["conversation"] == talk.public_id


@pytest.mark.parametrize("way", ["leaves", "is removed"])
def test_who_is_gone_hears_of_it_and_then_no_more(
    way: str, alice: User, carol: User, talk: Conversation, fence: Conversation, server: Parley, open_page: OpenPage
) -> None:
    talk.add_participants([carol])
    mine, hers = open_page(alice, at=server), open_page(carol)
    hers.say("open", conversation=talk.public_id, version=talk.version)
    if way == "leaves":
        Doing(server, carol, talk).leave()
    else:
        Doing(server, alice, talk).remove(carol)
    *row, told = hers.until("participants")
    assert (kinds(row), told["left"]) == (["message"], [carol.public_id])
    mine.post(talk.public_id, "she is gone")
    mine.say("typing", conversation=talk.public_id, on=True)
    Doing(server, alice, talk).rename("Without her")
    assert mine.expect("participants", left=[])["version"] == told["version"] + 2
    assert up_to(hers, mine, fence) == []


def test_who_left_is_not_told_how_far_the_conversation_is(
    alice: User, carol: User, talk: Conversation, server: Parley, open_page: OpenPage
) -> None:
    talk.add_participants([carol])
    talk.participation_of(carol).revoke(by=carol)
    last_version = talk.messages.latest("position").version
    talk.post("she is gone", by=alice)
    hers = open_page(carol)
    hers.say("open", conversation=talk.public_id, version=last_version)
    assert hers.heard() == []
    hers.say("open", conversation=talk.public_id, version=0)
    assert [frame["version"] for frame in hers.heard()] == [last_version]


def test_who_is_invited_back_hears_again(
    alice: User, carol: User, talk: Conversation, server: Parley, open_page: OpenPage
) -> None:
    talk.add_participants([carol])
    talk.participation_of(carol).revoke(by=carol)
    mine, hers = open_page(alice, at=server), open_page(carol)
    Doing(server, alice, talk).invite_back(carol)
    assert hers.expect("participants")["joined"] == [carol.public_id]
    mine.post(talk.public_id, "welcome back")
    assert "welcome back" in hers.expect("message")["content"]


def test_a_new_title_is_heard_by_every_member(
    alice: User, bob: User, talk: Conversation, server: Parley, open_page: OpenPage
) -> None:
    lines = [open_page(alice), open_page(bob)]
    Doing(server, alice, talk).rename("Plans")
    for line in lines:
        assert "Plans" in line.expect("participants")["content"]


def test_reading_on_one_line_clears_the_other_lines_of_that_person_only(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    mine, here, there = open_page(alice), open_page(bob), open_page(bob)
    for number in range(3):
        mine.post(talk.public_id, f"message {number}")
    here.say("read", conversation=talk.public_id, position=2)
    assert there.expect("read") == {"type": "read", "conversation": talk.public_id, "position": 2, "unread": 1}
    here.post(talk.public_id, "read it")
    assert "read" not in kinds(mine.until("message", sender=bob.public_id))


def test_typing_is_heard_by_the_others_only(alice: User, bob: User, talk: Conversation, open_page: OpenPage) -> None:
    mine, theirs = open_page(alice), open_page(bob)
    mine.say("typing", conversation=talk.public_id, on=True)
    assert theirs.expect("typing") == {
        "type": "typing", "conversation": talk.public_id, "person": alice.public_id, "name": "Alice", "on": True,
        "content": "",
    }  # fmt: skip
    assert mine.heard() == []


def test_a_page_that_opens_a_conversation_is_told_when_it_is_behind(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    for _ in range(3):
        talk.post("hello", by=alice)
    page = open_page(bob)
    page.say("open", conversation=talk.public_id, version=2)
    assert page.heard() == [{"type": "stale", "conversation": talk.public_id, "version": 3}]
    page.say("open", conversation=talk.public_id, version=3)
    page.say("open", conversation=None, version=0)
    assert page.heard() == []
