"""What a page that missed something is told over HTTP, page by page until it has all of it."""

import re
from collections.abc import Callable
from threading import Event, Thread

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from chat.models import Conversation, Message
from project.accounts.models import User
from tests.cast import account, signed_in

ARTICLE = re.compile(r"<article\b.*?</article>", re.DOTALL)
PAGE_SIZE = 50
NEWEST = 600  # of what is compared text by text; of ten thousand it would take long
UNKNOWN = "0123456789abcdef"
Pages = list[tuple[int, list[str]]]


@pytest.fixture(autouse=True)
def _quick_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's test client keeps a copy of the context of every fragment: most of the time of ten thousand."""
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *arguments, **named: None)


def said(conversation: Conversation, by: User, many: int) -> None:
    """Have by say many things, quickly."""
    start = conversation.last_position
    Message.objects.bulk_create(
        Message(
            conversation=conversation, position=start + n, version=conversation.version + n, sender=by, body=f"m{n}"
        )
        for n in range(1, many + 1)
    )
    latest = conversation.messages.order_by("position").last()
    Conversation.objects.filter(pk=conversation.pk).update(
        last_position=start + many, version=conversation.version + many, latest_message=latest
    )
    conversation.refresh_from_db()


def fresh(conversation: Conversation, reader: User, at_most: int = NEWEST) -> list[str]:
    """Return the newest articles of a fresh load, oldest first, by reading pages of the history."""
    client, before, articles = signed_in(reader), 2**62, []
    while True:
        page = client.get(f"/c/{conversation.public_id}/messages/", {"before": before})
        older = ARTICLE.findall(page.content.decode())
        if not older or len(articles) >= at_most:
            return articles[-at_most:]
        articles = older + articles
        before = position(older[0])


def number(article: str, name: str) -> int:
    found = re.search(rf'data-{name}="(\d+)"', article)
    assert found, article
    return int(found[1])


def position(article: str) -> int:
    return number(article, "position")


def changes(conversation: Conversation, client: Client, since: object) -> HttpResponse:
    return client.get(f"/c/{conversation.public_id}/changes/", {"since": since})


def caught_up(
    conversation: Conversation, client: Client, since: int, between: Callable[[], object] = lambda: None
) -> Pages:
    """Ask until there is no more. Returns for each answer the version reached and its articles."""
    pages: Pages = []
    while True:
        answer = changes(conversation, client, since)
        assert answer.status_code == 200
        reached = int(answer["Parley-Version"])
        articles = ARTICLE.findall(answer.content.decode())
        assert len(articles) <= PAGE_SIZE
        pages.append((reached, articles))
        if answer.headers.get("Parley-More") != "1":
            return pages
        assert reached > since
        since = reached
        between()


def put_together(pages: Pages, known: list[str] | None = None) -> list[str]:
    """Return what the page shows then: each message once, at its position, as it was told last."""
    shown = {position(article): article for article in known or []}
    for _, articles in pages:
        shown.update({position(article): article for article in articles})
    return [shown[place] for place in sorted(shown)]


