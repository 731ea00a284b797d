"""Starting from people, whether or not they have an account."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.exceptions import InvalidMessage, InviteRefused, MessagingPermissionDenied
from chat.models import Conversation, Invite, Message, Participation, starting
from chat.models.joining import claim_all
from chat.models.starting import add_recipients, conversation_with, start_with
from contacts.models import Party, PartyHandle
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, phone, placed

from .cast import Committed
from .guests import ANNA, PHONE, bodies, invited, member, named, verified

pytestmark = pytest.mark.usefixtures("mail_server")


@pytest.fixture
def mail_server(settings: Any) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    settings.ORIGIN = "https://chat.example.org"


@pytest.fixture
def anna(alice: User) -> Party:
    """In alice's book, with two addresses and a number."""
    card = contact("Anna Novák", email(ANNA), email("anna@work.example", "work"), phone(PHONE))
    return placed(folder_of(alice), card)[0]


# --- With an account -----------------------------------------------------------------------------------------------


def test_one_person_is_the_private_conversation_of_the_two(alice: User, bob: User) -> None:
    conversation = start_with(alice, [member(bob)], body="hello")
    assert conversation == start_with(bob, [member(alice)]) == Conversation.start(alice, [bob])
    assert bodies(conversation) == ["hello"]


def test_several_with_a_message_use_the_newest_group_of_exactly_them(alice: User, bob: User, carol: User) -> None:
    first = start_with(alice, [member(bob), member(carol)], body="one")
    assert start_with(alice, [member(carol), member(bob)], body="two") == first
    assert start_with(alice, [member(carol), member(bob)], title="Plans", body="three") != first


def test_what_a_button_opens_is_what_starting_opens(alice: User, bob: User, carol: User) -> None:
    people = [member(bob), member(carol)]
    assert conversation_with(alice, people) is None
    assert conversation_with(alice, [member(bob)]) is None
    group, pair = start_with(alice, people, body="x"), start_with(alice, [member(bob)])
    assert conversation_with(alice, people) == group
    assert conversation_with(alice, [member(bob)]) == pair


def test_an_address_that_an_account_has_verified_opens_the_private_conversation(alice: User, mailoutbox: Any) -> None:
    anna = verified("Anna", ANNA)
    conversation = start_with(alice, [named()], body="hello")
    assert conversation == Conversation.start(alice, [anna])
    assert not Invite.objects.exists()
    assert not mailoutbox


def test_oneself_is_nobody_to_talk_with(alice: User) -> None:
    with pytest.raises(MessagingPermissionDenied, match="somebody else"):
        start_with(alice, [named("alice@example.org")])
    assert not Conversation.objects.exists()


# --- Without one ---------------------------------------------------------------------------------------------------


def test_a_conversation_waits_for_who_has_no_account(alice: User, mailoutbox: Any) -> None:
    conversation = start_with(alice, [named()], body="hello")
    assert conversation.is_private
    assert list(conversation.participants) == [alice]
    assert conversation.title_for(alice) == "Anna Novák"
    assert bodies(conversation) == ["hello"]
    assert len(mailoutbox) == 1


def test_who_invites_goes_on_writing_while_they_wait(alice: User) -> None:
    conversation = start_with(alice, [named()])
    conversation.post("one", by=alice)
    conversation.post("two", by=alice)
    assert bodies(conversation) == ["one", "two"]


def test_after_withdrawing_one_writes_no_more_but_invites_again(alice: User) -> None:
    invite = invited(alice)
    invite.withdraw(by=alice)
    with pytest.raises(MessagingPermissionDenied, match="Invite Anna Novák again"):
        invite.conversation.post("hello?", by=alice)
    assert start_with(alice, [named()], body="hello") == invite.conversation
    assert bodies(invite.conversation) == ["hello"]


def test_the_same_address_again_is_the_same_conversation_and_no_second_letter(alice: User, mailoutbox: Any) -> None:
    first = start_with(alice, [named()])
    assert conversation_with(alice, [named(name="anna@example.net")]) == first
    assert start_with(alice, [named(name="anna@example.net")], body="hello") == first
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("address", [ANNA, "anna@work.example", PHONE])
def test_any_address_of_a_contact_leads_to_the_conversation_that_waits_for_them(
    address: str, alice: User, anna: Party, mailoutbox: Any
) -> None:
    waiting = start_with(alice, [named("anna@work.example", party=anna)])
    assert conversation_with(alice, [named(address, party=anna)]) == waiting
    assert start_with(alice, [named(address, party=anna)], body="hello") == waiting
    assert [one.address for one in waiting.invites.all()] == ["anna@work.example"]
    assert len(mailoutbox) == 1


def test_a_typed_address_is_whose_it_certainly_is(alice: User, anna: Party) -> None:
    waiting = start_with(alice, [named("anna@work.example", party=anna)])
    assert conversation_with(alice, [named(ANNA)]) == waiting
    PartyHandle.objects.get(handle__normalised=ANNA).dismiss()
    assert conversation_with(alice, [named(ANNA)]) is None


