"""A sync decides: what is new, what changed, what moved, what is gone, and what is hard to believe."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contacts import sync
from contacts.directories.base import Book, Changes, Entry, Fetched
from contacts.directories.memory import MemoryBackend
from contacts.exceptions import BookGone, DirectoryBusy, DirectoryDenied, DirectoryUnreachable, ListingIncomplete
from contacts.models import ContactGroup, Directory, Folder, Handle, Party, QuarantinedCard
from contacts.sync import Known, Result, is_too_much, plan
from project.accounts.models import User


def card(name: str, *lines: str, uid: str = "") -> str:
    body = "\r\n".join([f"UID:{uid or name}", f"FN:{name}", *lines])
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\n{body}\r\nEND:VCARD\r\n"


def cards(*names: str) -> dict[str, str]:
    return {f"{name}.vcf": card(name) for name in names}


SIX = ("Anna", "Ben", "Cyd", "Dan", "Eve", "Fay")


class Faulty(MemoryBackend):
    """The memory backend, with faults that a test sets: they are the class's, because a directory makes its own."""

    key = "faulty"
    hidden: set[str] = set()  # listed by nobody, there all the same
    refused: dict[str, str] = {}  # hrefs that cannot be fetched, and why
    damaged: dict[str, str] = {}  # hrefs of cards that come damaged, and how
    etags: dict[str, str] = {}  # instead of the true ones
    fails_after: int | None = None  # cards, then the line is cut
    pages: list[Changes] | None = None  # instead of a true listing
    raises: Exception | None = None
    asked: list[str] = []
    fetched: list[str] = []

    def changes(self, book: Book, token: str = "", *, full: bool = False) -> Iterator[Changes]:
        type(self).asked.append(token)
        if self.raises:
            raise self.raises
        if self.pages is not None:
            yield from self.pages
            return
        for page in super().changes(book, token, full=full):
            changed = [Entry(e.href, self.etags.get(e.href, e.etag)) for e in page.changed if e.href not in self.hidden]
            yield Changes(tuple(changed), page.removed, page.token, page.ctag, page.is_complete, page.is_unchanged)

    def fetch(self, book: Book, entries: Sequence[Entry]) -> Iterator[Fetched]:
        type(self).fetched += [entry.href for entry in entries]
        for number, found in enumerate(super().fetch(book, entries)):
            if number == self.fails_after:
                raise DirectoryDenied("The server did not accept this user name and password.")
            problem = self.refused.get(found.href)
            etag = self.etags.get(found.href, found.etag)
            damage = self.damaged.get(found.href, "")
            yield (
                Fetched(found.href, problem=problem)
                if problem
                else Fetched(found.href, etag, found.raw, damage, found.is_gone)
            )


@pytest.fixture(autouse=True)
def _honest() -> Iterator[None]:
    Faulty.hidden, Faulty.refused, Faulty.damaged, Faulty.etags, Faulty.asked = set(), {}, {}, {}, []
    Faulty.fails_after = Faulty.pages = Faulty.raises = None
    with override_settings(DIRECTORY_BACKENDS={"faulty": "tests.contacts.test_sync.Faulty", "manual": MANUAL}):
        yield


MANUAL = "contacts.directories.manual.ManualBackend"


@pytest.fixture
def directory(alice: User) -> Directory:
    directory = Directory.objects.create(owner=alice, backend_class="faulty", name="Home", interval_minutes=15)
    hold(directory, cards(*SIX))
    return directory


def hold(directory: Directory, held: dict[str, str], **others: dict[str, str]) -> None:
    """Let the source hold these cards from now on; others: further books."""
    books = {"main": held, **others}
    directory.config = {
        "books": [{"href": f"/{name}/", "name": name.title(), "cards": there} for name, there in books.items()]
    }
    directory.save(update_fields=["config"])


def run(directory: Directory) -> dict[str, Any]:
    """Sync, and return what was done, without the zeros."""
    result = Directory.objects.get(pk=directory.pk).sync(by_owner=True)
    hidden = {"seconds", "requests", "bytes_received"}
    return {name: value for name, value in vars(result).items() if value and name not in hidden}


def names(owner: User) -> list[str]:
    return [str(party) for party in Party.objects.of(owner).listed()]


