"""The pages of directories: connect with a probe, look, change, pause, sync, remove; and carol at every door."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import contacts.urls
from contacts.directories.base import Entry
from contacts.models import Directory, Folder, Party, QuarantinedCard, Upload
from contacts.sync import Result
from contacts.views import probed
from project.accounts.models import User
from tests.cast import signed_in
from tests.contacts.shelf import BACKENDS, PASSWORD, URL, Shelf, put

pytestmark = pytest.mark.django_db
PLACE = {"backend_class": "shelf", "url": URL, "username": "ali", "password": PASSWORD, "interval_minutes": "60"}
OURS = {"name": "Home", "region": "DE"}


@pytest.fixture(autouse=True)
def _shelf() -> Iterator[None]:
    put(friends=["Anna", "Ben"], work=["Cyd"])
    with override_settings(DIRECTORY_BACKENDS=BACKENDS):
        yield


@pytest.fixture
def page(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def home(alice: User) -> Directory:
    """A directory of alice's that was synced."""
    directory = Directory.objects.create(
        owner=alice,
        backend_class="shelf",
        name="Home",
        config={"url": URL},
        credential={"username": "ali", "password": PASSWORD},
        interval_minutes=60,
    )
    directory.sync(by_owner=True)
    return directory


def at(directory: Directory, verb: str = "") -> str:
    return reverse(f"contacts:directory{verb and '_'}{verb}", args=[directory.public_id])


def text_of(page: Client, path: str) -> str:
    answer = page.get(path)
    assert answer.status_code == 200, answer
    return words(answer)


def words(answer: Any) -> str:
    """What a page says, without its tags and with single spaces."""
    main = answer.content.decode().partition("<main")[2] or answer.content.decode()
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())
    return re.sub(r" (?=[,.:])", "", text)


# --- Connecting --------------------------------------------------------------------------------------------------


def connect(page: Client, **changed: str) -> Any:
    return page.post(reverse("contacts:directory_create"), {**PLACE, **OURS, **changed})


def test_the_kinds_that_can_be_connected_are_offered(page: Client) -> None:
    said = text_of(page, reverse("contacts:directory_create"))
    assert "Shelf Books on a shelf" in said
    assert "Stack Books on the floor" in said
    assert "By hand" not in said
    assert "Memory" not in said


def test_a_directory_is_tried_then_its_books_are_chosen_then_it_is_stored(page: Client, alice: User) -> None:
    answer = connect(page)
    assert answer.status_code == 303
    assert not Directory.objects.exists()
    said = text_of(page, answer.url)
    assert "Home has 2 books: Books Friends Work" in said
    answer = page.post(answer.url, {"books": ["/friends/"]})
    directory = Directory.objects.get()
    assert answer.url == at(directory)
    assert (directory.owner, directory.name, directory.region, directory.interval_minutes) == (alice, "Home", "DE", 60)
    assert dict(directory.credential) == {"username": "ali", "password": PASSWORD}
    assert {folder.name: folder.is_mirrored for folder in directory.folders.all()} == {"Friends": True, "Work": False}


def test_a_token_is_taken_instead_of_a_password_and_as_well_guarded(page: Client, alice: User) -> None:
    both = connect(page, backend_class="gate", token="t0k", password="x")
    assert "Enter a password or a token, not both." in words(both)
    wrong = connect(page, backend_class="gate", token="quite wrong", password="", username="")
    assert wrong.status_code == 422
    assert "quite wrong" not in wrong.content.decode()
    page.post(connect(page, backend_class="gate", token="t0k", password="", username="").url, {"books": ["/friends/"]})
    directory = Directory.objects.get()
    assert dict(directory.credential) == {"token": "t0k"}
    moved = change(page, directory, url="https://evil.example.org/", username="")
    assert "Type the token too: the stored one is sent to no other place or account." in words(moved)
    assert change(page, directory, username="", name="Gate").status_code == 303
    directory.refresh_from_db()
    assert (str(directory), dict(directory.credential)) == ("Gate", {"token": "t0k"})