def test_once_an_invitation_has_ended_another_address_is_tried(alice: User, anna: Party, mailoutbox: Any) -> None:
    invite = invited(alice, "anna@work.example", party=anna)
    invite.withdraw(by=alice)
    assert start_with(alice, [named(ANNA, party=anna)]) == invite.conversation
    assert [letter.to for letter in mailoutbox] == [["anna@work.example"], [ANNA]]
    with pytest.raises(InviteRefused, match="invited by another address"):
        invite.send_again(by=alice)
    assert {one.address: one.state for one in invite.conversation.invites.all()} == {
        "anna@work.example": "withdrawn",
        ANNA: "open",
    }


def test_an_address_that_became_somebody_elses_is_not_the_contact_any_more(alice: User, anna: Party) -> None:
    waiting = start_with(alice, [named("anna@work.example", party=anna)])
    PartyHandle.objects.get(handle__normalised="anna@work.example").dismiss()
    (ben,) = placed(folder_of(alice, "Work"), contact("Ben", email("anna@work.example")))
    assert conversation_with(alice, [named(ANNA, party=anna)]) is None
    assert conversation_with(alice, [named("anna@work.example", "Ben", party=ben)]) == waiting


def test_two_inviters_wait_in_conversations_of_their_own(alice: User, bob: User) -> None:
    assert start_with(alice, [named()]) != start_with(bob, [named()])


def test_a_conversation_that_waits_is_called_as_the_contact_is_called_now(alice: User, anna: Party) -> None:
    waiting = start_with(alice, [named(party=anna)])
    Party.objects.filter(pk=anna.pk).update(display_name="Aunt Anna")
    assert waiting.title_for(alice) == "Aunt Anna"
    (row,) = Participation.objects.inbox_for(alice)
    assert row.conversation.title_for(alice) == "Aunt Anna"


def test_what_waits_is_the_inviters_alone(alice: User, carol: User) -> None:
    waiting = start_with(alice, [named()], body="hello")
    assert not Conversation.objects.open_to(carol).exists()
    assert conversation_with(carol, [named()]) is None
    with pytest.raises(MessagingPermissionDenied):
        waiting.post("let me in", by=carol)


def test_when_the_inviters_account_goes_so_does_what_nobody_else_ever_saw(alice: User, bob: User) -> None:
    start_with(alice, [named()], body="hello")
    start_with(alice, [member(bob)], body="hello")
    alice.delete()
    assert [list(one.participants) for one in Conversation.objects.all()] == [[bob]]
    assert not Invite.objects.exists()


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        (named("", "Dora"), "no e-mail address and no telephone number of Dora"),
        (named("0301234567"), "does not say in which country"),
        (named("anna@nowhere"), "no e-mail address that a message can be sent to"),
        (named(f"{'x' * 250}@example.net"), "no e-mail address that a message can be sent to"),
    ],
)
def test_who_cannot_be_invited_is_told_in_a_sentence_and_nothing_starts(who: Any, sentence: str, alice: User) -> None:
    with pytest.raises(InviteRefused, match=sentence):
        start_with(alice, [who], body="hello")
    assert not Conversation.objects.exists()
    assert not Invite.objects.exists()


def test_a_message_that_cannot_be_sent_invites_nobody(alice: User, mailoutbox: Any) -> None:
    with pytest.raises(InvalidMessage):
        start_with(alice, [named()], body="a\x07b")
    assert not Invite.objects.exists()
    assert not mailoutbox


def test_fifty_open_invitations_are_the_most(alice: User, mailoutbox: Any) -> None:
    for number in range(50):
        last = invited(alice, f"guest{number}@example.net")
    with pytest.raises(InviteRefused, match="Withdraw an invitation first"):
        start_with(alice, [named()])
    assert len(mailoutbox) == Conversation.objects.count() == 50
    last.withdraw(by=alice)
    start_with(alice, [named()])


# --- Groups --------------------------------------------------------------------------------------------------------


def test_a_group_waits_for_its_guests(alice: User, bob: User, mailoutbox: Any) -> None:
    group = start_with(alice, [member(bob), named(), named(PHONE, "Zed")], title="Plans", body="hello")
    assert set(group.participants) == {alice, bob}
    assert {one.address for one in group.invites.all()} == {ANNA, PHONE}
    assert [letter.to for letter in mailoutbox] == [[ANNA]]


def test_a_group_of_guests_alone_is_called_after_them(alice: User) -> None:
    group = start_with(alice, [named(), named(PHONE, "Zed")], body="hello")
    assert group.title_for(alice) == "Zed and Anna Novák"


def test_the_same_people_and_guests_use_the_same_group(alice: User, bob: User) -> None:
    group = start_with(alice, [member(bob), named()], body="one")
    assert conversation_with(alice, [named(), member(bob)]) == group
    assert start_with(alice, [named(), member(bob)], body="two") == group


def test_what_is_meant_for_the_members_does_not_wait_for_a_guest(alice: User, bob: User, carol: User) -> None:
    waiting = start_with(alice, [member(bob), member(carol), named()], body="for all of us")
    said = Message.send_to_users("about Anna's present", alice, [bob, carol])
    assert said.conversation != waiting
    assert conversation_with(alice, [member(bob), member(carol)]) == said.conversation


