"""Inviting, joining, writing and starting in the same instant, each on instances of their own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from chat.exceptions import ChatError
from chat.models import Conversation, Invite, Message, Participation
from chat.models.starting import start_with
from contacts.models import Party
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, placed

from .guests import ANNA, PHONE, invited, join, link_in, member, named
from .test_concurrency import load, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("events", "mail_server")]
ROUNDS = 3


@pytest.fixture
def mail_server(settings: Any) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    settings.ORIGIN = "https://chat.example.org"


def again(invite: Invite) -> Invite:
    return Invite.objects.get(pk=invite.pk)


def is_dense(conversation: Conversation) -> bool:
    """Whether positions and versions are without gaps, and the counts true."""
    now = load(conversation)
    rows = list(now.messages.in_order())
    numbers = list(range(1, len(rows) + 1))
    is_counted = now.participant_count == now.participations.active().count()
    return (
        [row.position for row in rows] == numbers
        and (now.last_position, now.version) == (len(rows),) * 2
        and is_counted
    )


def texts(conversation: Conversation) -> list[str]:
    return sorted(conversation.messages.filter(kind=Message.Kind.TEXT).values_list("body", flat=True))


def test_starts_with_one_person_at_once_wait_in_one_conversation_and_send_one_letter(
    alice: User, mailoutbox: Any
) -> None:
    card = contact("Anna Novák", email(ANNA), email("anna@work.example", "work"))
    anna: Party = placed(folder_of(alice), card)[0]
    ways = [named(ANNA, party=anna), named("anna@work.example", party=anna), named(ANNA)]

    found = together(*[lambda n=n: start_with(alice, [ways[n % 3]], body=f"{n}") for n in range(9)])

    assert len({conversation.pk for conversation in found}) == 1
    assert texts(found[0]) == [str(n) for n in range(9)]
    assert len(mailoutbox) == 1
    assert is_dense(found[0])


def test_of_all_who_follow_a_link_at_once_one_joins(alice: User, bob: User, carol: User, dave: User) -> None:
    invite = invited(alice, PHONE, body="hello")
    answers = together(*[lambda who=who: again(invite).accept(who) for who in (bob, carol, dave)])

    assert sum(isinstance(answer, ChatError) for answer in answers) == 2
    assert invite.conversation.participations.count() == 2
    assert is_dense(invite.conversation)


@pytest.mark.parametrize("is_there_already", [False, True])
def test_nothing_is_lost_that_is_written_while_the_other_joins(is_there_already: bool, alice: User, bob: User) -> None:
    for n in range(ROUNDS):
        if is_there_already:
            Conversation.start(alice, [bob])
        invite = invited(alice, f"+42060123450{n}", body="first")
        waiting = invite.conversation
        mine = [load(waiting) for _ in range(6)]
        answers = together(
            *[lambda m=m, mine=mine: mine[m].post(f"{m}", by=alice) for m in range(6)],
            lambda invite=invite: again(invite).accept(bob),
        )

        there = Conversation.objects.get()
        assert not any(isinstance(answer, ChatError) for answer in answers)
        assert texts(there) == [*map(str, range(6)), "first"]
        assert is_dense(there)
        there.delete()


def test_who_starts_while_the_other_joins_has_one_conversation_with_them(alice: User, bob: User) -> None:
    for n in range(ROUNDS):
        invite = invited(alice, f"+42060123450{n}", body="waited")
        together(
            lambda invite=invite: again(invite).accept(bob),
            lambda: start_with(bob, [member(alice)], body="from bob"),
            lambda: start_with(alice, [member(bob)], body="from alice"),
        )

        there = Conversation.objects.get()
        assert set(there.participants) == {alice, bob}
        assert texts(there) == ["from alice", "from bob", "waited"]
        assert is_dense(there)
        there.delete()


def test_an_invitation_that_is_withdrawn_while_somebody_joins_does_either(alice: User, bob: User) -> None:
    for n in range(ROUNDS):
        invite = invited(alice, f"+42060123450{n}")
        verbs: list[Callable[[], Any]] = [
            lambda i=invite: again(i).accept(bob),
            lambda i=invite: again(i).withdraw(by=alice),
        ]
        answers = together(*verbs)

        state = again(invite).state
        assert sum(isinstance(answer, ChatError) for answer in answers) == 1
        assert invite.conversation.participations.count() == (2 if state == "joined" else 1)
        Conversation.objects.all().delete()


def test_who_signs_up_while_the_inviter_writes_starts_and_withdraws(alice: User, mailoutbox: Any) -> None:
    for n in range(ROUNDS):
        address = f"anna{n}@example.net"
        invite = invited(alice, address, body="first")
        link = link_in(mailoutbox[-1])
        client = Client()
        client.post(link, {"do": "join"})
        answers = together(
            lambda client=client, link=link, address=address: join(client, link, email=address),
            lambda invite=invite: load(invite.conversation).post("second", by=alice),
            lambda address=address: start_with(alice, [named(address)], body="third"),
            lambda invite=invite: again(invite).send_again(by=alice),
        )

        assert answers[0].status_code == 302, answers[0].content.decode()
        newcomer = User.objects.get(email=address)
        there = Conversation.objects.get(participations__user=newcomer)
        assert texts(there) == ["first", "second", "third"]
        assert is_dense(there)
        assert Conversation.objects.count() == n + 1


@pytest.mark.postgresql_only  # on SQLite the transaction of who joins keeps every other writer out
def test_a_conversation_that_starts_the_instant_before_the_other_joins_is_the_one_of_both(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite = invited(alice, PHONE, body="waited")
    save = Conversation.save

    def save_a_moment_later(conversation: Conversation, **options: Any) -> None:
        if "pair" in options.get("update_fields", ()):
            monkeypatch.setattr(Conversation, "save", save)
            together(lambda: Conversation.start(bob, [alice]))
        save(conversation, **options)

    monkeypatch.setattr(Conversation, "save", save_a_moment_later)
    there = again(invite).accept(bob)

    assert there == Conversation.objects.get()
    assert texts(there) == ["waited"]
    assert is_dense(there)


def test_the_last_place_is_given_once(alice: User) -> None:
    for number in range(49):
        invited(alice, f"+4206012345{number:02}")
    answers = together(*[lambda n=n: start_with(alice, [named(f"+4206019999{n:02}")]) for n in range(4)])

    assert sum(isinstance(answer, ChatError) for answer in answers) == 3
    assert Invite.objects.open().count() == 50


def test_an_account_deleted_while_somebody_joins_leaves_no_half_conversation(alice: User, bob: User) -> None:
    invite = again(invited(alice, PHONE, body="hello"))
    together(lambda: invite.accept(bob), User.objects.get(pk=alice.pk).delete)

    for row in Participation.objects.select_related("conversation"):
        assert not row.conversation.is_waiting
        assert is_dense(row.conversation) or row.user_id in {None, bob.pk}
