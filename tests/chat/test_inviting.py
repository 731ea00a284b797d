"""Invitations into conversations: letters, links, who comes by them, and what who invites sees of it."""

import logging
import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from PIL import Image

from chat import frames
from chat.exceptions import InviteRefused, MessagingPermissionDenied
from chat.models import Block, Conversation, Invite, Participation
from chat.models.letters import link_of
from chat.models.starting import add_recipients, conversation_with, start_with
from chat.tasks import remind_invited
from contacts.card import Photo
from contacts.models import Party
from project.accounts.models import Invitation, User
from tests.accounts.pages import is_signed_in, sign_in, text_of
from tests.cast import PASSWORD, signed_in
from tests.contacts.cast import contact, email, folder_of, phone, placed

from .cast import Committed, Events, system_rows
from .guests import ANNA, PHONE, bodies, invited, join, link_in, member, named, verified
from .pages import url

pytestmark = pytest.mark.usefixtures("mail_server")


@pytest.fixture
def mail_server(settings: Any) -> None:
    """As with EMAIL_URL set."""
    settings.EMAIL_URL = "smtp://localhost"
    settings.ORIGIN = "https://chat.example.org"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def visitor(db: None) -> Client:
    return Client()


@pytest.fixture
def anna(alice: User) -> Party:
    """In alice's book."""
    return placed(folder_of(alice), contact("Anna Novák", email(ANNA), phone(PHONE)))[0]


def long_ago(invite: Invite, days: int) -> Invite:
    """Let an invitation have been sent days ago."""
    by = timedelta(days=days)
    Invite.objects.filter(pk=invite.pk).update(sent_at=invite.sent_at - by)
    link = Invitation.objects.filter(pk=invite.link_id)
    link.update(created_at=invite.link.created_at - by, expires_at=invite.link.expires_at - by)
    return Invite.objects.select_related("link", "conversation", "inviter").get(pk=invite.pk)


def act(client: Client, invite: Invite, doing: str, **fields: str) -> Any:
    return client.post(url(f"invite_{doing}", invite.conversation, invite), fields)


# --- The letter ----------------------------------------------------------------------------------------------------


def test_the_letter_names_who_invites_and_the_server_and_when_the_link_ends(alice: User, mailoutbox: Any) -> None:
    invite = invited(alice, body="a secret between us")
    (letter,) = mailoutbox
    assert letter.to == [ANNA]
    assert letter.subject == "Alice invites you to Parley"
    texts = [letter.body, letter.alternatives[0][0]]
    assert letter.alternatives[0][1] == "text/html"
    for text in texts:
        assert "Alice" in text
        assert "Parley" in text
        assert f"https://chat.example.org/invited/{invite.link.token}/" in text
        assert f"{invite.link.expires_at:%B %Y}" in text
        assert "a secret" not in text


def test_the_letter_holds_the_message_where_that_is_ticked(alice: User, mailoutbox: Any) -> None:
    start_with(alice, [named()], body="Lunch & <b>cake</b>?", is_text_told=True)
    (letter,) = mailoutbox
    assert "Lunch & <b>cake</b>?" in letter.body
    assert "Lunch &amp; &lt;b&gt;cake&lt;/b&gt;?" in letter.alternatives[0][0]


def test_a_name_is_only_text_in_a_letter(alice: User, mailoutbox: Any) -> None:
    User.objects.filter(pk=alice.pk).update(display_name="<script>alert(1)</script>")
    invited(User.objects.get(pk=alice.pk))
    assert "<script>" not in mailoutbox[0].alternatives[0][0]


