"""The ground of the state machine: a world of models and one of the reference model, and how they are compared."""

import json
from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from unittest import mock

from django.db import transaction
from django.test import TestCase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from chat import live
from chat.exceptions import ChatError, InvalidMessage, MessagingPermissionDenied
from chat.models import Conversation, Message, Participation
from project.accounts.models import User

from .cast import name_of
from .reference import BadText, Refused, Row, Talk, World

NAMES = ["Ann", "Ben", "Cid", "Dee", "Eve", "Fay"]
REFUSALS: dict[type[Refused], type[ChatError]] = {Refused: MessagingPermissionDenied, BadText: InvalidMessage}

Draw = st.DataObject


class BothWorlds(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []
        self.patch = mock.patch.object(live, "_publish", self.events.append)
        self.patch.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.conversations: list[Conversation] = []  # as they were when they were made, however long ago
        self.turn = 0
        self.versions: dict[int, int] = {}
        self.messages: dict[int, tuple[int, Any]] = {}  # by id: version and content, as last seen

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        self.patch.stop()

    @initialize(count=st.integers(2, 6), administrators=st.sets(st.sampled_from(NAMES), max_size=2))
    def sign_up(self, count: int, administrators: set[str]) -> None:
        self.users = {
            name: User.objects.create_user(f"{name}@example.org", display_name=name, is_staff=name in administrators)
            for name in NAMES[:count]
        }
        self.name_of_id = {user.pk: name for name, user in self.users.items()}
        self.world = World(administrators)

    # --- Drawing: rather somebody whom it concerns, but sometimes anybody --------------------------------------

    def draw_person(self, data: Draw, likely: set[str] | None = None) -> str:
        anybody = sorted(self.users)
        rather = sorted((likely or set()) & self.users.keys()) or anybody
        return data.draw(st.sampled_from(data.draw(st.sampled_from([rather, rather, anybody]))))

    def draw_actor(self, data: Draw, talk: Talk) -> str | None:
        return None if data.draw(st.integers(0, 7)) == 7 else self.draw_person(data, talk.active)

    def draw_people(self, data: Draw) -> tuple[list[str], Any]:
        """Draw people as names, and as what a verb takes: a list in any order with doubles, or a queryset."""
        companies = [sorted(talk.active) for talk in self.world.talks[:4]] or [[]]
        names = data.draw(st.lists(st.sampled_from(sorted(self.users)), max_size=4) | st.sampled_from(companies))
        if data.draw(st.booleans()):
            return names, [self.users[name] for name in names]
        return sorted(set(names)), User.objects.filter(display_name__in=names).order_by("pk")

    def draw_talk(self, data: Draw) -> tuple[int, Talk, Conversation]:
        """Draw one of few conversations, so that much happens in them, as an instance that may be long out of date."""
        count = len(self.conversations)
        n = data.draw(st.sampled_from([*range(min(count, 3)), count - 1]))
        conversation = self.conversations[n]
        if data.draw(st.booleans()):
            conversation = Conversation.objects.get(pk=conversation.pk)
        return n, self.world.talks[n], conversation

    # --- Playing -----------------------------------------------------------------------------------------------

    def play(self, expected: Callable[[World], Any], verb: Callable[[], Any]) -> None:
        """Do a verb in both worlds; it is refused in both, or ends in the same place and is told to the same."""
        before, draft = self.world, deepcopy(self.world)
        place = result = refusal = refused = None
        try:
            place = expected(draft)
            self.world = draft
        except Refused as error:
            refusal = REFUSALS[type(error)]
        self.events.clear()
        with TestCase.captureOnCommitCallbacks(execute=True):
            try:
                result = verb()
            except ChatError as error:
                refused = type(error)
        assert refused == refusal
        self.compare_place(place, result)
        self.compare_told(before)

    def compare_place(self, place: Talk | tuple[Talk, Row] | None, result: Any) -> None:
        if isinstance(place, tuple):
            talk, row = place
            assert result.position == next(n for n, other in enumerate(talk.rows, start=1) if other is row)
            place, result = talk, result.conversation
        if place is not None:
            n = next(n for n, talk in enumerate(self.world.talks) if talk is place)
            if n == len(self.conversations):
                self.conversations.append(result)
            assert result == self.conversations[n]

    def compare_told(self, before: World) -> None:
        """Each new row was told to whom it is for, and nothing at all to anybody else."""
        number = {conversation.public_id: n for n, conversation in enumerate(self.conversations)}
        known = dict(enumerate(before.talks))
        told, expected = {}, {}
        for event in self.events:
            if "frame" not in event:
                continue
            frame, to = json.loads(event["frame"]), {self.name_of_id[pk] for pk in event["to"]}
            n = number[frame["conversation"]]
            if frame["type"] == "message":
                told[n, frame["position"]] = to
            elif frame["type"] != "read":
                assert to <= self.world.talks[n].active | (known[n].active if n in known else set())
        for n, talk in enumerate(self.world.talks):
            for position, row in enumerate(talk.rows, start=1):
                if n not in known or position > len(known[n].rows):
                    expected[n, position] = row.heard_by
        assert told == expected

    # --- Comparing ---------------------------------------------------------------------------------------------

    @invariant()
    def compare_conversations(self) -> None:
        rows, parts = defaultdict(list), defaultdict(dict)
        for message in Message.objects.with_people().order_by("position"):
            rows[message.conversation_id].append(message)
        for part in Participation.objects.with_unread().exclude(user=None).select_related("user"):
            parts[part.conversation_id][name_of(part.user)] = part
        found = list(Conversation.objects.select_related("creator").order_by("pk"))
        assert found == self.conversations
        for talk, conversation in zip(self.world.talks, found, strict=True):
            kind = (conversation.is_private, conversation.title, name_of(conversation.creator))
            assert kind == (talk.is_private, talk.title, talk.creator)
            assert {name_of(person) for person in conversation.participants} == talk.active
            assert conversation.participant_count == (2 if talk.is_private else len(talk.active))
            self.compare_rows(talk, conversation, rows[conversation.pk])
            assert parts[conversation.pk].keys() == talk.read.keys()
            for name, part in parts[conversation.pk].items():
                readable = conversation.messages_for(part).in_order().values_list("position", flat=True)
                assert list(readable) == list(talk.readable(name))
                assert (part.read_position, part.unread) == (talk.read[name], talk.unread(name))

    def compare_rows(self, talk: Talk, conversation: Conversation, rows: list[Message]) -> None:
        """Positions are dense; versions are unique and rise; what changed, and only that, has a newer version."""
        content = [(row.kind, name_of(row.sender), name_of(row.subject), row.body, row.client_id) for row in rows]
        assert content == [(row.kind, row.sender, row.subject, row.body, row.name) for row in talk.rows]
        assert [row.is_withheld for row in rows] == [row.is_withheld for row in talk.rows]
        assert [row.position for row in rows] == list(range(1, conversation.last_position + 1))
        heard = [row.pk for row in rows if not row.is_withheld]
        assert conversation.latest_message_id == (heard[-1] if heard else None)
        by_version = sorted(range(len(rows)), key=lambda n: rows[n].version)
        assert by_version == sorted(range(len(rows)), key=lambda n: talk.rows[n].change)
        assert len({row.version for row in rows}) == len(rows)
        assert all(row.version <= conversation.version for row in rows)
        seen = self.versions.get(conversation.pk, 0)
        for row, now in zip(rows, content, strict=True):
            version, then = self.messages.get(row.pk, (seen, None))
            assert row.version > seen if now != then else row.version == version
            self.messages[row.pk] = (row.version, now)
        self.versions[conversation.pk] = conversation.version

    @invariant()
    def compare_inboxes(self) -> None:
        talks = self.world.talks
        index = {id(talk): n for n, talk in enumerate(talks)}
        for name, user in self.users.items():
            rows = Participation.objects.inbox_for(user).values_list("conversation", "unread")
            inbox = [(self.conversations[index[id(talk)]].pk, talk.unread(name)) for talk in self.world.inbox(name)]
            assert list(rows) == inbox

        self.turn += 1  # the other lists, of one person after the other
        name = sorted(self.users)[self.turn % len(self.users)]
        user, pks = self.users[name], [conversation.pk for conversation in self.conversations]
        unread = Participation.objects.unread_for(user).values_list("conversation", "unread")
        left = Participation.objects.left_by(user).values_list("conversation", flat=True)
        opened = Conversation.objects.open_to(user).order_by("pk").values_list("pk", flat=True)
        assert {pk for pk, count in unread} == {
            pk for pk, talk in zip(pks, talks, strict=True) if name in talk.active and talk.unread(name)
        }
        assert set(left) == {pk for pk, talk in zip(pks, talks, strict=True) if name in talk.left}
        assert list(opened) == [pk for pk, talk in zip(pks, talks, strict=True) if name in talk.read]
