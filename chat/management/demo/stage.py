"""Plays the talks on an empty server: with the verbs that people use, and the clocks set back afterwards."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from chat.models import Conversation, Message
from chat.models.recipients import Recipient
from chat.models.starting import start_with
from contacts.models import Party
from project.accounts.models import Server, User

from .cast import CAST, Person
from .faces import draw
from .talks import TALKS, Add, Remove, Rename, Talk


def present_people() -> list[User]:
    """Return the people of the cast who have accounts here, in the order of the cast."""
    accounts = {user.email: user for user in User.objects.filter(email__in=[person.email for person in CAST])}
    return [accounts[person.email] for person in CAST if person.email in accounts]


GUEST_NUMBER = "+447700900005"  # of somebody in the first person's book, who has no account
GUEST_GREETING = "Hello! This is our house. I put the plan for the yard in here as soon as I have it."


@transaction.atomic
def play_all(hashed_password: str, now: datetime) -> list[User]:
    """Make all people, who sign in with one password, and all conversations; return the people.

    Raises AlreadySetUp, with nothing made, on a server where somebody has, or ever had, an account.
    """
    people = {person.key: _make(person, hashed_password, now) for person in CAST}
    for talk in TALKS:
        play(talk, people, now)
    return list(people.values())


def _make(person: Person, hashed_password: str, now: datetime) -> User:
    user = User(
        email=person.email,
        display_name=person.name,
        time_zone=person.time_zone,
        password=hashed_password,
        date_joined=now - timedelta(days=7),
    )
    if person is CAST[0]:
        Server.objects.set_up(user)
    else:
        user.save()
        user.confirm_address()
    user.change_picture(draw(person.face))
    return user


def play(talk: Talk, people: dict[str, User], now: datetime) -> Conversation:
    """Have people, by their keys, say and do what a talk holds, in a new conversation."""
    creator, *others = [people[key] for key in talk.people.split()]
    conversation = Conversation.start(creator, others, title=talk.title)
    times: list[datetime] = []
    for when, who, what in talk.steps:
        _do(conversation, people[who], what, people)
        conversation.refresh_from_db()
        times += [moment(when, now)] * (conversation.last_position - len(times))
    for participation in conversation.participations.select_related("user"):
        unread = talk.unread if participation.user == people[CAST[0].key] else 0
        participation.read(conversation.last_position - unread)
    _set_clocks(conversation, times)
    return conversation


def wait_for_guest(host: User, now: datetime) -> Conversation:
    """Have host write to somebody of their book who has no account; it is done after the book is filled.

    By a telephone number, and so by a link to hand on: the demo sends no e-mail to anybody.
    """
    party = Party.objects.of(host).get(links__handle__normalised=GUEST_NUMBER)
    guest = Recipient(party.public_id, party.display_name, party=party, platform="phone", address=GUEST_NUMBER)
    conversation = start_with(host, [guest], body=GUEST_GREETING)
    conversation.refresh_from_db()
    conversation.participation_of(host).read(conversation.last_position)
    _set_clocks(conversation, [moment("2d 19:40", now)])
    return conversation


def _do(conversation: Conversation, actor: User, what: str | Add | Remove | Rename, people: dict[str, User]) -> None:
    if isinstance(what, Add):
        conversation.add_participants([people[key] for key in what.people.split()], by=actor)
    elif isinstance(what, Remove):
        conversation.participation_of(people[what.person]).revoke(by=actor)
    elif isinstance(what, Rename):
        conversation.rename(what.title, by=actor)
    else:
        conversation.post(what, by=actor)


def moment(when: str, now: datetime) -> datetime:
    """Return the time that a step names (the forms: talks.py)."""
    if when.endswith("m"):
        return now - timedelta(minutes=int(when[:-1]))
    days, clock = when.split("d ")
    day = now.astimezone(ZoneInfo(CAST[0].time_zone)) - timedelta(days=int(days))
    hour, minute = map(int, clock.split(":"))
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _set_clocks(conversation: Conversation, times: list[datetime]) -> None:
    """Give the rows of a conversation the times at which they shall have happened."""
    rows = list(conversation.messages.in_order())
    joined_at: dict[int | None, datetime] = {}
    for row, sent_at in zip(rows, times, strict=True):
        row.sent_at = sent_at
        if row.kind == Message.Kind.JOINED:
            joined_at[row.subject_id] = sent_at
    Message.objects.bulk_update(rows, ["sent_at"])
    for participation in conversation.participations.all():
        participation.joined_at = joined_at.get(participation.user_id, times[0])
        if participation.left_position is not None:
            participation.left_at = times[participation.left_position - 1]
        participation.save(update_fields=["joined_at", "left_at"])
    Conversation.objects.filter(pk=conversation.pk).update(
        created_at=times[0], updated_at=times[-1], latest_at=times[-1]
    )