@pytest.mark.django_db(transaction=True)
def test_what_was_chosen_is_mirrored_at_once(page: Client, alice: User) -> None:
    page.post(connect(page).url, {"books": ["/friends/"]})
    assert [str(party) for party in Party.objects.of(alice).listed()] == ["Anna", "Ben"]


def test_connected_twice_it_is_there_once(page: Client) -> None:
    choice = connect(page).url
    page.post(choice, {"books": []})
    assert page.post(choice, {"books": []}).status_code == 404
    assert Directory.objects.count() == 1


def test_two_answers_in_the_same_moment_connect_once(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = connect(page).url
    monkeypatch.setattr(probed, "forget", lambda owner, name: False)
    assert page.post(choice, {"books": []}).url == reverse("contacts:directories")
    assert not Directory.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"url": "https://example.org/"}, "There is no shelf at this address."),
        ({"password": "quite wrong"}, "The shelf did not accept this user name and password."),
        ({"url": ""}, "This field is required."),
        ({"region": "ZZ"}, "Select a valid choice. ZZ is not one of the available choices."),
        ({"interval_minutes": "7"}, "Select a valid choice. 7 is not one of the available choices."),
        ({"url": "a\tb\n\x07"}, "This is no address."),
    ],
)
def test_what_cannot_be_connected_is_said_and_nothing_is_stored(
    page: Client, changed: dict[str, str], sentence: str
) -> None:
    answer = connect(page, **changed)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not Directory.objects.exists()
    assert 'value="ali"' in answer.content.decode()


@pytest.mark.parametrize("password", [PASSWORD, "quite wrong"])
def test_a_password_is_in_no_page_no_url_and_no_session(page: Client, password: str) -> None:
    answer = connect(page, password=password)
    assert password not in answer.content.decode()
    if answer.status_code == 303:
        assert password not in answer.url
        assert password not in page.get(answer.url).content.decode()
    assert password not in str(dict(page.session))


def test_between_probe_and_choice_the_password_is_encrypted(page: Client, alice: User) -> None:
    name = connect(page).url.split("/")[-2]
    kept = cache.get(f"contacts.probed.{alice.pk}.{name}")
    assert isinstance(kept, str)
    assert PASSWORD not in kept
    found = probed.find(alice, name)
    assert found is not None
    assert found.credential["password"] == PASSWORD


def test_the_choice_is_only_for_who_probed(page: Client, carol: User) -> None:
    choice = connect(page).url
    assert signed_in(carol).get(choice).status_code == 404
    assert signed_in(carol).post(choice, {"books": ["/friends/"]}).status_code == 404
    assert not Directory.objects.exists()
    assert page.get(choice).status_code == 200


def test_after_some_minutes_nothing_is_kept(page: Client) -> None:
    choice = connect(page).url
    cache.clear()
    answer = page.get(choice)
    assert answer.status_code == 404
    assert "connect it again" in words(answer)


def test_a_place_is_connected_once(page: Client, home: Directory) -> None:
    answer = connect(page, url=URL.rstrip("/"))
    assert answer.status_code == 422
    assert "You have connected this already, as “Home”." in words(answer)


def test_another_account_at_the_same_place_is_another_directory(page: Client, home: Directory) -> None:
    answer = connect(page, username="bob")
    assert "did not accept this user name" in words(answer)


def test_a_book_that_was_not_found_cannot_be_chosen(page: Client) -> None:
    answer = page.post(connect(page).url, {"books": ["/secret/"]})
    assert answer.status_code == 422
    assert not Directory.objects.exists()


def test_a_directory_without_a_name_is_called_after_its_address(page: Client) -> None:
    page.post(connect(page, name="").url, {})
    assert Directory.objects.get().name == URL


def test_a_kind_that_is_not_offered_cannot_be_connected(page: Client) -> None:
    for kind in ("memory", "manual", "moon"):
        assert connect(page, backend_class=kind).status_code == 422
    assert not Directory.objects.exists()


# --- Picking the kind --------------------------------------------------------------------------------------------


