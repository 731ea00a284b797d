"""Conversation: starting, finding, taking people in, titles, and what deleted accounts leave behind."""

import pytest
from django.db import IntegrityError, transaction

from chat.exceptions import InvalidMessage, MessagingPermissionDenied
from chat.models import TITLE_MAX, Conversation, Message, Participation
from project.accounts.models import User

from .cast import make_people, system_rows

# --- Starting --------------------------------------------------------------------------------------------------


def test_the_private_conversation_of_two_is_found_again(private: Conversation, alice: User, bob: User) -> None:
    assert Conversation.start(alice, [bob]) == private
    assert Conversation.start(bob, [alice]) == private
    assert Conversation.start(bob, User.objects.filter(pk__in=[alice.pk, bob.pk])) == private


def test_the_database_refuses_a_second_private_conversation_of_a_pair(private: Conversation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.create(kind=Conversation.Kind.PRIVATE, pair=private.pair)


@pytest.mark.parametrize("wrong", [{"kind": "group"}, {"pair": None}, {"title": "Ours"}])
def test_the_database_keeps_kind_pair_and_title_in_line(private: Conversation, wrong: dict[str, str | None]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversation.objects.filter(pk=private.pk).update(**wrong)


def test_a_title_makes_a_group_of_two(alice: User, bob: User, private: Conversation) -> None:
    group = Conversation.start(alice, [bob], title=" Trip ")

    assert (group.kind, group.title) == (Conversation.Kind.GROUP, "Trip")
    assert Conversation.start(alice, [bob]) == private


def test_a_group_is_an_identity_and_not_a_set_of_people(
    group: Conversation, alice: User, bob: User, dave: User
) -> None:
    assert Conversation.start(alice, [bob, dave], "Garden") != group


@pytest.mark.parametrize("kind", [None, Conversation.Kind.PRIVATE])
def test_a_conversation_with_nobody_else_is_refused(alice: User, kind: str | None) -> None:
    with pytest.raises(MessagingPermissionDenied):
        Conversation.start(alice, [alice, alice], kind=kind)


def test_a_group_stays_a_group_however_small_it_gets(group: Conversation, alice: User, bob: User, dave: User) -> None:
    group.participation_of(bob).revoke(by=bob)
    dave.delete()
    group.refresh_from_db()
    assert not group.is_private

    group.participation_of(alice).revoke(by=alice)
    assert not group.participants.exists()


# --- Finding ---------------------------------------------------------------------------------------------------


def test_for_participants_finds_exactly_these_people(
    private: Conversation, group: Conversation, alice: User, bob: User, carol: User, dave: User
) -> None:
    find = Conversation.objects.for_participants

    assert list(find([alice, bob])) == [private]
    assert list(find([bob, alice, bob, dave])) == [group]
    assert list(find(User.objects.exclude(pk=carol.pk))) == [group]
    for nobodys in ([alice], [alice, dave], [alice, bob, carol], [alice, bob, carol, dave], []):
        assert list(find(nobodys)) == []


def test_for_participants_looks_at_who_takes_part_now(group: Conversation, alice: User, bob: User, dave: User) -> None:
    group.participation_of(dave).revoke(by=dave)

    assert list(Conversation.objects.for_participants([alice, bob])) == [group]
    assert list(Conversation.objects.for_participants([alice, bob, dave])) == []


def test_for_participants_chains_after_another_filter(
    private: Conversation, group: Conversation, alice: User, bob: User, carol: User
) -> None:
    assert list(Conversation.objects.open_to(alice).for_participants([alice, bob])) == [private]
    assert list(Conversation.objects.open_to(carol).for_participants([alice, bob])) == []


def test_a_conversation_is_open_to_its_people_only(
    private: Conversation, group: Conversation, alice: User, dave: User, carol: User
) -> None:
    assert set(Conversation.objects.open_to(alice)) == {private, group}
    assert list(Conversation.objects.open_to(dave)) == [group]
    assert not Conversation.objects.open_to(carol).exists()
    with pytest.raises(Participation.DoesNotExist):
        group.participation_of(carol)


# --- Taking people in ------------------------------------------------------------------------------------------


def test_newcomers_are_added_by_a_member_and_a_row_says_so(
    group: Conversation, bob: User, carol: User, alice: User
) -> None:
    newcomers = make_people(2)

    group.add_participants(User.objects.filter(pk__in=[carol.pk, alice.pk]), by=bob)
    group.add_participants([*newcomers, carol], by=carol)

    assert group.participant_count == group.participants.count() == 6
    assert system_rows(group) == [
        ("joined", "Bob", "Carol", ""),
        ("joined", "Carol", "Person 0", ""),
        ("joined", "Carol", "Person 1", ""),
    ]


def test_an_outsider_adds_nobody(group: Conversation, private: Conversation, carol: User) -> None:
    for conversation in (group, private):
        with pytest.raises(MessagingPermissionDenied):
            conversation.add_participants([carol], by=carol)
    assert not Conversation.objects.open_to(carol).exists()


def test_adding_who_is_there_changes_nothing(
    group: Conversation, private: Conversation, alice: User, bob: User
) -> None:
    for conversation in (group, private):
        assert conversation.add_participants([bob, alice], by=alice) == conversation
        conversation.refresh_from_db()
        assert conversation.version == 0


def test_each_upgrade_of_a_private_conversation_starts_a_group_of_its_own(
    private: Conversation, alice: User, bob: User, carol: User
) -> None:
    first, second = (private.add_participants([carol, alice], by=alice) for _ in range(2))

    assert len({private, first, second}) == 3
    newest = Message.send_to_users("to the newest", alice, [bob, carol])
    assert newest.conversation == second


def test_a_person_added_while_others_act_on_stale_instances_counts_once(group: Conversation, carol: User) -> None:
    stale = Conversation.objects.get(pk=group.pk)
    group.add_participants([carol])
    stale.add_participants([carol])

    stale.refresh_from_db()
    assert stale.participant_count == 4
    assert len(system_rows(stale)) == 1


# --- Titles ----------------------------------------------------------------------------------------------------


def test_a_member_renames_a_group_and_a_row_says_so(group: Conversation, bob: User) -> None:
    group.rename(" Orchard ", by=bob)
    group.rename("Orchard", by=bob)
    group.rename("", by=bob)

    assert system_rows(group) == [("renamed", "Bob", None, "Orchard"), ("renamed", "Bob", None, "")]


def test_outsiders_and_who_has_left_rename_nothing(group: Conversation, bob: User, carol: User) -> None:
    group.participation_of(bob).revoke(by=bob)

    for actor in (bob, carol):
        with pytest.raises(MessagingPermissionDenied):
            group.rename("Mine", by=actor)
    group.refresh_from_db()
    assert group.title == "Garden"


def test_a_private_conversation_has_no_title(private: Conversation, alice: User) -> None:
    for actor in (alice, None):
        with pytest.raises(MessagingPermissionDenied):
            private.rename("Us", by=actor)


@pytest.mark.parametrize("title", ["x" * (TITLE_MAX + 1), "two\nlines", "nul\0", "half \ud800", 7])
def test_a_title_that_no_title_can_be_is_refused(group: Conversation, alice: User, title: str) -> None:
    with pytest.raises(InvalidMessage):
        group.rename(title, by=alice)
    with pytest.raises(InvalidMessage):
        Conversation.start(alice, make_people(1), title)


def test_the_longest_title_is_taken(group: Conversation, alice: User) -> None:
    group.rename("ž" * TITLE_MAX, by=alice)
    assert group.title_for(alice) == "ž" * TITLE_MAX


def test_titles_are_names_per_viewer(private: Conversation, alice: User, bob: User) -> None:
    people = make_people(6)
    titles = [Conversation.start(alice, people[:n], kind="group").title_for(alice) for n in (0, 1, 2, 3, 4, 6)]

    assert (private.title_for(alice), private.title_for(bob)) == ("Bob", "Alice")
    assert titles == [
        "Only you",
        "Person 0",
        "Person 0 and Person 1",
        "Person 0, Person 1 and Person 2",
        "Person 0, Person 1, Person 2 and 1 other",
        "Person 0, Person 1, Person 2 and 3 others",
    ]
