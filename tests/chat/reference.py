"""The rules of conversations (docs/architecture.md) in plain Python: what must come out, without how.

People are names, conversations are numbers in the order of their birth; by=None is trusted code. A refused verb
may stop half-way: play verbs on a copy of the world. test_state_machine.py plays the same on this and on the models.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


class Refused(Exception): ...  # somebody may not do this


class BadText(Refused): ...  # nobody may say this


@dataclass
class Row:
    kind: str  # text: a message; else what happened
    sender: str | None
    subject: str | None = None
    body: str = ""
    name: object = None
    heard_by: set[str] = field(default_factory=set)
    is_withheld: bool = False
    change: int = 0


@dataclass
class Talk:
    is_private: bool
    title: str
    creator: str | None
    read: dict[str, int]  # everybody who ever took part: how far they have read
    left: dict[str, int] = field(default_factory=dict)  # who has left: how far they may read
    rows: list[Row] = field(default_factory=list)
    changes: int = 0
    moved: int = 0
    withheld: dict[str, int] = field(default_factory=dict)  # when somebody last said something in vain

    @property
    def active(self) -> set[str]:
        return self.read.keys() - self.left.keys()

    def end(self, person: str) -> int:
        return self.left.get(person, len(self.rows))

    def readable(self, person: str) -> dict[int, Row]:
        """Rows by position."""
        rows = dict(enumerate(self.rows[: self.end(person)], start=1))
        return {at: row for at, row in rows.items() if not row.is_withheld or row.sender == person}

    def unread(self, person: str) -> int:
        rows = self.readable(person).items()
        return sum(row.kind == "text" and row.sender != person for at, row in rows if at > self.read[person])

    def is_begun_for(self, person: str) -> bool:
        return person in self.withheld or not all(row.is_withheld for row in self.rows)

    def moved_for(self, person: str) -> int:
        return max(self.moved, self.withheld.get(person, 0))


def require(condition: bool, refusal: type[Refused] = Refused) -> None:
    if not condition:
        raise refusal


def check(text: str, longest: int, controls: str = "") -> None:
    require(len(text) <= longest and all(character >= " " or character in controls for character in text), BadText)


@dataclass
class World:
    administrators: set[str]
    talks: list[Talk] = field(default_factory=list)
    clock: int = 0
    blocks: set[tuple[str, str]] = field(default_factory=set)  # who does not hear whom

    def inbox(self, person: str) -> list[Talk]:
        """Each conversation once, newest first; what nobody has written in stands in its creator's only."""
        mine = [talk for talk in self.talks if person in talk.active]
        begun = [talk for talk in mine if talk.creator == person or talk.is_begun_for(person)]
        return sorted(begun, key=lambda talk: talk.moved_for(person), reverse=True)

    def _append(self, talk: Talk, row: Row, *, is_withheld: bool = False) -> None:
        self.clock, talk.changes = self.clock + 1, talk.changes + 1
        row.change, row.is_withheld = talk.changes, is_withheld
        if is_withheld and row.sender:
            talk.withheld[row.sender], row.heard_by = self.clock, {row.sender}
        else:
            talk.moved, row.heard_by = self.clock, talk.active
        talk.rows.append(row)

    def block(self, owner: str, blocked: str) -> None:
        require(owner != blocked)
        self.blocks.add((owner, blocked))

    def unblock(self, owner: str, blocked: str) -> None:
        self.blocks.discard((owner, blocked))

    def is_unheard(self, speaker: str | None, talk: Talk) -> bool:
        """Whether the only other one there blocked the speaker."""
        others = talk.active - {speaker}
        return speaker in talk.active and len(others) == 1 and (*others, speaker) in self.blocks

    def start(self, creator: str, people: Iterable[str], title: str = "", kind: str | None = None) -> Talk:
        check(title, 100)
        pair_or_more = {creator, *people}
        kind = kind or ("group" if len(pair_or_more) + bool(title) > 2 else "private")
        require(kind == "group" or (len(pair_or_more) == 2 and not title))
        for talk in self.talks:
            if kind == "private" and talk.is_private and talk.read.keys() == pair_or_more:
                return talk
        self.clock += 1
        self.talks.append(Talk(kind == "private", title, creator, dict.fromkeys(pair_or_more, 0), moved=self.clock))
        return self.talks[-1]

    def post(self, talk: Talk, body: str, by: str, name: object = None) -> tuple[Talk, Row]:
        check(body, 20_000, controls="\n\t")
        require(bool(body.strip()), BadText)
        said = [(t, row) for t in self.talks for row in t.rows if name and (by, name) == (row.sender, row.name)]
        if said:
            require(said[0][0] is talk, BadText)
            return said[0]
        require(by in talk.active and (len(talk.active) == 2 or not talk.is_private))
        others = talk.active - {by}
        require(len(others) != 1 or (by, *others) not in self.blocks)
        self._append(talk, Row("text", by, body=body, name=name), is_withheld=self.is_unheard(by, talk))
        return talk, talk.rows[-1]

    def send_to_users(self, body: str, sender: str, recipients: Iterable[str]) -> tuple[Talk, Row]:
        people = {sender, *recipients}
        groups = [talk for talk in self.talks if not talk.is_private and talk.active == people and len(people) > 2]
        return self.post(groups[-1] if groups else self.start(sender, people), body, sender)

    def send_to_conversation(self, body: str, sender: str, talk: Talk, new: Sequence[str] | None) -> tuple[Talk, Row]:
        return self.post(talk if new is None else self.add(talk, new, sender), body, sender)

    def add(self, talk: Talk, people: Sequence[str], by: str | None, carry: Iterable[Row] = ()) -> Talk:
        require(by is None or by in talk.active)
        wanted = [person for person in dict.fromkeys(people) if person not in talk.active]
        if talk.is_private and wanted:
            starter = by or talk.creator or [*talk.read, *wanted][0]
            group = self.start(starter, [*talk.active, *wanted], kind="group")
            for row in carry:
                require(row.sender == starter)
                self.post(group, row.body, starter)
            return group
        newcomers = [person for person in wanted if person not in talk.read]
        returning = [person for person in wanted if person in talk.read]
        talk.read |= dict.fromkeys(newcomers, len(talk.rows))
        talk.left = {person: end for person, end in talk.left.items() if person not in returning}
        for person in newcomers + returning:
            self._append(talk, Row("invited_back" if person in returning else "joined", by, person))
        return talk

    def revoke(self, talk: Talk, person: str, by: str | None) -> None:
        is_manager = by in talk.active and (by == talk.creator or by in self.administrators)
        require(not talk.is_private and (by in (None, person) or is_manager))
        if person in talk.active:
            self._append(talk, Row("left" if by in (None, person) else "removed", by or person, person))
            talk.left[person] = len(talk.rows)

    def mark_read(self, talk: Talk, person: str, position: int) -> None:
        talk.read[person] = max(talk.read[person], min(position, talk.end(person)))

    def rename(self, talk: Talk, title: str, by: str | None) -> None:
        check(title, 100)
        require(not talk.is_private and (by is None or by in talk.active))
        if title != talk.title:
            talk.title = title
            self._append(talk, Row("renamed", by, body=title), is_withheld=self.is_unheard(by, talk))

    def delete(self, person: str) -> None:
        """Take a name off everything that its account said and did, and nothing else away."""
        self.blocks = {block for block in self.blocks if person not in block}
        for talk in [talk for talk in self.talks if person in talk.read]:
            if person in talk.active and not talk.is_private:
                self.revoke(talk, person, person)
            for row in [row for row in talk.rows if person in (row.sender, row.subject)]:
                talk.changes = row.change = talk.changes + 1
                row.sender, row.subject = (None if name == person else name for name in (row.sender, row.subject))
            talk.read.pop(person), talk.left.pop(person, None)
            talk.creator = None if talk.creator == person else talk.creator