def prefilled(page: Client, **typed: str) -> str:
    answer = page.post(
        reverse("contacts:directory_prefill"),
        typed,
        headers={"HX-Request": "true", "HX-Target": "div#directory-fields"},
    )
    assert answer.status_code == 200
    return answer.content.decode()


def value_of(html: str, name: str) -> str:
    if found := re.search(rf'<input[^>]*name="{name}"[^>]*>', html):
        return (re.search(r'value="([^"]*)"', found[0]) or ["", ""])[1]
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', html, re.DOTALL)
    assert select, f"no {name}"
    return (re.search(r'value="([^"]*)" selected', select[0]) or ["", ""])[1]


def test_picking_a_kind_fills_in_its_defaults(page: Client) -> None:
    html = prefilled(page, backend_class="shelf", previous="stack", interval_minutes="1440", name="")
    assert (value_of(html, "interval_minutes"), value_of(html, "name")) == ("60", "My shelf")
    assert value_of(html, "previous") == "shelf"


def test_what_was_typed_is_not_overwritten(page: Client) -> None:
    typed = {"interval_minutes": "15", "name": "Mine", "url": "https://x", "username": "al"}
    html = prefilled(page, backend_class="shelf", previous="stack", **typed)
    assert {name: value_of(html, name) for name in typed} == typed


def test_defaults_of_the_kind_before_go_with_it(page: Client) -> None:
    html = prefilled(page, backend_class="stack", previous="shelf", interval_minutes="60", name="My shelf")
    assert (value_of(html, "interval_minutes"), value_of(html, "name")) == ("1440", "My stack")


def test_only_what_the_kind_asks_is_shown(page: Client) -> None:
    html = prefilled(page, backend_class="stack", previous="shelf", username="al", password=PASSWORD)
    assert 'name="password"' not in html
    assert 'name="username"' not in html
    assert PASSWORD not in html


def test_a_password_is_not_repeated_when_the_kind_changes(page: Client) -> None:
    html = prefilled(page, backend_class="shelf", previous="stack", password=PASSWORD)
    assert 'name="password"' in html
    assert PASSWORD not in html


def test_without_javascript_the_kind_is_changed_with_a_button(page: Client) -> None:
    answer = page.post(reverse("contacts:directory_prefill"), {"backend_class": "stack", "url": "https://x"})
    assert answer.status_code == 200
    assert "Look for my contacts" in words(answer)
    assert value_of(answer.content.decode(), "url") == "https://x"
    picked = page.get(reverse("contacts:directory_create") + "?backend_class=stack").content.decode()
    assert value_of(picked, "previous") == "stack"


# --- The list and one of them ------------------------------------------------------------------------------------


def told(directory: Directory, **fields: Any) -> str:
    Directory.objects.filter(pk=directory.pk).update(**fields)
    return text_of(signed_in(directory.owner), reverse("contacts:directories"))


def test_the_list_tells_how_each_directory_is(page: Client, home: Directory) -> None:
    now = timezone.now()
    quiet = {"next_run_at": now + timedelta(minutes=58, seconds=30), "last_run_at": now - timedelta(minutes=2)}
    said = told(home, **quiet)
    assert "Home Shelf, every hour 3 new, 2 minutes ago. Next sync in 58 minutes" in said
    assert "Nothing changed, 2 minutes ago" in told(home, last_result=asdict(Result(unchanged=3)))
    assert "Synced only when asked" in told(home, next_run_at=None, interval_minutes=0)
    assert "Waiting for its turn" in told(home, next_run_at=now)
    busy = {"lease": "x", "lease_until": now + timedelta(minutes=1)}
    assert "Syncing Friends: 120 of 450" in told(home, **busy, progress={"book": "Friends", "done": 120, "total": 450})
    assert "Paused. Nothing changed, 2 minutes ago" in told(home, lease="", lease_until=None, lifecycle="paused")
    sick = {"lifecycle": "connected", "health": "error", "problem": "The shelf fell down.", "next_run_at": None}
    assert "The shelf fell down." in told(home, **sick)
    assert "Being removed" in told(home, lifecycle="removing")


