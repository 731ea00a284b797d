"""Review: doubtful links and probable duplicates, each decided in one click."""

import pytest
from django.test import Client

from contacts.models import Folder, Handle, PartyHandle
from project.accounts.models import User
from tests.contacts.cast import contact, email, placed
from tests.contacts.views.pages import PANE, get, links, post, query_count, url


@pytest.fixture
def doubtful(folder: Folder) -> PartyHandle:
    """A link of Eva to an address that Jan has."""
    placed(folder, contact("Jan", email("x@example.org")), contact("Eva", email("x@example.org", "work")))
    return PartyHandle.objects.select_related("party", "handle").get(party__display_name="Eva")


def test_a_doubtful_link_says_why_and_who_has_it_now(hers: Client, doubtful: PartyHandle) -> None:
    page = get(hers, url("review"))

    for text in ("x@example.org", "doubtful", "30 %", "EMAIL;TYPE=work:x@example.org", "It belongs to"):
        assert text in page
    for party in (doubtful.party, doubtful.handle.party):
        assert url("party", party) in links(page.partition("<main")[2])


def test_an_inferred_link_says_that_nobody_has_it_yet(alice: User, hers: Client, folder: Folder) -> None:
    placed(folder, contact("Acme", email("info@acme.example"), kind="organization"))
    Handle.objects.suggest([Handle.objects.upsert(alice, "email", "sales@acme.example").pk])

    page = get(hers, url("review"))

    assert "The address is in the domain acme.example." in page
    assert "40 %" in page


def test_a_link_is_confirmed_in_one_click(hers: Client, doubtful: PartyHandle) -> None:
    assert post(hers, url("confirm", doubtful.party, doubtful.handle)) == url("review")

    doubtful.refresh_from_db()
    assert doubtful.is_confirmed
    assert Handle.objects.get().party == doubtful.party
    # Nor is anybody asked whether it is Jan's after all.
    assert f"/handles/{doubtful.handle.public_id}/" not in get(hers, url("review"))


def test_a_link_is_dismissed_in_one_click(hers: Client, doubtful: PartyHandle) -> None:
    assert post(hers, url("dismiss", doubtful.party, doubtful.handle)) == url("review")

    doubtful.refresh_from_db()
    assert doubtful.is_dismissed
    assert url("dismiss", doubtful.party, doubtful.handle) not in get(hers, url("review"))


def test_from_a_contact_one_comes_back_to_it(hers: Client, doubtful: PartyHandle) -> None:
    place = post(hers, url("dismiss", doubtful.party, doubtful.handle), {"then": "party"})

    assert place == url("party", doubtful.party)


def test_probable_duplicates_are_compared_or_kept_separate(hers: Client, doubtful: PartyHandle) -> None:
    page = get(hers, url("review"))
    jan, eva = doubtful.handle.party, doubtful.party

    assert "Both have x@example.org." in page
    assert f"{url('compare', jan, eva)}?from=review" in links(page)
    assert url("keep_apart", jan, eva) in page


def test_with_nothing_in_doubt_the_page_says_so(hers: Client, folder: Folder) -> None:
    placed(folder, contact("Jan", email("x@example.org")))

    page = get(hers, url("review")).partition("<main")[2]

    assert "Nothing to review" in page
    assert url("book") in links(page.partition("Nothing to review")[2])


def test_the_sidebar_tells_how_many_links_wait(hers: Client, doubtful: PartyHandle) -> None:
    whole, pane = get(hers, "/contacts/"), get(hers, "/contacts/", headers=PANE)

    assert '<span class="badge">1</span>' in whole
    assert '<hx-partial hx-target="#review-count" hx-swap="innerHTML"><span class="badge">1</span>' in pane


def test_evidence_is_text(hers: Client, folder: Folder) -> None:
    hostile = email('"<script>broken()</script>"@example.org')
    placed(folder, contact("<script>broken()</script>", hostile), contact("Eva", hostile))

    page = get(hers, url("review"))

    assert "<script>broken" not in page
    assert "&lt;script&gt;broken" in page


def test_the_page_shows_some_and_says_that_there_are_more(hers: Client, folder: Folder) -> None:
    placed(folder, *(contact(f"Person {n % 30:02}", email(f"{n % 60}@example.org"), uid=str(n)) for n in range(120)))

    page = get(hers, url("review"))

    assert page.count('id="link-') == 50
    assert page.count('id="pair-') == 50
    assert page.count("And more: they come up as these are decided.") == 2


def test_the_page_takes_few_queries_however_much_waits(hers: Client, folder: Folder) -> None:
    def shared(start: int, end: int) -> None:
        placed(folder, *(contact(f"Person {n:02}", email(f"{n // 2}@example.org")) for n in range(start, end)))

    shared(0, 4)
    few = query_count(hers, url("review"))
    shared(4, 60)

    assert query_count(hers, url("review")) == few <= 20


@pytest.mark.parametrize("name", ["confirm", "dismiss"])
def test_nobody_decides_for_somebody_else(
    name: str, carol: User, hers: Client, strangers: Client, doubtful: PartyHandle
) -> None:
    none = "0" * 16
    before = PartyHandle.objects.values().get(pk=doubtful.pk)

    for pair in ((doubtful.party, doubtful.handle), (doubtful.party, none), (none, doubtful.handle)):
        theirs, nobodys = strangers.post(url(name, *pair)), strangers.post(url(name, none, none))
        assert theirs.status_code == 404
        assert theirs.content == nobodys.content
    assert PartyHandle.objects.values().get(pk=doubtful.pk) == before
    assert "x@example.org" not in get(strangers, url("review"))
    assert hers.get(url(name, doubtful.party, doubtful.handle)).status_code == 405
    assert hers.post(url(name, doubtful.party, doubtful.handle)).status_code == 303
