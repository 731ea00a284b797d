"""What a verb and a page cost in queries, whatever the size of the group and the length of the inbox."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat.models import Conversation, Participation
from project.accounts.models import User

from .cast import Committed, make_people

STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def queries_of(verb: Callable[[], object]) -> list[str]:
    """Return the statements of a verb: what opens and closes its transaction aside."""
    with CaptureQueriesContext(connection) as captured:
        verb()
    return [query["sql"] for query in captured if query["sql"].startswith(STATEMENTS)]


@pytest.mark.parametrize("size", [3, 1000])
def test_a_post_takes_four_queries_whatever_the_size_of_the_group(alice: User, committed: Committed, size: int) -> None:
    group = Conversation.start(alice, make_people(size - 1), kind=Conversation.Kind.GROUP)

    def post() -> None:
        with committed():  # rendering and telling count too
            group.post("hello", by=alice)

    # the row's lock, the people, the message, the conversation
    assert [sql.split()[0] for sql in queries_of(post)] == ["SELECT", "SELECT", "INSERT", "UPDATE"]


def test_a_post_between_two_takes_one_more_for_what_a_block_would_withhold(private: Conversation, alice: User) -> None:
    assert len(queries_of(lambda: private.post("hello", by=alice))) == 5


def test_a_post_with_a_client_id_takes_one_more(private: Conversation, alice: User, committed: Committed) -> None:
    assert len(queries_of(lambda: private.post("hello", by=alice, client_id=uuid.uuid4()))) == 6


@pytest.mark.parametrize("rows", [1, 2, 50])
def test_opening_an_inbox_takes_four_queries_whatever_its_length(alice: User, rows: int) -> None:
    people = make_people(6)
    for n in range(rows):
        Conversation.start(alice, people[: 2 + n % 5], f"Group {n}").post("hello", by=people[0])

    def open_inbox() -> None:
        for row in Participation.objects.inbox_for(alice):
            assert row.conversation.title_for(alice).startswith("Group ")
            assert row.conversation.others_for(alice)
            assert str(row.conversation.latest_message.sender) == "Person 0"

    # whether something was withheld, the rows, the people there, whom they wait for
    assert len(queries_of(open_inbox)) == 4


def test_reading_takes_a_fixed_number_of_queries(private: Conversation, alice: User, bob: User) -> None:
    private.post("hello", by=alice)
    part = private.participation_of(bob)

    assert len(queries_of(lambda: part.read(1))) == 2