def test_numbers_are_written_for_people(page: Client, home: Directory) -> None:
    result = asdict(Result(created=12345, updated=1, removed=2, quarantined=4, unchanged=9))
    assert "12,345 new, 1 changed, 2 removed, 4 kept aside" in told(home, last_result=result)


def test_a_directory_that_was_never_synced_says_so(page: Client, alice: User) -> None:
    Directory.objects.create(owner=alice, backend_class="shelf", name="New")
    assert "Never synced" in text_of(page, reverse("contacts:directories"))


def test_what_is_kept_by_hand_has_no_verbs(page: Client, alice: User) -> None:
    folder = Folder.objects.by_hand(alice)
    said = text_of(page, at(folder.directory))
    assert "On this server" in said
    assert "My contacts" in said
    assert not [word for word in ("Sync now", "Pause", "Remove", "Change") if word in said]
    for verb in ("sync", "pause", "resume", "books", "remove", "update"):
        assert page.post(at(folder.directory, verb)).status_code == 404


def test_looking_makes_nothing(page: Client) -> None:
    text_of(page, reverse("contacts:directories"))
    assert not Directory.objects.exists()


def test_a_directory_shows_its_books_with_what_they_hold(page: Client, home: Directory) -> None:
    said = text_of(page, at(home))
    assert "Friends 2 contacts" in said
    assert "Work 1 contact," in said


def test_the_list_takes_the_same_queries_for_one_and_for_many(page: Client, home: Directory) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page.get(reverse("contacts:directories"))
        return len(captured)

    one = queries()
    for name in ("Second", "Third"):
        other = Directory.objects.create(owner=home.owner, backend_class="shelf", name=name, config={"url": URL})
        other.folders.create(owner=home.owner, name="Book", problem="Stands still.")
    assert queries() == one


def test_names_from_elsewhere_are_shown_as_text(page: Client, home: Directory) -> None:
    Folder.objects.update(name="<script>alert(1)</script>", problem="<b>bold</b>")
    Directory.objects.update(name="<img src=x>", problem="<i>", health="error", next_run_at=None)
    for path in (reverse("contacts:directories"), at(home), at(home, "remove"), at(home, "update")):
        html = page.get(path).content.decode()
        assert not [bad for bad in ("<script>alert", "<b>bold", "<img src=x>", "<i>") if bad in html]


# --- Verbs -------------------------------------------------------------------------------------------------------


def test_sync_now_answers_at_once_and_the_page_shows_that_it_waits(page: Client, home: Directory) -> None:
    Directory.objects.update(next_run_at=None)
    answer = page.post(at(home, "sync"))
    assert (answer.status_code, answer.url) == (303, at(home))
    assert "Waiting for its turn" in text_of(page, at(home))


@pytest.mark.django_db(transaction=True)
def test_sync_now_syncs(page: Client, home: Directory) -> None:
    put(friends=["Anna", "Ben", "Dan"], work=["Cyd"])
    page.post(at(home, "sync"))
    assert "1 new, a moment ago" in text_of(page, at(home))


def test_pause_and_resume(page: Client, home: Directory) -> None:
    page.post(at(home, "pause"))
    assert "Paused." in text_of(page, at(home))
    before = Directory.objects.get().next_run_at
    page.post(at(home, "sync"))
    assert Directory.objects.get().next_run_at == before
    page.post(at(home, "resume"))
    assert "Waiting for its turn" in text_of(page, at(home))


def test_which_books_are_mirrored_can_be_changed(page: Client, home: Directory) -> None:
    work = Folder.objects.get(name="Work")
    page.post(at(home, "books"), {"books": [work.public_id]})
    assert {folder.name: folder.is_mirrored for folder in Folder.objects.all()} == {"Friends": False, "Work": True}
    assert Party.objects.of(home.owner).count() == 3


def test_a_get_changes_nothing(page: Client, home: Directory) -> None:
    for verb in ("sync", "pause", "resume", "books"):
        assert page.get(at(home, verb)).status_code == 405
    before = list(Directory.objects.values())
    for verb in ("", "update", "remove"):
        page.get(at(home, verb))
    assert list(Directory.objects.values()) == before


# --- Gone at the source ------------------------------------------------------------------------------------------


