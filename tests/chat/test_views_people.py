import pytest

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import account, signed_in
from tests.contacts.cast import contact, email, folder_of, placed

from .pages import get, query_count, url


def members(conversation: Conversation) -> set[str]:
    return {person.display_name for person in conversation.participants}


def test_everybody_is_listed_with_their_role(bob: User, group: Conversation) -> None:
    html = get(signed_in(bob), url("people", group))
    assert all(name in html for name in ("Alice", "Bob", "Dave"))
    assert html.index("started this group") < html.index("Dave")


def test_a_member_adds_somebody_found_by_name(bob: User, carol: User, group: Conversation) -> None:
    client = signed_in(bob)
    assert f'value="{carol.public_id}"' in get(client, url("people", group), data={"q": "car"})
    assert client.post(url("people", group), {"to": carol.public_id}).status_code == 303
    assert members(group) == {"Alice", "Bob", "Carol", "Dave"}


def test_a_contact_without_an_account_is_invited_into_the_group(alice: User, group: Conversation) -> None:
    (anna,) = placed(folder_of(alice), contact("Anna", email("anna@x.org")))
    html = get(signed_in(alice), url("people", group), data={"to": anna.public_id})
    assert ">Invite and add</button>" in html
    assert signed_in(alice).post(url("people", group), {"to": anna.public_id}).status_code == 303
    assert [invite.address for invite in group.invites.all()] == ["anna@x.org"]
    assert members(group) == {"Alice", "Bob", "Dave"}


def test_who_takes_part_already_is_not_offered(alice: User, bob: User, group: Conversation) -> None:
    bob.confirm_address()
    placed(folder_of(alice), contact("Bobby", email("bob@example.org")))
    assert "data-found" not in get(signed_in(alice), url("people", group), data={"q": "bob"})
    assert "data-found" in get(signed_in(alice), url("new"), data={"q": "bob"})


def test_whose_an_address_is_stays_said_when_they_are_added(alice: User, private: Conversation) -> None:
    _, adam = placed(folder_of(alice), contact("Zoe", email("shared@x.org")), contact("Adam", email("shared@x.org")))
    asked = {"to": f"{adam.public_id}/{adam.links.get().handle.public_id}"}
    client = signed_in(alice)
    assert "Adam" in client.post(url("people", private), asked).content.decode()
    assert not adam.links.get().is_confirmed  # she was only asked whether to start a group
    assert client.post(url("people", private), {**asked, "confirm": "1"}).status_code == 303
    assert adam.links.get().is_confirmed


def test_a_refused_addition_keeps_the_chips(alice: User, carol: User, group: Conversation) -> None:
    (eva,) = placed(folder_of(alice), contact("Eva"))
    response = signed_in(alice).post(url("people", group), {"to": [carol.public_id, eva.public_id]})
    assert response.status_code == 422
    assert response.content.decode().count("Eva has no e-mail address and no phone number.") == 1
    assert response.content.decode().count('class="chip"') == 1


@pytest.mark.parametrize("to", [[], [""], ["nobody@"], ["0000000000000000"], ["x\x00@y"], ["?"]])
def test_nobody_cannot_be_added(to: list[str], alice: User, group: Conversation) -> None:
    assert signed_in(alice).post(url("people", group), {"to": to}).status_code == 422
    assert members(group) == {"Alice", "Bob", "Dave"}


def test_a_disabled_account_cannot_be_added(alice: User, carol: User, group: Conversation) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert signed_in(alice).post(url("people", group), {"to": carol.public_id}).status_code == 422


@pytest.mark.parametrize("query", ["\x00", "x" * 201, "💥", "%", "_"])
def test_odd_words_find_nobody(query: str, alice: User, carol: User, group: Conversation) -> None:
    response = signed_in(alice).get(url("people", group), {"q": query})
    assert response.status_code == 200
    assert carol.email not in response.content.decode()


def test_the_creator_removes_a_member(alice: User, bob: User, group: Conversation) -> None:
    assert signed_in(alice).post(url("remove", group, bob)).status_code == 303
    assert members(group) == {"Alice", "Dave"}


