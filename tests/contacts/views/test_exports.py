"""Contacts as files: whole, by folder, by group, one; and nothing of anybody else."""

from typing import Any

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse

from contacts.importing import bring_in
from contacts.models import ContactGroup, Folder, Party
from contacts.views.exports import file_name
from project.accounts.models import User
from tests.cast import signed_in
from tests.contacts.files import card

ALL = "/contacts/export.vcf"


@pytest.fixture
def home(alice: User) -> Folder:
    folder = Folder.objects.by_hand(alice)
    bring_in(folder, [card("Anna", "CATEGORIES:Choir") + card("Ben")])
    return folder


async def fetched(user: User, path: str) -> tuple[Any, bytes]:
    """Ask as a browser does, of a server that answers piece by piece."""
    page = AsyncClient()
    await page.aforce_login(user)
    answer = await page.get(path)
    if not answer.streaming:
        return answer, answer.content
    return answer, b"".join([chunk async for chunk in answer.streaming_content])


@pytest.mark.django_db(transaction=True)
async def test_everything_goes_out_as_it_came_in(alice: User, home: Folder) -> None:
    answer, content = await fetched(alice, ALL)
    assert content == card("Anna", "CATEGORIES:Choir") + card("Ben")
    assert answer["Content-Type"] == "text/vcard; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="Contacts 20')
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db(transaction=True)
async def test_a_folder_a_group_and_one_contact_go_out_alone(alice: User, home: Folder) -> None:
    group = await ContactGroup.objects.aget()
    ben = await Party.objects.aget(display_name="Ben")
    answer, content = await fetched(alice, f"{ALL}?folder={home.public_id}")
    assert content == card("Anna", "CATEGORIES:Choir") + card("Ben")
    assert answer["Content-Disposition"] == 'attachment; filename="My contacts.vcf"'
    assert (await fetched(alice, f"{ALL}?group={group.public_id}"))[1] == card("Anna", "CATEGORIES:Choir")
    assert (await fetched(alice, f"/contacts/{ben.public_id}/export.vcf"))[1] == card("Ben")


@pytest.mark.django_db(transaction=True)
async def test_an_empty_book_is_an_empty_file(carol: User, home: Folder) -> None:
    answer, content = await fetched(carol, ALL)
    assert (answer.status_code, content) == (200, b"")


@pytest.mark.django_db
def test_for_others_nothing_of_mine_exists(carol: User, home: Folder) -> None:
    page, none = signed_in(carol), "0" * 16
    group, anna = ContactGroup.objects.get(), Party.objects.get(display_name="Anna")
    for path in (
        f"{ALL}?folder={home.public_id}", f"{ALL}?folder={none}", f"{ALL}?folder=x", f"{ALL}?group={group.public_id}",
        f"{ALL}?group={none}", reverse("contacts:export_party", args=[anna.public_id]),
    ):  # fmt: skip
        assert page.get(path).status_code == 404
    assert signed_in(home.owner).head(f"{ALL}?folder={home.public_id}").status_code == 200


@pytest.mark.django_db
def test_a_removed_contact_does_not_go_out(home: Folder) -> None:
    anna = Party.objects.get(display_name="Anna")
    anna.purge(by_owner=True)
    page = signed_in(home.owner)
    assert page.get(reverse("contacts:export_party", args=[anna.public_id])).status_code == 404


@pytest.mark.django_db
def test_who_is_not_signed_in_gets_nothing(home: Folder) -> None:
    assert Client().get(ALL).status_code == 302
    assert signed_in(home.owner).post(ALL).status_code == 405


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Anna Novák", "Anna Novák.vcf"),
        ("../../etc/passwd", "etc passwd.vcf"),
        ('a"b\\c:d*e?f<g>h|i', "a b c d e f g h i.vcf"),
        ("line\r\nSet-Cookie: x", "line Set-Cookie x.vcf"),
        ("x" * 500, "x" * 80 + ".vcf"),
        (" .. ", "Contacts.vcf"),
        ("\u202egnp.exe", "gnp.exe.vcf"),
    ],
)
def test_the_name_of_a_file_is_safe_anywhere(name: str, expected: str) -> None:
    assert file_name(name) == expected
