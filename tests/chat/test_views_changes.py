import pytest

from chat.models import Conversation
from project.accounts.models import User
from tests.cast import signed_in

from .pages import chatter, elements, positions, url


def repaired(user: User, conversation: Conversation, since: int = 0) -> tuple[set[int], list[int]]:
    """Ask until there is no more; return the positions that came, and the version after each page."""
    client, found, versions = signed_in(user), set[int](), []
    while True:
        response = client.get(url("changes", conversation), {"since": since})
        assert response.status_code == 200
        found |= set(positions(response.content.decode()))
        since = int(response["Parley-Version"])
        versions.append(since)
        if response.get("Parley-More") != "1":
            return found, versions


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 120])
def test_everything_that_changed_comes_in_pages_of_fifty(count: int, alice: User, private: Conversation) -> None:
    chatter(private, count)
    found, versions = repaired(alice, private)
    assert found == set(range(1, count + 1))
    assert versions[-1] == count
    assert len(versions) == max(1, -(-count // 50))


def test_only_what_changed_after_a_version_comes(alice: User, private: Conversation) -> None:
    chatter(private, 10)
    assert repaired(alice, private, since=8) == ({9, 10}, [10])


def test_a_page_that_is_up_to_date_gets_no_message(alice: User, private: Conversation) -> None:
    chatter(private, 3)
    assert repaired(alice, private, since=3) == (set(), [3])
    assert repaired(alice, private, since=99) == (set(), [99])


def test_what_comes_is_put_into_the_list_of_this_conversation(alice: User, private: Conversation) -> None:
    chatter(private, 1)
    html = signed_in(alice).get(url("changes", private), {"since": 0}).content.decode()
    (upsert,) = elements(html, "hx-upsert")
    assert upsert["hx-target"] == f'#messages[data-conversation="{private.public_id}"]'
    assert upsert["key"] == "data-position"


def test_a_deleted_account_changes_its_messages_for_everybody(alice: User, bob: User, private: Conversation) -> None:
    private.post("hello", by=bob)
    private.post("hello", by=alice)
    bob.delete()
    found, _ = repaired(alice, private, since=2)
    assert found == {1}


def test_who_left_hears_of_nothing_that_came_later(alice: User, bob: User, group: Conversation) -> None:
    group.participation_of(bob).revoke(by=bob)
    version_then = Conversation.objects.get(pk=group.pk).version
    chatter(group, 60)
    group.rename("Secret garden", by=alice)
    response = signed_in(bob).get(url("changes", group), {"since": 0})
    assert positions(response.content.decode()) == [1]
    assert "Secret" not in response.content.decode()
    assert response["Parley-Version"] == str(version_then)
    assert "Parley-More" not in response


@pytest.mark.parametrize("since", [None, "", "-1", "x", "1.5", "9" * 30, "\x00"])
def test_after_a_version_that_is_none_is_refused_with_a_sentence(
    since: str | None, alice: User, private: Conversation
) -> None:
    response = signed_in(alice).get(url("changes", private), {} if since is None else {"since": since})
    assert response.status_code == 422
    assert "<li>" in response.content.decode()
