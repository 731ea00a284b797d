import pytest

from chat.models import Conversation, Message
from project.accounts.models import User
from tests.cast import account, signed_in

from .pages import get, url

RESULTS = {"HX-Request": "true", "HX-Target": "div#picker-results"}


def start(user: User, to: list[str], **fields: str) -> Conversation:
    """Send the form; return the conversation that it leads to."""
    response = signed_in(user).post(url("start"), {"to": to, **fields})
    assert response.status_code == 303, response.content.decode()
    return Conversation.objects.get(public_id=response["Location"].split("/")[2])


def page(user: User, **query: object) -> str:
    return get(signed_in(user), url("new"), data=query)


# --- Choosing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["bo", "BOB", "bob@example", "b ob"])
def test_people_are_found_by_name_and_address(query: str, alice: User, bob: User, carol: User) -> None:
    html = page(alice, q=query)
    assert f'id="found-{bob.public_id}"' in html
    assert f'id="found-{carol.public_id}"' not in html


def test_nobody_finds_themself_or_a_disabled_account(alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert "found-" not in page(alice)


def test_twenty_people_are_shown_at_most(alice: User) -> None:
    for number in range(25):
        account(f"Guest {number}")
    assert page(alice, q="guest").count('id="found-') == 20


def test_chosen_people_stand_as_chips_and_are_not_found_again(alice: User, bob: User, carol: User) -> None:
    html = page(alice, to=[bob.public_id])
    assert 'class="chip"' in html
    assert f'id="found-{bob.public_id}"' not in html
    assert f'id="found-{carol.public_id}"' in html
    assert 'class="chip"' not in page(alice, to=[bob.public_id], without=bob.public_id)


def test_the_button_says_what_will_happen(alice: User, bob: User, carol: User, dave: User) -> None:
    assert ">Start</button>" in page(alice, to=[bob.public_id])
    Conversation.start(alice, [bob])
    assert ">Open</button>" in page(alice, to=[bob.public_id])
    assert ">Start group of 4</button>" in page(alice, to=[bob.public_id, carol.public_id, dave.public_id])


def test_only_the_changing_parts_come_while_somebody_types(alice: User, bob: User) -> None:
    html = get(signed_in(alice), url("new"), data={"q": "bob"}, headers=RESULTS)
    assert html.strip().startswith("<ul")
    assert "<form" not in html


@pytest.mark.parametrize("query", [{"q": "\x00"}, {"q": "x" * 201}])
def test_words_that_cannot_be_searched_are_refused(query: dict[str, str], alice: User) -> None:
    assert signed_in(alice).get(url("new"), query).status_code == 422


@pytest.mark.parametrize("to", ["x", "\x00", "0000000000000000", "é" * 16])
def test_names_of_nobody_are_no_chips(to: str, alice: User) -> None:
    assert 'class="chip"' not in page(alice, to=to)


# --- Starting ------------------------------------------------------------------------------------------------------


def test_one_person_opens_the_private_conversation(alice: User, bob: User) -> None:
    conversation = start(alice, [bob.public_id])
    assert conversation.is_private
    assert start(bob, [alice.public_id], body="hello") == conversation
    assert conversation.messages.get().body == "hello"


def test_people_may_be_named_by_address_in_any_case(alice: User, bob: User) -> None:
    assert start(alice, ["BOB@example.org"]).is_private


def test_several_people_with_a_first_message_use_the_newest_group_of_them(alice: User, bob: User, carol: User) -> None:
    first = start(alice, [bob.public_id, carol.public_id], body="hello")
    assert start(carol, [alice.public_id, bob.public_id], body="again") == first
    assert first.messages.filter(kind=Message.Kind.TEXT).count() == 2


def test_a_title_starts_a_new_group_always(alice: User, bob: User) -> None:
    first = start(alice, [bob.public_id], title="Plans", body="hello")
    second = start(alice, [bob.public_id], title="Plans", body="hello")
    assert first != second
    assert (first.kind, first.title) == ("group", "Plans")


def test_several_people_without_a_message_start_a_new_group(alice: User, bob: User, carol: User) -> None:
    first = start(alice, [bob.public_id, carol.public_id])
    assert first != start(alice, [bob.public_id, carol.public_id])
    assert not first.messages.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"to": []},
        {"to": ["nobody@example.org"]},
        {"to": ["alice@example.org"]},
        {"to": ["x\x00@example.org"]},
        {"to": ["bob@example.org"], "body": "a\x07b"},
        {"to": ["bob@example.org"], "body": "x" * 20_001},
        {"to": ["bob@example.org"], "title": "x" * 101},
        {"to": ["bob@example.org"], "title": "a\nb"},
    ],
)
def test_what_cannot_be_started_is_refused_and_starts_nothing(
    fields: dict[str, object], alice: User, bob: User
) -> None:
    response = signed_in(alice).post(url("start"), fields)
    assert response.status_code == 422
    assert '<ul class="errors"' in response.content.decode()
    assert not Conversation.objects.exists()


def test_a_refused_form_keeps_everything_typed(alice: User, bob: User, carol: User) -> None:
    fields = {"to": [bob.public_id, carol.public_id], "title": "x" * 101, "body": "Long letter"}
    html = signed_in(alice).post(url("start"), fields).content.decode()
    assert "Long letter" in html
    assert "x" * 101 in html
    assert html.count('class="chip"') == 2
