"""Edits: the card says afterwards what it should, and no other line has changed a byte."""

import re
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.card import (
    CardAddress,
    CardAffiliation,
    CardHandle,
    Contact,
    Detail,
    Name,
    PartialDate,
    Photo,
    build,
    contact_of,
    edited,
)
from contacts.vcard import read, split

from .generated import CARDS, FILES, contacts, said

EXPORTS = sorted((Path(__file__).parents[1] / "data" / "vcards").glob("*.vcf"))
# Which properties an edit of a field may touch; X-ABLabel goes with all that have labels.
PROPERTIES = {
    "kind": {"KIND", "X-ADDRESSBOOKSERVER-KIND", "X-ABSHOWAS"},
    "uid": {"UID"},
    "display_name": {"FN"},
    "name": {"N"},
    "nickname": {"NICKNAME", "X-ANDROID-CUSTOM"},
    "birthday": {"BDAY", "X-ANDROID-CUSTOM"},
    "anniversary": {"ANNIVERSARY", "X-ABDATE", "X-EVOLUTION-ANNIVERSARY", "X-MS-ANNIVERSARY", "X-ANDROID-CUSTOM"},
    "notes": {"NOTE"},
    "addresses": {"ADR", "X-ABADR"},
    "affiliations": {"ORG", "TITLE", "ROLE"},
    "categories": {"CATEGORIES"},
    "members": {"MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"},
    "photo": {"PHOTO"},
}


def edit(raw: bytes, **changes: Any) -> bytes:
    card = read(raw)
    old = contact_of(card)
    return edited(card, old, replace(old, **changes))


def card(*lines: str | bytes, version: str = "3.0", end: bytes = b"\r\n") -> bytes:
    encoded = (line if isinstance(line, bytes) else line.encode() for line in lines)
    return end.join([b"BEGIN:VCARD", b"VERSION:" + version.encode(), *encoded, b"END:VCARD", b""])


def lines(raw: bytes) -> list[str]:
    """Return what stands between the version and the end of a card."""
    return raw.decode().replace("\r\n", "\n").split("\n")[2:-2]


def touched(before: bytes, after: bytes) -> set[str]:
    """Return the names of the properties of which lines differ."""
    old, new = (
        Counter((line.name, line.raw.rstrip(b"\r\n\0")) for line in read(raw).lines if line.name or line.value)
        for raw in (before, after)
    )
    return {name for name, _ in (old - new) + (new - old)}