@pytest.fixture
def emptied(home: Directory) -> Folder:
    put(friends=[], work=["Cyd"])
    home.sync(by_owner=True)
    return Folder.objects.get(name="Friends")


def allow(page: Client, folder: Folder, digest: str | None = None) -> Any:
    place = reverse("contacts:allow_vanishing", args=[folder.directory.public_id, folder.public_id])
    return page.post(place, {"digest": folder.vanishing["digest"] if digest is None else digest})


def test_the_owner_is_asked_before_contacts_vanish(page: Client, home: Directory, emptied: Folder) -> None:
    said = text_of(page, at(home))
    assert "All 2 contacts of Friends are gone at the source" in said
    assert "Anna, Ben" in said
    assert "They were deleted there: remove them" in said
    assert Party.objects.of(home.owner).count() == 3


def test_when_the_owner_says_so_they_are_removed(page: Client, home: Directory, emptied: Folder) -> None:
    assert allow(page, emptied).status_code == 303
    assert "They are removed with the next sync." in text_of(page, at(home))
    home.sync(by_owner=True)
    assert [str(party) for party in Party.objects.of(home.owner)] == ["Cyd"]
    assert "gone at the source" not in text_of(page, at(home))


def test_an_answer_to_another_question_removes_nobody(page: Client, home: Directory, emptied: Folder) -> None:
    allow(page, emptied, "an older question")
    home.sync(by_owner=True)
    assert Party.objects.of(home.owner).count() == 3


def test_nobody_else_can_answer(carol: User, home: Directory, emptied: Folder) -> None:
    assert allow(signed_in(carol), emptied).status_code == 404
    assert not Folder.objects.exclude(allowed_vanishing="").exists()


# --- Quarantined cards -------------------------------------------------------------------------------------------


@pytest.fixture
def odd(home: Directory) -> QuarantinedCard:
    folder = Folder.objects.get(name="Friends")
    folder.quarantine(Entry("/friends/odd.vcf", "1"), "key", b"BEGIN:ODD\r\n<b>\r\n", "It is <odd>.")
    return QuarantinedCard.objects.get()


def test_cards_that_could_not_be_read_are_shown_with_reason_and_text(
    page: Client, home: Directory, odd: QuarantinedCard
) -> None:
    assert "1 card could not be taken in. It is kept as it came." in text_of(page, at(home))
    assert "1 card could not be taken in" in text_of(page, reverse("contacts:directories"))
    said = text_of(page, reverse("contacts:quarantined", args=[home.public_id]))
    assert "/friends/odd.vcf In Friends It is <odd>." in said
    said = text_of(page, reverse("contacts:quarantined_card", args=[home.public_id, odd.public_id]))
    assert "BEGIN:ODD <b>" in said


def test_such_a_card_can_be_downloaded_as_it_came(page: Client, home: Directory, odd: QuarantinedCard) -> None:
    answer = page.get(reverse("contacts:quarantined_file", args=[home.public_id, odd.public_id]))
    assert answer.content == b"BEGIN:ODD\r\n<b>\r\n"
    assert answer["Content-Type"] == "text/vcard; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="card-{odd.public_id}.vcf"'


# --- Changing ----------------------------------------------------------------------------------------------------


def change(page: Client, directory: Directory, **changed: str) -> Any:
    now = {"url": URL, "username": "ali", "password": "", "name": "Home", "region": "", "interval_minutes": "60"}
    return page.post(at(directory, "update"), {**now, **changed})


def test_the_name_and_the_interval_are_changed_without_a_probe(page: Client, home: Directory) -> None:
    before = Shelf.probed
    assert change(page, home, name="Shelf at home", interval_minutes="15").status_code == 303
    home.refresh_from_db()
    assert (home.name, home.interval_minutes, Shelf.probed) == ("Shelf at home", 15, before)
    assert home.next_run_at - home.last_run_at == timedelta(minutes=15)
    assert dict(home.credential) == {"username": "ali", "password": PASSWORD}


