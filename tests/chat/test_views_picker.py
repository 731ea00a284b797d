import pytest

from chat.models import Conversation, Message
from contacts.models import ContactGroup, Party
from project.accounts.models import User
from tests.cast import account, signed_in
from tests.contacts.cast import contact, email, folder_of, placed

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
    assert f'data-found="{bob.public_id}"' in html
    assert f'data-found="{carol.public_id}"' not in html


def test_nobody_finds_themself_or_a_disabled_account(alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert "data-found" not in page(alice)


def test_twenty_people_are_shown_at_most(alice: User) -> None:
    for number in range(25):
        account(f"Guest {number}")
    assert page(alice, q="guest").count("data-found") == 20


def test_chosen_people_stand_as_chips_and_are_not_found_again(alice: User, bob: User, carol: User) -> None:
    html = page(alice, to=[bob.public_id])
    assert 'class="chip"' in html
    assert f'data-found="{bob.public_id}"' not in html
    assert f'data-found="{carol.public_id}"' in html
    assert 'class="chip"' not in page(alice, to=[bob.public_id], without=bob.public_id)


def test_the_button_says_what_will_happen(alice: User, bob: User, carol: User, dave: User) -> None:
    assert ">Start</button>" in page(alice, to=[bob.public_id])
    Conversation.start(alice, [bob])
    assert ">Open</button>" in page(alice, to=[bob.public_id])
    assert ">Start group of 4</button>" in page(alice, to=[bob.public_id, carol.public_id, dave.public_id])


def test_only_the_changing_parts_come_while_somebody_types(alice: User, bob: User) -> None:
    html = get(signed_in(alice), url("new"), data={"q": "bob"}, headers=RESULTS)
    assert html.strip().startswith("<div data-part")
    assert "<form" not in html


@pytest.mark.parametrize("query", [{"q": "\x00"}, {"q": "x" * 201}])
def test_words_that_cannot_be_searched_are_refused(query: dict[str, str], alice: User) -> None:
    assert signed_in(alice).get(url("new"), query).status_code == 422


@pytest.mark.parametrize("to", ["x", "\x00", "0000000000000000", "é" * 16])
def test_names_of_nobody_are_no_chips(to: str, alice: User) -> None:
    assert 'class="chip"' not in page(alice, to=to)


def test_the_button_says_who_will_be_invited(alice: User, bob: User) -> None:
    assert ">Invite and start</button>" in page(alice, to=["new@x.org"])
    assert ">Invite 1 and start group of 3</button>" in page(alice, to=["new@x.org", bob.public_id])
    start(alice, ["new@x.org"])
    assert ">Open</button>" in page(alice, to=["new@x.org"])


def test_rows_say_why_they_are_there_with_the_letters_marked(alice: User) -> None:
    placed(folder_of(alice), contact("Jan <b>Novák", email("jan@work.org", "work"), email("second@work.org")))
    html = page(alice, q="novak")
    assert 'dir="auto">Jan &lt;b&gt;<mark>Novák</mark></span>' in html
    html = page(alice, q="jan@w")
    assert "work e-mail <bdi data-user-text><mark>jan@w</mark>ork.org</bdi>" in html


def test_who_cannot_be_reached_is_a_link_to_the_contact(alice: User) -> None:
    (eva,) = placed(folder_of(alice), contact("Eva"))
    html = page(alice, q="eva")
    assert f'href="/contacts/{eva.public_id}/"' in html
    assert "no e-mail, no phone: add one" in html
    assert "data-found" not in html


def test_several_addresses_become_chips_at_once_and_what_is_none_is_named(alice: User, bob: User) -> None:
    html = page(alice, q="new@x.org, bob@example.org; nonsense", to="first@x.org")
    assert html.count('class="chip"') == 3
    assert "Not understood as an address: “nonsense”." in html
    assert page(alice, q="new@x.org, 12345678").count("Write the number with its country code") == 1


def test_while_somebody_types_a_list_it_is_not_taken_yet(alice: User) -> None:
    html = get(signed_in(alice), url("new"), data={"q": "new@x.org, other@x.or"}, headers=RESULTS)
    assert "chip" not in html


def test_a_long_text_is_asked_by_post_and_changes_nothing(alice: User) -> None:
    addresses = ", ".join(f"guest{number}@x.org" for number in range(400))
    response = signed_in(alice).post(url("new"), {"q": addresses}, headers={**RESULTS, "HX-Target": "div#picker"})
    assert response.content.decode().count('class="chip"') == 400
    assert ">Invite 400 and start group of 401</button>" in response.content.decode()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x" * 20_001, "This is too long. 20,000 characters at a time are the most."),
        ("x" * 201, "Write a few letters of a name, or addresses with commas between them."),
    ],
)
def test_a_text_that_is_too_long_has_its_sentence(text: str, sentence: str, alice: User) -> None:
    response = signed_in(alice).post(url("new"), {"q": text})
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_too_many_at_once_leave_who_was_chosen_before(alice: User, bob: User) -> None:
    addresses = ", ".join(f"{number}@x.org" for number in range(501))
    html = signed_in(alice).post(url("new"), {"q": addresses, "to": bob.public_id}).content.decode()
    assert "500 people at a time are the most." in html
    assert html.count('class="chip"') == 1