# --- What a listing means --------------------------------------------------------------------------------------


def known(key: str, **fields: Any) -> Known:
    return Known("party", 1, key, etag="1", **fields)


def test_only_what_has_another_version_is_fetched() -> None:
    there = {"a": known("a"), "b": known("b")}
    found = plan(there, {"a": Entry("a", "1"), "b": Entry("b", "2"), "c": Entry("c", "1")}, (), is_complete=True)
    assert (set(found.fetch), found.unchanged, found.vanished) == ({"b", "c"}, 1, {})


def test_without_a_version_a_card_is_always_fetched() -> None:
    assert set(plan({"a": Known("party", 1, "a")}, {"a": Entry("a")}, (), is_complete=True).fetch) == {"a"}


def test_absence_counts_only_in_a_complete_listing() -> None:
    there = {"a": known("a"), "b": known("b")}
    assert set(plan(there, {"a": Entry("a", "1")}, (), is_complete=True).vanished) == {"b"}
    assert set(plan(there, {}, ("a", "stranger"), is_complete=False).vanished) == {"a"}
    assert not plan(there, {}, (), is_complete=False).vanished


def test_what_is_gone_already_does_not_vanish_again_and_is_fetched_when_it_is_back() -> None:
    gone = {"a": known("a", is_live=False)}
    assert not plan(gone, {}, (), is_complete=True).vanished
    assert set(plan(gone, {"a": Entry("a", "1")}, (), is_complete=True).fetch) == {"a"}


def test_what_the_owner_removed_is_not_fetched_again() -> None:
    hidden = {"a": known("a", is_live=False, is_hidden=True)}
    assert not plan(hidden, {"a": Entry("a", "1")}, (), is_complete=True).fetch


@pytest.mark.parametrize(
    ("vanished", "live", "expected"),
    [
        (0, 0, False),
        (0, 9, False),
        (1, 1, True),
        (1, 2, False),
        (5, 10, False),
        (6, 10, True),
        (6, 30, False),
        (9, 9, True),
    ],
)
def test_more_than_a_fifth_and_five_or_all_is_too_much(vanished: int, live: int, expected: bool) -> None:
    assert is_too_much(vanished, live) == expected


# --- From a source into the book -------------------------------------------------------------------------------


def test_a_first_sync_brings_everybody(directory: Directory, alice: User) -> None:
    assert run(directory) == {"created": 6}
    assert names(alice) == sorted(SIX)
    folder = Folder.objects.get(directory=directory)
    assert (folder.name, folder.party_cards.count(), folder.problem) == ("Main", 6, "")