def test_the_link_stands_in_the_letter_alone(alice: User, carol: User, mailoutbox: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    invite = invited(alice, body="hello")
    carol.is_staff = carol.is_superuser = True
    carol.save()
    token, public_id = invite.link.token, invite.link.public_id
    pages = [
        signed_in(alice).get(url("conversation", invite.conversation)),
        signed_in(alice).get(url("people", invite.conversation)),
        signed_in(alice).get("/invitations/"),
        signed_in(carol).get("/invitations/"),
        signed_in(carol).get("/admin/accounts/invitation/"),
    ]
    for page in pages:
        assert page.status_code == 200
        assert token not in text_of(page)
        assert public_id not in text_of(page)
    assert token not in caplog.text
    assert signed_in(alice).post(f"/invitations/{public_id}/revoke/").status_code == 404
    assert Client().get(f"/join/{token}/").status_code == 404
    assert token in mailoutbox[0].body


@pytest.mark.parametrize("case", ["no mail server", "a number"])
def test_without_an_e_mail_who_invites_gets_a_link_to_hand_on_which_verifies_nothing(
    case: str, alice: User, carol: User, settings: Any, mailoutbox: Any
) -> None:
    if case == "no mail server":
        settings.EMAIL_URL = ""
    invite = invited(alice, ANNA if case == "no mail server" else PHONE)
    assert not mailoutbox
    assert invite.link.address == ""
    page = text_of(signed_in(alice).get(url("conversation", invite.conversation)))
    assert "No e-mail was sent" in page
    assert f"/invited/{invite.link.token}/" in page
    carol.is_staff = carol.is_superuser = True
    carol.save()
    assert invite.link.token not in text_of(signed_in(carol).get("/invitations/"))


def test_in_a_group_the_others_hear_neither_the_name_nor_the_address_nor_the_link(
    alice: User, bob: User, group: Conversation
) -> None:
    add_recipients(group, [named(PHONE, "Anna from the clinic")], by=alice)
    (invite,) = group.invites.all()
    hers, his = (text_of(signed_in(one).get(url("people", group))) for one in (alice, bob))
    for secret in ("Anna from the clinic", link_of(invite)):
        assert secret in hers
        assert secret not in his
    assert "Somebody who has no account yet" in his
    invite.withdraw(by=alice)
    assert "Somebody who has no account yet" not in text_of(signed_in(bob).get(url("people", group)))
    assert "clinic" not in text_of(signed_in(bob).get(url("conversation", group)))


# --- Coming by the link --------------------------------------------------------------------------------------------


def test_looking_at_the_link_changes_nothing(visitor: Client, alice: User, mailoutbox: Any) -> None:
    invite = invited(alice, body="hello")
    page = text_of(visitor.get(link_in(mailoutbox[0])))
    assert "Alice</span> invites you to Parley" in page
    assert "hello" not in page
    assert ANNA not in page
    assert not visitor.cookies.get("sessionid")
    invite.refresh_from_db()
    assert invite.state == "open"


def test_who_joins_by_the_letter_finds_what_was_written_meanwhile(
    visitor: Client, alice: User, anna: Party, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    invite = invited(alice, body="hello", party=anna)
    invite.conversation.post("are you there?", by=alice)
    link = link_in(mailoutbox[0])

    with django_capture_on_commit_callbacks(execute=True):
        answer = join(visitor, link)
    assert answer["Location"] == "/invited/"
    assert visitor.get("/invited/")["Location"] == url("conversation", invite.conversation)

    newcomer = User.objects.get(email=ANNA)
    assert EmailAddress.objects.get(user=newcomer).verified
    assert len(mailoutbox) == 1  # nothing has to be confirmed
    conversation = Conversation.objects.get()
    assert conversation.pair == Conversation.pair_of(alice, newcomer)
    assert bodies(conversation) == ["hello", "are you there?", "joined"]
    (row,) = Participation.objects.unread_for(newcomer)
    assert row.unread == 2
    assert system_rows(conversation) == [("joined", None, "Anna", "")]
    anna.refresh_from_db()
    assert anna.user == newcomer  # the contact is linked by the verified address
    assert conversation_with(alice, [member(newcomer)]) == conversation
    invite.refresh_from_db()
    assert (invite.state, invite.guest) == ("joined", newcomer)


def test_the_address_of_the_letter_is_filled_in_and_fixed(visitor: Client, alice: User, mailoutbox: Any) -> None:
    invited(alice)
    visitor.post(link_in(mailoutbox[0]), {"do": "join"})
    form = text_of(visitor.get("/accounts/signup/"))
    assert f'value="{ANNA}"' in form
    assert "readonly" in form
    join(visitor, link_in(mailoutbox[0]), email="mallory@example.org")
    assert User.objects.filter(email=ANNA).exists()
    assert not EmailAddress.objects.filter(email="mallory@example.org").exists()


def test_a_link_that_verifies_nothing_leaves_the_address_to_be_confirmed(
    visitor: Client, alice: User, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    invite = invited(alice, PHONE)
    with django_capture_on_commit_callbacks(execute=True):
        join(visitor, f"/invited/{invite.link.token}/", email="zed@example.net", display_name="Zed")
    assert not EmailAddress.objects.get(email="zed@example.net").verified
    assert not is_signed_in(visitor)
    assert set(Conversation.objects.get().participants) == {alice, User.objects.get(email="zed@example.net")}


def test_a_verified_address_counts_for_the_sign_up_by_that_link_alone(
    visitor: Client, alice: User, settings: Any, mailoutbox: Any
) -> None:
    settings.OPEN_SIGNUP = True
    invite = invited(alice)
    visitor.post(link_in(mailoutbox[0]), {"do": "join"})
    invite.withdraw(by=alice)
    visitor.post(
        "/accounts/signup/", {"display_name": "Anna", "email": ANNA, "password1": PASSWORD, "time_zone": "UTC"}
    )
    assert not EmailAddress.objects.get(email=ANNA).verified


def test_the_owner_of_an_account_is_told_to_sign_in_instead(
    visitor: Client, alice: User, settings: Any, mailoutbox: Any
) -> None:
    settings.MEMBERS_FIND_EACH_OTHER = False
    User.objects.create_user(ANNA, PASSWORD, display_name="Anna")
    invited(alice)
    answer = join(visitor, link_in(mailoutbox[0]))
    assert answer.status_code == 422
    assert "There is an account with this address already. Sign in" in text_of(answer)


def test_who_has_an_account_signs_in_and_joins_with_it(
    visitor: Client, alice: User, settings: Any, mailoutbox: Any
) -> None:
    settings.MEMBERS_FIND_EACH_OTHER = False
    anna = verified("Anna", ANNA)
    invite = invited(alice, body="hello")
    answer = visitor.post(link_in(mailoutbox[0]), {"do": "sign-in"})
    assert answer["Location"] == "/accounts/login/?next=/invited/"
    visitor.force_login(anna)
    assert "Join as Anna" in text_of(visitor.get(link_in(mailoutbox[0])))
    answer = visitor.post(link_in(mailoutbox[0]), {"do": "accept"})
    assert answer["Location"] == url("conversation", invite.conversation)
    assert set(invite.conversation.participants) == {alice, anna}
    assert visitor.get(link_in(mailoutbox[0]))["Location"] == url("conversation", invite.conversation)


def test_the_question_to_join_survives_the_sign_in(visitor: Client, alice: User, bob: User, mailoutbox: Any) -> None:
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    invite = invited(alice, body="hello")
    visitor.post(link_in(mailoutbox[0]), {"do": "sign-in"})
    assert sign_in(visitor, bob.email, next="/invited/")["Location"] == "/invited/"
    assert "Join as Bob" in text_of(visitor.get("/invited/"))
    assert not Conversation.objects.open_to(bob).exists()
    assert visitor.post("/invited/", {"do": "accept"})["Location"] == url("conversation", invite.conversation)
    assert Conversation.objects.open_to(bob).exists()


def test_the_token_is_in_no_other_address(visitor: Client, alice: User, mailoutbox: Any) -> None:
    invite = invited(alice)
    for way in ("join", "sign-in"):
        assert invite.link.token not in visitor.post(link_in(mailoutbox[0]), {"do": way})["Location"]


def test_a_link_is_for_one_person(visitor: Client, alice: User, bob: User, carol: User, mailoutbox: Any) -> None:
    invited(alice)
    link = link_in(mailoutbox[0])
    assert signed_in(bob).post(link, {"do": "accept"}).status_code == 302
    for client in (signed_in(carol), visitor):
        answer = client.get(link)
        assert answer.status_code == 410
        assert "Somebody has joined by this invitation already" in text_of(answer)
    assert signed_in(carol).post(link, {"do": "accept"}).status_code == 410
    assert visitor.post(link, {"do": "join"}).status_code == 410
    assert visitor.get("/accounts/signup/").status_code == 403
    assert not Conversation.objects.open_to(carol).exists()


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("withdrawn", "Alice has withdrawn this invitation"),
        ("expired", "This invitation has expired"),
        ("disabled", "does not work any more"),
        ("deleted", "does not lead anywhere any more"),
        ("unknown", "does not lead anywhere any more"),
    ],
)
def test_a_link_that_ended_says_why_and_what_to_do(
    end: str, sentence: str, visitor: Client, alice: User, bob: User, mailoutbox: Any
) -> None:
    invite = invited(alice)
    link = link_in(mailoutbox[0])
    if end == "withdrawn":
        invite.withdraw(by=alice)
    elif end == "expired":
        long_ago(invite, 15)
    elif end == "disabled":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    elif end == "deleted":
        alice.delete()
    else:
        link = "/invited/0000000000000000.forged/"
    for answer in (visitor.get(link), visitor.post(link, {"do": "join"})):
        assert answer.status_code in {404, 410}
        assert sentence in text_of(answer)
        assert "Ask whoever invited you for a new link" in text_of(answer)
    assert signed_in(bob).post(link, {"do": "accept"}).status_code in {404, 410}
    assert visitor.get("/accounts/signup/").status_code == 403
    assert not Conversation.objects.open_to(bob).exists()


def test_an_invitation_withdrawn_during_the_sign_up_lets_nobody_in(
    visitor: Client, alice: User, mailoutbox: Any
) -> None:
    invite = invited(alice)
    visitor.post(link_in(mailoutbox[0]), {"do": "join"})
    invite.withdraw(by=alice)
    form = {"display_name": "Anna", "email": ANNA, "password1": PASSWORD, "time_zone": "UTC"}
    assert visitor.post("/accounts/signup/", form).status_code == 403
    assert not User.objects.filter(email=ANNA).exists()


def test_who_came_first_by_an_account_takes_the_place_of_a_sign_up_that_has_begun(
    visitor: Client, alice: User, bob: User, mailoutbox: Any
) -> None:
    invited(alice)
    visitor.post(link_in(mailoutbox[0]), {"do": "join"})
    signed_in(bob).post(link_in(mailoutbox[0]), {"do": "accept"})
    form = {"display_name": "Anna", "email": ANNA, "password1": PASSWORD, "time_zone": "UTC"}
    assert visitor.post("/accounts/signup/", form).status_code == 403
    assert not User.objects.filter(email=ANNA).exists()


def test_nobody_joins_by_their_own_invitation(alice: User, mailoutbox: Any) -> None:
    invited(alice)
    answer = signed_in(alice).post(link_in(mailoutbox[0]), {"do": "accept"})
    assert answer.status_code == 410
    assert "your own invitation" in text_of(answer)


def test_an_invitation_into_a_group_that_its_inviter_left_lets_nobody_in(
    alice: User, bob: User, carol: User, group: Conversation, mailoutbox: Any
) -> None:
    add_recipients(group, [named()], by=bob)
    group.participation_of(bob).revoke(by=bob)
    assert signed_in(carol).post(link_in(mailoutbox[0]), {"do": "accept"}).status_code == 410
    assert carol not in group.participants


def test_a_guest_of_a_group_sees_all_of_it_and_what_came_since_the_invitation_is_unread(
    alice: User, bob: User, carol: User, group: Conversation, mailoutbox: Any
) -> None:
    group.post("before", by=alice)
    add_recipients(group, [named()], by=alice)
    group.post("since", by=bob)
    signed_in(carol).post(link_in(mailoutbox[0]), {"do": "accept"})
    assert carol in group.participants
    assert system_rows(group) == [("joined", None, "Carol", "")]
    (row,) = Participation.objects.unread_for(carol)
    assert row.unread == 1


# --- Two conversations become one ----------------------------------------------------------------------------------


def test_what_waited_is_said_in_the_conversation_that_the_two_have_already(
    alice: User, bob: User, committed: Committed, events: Events
) -> None:
    there = Conversation.start(alice, [bob])
    there.post("one", by=alice)
    there.participation_of(bob).read(1)
    invite = invited(alice, body="two")
    waiting = invite.conversation
    said = waiting.post("three", by=alice)
    events.clear()

    with committed():
        assert invite.accept(bob) == there

    there.refresh_from_db()
    rows = list(there.messages.in_order())
    assert [row.body for row in rows] == ["one", "two", "three"]
    assert [row.position for row in rows] == [row.version for row in rows] == [1, 2, 3]
    assert (there.last_position, there.version, there.latest_message) == (3, 3, said)
    assert rows[2].sent_at == said.sent_at
    (row,) = Participation.objects.unread_for(bob)
    assert row.unread == 2
    assert not Conversation.objects.filter(pk=waiting.pk).exists()
    (gone,) = [frame for frame in events.frames_to(alice, "participants") if frame["left"]]
    assert (gone["conversation"], gone["left"]) == (waiting.public_id, [alice.public_id])
    assert {frame["conversation"] for frame in events.frames_to(bob)} == {there.public_id}


def test_the_address_of_what_waited_leads_to_where_it_is_now(alice: User, bob: User, carol: User) -> None:
    there = Conversation.start(alice, [bob])
    invite = invited(alice, body="hello")
    waiting = invite.conversation
    invite.accept(bob)
    hers = signed_in(alice)
    assert hers.get(url("conversation", waiting))["Location"] == url("conversation", there)
    assert hers.post(url("messages", waiting), {"body": "late"}).status_code == 200
    assert bodies(there) == ["hello", "late"]
    assert waiting.post("later", by=alice).conversation == there  # read before the other joined
    assert signed_in(carol).get(url("conversation", waiting)).status_code == 404
    assert signed_in(carol).post(url("messages", waiting), {"body": "me too"}).status_code == 404


def test_a_frame_for_what_waited_is_said_where_it_is_now(alice: User, bob: User) -> None:
    there = Conversation.start(alice, [bob])
    invite = invited(alice)
    waiting = invite.conversation.public_id
    invite.accept(bob)
    frame = {"type": "send", "conversation": waiting, "client_id": str(uuid.uuid4()), "body": "late"}
    answer = frames.do(alice.pk, frame)
    assert answer is not None
    assert (answer["type"], bodies(there)) == ("sent", ["late"])


def test_what_waited_for_somebody_who_blocked_the_inviter_stays_unheard(alice: User, bob: User) -> None:
    there = Conversation.start(alice, [bob])
    Block.objects.block(bob, alice)
    invite = invited(alice, body="hello")
    invite.accept(bob)
    assert not Participation.objects.unread_for(bob).exists()
    hers, his = there.participation_of(alice), there.participation_of(bob)
    assert [one.body for one in there.messages_for(hers)] == ["hello"]
    assert not there.messages_for(his).exists()


def test_accepting_twice_is_accepting_once(alice: User, bob: User) -> None:
    invite = invited(alice)
    assert invite.accept(bob) == invite.accept(bob)
    assert invite.conversation.messages.count() == 1


# --- What who invites sees and does --------------------------------------------------------------------------------


def test_who_invites_sees_what_became_of_it(alice: User, bob: User, mailoutbox: Any) -> None:
    invite = invited(alice)
    hers = signed_in(alice)

    def seen() -> str:
        pages = [text_of(hers.get(url(name, invite.conversation))) for name in ("conversation", "people")]
        assert all(ANNA in page for page in pages) or invite.state != "open"
        return " ".join(" ".join(pages).split())

    assert "Invited on" in seen()
    assert "expires on" in seen()
    assert "Not here yet" in seen()
    invite.withdraw(by=alice)
    assert "Withdrawn on" in seen()
    invite.send_again(by=alice)
    invite = long_ago(invite, 15)
    assert "the invitation has expired" in seen()
    invite.send_again(by=alice)
    invite.accept(bob)
    assert "Joined on" in seen()


def test_a_letter_is_sent_again_once(alice: User, mailoutbox: Any) -> None:
    invite = invited(alice)
    hers = signed_in(alice)
    assert "Send again" in text_of(hers.get(url("conversation", invite.conversation)))
    assert act(hers, invite, "again")["Location"] == url("conversation", invite.conversation)
    assert act(hers, invite, "again", then="people").status_code == 403
    first, second = mailoutbox
    assert second.subject == "Reminder: Alice invites you to Parley"
    assert link_in(second) == link_in(first)
    page = text_of(hers.get(url("conversation", invite.conversation)))
    assert "Send again" not in page
    assert "Reminded on" in page


def test_after_the_end_sending_again_is_a_new_invitation(visitor: Client, alice: User, mailoutbox: Any) -> None:
    invite = long_ago(invited(alice), 15)
    act(signed_in(alice), invite, "again")
    first, second = mailoutbox
    assert second.subject == "Alice invites you to Parley"
    assert link_in(first) != link_in(second)
    assert visitor.get(link_in(first)).status_code == 404
    assert visitor.get(link_in(second)).status_code == 200


def test_an_address_is_not_written_to_over_and_over(alice: User, mailoutbox: Any) -> None:
    invite = invited(alice)
    for _ in range(2):
        invite.withdraw(by=alice)
        invite.send_again(by=alice)
    invite.withdraw(by=alice)
    with pytest.raises(InviteRefused, match="Wait until tomorrow"):
        invite.send_again(by=alice)
    assert len(mailoutbox) == 3
    invited(alice, "somebody-else@example.net")


def test_one_reminder_goes_out_by_itself_after_a_week(alice: User, mailoutbox: Any) -> None:
    invited(alice, "fresh@example.net")
    due = long_ago(invited(alice), 8)
    withdrawn = long_ago(invited(alice, "withdrawn@example.net"), 8)
    withdrawn.withdraw(by=alice)
    long_ago(invited(alice, "over@example.net"), 15)
    long_ago(invited(alice, PHONE), 8)
    mailoutbox.clear()
    for _ in range(2):
        remind_invited.call_local()
    assert [(letter.to, link_in(letter)) for letter in mailoutbox] == [([due.address], f"/invited/{due.link.token}/")]


def test_a_reminder_repeats_the_message_only_where_that_was_ticked(alice: User, mailoutbox: Any) -> None:
    told = start_with(alice, [named()], body="Lunch?", is_text_told=True).invites.get()
    Invite.objects.filter(pk=told.pk).update(sent_at=timezone.now() - timedelta(days=8))
    invited(alice, "quiet@example.net", body="Dinner?").send_again(by=alice)
    mailoutbox.clear()
    remind_invited.call_local()
    (letter,) = mailoutbox
    assert "Lunch?" in letter.body


def test_the_worker_reminds_nobody_where_it_does_not_know_what_the_server_is_called(
    alice: User, settings: Any, mailoutbox: Any
) -> None:
    long_ago(invited(alice), 8)
    settings.ORIGIN = ""
    mailoutbox.clear()
    remind_invited.call_local()
    assert not mailoutbox


def test_withdrawing_twice_is_withdrawing_once(alice: User) -> None:
    invite = invited(alice)
    invite.withdraw(by=alice)
    first = invite.withdrawn_at
    invite.withdraw(by=alice)
    assert invite.withdrawn_at == first


def test_whoever_has_joined_is_not_withdrawn(alice: User, bob: User) -> None:
    invite = invited(alice)
    invite.accept(bob)
    for verb in (invite.withdraw, invite.send_again):
        with pytest.raises(InviteRefused, match="joined already"):
            verb(by=alice)


@pytest.mark.parametrize("doing", ["again", "withdraw", "identify"])
def test_carol_does_nothing_with_the_invitations_of_alice(
    doing: str, alice: User, carol: User, mailoutbox: Any
) -> None:
    invite = invited(alice)
    assert act(signed_in(carol), invite, doing).status_code == 404
    assert act(signed_in(alice), invite, doing).status_code == 303
    assert signed_in(alice).get(url(f"invite_{doing}", invite.conversation, invite)).status_code == 405


def test_a_member_does_not_send_or_withdraw_what_another_invited_but_who_started_the_group_withdraws(
    alice: User, bob: User, dave: User, group: Conversation
) -> None:
    add_recipients(group, [named()], by=bob)
    invite = group.invites.get()
    with pytest.raises(MessagingPermissionDenied):
        invite.withdraw(by=dave)
    with pytest.raises(MessagingPermissionDenied):
        invite.send_again(by=alice)
    invite.withdraw(by=alice)
    assert invite.state == "withdrawn"


def test_open_pages_hear_of_it(
    alice: User, bob: User, dave: User, group: Conversation, committed: Committed, events: Events
) -> None:
    with committed():
        add_recipients(group, [named()], by=alice)
    invite = group.invites.get()
    with committed():
        invite.withdraw(by=alice)
    for person in (alice, bob, dave):
        assert len(events.frames_to(person, "participants")) == 2
    assert "Anna" not in str(events)


def test_who_leaves_does_not_hear_whom_the_last_one_waits_for(
    alice: User, bob: User, committed: Committed, events: Events
) -> None:
    group = start_with(alice, [member(bob), named(PHONE, "Anna from the clinic")])
    with committed():
        group.participation_of(bob).revoke(by=bob)
    assert events.frames_to(bob, "participants")
    assert "clinic" not in str(events)


def test_who_waits_alone_hears_the_name_and_nobody_else(alice: User, committed: Committed, events: Events) -> None:
    invite = invited(alice)
    with committed():
        invite.withdraw(by=alice)
    (frame,) = events.frames_to(alice, "participants")
    assert "Anna Novák" in frame["content"]


# --- Who it is -----------------------------------------------------------------------------------------------------


def test_who_joined_by_a_link_is_whom_the_inviter_says(alice: User, bob: User, anna: Party) -> None:
    invite = invited(alice, PHONE, party=anna)
    invite.accept(bob)
    hers = signed_in(alice)
    page = " ".join(text_of(hers.get(url("conversation", invite.conversation))).split())
    assert "joined by your link for <strong" in page
    assert "That is Anna Novák" in page
    assert conversation_with(alice, [named(PHONE, party=anna)]) == invite.conversation
    act(hers, invite, "identify", is_meant="1")
    anna.refresh_from_db()
    assert anna.user == bob
    assert "joined by your link" not in text_of(hers.get(url("conversation", invite.conversation)))


def test_somebody_else_is_not_asked_about_again(alice: User, bob: User, anna: Party) -> None:
    invite = invited(alice, PHONE, party=anna)
    invite.accept(bob)
    act(signed_in(alice), invite, "identify", is_meant="0")
    anna.refresh_from_db()
    assert anna.user is None
    assert "joined by your link" not in text_of(signed_in(alice).get(url("conversation", invite.conversation)))
    assert conversation_with(alice, [named(PHONE, party=anna)]) is None


def test_who_was_invited_as_nobody_of_the_book_is_not_asked_about(alice: User, bob: User) -> None:
    invite = invited(alice, PHONE)
    invite.accept(bob)
    assert "joined by your link" not in text_of(signed_in(alice).get(url("conversation", invite.conversation)))


def test_a_guest_whose_account_is_deleted_leaves_a_conversation_as_anybody_does(alice: User, bob: User) -> None:
    invite = invited(alice, body="hello")
    invite.accept(bob)
    bob.delete()
    conversation = Conversation.objects.get()
    assert conversation.title_for(alice) == "Deleted account"
    with pytest.raises(MessagingPermissionDenied, match="was deleted"):
        conversation.post("hello?", by=alice)
    assert start_with(alice, [named()]) != conversation


def test_who_is_waited_for_is_shown_with_the_face_of_the_contact(alice: User) -> None:
    buffer = BytesIO()
    Image.new("RGB", (40, 40), "red").save(buffer, "PNG")
    card = contact("Anna Novak", email(ANNA), photo=Photo(data=buffer.getvalue()))
    (anna,) = placed(folder_of(alice), card)
    talk = start_with(alice, [named(party=anna)])
    page = signed_in(alice).get(url("conversation", talk)).content.decode()
    assert f'src="/contacts/{anna.public_id}/avatar/?v={anna.avatar_version}"' in page
