"""`manage.py demo`: what a newcomer finds, and what it never touches."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from PIL import Image

from chat.exceptions import MessagingPermissionDenied
from chat.management.commands.demo import new_password
from chat.management.demo import book, faces, stage
from chat.management.demo.cast import CAST
from chat.models import Conversation, Invite, Message, Participation
from contacts.models import ContactGroup, Directory, Party, PartyHandle, QuarantinedCard, probable_duplicates
from project.accounts.models import Server, User
from tests.cast import PASSWORD, account


def demo(*options: str) -> str:
    """Run the command; return what it printed."""
    printed = StringIO()
    call_command("demo", *options, stdout=printed)
    return printed.getvalue()


def password_in(printed: str) -> str:
    return printed.split()[-1]


def first_person() -> User:
    return User.objects.get(email=CAST[0].email)


def everything() -> list[tuple[object, ...]]:
    """Return what a second run could have changed."""
    people = User.objects.order_by("pk").values_list("email", "password", "picture", "display_name")
    said = Message.objects.order_by("pk").values_list("public_id", "sent_at", "version")
    read = Participation.objects.order_by("pk").values_list("user", "read_position", "joined_at", "left_at")
    known = Party.objects.order_by("pk").values_list("public_id", "display_name", "updated_at", "source_etag")
    ways = PartyHandle.objects.order_by("pk").values_list("handle__normalised", "confidence", "updated_at")
    groups = ContactGroup.objects.order_by("pk").values_list("public_id", "name", "updated_at")
    places = Directory.objects.order_by("pk").values_list("public_id", "name", "folders")
    return [*people, *said, *read, *known, *ways, *groups, *places]


def test_everybody_signs_in_with_the_printed_password(db: None) -> None:
    printed = demo()
    for person in CAST:
        assert person.email in printed
        assert person.name in printed
        assert Client().login(username=person.email, password=password_in(printed))


def test_each_run_has_a_password_of_its_own() -> None:
    assert len({new_password() for _ in range(100)}) == 100


def test_the_first_person_is_the_administrator_of_a_server_that_is_set_up(db: None) -> None:
    demo()
    assert Server.objects.get().first_account == first_person()
    assert list(User.objects.administrators()) == [first_person()]


def test_addresses_are_verified(db: None) -> None:
    demo()
    for user in User.objects.all():
        assert list(user.emailaddress_set.values_list("email", "verified", "primary")) == [(user.email, True, True)]


def test_everybody_has_a_face_of_their_own(db: None) -> None:
    demo()
    pictures = [user.picture.read() for user in User.objects.all()]
    assert len(set(pictures)) == len(pictures) == len(CAST)
    assert all(Image.open(user.picture).size == (256, 256) for user in User.objects.all())


def test_a_face_is_always_drawn_the_same() -> None:
    assert faces.draw(CAST[0].face).read() == faces.draw(CAST[0].face).read()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 3, 29, 23, 5, tzinfo=UTC),  # just after a midnight, on the day the clocks changed
        datetime(2026, 10, 25, 10, 0, tzinfo=UTC),
        datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
    ],
)
def test_all_of_it_happened_in_the_last_days_in_the_order_of_the_positions(db: None, now: datetime) -> None:
    stage.play_all("", now)
    for conversation in Conversation.objects.all():
        times = list(conversation.messages.in_order().values_list("sent_at", flat=True))
        assert all(before <= after for before, after in pairwise(times))
        assert now - timedelta(days=7) < times[0]
        assert times[-1] < now
        assert conversation.latest_at == times[-1]


def test_people_joined_and_left_when_the_rows_say_so(db: None) -> None:
    demo()
    for row in Message.objects.filter(kind=Message.Kind.JOINED):
        assert row.conversation.participation_of(row.subject).joined_at == row.sent_at
    (left,) = Participation.objects.left_by(first_person())
    assert left.left_at == left.conversation.messages.get(position=left.left_position).sent_at


def test_something_is_unread_for_the_first_person_and_for_nobody_else(db: None) -> None:
    demo()
    inbox = Participation.objects.inbox_for(first_person())
    assert 0 < inbox.filter(unread__gt=0).count() < inbox.count()
    for user in User.objects.exclude(pk=first_person().pk):
        assert not Participation.objects.unread_for(user).exists()


def test_it_shows_what_conversations_can_hold(db: None) -> None:
    demo()
    bodies = list(Message.objects.filter(kind=Message.Kind.TEXT).values_list("body", flat=True))
    assert {kind for (kind,) in Message.objects.values_list("kind")} >= {"text", "joined", "left", "renamed"}
    for script in (r"[\u0600-\u06ff]", r"[\u3040-\u30ff]", r"[\u4e00-\u9fff]", r"https://", r"^\W$"):
        assert any(re.search(script, body) for body in bodies), script
    assert max(map(len, bodies)) > 500
    assert {conversation.kind for conversation in Conversation.objects.all()} == {"private", "group"}
    assert Conversation.objects.filter(kind="group", title="").exists()


def test_the_first_person_sees_it_in_the_inbox(db: None) -> None:
    client = Client()
    client.login(username=CAST[0].email, password=password_in(demo()))
    page = client.get("/").content.decode()
    assert "Courtyard garden" in page
    assert "田中 美咲" in page


def test_the_first_person_has_a_book_of_a_few_hundred_contacts(db: None) -> None:
    demo()
    mine = Party.objects.of(first_person())
    assert 200 < mine.people().count() < 500
    assert mine.organizations().count() > 5
    assert mine.exclude(avatar="").count() > 20
    assert {folder.name for folder in first_person().folders.all()} == {"Phone", "Organisations", "People"}
    groups = dict(ContactGroup.objects.of(first_person()).values_list("name", "source"))
    assert groups["Summer trip"] == ContactGroup.Source.CARD
    assert groups["Courtyard garden"] == ContactGroup.Source.CATEGORIES
    assert mine.in_folder(first_person().folders.get(name="People")).search("sorensen").exists()


def test_it_shows_what_a_book_can_hold(db: None) -> None:
    demo()
    mine = Party.objects.of(first_person())
    days = [person.person.birthday for person in mine.people() if person.person.birthday]
    assert {day.year is None for day in days} == {True, False}
    assert set(PartyHandle.objects.values_list("handle__platform", flat=True)) >= {"email", "phone", "website"}
    assert mine.filter(addresses__isnull=False, affiliations__organization__isnull=False).exists()
    assert mine.exclude(notes="").exists()
    for script in (r"[\u0600-\u06ff]", r"[\u3400-\u9fff]", r"[\u0400-\u04ff]"):
        assert any(re.search(script, party.display_name) for party in mine), script


def test_something_in_the_book_waits_for_a_word_of_its_owner(db: None) -> None:
    demo()
    assert PartyHandle.objects.to_review().filter(party__owner=first_person()).exists()
    assert probable_duplicates(first_person())
    assert QuarantinedCard.objects.get().reason


def test_everybody_has_the_others_in_their_book(db: None) -> None:
    demo()
    for user in User.objects.all():
        known = Party.objects.of(user).filter(links__handle__platform="email")
        others = User.objects.exclude(pk=user.pk)
        assert set(others.values_list("email", flat=True)) <= set(
            known.values_list("links__handle__normalised", flat=True)
        )


def test_some_are_known_by_another_name_than_their_own(db: None) -> None:
    demo()
    zoe = User.objects.get(email="zoe@parley.example")
    assert Party.objects.of(first_person()).get(user=zoe).display_name == "Zoë (3rd floor)"


def test_somebody_without_an_account_is_waited_for_and_gets_no_e_mail(db: None) -> None:
    demo()
    invite = Invite.objects.get()
    assert (invite.inviter, invite.platform, invite.state) == (first_person(), "phone", "open")
    assert invite.conversation.title_for(first_person()) == invite.party.display_name
    assert mail.outbox == []


def test_nobody_in_the_book_can_be_reached_by_mistake(db: None) -> None:
    demo()
    for platform, value in set(PartyHandle.objects.values_list("handle__platform", "handle__normalised")):
        if platform == "email":
            assert value.endswith(".example")
        elif platform == "phone":
            assert value.startswith(("+447700900", "+441632960"))


def test_the_pages_of_the_book_show_it(db: None) -> None:
    client = Client()
    client.login(username=CAST[0].email, password=password_in(demo()))
    assert "Ada L." in client.get("/contacts/?q=ada").content.decode()
    assert "Summer trip" in client.get("/contacts/groups/").content.decode()
    assert "doubtful" in client.get("/contacts/review/").content.decode()


def test_a_second_run_changes_nothing_and_says_how_to_sign_in(db: None) -> None:
    demo()
    before = everything()
    printed = demo()
    assert everything() == before
    assert CAST[0].email in printed
    assert "--reset-passwords" in printed


def test_people_who_joined_the_demo_keep_their_passwords(db: None) -> None:
    demo()
    alice = account("Alice")
    assert alice.email not in demo("--reset-passwords")
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_reset_passwords_prints_one_that_works_and_ends_the_old_one(db: None) -> None:
    old = password_in(demo())
    new = password_in(demo("--reset-passwords"))
    assert Client().login(username=CAST[1].email, password=new)
    assert not Client().login(username=CAST[1].email, password=old)


@pytest.mark.parametrize("options", [[], ["--reset-passwords"]])
def test_a_server_with_other_people_is_refused_untouched(alice: User, options: list[str]) -> None:
    before = everything()
    with pytest.raises(CommandError, match="people of its own"):
        demo(*options)
    assert everything() == before


def test_a_server_whose_people_are_gone_is_refused(alice: User) -> None:
    alice.delete()
    with pytest.raises(CommandError, match="was, in use"):
        demo()
    assert not User.objects.exists()


def test_a_demo_that_fails_leaves_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "TALKS", [stage.TALKS[0], stage.Talk("anna zoe", [("1d 10:00", "ravi", "Not mine")])])
    with pytest.raises(MessagingPermissionDenied):
        stage.play_all("", timezone.now())
    assert not User.objects.exists()
    assert not Conversation.objects.exists()


def test_a_demo_whose_book_fails_leaves_nothing_either(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "ORGANIZATIONS", [("No domain",)])
    with pytest.raises(ValueError, match="unpack"):
        demo()
    assert everything() == []
