"""What is not understood is refused with a sentence; the line lives on, and no code tells of a crash."""

import json
import time
import uuid
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.connection import Connection

from chat.consumers import FRAMES_AT_ONCE, FRAMES_PER_S
from chat.models import Conversation
from project.accounts.models import User

from .conftest import OpenPage, session_of
from .page import Page
from .serving import Browser, Parley

FRAME_MAX_BYTES = 64 * 1024
NAME, ID = "0123456789abcdef", "6f1c1e0e-7c37-4a3c-b4b3-5d9b7a0f2f10"
SEND = {"type": "send", "conversation": NAME, "client_id": ID, "body": "x"}

NOT_A_FRAME = [
    "", "{", "nonsense", "null", "1", '"send"', "[]", "[{}]", "{}", '{"type": null}', '{"type": 1}',
    '{"type": ["send"]}',
    '{"type": "ping", "x": NaN}', '{"type": "ping", "x": -Infinity}', '{"type": "ping"} {"type": "ping"}',
    "[" * 60_000, '{"a":' * 10_000, "9" * 5_000, '{"type": "\\ud800"}', '{"type": "nope"}', '{"type": "Send"}',
    '{"type": "__class__"}', '{"type": "message"}', "\x00", '{"type": "' + "x" * 60_000 + '"}',
]  # fmt: skip
WRONG_FIELDS = [
    {**SEND, **wrong}
    for wrong in (
        {"client_id": None}, {"client_id": 1}, {"client_id": ""}, {"client_id": "x" * 36}, {"client_id": [ID]},
        {"client_id": ID[:-1]}, {"client_id": "\ud800" * 36}, {"body": None}, {"body": 1}, {"body": ["x"]},
        {"body": {}}, {"body": ""}, {"body": " \n\t "}, {"body": "a\x00b"}, {"body": "a\x1bb"}, {"body": "\ud800"},
        {"body": True}, {"conversation": None}, {"conversation": 1}, {"conversation": [NAME]}, {"conversation": {}},
        {"conversation": ""}, {"conversation": "\ud800"}, {"conversation": "\x00" * 16}, {"conversation": "../" * 5},
        {"conversation": "x" * 10_000},
    )
] + [
    {"type": kind, "conversation": NAME, **wrong}
    for kind, wrongs in {
        "read": ({}, {"position": None}, {"position": "1"}, {"position": 1.5}, {"position": -1}, {"position": True},
                 {"position": 1e400}, {"position": []}),
        "open": ({}, {"version": "1"}, {"version": -1}, {"version": None}, {"version": False}),
        "typing": ({}, {"on": 1}, {"on": "true"}, {"on": None}),
    }.items()
    for wrong in wrongs
] + [
    {"type": "send"}, {"type": "read"}, {"type": "typing"}, {"type": "ack"}, {"type": "ack", "received": "1"},
    {"type": "ack", "received": -1}, {"type": "ack", "received": 0.5}, {"type": "open", "conversation": 5},
]  # fmt: skip


def answer_to(page: Page, line: str | bytes) -> dict[str, object]:
    page.line.send(line)
    return page.answer()


@pytest.fixture
def page(bob: User, alice: User, talk: Conversation, open_page: OpenPage) -> Page:
    return open_page(alice)


def assert_alive(page: Page) -> None:
    assert page.ask("ping") == {"type": "pong"}


@pytest.mark.parametrize("line", NOT_A_FRAME, ids=lambda line: ascii(line[:24]))
def test_what_is_no_frame_is_refused(line: str, page: Page) -> None:
    answer = answer_to(page, line)
    assert answer.keys() == {"type", "reason"}
    assert answer["type"] == "refused"
    assert len(str(answer["reason"])) < 120
    assert_alive(page)


def test_a_binary_frame_is_refused(page: Page) -> None:
    for line in (b"", b"\x00\xff", b'{"type": "ping"}'):
        assert answer_to(page, line)["type"] == "refused"
    assert_alive(page)