def test_the_form_shows_what_is_stored_but_no_password(page: Client, home: Directory) -> None:
    html = page.get(at(home, "update")).content.decode()
    assert (value_of(html, "url"), value_of(html, "username"), value_of(html, "name")) == (URL, "ali", "Home")
    assert PASSWORD not in html


def test_another_password_is_tried_before_it_is_stored(page: Client, home: Directory) -> None:
    answer = change(page, home, password="quite wrong")
    assert answer.status_code == 422
    assert "The shelf did not accept this user name and password." in words(answer)
    home.refresh_from_db()
    assert dict(home.credential)["password"] == PASSWORD
    assert change(page, home, password=PASSWORD).status_code == 303


def test_the_stored_password_goes_to_no_other_place_or_account(page: Client, home: Directory) -> None:
    before = Shelf.probed
    for changed in ({"url": "https://evil.example.org/"}, {"username": "bob"}):
        answer = change(page, home, **changed)
        assert answer.status_code == 422
        assert "Type the password too: the stored one" in words(answer)
    assert Shelf.probed == before
    home.refresh_from_db()
    assert home.config == {"url": URL}


def test_another_address_is_tried_before_it_is_stored(page: Client, home: Directory) -> None:
    answer = change(page, home, url="https://other.example.org/", password=PASSWORD)
    assert "There is no shelf at this address." in words(answer)
    home.refresh_from_db()
    assert home.config == {"url": URL}


def test_another_region_has_every_number_read_anew(page: Client, home: Directory) -> None:
    put(friends=["Anna", "Ben"], work=["Cyd"])
    Shelf.held[0]["cards"]["Anna.vcf"] = Shelf.held[0]["cards"]["Anna.vcf"].replace("FN:", "TEL:030 1234567\r\nFN:")
    home.sync(by_owner=True)
    anna = Party.objects.get(display_name="Anna")
    assert anna.links.get().handle.normalised == "0301234567"
    change(page, home, region="DE")
    home.refresh_from_db()
    home.sync()
    assert anna.links.get().handle.normalised == "+49301234567"
    assert Party.objects.of(home.owner).count() == 3


def test_when_the_key_is_gone_the_password_is_entered_anew(page: Client, home: Directory) -> None:
    with override_settings(CREDENTIAL_KEYS=("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",)):
        assert value_of(page.get(at(home, "update")).content.decode(), "username") == ""
        assert change(page, home, password=PASSWORD).status_code == 303
        home.refresh_from_db()
        assert dict(home.credential) == {"username": "ali", "password": PASSWORD}


# --- Removing ----------------------------------------------------------------------------------------------------


def test_removing_is_asked_on_a_page_of_its_own_with_numbers(page: Client, home: Directory) -> None:
    said = text_of(page, at(home, "remove"))
    assert "3 contacts came from it." in said
    assert "Keep the 3 contacts, remove the directory" in said
    assert page.post(at(home, "remove")).url == at(home, "remove")
    assert Directory.objects.filter(lifecycle="connected").exists()


def test_its_contacts_can_stay(page: Client, home: Directory, alice: User) -> None:
    page.post(at(home, "remove"), {"contacts": "keep"})
    assert not Directory.objects.filter(backend_class="shelf").exists()
    assert {party.folder.name for party in Party.objects.of(alice)} == {"My contacts"}


@pytest.mark.django_db(transaction=True)
def test_its_contacts_can_go_with_it(page: Client, home: Directory, alice: User) -> None:
    page.post(at(home, "remove"), {"contacts": "remove"})
    assert not Directory.objects.exists()
    assert not Party.objects.exists()


def test_one_that_is_being_removed_can_only_be_looked_at(page: Client, home: Directory) -> None:
    home.request_removal()
    assert "Sync now" not in text_of(page, at(home))
    assert page.post(at(home, "sync")).status_code == 404


# --- Doors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["", "update", "remove", "sync", "pause", "resume", "books"])
def test_for_others_a_directory_does_not_exist(home: Directory, carol: User, verb: str) -> None:
    before = list(Directory.objects.values())
    page = signed_in(carol)
    missing = at(home, verb).replace(home.public_id, "0" * 16)
    for method in (page.get, page.post):
        theirs, nobodys = method(at(home, verb)), method(missing)
        assert theirs.status_code == nobodys.status_code
        assert theirs.status_code in {404, 405}
    assert list(Directory.objects.values()) == before
    assert signed_in(home.owner).post(at(home, verb or "sync")).status_code != 404


