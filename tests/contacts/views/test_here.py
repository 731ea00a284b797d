"""The block "Here" on a contact's page: their account, what one talks in with them, and saying that it is not them."""

import pytest
from django.test import Client
from django.utils.html import strip_tags

from chat.models import Conversation
from contacts.models import Party
from project.accounts.models import User
from tests.cast import account, signed_in
from tests.chat.pages import elements
from tests.chat.pages import url as chat_url
from tests.contacts.cast import contact, email, folder_of, phone, placed
from tests.contacts.views.pages import get, links, post, query_count, url


@pytest.fixture
def bob(bob: User) -> User:
    bob.confirm_address()
    return bob


@pytest.fixture
def robert(alice: User, bob: User) -> Party:
    """bob, as he stands in alice's book."""
    (party,) = placed(folder_of(alice), contact("Robert Novák", email("bob@example.org", "work")))
    return party


def here(html: str) -> str:
    """Return what the block says, in single spaces."""
    block = html[html.index('id="here-head"') :]
    return " ".join(strip_tags(block[block.index("</h3>") : block.index("</section>")]).split())


def deny(client: Client, party: Party, person: User) -> str:
    return post(client, chat_url("deny", person), {"party": party.public_id})


def test_the_page_says_which_account_and_by_which_address(hers: Client, robert: Party, bob: User) -> None:
    page = get(hers, url("party", robert))
    assert here(page).startswith("Has an account here: Bob, by bob@example.org.")
    assert chat_url("person", bob) in links(page)


def test_the_page_says_when_it_is_ones_own_word(hers: Client, alice: User, bob: User) -> None:
    party = Party.objects.enter(alice, contact("Bobby"))
    party.confirm_user(bob)
    assert here(get(hers, url("party", party))).startswith("Has an account here: Bob, on your word.")


def test_message_opens_the_private_conversation_at_once(hers: Client, alice: User, robert: Party, bob: User) -> None:
    page = get(hers, url("party", robert))
    assert robert.public_id in [one.get("value") for one in elements(page, "input") if one.get("name") == "to"]
    where = post(hers, chat_url("start"), {"to": robert.public_id})
    assert where == chat_url("conversation", Conversation.start(alice, [bob]))


def test_five_talks_stand_there_newest_first_and_the_others_on_the_persons_page(
    hers: Client, alice: User, bob: User, robert: Party
) -> None:
    talks = [Conversation.start(alice, [bob], f"Talk {n}") for n in range(6)]
    for talk in talks[1:]:
        talk.post("hello", by=bob)
    page = get(hers, url("party", robert))
    listed = [link for link in links(page) if link.startswith("/c/")]
    assert listed == [chat_url("conversation", talk) for talk in talks[:0:-1]]
    assert "All that you talk in" in page


def test_talks_with_others_do_not_stand_there(hers: Client, alice: User, bob: User, carol: User, robert: Party) -> None:
    Conversation.start(alice, [carol]).post("hello", by=alice)
    assert [link for link in links(get(hers, url("party", robert))) if link.startswith("/c/")] == []


def test_who_has_no_account_can_be_invited_by_an_address_or_a_number(hers: Client, alice: User) -> None:
    for name, one in (("Eva", email("eva@example.org")), ("Jan", phone("+420 732 123 456"))):
        party = Party.objects.enter(alice, contact(name, one))
        page = get(hers, url("party", party))
        assert here(page) == "Invite and start"
        assert f"{chat_url('new')}?to={party.public_id}" in links(page)


def test_who_has_nothing_to_be_reached_at_says_so(hers: Client, alice: User) -> None:
    party = Party.objects.enter(alice, contact("Eva"))
    page = get(hers, url("party", party))
    assert here(page) == "No e-mail address or phone number: add one to talk."
    assert url("edit", party) in links(page)


def test_an_address_that_is_not_theirs_invites_nobody(hers: Client, alice: User) -> None:
    party = Party.objects.enter(alice, contact("Eva", email("eva@example.org")))
    party.links.get().dismiss()
    assert here(get(hers, url("party", party))).startswith("No e-mail address")


def test_organisations_have_no_account(hers: Client, alice: User) -> None:
    party = Party.objects.enter(alice, contact("Acme", email("info@acme.example"), kind="organization"))
    assert "here-head" not in get(hers, url("party", party))


# --- That is not them ------------------------------------------------------------------------------------------------


def test_that_is_not_them_unties_and_can_be_undone(hers: Client, robert: Party, bob: User) -> None:
    where = deny(hers, robert, bob)
    robert.refresh_from_db()
    assert robert.user is None
    page = get(hers, where)
    assert "You said that the account of Bob is not theirs." in " ".join(strip_tags(page).split())

    undo = {"party": robert.public_id, "then": f"contact:{robert.public_id}"}
    assert post(hers, chat_url("recognise", bob), undo) == url("party", robert)
    robert.refresh_from_db()
    assert robert.user == bob
    assert here(get(hers, where)).startswith("Has an account here: Bob, by bob@example.org.")
    assert "is not theirs" not in get(hers, where)


def test_a_word_is_taken_back_too(hers: Client, alice: User, bob: User) -> None:
    party = Party.objects.enter(alice, contact("Bobby"))
    party.confirm_user(bob)
    deny(hers, party, bob)
    party.refresh_from_db()
    assert (party.user, party.confirmed_user) == (None, None)


def test_denying_the_account_of_somebody_else_changes_nothing(
    hers: Client, robert: Party, bob: User, carol: User
) -> None:
    deny(hers, robert, carol)
    robert.refresh_from_db()
    assert robert.user == bob


@pytest.mark.parametrize("odd", ["0000000000000000", "%00", "x", "💥"])
def test_an_odd_sentence_is_not_said(odd: str, hers: Client, robert: Party) -> None:
    assert "is not theirs" not in get(hers, f"{url('party', robert)}?denied={odd}")


# --- Who may know of the account -------------------------------------------------------------------------------------


@pytest.fixture
def hidden(settings) -> None:
    """Members do not find each other."""
    settings.MEMBERS_FIND_EACH_OTHER = False


@pytest.mark.usefixtures("hidden")
def test_an_account_that_one_may_not_find_looks_like_none(hers: Client, alice: User, robert: Party, bob: User) -> None:
    other = Party.objects.enter(alice, contact("Eva Novák", email("eva@example.org", "work")))
    assert robert.user == bob
    assert here(get(hers, url("party", robert))) == here(get(hers, url("party", other))) == "Invite and start"
    assert query_count(hers, url("party", robert)) == query_count(hers, url("party", other))
    assert "Bob" not in get(hers, f"{url('party', robert)}?denied={bob.public_id}")


@pytest.mark.usefixtures("hidden")
def test_an_account_that_one_talks_with_is_shown(hers: Client, alice: User, robert: Party, bob: User) -> None:
    Conversation.start(alice, [bob])
    assert here(get(hers, url("party", robert))).startswith("Has an account here: Bob")


def test_the_page_takes_as_many_queries_whatever_one_talks_in(
    hers: Client, alice: User, bob: User, robert: Party
) -> None:
    Conversation.start(alice, [bob]).post("hello", by=bob)
    one = query_count(hers, url("party", robert))
    for n in range(7):
        Conversation.start(alice, [bob, account(f"Friend{n}")]).post("hello", by=bob)
    assert query_count(hers, url("party", robert)) == one


def test_the_page_of_somebody_elses_contact_is_not_there(strangers: Client, robert: Party) -> None:
    assert strangers.get(url("party", robert)).status_code == 404
    assert signed_in(robert.owner).get(url("party", robert)).status_code == 200
