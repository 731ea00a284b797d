"""Files of cards into a folder: what is new there, what changed, what is the same, and what is refused by name."""

from dataclasses import replace

import pytest
from django.db import IntegrityError

from contacts import importing
from contacts.card import Name
from contacts.importing import CHANGED, NEW, REFUSED, REPEATED, UNCHANGED, bring_in, compare, survey
from contacts.models import ContactGroup, Folder, Party, PartyHandle, merge
from project.accounts.models import User
from tests.contacts.files import HUGE, card, group_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(alice: User) -> Folder:
    return Folder.objects.by_hand(alice)


def names(folder: Folder) -> list[str]:
    return list(Party.objects.in_book().filter(folder=folder).values_list("display_name", flat=True))


def statuses(folder: Folder | None, data: bytes) -> list[str]:
    return [verdict.status for verdict in compare(folder, [found.item for found in survey(data)])]


def test_cards_of_a_file_come_into_the_folder(home: Folder) -> None:
    result = bring_in(home, [card("Anna", "EMAIL:anna@example.org") + card("Ben")])
    assert (result.created, result.updated, result.unchanged) == (2, 0, 0)
    assert names(home) == ["Anna", "Ben"]


def test_their_links_say_that_a_file_was_imported(home: Folder) -> None:
    bring_in(home, [card("Anna", "EMAIL:anna@example.org")])
    assert PartyHandle.objects.get().source == "import"


@pytest.mark.parametrize("uid", ["anna-1", ""], ids=["with a uid", "without a uid"])
def test_a_file_imported_again_makes_no_doubles(home: Folder, uid: str) -> None:
    data = card("Anna", uid=uid) + card("Ben", uid=uid and "ben-1")
    bring_in(home, [data])
    again = bring_in(home, [data])
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert names(home) == ["Anna", "Ben"]


def test_a_card_without_a_uid_is_the_same_in_another_place_of_another_file(home: Folder) -> None:
    bring_in(home, [card("Anna", uid="") + card("Ben", uid="").removesuffix(b"\r\n")])
    again = bring_in(home, [b"\xef\xbb\xbf" + card("Ben", uid="") + b"\r\n" + card("Anna", uid="")])
    assert again.created == 0
    assert names(home) == ["Anna", "Ben"]


def test_a_card_without_a_uid_is_the_same_when_its_program_writes_it_again(home: Folder) -> None:
    bring_in(home, [card("Anna", "REV:20261121T100000Z", uid="")])
    assert statuses(home, card("Anna", "REV:20261122T110000Z", uid="")) == [CHANGED]
    bring_in(home, [card("Anna", "REV:20261122T110000Z", uid="")])
    assert names(home) == ["Anna"]


def test_a_card_that_came_otherwise_is_found_by_its_bytes(home: Folder) -> None:
    raw = card("Anna", uid="")
    bring_in(home, [raw])
    Party.objects.update(href_key="")  # as a removed directory leaves its contacts
    assert statuses(home, raw) == [UNCHANGED]


def test_another_version_of_a_card_changes_its_contact(home: Folder) -> None:
    bring_in(home, [card("Anna")])
    anna = Party.objects.get()
    result = bring_in(home, [card("Anna", "NOTE:moved")])
    assert (result.created, result.updated) == (0, 1)
    assert Party.objects.get() == anna
    assert Party.objects.get().notes == "moved"


def test_what_was_edited_here_stays_when_the_card_is_imported_again(home: Folder) -> None:
    bring_in(home, [card("Anna Smith", uid="anna")])
    anna = Party.objects.get()
    said = anna.contact()
    anna.edit(said, replace(said, notes="met in Brno"))
    assert statuses(home, card("Anna Smith", uid="anna")) == [UNCHANGED]
    bring_in(home, [card("Anna Smith", "NICKNAME:Annie", uid="anna")])
    anna.refresh_from_db()
    assert (anna.notes, anna.contact().nickname) == ("met in Brno", "Annie")


def test_a_card_entered_by_hand_is_found_by_its_uid(alice: User, home: Folder) -> None:
    entered = Party.objects.enter(alice, importing.Contact(display_name="Anna", name=Name(given="Anna")))
    raw = bytes(Party.objects.values_list("raw_vcard", flat=True).get())
    assert statuses(home, raw) == [UNCHANGED]
    bring_in(home, [raw.replace(b"END:VCARD", b"NOTE:new\r\nEND:VCARD")])
    assert Party.objects.get().pk == entered.pk


def test_a_contact_that_was_removed_comes_back_as_itself(home: Folder) -> None:
    bring_in(home, [card("Anna")])
    anna = Party.objects.get()
    anna.purge(by_owner=True)
    assert statuses(home, card("Anna")) == [NEW]
    assert bring_in(home, [card("Anna")]).created == 1
    assert list(Party.objects.in_book()) == [anna]