def test_every_wrong_field_is_refused_and_changes_nothing(
    page: Page, alice: User, talk: Conversation, open_page: OpenPage
) -> None:
    for frame in WRONG_FIELDS:
        # The conversation is mine: what is refused is the field.
        mine = frame if frame.get("conversation") != NAME else {**frame, "conversation": talk.public_id}
        answer = answer_to(page, json.dumps(mine))
        assert answer["type"] == "refused", frame
        assert answer["reason"], frame
    assert_alive(page)
    assert not talk.messages.exists()
    assert talk.participation_of(alice).read_position == 0


def test_a_refusal_names_what_it_answers(page: Page, talk: Conversation) -> None:
    answer = page.ask("send", conversation=talk.public_id, client_id=ID, body="")
    assert answer == {
        "type": "refused", "client_id": ID, "conversation": talk.public_id,
        "reason": "Write something first: an empty message is not sent.",
    }  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "send", "client_id": ID, "body": "x"},
        {"type": "read", "position": 1},
        {"type": "typing", "on": True},
        {"type": "open", "version": 1},
    ],
    ids=lambda frame: str(frame["type"]),
)
def test_other_peoples_conversation_is_answered_like_one_that_is_not(
    frame: dict[str, object], talk: Conversation, carol: User, open_page: OpenPage
) -> None:
    page, answers = open_page(carol), []
    for name in (talk.public_id, NAME):
        answer = answer_to(page, json.dumps({**frame, "conversation": name}))
        assert answer.pop("conversation") == name
        answers.append(answer)
    assert answers[0] == answers[1]
    assert answers[0]["type"] == "refused"


def padded(size_bytes: int) -> str:
    empty = json.dumps({"type": "ping", "x": ""})
    return json.dumps({"type": "ping", "x": "x" * (size_bytes - len(empty))})


def test_a_frame_of_64_kib_is_read(page: Page) -> None:
    assert answer_to(page, padded(FRAME_MAX_BYTES)) == {"type": "pong"}


def test_a_frame_of_one_byte_more_ends_the_line_with_1009(page: Page) -> None:
    page.line.send(padded(FRAME_MAX_BYTES + 1))
    assert page.close_code() == 1009


def test_a_message_in_pieces_of_one_byte_more_ends_the_line_with_1009(page: Page) -> None:
    whole = padded(FRAME_MAX_BYTES + 1)
    with suppress(ConnectionClosed):  # perhaps already before the sign that it was the last piece
        page.line.send([whole[:40_000], whole[40_000:]])
    assert page.close_code() == 1009


def test_text_that_is_not_utf_8_ends_the_line_with_1007(page: Page) -> None:
    page.line.send(b'{"type": "\xff\xfe"}', text=True)
    assert page.close_code() == 1007


def test_a_flood_ends_the_line_with_1013(page: Page, alice: User, open_page: OpenPage) -> None:
    other = open_page(alice)
    _pour(page.line, 2_000)
    assert page.close_code() == 1013
    assert_alive(other)


def test_a_page_that_never_pauses_is_slowed_down_and_kept(page: Page) -> None:
    over = 20
    began_at = time.monotonic()
    for _ in range(FRAMES_AT_ONCE + over):  # each answered before the next
        assert page.ask("ping") == {"type": "pong"}
    assert time.monotonic() - began_at >= 0.9 * over / FRAMES_PER_S
    assert_alive(page)


def test_what_a_page_sends_at_once_after_a_pause_is_no_flood(page: Page) -> None:
    _pour(page.line, 150)
    for _ in range(150):
        assert page.answer() == {"type": "pong"}


def _pour(line: Connection, frames: int) -> None:
    for _ in range(frames):
        try:
            line.send('{"type": "ping"}')
        except ConnectionClosed:
            return


def test_a_form_for_other_peoples_conversation_is_answered_like_one_that_is_not(
    talk: Conversation, carol: User, server: Parley
) -> None:
    browser = Browser(server, session_of(carol))
    form = {"client_id": str(uuid.uuid4()), "body": "x"}
    (status, page), (status_of_none, page_of_none) = (
        browser.post(f"/c/{name}/messages/", **form) for name in (talk.public_id, NAME)
    )
    assert (status, page.replace(talk.public_id, NAME)) == (status_of_none, page_of_none)
    assert status == 404
    assert not talk.messages.exists()