def test_a_group_becomes_the_chips_of_its_people(alice: User) -> None:
    jan, eva = placed(folder_of(alice), contact("Jan", email("jan@x.org")), contact("Eva"))
    group = ContactGroup.objects.make(alice, "Garden")
    group.add(jan)
    group.add(eva)
    html = page(alice, to=group.public_id)
    assert f'name="to" value="{jan.public_id}"' in html
    assert f'value="{group.public_id}"' not in html.partition("data-found")[0]
    assert "Eva cannot be reached" in html


def test_a_chip_whose_person_a_sync_removed_has_its_sentence_and_the_rest_stays(alice: User, bob: User) -> None:
    (anna,) = placed(folder_of(alice), contact("Anna Novak", email("anna@x.org")))
    Party.objects.vanish([anna.pk])
    names = [anna.public_id, bob.public_id]
    html = page(alice, to=names)
    assert "Anna Novak is no longer in your contacts." in html
    assert html.count('class="chip"') == 1
    response = signed_in(alice).post(url("start"), {"to": names, "body": "Hello"})
    assert response.status_code == 422
    assert response.content.decode().count("Anna Novak is no longer in your contacts.") == 1
    assert response.content.decode().count('class="chip"') == 1
    assert "Hello" in response.content.decode()


def test_a_weak_link_refuses_to_decide_and_shows_the_choice(alice: User) -> None:
    folder = folder_of(alice)
    zoe, adam = placed(folder, contact("Zoe", email("shared@x.org")), contact("Adam", email("shared@x.org")))
    response = signed_in(alice).post(url("start"), {"to": adam.public_id})
    html = response.content.decode()
    assert response.status_code == 422
    assert "It is not certain that shared@x.org belongs to Adam. Choose whose it is." in html
    handle = adam.links.get().handle
    assert [f'data-found="{one.public_id}/{handle.public_id}"' in html for one in (zoe, adam)] == [True, True]
    assert "doubtful, 30 %" in html
    assert not Conversation.objects.exists()

    page(alice, to=f"{adam.public_id}/{handle.public_id}")
    assert not adam.links.get().is_confirmed
    start(alice, [f"{adam.public_id}/{handle.public_id}"])
    assert adam.links.get().is_confirmed


def test_a_choice_of_a_form_that_is_refused_is_not_kept(alice: User) -> None:
    folder = folder_of(alice)
    _, adam = placed(folder, contact("Zoe", email("shared@x.org")), contact("Adam", email("shared@x.org")))
    name = f"{adam.public_id}/{adam.links.get().handle.public_id}"
    assert signed_in(alice).post(url("start"), {"to": name, "title": "x" * 101}).status_code == 422
    assert not adam.links.get().is_confirmed


@pytest.mark.parametrize(
    "to", ["/", "0" * 16 + "/x", "<>", "@", "+", "\x00", "💥", "a" * 19_000, "x@" + "y" * 600 + ".org"]
)
def test_whatever_is_named_is_no_error_of_the_server(to: str, alice: User) -> None:
    client = signed_in(alice)
    assert client.post(url("new"), {"to": to}).status_code == 200
    assert client.post(url("start"), {"to": to}).status_code == 422


@pytest.mark.parametrize("place", ["x", "\x00", "0" * 16, "theirs"])
def test_people_are_looked_for_only_for_a_conversation_of_ones_own(
    place: str, carol: User, private: Conversation
) -> None:
    place = private.public_id if place == "theirs" else place
    assert signed_in(carol).post(url("new"), {"q": "bob", "in": place}).status_code == 404


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
        {"to": ["nobody@"]},
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
