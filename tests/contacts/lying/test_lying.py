"""Whatever a server says, no contact is lost; and once it says the truth, the book is true.

Each play is rolled back. `pytest tests/contacts/lying --hypothesis-profile=long` plays for long, and makes a story
that fails as short as it can be. Otherwise it is told as it was found: shortening takes minutes.
"""

import base64
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from contacts.models import Address, Directory, Folder, Handle, Party, PartyHandle
from contacts.sync import is_too_much
from project.accounts.models import User

from .honest import PASSWORD, USERNAME
from .play import Play, everything, played
from .stories import Story, Sync, decent_styles, some_faults, some_quiet_faults, stories
from .wire import Listener

pytestmark = pytest.mark.django_db

IS_LONG = settings.default.max_examples >= 1000
PHASES = set(Phase) if IS_LONG else set(Phase) - {Phase.shrink, Phase.explain}

bounded = settings(
    max_examples=settings.default.max_examples // 6, phases=PHASES, suppress_health_check=list(HealthCheck)
)
SECRETS = (PASSWORD, base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode())


# --- Nothing is lost -----------------------------------------------------------------------------------------------


@bounded
@given(story=stories())
def test_no_contact_is_lost_whatever_a_server_says(listener: Listener, alice: User, story: Story) -> None:
    with played(listener, alice, story) as play:
        for ran in play.told():
            for row in ran.lost:
                assert not play.is_held(row) or play.was_denied(ran, row), row


@bounded
@given(story=stories())
def test_when_too_many_vanish_the_book_stops_and_asks(listener: Listener, alice: User, story: Story) -> None:
    with played(listener, alice, story) as play:
        for ran in play.told():
            lost, live = (Counter(row.place for row in rows) for rows in (ran.lost, ran.before))
            assert not [place for place in live if is_too_much(lost[place], live[place])]


# --- The truth arrives ---------------------------------------------------------------------------------------------


@bounded
@given(story=stories(told=some_faults, style=decent_styles))
def test_no_cursor_is_stored_too_early(listener: Listener, alice: User, story: Story) -> None:
    with played(listener, alice, story) as play:
        for ran in play.told():
            if ran.step.lies:
                play.sync(Sync(has_discovery=True))
                play.answer_questions()
                assert not play.differences()


@bounded
@given(story=stories())
def test_an_honest_answer_afterwards_converges(listener: Listener, alice: User, story: Story) -> None:
    with played(listener, alice, story) as play:
        for _ in play.told():
            pass
        play.settle()
        assert not play.differences()


@bounded
@given(story=stories())
def test_a_book_that_is_true_writes_no_row_and_asks_as_little_as_can_be(
    listener: Listener, alice: User, story: Story
) -> None:
    with played(listener, alice, story) as play:
        for _ in play.told():
            pass
        play.settle()
        before = everything()
        ran = play.sync(Sync())
        assert everything() == before
        assert (ran.result.created, ran.result.updated, ran.result.removed, ran.result.error) == (0, 0, 0, "")
        style = play.world.style
        question = "sync" if style.has_tokens else "ctag" if style.has_ctag else None
        if question and not any(folder.missed() for folder in play.folders.values()):
            assert [kind for kind, _ in play.server.asked] == [question] * len(play.world.books)


# A card that a list leaves out cannot be told from one that got another uid where it stands, so lists are true here.
@bounded
@given(story=stories(told=some_quiet_faults, style=decent_styles))
def test_a_contact_stays_who_it_is(listener: Listener, alice: User, story: Story) -> None:
    with played(listener, alice, story) as play:
        told = play.told()
        next(told)
        before = _known(play)
        for _ in told:
            pass
        play.settle()
        after = _known(play)
        assert {name: pk for name, pk in after.items() if name in before and before[name] != pk} == {}


def _known(play: Play) -> dict[tuple[str, str], int]:
    """Return who is who: parties by book and uid, as far as the uid always was somebody's, and one person's only."""
    rows = [row for row in play.rows() if row.uid and not row.is_group]
    return {(row.place, row.uid): row.pk for row in rows if (row.place, row.uid) not in play.server.unsteady}


@bounded
@given(story=stories())
def test_owners_of_handles_are_what_counting_again_would_say(listener: Listener, alice: User, story: Story) -> None:
    with played(listener, alice, story) as play:
        for _ in play.told():
            _require_order()


def _require_order() -> None:
    owners = dict(Handle.objects.values_list("pk", "party"))
    sure = dict(PartyHandle.objects.values_list("pk", "confidence"))
    Handle.objects.resolve(owners.keys())
    assert dict(Handle.objects.values_list("pk", "party")) == owners
    assert dict(PartyHandle.objects.values_list("pk", "confidence")) == sure
    assert Party.objects.recount() == 0
    origins = {str(pk) for pk in Party.objects.values_list("pk", flat=True)}
    for link in PartyHandle.objects.all():
        assert link.evidence or link.is_confirmed or link.is_dismissed
        assert set(link.evidence) <= origins
    assert not Handle.objects.filter(links=None, external_id="", party__isnull=False).exists()
    assert not Address.objects.exclude(party__owner__isnull=False).exists()


# --- What goes wrong is told in a sentence, and the secret to nobody -----------------------------------------------


@bounded
@given(story=stories())
def test_what_goes_wrong_is_told_in_a_sentence_and_the_password_to_nobody(
    listener: Listener, alice: User, story: Story
) -> None:
    with played(listener, alice, story) as play, _overheard() as said:
        for ran in play.told():
            assert not ran.result.error or ran.result.error[-1] in ".?", ran.result.error
            said.append(ran.result.error)
        said += [f"{text} {problem}" for text, problem in Folder.objects.values_list("problem", "vanishing")]
        said += [str(row) for row in Directory.objects.values_list("problem", "last_result", "config", "progress")]
        said.append(str(everything()))
        said += [str(asked) for asked in play.server.strayed]
    assert not [text for text in said if any(secret in text for secret in SECRETS)]


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Everything that is logged meanwhile."""

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(f"{record.getMessage()} {record.args} {record.exc_text}")

    said: list[str] = []
    handler = Listening(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    try:
        yield said
    finally:
        logging.getLogger().removeHandler(handler)