def test_the_card_of_somebody_who_was_merged_changes_the_one_who_is_shown(home: Folder) -> None:
    bring_in(home, [card("Anna") + card("Annie")])
    anna, annie = Party.objects.order_by("display_name")
    merge(anna, annie)
    bring_in(home, [card("Annie", "EMAIL:annie@example.org")])
    assert list(Party.objects.in_book()) == [anna]
    assert anna.links.get().handle.value == "annie@example.org"


def test_another_folder_has_cards_of_its_own(alice: User, home: Folder) -> None:
    other = home.directory.folders.create(owner=alice, name="Club", is_mirrored=False)
    bring_in(home, [card("Anna")])
    assert statuses(other, card("Anna")) == [NEW]
    bring_in(other, [card("Anna")])
    assert names(other) == names(home) == ["Anna"]


def test_a_folder_that_is_still_to_be_made_has_nothing() -> None:
    assert statuses(None, card("Anna") + card("Ben")) == [NEW, NEW]


def test_the_same_card_twice_in_the_files_counts_once(home: Folder) -> None:
    assert statuses(home, card("Anna") + card("Anna")) == [NEW, REPEATED]
    result = bring_in(home, [card("Anna") + card("Anna"), card("Anna")])
    assert (result.created, result.repeated) == (1, 2)


def test_of_two_cards_with_one_uid_the_second_is_refused(home: Folder) -> None:
    data = card("Anna", uid="1") + card("Ben", uid="1")
    assert statuses(home, data) == [NEW, REFUSED]
    result = bring_in(home, [data])
    assert result.refused == [("Ben", "Another card with the same UID stands before it.")]
    assert names(home) == ["Anna"]


def test_a_card_that_is_too_large_is_refused_by_name_while_the_others_go_in(home: Folder) -> None:
    data = card("Anna") + HUGE + card("Ben")
    assert statuses(home, data) == [NEW, REFUSED, NEW]
    [(name, reason)] = bring_in(home, [data]).refused
    assert name == "Gus"
    assert "larger than 1 MiB" in reason
    assert names(home) == ["Anna", "Ben"]


def test_what_is_no_card_is_refused(home: Folder) -> None:
    [(_, reason)] = bring_in(home, [b"<html>Please sign in</html>"]).refused
    assert reason == "There is no vCard in this text."


def test_groups_come_with_their_members_whichever_stands_first(home: Folder) -> None:
    anna, ben = "0b1a7d5e-1111-4222-8333-444455556666", "1b1a7d5e-1111-4222-8333-444455556666"
    bring_in(home, [group_card("Choir", anna, ben) + card("Anna", uid=anna) + card("Ben", uid=ben)])
    choir = ContactGroup.objects.get()
    assert [party.display_name for party in choir.people] == ["Anna", "Ben"]
    again = bring_in(home, [group_card("Choir", anna, ben)])
    assert (again.created, again.unchanged) == (0, 1)
    assert bring_in(home, [group_card("Choir", anna)]).updated == 1
    assert [party.display_name for party in choir.people] == ["Anna"]


def test_a_large_file_is_taken_in_batches_and_tells_how_far_it_is(home: Folder) -> None:
    told: list[int] = []
    bring_in(home, [b"".join(card(f"Person {number}") for number in range(120))], told.append)
    assert told == [50, 100, 120]


def test_an_import_that_ended_half_way_is_continued(home: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(card(f"Person {number}") for number in range(120))

    def killed(done: int) -> None:
        if done == 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_in(home, [data], killed)
    assert Party.objects.count() == 100
    result = bring_in(home, [data])
    assert (result.created, result.unchanged) == (20, 100)


def test_two_imports_of_one_file_at_once_make_no_doubles(home: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    take, rivals = Folder.take, [card("Anna")]

    def slower(folder: Folder, received: list, source: str = "") -> int:
        if rivals:
            bring_in(folder, [rivals.pop()])
            raise IntegrityError
        return take(folder, received, source)

    monkeypatch.setattr(Folder, "take", slower)
    result = bring_in(home, [card("Anna") + card("Ben")])
    assert (result.created, result.unchanged) == (1, 1)
    assert names(home) == ["Anna", "Ben"]


@pytest.mark.parametrize("status", [NEW, CHANGED, UNCHANGED])
def test_a_preview_changes_nothing(home: Folder, status: str) -> None:
    if status != NEW:
        bring_in(home, [card("Anna", *(["NOTE:old"] if status == CHANGED else []))])
    before = list(Party.objects.values())
    assert statuses(home, card("Anna")) == [status]
    assert list(Party.objects.values()) == before