def untouched(before: bytes, after: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the lines that both have, in the order of each."""
    old, new = ([line.raw for line in read(raw).lines if line.name] for raw in (before, after))
    both = Counter(old) & Counter(new)
    return [raw for raw in old if both[raw]], [raw for raw in new if both[raw]]


@settings(max_examples=200)
@given(FILES | CARDS)
def test_without_a_difference_every_byte_stays(data: bytes) -> None:
    for piece in split(data):
        if not piece.problem:
            found = read(piece.raw)
            contact = contact_of(found)
            assert edited(found, contact, contact) == piece.raw


@settings(max_examples=200)
@given(FILES | CARDS)
def test_an_edit_of_any_card_is_kept_and_touches_nothing_else(data: bytes) -> None:
    for piece in split(data):
        if not piece.problem:
            after = edit(piece.raw, nickname="Neu, Ä;b")
            assert contact_of(read(after)).nickname == "Neu, Ä;b"
            assert touched(piece.raw, after) <= PROPERTIES["nickname"]


@settings(max_examples=60, deadline=None)
@given(contacts(), contacts(), st.sampled_from(["3.0", "4.0"]))
def test_an_edited_card_says_the_new_contact(old: Contact, new: Contact, version: str) -> None:
    found = read(build(old, version))
    assert said(contact_of(read(edited(found, contact_of(found), new)))) == said(new)


@settings(max_examples=40, deadline=None)
@given(contacts(exclude="\\"), contacts(exclude="\\"))
def test_an_edited_card_of_2_1_says_the_new_contact(old: Contact, new: Contact) -> None:
    found = read(build(old, "2.1"))
    assert said(contact_of(read(edited(found, contact_of(found), new)))) == said(new)


@settings(max_examples=60, deadline=None)
@given(contacts(), contacts(), st.sampled_from(sorted(PROPERTIES)), st.sampled_from(["3.0", "4.0"]))
def test_the_edit_of_one_field_touches_its_own_lines_only(old: Contact, new: Contact, name: str, version: str) -> None:
    raw = build(old, version)
    after = edit(raw, **{name: getattr(new, name)})
    assert touched(raw, after) <= PROPERTIES[name] | {"X-ABLABEL"}


def _edits(contact: Contact) -> dict[str, dict[str, Any]]:
    """Return an edit of every field, of every handle, address, affiliation and detail."""
    edits: dict[str, dict[str, Any]] = {
        "display name": {"display_name": "Neuer Näme; x"},
        "name": {"name": contact.name._replace(given="Züri\\, x")},
        "nickname": {"nickname": "Neu, Ä;b"},
        "no nickname": {"nickname": ""},
        "birthday": {"birthday": PartialDate(None, 3, 4)},
        "birthday with year": {"birthday": PartialDate(1999, 3, 4)},
        "no birthday": {"birthday": None},
        "anniversary": {"anniversary": PartialDate(2001, 3, 4)},
        "no anniversary": {"anniversary": None},
        "notes": {"notes": "Zeile 1\nZeile 2; x, y\\n " + "lang " * 40 + "x"},
        "no notes": {"notes": ""},
        "organization": {"kind": "organization"},
        "uid": {"uid": "neu"},
        "category": {"categories": (*contact.categories, "Neu, x")},
        "no categories": {"categories": contact.categories[1:]},
        "member": {"members": (*contact.members, "abc")},
        "no members": {"members": ()},
        "photo": {"photo": Photo(b"\xff\xd8\xff" * 99)},
        "no photo": {"photo": None},
        "affiliation": {"affiliations": (*contact.affiliations, CardAffiliation("Firma, x", "Abt;1", "Chef", "Rolle"))},
        "detail": {"details": (*contact.details, Detail("Spouse", "Eva"), Detail("X y", "z, ä"))},
    }
    for name, change in (
        ("handles", {"value": "+49 30 98765432", "label": "Mein Büro", "preferred": True}),
        ("addresses", {"street": "Neue Str. 5, hinten\nx", "label": "Büro"}),
        ("affiliations", {"organization": "Neu, AG", "title": "Neuer Titel ä"}),
        ("details", {"value": "neu, ö"}),
    ):
        found = getattr(contact, name)
        for at, item in enumerate(found):
            if name != "handles" or item.platform == "phone":
                edits[f"{name} {at}"] = {name: (*found[:at], item._replace(**change), *found[at + 1 :])}
            edits[f"{name} {at} label"] = (
                {name: (*found[:at], item._replace(label="other"), *found[at + 1 :])} if hasattr(item, "label") else {}
            )
            edits[f"no {name} {at}"] = {name: (*found[:at], *found[at + 1 :])}
    return edits


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_any_edit_of_an_export_is_kept_and_touches_its_own_lines_only(path: Path) -> None:
    for piece in split(path.read_bytes()):
        found = read(piece.raw)
        old = contact_of(found)
        for what, change in _edits(old).items():
            new = replace(old, **change)
            after = edited(found, old, new)
            says, wanted = (said(replace(contact, unreadable=())) for contact in (contact_of(read(after)), new))
            differing = {name for name in says if says[name] != wanted[name]}
            if "FN" not in {line.name for line in found.lines}:
                differing -= {"display_name"}  # it is made of other fields
            if what.startswith("no addresses"):
                differing -= {"details"}  # the format of an address goes with it
            assert not differing, what
            if change and next(iter(change)) in PROPERTIES:
                allowed = PROPERTIES[next(iter(change))] | {"X-ABLABEL"}
                assert touched(piece.raw, after) <= allowed, what
            was, now = (list(dict.fromkeys(found)) for found in untouched(piece.raw, after))
            assert was == now, what


def test_the_changed_line_keeps_its_parameters_and_the_card_its_line_ends() -> None:
    raw = card("tel;type=cell;X-A=b:1", "item2.EMAIL;type=HOME;type=pref:a@b.example", "item2.X-ABLabel:Old", end=b"\n")
    contact = contact_of(read(raw))
    phone, email = contact.handles
    after = edit(raw, handles=(phone._replace(value="112"), email._replace(label="New")))
    assert after == raw.replace(b"b:1\n", b"b:112\n").replace(b":Old", b":New")


@pytest.mark.parametrize(
    ("line", "version", "change", "after"),
    [
        ("TEL;TYPE=HOME:1", "3.0", {"label": "work"}, "TEL;TYPE=WORK:1"),
        ("TEL;type=HOME;type=VOICE;type=pref:1", "3.0", {"label": "work"}, "TEL;type=VOICE;type=pref;type=WORK:1"),
        ("TEL;HOME;VOICE:1", "2.1", {"label": "work fax"}, "TEL;VOICE;WORK;FAX:1"),
        ("TEL;TYPE=HOME,VOICE:1", "3.0", {"label": ""}, "TEL;TYPE=VOICE:1"),
        ("TEL;TYPE=HOME:1", "3.0", {"preferred": True}, "TEL;TYPE=HOME;TYPE=pref:1"),
        ("TEL;HOME:1", "2.1", {"preferred": True}, "TEL;HOME;PREF:1"),
        ("TEL;TYPE=home:1", "4.0", {"preferred": True}, "TEL;TYPE=home;PREF=1:1"),
        ("TEL;PREF=1;TYPE=home:1", "4.0", {"preferred": False}, "TEL;TYPE=home:1"),
        ("TEL;type=HOME,pref:1", "3.0", {"preferred": False}, "TEL;type=HOME:1"),
        ("TEL;VALUE=uri;TYPE=home:tel:1", "4.0", {"value": "112"}, "TEL;VALUE=uri;TYPE=home:tel:112"),
        ("URL:https://a.example", "3.0", {"value": "https://b.example/?a,b"}, "URL:https://b.example/?a,b"),
        ("IMPP;X-A=b:xmpp:a@b.example", "3.0", {"value": "c@d.example"}, "IMPP;X-A=b:xmpp:c@d.example"),
        ("URL;X-A=b:https://x.com/anna", "3.0", {"value": "berta"}, "X-SOCIALPROFILE;TYPE=x:berta"),
    ],
)
def test_a_handle_changes_in_its_line(line: str, version: str, change: dict[str, Any], after: str) -> None:
    raw = card("FN:Anna", line, "X-Z:z", version=version)
    [handle] = contact_of(read(raw)).handles
    assert lines(edit(raw, handles=(handle._replace(**change),))) == ["FN:Anna", after, "X-Z:z"]


def test_a_label_of_ones_own_gets_a_group_that_is_free() -> None:
    raw = card("item7.URL:https://a.example", "TEL;TYPE=HOME:1")
    url, phone = contact_of(read(raw)).handles
    assert lines(edit(raw, handles=(url, phone._replace(label="Summer house")))) == [
        "item7.URL:https://a.example",
        "item8.TEL;TYPE=HOME:1",
        "item8.X-ABLABEL:Summer house",
    ]


def test_a_handle_that_goes_takes_the_label_of_its_group_with_it() -> None:
    raw = card("i1.TEL:1", "TEL:2", "i1.X-ABLabel:a", "i2.TEL:3", "i2.EMAIL:a@b.example", "i2.X-ABLabel:b")
    first, second, third, email = contact_of(read(raw)).handles
    after = edit(raw, handles=(second, email))
    assert lines(after) == ["TEL:2", "i2.EMAIL:a@b.example", "i2.X-ABLabel:b"]
    assert first.label == "a"
    assert third.label == "b"


def test_new_handles_stand_where_they_were_put() -> None:
    raw = card("TEL:1", "NOTE:n", "TEL:2", "X-Z:z")
    first, second = contact_of(read(raw)).handles
    new = [CardHandle("phone", str(number)) for number in (10, 11, 12)]
    after = edit(raw, handles=(new[0], first, new[1], second, new[2]))
    assert lines(after) == ["TEL:10", "TEL:1", "TEL:11", "NOTE:n", "TEL:2", "TEL:12", "X-Z:z"]


def test_another_order_of_the_same_handles_changes_nothing() -> None:
    raw = card("TEL;X-A=b:1", "EMAIL:a@b.example", "TEL:2")
    contact = contact_of(read(raw))
    assert edit(raw, handles=contact.handles[::-1]) == raw


def test_only_the_parts_that_differ_are_written_anew() -> None:
    raw = card("N:Roe;Ada,Eva;Pia\\, x;;;extra", "ADR;TYPE=HOME:;;Lane 5, rear;Town;;;Land", "ORG:Acme, Inc.;R, D;Lab")
    contact = contact_of(read(raw))
    after = edit(
        raw,
        name=contact.name._replace(family="Poe"),
        addresses=(contact.addresses[0]._replace(locality="City"),),
        affiliations=(contact.affiliations[0]._replace(organization="Acme"),),
    )
    assert lines(after) == [
        "N:Poe;Ada,Eva;Pia\\, x;;;extra",
        "ADR;TYPE=HOME:;;Lane 5, rear;City;;;Land",
        "ORG:Acme;R, D;Lab",
    ]


def test_a_group_left_loses_its_word_only() -> None:
    raw = card("CATEGORIES:Friends,Chess\\, blitz, Work", "CATEGORIES:Alone")
    after = edit(raw, categories=("Chess, blitz", "Work", "New, one"))
    assert lines(after) == ["CATEGORIES:Chess\\, blitz, Work", "CATEGORIES:New\\, one"]


@pytest.mark.parametrize(
    ("line", "version", "birthday", "after"),
    [
        ("BDAY:1990-05-15", "3.0", PartialDate(1991, 1, 2), "BDAY:1991-01-02"),
        ("BDAY:19900515", "3.0", PartialDate(1991, 1, 2), "BDAY:19910102"),
        (
            "BDAY;VALUE=date:1990-05-15",
            "3.0",
            PartialDate(None, 1, 2),
            "BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:1604-01-02",
        ),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-15", "3.0", PartialDate(1991, 1, 2), "BDAY:1991-01-02"),
        ("BDAY:--05-15", "3.0", PartialDate(None, 1, 2), "BDAY:--01-02"),
        ("BDAY;VALUE=date-time:1990-05-15T00:00:00Z", "3.0", PartialDate(1991, 1, 2), "BDAY:1991-01-02"),
        ("BDAY:19900515", "4.0", PartialDate(None, 1, 2), "BDAY:--0102"),
    ],
)
def test_a_date_is_written_as_the_card_writes_dates(line: str, version: str, birthday: PartialDate, after: str) -> None:
    assert lines(edit(card(line, version=version), birthday=birthday)) == [after]


def test_a_birthday_that_goes_is_not_followed_by_another() -> None:
    assert lines(edit(card("BDAY;ALTID=1:19900515", "BDAY;ALTID=1:1990-05-15"), birthday=None)) == []


def test_version_2_1_is_written_in_quoted_printable() -> None:
    raw = card("FN;CHARSET=Windows-1252:J\xfcrgen".encode("cp1252"), "NOTE;QUOTED-PRINTABLE:a=0D=0Ab", version="2.1")
    after = edit(raw, display_name="Jörg", notes="Zeile 1\nZeile 2: " + "ä" * 30)
    assert after.startswith(
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg\r\n"
        b"NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zeile 1=0D=0AZeile 2: =C3=A4=\r\n"
    )
    assert max(map(len, after.split(b"\r\n"))) <= 76
    assert lines(edit(raw, notes="plain", display_name="Joe")) == ["FN:Joe", "NOTE:plain"]


def test_a_new_line_is_folded_as_the_card_folds() -> None:
    long = "word " * 40 + "x"
    folded = edit(card("FN:Anna", "X-A:" + "b" * 65), notes=long)
    assert max(map(len, folded.split(b"\r\n"))) == 75
    unfolded = edit(card("FN:Anna", "X-A:" + "b" * 300), notes=long)
    assert f"NOTE:{long}" in lines(unfolded)
    in_letters = edit(card("FN:Anna"), notes="ä" * 100)
    for line in in_letters.split(b"\r\n"):
        line.decode()


def test_a_card_that_breaks_off_can_be_edited() -> None:
    # A new line in front of white space would take it in as its fold.
    after = edit(b"BEGIN:VCARD\nFN:Anna\n\n END:VCARD\n", notes="x")
    assert after == b"BEGIN:VCARD\nFN:Anna\nNOTE:x\n\n END:VCARD\n"
    assert edit(b"BEGIN:VCARD\nFN:Anna", notes="x") == b"BEGIN:VCARD\nFN:Anna\nNOTE:x\n"
    broken = b"BEGIN:VCARD\nVERSION:2.1\nFN:Anna\nTITLE;QUOTED-PRINTABLE:a=\nEND:VCARD\n"
    after = edit(broken, notes="x")
    assert contact_of(read(after)).notes == "x"
    assert b"TITLE;QUOTED-PRINTABLE:a=\nEND:VCARD\n" in after


def test_a_card_in_utf_16_stays_in_utf_16() -> None:
    raw = ("\ufeff" + card("FN:Ζωή", "TEL:1").decode()).encode("utf-16-be")
    after = edit(raw, nickname="Ζ")
    assert after.decode("utf-16") == raw.decode("utf-16").replace("END:", "NICKNAME:Ζ\r\nEND:")


def test_the_line_that_names_the_character_set_of_others_can_go() -> None:
    raw = card("FN:Βαγγέλης".encode("cp1253"), "LABEL;CHARSET=Windows-1253:A", "TEL:1", version="2.1")
    after = edit(raw, details=())
    assert contact_of(read(after)).display_name == "Βαγγέλης"
    assert b"LABEL" not in after


def test_what_the_card_says_beyond_the_old_contact_stays() -> None:
    raw = card("FN:Anna", "N:Berg;Anna", "TEL:1", "EMAIL:a@b.example", "CATEGORIES:Friends,Work")
    old = Contact(
        display_name="Anna", name=Name(given="Ann"), handles=(CardHandle("phone", "1"),), categories=("Work",)
    )
    new = replace(old, handles=(CardHandle("phone", "2"),), categories=(), name=Name(given="Ann", prefix="Dr."))
    assert lines(edited(read(raw), old, new)) == [
        "FN:Anna",
        "N:Berg;Anna;;Dr.;",
        "TEL:2",
        "EMAIL:a@b.example",
        "CATEGORIES:Friends",
    ]


def test_what_two_lines_say_changes_and_goes_in_both() -> None:
    raw = card("X-YAHOO;type=WORK:anna", "TEL:1", "item1.IMPP;type=WORK:ymsgr:anna", "item1.X-ABLabel:work", "X-Z:z")
    yahoo, phone = contact_of(read(raw)).handles
    assert lines(edit(raw, handles=(phone,))) == ["TEL:1", "X-Z:z"]
    assert lines(edit(raw, handles=(yahoo._replace(value="berta"), phone))) == [
        "X-YAHOO;type=WORK:berta",
        "TEL:1",
        "X-Z:z",
    ]
    twice = edit(raw, handles=(yahoo, phone, phone._replace(value="2"), CardHandle("phone", "2")))
    assert lines(twice).count("TEL:2") == 1
    day = card("BDAY;ALTID=1:20160801", "BDAY;ALTID=1;VALUE=text:2016-08-01", "TEL:1")
    assert lines(edit(day, birthday=PartialDate(2017, 9, 2))) == ["BDAY;ALTID=1:20170902", "TEL:1"]


def test_a_label_that_looks_like_one_of_a_program_stays_as_it_was_written() -> None:
    raw = card("item1.TEL:1", "item1.X-ABLabel:PROFILE")
    [phone] = contact_of(read(raw)).handles
    assert phone.label == "profile"
    assert edit(raw, notes="n") == raw.replace(b"END", b"NOTE:n\r\nEND")
    for label in ("BLOG", "_$!<HomePage>!$_", "profile"):
        after = edit(raw, handles=(phone._replace(label=label),))
        assert contact_of(read(after)).handles[0].label == label


def test_an_edited_title_finds_its_organisation_even_where_lines_are_in_no_group() -> None:
    raw = card("ORG:First", "ORG:Second")
    after = edit(raw, affiliations=(CardAffiliation("First"), CardAffiliation("Second", title="Head")))
    assert contact_of(read(after)).affiliations == (CardAffiliation("First"), CardAffiliation("Second", "", "Head"))


def test_an_address_loses_its_label_where_the_detail_goes() -> None:
    raw = card('ADR;LABEL="Lane 5: Town";TYPE=home:;;Lane 5;;;;', version="4.0")
    assert lines(edit(raw, details=())) == ["ADR;TYPE=home:;;Lane 5;;;;"]


def test_photos_are_written_as_the_version_has_them() -> None:
    photo = Photo(b"\x89PNG" + b"x" * 100)
    for version, pattern in (
        ("2.1", rb"PHOTO;ENCODING=BASE64;PNG:\r\n iVBOR[^:]+\r\n\r\n"),
        ("3.0", rb"PHOTO;ENCODING=b;TYPE=PNG:iVBOR"),
        ("4.0", rb"PHOTO:data:image/png;base64,iVBOR"),
    ):
        after = edit(card("FN:Anna", version=version), photo=photo)
        assert re.search(pattern, after)
        assert contact_of(read(after)).photo == photo
        assert edit(after, photo=None).replace(b"\r\n\r\n", b"\r\n") == card("FN:Anna", version=version)


def test_every_field_of_a_contact_can_be_edited() -> None:
    full = {
        "kind": "group",
        "uid": "u",
        "display_name": "D",
        "name": Name(given="G"),
        "nickname": "N",
        "birthday": PartialDate(1990, 1, 2),
        "anniversary": PartialDate(None, 1, 2),
        "notes": "n",
        "handles": (CardHandle("phone", "112", "112", line="TEL:112"),),
        "addresses": (CardAddress(street="s"),),
        "affiliations": (CardAffiliation("o"),),
        "categories": ("c",),
        "members": ("m",),
        "photo": Photo(b"p"),
        "details": (Detail("l", "v"),),
    }
    assert full.keys() | {"unreadable"} == {field.name for field in fields(Contact)}
    for name, value in full.items():
        after = edit(card("FN:Anna", "N:;;;;"), **{name: value})
        assert getattr(contact_of(read(after)), name) == value
