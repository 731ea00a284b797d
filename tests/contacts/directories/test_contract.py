"""What every backend must do, whatever it speaks; and what those must do besides that mirror a source."""

import itertools

import pytest

from contacts.directories.base import Book, Connection, Entry
from contacts.exceptions import BookGone, DirectoryError, ListingIncomplete
from contacts.models import Directory
from tests.contacts.directories.dav_servers import Radicale, Xandikos
from tests.contacts.directories.scripted import Scripted
from tests.contacts.directories.sources import DavSource, FileSource, ManualSource, MemorySource, Mirror, Source, says

_numbers = itertools.count(1)


class BackendContract:
    """Inherit from it, and give a source as a fixture."""

    def test_it_is_known_by_its_key(self, source: Source) -> None:
        kind = type(source.backend())
        assert Directory(backend_class=kind.key).backend_kind is kind
        assert kind.display_label()
        assert set(kind.requires) <= set(kind.asks)

    def test_probing_finds_what_asking_finds_and_changes_nothing(self, source: Source) -> None:
        source.fill("anna")
        with source.backend() as backend:
            probed = [(book.href, book.name) for book in backend.probe()]
            assert [(book.href, book.name) for book in backend.books()] == probed

    def test_a_listing_ends_and_has_a_token_or_nothing_to_come_back_for(self, source: Source) -> None:
        source.fill("anna")
        with source.backend() as backend:
            for book in backend.books() or [Book("")]:
                *pages, last = backend.changes(book)
                assert all(page.has_more for page in pages)
                assert not last.has_more
                assert last.token or last.is_unchanged

    def test_a_card_that_nobody_listed_is_not_made_up(self, source: Source) -> None:
        source.fill("anna")
        with source.backend() as backend:
            for book in backend.books() or [Book("")]:
                received = list(backend.fetch(book, [Entry("/b/nobody.vcf")]))
                assert [card for card in received if card.raw is not None or not card.is_gone] == []
                assert list(backend.fetch(book, [])) == []

    def test_the_place_of_a_place_is_that_place(self, source: Source) -> None:
        with source.backend() as backend:
            for href in ("/a/b.vcf", "/a/%40.vcf", "uid:1", ""):
                assert backend.place(backend.place(href)) == backend.place(href)

    def test_a_photo_without_consent_is_none(self, source: Source) -> None:
        with source.backend() as backend:
            assert backend.photo("http://127.0.0.1:1/face.png") is None

    def test_what_it_cost_begins_with_nothing_and_is_known_when_all_is_closed(self, source: Source) -> None:
        source.fill("anna")
        with source.backend() as backend:
            assert (backend.requests, backend.bytes_received) == (0, 0)
            backend.books()
            cost = backend.requests, backend.bytes_received
        backend.close()
        assert (backend.requests, backend.bytes_received) == cost

    def test_no_secret_is_in_what_a_program_prints(self, source: Source) -> None:
        connection = Connection(
            {"url": "https://example.org/"}, {"username": "ali", "password": "sesame", "token": "t0k"}
        )
        backend = type(source.backend())(connection)
        told = f"{backend!r} {backend} {connection!r} {connection}"
        assert "sesame" not in told
        assert "t0k" not in told