def test_another_member_removes_nobody(bob: User, dave: User, group: Conversation) -> None:
    response = signed_in(bob).post(url("remove", group, dave))
    assert response.status_code == 403
    assert "Only the person who started this group" in response.content.decode()
    assert "Remove" not in get(signed_in(bob), url("people", group))
    assert members(group) == {"Alice", "Bob", "Dave"}


def test_who_leaves_is_asked_first(bob: User, group: Conversation) -> None:
    client = signed_in(bob)
    assert "Leave this conversation?" in get(client, url("leave", group))
    assert members(group) == {"Alice", "Bob", "Dave"}
    assert client.post(url("leave", group))["Location"] == url("inbox")
    assert members(group) == {"Alice", "Dave"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_leaves_a_private_conversation(method: str, alice: User, private: Conversation) -> None:
    response = getattr(signed_in(alice), method)(url("leave", private))
    assert response.status_code == 403
    assert "Nobody can leave a private conversation." in response.content.decode()


def test_a_member_invites_back_who_left(alice: User, bob: User, dave: User, group: Conversation) -> None:
    group.participation_of(bob).revoke(by=bob)
    assert "Invite back" in get(signed_in(dave), url("people", group))
    assert signed_in(dave).post(url("invite_back", group, bob)).status_code == 303
    assert members(group) == {"Alice", "Bob", "Dave"}


def test_who_left_cannot_come_back_or_change_anything(bob: User, carol: User, dave: User, group: Conversation) -> None:
    group.participation_of(bob).revoke(by=bob)
    client = signed_in(bob)
    answers = [
        client.post(url("invite_back", group, bob)),
        client.post(url("people", group), {"to": carol.public_id}),
        client.post(url("remove", group, dave)),
        client.post(url("rename", group), {"title": "Mine"}),
        client.get(url("leave", group)),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert members(group) == {"Alice", "Dave"}


def test_a_third_person_is_announced_before_a_private_conversation_becomes_a_group(
    alice: User, carol: User, private: Conversation
) -> None:
    client = signed_in(alice)
    warning = client.post(url("people", private), {"to": carol.public_id}).content.decode()
    assert "and you keep this conversation. A new group will start without its history." in warning
    assert Conversation.objects.count() == 1
    response = client.post(url("people", private), {"to": carol.public_id, "confirm": "1"})
    group = Conversation.objects.latest("pk")
    assert response["Location"] == url("conversation", group)
    assert members(group) == {"Alice", "Bob", "Carol"}
    assert not group.is_private
    assert members(private) == {"Alice", "Bob"}


def test_who_starts_the_group_may_take_own_messages_along(
    alice: User, bob: User, carol: User, private: Conversation
) -> None:
    mine, theirs = private.post("I found a <flat>", by=alice), private.post("Where?", by=bob)
    client, asked = signed_in(alice), {"to": carol.public_id}
    warning = client.post(url("people", private), asked).content.decode()
    assert f'name="carry" value="{mine.public_id}"' in warning
    assert "I found a &lt;flat&gt;" in warning
    assert theirs.public_id not in warning
    client.post(url("people", private), {**asked, "confirm": "1", "carry": mine.public_id})
    group = Conversation.objects.latest("pk")
    assert [(said.body, said.sender) for said in group.messages.all()] == [("I found a <flat>", alice)]


@pytest.mark.parametrize("name", ["theirs", "0000000000000000", "x\x00", ""])
def test_nothing_but_own_messages_can_be_taken_along(
    name: str, alice: User, bob: User, carol: User, private: Conversation
) -> None:
    name = private.post("Where?", by=bob).public_id if name == "theirs" else name
    answer = signed_in(alice).post(url("people", private), {"to": carol.public_id, "confirm": "1", "carry": name})
    assert answer.status_code == 403
    assert Conversation.objects.count() == 1


def test_the_number_of_queries_does_not_grow_with_the_group(alice: User, group: Conversation) -> None:
    client = signed_in(alice)
    few = query_count(client, url("people", group))
    group.add_participants([account(f"Guest {number}") for number in range(20)], by=alice)
    assert query_count(client, url("people", group)) == few