def test_guests_are_added_to_a_group(alice: User, group: Conversation, mailoutbox: Any) -> None:
    assert add_recipients(group, [named()], by=alice) == group
    assert [letter.to for letter in mailoutbox] == [[ANNA]]
    add_recipients(group, [named()], by=alice)
    assert len(mailoutbox) == 1


def test_who_has_come_is_not_invited_again(alice: User, carol: User, group: Conversation, mailoutbox: Any) -> None:
    add_recipients(group, [named()], by=alice)
    group.invites.get().accept(carol)
    add_recipients(group, [named()], by=alice)
    assert len(mailoutbox) == 1
    group.participation_of(carol).revoke(by=alice)
    add_recipients(group, [named()], by=alice)
    assert len(mailoutbox) == 2


def test_carol_adds_nobody_to_a_group_of_others(group: Conversation, carol: User, mailoutbox: Any) -> None:
    with pytest.raises(MessagingPermissionDenied):
        add_recipients(group, [named()], by=carol)
    assert not mailoutbox


def test_adding_a_guest_to_a_private_conversation_starts_a_group(alice: User, bob: User, private: Conversation) -> None:
    mine = private.post("my own", by=alice)
    group = add_recipients(private, [named()], by=alice, carry=[mine])
    assert group != private
    assert set(group.participants) == {alice, bob}
    assert bodies(group) == ["my own"]
    assert not private.invites.exists()


def test_who_is_waited_for_comes_along_into_a_group(alice: User, bob: User) -> None:
    waiting = start_with(alice, [named()])
    assert add_recipients(waiting, [named()], by=alice) == waiting
    group = add_recipients(waiting, [member(bob)], by=alice)
    assert set(group.participants) == {alice, bob}
    assert [one.address for one in group.invites.all()] == [ANNA]


# --- One conversation per pair -------------------------------------------------------------------------------------


def test_who_waited_by_an_address_and_starts_by_the_account_has_one_conversation(alice: User, settings: Any) -> None:
    settings.MEMBERS_FIND_EACH_OTHER = False
    anna = verified("Anna", ANNA)
    waiting = start_with(alice, [named()], body="hello")
    settings.MEMBERS_FIND_EACH_OTHER = True
    assert conversation_with(alice, [member(anna)]) == waiting
    assert start_with(alice, [member(anna)], body="again") == waiting
    assert bodies(waiting) == ["hello", "joined", "again"]
    assert set(waiting.participants) == {alice, anna}


def test_who_has_verified_the_address_finds_every_conversation_that_waits(alice: User, bob: User, carol: User) -> None:
    one, two = start_with(alice, [named()], body="from alice"), start_with(bob, [named()], body="from bob")
    anna = verified("Anna", ANNA)
    claim_all(anna)
    assert {row.conversation for row in Participation.objects.unread_for(anna)} == {one, two}
    assert not Conversation.objects.open_to(carol).exists()


def test_an_address_that_is_not_verified_opens_nothing(alice: User, bob: User) -> None:
    start_with(alice, [named()], body="hello")
    EmailAddress.objects.create(user=bob, email=ANNA, verified=False)
    claim_all(bob)
    assert not Conversation.objects.open_to(bob).exists()


def test_where_members_do_not_find_each_other_a_verified_address_alone_opens_nothing(
    alice: User, settings: Any, mailoutbox: Any
) -> None:
    settings.MEMBERS_FIND_EACH_OTHER = False
    start_with(alice, [named()], body="hello")
    claim_all(verified("Anna", ANNA))
    assert Participation.objects.count() == 1


def test_where_members_do_not_find_each_other_an_account_looks_like_none(
    alice: User, settings: Any, mailoutbox: Any
) -> None:
    settings.MEMBERS_FIND_EACH_OTHER = False
    verified("Anna", ANNA)
    start_with(alice, [named("first@example.net")], body="hello")  # what is kept from now on is known
    asked = []
    for address in (ANNA, "nobody@example.net"):
        with CaptureQueriesContext(connection) as queries:
            assert conversation_with(alice, [named(address)]) is None
            assert start_with(alice, [named(address)], body="hello").is_waiting
        asked.append([query["sql"].split(" WHERE ")[0][:60] for query in queries if "SAVEPOINT" not in query["sql"]])
    assert asked[0] == asked[1]
    first, second = mailoutbox[1:]
    assert first.subject == second.subject


def test_who_verified_the_address_in_that_instant_is_let_in(
    alice: User, committed: Committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, seen = starting._account_at, []

    def look_too_early(sender: User, recipient: Any) -> User | None:
        seen.append(recipient)
        return look(sender, recipient) if len(seen) > 1 else None

    anna = verified("Anna", ANNA)
    monkeypatch.setattr(starting, "_account_at", look_too_early)
    with committed():
        conversation = start_with(alice, [named()], body="hello")
    assert set(conversation.participants) == {alice, anna}
