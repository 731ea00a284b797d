"""Behind every door of the book stands carol: what is alice's is for her as if it did not exist.

The doors are read from the routes themselves, so that none can be added that nobody guards.
"""

from collections.abc import Iterator

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from contacts import models, urls
from contacts.models import ContactGroup, Directory, Folder, Handle, Party, PartyHandle, QuarantinedCard, Upload, merge
from project.accounts.models import User
from tests.contacts.cast import contact, email, folder_of, placed

NOBODYS = "0" * 16
# Whose id each door takes, by its first folder; the party's otherwise.
PLACES = {"groups": ContactGroup, "directories": Directory, "import": Upload}
OTHERS = {"other_id": Party, "party_id": Party, "handle_id": Handle, "folder_id": Folder, "card_id": QuarantinedCard}
ROUTES = [(one.name, one.pattern.converters.keys(), str(one.pattern)) for one in urls.urlpatterns]
# What is typed for a new directory waits in the cache: test_directories.py sees to it.
DOORS = [name for name, ids, _ in ROUTES if ids and name != "directory_choose"]


def ids_of(owner: User, name: str) -> Iterator[dict[str, str]]:
    """Give the ids in a door's address: all that owner's things can stand there."""
    [(ids, path)] = [(ids, path) for door, ids, path in ROUTES if door == name]
    kind = PLACES.get(path.partition("/")[0], Party)
    for thing in kind._base_manager.filter(owner=owner):
        taken = {"public_id": thing.public_id}
        for one in ids - {"public_id"}:
            mine = OTHERS[one]._base_manager
            whose = {"folder__owner": owner} if OTHERS[one] is QuarantinedCard else {"owner": owner}
            taken[one] = mine.filter(**whose).exclude(public_id=thing.public_id).latest("pk").public_id
        yield taken


def address(name: str, ids: dict[str, str]) -> str:
    return reverse(f"contacts:{name}", kwargs=ids)


def everything() -> dict[str, list[dict[str, object]]]:
    kinds: list[type[Model]] = [
        one for one in vars(models).values() if isinstance(one, type) and issubclass(one, Model)
    ]
    return {kind.__name__: list(kind._base_manager.order_by("pk").values()) for kind in kinds}


@pytest.fixture
def full(alice: User, folder: Folder) -> Folder:
    """alice's book with something behind every door."""
    jan, twin, gone, _ = placed(
        folder,
        contact("Jan", email("x@example.org"), categories=("Friends",)),
        contact("J.", email("j@example.org")),
        contact("Gone", email("gone@example.org")),
        contact("Eva", email("x@example.org")),
    )
    placed(folder_of(alice, "Work"), contact("Acme", kind="organization"))
    merge(jan, twin)
    gone.purge(by_owner=True)
    ContactGroup.objects.make(alice, "Book club").add(jan)
    folder.stop("All contacts are gone at once.", {})
    QuarantinedCard.objects.create(folder=folder, source_href="/bad.vcf", raw_vcard=b"bad", reason="Bad.")
    Upload.objects.create(owner=alice, files=[{"name": "book.vcf", "size": 1}])
    return folder


@pytest.mark.parametrize("name", DOORS)
def test_what_is_somebody_elses_is_as_if_it_did_not_exist(
    name: str, alice: User, strangers: Client, full: Folder
) -> None:
    before = everything()
    doors = list(ids_of(alice, name))
    assert doors

    for ids in doors:
        for ask in (strangers.get, strangers.post):
            theirs = ask(address(name, ids))
            nobodys = ask(address(name, dict.fromkeys(ids, NOBODYS)))
            assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content), ids
            assert theirs.status_code in {404, 405}, ids

    assert everything() == before


@pytest.mark.parametrize("name", DOORS)
def test_who_is_not_signed_in_learns_nothing_there(name: str, alice: User, full: Folder) -> None:
    for ids in ids_of(alice, name):
        theirs, nobodys = (Client().get(address(name, one)) for one in (ids, dict.fromkeys(ids, NOBODYS)))
        assert theirs.status_code == nobodys.status_code
        assert theirs.status_code in {302, 404}


def test_some_of_these_doors_are_open_to_their_owner(alice: User, hers: Client, full: Folder) -> None:
    """Otherwise the tests above would pass on doors that lead nowhere."""
    shut = {"avatar", "import_confirm"}  # nobody has a picture, and the upload is not read yet
    for name in set(DOORS) - shut:
        answers = {hers.get(address(name, ids)).status_code for ids in ids_of(alice, name)}
        assert answers - {404}, name
    assert PartyHandle.objects.count() == 4