class MirrorContract(BackendContract):
    """What mirrors a source."""

    can_be_empty = True

    @pytest.fixture
    def book(self, source: Source) -> Book:
        source.fill("anna", "ben", "carl")
        with source.backend() as backend:
            (book,) = backend.probe()
        return book

    @pytest.fixture
    def mirror(self, source: Source, book: Book) -> Mirror:
        mirror = Mirror(source, book)
        mirror.follow()
        return mirror

    def test_a_book_has_a_name_and_a_place(self, book: Book) -> None:
        assert book.name
        assert book.href

    def test_a_first_listing_is_complete_and_its_cards_can_be_fetched(self, source: Source, book: Book) -> None:
        mirror = Mirror(source, book)
        page = mirror.follow()
        assert page.is_complete
        assert not page.has_more
        assert mirror.names() == ["anna", "ben", "carl"]

    def test_every_card_has_an_etag_and_keeps_it(self, mirror: Mirror) -> None:
        assert all(mirror.etags.values())
        before = dict(mirror.etags)
        mirror.follow(full=True)
        assert mirror.etags == before
        assert mirror.fetched == 0

    def test_an_unchanged_book_says_so(self, mirror: Mirror) -> None:
        page = mirror.follow()
        assert page.is_unchanged
        assert not page.changed
        assert mirror.follow().is_unchanged

    def test_a_changed_card_is_the_only_one_to_be_fetched(self, source: Source, mirror: Mirror) -> None:
        source.put("ben", "NOTE:moved\r\n")
        assert not mirror.follow().is_unchanged
        assert mirror.fetched == 1
        assert mirror.notes() == {"anna": "", "ben": "moved", "carl": ""}

    def test_a_new_card_is_found(self, source: Source, mirror: Mirror) -> None:
        source.put("dora")
        mirror.follow()
        assert mirror.names() == ["anna", "ben", "carl", "dora"]
        assert mirror.fetched == 1

    def test_a_removed_card_is_gone(self, source: Source, mirror: Mirror) -> None:
        source.remove("ben")
        mirror.follow()
        assert mirror.names() == ["anna", "carl"]
        assert mirror.fetched == 0

    def test_a_card_that_comes_back_comes_back_to_its_place(self, source: Source, mirror: Mirror) -> None:
        places = set(mirror.cards)
        source.remove("ben")
        mirror.follow()
        source.put("ben", "NOTE:again\r\n")
        mirror.follow()
        assert set(mirror.cards) == places
        assert mirror.notes()["ben"] == "again"

    def test_many_changes_at_once_are_one_answer(self, source: Source, mirror: Mirror) -> None:
        source.remove("anna")
        source.put("ben", "NOTE:moved\r\n")
        source.put("dora")
        mirror.follow()
        assert mirror.notes() == {"ben": "moved", "carl": "", "dora": ""}

    def test_a_full_listing_lists_what_did_not_change(self, mirror: Mirror) -> None:
        page = mirror.follow(full=True)
        assert page.is_complete
        assert not page.is_unchanged
        assert len(page.changed) == 3

    @pytest.mark.parametrize("token", ["junk", "http://radicale.org/ns/sync/" + "0" * 64, "{}"])
    def test_a_token_of_another_world_leads_to_the_whole_list(self, mirror: Mirror, token: str) -> None:
        mirror.token = token
        assert len(mirror.follow().changed) == 3
        assert mirror.fetched == 0

    def test_cards_are_fetched_in_any_order_and_under_the_href_that_was_asked_for(
        self, source: Source, mirror: Mirror
    ) -> None:
        entries = list(mirror.follow(full=True).changed)
        with source.backend() as backend:
            for order in (entries, entries[::-1], entries[1:]):
                received = {card.href: card.raw for card in backend.fetch(mirror.book, order)}
                assert received == {entry.href: mirror.cards[backend.place(entry.href)] for entry in order}

    def test_a_card_that_is_gone_disturbs_no_other(self, source: Source, mirror: Mirror) -> None:
        entries = mirror.follow(full=True).changed
        source.remove("ben")
        with source.backend() as backend:
            received = list(backend.fetch(mirror.book, [*entries, Entry("uid:nobody"), Entry("/b/nobody.vcf")]))
        assert sorted(says(card.raw)["UID"] for card in received if card.raw) == ["anna", "carl"]
        assert [card.is_gone for card in received if card.raw is None] == [True] * 3
        assert not [card.problem for card in received if card.problem]

    def test_an_emptied_book_is_complete_or_an_error_but_never_unchanged(self, source: Source, mirror: Mirror) -> None:
        for name in ("anna", "ben", "carl"):
            source.remove(name)
        if not self.can_be_empty:
            with pytest.raises(ListingIncomplete):
                mirror.follow()
            return
        assert not mirror.follow().is_unchanged
        assert mirror.cards == {}
        page = mirror.follow(full=True)
        assert page.is_complete
        assert page.changed == ()

    def test_a_book_that_is_not_there_any_more_says_so(self, source: Source, mirror: Mirror) -> None:
        source.remove_book()
        for full in (False, True):
            with pytest.raises(BookGone) as gone:
                mirror.follow(full=full)
        assert isinstance(gone.value, DirectoryError)
        assert str(gone.value).endswith(".")


class TestMemory(MirrorContract):
    @pytest.fixture
    def source(self) -> Source:
        return MemorySource()


class TestFile(MirrorContract):
    can_be_empty = False

    @pytest.fixture
    def source(self, server: Scripted) -> Source:
        return FileSource(server)


class TestRadicale(MirrorContract):
    @pytest.fixture
    def source(self, radicale_server: Radicale) -> Source:
        return DavSource(radicale_server, f"contract{next(_numbers)}")


class TestXandikos(MirrorContract):
    @pytest.fixture
    def source(self, xandikos_server: Xandikos) -> Source:
        return DavSource(xandikos_server, f"contract{next(_numbers)}")


class TestManual(BackendContract):
    @pytest.fixture
    def source(self) -> Source:
        return ManualSource()

    def test_there_is_no_source_to_ask(self, source: Source) -> None:
        with source.backend() as backend:
            assert not backend.is_mirror
            assert backend.books() == []
            assert next(backend.changes(Book(""), full=True)).is_unchanged
