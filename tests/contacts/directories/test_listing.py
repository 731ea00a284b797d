"""What changed in a book: what honest servers say, what odd ones say, and what is no answer at all."""

from collections.abc import Callable

import pytest

from contacts.directories.base import Book, Changes, Connection, Entry
from contacts.directories.carddav import CardDavBackend
from contacts.directories.listing import counts_backwards
from contacts.exceptions import (
    BookGone,
    DirectoryDenied,
    DirectoryError,
    DirectoryUnreachable,
    ListingIncomplete,
)
from tests.contacts.directories.scripted import (
    BOOK,
    COLLECTION,
    Asked,
    Says,
    Scripted,
    entry,
    found,
    multistatus,
    status,
)

INVALID = Says(403, b'<?xml version="1.0"?><d:error xmlns:d="DAV:"><d:valid-sync-token/></d:error>')
PAGE = Says(200, b"<!DOCTYPE html><title>Sign in</title>", {"Content-Type": "text/html"})
A, B = Entry("/b/a.vcf", '"1"'), Entry("/b/b.vcf", '"2"')
BOTH = (entry("/b/a.vcf", '"1"'), entry("/b/b.vcf", '"2"'))


def pages(server: Scripted, token: str = "", *, full: bool = False, **properties: object) -> list[Changes]:
    book = Book(server.url + "/b/", properties=properties)
    with CardDavBackend(Connection({"url": server.url})) as backend:
        return list(backend.changes(book, token, full=full))


def page(server: Scripted, token: str = "", *, full: bool = False, **properties: object) -> Changes:
    (only,) = pages(server, token, full=full, **properties)
    return only


def to_token(token: str, answer: Says, otherwise: Says) -> Callable[[Asked], Says]:
    return lambda asked: answer if f"<D:sync-token>{token}</D:sync-token>" in asked.text else otherwise


def by_properties(server: Scripted, *, ctag: str = "c1", members: tuple[str, ...] = BOTH) -> None:
    """Have the server know no sync-collection, but a ctag and a list."""
    server.says("REPORT", "/b/", Says(501))
    listed = multistatus(found("/b/", **BOOK), *members)
    about = multistatus(found("/b/", getctag=ctag) if ctag else status("/b/", 200))
    server.says("PROPFIND", "/b/", lambda asked: listed if asked.headers["Depth"] == "1" else about)


# --- By token ------------------------------------------------------------------------------------------------------


def test_without_a_token_all_is_listed(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(*BOTH, token="t1"))
    assert page(server) == Changes((A, B), token="t1", is_complete=True)


def test_with_a_token_only_what_changed_is_listed(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(entry("/b/a.vcf", '"1"'), status("/b/c.vcf", 404), token="t2"))
    assert page(server, "t1") == Changes((A,), ("/b/c.vcf",), token="t2")


def test_an_unchanged_book_takes_one_request(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(token="t1"))
    assert page(server, "t1") == Changes(token="t1", is_unchanged=True)
    assert server.methods() == ["REPORT"]


def test_an_empty_book_is_complete_and_not_unchanged(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(token="t1"))
    assert page(server) == Changes(token="t1", is_complete=True)


def test_a_full_listing_asks_without_the_token(server: Scripted) -> None:
    server.says("REPORT", "/b/", to_token("", multistatus(*BOTH, token="t2"), multistatus(token="t1")))
    assert page(server, "t1", full=True) == Changes((A, B), token="t2", is_complete=True)


def test_what_is_asked_is_what_the_standard_says(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(token="t1"))
    page(server, "t1")
    (asked,) = server.asked
    assert asked.headers["Depth"] == "0"
    assert "<D:sync-level>1</D:sync-level>" in asked.text
    assert "<D:getetag/>" in asked.text
    assert "limit" not in asked.text  # Xandikos and Nextcloud cut there, and still give the last token


@pytest.mark.parametrize("answer", [INVALID, *(Says(code) for code in (400, 403, 404, 409, 410, 412, 500, 507))])
def test_a_forgotten_token_leads_to_the_whole_list(server: Scripted, answer: Says) -> None:
    server.says("REPORT", "/b/", to_token("old", answer, multistatus(*BOTH, token="t1")))
    assert page(server, "old") == Changes((A, B), token="t1", is_complete=True)
    assert len(server.asked) == 2


def test_a_full_answer_to_an_old_token_is_news_and_says_of_nobody_that_they_are_gone(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(*BOTH, token="t2"))
    assert page(server, "t1") == Changes((A, B), token="t2")  # DAViCal forgets silently, and names no removals


def test_a_server_that_takes_no_token_at_all_is_not_asked_for_ever(server: Scripted) -> None:
    by_properties(server)
    server.says("REPORT", "/b/", INVALID)
    assert page(server, "old").changed == (A, B)
    assert server.methods() == ["REPORT", "REPORT", "PROPFIND", "PROPFIND"]


