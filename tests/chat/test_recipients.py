"""Whom names mean: contacts, accounts, groups, addresses, and choices made by hand."""

import time
from typing import Any

import pytest

from chat.exceptions import InvalidRecipient
from chat.models.pasted import TEXT_MAX, pasted
from chat.models.recipients import confirm_choices, recipients_of, understand
from contacts.card import CardAffiliation
from contacts.models import ContactGroup, Folder, Handle, Party, PartyHandle, merge
from project.accounts.models import User
from tests.cast import account
from tests.contacts.cast import contact, email, folder_of, phone, placed


@pytest.fixture
def folder(alice: User) -> Folder:
    return folder_of(alice)


def verified(name: str) -> User:
    user = account(name)
    user.confirm_address()
    return user


def shared(folder: Folder) -> tuple[Party, Party]:
    """Zoe, who certainly has an address, and Adam, of whom that is doubtful."""
    zoe, adam = placed(folder, contact("Zoe", email("shared@x.org")), contact("Adam", email("shared@x.org")))
    return zoe, adam


def choice(party: Party) -> str:
    return f"{party.public_id}/{party.links.get().handle.public_id}"


# --- Who is meant ------------------------------------------------------------------------------------------------


def test_a_person_is_one_recipient_by_contact_account_and_address(alice: User, folder: Folder) -> None:
    bob = verified("Bob")
    (mum,) = placed(folder, contact("Mum", email("bob@example.org")))
    for name in (mum.public_id, bob.public_id, "BOB@example.org", "Bobby <bob@example.org>"):
        (one,) = recipients_of(alice, [name])
        assert (one.name, one.account, one.party, one.platform) == ("Mum", bob, mum, "")
    assert len(recipients_of(alice, [mum.public_id, bob.public_id, "bob@example.org"])) == 1


def test_an_account_without_a_contact_goes_by_its_own_name(alice: User, bob: User) -> None:
    (one,) = recipients_of(alice, [bob.public_id])
    assert (one.key, one.name, one.account, one.party) == (bob.public_id, "Bob", bob, None)


def test_a_contact_is_invited_by_its_preferred_address(alice: User, folder: Folder) -> None:
    (jan,) = placed(
        folder, contact("Jan", phone("+49 170 1234567"), email("jan@home.org"), email("jan@work.org", preferred=True))
    )
    assert recipients_of(alice, [jan.public_id])[0][-2:] == ("email", "jan@work.org")
    (ilona,) = placed(folder, contact("Ilona", phone("+49 170 7654321")))
    assert recipients_of(alice, [ilona.public_id])[0][-2:] == ("phone", "+491707654321")


def test_a_merged_contact_is_the_one_that_stands_for_it(alice: User, folder: Folder) -> None:
    jan, honza = placed(folder, contact("Jan", email("jan@x.org")), contact("Honza", email("honza@x.org")))
    merge(jan, honza)
    assert [one.party for one in recipients_of(alice, [honza.public_id])] == [jan]


def test_a_typed_address_of_a_contact_is_the_contact_at_that_address(alice: User, folder: Folder) -> None:
    (jan,) = placed(folder, contact("Jan", email("jan@x.org"), email("j@y.org")))
    (one,) = recipients_of(alice, ["j@y.org"])
    assert (one.name, one.party, one.address) == ("Jan", jan, "j@y.org")


def test_a_strangers_address_is_invited_under_the_name_that_came_with_it(alice: User) -> None:
    (named,) = recipients_of(alice, ['"Anna Novak" <Anna@x.org>'])
    assert (named.name, named.platform, named.address) == ("Anna Novak", "email", "anna@x.org")
    assert recipients_of(alice, [named.key]) == [named]
    assert recipients_of(alice, ["+49 (0) 170 1234567"])[0][-2:] == ("phone", "+491701234567")


def test_the_sender_is_nobody_to_write_to(alice: User, folder: Folder) -> None:
    alice.confirm_address()
    (own,) = placed(folder, contact("Me", email("alice@example.org")))
    for name in (alice.public_id, "alice@example.org", own.public_id):
        with pytest.raises(InvalidRecipient):
            recipients_of(alice, [name])


# --- Groups and organisations ------------------------------------------------------------------------------------


def test_a_group_is_its_people_and_who_cannot_be_reached_is_named(alice: User, folder: Folder) -> None:
    jan, eva, _ = placed(folder, contact("Jan", email("jan@x.org")), contact("Eva"), contact("Tom"))
    group = ContactGroup.objects.make(alice, "Garden")
    for party in (jan, eva):
        group.add(party)
    understood = understand(alice, [group.public_id])
    assert [one.name for one in understood.found] == ["Jan"]
    assert understood.left_out == "Eva cannot be reached: no address of theirs is certain."
    assert [one.name for one in recipients_of(alice, [group.public_id])] == ["Jan"]


