"""Cards out of the book: byte for byte, joined so that other programs can read them."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoAssertNumQueries

from contacts import exporting
from contacts.card import contact_of
from contacts.importing import bring_in
from contacts.models import ContactGroup, Folder, Party, merge
from contacts.vcard import read, split
from project.accounts.models import User
from tests.contacts.files import card, group_card

pytestmark = pytest.mark.django_db
NOKIA = b"BEGIN:VCARD\nVERSION:2.1\nUID:zed\nN;ENCODING=QUOTED-PRINTABLE:Z=C3=A9d\nX-ODD:  a,b;c \nEND:VCARD\n"


@pytest.fixture
def home(alice: User) -> Folder:
    return Folder.objects.by_hand(alice)


def text(chunks: Iterator[bytes]) -> bytes:
    return b"".join(chunks)


def test_a_book_goes_out_as_it_came_in(alice: User, home: Folder) -> None:
    data = card("Anna", "NOTE:un,escaped") + card("Ben", uid="") + NOKIA
    bring_in(home, [data])
    assert text(exporting.whole_book(alice)) == data


def test_each_card_ends_with_a_line_end(alice: User, home: Folder) -> None:
    bring_in(home, [card("Anna").rstrip()])
    Party.objects.update(raw_vcard=card("Anna").rstrip())  # as some servers give it
    bring_in(home, [card("Ben")])
    assert text(exporting.whole_book(alice)) == card("Anna") + card("Ben")


def test_what_is_exported_and_imported_again_is_unchanged(alice: User, home: Folder) -> None:
    bring_in(home, [b"\xef\xbb\xbf" + card("Anna") + card("Ben", uid="").rstrip() + b"\n\n" + NOKIA])
    again = bring_in(home, [text(exporting.whole_book(alice))])
    assert (again.created, again.updated, again.unchanged) == (0, 0, 3)


def test_removed_contacts_stay_out(alice: User, home: Folder) -> None:
    bring_in(home, [card("Anna") + card("Ben")])
    Party.objects.get(display_name="Ben").purge(by_owner=True)
    assert text(exporting.whole_book(alice)) == card("Anna")


def test_nothing_of_another_book_goes_along(alice: User, carol: User, home: Folder) -> None:
    bring_in(home, [card("Anna")])
    assert text(exporting.whole_book(carol)) == b""


def test_of_merged_contacts_all_cards_go_out(alice: User, home: Folder) -> None:
    bring_in(home, [card("Anna") + card("Annie")])
    anna, annie = Party.objects.order_by("display_name")
    merge(anna, annie)
    both = card("Anna") + card("Annie")
    assert text(exporting.whole_book(alice)) == both
    assert text(exporting.of_party(Party.objects.get(pk=anna.pk))) == both


def test_one_contact_alone(home: Folder) -> None:
    bring_in(home, [card("Anna") + card("Ben")])
    assert text(exporting.of_party(Party.objects.get(display_name="Ben"))) == card("Ben")


def test_a_folder_has_its_own_cards_and_groups(alice: User, home: Folder) -> None:
    club = home.directory.folders.create(owner=alice, name="Club", is_mirrored=False)
    bring_in(home, [card("Anna")])
    bring_in(club, [card("Ben") + group_card("Choir")])
    assert text(exporting.of_folder(club)) == card("Ben") + group_card("Choir")


def test_a_group_has_its_people_and_its_own_card(home: Folder) -> None:
    ben = "1b1a7d5e-1111-4222-8333-444455556666"
    bring_in(home, [card("Anna") + card("Ben", uid=ben) + group_card("Choir", ben)])
    assert text(exporting.of_group(ContactGroup.objects.get())) == card("Ben", uid=ben) + group_card("Choir", ben)


def test_a_category_has_its_people_and_no_card(home: Folder) -> None:
    bring_in(home, [card("Anna") + card("Ben", "CATEGORIES:Choir")])
    assert text(exporting.of_group(ContactGroup.objects.get())) == card("Ben", "CATEGORIES:Choir")


def test_a_group_made_here_goes_out_as_a_group_card_of_the_same_uid_each_time(alice: User, home: Folder) -> None:
    bring_in(home, [card("Anna", uid="a1") + card("Ben", "EMAIL:ben@example.org", uid="") + card("Cyd", uid="")])
    choir = ContactGroup.objects.make(alice, "Choir")
    for party in Party.objects.all():
        choir.add(party)
    data = text(exporting.whole_book(alice))
    assert data == text(exporting.whole_book(alice))
    built = contact_of(read(list(split(data))[-1].raw))
    # Cyd has neither a UID nor an address to be named by.
    assert (built.kind, built.display_name, set(built.members)) == ("group", "Choir", {"a1", "mailto:ben@example.org"})
    assert text(exporting.of_group(choir)).endswith(list(split(data))[-1].raw)


def test_a_card_in_utf_16_is_translated_where_it_stands_with_others(alice: User, home: Folder) -> None:
    raw = ("\ufeff" + card("Åsa").decode()).encode("utf-16-le")
    bring_in(home, [raw])
    asa = Party.objects.get()
    bring_in(home, [card("Ben")])
    assert text(exporting.whole_book(alice)) == card("Åsa") + card("Ben")
    assert text(exporting.of_party(asa)) == raw


def test_a_byte_order_mark_stands_before_the_first_card_only(alice: User, home: Folder) -> None:
    bring_in(home, [b"\xef\xbb\xbf" + card("Ben")])
    assert text(exporting.whole_book(alice)) == b"\xef\xbb\xbf" + card("Ben")
    bring_in(home, [card("Anna")])
    assert text(exporting.whole_book(alice)) == card("Anna") + card("Ben")


def test_a_large_book_comes_in_pieces_that_are_bounded(
    alice: User, home: Folder, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(exporting, "BATCH_BYTES", 1000)
    cards = [card(f"Person {number:02}", "NOTE:" + "x" * 200) for number in range(20)]
    bring_in(home, [b"".join(cards)])
    with django_assert_num_queries(1 + 7 + 1):  # the sizes, the pieces, the groups
        pieces = list(exporting.whole_book(alice))
    assert b"".join(pieces) == b"".join(cards)
    assert max(map(len, pieces)) <= 1000