@pytest.mark.parametrize("name", ["quarantined", "quarantined_card", "quarantined_file"])
def test_for_others_a_quarantined_card_does_not_exist(
    home: Directory, odd: QuarantinedCard, carol: User, name: str
) -> None:
    place = [home.public_id] if name == "quarantined" else [home.public_id, odd.public_id]
    assert signed_in(carol).get(reverse(f"contacts:{name}", args=place)).status_code == 404
    assert signed_in(home.owner).get(reverse(f"contacts:{name}", args=place)).status_code == 200


def test_behind_every_door_carol_finds_what_is_nowhere(home: Directory, odd: QuarantinedCard, carol: User) -> None:
    """Every address that names a directory, an upload or something of theirs, whatever is asked of it."""
    folder = home.folders.get(name="Friends")
    upload = Upload.objects.create(owner=home.owner, files=[{"name": "a.vcf", "size": 3}])
    named = {"folder_id": folder.public_id, "card_id": odd.public_id}
    before = [list(kind.objects.order_by("pk").values()) for kind in (Directory, Folder, Upload, Party)]
    page, doors = signed_in(carol), 0
    for pattern in contacts.urls.urlpatterns:
        route = str(pattern.pattern)
        if not route.startswith(("directories/<", "import/<")):
            continue
        of = upload if route.startswith("import/") else home
        names = {name: named.get(name, of.public_id) for name in pattern.pattern.converters}
        real = reverse(f"contacts:{pattern.name}", kwargs=names)
        nowhere = reverse(f"contacts:{pattern.name}", kwargs=dict.fromkeys(names, "0" * 16))
        for ask in (page.get, page.post):
            theirs, nobodys = ask(real), ask(nowhere)
            assert (theirs.status_code, words(theirs)) == (nobodys.status_code, words(nobodys)), real
            assert theirs.status_code in {404, 405}, real
            doors += theirs.status_code == 404
    assert doors >= 15
    assert [list(kind.objects.order_by("pk").values()) for kind in (Directory, Folder, Upload, Party)] == before


def test_the_credential_is_on_no_page_in_no_log_and_in_no_result(
    home: Directory, odd: QuarantinedCard, carol: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    mine = signed_in(home.owner)
    for right in (True, False):
        put(friends=["Anna", "Ben"] if right else [], work=["Cyd"])
        home.config = {"url": URL if right else "https://example.org/"}
        home.save()
        home.sync(by_owner=True)
        pages = [reverse("contacts:directories"), at(home), at(home, "update"), at(home, "remove")]
        said = [
            mine.get(path).content.decode() for path in [*pages, reverse("contacts:quarantined", args=[home.public_id])]
        ]
        said += [
            connect(mine, url="https://example.org/").content.decode(),
            change(mine, home, password=PASSWORD + "!").content.decode(),
        ]
        carol.is_staff = carol.is_superuser = True
        carol.save()
        admins = (
            reverse("admin:contacts_directory_changelist"),
            reverse("admin:contacts_directory_change", args=[home.pk]),
        )
        said += [signed_in(carol).get(path).content.decode() for path in admins]
        home.refresh_from_db()
        said += [str(home.last_result), home.problem, repr(home), str(home.config), repr(home.credential), caplog.text]
        assert not [text for text in said if PASSWORD in text or home.credential.sealed() in text]
    assert home.problem == "There is no shelf at this address."


def test_others_see_no_directory_of_mine(home: Directory, carol: User) -> None:
    assert "Home" not in text_of(signed_in(carol), reverse("contacts:directories"))


def test_who_is_not_signed_in_sees_nothing(home: Directory) -> None:
    for path in (reverse("contacts:directories"), at(home), at(home, "update"), reverse("contacts:directory_create")):
        answer = Client().get(path)
        assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("account_login"))