def test_an_organisation_is_its_people_and_without_any_itself(alice: User, folder: Folder) -> None:
    (acme,) = placed(folder, contact("Acme", email("info@acme.example"), kind="organization"))
    assert recipients_of(alice, [acme.public_id])[0].address == "info@acme.example"
    placed(folder, contact("Jan", email("jan@x.org"), affiliations=(CardAffiliation("Acme"),)))
    assert [one.name for one in recipients_of(alice, [acme.public_id])] == ["Jan"]
    assert [one.name for one in recipients_of(alice, ["info@acme.example"])] == ["Acme"]


def test_a_group_of_too_many_is_refused_and_the_rest_stays(alice: User, bob: User, folder: Folder) -> None:
    group = ContactGroup.objects.make(alice, "All")
    for party in placed(folder, *(contact(f"Guest {number}", email(f"{number}@x.org")) for number in range(501))):
        group.add(party)
    understood = understand(alice, [bob.public_id, group.public_id])
    assert [one.name for one in understood.found] == ["Bob"]
    assert understood.refusals == ["All has 501 people. 500 people at a time are the most."]


def test_an_empty_group_is_refused(alice: User) -> None:
    group = ContactGroup.objects.make(alice, "Garden")
    with pytest.raises(InvalidRecipient, match="There is nobody in Garden"):
        recipients_of(alice, [group.public_id])


# --- How sure ----------------------------------------------------------------------------------------------------


def test_a_weak_link_never_decides(alice: User, folder: Folder) -> None:
    zoe, adam = shared(folder)
    with pytest.raises(InvalidRecipient, match=r"not certain that shared@x.org belongs to Adam\. Choose whose it is\."):
        recipients_of(alice, [adam.public_id])
    assert understand(alice, [adam.public_id]).doubt == "shared@x.org"
    assert recipients_of(alice, [zoe.public_id])[0].party == zoe
    assert recipients_of(alice, ["shared@x.org"])[0].party == zoe


def test_an_address_that_is_nobodys_for_sure_is_written_to_as_nobodys(alice: User, folder: Folder) -> None:
    (acme,) = placed(folder, contact("Acme", kind="organization"))
    handle = Handle.objects.upsert(alice, "email", "info@acme.example")
    PartyHandle.objects.link(acme, handle, confidence=0.4, source="inferred")
    (one,) = recipients_of(alice, ["info@acme.example"])
    assert (one.name, one.party) == ("info@acme.example", None)


def test_who_was_chosen_by_hand_is_meant_and_confirmed_for_good(alice: User, folder: Folder) -> None:
    zoe, adam = shared(folder)
    name = choice(adam)
    (one,) = recipients_of(alice, [name])
    assert (one.key, one.name, one.party, one.address) == (name, "Adam", adam, "shared@x.org")
    assert not PartyHandle.objects.filter(is_confirmed=True).exists()  # to be asked is no answer

    assert confirm_choices(alice, [name])
    assert not confirm_choices(alice, [name])
    placed(folder, contact("Zoe", email("shared@x.org")), contact("Adam", email("shared@x.org")), of=[zoe, adam])

    link = PartyHandle.objects.get(party=adam)
    assert (link.is_confirmed, link.confidence, link.handle.party) == (True, 1.0, adam)
    assert recipients_of(alice, [adam.public_id])[0].address == "shared@x.org"
    with pytest.raises(InvalidRecipient, match="belongs to Zoe"):
        recipients_of(alice, [zoe.public_id])


def test_a_choice_takes_the_account_along(alice: User, folder: Folder) -> None:
    bob = verified("Bob")
    mum, dad = placed(folder, contact("Mum", email("bob@example.org")), contact("Dad", email("bob@example.org")))
    assert recipients_of(alice, [choice(dad)])[0].account == bob
    confirm_choices(alice, [choice(dad)])
    assert [(one.name, one.party) for one in recipients_of(alice, [bob.public_id])] == [("Dad", dad)]
    assert recipients_of(alice, [choice(dad)])[0].party == dad
    assert Party.objects.get(pk=mum.pk).user is None


def test_a_choice_that_was_dismissed_meanwhile_is_asked_anew(alice: User, folder: Folder) -> None:
    _, adam = shared(folder)
    name = choice(adam)
    adam.links.get().dismiss()
    with pytest.raises(InvalidRecipient, match="not Adam's any more"):
        recipients_of(alice, [name])
    assert not confirm_choices(alice, [name])