@pytest.mark.django_db
@pytest.mark.parametrize("gap", [0, 1, 49, 50, 51, 500, 10_000])
def test_a_gap_of_any_size_ends_as_a_fresh_load(gap: int, alice: User, bob: User, talk: Conversation) -> None:
    said(talk, alice, 7)
    known, since = fresh(talk, bob), talk.version
    said(talk, alice, gap)
    pages = caught_up(talk, signed_in(bob), since)
    told = [article for _, articles in pages for article in articles]
    assert len(pages) == max(1, -(-gap // PAGE_SIZE))
    assert pages[-1][0] == talk.version
    assert [position(article) for article in told] == list(range(8, 8 + gap))  # in order, nothing twice or missing
    assert (known + told)[-NEWEST:] == fresh(talk, bob)


def test_what_arrives_meanwhile_is_told_too(transactional_db: None, alice: User, bob: User, talk: Conversation) -> None:
    said(talk, alice, 300)
    going_on, done = Event(), Event()

    def talk_on() -> None:
        try:
            while not done.is_set():
                talk.post("meanwhile", by=alice)
                going_on.set()
        finally:
            connection.close()

    talking = Thread(target=talk_on)
    talking.start()
    try:
        assert going_on.wait(10)
        pages = caught_up(talk, signed_in(bob), 0)
    finally:
        done.set()
        talking.join()
    pages += caught_up(talk, signed_in(bob), pages[-1][0])
    told = [article for _, articles in pages for article in articles]
    assert [position(article) for article in told] == list(range(1, len(told) + 1))
    assert len(told) > 300
    assert told[-NEWEST:] == fresh(talk, bob)


@pytest.mark.django_db
def test_what_happened_to_people_and_title_is_told(alice: User, bob: User, talk: Conversation) -> None:
    carol = account("Carol")
    talk.add_participants([carol], by=alice)
    talk.rename("Plans", by=bob)
    talk.participation_of(carol).revoke(by=alice)
    talk.participation_of(carol).reinstate(by=bob)
    answer = changes(talk, signed_in(bob), 0)
    articles = ARTICLE.findall(answer.content.decode())
    assert [re.search(r'data-kind="(\w+)"', article)[1] for article in articles] == [  # type: ignore[index]
        "joined", "renamed", "removed", "invited_back",
    ]  # fmt: skip
    assert articles == fresh(talk, bob)
    assert f'[data-title-of="{talk.public_id}"]' in answer.content.decode()


@pytest.mark.django_db
def test_messages_of_a_deleted_account_are_told_again_under_nobodys_name(
    alice: User, bob: User, talk: Conversation
) -> None:
    dave = account("Dave")
    talk.add_participants([dave], by=alice)
    for by in (dave, alice, dave):
        said(talk, by, 30)
    known, since = fresh(talk, bob), talk.version
    dave.delete()
    pages = caught_up(talk, signed_in(bob), since)
    told = {position(article) for _, articles in pages for article in articles}
    assert told == {1, *range(2, 32), *range(62, 92), 92}
    assert put_together(pages, known) == fresh(talk, bob)
    assert not any("Dave" in article for article in put_together(pages, known))


@pytest.mark.django_db
def test_an_account_deleted_between_two_answers_leaves_no_gap(alice: User, bob: User, talk: Conversation) -> None:
    dave = account("Dave")
    talk.add_participants([dave])
    said(talk, dave, 120)
    deleting = iter([dave.delete])
    pages = caught_up(talk, signed_in(bob), 0, between=lambda: next(deleting, int)())
    assert put_together(pages) == fresh(talk, bob)
    talk.refresh_from_db()
    assert pages[-1][0] == talk.version


@pytest.mark.django_db
def test_who_left_is_told_nothing_of_what_came_after(alice: User, bob: User, talk: Conversation) -> None:
    said(talk, alice, 60)
    talk.participation_of(bob).revoke(by=bob)
    talk.refresh_from_db()
    end = talk.last_position
    said(talk, alice, 60)
    talk.rename("Without bob", by=alice)
    pages = caught_up(talk, signed_in(bob), 0)
    told = [article for _, articles in pages for article in articles]
    assert [position(article) for article in told] == list(range(1, end + 1))
    assert pages[-1][0] == end
    answer = changes(talk, signed_in(bob), pages[-1][0])
    assert (answer["Parley-Version"], ARTICLE.findall(answer.content.decode())) == (str(end), [])
    assert "Without bob" not in answer.content.decode()


@pytest.mark.django_db
def test_outsiders_get_what_they_would_get_if_there_were_nothing(talk: Conversation, carol: User) -> None:
    client = signed_in(carol)
    theirs = changes(talk, client, 0)
    nothing = client.get(f"/c/{UNKNOWN}/changes/", {"since": 0})
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.content.decode().replace(talk.public_id, UNKNOWN) == nothing.content.decode()
    assert theirs.headers.keys() == nothing.headers.keys()


@pytest.mark.django_db
def test_who_is_not_signed_in_is_sent_to_sign_in(alice: User, talk: Conversation) -> None:
    answer = changes(talk, Client(), 0)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
@pytest.mark.parametrize("since", ["", "x", "-1", "1.5", "1e3", "NaN", "9" * 30, "0x10", "\x00"])
def test_a_version_that_is_none_is_refused_with_a_sentence(since: str, bob: User, talk: Conversation) -> None:
    answer = changes(talk, signed_in(bob), since)
    assert answer.status_code == 422
    assert len(re.sub("<[^>]*>", " ", answer.content.decode()).split()) > 2
    assert "Parley-Version" not in answer.headers


@pytest.mark.django_db
def test_no_version_at_all_is_refused(bob: User, talk: Conversation) -> None:
    assert signed_in(bob).get(f"/c/{talk.public_id}/changes/").status_code == 422


@pytest.mark.django_db
def test_a_version_that_is_still_to_come_is_not_taken_back(alice: User, bob: User, talk: Conversation) -> None:
    said(talk, alice, 3)
    answer = changes(talk, signed_in(bob), 2**40)
    assert (int(answer["Parley-Version"]) >= talk.version, ARTICLE.findall(answer.content.decode())) == (True, [])


@pytest.mark.django_db
def test_asking_changes_nothing(alice: User, bob: User, talk: Conversation) -> None:
    said(talk, alice, 3)
    client = signed_in(bob)
    first, second = changes(talk, client, 0), changes(talk, client, 0)
    assert first.content == second.content
    assert client.post(f"/c/{talk.public_id}/changes/", {"since": 0}).status_code == 405
    assert talk.participation_of(bob).read_position == 0
