"""New cards: what is built says what it was built from, in every version."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.card import CardAddress, CardHandle, Contact, Detail, Name, PartialDate, Photo, build, contact_of
from contacts.vcard import read, split

from .generated import contacts, said


@settings(max_examples=80)
@given(contacts(), st.sampled_from(["3.0", "4.0"]))
def test_a_built_card_says_what_it_was_built_from(contact: Contact, version: str) -> None:
    card = read(build(contact, version))
    assert card.version == version
    assert said(contact_of(card), ordered=True) == said(contact, ordered=True)


@settings(max_examples=80)
@given(contacts(exclude="\\"))
def test_a_built_card_of_version_2_1_does_so_for_all_that_2_1_can_say(contact: Contact) -> None:
    assert said(contact_of(read(build(contact, "2.1"))), ordered=True) == said(contact, ordered=True)


@settings(max_examples=40)
@given(contacts(), st.sampled_from(["2.1", "3.0", "4.0"]))
def test_a_built_card_is_one_card_of_short_lines(contact: Contact, version: str) -> None:
    raw = build(contact, version)
    [piece] = split(raw)
    assert not piece.problem
    assert raw.endswith(b"END:VCARD\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    if version != "2.1":
        assert max(map(len, raw.split(b"\r\n"))) <= 75


def test_a_new_card_gets_a_uid_of_its_own() -> None:
    first, second = (build(Contact(display_name="Anna")) for _ in range(2))
    assert re.search(rb"\r\nUID:urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f-]{17}\r\n", first)
    assert first != second
    assert contact_of(read(build(Contact(uid="a-7", display_name="Anna")))).uid == "a-7"


def test_a_card_of_4_0_reads_as_the_rfc_has_it() -> None:
    contact = Contact(
        uid="8f0c9a2e-1111-4222-8333-000000000005",
        display_name="Anna Berg",
        name=Name(given="Anna", family="Berg"),
        birthday=PartialDate(None, 2, 29),
        anniversary=PartialDate(2011, 9, 17),
        handles=(
            CardHandle("email", "anna@example.org", label="work", preferred=True),
            CardHandle("phone", "+49 30 23125 001", label="Summer house"),
            CardHandle("xmpp", "anna@jabber.example"),
            CardHandle("website", "https://example.org/?a=1,2"),
        ),
        addresses=(CardAddress("home", street="Lane 5, rear", locality="Köln"),),
        notes="one\ntwo; three",
        details=(Detail("Spouse", "Eva"),),
    )
    assert build(contact).decode().split("\r\n") == [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "UID:urn:uuid:8f0c9a2e-1111-4222-8333-000000000005",
        "FN:Anna Berg",
        "N:Berg;Anna;;;",
        "BDAY:--0229",
        "ANNIVERSARY:20110917",
        "EMAIL;PREF=1;TYPE=work:anna@example.org",
        "item1.TEL:+49 30 23125 001",
        "item1.X-ABLABEL:Summer house",
        "IMPP;X-SERVICE-TYPE=Jabber:xmpp:anna@jabber.example",
        "URL:https://example.org/?a=1,2",
        "ADR;TYPE=home:;;Lane 5\\, rear;Köln;;;",
        "NOTE:one\\ntwo\\; three",
        "RELATED;TYPE=spouse;VALUE=text:Eva",
        "END:VCARD",
        "",
    ]


def test_older_versions_are_written_as_their_programs_do() -> None:
    contact = Contact(
        display_name="Änne",
        kind="group",
        birthday=PartialDate(None, 2, 29),
        anniversary=PartialDate(2011, 9, 17),
        handles=(CardHandle("phone", "112", label="work fax", preferred=True), CardHandle("xmpp", "a@b.example")),
        members=("a-1", "mailto:x@example.org"),
        photo=Photo(b"\xff\xd8\xff"),
    )
    lines = build(contact, "3.0").decode().split("\r\n")
    assert {"BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29", "item1.X-ABDATE:2011-09-17"} <= set(lines)
    assert {"item1.X-ABLABEL:_$!<Anniversary>!$_", "X-ADDRESSBOOKSERVER-KIND:group"} <= set(lines)
    assert {"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:a-1", "X-ADDRESSBOOKSERVER-MEMBER:mailto:x@example.org"} <= set(lines)
    assert {"TEL;TYPE=work,fax,pref:112", "PHOTO;ENCODING=b;TYPE=JPEG:/9j/"} <= set(lines)
    lines = build(contact, "2.1").decode().split("\r\n")
    assert {"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=84nne", "TEL;WORK;FAX;PREF:112"} <= set(lines)
    assert {"X-JABBER:a@b.example", "PHOTO;ENCODING=BASE64;JPEG:", " /9j/"} <= set(lines)


@pytest.mark.parametrize(
    "text", ["a\r\nb\rc\0", "END:VCARD\nBEGIN:VCARD", "x" * 300, "=" * 100, "ä" * 100, " =0D=0A= "]
)
@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
def test_no_text_leaves_its_line(text: str, version: str) -> None:
    card = read(build(Contact(display_name="Anna", notes=text, details=(Detail("More", text),)), version))
    found = contact_of(card)
    wanted = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    assert (found.notes, found.details) == (wanted, (Detail("More", wanted),))
    assert found.unreadable == ()
