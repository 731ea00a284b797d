"""The models against the reference model: the same verbs, played at random, end in the same world.

Each play is rolled back. `pytest tests/chat/test_state_machine.py --hypothesis-profile=long` plays for long.
"""

import uuid

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from chat.models import Block, Conversation, Message

from .both_worlds import BothWorlds, Draw
from .reference import World

BODIES = st.sampled_from(["hello"] * 6 + ["two\nlines", "ž" * 20_000, "", " \n", "x" * 20_001, "nul\0"])
TITLES = st.sampled_from(["", "", "Garden", "Trip", "x" * 101, "two\nlines"])
CLIENT_IDS = st.sampled_from([None, None, *(uuid.UUID(int=n) for n in (1, 2, 3))])

something_was_started = precondition(lambda self: self.conversations)


class Play(BothWorlds):
    @rule(data=st.data(), title=TITLES, kind=st.sampled_from([None, None, "private", "group"]))
    def start(self, data: Draw, title: str, kind: str | None) -> None:
        creator, (names, people) = self.draw_person(data), self.draw_people(data)
        self.play(
            lambda world: world.start(creator, names, title, kind),
            lambda: Conversation.start(self.users[creator], people, title, kind),
        )

    @rule(data=st.data(), body=BODIES)
    def send_to_users(self, data: Draw, body: str) -> None:
        names, people = self.draw_people(data)
        sender = self.draw_person(data, set(names))
        self.play(
            lambda world: world.send_to_users(body, sender, names),
            lambda: Message.send_to_users(body, self.users[sender], people),
        )

    @something_was_started
    @rule(data=st.data(), body=BODIES, client_id=CLIENT_IDS)
    def post(self, data: Draw, body: str, client_id: uuid.UUID | None) -> None:
        n, talk, conversation = self.draw_talk(data)
        by = self.draw_person(data, talk.active)
        self.play(
            lambda world: world.post(world.talks[n], body, by, client_id),
            lambda: conversation.post(body, by=self.users[by], client_id=client_id),
        )

    @something_was_started
    @rule(data=st.data(), body=BODIES)
    def send_to_conversation(self, data: Draw, body: str) -> None:
        n, talk, conversation = self.draw_talk(data)
        sender, (names, people) = self.draw_person(data, talk.active), self.draw_people(data)
        self.play(
            lambda world: world.send_to_conversation(body, sender, world.talks[n], names),
            lambda: Message.send_to_conversation(body, self.users[sender], conversation, people),
        )

    @something_was_started
    @rule(data=st.data())
    def add(self, data: Draw) -> None:
        n, talk, conversation = self.draw_talk(data)
        by, (names, people) = self.draw_actor(data, talk), self.draw_people(data)
        self.play(
            lambda world: world.add(world.talks[n], names, by),
            lambda: conversation.add_participants(people, by=self.users.get(by)),
        )

    @precondition(lambda self: any(talk.is_private and talk.active for talk in self.world.talks))
    @rule(data=st.data())
    def upgrade(self, data: Draw) -> None:
        pairs = [n for n, talk in enumerate(self.world.talks) if talk.is_private and talk.active]
        n = data.draw(st.sampled_from(pairs))
        talk, conversation = self.world.talks[n], self.conversations[n]
        by, (names, people) = self.draw_actor(data, talk), self.draw_people(data)
        carry = sorted(data.draw(st.sets(st.integers(1, len(talk.rows)), max_size=2))) if talk.rows else []
        said = conversation.messages.filter(position__in=carry).order_by("-position")
        self.play(
            lambda world: world.add(world.talks[n], names, by, [world.talks[n].rows[p - 1] for p in carry]),
            lambda: conversation.add_participants(people, by=self.users.get(by), carry=said),
        )

    @something_was_started
    @rule(data=st.data(), is_by_themself=st.booleans())
    def leave_or_remove(self, data: Draw, is_by_themself: bool) -> None:
        n, talk, conversation = self.draw_talk(data)
        person = self.draw_person(data, talk.active)
        by = person if is_by_themself else self.draw_actor(data, talk)
        if person in talk.read:
            part = conversation.participation_of(self.users[person])
            self.play(
                lambda world: world.revoke(world.talks[n], person, by), lambda: part.revoke(by=self.users.get(by))
            )

    @something_was_started
    @rule(data=st.data())
    def invite_back(self, data: Draw) -> None:
        n, talk, conversation = self.draw_talk(data)
        person, by = self.draw_person(data, talk.left.keys()), self.draw_actor(data, talk)
        if person in talk.read:
            part = conversation.participation_of(self.users[person])

            def expected(world: World) -> None:
                world.add(world.talks[n], [person], by)

            self.play(expected, lambda: part.reinstate(by=self.users.get(by)))

    @something_was_started
    @rule(data=st.data(), positions=st.lists(st.integers(-1, 9) | st.just(10**30), min_size=1, max_size=3))
    def read(self, data: Draw, positions: list[int]) -> None:
        n, talk, conversation = self.draw_talk(data)
        person = self.draw_person(data, talk.read.keys())
        if person in talk.read:
            part = conversation.participation_of(self.users[person])
            for to in positions:
                self.play(lambda world, to=to: world.mark_read(world.talks[n], person, to), lambda to=to: part.read(to))

    @something_was_started
    @rule(data=st.data(), title=TITLES)
    def rename(self, data: Draw, title: str) -> None:
        n, talk, conversation = self.draw_talk(data)
        by = self.draw_actor(data, talk)
        self.play(
            lambda world: world.rename(world.talks[n], title, by),
            lambda: conversation.rename(title, by=self.users.get(by)),
        )

    @rule(data=st.data(), is_ended=st.booleans(), is_renamed=st.booleans())
    def block(self, data: Draw, is_ended: bool, is_renamed: bool) -> None:
        """Where two are alone, both speak while one does not hear the other; else nobody hears of it."""
        alone = [n for n, talk in enumerate(self.world.talks) if len(talk.active & self.users.keys()) == 2]
        if not alone:
            self._block(self.draw_person(data), self.draw_person(data), is_ended)
            return
        n = data.draw(st.sampled_from(alone))
        owner, blocked = data.draw(st.permutations(sorted(self.world.talks[n].active)))
        self._block(owner, blocked)
        verb, text = ("rename", data.draw(TITLES)) if is_renamed else ("post", "in vain")
        for by in (blocked, owner):
            self.play(
                lambda world, by=by: getattr(world, verb)(world.talks[n], text, by),
                lambda by=by: getattr(self.conversations[n], verb)(text, by=self.users[by]),
            )
        self._block(owner, blocked, is_ended)

    def _block(self, owner: str, blocked: str, is_ended: bool = False) -> None:
        verb = "unblock" if is_ended else "block"
        self.play(
            lambda world: getattr(world, verb)(owner, blocked),
            lambda: getattr(Block.objects, verb)(self.users[owner], self.users[blocked]),
        )

    @precondition(lambda self: 2 * len(self.users) > len(self.name_of_id))
    @rule(data=st.data())
    def delete_account(self, data: Draw) -> None:
        person = self.draw_person(data)
        user = self.users.pop(person)
        self.play(lambda world: world.delete(person), user.delete)


@pytest.mark.django_db
def test_the_models_and_the_reference_model_never_differ() -> None:
    examples = settings.default.max_examples // 5
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    plays = settings(max_examples=examples, stateful_step_count=50, suppress_health_check=slow)
    run_state_machine_as_test(Play, settings=plays)
