"""The pages by which people are invited and join."""

import pytest
from django.test import Client

from project.accounts.models import Invitation, User
from tests.accounts.pages import (
    HOSTILE_NAMES,
    is_signed_in,
    looks_of,
    open_invitation,
    sign_up,
    text_of,
)
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

GONE = "This invitation does not work any more. Ask the person who sent it for a new link."


def make(client: Client, **fields: str):
    return client.post("/invitations/", {"expires_at": "14", "max_uses": "", **fields})


def test_a_member_makes_an_invitation_and_sees_its_link_again(alice):
    browser = signed_in(alice)
    assert make(browser).headers["Location"] == "/invitations/"
    page = text_of(browser.get("/invitations/"))
    assert f"http://testserver/join/{Invitation.objects.get().token}/" in page


def test_links_start_with_the_origin_where_it_is_set(alice, invitation, settings):
    settings.ORIGIN = "https://chat.example.org"
    assert "https://chat.example.org/join/" in text_of(signed_in(alice).get("/invitations/"))


def test_the_maker_chooses_how_long_it_works_and_for_how_many(alice):
    make(signed_in(alice), expires_at="1", max_uses="3")
    invitation = Invitation.objects.get()
    assert (invitation.expires_at - invitation.created_at).days in {0, 1}
    assert invitation.max_uses == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_at": ""},
        {"expires_at": "0"},
        {"expires_at": "99999"},
        {"expires_at": "a\0b"},
        {"max_uses": "0"},
        {"max_uses": "-1"},
        {"max_uses": "1001"},
        {"max_uses": "9" * 400},
        {"max_uses": "many"},
        {"max_uses": "a\0b"},
    ],
)
def test_a_wrong_choice_makes_no_invitation(alice, fields):
    answer = make(signed_in(alice), **fields)
    assert answer.status_code == 422
    assert 'class="errors"' in text_of(answer)
    assert not Invitation.objects.exists()


def test_nobody_collects_invitations_without_end(alice):
    Invitation.objects.bulk_create(Invitation(inviter=alice) for _ in range(50))
    answer = make(signed_in(alice))
    assert answer.status_code == 422
    assert "Revoke one" in text_of(answer)


def test_the_list_counts_who_joined(alice, invitation):
    invitation.admit(User(email="dora@example.org", display_name="Dora"))
    assert "1 joined" in text_of(signed_in(alice).get("/invitations/"))


def test_the_list_takes_a_fixed_number_of_queries(alice, invitation, django_assert_num_queries):
    browser = signed_in(alice)
    browser.get("/invitations/")
    for _ in range(20):
        Invitation.objects.create(inviter=alice)
    with django_assert_num_queries(3):
        browser.get("/invitations/")


def test_carol_does_not_see_the_invitations_of_alice(carol, invitation):
    browser = signed_in(carol)
    assert invitation.public_id not in text_of(browser.get("/invitations/"))
    assert invitation.public_id in text_of(signed_in(invitation.inviter).get("/invitations/"))


def test_carol_revoking_the_invitation_of_alice_finds_nothing(carol, invitation):
    absent = signed_in(carol).post("/invitations/0000000000000000/revoke/")
    answer = signed_in(carol).post(f"/invitations/{invitation.public_id}/revoke/")
    assert (answer.status_code, text_of(answer)) == (404, text_of(absent))
    assert invitation.is_usable


def test_an_administrator_sees_and_revokes_all_invitations(carol, invitation):
    carol.is_staff = True
    carol.save(update_fields=["is_staff"])
    browser = signed_in(carol)
    page = text_of(browser.get("/invitations/"))
    assert invitation.token in page
    assert "Alice" in page
    browser.post(f"/invitations/{invitation.public_id}/revoke/")
    assert not invitation.is_usable


def test_alice_revokes_her_invitation(alice, invitation):
    browser = signed_in(alice)
    browser.post(f"/invitations/{invitation.public_id}/revoke/")
    assert not invitation.is_usable
    assert invitation.public_id not in text_of(browser.get("/invitations/"))


def test_revoking_takes_a_post(alice, invitation):
    assert signed_in(alice).get(f"/invitations/{invitation.public_id}/revoke/").status_code == 405
    assert invitation.is_usable


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_visitor_must_sign_in_to_invite(visitor, alice, method):
    answer = getattr(visitor, method)("/invitations/")
    assert answer.headers["Location"] == "/accounts/login/?next=/invitations/"


def test_the_link_says_who_invites(visitor, invitation):
    page = text_of(visitor.get(f"/join/{invitation.token}/"))
    assert f'<span data-person="{invitation.inviter.public_id}" dir="auto">Alice</span> invites you' in page


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_the_name_of_who_invites_is_only_text(visitor, invitation, name):
    User.objects.update(display_name=name)
    page = text_of(visitor.get(f"/join/{invitation.token}/"))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<svg" not in page
    assert "' onmouseover" not in page


def test_looking_at_a_link_changes_nothing(visitor, invitation):
    visitor.get(f"/join/{invitation.token}/")
    assert not visitor.cookies.get("sessionid")
    assert visitor.get("/accounts/signup/").status_code == 403


def test_the_link_leads_to_sign_up(visitor, invitation):
    assert open_invitation(visitor, invitation).headers["Location"] == "/accounts/signup/"
    assert visitor.get("/accounts/signup/").status_code == 200


def test_who_signs_up_by_an_invitation_is_signed_in(visitor, invitation):
    open_invitation(visitor, invitation)
    assert sign_up(visitor).headers["Location"] == "/"
    dave = User.objects.get(display_name="Dave")
    assert (dave.email, dave.time_zone, dave.invited_by) == ("dave@example.org", "Europe/Prague", invitation)
    assert not dave.is_staff
    assert is_signed_in(visitor)


def test_the_invitation_is_forgotten_after_sign_up(visitor, invitation):
    open_invitation(visitor, invitation)
    sign_up(visitor)
    visitor.post("/accounts/logout/")
    assert visitor.get("/accounts/signup/").status_code == 403


def test_who_is_signed_in_is_told_so_and_joins_nothing(bob, invitation):
    browser = signed_in(bob)
    assert "You have an account here already" in text_of(browser.get(f"/join/{invitation.token}/"))
    assert "You have an account here already" in text_of(open_invitation(browser, invitation))


def dead_links(invitation: Invitation, expired: Invitation) -> list[str]:
    invitation.revoke()
    return [invitation.token, expired.token, "unknown", f"{invitation.public_id}.forged", "a" * 200]


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_dead_link_says_the_same_sentence(visitor, invitation, expired, method):
    answers = [getattr(visitor, method)(f"/join/{token}/") for token in dead_links(invitation, expired)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({looks_of(answer) for answer in answers}) == 1
    assert GONE in text_of(answers[0])


@pytest.mark.parametrize("token", ["%00", "a%00b", "%2e%2e%2f", "%F0%9F%92%A9", "a" * 5000])
def test_a_link_that_could_not_be_one_is_not_found(visitor, alice, token):
    assert visitor.get(f"/join/{token}/").status_code == 404
