"""Merging: choosing the other entry, comparing both, what stays, keeping apart and taking apart again."""

import pytest
from django.test import Client

from contacts.card import CardAddress, Contact, Name, PartialDate
from contacts.models import Folder, KeptApart, Party, merge
from project.accounts.models import User
from tests.contacts.cast import contact, email, placed
from tests.contacts.views.pages import get, links, post, query_count, url

HOME = CardAddress("home", street="Long Street 1", locality="Praha")


def jan(owner: User, **more: object) -> Party:
    says = {"birthday": PartialDate(None, 5, 15), "notes": "Likes tea", "addresses": (HOME,), **more}
    return Party.objects.enter(owner, contact("Jan Novák", email("x@example.org"), email("jan@example.org"), **says))


def twin(owner: User, **more: object) -> Party:
    says = {"birthday": PartialDate(1990, 5, 15), "notes": "From work", "addresses": (HOME,), "nickname": "J", **more}
    return Party.objects.enter(owner, contact("J. Novák", email("x@example.org"), email("j@example.org"), **says))


def said(party: Party) -> Contact:
    return Party.objects.defer(None).get(pk=party.pk).contact()


def test_who_looks_alike_is_offered_first_and_others_are_found(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)
    eva = Party.objects.enter(alice, contact("Eva"))
    acme = Party.objects.enter(alice, contact("Eva Ltd", kind="organization"))

    offered = links(get(hers, url("merge", one)).partition("<main")[2])
    found = links(get(hers, url("merge", one) + "?q=eva").partition("<main")[2])

    assert url("compare", one, other) in offered
    assert url("compare", one, eva) not in offered
    assert url("compare", one, eva) in found
    assert url("compare", one, acme) not in found  # a person and an organisation cannot become one


def test_both_stand_side_by_side_and_what_is_the_same_is_folded_away(alice: User, hers: Client) -> None:
    page = get(hers, url("compare", jan(alice), twin(alice))).partition("<main")[2]
    table, _, same = page.partition('class="same"')

    for text in ("Jan Novák", "J. Novák", "15 May", "15 May 1990", "Likes tea", "From work", "jan@example.org"):
        assert text in table
    for text in ("x@example.org", "Long Street 1"):
        assert text not in table
        assert text in same
    for field in ("name", "birthday", "notes"):
        assert f'name="{field}" value="other"' in table
    assert 'name="nickname"' not in table  # only one has a nickname: there is nothing to choose


def test_names_that_look_the_same_are_told_apart_by_their_parts(alice: User, hers: Client) -> None:
    one = Party.objects.enter(alice, contact("Jan Novák"))
    other = Party.objects.enter(alice, Contact(display_name="Jan Novák", name=Name(given="Jan Novák")))

    page = get(hers, url("compare", one, other))

    assert "Jan Novák (Jan · Novák)" in page
    assert "Jan Novák (Jan Novák)" in page


def test_merged_the_first_keeps_its_word_and_has_what_both_have(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)
    before = bytes(Party.objects.defer(None).get(pk=one.pk).raw_vcard)

    assert post(hers, url("compare", one, other)) == url("party", one)

    assert Party.objects.in_book().get() == one
    assert set(one.links.values_list("handle__normalised", flat=True)) == {
        "x@example.org",
        "jan@example.org",
        "j@example.org",
    }
    assert bytes(Party.objects.defer(None).get(pk=one.pk).raw_vcard) == before


def test_what_is_chosen_from_the_other_is_written_into_the_one_that_stays(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)

    post(hers, url("compare", one, other), {"name": "other", "birthday": "other", "notes": "both"})

    now = said(one)
    assert (now.display_name, now.birthday) == ("J. Novák", PartialDate(1990, 5, 15))
    assert now.notes == "Likes tea\n\nFrom work"
    assert said(other).notes == "From work"


def test_a_choice_that_is_none_merges_nothing(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)

    assert hers.post(url("compare", one, other), {"name": "both"}).status_code == 422
    assert Party.objects.in_book().count() == 2


def test_the_sides_can_be_swapped(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)

    assert url("compare", other, one) in links(get(hers, url("compare", one, other)))