def test_a_second_sync_writes_nothing(
    directory: Directory, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run(directory)
    before = list(Party.objects.values_list("pk", "updated_at"))
    stamp = Folder.objects.get(directory=directory).updated_at
    with django_assert_max_num_queries(11):
        assert run(directory) == {"unchanged": 6}
    assert list(Party.objects.values_list("pk", "updated_at")) == before
    assert Folder.objects.get(directory=directory).updated_at == stamp


def test_a_changed_card_changes_its_party(directory: Directory, alice: User) -> None:
    run(directory)
    pk = Party.objects.get(display_name="Anna").pk
    hold(directory, cards(*SIX) | {"Anna.vcf": card("Anna Novak", "EMAIL:anna@example.org", uid="Anna")})
    assert run(directory) == {"updated": 1, "unchanged": 5}
    assert Party.objects.get(pk=pk).display_name == "Anna Novak"
    assert Handle.objects.get().party_id == pk


def test_a_deleted_card_takes_its_party_out_of_the_book(directory: Directory, alice: User) -> None:
    run(directory)
    hold(directory, cards(*SIX[1:]))
    assert run(directory) == {"removed": 1, "unchanged": 5}
    assert names(alice) == sorted(SIX[1:])
    assert Party.objects.filter(display_name="Anna").exists()


def test_a_card_that_is_back_is_who_it_was(directory: Directory, alice: User) -> None:
    run(directory)
    anna = Party.objects.get(display_name="Anna")
    hold(directory, cards(*SIX[1:]))
    run(directory)
    hold(directory, cards(*SIX))
    run(directory)
    assert Party.objects.of(alice).get(display_name="Anna").pk == anna.pk


def test_a_card_at_another_place_is_who_it_was(directory: Directory, alice: User) -> None:
    run(directory)
    anna = Party.objects.get(display_name="Anna")
    hold(directory, cards(*SIX[1:]) | {"renamed.vcf": card("Anna")})
    assert run(directory) == {"updated": 1, "unchanged": 5}
    again = Party.objects.of(alice).get(display_name="Anna")
    assert (again.pk, again.source_href) == (anna.pk, "renamed.vcf")


def test_two_cards_that_swap_their_places_are_who_they_were(directory: Directory) -> None:
    run(directory)
    before = dict(Party.objects.values_list("display_name", "pk"))
    hold(directory, cards(*SIX) | {"Anna.vcf": card("Ben"), "Ben.vcf": card("Anna")})
    run(directory)
    assert dict(Party.objects.filter(removed_at=None).values_list("display_name", "pk")) == before
    assert not QuarantinedCard.objects.exists()


def test_another_region_during_a_run_counts_with_the_next(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(directory, {"anna.vcf": card("Anna", "TEL:0171 1234567")})
    directory.region = "GB"
    directory.save(update_fields=["region"])
    take = Folder.take

    def meanwhile(folder: Folder, *received: Any) -> int:
        home = Directory.objects.get(pk=directory.pk)
        home.adjust(name="Home", region="DE", interval_minutes=15, config=home.config)
        return take(folder, *received)

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "take", meanwhile)
        run(directory)
    run(directory)

    assert Handle.objects.get().normalised == "+491711234567"


def test_however_many_move_others_wait_for_no_more_than_a_batch(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [f"Person {n}" for n in range(120)]
    hold(directory, cards(*many))
    run(directory)
    before = dict(Party.objects.values_list("display_name", "pk"))
    sizes: list[int] = []
    take = Folder.take

    def measured(folder: Folder, received: Sequence[sync.Received]) -> int:
        sizes.append(len(received))
        return take(folder, received)

    monkeypatch.setattr(Folder, "take", measured)
    hold(directory, dict(zip(cards(*many), [*list(cards(*many).values())[1:], card("Person 0")], strict=True)))
    assert run(directory) == {"updated": 120}
    assert max(sizes) <= sync.BATCH
    assert dict(Party.objects.values_list("display_name", "pk")) == before


def test_a_card_that_moves_to_another_book_is_who_it_was(directory: Directory, alice: User) -> None:
    hold(directory, cards(*SIX), zoo=cards("Zoe"))
    run(directory)
    anna = Party.objects.get(display_name="Anna")
    hold(directory, cards(*SIX[1:]), zoo=cards("Zoe", "Anna"))
    run(directory)
    moved = Party.objects.of(alice).get(display_name="Anna")
    assert (moved.pk, moved.folder.name) == (anna.pk, "Zoo")  # type: ignore[union-attr]


def test_a_second_card_with_the_same_uid_is_kept_out_and_comes_in_when_the_first_is_gone(
    directory: Directory, alice: User
) -> None:
    hold(directory, cards(*SIX) | {"twin.vcf": card("Other Anna", uid="Anna")})
    assert run(directory) == {"created": 6, "quarantined": 1}
    assert "same UID" in QuarantinedCard.objects.get().reason
    assert run(directory) == {"unchanged": 6, "quarantined": 1}
    hold(directory, cards(*SIX[1:]) | {"twin.vcf": card("Other Anna", uid="Anna")})
    run(directory)
    assert "Other Anna" in names(alice)
    assert not QuarantinedCard.objects.exists()


def test_a_twin_is_who_the_first_was_when_that_has_another_uid(directory: Directory, alice: User) -> None:
    hold(directory, cards(*SIX) | {"twin.vcf": card("Other Anna", uid="Anna")})
    run(directory)
    anna = Party.objects.get(display_name="Anna")
    hold(directory, cards(*SIX) | {"twin.vcf": card("Other Anna", uid="Anna"), "Anna.vcf": card("Anna", uid="new")})
    assert run(directory) == {"updated": 1, "created": 1, "unchanged": 5}
    assert Party.objects.get(display_name="Other Anna").pk == anna.pk
    assert set(names(alice)) == {*SIX, "Other Anna"}


def test_cards_without_a_uid_are_told_apart_by_their_place(directory: Directory, alice: User) -> None:
    nameless = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Same\r\nEND:VCARD\r\n"
    hold(directory, {"1.vcf": nameless, "2.vcf": nameless})
    assert run(directory) == {"created": 2}
    assert run(directory) == {"unchanged": 2}


def test_a_group_card_is_a_group(directory: Directory, alice: User) -> None:
    hold(directory, cards(*SIX) | {"g.vcf": card("Choir", "X-ADDRESSBOOKSERVER-KIND:group",
         "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:Anna")})  # fmt: skip
    assert run(directory) == {"created": 7}
    assert [str(party) for party in ContactGroup.objects.get().people] == ["Anna"]
    hold(directory, cards(*SIX))
    assert run(directory) == {"removed": 1, "unchanged": 6}
    assert not ContactGroup.objects.of(alice)


def test_a_card_that_becomes_a_group_leaves_the_people(directory: Directory, alice: User) -> None:
    run(directory)
    hold(directory, cards(*SIX) | {"Anna.vcf": card("Anna", "X-ADDRESSBOOKSERVER-KIND:group")})
    run(directory)
    assert names(alice) == sorted(SIX[1:])
    assert str(ContactGroup.objects.of(alice).get()) == "Anna"
    hold(directory, cards(*SIX))
    run(directory)
    assert names(alice) == sorted(SIX)
    assert not ContactGroup.objects.of(alice)


# --- Edits that were made here ---------------------------------------------------------------------------------


def test_an_edit_stays_on_top_of_later_syncs(directory: Directory, alice: User) -> None:
    run(directory)
    anna = Party.objects.get(display_name="Anna")
    says = anna.contact()
    anna.edit(says, type(says)(**{**vars(says), "notes": "my own note"}))
    assert run(directory) == {"unchanged": 6}
    hold(directory, cards(*SIX) | {"Anna.vcf": card("Anna", "EMAIL:new@example.org")})
    assert run(directory) == {"updated": 1, "unchanged": 5}
    anna = Party.objects.get(pk=anna.pk)
    assert (anna.notes, Handle.objects.get().value) == ("my own note", "new@example.org")
    assert anna.is_edited_here
    assert bytes(anna.base_vcard).decode() == card("Anna", "EMAIL:new@example.org")


def test_an_edit_that_the_source_makes_too_is_none_any_more(directory: Directory) -> None:
    run(directory)
    anna = Party.objects.get(display_name="Anna")
    says = anna.contact()
    anna.edit(says, type(says)(**{**vars(says), "notes": "note"}))
    source = bytes(Party.objects.get(pk=anna.pk).raw_vcard).decode()
    hold(directory, cards(*SIX) | {"Anna.vcf": source})
    run(directory)
    assert not Party.objects.get(pk=anna.pk).is_edited_here


# --- What cannot be read, and what cannot be believed ----------------------------------------------------------


def test_a_card_that_cannot_be_read_is_kept_with_its_text_and_the_old_version_stays(
    directory: Directory, alice: User
) -> None:
    run(directory)
    hold(directory, cards(*SIX) | {"Anna.vcf": "this is no card"})
    assert run(directory) == {"quarantined": 1, "unchanged": 5}
    kept = QuarantinedCard.objects.get()
    assert (kept.text, bool(kept.reason), str(kept)) == ("this is no card", True, "Anna.vcf")
    assert names(alice) == sorted(SIX)
    assert run(directory) == {"unchanged": 6, "quarantined": 1}
    hold(directory, cards(*SIX) | {"Anna.vcf": card("Anna B.", uid="Anna")})
    run(directory)
    assert "Anna B." in names(alice)
    assert not QuarantinedCard.objects.exists()


def test_a_card_that_cannot_be_read_is_not_fetched_again_until_it_changes(directory: Directory) -> None:
    run(directory)
    hold(directory, cards(*SIX) | {"Anna.vcf": "this is no card"})
    run(directory)
    Folder.objects.update(listed_at=None)
    Faulty.fetched = []
    run(directory)
    assert Faulty.fetched == []


def test_a_card_that_cannot_be_fetched_takes_no_other_with_it(directory: Directory, alice: User) -> None:
    Faulty.refused = {"Cyd.vcf": "The server answered 500."}
    assert run(directory) == {"created": 5, "quarantined": 1}
    assert QuarantinedCard.objects.get().reason == "The server answered 500."


def test_a_card_that_could_not_be_fetched_is_asked_for_again_though_nothing_changed(directory: Directory) -> None:
    Faulty.refused = {"Cyd.vcf": "The server answered 500."}
    run(directory)
    assert (QuarantinedCard.objects.get().source_etag, QuarantinedCard.objects.get().text) == ("", "")
    Faulty.fetched = []
    assert run(directory) == {"unchanged": 5, "quarantined": 1}
    assert Faulty.fetched == ["Cyd.vcf"]
    Faulty.refused = {}
    assert run(directory) == {"created": 1, "unchanged": 5}
    assert not QuarantinedCard.objects.exists()


def test_a_damaged_card_is_kept_with_its_text_until_it_comes_whole(directory: Directory, alice: User) -> None:
    run(directory)
    hold(directory, cards(*SIX, "Gus") | {"Anna.vcf": card("A?na", uid="Anna")})
    Faulty.damaged = {"Anna.vcf": "Its text may be damaged.", "Gus.vcf": "Its text may be damaged."}
    for _ in range(2):
        assert run(directory) == {"unchanged": 5, "quarantined": 2}
        assert names(alice) == sorted(SIX)
        kept = {each.text: each.reason for each in QuarantinedCard.objects.all()}
        assert kept == dict.fromkeys([card("A?na", uid="Anna"), card("Gus")], "Its text may be damaged.")
    Faulty.damaged = {}
    hold(directory, cards(*SIX, "Gus") | {"Anna.vcf": card("Anna B.", uid="Anna")})
    assert run(directory) == {"created": 1, "updated": 1, "unchanged": 5}
    assert set(names(alice)) == {"Anna B.", *SIX[1:], "Gus"}
    assert not QuarantinedCard.objects.exists()


def test_a_damaged_card_that_is_whole_again_comes_in_though_nothing_changed(directory: Directory, alice: User) -> None:
    Faulty.damaged = {"Anna.vcf": "Its text may be damaged."}
    run(directory)
    Faulty.damaged = {}
    assert run(directory) == {"created": 1, "unchanged": 5}
    assert names(alice) == sorted(SIX)


def test_a_damaged_card_writes_no_row_as_long_as_it_stays_damaged(directory: Directory) -> None:
    Faulty.damaged = {"Anna.vcf": "Its text may be damaged."}
    run(directory)
    stamps = list(QuarantinedCard.objects.values_list("pk", "updated_at")), Folder.objects.get().updated_at
    run(directory)
    assert (list(QuarantinedCard.objects.values_list("pk", "updated_at")), Folder.objects.get().updated_at) == stamps


def test_an_empty_listing_of_a_full_book_removes_nobody_and_asks(directory: Directory, alice: User) -> None:
    run(directory)
    hold(directory, {})
    result = run(directory)
    assert "All contacts of this book are gone" in result["error"]
    folder = Folder.objects.get(directory=directory)
    assert (folder.vanishing["count"], folder.vanishing["of"], folder.vanishing["names"]) == (6, 6, sorted(SIX))
    assert names(alice) == sorted(SIX)
    folder.allow_vanishing()
    assert run(directory) == {"removed": 6}
    assert names(alice) == []
    assert Folder.objects.get(directory=directory).vanishing == {}


def test_when_more_is_gone_than_was_allowed_the_owner_is_asked_again(directory: Directory, alice: User) -> None:
    many = [f"Person {n}" for n in range(20)]
    hold(directory, cards(*many))
    run(directory)
    hold(directory, cards(*many[:13]))
    assert "7 of 20" in run(directory)["error"]
    Folder.objects.get(directory=directory).allow_vanishing()
    hold(directory, cards(*many[:11]))
    assert "9 of 20" in run(directory)["error"]
    assert Party.objects.of(alice).count() == 20


def test_a_book_that_is_whole_again_needs_no_answer(directory: Directory, alice: User) -> None:
    run(directory)
    full = cards(*SIX)
    hold(directory, {})
    run(directory)
    hold(directory, full)
    assert run(directory) == {"unchanged": 6}
    folder = Folder.objects.get(directory=directory)
    assert (folder.problem, folder.vanishing) == ("", {})


def test_what_a_listing_leaves_out_and_the_server_still_has_is_not_removed(directory: Directory, alice: User) -> None:
    run(directory)
    Faulty.hidden = {"Anna.vcf"}
    Folder.objects.update(listed_at=None)
    hold(directory, cards(*SIX, "Gus"))
    assert "left out cards" in run(directory)["error"]
    assert set(names(alice)) == {*SIX, "Gus"}


def test_the_token_is_stored_last(directory: Directory, alice: User) -> None:
    Faulty.fails_after = 3
    assert run(directory)["error"] == "The server did not accept this user name and password."
    folder = Folder.objects.get(directory=directory)
    assert (folder.sync_token, folder.listed_at) == ("", None)
    Faulty.fails_after = None
    run(directory)
    assert names(alice) == sorted(SIX)
    assert Folder.objects.get(directory=directory).sync_token


def test_a_listing_that_ends_too_early_removes_nobody(directory: Directory, alice: User) -> None:
    run(directory)
    Faulty.pages = [Changes(changed=(Entry("Anna.vcf", "9"),), token="t", is_complete=True, has_more=True)]
    assert "announced more" in run(directory)["error"]
    assert names(alice) == sorted(SIX)


def test_a_book_that_is_gone_stops_alone(directory: Directory, alice: User) -> None:
    hold(directory, cards(*SIX), zoo=cards("Zoe"))
    run(directory)
    directory.config["books"] = [{"href": "/zoo/", "name": "Zoo", "cards": cards("Zoe", "Zack")}]
    directory.save()
    result = run(directory)
    assert result["created"] == 1
    assert result["error"].startswith("Main: ")
    assert set(names(alice)) == {*SIX, "Zoe", "Zack"}


@pytest.mark.parametrize("kind", [ListingIncomplete, BookGone])
def test_what_a_book_refuses_is_told_at_the_book(directory: Directory, kind: type[Exception]) -> None:
    run(directory)
    Faulty.raises = kind("Not today.")
    run(directory)
    assert Folder.objects.get(directory=directory).problem == "Not today."


def test_everything_is_listed_whole_once_a_day(directory: Directory) -> None:
    run(directory)
    run(directory)
    Folder.objects.update(listed_at=timezone.now() - timedelta(hours=25))
    Faulty.etags = {"Anna.vcf": "changed without another token"}
    run(directory)
    assert [bool(token) for token in Faulty.asked] == [False, True, False]
    assert Party.objects.get(display_name="Anna").source_etag == "changed without another token"


def test_a_book_that_is_not_chosen_is_not_asked(directory: Directory, alice: User) -> None:
    hold(directory, cards(*SIX), zoo=cards("Zoe"))
    directory.note_books(directory.backend().books())
    directory.choose(["/zoo/"])
    run(directory)
    assert names(alice) == ["Zoe"]


def test_a_renamed_book_keeps_its_contacts(directory: Directory, alice: User) -> None:
    run(directory)
    directory.refresh_from_db()
    directory.config["books"][0]["name"] = "Family"
    directory.books_asked_at = None
    directory.save()
    assert run(directory) == {"unchanged": 6}
    assert [folder.name for folder in directory.folders.all()] == ["Family"]


# --- The directory's own state ---------------------------------------------------------------------------------


def test_a_failure_is_told_and_waits_longer_each_time(directory: Directory) -> None:
    Faulty.raises = DirectoryDenied("The server did not accept this user name and password.")
    pauses = []
    for _ in range(4):
        run(directory)
        directory.refresh_from_db()
        assert directory.next_run_at is not None
        assert directory.last_run_at is not None
        pauses.append(directory.next_run_at - directory.last_run_at)
    assert directory.health == "error"
    assert directory.problem == "The server did not accept this user name and password."
    assert pauses == [timedelta(minutes=minutes) for minutes in (15, 15, 20, 40)]
    Faulty.raises = None
    run(directory)
    directory.refresh_from_db()
    assert (directory.health, directory.problem, directory.failures) == ("ok", "", 0)


@pytest.mark.parametrize(
    ("asked_s", "minutes"), [(None, 15), (60, 15), (3600, 60), (10**9, 24 * 60), (-5, 15), (float("inf"), 24 * 60)]
)
def test_a_server_that_asks_to_be_left_alone_is_left_alone_so_long(
    directory: Directory, asked_s: float | None, minutes: int
) -> None:
    Faulty.raises = DirectoryUnreachable("It is busy.", asked_s)
    run(directory)
    directory.refresh_from_db()
    assert directory.next_run_at is not None
    assert directory.last_run_at is not None
    assert directory.next_run_at - directory.last_run_at == timedelta(minutes=minutes)
    Faulty.raises = None
    run(directory)
    directory.refresh_from_db()
    assert directory.next_run_at - directory.last_run_at == timedelta(minutes=15)


def test_a_directory_is_synced_by_one_at_a_time(directory: Directory) -> None:
    directory.lease_until = timezone.now() + timedelta(minutes=1)
    directory.save()
    with pytest.raises(DirectoryBusy):
        run(directory)


def test_what_a_killed_worker_left_is_continued(directory: Directory, alice: User) -> None:
    directory.lease_until = datetime(2020, 1, 1, tzinfo=UTC)
    directory.save()
    run(directory)
    assert names(alice) == sorted(SIX)


def test_a_surprise_is_logged_and_told_without_its_text(directory: Directory) -> None:
    Faulty.raises = ValueError("secret")
    with pytest.raises(ValueError, match="secret"):
        run(directory)
    directory.refresh_from_db()
    assert (directory.health, directory.lease) == ("error", "")
    assert "secret" not in directory.problem


def test_its_contacts_go_with_a_directory_or_stay(directory: Directory, alice: User) -> None:
    run(directory)
    anna = Party.objects.get(display_name="Anna")
    raw = bytes(anna.raw_vcard)
    directory.remove(keep_contacts=True)
    assert names(alice) == sorted(SIX)
    anna = Party.objects.get(pk=anna.pk)
    assert (bytes(anna.raw_vcard), anna.source_href, anna.folder.name) == (raw, "", "My contacts")  # type: ignore[union-attr]


def test_what_is_here_by_hand_already_does_not_keep_them_from_staying(directory: Directory, alice: User) -> None:
    run(directory)
    says = Party.objects.get(display_name="Anna").contact()
    Party.objects.enter(alice, says)
    directory.remove(keep_contacts=True)
    assert names(alice) == sorted([*SIX, "Anna"])


def test_its_contacts_are_erased_with_it(directory: Directory, alice: User) -> None:
    hold(directory, {"Anna.vcf": card("Anna", "EMAIL:a@example.org")})
    run(directory)
    directory.remove(keep_contacts=False)
    assert not Party.objects.exists()
    assert not Handle.objects.exists()
    assert not Directory.objects.filter(owner=alice, backend_class="faulty").exists()


def test_a_run_tells_how_far_it_is(directory: Directory) -> None:
    told: list[tuple[str, int, int]] = []
    hold(directory, cards(*(f"Person {n}" for n in range(120))))
    with directory.backend() as backend:
        sync.run(directory, backend, Result(), discover=True, report=lambda *step: told.append(step))
    assert told == [("Main", 0, 120), ("Main", 50, 120), ("Main", 100, 120), ("Main", 120, 120)]


def test_who_lost_their_place_in_a_run_that_ended_half_way_is_found_by_the_next(directory: Directory) -> None:
    run(directory)
    before = dict(Party.objects.values_list("display_name", "pk"))
    Party.objects.filter(display_name="Ben").update(href_key="")  # vacated, and then the worker was killed
    Folder.objects.update(listed_at=None)
    hold(directory, cards(*SIX) | {"Gus.vcf": card("Gus")})
    assert run(directory) == {"created": 1, "updated": 1, "unchanged": 5}
    assert Party.objects.get(display_name="Ben").pk == before["Ben"]
    Party.objects.filter(display_name="Cyd").update(href_key="")
    Folder.objects.update(listed_at=None)
    hold(directory, cards("Anna", "Ben", "Dan", "Eve", "Fay", "Gus"))
    assert run(directory) == {"removed": 1, "unchanged": 6}
