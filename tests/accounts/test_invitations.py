"""Invitations as rows: what makes one work, and what ends it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from project.accounts.exceptions import InvitationUnusable, NotYourInvitation
from project.accounts.models import Invitation, User

pytestmark = pytest.mark.django_db


def newcomer(name: str) -> User:
    return User(email=f"{name.lower()}@example.org", display_name=name)


def usable(invitation: Invitation) -> bool:
    return Invitation.objects.usable().filter(pk=invitation.pk).exists()


def test_a_new_invitation_works_for_two_weeks(invitation):
    assert usable(invitation)
    assert invitation.expires_at - invitation.created_at == pytest.approx(timedelta(days=14), abs=timedelta(minutes=1))


def test_an_expired_invitation_does_not_work(expired):
    assert not usable(expired)


def test_a_revoked_invitation_does_not_work(invitation, alice):
    invitation.revoke(by=alice)
    assert not usable(invitation)
    assert invitation.revoked_at is not None


def test_an_invitation_by_a_disabled_account_does_not_work(invitation, alice):
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert not usable(invitation)


def test_a_whole_family_may_come_by_one_link(invitation):
    for name in ("Dora", "Emil", "Fay"):
        invitation.admit(newcomer(name))
    assert Invitation.objects.counted().get().joined_count == 3
    assert usable(invitation)


def test_an_invitation_for_two_people_is_used_up_by_two(alice):
    invitation = Invitation.objects.create(inviter=alice, max_uses=2)
    invitation.admit(newcomer("Dora"))
    invitation.admit(newcomer("Emil"))
    assert not usable(invitation)
    with pytest.raises(InvitationUnusable):
        invitation.admit(newcomer("Fay"))
    assert not User.objects.filter(display_name="Fay").exists()


def test_who_joined_knows_by_which_invitation(invitation, alice):
    dora = newcomer("Dora")
    invitation.admit(dora)
    assert User.objects.get(pk=dora.pk).invited_by.inviter == alice


@pytest.mark.parametrize("ended", ["expired", "revoked", "gone"])
def test_nobody_is_admitted_by_an_invitation_that_ended(ended, invitation, expired, alice):
    asked = expired if ended == "expired" else invitation
    if ended == "revoked":
        invitation.revoke()
    if ended == "gone":
        Invitation.objects.filter(pk=invitation.pk).delete()
    with pytest.raises(InvitationUnusable):
        asked.admit(newcomer("Dora"))
    assert User.objects.get() == alice


def test_carol_cannot_revoke_the_invitation_of_alice(invitation, carol):
    with pytest.raises(NotYourInvitation):
        invitation.revoke(by=carol)
    assert usable(invitation)


def test_an_administrator_revokes_any_invitation(invitation, carol):
    carol.is_staff = True
    invitation.revoke(by=carol)
    assert not usable(invitation)


def test_revoking_twice_keeps_the_first_time(invitation, alice):
    invitation.revoke(by=alice)
    first = invitation.revoked_at
    invitation.revoke(by=alice)
    assert Invitation.objects.get().revoked_at == first


def test_the_token_leads_to_the_invitation_again(invitation):
    assert Invitation.objects.all().with_token(invitation.token).get() == invitation


@pytest.mark.parametrize("change", ["", "x", "public id only", "other signature", "\0", "ü", "."])
def test_a_token_that_is_not_ours_leads_nowhere(invitation, bob, change):
    other = Invitation.objects.create(inviter=bob)
    token = {
        "public id only": invitation.public_id,
        "other signature": f"{invitation.public_id}.{other.token.partition('.')[2]}",
    }.get(change, change)
    assert not Invitation.objects.all().with_token(token).exists()


def test_a_copy_of_the_database_invites_nobody(invitation, settings):
    kept = {str(value) for value in Invitation.objects.values().get().values()}
    assert not any(invitation.token.partition(".")[2] in value for value in kept)
    assert len(invitation.token.partition(".")[2]) >= 43  # 256 bits in base 64


def test_invitations_end_with_the_account_that_made_them_and_guests_stay(invitation, alice):
    invitation.admit(newcomer("Dora"))
    alice.delete()
    assert not Invitation.objects.exists()
    assert User.objects.get().invited_by is None


@pytest.mark.parametrize("wrong", [{"max_uses": 0}, {"expires_at": timezone.now() - timedelta(days=1)}])
def test_the_database_refuses_an_invitation_for_nobody_or_for_never(alice, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(inviter=alice, **wrong)


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_share_three_places(alice):
    invitation = Invitation.objects.create(inviter=alice, max_uses=3)
    everybody_is_ready = threading.Barrier(10, timeout=30)

    def come(number: int) -> bool:
        everybody_is_ready.wait()
        try:
            invitation_as_read = Invitation.objects.get(pk=invitation.pk)
            invitation_as_read.admit(newcomer(f"Guest{number}"))
        except InvitationUnusable:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(max_workers=10) as threads:
        assert sum(threads.map(come, range(10))) == 3
    assert invitation.guests.count() == 3


def test_an_invitation_for_one_person_is_in_no_list_and_counts_towards_no_limit(alice, carol):
    carol.is_staff = True
    personal = Invitation.objects.create(inviter=alice, max_uses=1, is_personal=True)
    assert not Invitation.objects.visible_to(alice).exists()
    assert not Invitation.objects.visible_to(carol).exists()
    assert usable(personal)