def test_a_person_and_an_organisation_do_not_become_one(alice: User, hers: Client) -> None:
    one, acme = jan(alice), Party.objects.enter(alice, contact("Acme", kind="organization"))

    for response in (hers.get(url("compare", one, acme)), hers.post(url("compare", one, acme))):
        assert response.status_code == 403
    assert hers.get(url("compare", one, one)).status_code == 403
    assert Party.objects.in_book().count() == 2


def test_two_are_kept_separate_and_nobody_is_asked_again(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)
    assert url("compare", one, other) in get(hers, url("review"))

    assert post(hers, url("keep_apart", one, other)) == url("party", one)
    assert post(hers, url("keep_apart", other, one), {"from": "review"}) == url("review")

    assert KeptApart.objects.count() == 1
    assert url("compare", one, other) not in get(hers, url("review"))


def test_a_merge_is_taken_apart(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)
    merge(one, other)
    assert url("unmerge", other) in get(hers, url("party", one))

    assert post(hers, url("unmerge", other)) == url("party", other)

    assert Party.objects.in_book().count() == 2
    assert set(other.links.values_list("handle__normalised", flat=True)) == {"x@example.org", "j@example.org"}
    assert hers.post(url("unmerge", other)).status_code == 404  # it is merged no more


def test_after_a_merge_from_the_review_one_goes_on_reviewing(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)
    assert 'name="from" value="review"' in get(hers, url("compare", one, other) + "?from=review")

    assert post(hers, url("compare", one, other), {"from": "review"}) == url("review")


def test_what_cards_say_is_text_where_they_are_compared(alice: User, hers: Client) -> None:
    hostile = "<script>broken()</script>"
    one = jan(alice, notes=hostile, nickname=hostile, addresses=(CardAddress(street=hostile),))
    other = Party.objects.enter(alice, contact(hostile, notes="x"))

    page = get(hers, url("compare", one, other))

    assert "<script>broken" not in page
    assert page.count("&lt;script&gt;broken") >= 5


def test_comparing_takes_few_queries(alice: User, hers: Client, folder: Folder) -> None:
    few = query_count(hers, url("compare", jan(alice), twin(alice)))
    mails = [tuple(email(f"{n}-{m}@example.org") for m in range(30)) for n in range(2)]
    categories = tuple(f"Group {n}" for n in range(20))
    one, other = placed(folder, *(contact(f"Jan {n}", *mails[n], categories=categories) for n in range(2)))

    assert query_count(hers, url("compare", one, other)) <= few + 2


@pytest.mark.parametrize("name", ["compare", "keep_apart"])
def test_nobody_merges_or_parts_contacts_of_somebody_else(
    name: str, alice: User, carol: User, hers: Client, strangers: Client
) -> None:
    one, other = jan(alice), twin(alice)
    own = jan(carol)
    none = "0" * 16

    for pair, unknown in (((one, other), (none, none)), ((own, one), (own, none)), ((one, own), (none, own))):
        theirs, nobodys = strangers.post(url(name, *pair)), strangers.post(url(name, *unknown))
        assert theirs.status_code == 404
        assert theirs.content == nobodys.content
    assert strangers.get(url("compare", one, other)).status_code == 404
    assert not KeptApart.objects.exists()
    assert not Party.objects.exclude(merged_into=None).exists()
    assert hers.post(url(name, one, other)).status_code == 303


def test_nobody_takes_apart_what_somebody_else_merged(alice: User, strangers: Client) -> None:
    one, other = jan(alice), twin(alice)
    merge(one, other)

    theirs, nobodys = strangers.post(url("unmerge", other)), strangers.post(url("unmerge", "0" * 16))

    assert theirs.status_code == 404
    assert theirs.content == nobodys.content
    assert Party.objects.get(pk=other.pk).merged_into == one


def test_no_get_merges_parts_or_takes_apart(alice: User, hers: Client) -> None:
    one, other = jan(alice), twin(alice)

    assert hers.get(url("compare", one, other)).status_code == 200
    assert hers.get(url("keep_apart", one, other)).status_code == 405
    assert hers.get(url("unmerge", other)).status_code == 405
    assert Party.objects.in_book().count() == 2
    assert not KeptApart.objects.exists()