def test_a_token_that_counts_from_anew_was_forgotten(server: Scripted) -> None:
    sabre = "http://sabre.io/ns/sync/{}".format
    server.says("REPORT", "/b/", to_token(sabre(15), multistatus(token=sabre(2)), multistatus(*BOTH, token=sabre(2))))
    assert page(server, sabre(15)) == Changes((A, B), token=sabre(2), is_complete=True)


@pytest.mark.parametrize(
    ("old", "new", "is_backwards"),
    [("s/9", "s/10", False), ("s/10", "s/9", True), ("s/9", "s/9", False), ("a1", "b0", False), ("x", "y", False)],
)
def test_only_numbers_of_the_same_kind_are_compared(old: str, new: str, is_backwards: bool) -> None:
    assert counts_backwards(old, new) is is_backwards


def test_tombstones_of_cards_that_nobody_knew_do_no_harm(server: Scripted) -> None:
    gone = [status(f"/b/{number}.vcf", 404) for number in range(28)]
    server.says("REPORT", "/b/", multistatus(*BOTH, *gone, token="t1"))
    listed = page(server)
    assert listed.changed == (A, B)
    assert len(listed.removed) == 28


@pytest.mark.parametrize("order", [1, -1])
def test_a_place_that_was_emptied_and_filled_again_is_filled(server: Scripted, order: int) -> None:
    both = (status("/b/a.vcf", 404), entry("/b/a.vcf", '"1"'))
    server.says("REPORT", "/b/", multistatus(*both[::order], token="t2"))
    assert page(server, "t1") == Changes((A,), token="t2")


def test_pages_are_asked_for_until_the_last_one(server: Scripted) -> None:
    first = multistatus(entry("/b/a.vcf", '"1"'), status("/b/", 507), token="page 2")
    server.says("REPORT", "/b/", to_token("page 2", multistatus(entry("/b/b.vcf", '"2"'), token="t1"), first))
    assert pages(server) == [
        Changes((A,), token="page 2", has_more=True),
        Changes((B,), token="t1", is_complete=True),
    ]


@pytest.mark.parametrize(
    "second",
    [
        multistatus(entry("/b/b.vcf"), status("/b/", 507), token="page 2"),
        multistatus(entry("/b/b.vcf"), status("/b/", 507)),
        multistatus(entry("/b/b.vcf")),
        INVALID,
        PAGE,
        Says(207, multistatus(*BOTH, token="t1").body[:-9]),
    ],
)
def test_pages_that_do_not_come_to_an_end_are_no_list(server: Scripted, second: Says) -> None:
    first = multistatus(entry("/b/a.vcf"), status("/b/", 507), token="page 2")
    server.says("REPORT", "/b/", first, second)
    with pytest.raises(DirectoryError):
        pages(server)


def test_what_is_no_card_of_the_book_is_left_out(server: Scripted) -> None:
    others = (
        found("/b/", getetag='"0"'),
        found("/b/sub/", getetag='"0"'),
        found("/b/sub/c.vcf", getetag='"0"'),
        found("/other/c.vcf", getetag='"0"'),
        found("/b/event.ics", getetag='"0"', getcontenttype="text/calendar; component=vevent"),
        found("/b/folder", getetag='"0"', **COLLECTION),
    )
    server.says("REPORT", "/b/", multistatus(*others, *BOTH, token="t1"))
    assert page(server).changed == (A, B)


@pytest.mark.parametrize("kind", ["text/vcard", "text/x-vcard; charset=utf-8", "text/directory", ""])
def test_cards_are_known_by_type_or_name(server: Scripted, kind: str) -> None:
    server.says("REPORT", "/b/", multistatus(found("/b/anna", getetag="1", getcontenttype=kind), token="t1"))
    assert page(server).changed == (Entry("/b/anna", "1"),)


def test_a_card_listed_twice_counts_once(server: Scripted) -> None:
    twice = (entry("/b/a%40b.vcf", '"1"'), entry("/b/a@b.vcf", '"2"'))
    server.says("REPORT", "/b/", multistatus(*twice, token="t1"))
    assert page(server).changed == (Entry("/b/a@b.vcf", '"2"'),)


@pytest.mark.parametrize("href", ["http://127.0.0.1:9/b/%7Ea.vcf", "/b/%7Ea.vcf", "%7Ea.vcf"])
def test_hrefs_keep_the_spelling_of_the_server(server: Scripted, href: str) -> None:
    server.says("REPORT", "/b/", multistatus(entry(href), token="t1"))
    assert page(server).changed[0].href == "/b/%7Ea.vcf"


def test_a_list_of_another_place_only_is_no_list(server: Scripted) -> None:
    server.says("REPORT", "/b/", multistatus(entry("/internal/b/a.vcf"), token="t1"))
    with pytest.raises(ListingIncomplete, match="do not belong to this book"):
        page(server)


