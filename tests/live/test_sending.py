"""A message is said once, however often and over whatever way it is sent."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

from chat.models import Conversation, Message
from project.accounts.models import User

from .conftest import OpenPage, session_of
from .serving import Browser, Parley


def texts(conversation: Conversation) -> list[str]:
    return list(conversation.messages.in_order().values_list("body", flat=True))


def test_the_answer_names_the_message_that_is_there(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    client_id = str(uuid.uuid4())
    answer = open_page(alice).post(talk.public_id, "hello 😀", client_id)
    message = Message.objects.get()
    assert answer == {
        "type": "sent", "client_id": client_id, "conversation": talk.public_id, "message": message.public_id,
        "position": message.position, "version": message.version,
    }  # fmt: skip
    assert (message.body, message.sender, str(message.client_id)) == ("hello 😀", alice, client_id)


def test_the_same_client_id_twice_is_one_message_heard_once(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    mine, theirs, client_id = open_page(alice), open_page(bob), str(uuid.uuid4())
    first, second = (mine.post(talk.public_id, "once", client_id) for _ in range(2))
    assert first == second
    mine.post(talk.public_id, "and another")
    bodies = [theirs.expect("message")["position"] for _ in range(2)]
    assert bodies == [1, 2]
    assert texts(talk) == ["once", "and another"]


def test_two_tabs_that_retry_at_once_send_one_message(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    tabs = [open_page(alice) for _ in range(4)]
    for _ in range(10):
        client_id = str(uuid.uuid4())
        for tab in tabs:
            tab.say("send", conversation=talk.public_id, client_id=client_id, body="at once")
        answers = [tab.answer() for tab in tabs]
        assert answers == [answers[0]] * len(tabs)
        assert answers[0]["type"] == "sent"
    assert texts(talk) == ["at once"] * 10


def test_a_line_and_a_form_at_once_send_one_message(
    alice: User, bob: User, talk: Conversation, servers: list[Parley], open_page: OpenPage
) -> None:
    mine, browser = open_page(alice), Browser(servers[-1], session_of(alice))
    path = f"/c/{talk.public_id}/messages/"
    for _ in range(5):
        client_id = str(uuid.uuid4())
        with ThreadPoolExecutor(1) as forms:
            posted = forms.submit(browser.post, path, client_id=client_id, body="both ways")
            message_id = mine.post(talk.public_id, "both ways", client_id)["message"]
        status, fragment = posted.result()
        assert (status, f'id="message-{message_id}"' in fragment) == (200, True)
    assert texts(talk) == ["both ways"] * 5


def test_two_people_may_use_the_same_client_id(alice: User, bob: User, talk: Conversation, open_page: OpenPage) -> None:
    client_id = str(uuid.uuid4())
    for person in (alice, bob):
        assert open_page(person).post(talk.public_id, "mine", client_id)["type"] == "sent"
    assert talk.messages.count() == 2


def test_a_client_id_used_in_another_conversation_is_refused(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    other, page = Conversation.start(alice, [bob]), open_page(alice)
    client_id = page.post(talk.public_id, "here")["client_id"]
    assert page.post(other.public_id, "there", client_id)["type"] == "refused"
    assert not other.messages.exists()


def test_messages_of_one_line_keep_the_order_they_were_written_in(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    mine, theirs = open_page(alice), open_page(bob)
    written = [f"line {number}" for number in range(50)]
    for body in written:
        mine.say("send", conversation=talk.public_id, client_id=str(uuid.uuid4()), body=body)
    assert [theirs.expect("message")["position"] for _ in written] == list(range(1, 51))
    assert texts(talk) == written


def test_who_left_cannot_send(alice: User, bob: User, talk: Conversation, open_page: OpenPage) -> None:
    talk.participation_of(bob).revoke(by=bob)
    answer = open_page(bob).post(talk.public_id, "one more thing")
    assert (answer["type"], answer["conversation"]) == ("refused", talk.public_id)
    assert not talk.messages.filter(kind=Message.Kind.TEXT).exists()


def test_a_message_of_20_000_characters_arrives_whole(
    alice: User, bob: User, talk: Conversation, open_page: OpenPage
) -> None:
    mine, theirs = open_page(alice), open_page(bob)
    body = "ž" * 20_000
    client_id = str(uuid.uuid4())
    frame = {"type": "send", "conversation": talk.public_id, "client_id": client_id, "body": body}
    mine.line.send(json.dumps(frame, ensure_ascii=False))
    assert mine.answer()["type"] == "sent"
    assert body in theirs.expect("message")["content"]
    assert mine.post(talk.public_id, "x" * 20_001)["type"] == "refused"