def test_nobody_chooses_in_the_book_of_another(alice: User, carol: User, folder: Folder) -> None:
    _, adam = shared(folder)
    for name in (choice(adam), adam.public_id, ContactGroup.objects.make(alice, "Garden").public_id):
        assert understand(carol, [name]) == understand(carol, [name.replace(name[:16], "0" * 16)])
        assert not confirm_choices(carol, [name])
    assert recipients_of(alice, [choice(adam)])


# --- What cannot be ----------------------------------------------------------------------------------------------


def test_who_was_removed_by_a_sync_meanwhile_is_named_and_the_rest_stays(
    alice: User, bob: User, folder: Folder
) -> None:
    (anna,) = placed(folder, contact("Anna Novak", email("anna@x.org")))
    Party.objects.vanish([anna.pk])
    understood = understand(alice, [anna.public_id, bob.public_id])
    assert [one.name for one in understood.found] == ["Bob"]
    assert understood.refusals == ["Anna Novak is no longer in your contacts."]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("0" * 16, "Somebody whom you chose is not there any more."),
        ("0" * 16 + "/" + "0" * 16, "Somebody whom you chose is not there any more."),
        ("0170 1234567", "Write the number with its country code, such as +49 170 1234567."),
        ("nonsense", "“nonsense” is no e-mail address and no telephone number."),
        ("a@b", "“a@b” is no e-mail address and no telephone number."),
        ("x\x00@y.org", "“x\x00@y.org” is no e-mail address and no telephone number."),
        ("💥" * 400, f"“{'💥' * 60}” is no e-mail address and no telephone number."),
        ("a@xn--zzzzzzz.org,b@y", "“a@xn--zzzzzzz.org,b@y” is no e-mail address and no telephone number."),
    ],
)
def test_what_means_nobody_has_its_sentence(name: str, sentence: str, alice: User, settings: Any) -> None:
    settings.DEFAULT_REGION = ""
    with pytest.raises(InvalidRecipient) as refused:
        recipients_of(alice, [name])
    assert str(refused.value) == sentence


def test_a_domain_that_cannot_be_is_no_error(alice: User) -> None:
    assert recipients_of(alice, ["a@xn--zzzzzzz.org"])[0].address == "a@xn--zzzzzzz.org"


def test_who_has_no_address_is_refused_with_what_to_do(alice: User, folder: Folder) -> None:
    (eva,) = placed(folder, contact("Eva"))
    with pytest.raises(InvalidRecipient, match="Eva has no e-mail address and no phone number"):
        recipients_of(alice, [eva.public_id])


def test_more_than_five_hundred_are_refused(alice: User) -> None:
    with pytest.raises(InvalidRecipient, match="500 people at a time are the most"):
        recipients_of(alice, [f"{number}@x.org" for number in range(501)])
    assert len(recipients_of(alice, [f"{number}@x.org" for number in range(500)])) == 500


# --- Many at once ------------------------------------------------------------------------------------------------


def test_pasted_addresses_are_understood_in_all_their_writings(settings: Any) -> None:
    settings.DEFAULT_REGION = ""
    text = (
        'a@x.org, Anna <anna@x.org>;mailto:c@x.org\n"Novak, Jan" <jan@x.org>\nDoe, John <john@x.org>\n+49 170 1234567'
    )
    found = pasted(f"{text}\nnonsense; 0170 1234567; A@X.org")
    assert found is not None
    assert found.keys == [
        "a@x.org", "Anna <anna@x.org>", "c@x.org", "Novak, Jan <jan@x.org>", "John Doe <john@x.org>", "+491701234567",
    ]  # fmt: skip
    assert found.unclear == ["nonsense", "0170 1234567"]
    spaced = pasted("a@x.org b@x.org")
    assert spaced is not None
    assert spaced.keys == ["a@x.org", "b@x.org"]


@pytest.mark.parametrize("text", ["", "a@x.org", "Novak, Jan", "Jan Novak", ",;,", "a@x.org,", "Anna <anna@x.org>"])
def test_a_single_name_or_address_is_no_list(text: str) -> None:
    assert pasted(text) is None


@pytest.mark.parametrize(
    "piece", ["<", '"', "<a", "a b<", '"a,', "a@x.org,", "@", "(+", "1 ", ", ", "<a@x.org>", "\n<"]
)
def test_a_long_text_is_understood_in_a_short_time(piece: str) -> None:
    started = time.process_time()
    pasted((piece * TEXT_MAX)[:TEXT_MAX])
    assert time.process_time() - started < 1