def test_cards_whose_etag_is_missing_or_that_cannot_be_read_are_still_listed(server: Scripted) -> None:
    odd = (found("/b/a.vcf"), status("/b/b.vcf", 403))
    server.says("REPORT", "/b/", multistatus(*odd, token="t1"))
    assert page(server).changed == (Entry("/b/a.vcf"), Entry("/b/b.vcf"))


# --- Without tokens ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [400, 403, 404, 405, 409, 415, 500, 501, 507])
def test_without_sync_collection_ctag_and_etags_tell(server: Scripted, code: int) -> None:
    by_properties(server)
    server.says("REPORT", "/b/", Says(code))
    listed = page(server)
    assert (listed.changed, listed.ctag, listed.is_complete) == ((A, B), "c1", True)
    assert server.methods() == ["REPORT", "PROPFIND", "PROPFIND"]
    server.asked.clear()
    assert page(server, listed.token).is_unchanged
    assert server.methods() == ["PROPFIND"]


@pytest.mark.parametrize("answer", [multistatus(*BOTH), multistatus(status("/b/", 403), token="t")])
def test_a_report_without_a_token_is_no_sync_collection(server: Scripted, answer: Says) -> None:
    by_properties(server)
    server.says("REPORT", "/b/", answer)
    assert page(server).changed == (A, B)
    assert server.methods() == ["REPORT", "PROPFIND", "PROPFIND"]


def test_a_server_that_says_so_is_not_asked_for_sync_collection(server: Scripted) -> None:
    by_properties(server)
    assert page(server, has_sync=False).changed == (A, B)
    assert "REPORT" not in server.methods()


def test_the_token_of_a_property_is_never_asked_for(server: Scripted) -> None:
    by_properties(server)
    page(server)
    assert not [asked for asked in server.asked if asked.method == "PROPFIND" and "sync-token" in asked.text]


def test_another_ctag_leads_to_the_list(server: Scripted) -> None:
    by_properties(server)
    before = page(server).token
    by_properties(server, ctag="c2", members=BOTH[:1])
    listed = page(server, before)
    assert (listed.changed, listed.ctag, listed.is_complete) == ((A,), "c2", True)


def test_a_full_listing_does_not_believe_the_ctag(server: Scripted) -> None:
    by_properties(server)
    before = page(server).token
    assert page(server, before, full=True).changed == (A, B)


def test_without_a_ctag_the_etags_are_compared_each_time(server: Scripted) -> None:
    by_properties(server, ctag="")
    before = page(server).token
    server.asked.clear()
    assert page(server, before).changed == (A, B)
    assert server.methods() == ["PROPFIND"]


@pytest.mark.parametrize("listed", [multistatus(), multistatus(found("/b/", **BOOK), *BOTH, status("/b/", 507))])
def test_a_list_without_the_book_itself_or_with_a_remark_is_a_part(server: Scripted, listed: Says) -> None:
    by_properties(server)
    about = multistatus(found("/b/", getctag="c"))
    server.says("PROPFIND", "/b/", lambda asked: listed if asked.headers["Depth"] == "1" else about)
    with pytest.raises(ListingIncomplete, match="only a part"):
        page(server)


# --- What is no answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "t1", "ctag c0", "ctag "])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (PAGE, ListingIncomplete),
        (Says(200, b""), ListingIncomplete),
        (Says(204), ListingIncomplete),
        (Says(207, b""), ListingIncomplete),
        (Says(207, b"<!DOCTYPE html>"), ListingIncomplete),
        (Says(207, multistatus(*BOTH, token="t").body[:-20]), ListingIncomplete),
        (Says(207, multistatus(*BOTH, token="t").body, cut=200), DirectoryUnreachable),
        (Says(302, headers={"Location": "/b/"}), DirectoryUnreachable),
        (Says(401, headers={"WWW-Authenticate": "Basic"}), DirectoryDenied),
        (Says(403), DirectoryDenied),
        (Says(404), BookGone),
        (Says(410), BookGone),
        (multistatus(status("/b/", 404)), BookGone),
        (multistatus(status("/b/", 403)), DirectoryDenied),
        (multistatus(status("/b/", 500)), DirectoryUnreachable),
        (Says(503), DirectoryUnreachable),
        (Says(502), DirectoryUnreachable),
        (Says(500), DirectoryUnreachable),
    ],
)
def test_whatever_is_no_list_is_never_an_empty_one(
    server: Scripted, token: str, answer: Says, kind: type[DirectoryError]
) -> None:
    server.says("REPORT", "/b/", answer)
    server.says("PROPFIND", "/b/", answer)
    with pytest.raises(kind) as told:
        page(server, token)
    assert "127.0.0.1" in str(told.value) or "server" in str(told.value)


def test_every_byte_at_which_an_answer_is_cut_is_noticed(server: Scripted) -> None:
    whole = multistatus(*BOTH, token="t").body
    for cut in range(0, len(whole), 23):
        server.says("REPORT", "/b/", Says(207, whole, cut=cut))
        with pytest.raises(DirectoryUnreachable):
            page(server, "t1")
