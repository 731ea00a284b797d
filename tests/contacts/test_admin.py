"""The administration of address books: every list and page opens, and shows no credential and no card in a list."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.directories.base import Entry
from contacts.importing import bring_in
from contacts.models import (
    Address,
    Affiliation,
    ContactGroup,
    Directory,
    Folder,
    GroupMember,
    Handle,
    KeptApart,
    Organization,
    Party,
    PartyHandle,
    Person,
    QuarantinedCard,
    Upload,
)
from project.accounts.models import User
from tests.cast import signed_in
from tests.contacts.files import card

pytestmark = pytest.mark.django_db
MODELS = [
    Address, Affiliation, ContactGroup, Directory, Folder, GroupMember, Handle, KeptApart, Organization, Party,
    PartyHandle, Person, QuarantinedCard, Upload,
]  # fmt: skip
PASSWORD = "very secret indeed"


@pytest.fixture
def page(carol: User) -> Client:
    carol.is_staff = carol.is_superuser = True
    carol.save()
    return signed_in(carol)


@pytest.fixture
def everything(alice: User) -> Folder:
    """One row of each kind."""
    folder = Folder.objects.by_hand(alice)
    anna = card(
        "Anna", "EMAIL:anna@example.org", "ADR:;;Main Street 1;Brno;;;CZ", "ORG:Choir", "CATEGORIES:Friends", "NOTE:hum"
    )
    bring_in(folder, [anna + card("Ben") + card("Choir", "X-ABShowAs:COMPANY", "ORG:Choir")])
    folder.quarantine(Entry("/odd.vcf"), "key", b"BEGIN:ODD", "It is odd.")
    one, other, *_ = Party.objects.order_by("pk")
    KeptApart.objects.keep(one, other)
    Upload.objects.create(owner=alice, files=[{"name": "a.vcf", "size": 3}])
    folder.directory.credential = {"password": PASSWORD}
    folder.directory.save()
    return folder


def named(model: type, page: str) -> str:
    return f"admin:contacts_{model._meta.model_name}_{page}"


def test_every_model_is_there() -> None:
    assert {model for model in admin.site._registry if model._meta.app_label == "contacts"} == set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_and_page_opens(page: Client, everything: Folder, model: type) -> None:
    sealed = Directory.objects.get().credential.sealed()
    rows = page.get(reverse(named(model, "changelist")), {"q": "a"})
    assert rows.status_code == 200
    row = model._default_manager.first()
    one = page.get(reverse(named(model, "change"), args=[row.pk]))
    assert one.status_code == 200
    for answer in (rows, one):
        assert PASSWORD not in answer.content.decode()
        assert sealed not in answer.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_loads_no_card_and_no_credential(page: Client, everything: Folder, model: type) -> None:
    with CaptureQueriesContext(connection) as queries:
        page.get(reverse(named(model, "changelist")))
    told = " ".join(query["sql"] for query in queries)
    assert not [name for name in ("raw_vcard", "base_vcard", '"credential"') if name in told]


def test_the_card_of_a_party_is_shown_on_its_page(page: Client, everything: Folder) -> None:
    anna = Party.objects.get(display_name="Anna")
    html = page.get(reverse(named(Party, "change"), args=[anna.pk])).content.decode()
    assert "NOTE:hum" in html
    assert "anna@example.org" in html


def test_what_a_card_says_cannot_be_changed_here(page: Client, everything: Folder) -> None:
    anna = Party.objects.get(display_name="Anna")
    assert page.post(reverse(named(Party, "change"), args=[anna.pk]), {"display_name": "Eve"}).status_code == 403
    assert page.get(reverse(named(Party, "add"))).status_code == 403


def test_where_a_directory_is_cannot_be_changed_here(page: Client, everything: Folder) -> None:
    directory = Directory.objects.get()
    said = {
        "name": "New name", "region": "", "interval_minutes": "5", "config": '{"url": "https://evil.example.org"}',
        "owner": "1", "folders-TOTAL_FORMS": "0", "folders-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert page.post(reverse(named(Directory, "change"), args=[directory.pk]), said).status_code == 302
    directory.refresh_from_db()
    assert (directory.name, directory.interval_minutes, directory.config) == ("New name", 5, {})
    assert dict(directory.credential) == {"password": PASSWORD}


def test_who_is_no_administrator_finds_nothing(alice: User, everything: Folder) -> None:
    assert signed_in(alice).get(reverse(named(Party, "changelist"))).status_code != 200
