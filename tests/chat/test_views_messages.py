import uuid

import pytest

from chat.models import Conversation, Message
from project.accounts.models import User
from tests.cast import signed_in

from .pages import chatter, elements, get, positions, url

NAME = "7d444840-9dc0-11d1-b245-5ffdce74fad2"


def test_a_message_is_answered_as_the_fragment_of_it(alice: User, private: Conversation) -> None:
    response = signed_in(alice).post(url("messages", private), {"body": "hello", "client_id": NAME})
    message = private.messages.get()
    (article,) = elements(response.content.decode(), "article")
    assert response.status_code == 200
    assert article["id"] == f"message-{message.public_id}"
    assert article["data-client-id"] == NAME


def test_the_same_client_id_again_is_the_same_message(alice: User, private: Conversation) -> None:
    client = signed_in(alice)
    first = client.post(url("messages", private), {"body": "hello", "client_id": NAME})
    second = client.post(url("messages", private), {"body": "hello", "client_id": NAME})
    assert first.content == second.content
    assert private.messages.count() == 1


def test_a_client_id_of_another_conversation_is_refused(
    alice: User, private: Conversation, group: Conversation
) -> None:
    client = signed_in(alice)
    client.post(url("messages", private), {"body": "hello", "client_id": NAME})
    assert client.post(url("messages", group), {"body": "hello", "client_id": NAME}).status_code == 422


def test_without_scripts_the_answer_is_the_conversation(alice: User, private: Conversation) -> None:
    response = signed_in(alice).post(url("messages", private), {"body": "hello", "then": "page"})
    assert response.status_code == 303
    assert response["Location"] == url("conversation", private)


@pytest.mark.parametrize("body", ["", " \n\t ", "a\x00b", "a\x07b", "x" * 20_001])
def test_a_text_that_cannot_be_sent_is_refused_with_a_sentence(body: str, alice: User, private: Conversation) -> None:
    response = signed_in(alice).post(url("messages", private), {"body": body})
    assert response.status_code == 422
    assert '<ul class="errors"' in response.content.decode()
    assert not private.messages.exists()


def test_a_refused_text_is_kept_on_the_page_without_scripts(alice: User, private: Conversation) -> None:
    response = signed_in(alice).post(url("messages", private), {"body": "keep\x07this", "then": "page"})
    assert response.status_code == 422
    assert "keep\x07this" in response.content.decode()


def test_a_missing_body_and_an_odd_client_id_are_refused(alice: User, private: Conversation) -> None:
    client = signed_in(alice)
    assert client.post(url("messages", private)).status_code == 422
    assert client.post(url("messages", private), {"body": "hello", "client_id": "7"}).status_code == 422


def test_a_text_of_twenty_thousand_characters_is_sent(alice: User, private: Conversation) -> None:
    assert signed_in(alice).post(url("messages", private), {"body": "💛" * 20_000}).status_code == 200


def test_line_ends_of_every_kind_are_newlines(alice: User, private: Conversation) -> None:
    signed_in(alice).post(url("messages", private), {"body": "a\r\nb\rc\n\td "})
    assert private.messages.get().body == "a\nb\nc\n\td "


def test_who_left_says_nothing_more(alice: User, bob: User, group: Conversation) -> None:
    group.participation_of(bob).revoke(by=bob)
    response = signed_in(bob).post(url("messages", group), {"body": "one more thing"})
    assert response.status_code == 403
    assert "You do not take part in this conversation." in response.content.decode()
    assert not group.messages.filter(kind=Message.Kind.TEXT).exists()


# --- Older ones ----------------------------------------------------------------------------------------------------


def test_the_fifty_before_a_position_are_answered(alice: User, private: Conversation) -> None:
    chatter(private, 60)
    assert positions(get(signed_in(alice), url("messages", private), data={"before": 55})) == list(range(5, 55))


@pytest.mark.parametrize("before", [None, "", "0", "-3", "x", "1.5", "9" * 30, "\x00"])
def test_older_than_nothing_is_refused(before: str | None, alice: User, private: Conversation) -> None:
    query = {} if before is None else {"before": before}
    assert signed_in(alice).get(url("messages", private), query).status_code == 422


def test_who_left_gets_nothing_said_afterwards(alice: User, bob: User, group: Conversation) -> None:
    group.participation_of(bob).revoke(by=bob)
    chatter(group, 3)
    assert positions(get(signed_in(bob), url("messages", group), data={"before": 99})) == [1]


# --- Reading -------------------------------------------------------------------------------------------------------


def test_reading_up_to_a_position_clears_what_waits(alice: User, bob: User, private: Conversation) -> None:
    chatter(private, 3)
    assert signed_in(bob).post(url("read", private), {"position": "2"}).status_code == 204
    assert private.participation_of(bob).unread_count() == 1


def test_without_scripts_reading_leads_back_to_the_conversation(bob: User, private: Conversation) -> None:
    chatter(private, 1)
    response = signed_in(bob).post(url("read", private), {"position": "1", "then": "page"})
    assert response.status_code == 303


@pytest.mark.parametrize("position", ["", "-1", "x", "9" * 30, "1e3", "\x00"])
def test_a_position_that_is_none_is_refused(position: str, bob: User, private: Conversation) -> None:
    assert signed_in(bob).post(url("read", private), {"position": position}).status_code == 422


def test_a_text_is_the_same_for_every_viewer(alice: User, bob: User, private: Conversation) -> None:
    client_id = uuid.uuid4()
    private.post("hello", by=alice, client_id=client_id)
    pages = [get(signed_in(user), url("messages", private), data={"before": 9}) for user in (alice, bob)]
    assert pages[0] == pages[1]
