"""Heads and values of single lines: groups, parameters in all spellings, backslashes, commas and semicolons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.values import Line, fields, item_pairs, items, name_fields, param, text, types
from contacts.vcard import escaped, head, head_of, read, written

from .generated import texts


def line(raw: str | bytes, version: str = "3.0") -> Line:
    encoded = raw if isinstance(raw, bytes) else raw.encode()
    return read(b"BEGIN:VCARD\r\nVERSION:%s\r\n%s\r\nEND:VCARD\r\n" % (version.encode(), encoded)).lines[2]


@pytest.mark.parametrize(
    ("raw", "group", "name"),
    [
        ("TEL:1", "", "TEL"),
        ("tel:1", "", "TEL"),
        ("item1.TEL:1", "item1", "TEL"),
        ("Home.Work.tel:1", "Home.Work", "TEL"),
        ("***item1.TEL:1", "***item1", "TEL"),
        ("X-messaging/aim-All:1", "", "X-MESSAGING/AIM-ALL"),
        ("X_FOO:1", "", "X_FOO"),
        ("PROFILE:VCARD", "", "PROFILE"),
    ],
)
def test_a_line_has_a_group_and_a_name(raw: str, group: str, name: str) -> None:
    assert (line(raw).group, line(raw).name) == (group, name)


@pytest.mark.parametrize("raw", ["no property", "--+TEL:1", ":value", "=C3=A4:x"])
def test_what_is_no_property_has_no_name_and_keeps_its_text(raw: str) -> None:
    assert (line(raw).name, line(raw).value) == ("", raw)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("TEL;HOME;VOICE:1", ["home", "voice"]),
        ("TEL;TYPE=HOME,VOICE:1", ["home", "voice"]),
        ('TEL;TYPE="home,voice":1', ["home", "voice"]),
        ("TEL;type=HOME;type=VOICE:1", ["home", "voice"]),
        ("TEL;HOME;;:1", ["home"]),
        ("TEL;TYPE=:1", []),
        ("PHOTO;JPEG;BASE64:QUJD", ["jpeg"]),
        ("PHOTO;URL;GIF:http://example.org", ["gif"]),
    ],
)
def test_a_type_is_read_in_all_its_spellings(raw: str, found: list[str]) -> None:
    assert types(line(raw)) == found


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        ('ADR;LABEL="Lane 5\\nTown: North":;;;;;;', "LABEL", "Lane 5\\nTown: North"),
        ("X-A;CN=Hello^'World^' ^^ ^n^?:x", "CN", 'Hello"World" ^ \n^?'),
        ('X-A;X-ADDRESS="a \\"b\\": c":x', "X-ADDRESS", 'a "b": c'),
        ('X-A;X-ADDRESS=a \\"b\\" c:x', "X-ADDRESS", 'a "b" c'),
        ("X-A;x-b/c=d:x", "X-B/C", "d"),
        ("X-A;X-B=ä:x", "X-B", "ä"),
    ],
)
def test_a_parameter_keeps_its_value(raw: str, name: str, value: str) -> None:
    assert param(line(raw), name) == value
    assert line(raw).value in {"x", ";;;;;;"}


def test_the_colons_of_a_label_without_quotes_are_no_part_of_the_address() -> None:
    found = line("ADR;TYPE=work;LABEL=Way 1: BH:;;Way 1;Town;;1;X")
    assert fields(found, "4.0") == ["", "", "Way 1", "Town", "", "1", "X"]


@pytest.mark.parametrize(
    ("raw", "version", "value"),
    [
        ("NOTE:one, two; three", "3.0", "one, two; three"),
        ("NOTE:one\\, two\\; three\\nfour\\Nfive", "3.0", "one, two; three\nfour\nfive"),
        ("NOTE:http\\://x \\\"q\\\" \\'s\\'", "3.0", "http://x \"q\" 's'"),
        ("NOTE:C:\\\\new\\temp\\", "4.0", "C:\\new\\temp\\"),
        ("NOTE:a\\;b\\,c\\nd\\\\e", "2.1", "a;b,c\nd\\\\e"),
        ("NOTE;QUOTED-PRINTABLE:C=3A=5Cnew=5C,x", "2.1", "C:\\new\\,x"),
        ("TEL:+1,,22", "3.0", "+1,,22"),
        ("URL:https://example.org/?a=1,2;b", "3.0", "https://example.org/?a=1,2;b"),
    ],
)
def test_a_text_is_never_cut(raw: str, version: str, value: str) -> None:
    assert text(line(raw, version), version) == value


@pytest.mark.parametrize(
    ("raw", "version", "found"),
    [
        ("ORG:Acme, Inc.;R\\; D\\\\;", "3.0", ["Acme, Inc.", "R; D\\", ""]),
        ("ORG:a\\;b;c", "2.1", ["a;b", "c"]),
        ("ORG;QUOTED-PRINTABLE:=C3=84;b=5C;c", "2.1", ["Ä", "b;c"]),
        ("ORG:\\", "3.0", ["\\"]),
        ("ORG:a;\\", "3.0", ["a", "\\"]),
    ],
)
def test_a_structured_value_is_cut_at_its_own_semicolons_only(raw: str, version: str, found: list[str]) -> None:
    assert fields(line(raw, version), version) == found


def test_a_list_is_cut_at_its_own_commas_only() -> None:
    found = line("CATEGORIES:Friends, Chess\\, blitz,,Work\\\\,x")
    assert items(found, "3.0") == ["Friends", "Chess, blitz", "Work\\", "x"]
    assert [raw for raw, _ in item_pairs(found, "3.0")] == ["Friends", " Chess\\, blitz", "Work\\\\", "x"]


def test_lists_in_a_name_are_set_off() -> None:
    assert name_fields(line("N:Roe;Ada;Eva,Pia;Dr.;Jr.,M.D."), "3.0") == ["Roe", "Ada", "Eva, Pia", "Dr.", "Jr., M.D."]
    assert name_fields(line("N:Roe\\,Poe;Ada, Eva,"), "3.0") == ["Roe,Poe", "Ada, Eva,"]
    assert name_fields(line("N:Roe;Ada,Eva", "2.1"), "2.1") == ["Roe", "Ada,Eva"]


@given(texts(), st.sampled_from(["3.0", "4.0"]))
def test_what_is_escaped_reads_as_it_was(value: str, version: str) -> None:
    assert text(line(f"NOTE:{escaped(value, version)}", version), version) == value
    assert fields(line(f"ORG:{escaped(value, version, is_part=True)};x", version), version) == [value, "x"]
    assert items(line(f"CATEGORIES:{escaped(value, version, is_part=True)},x", version), version) == [value, "x"]


@given(texts(), st.sampled_from(["3.0", "4.0"]))
def test_a_parameter_that_is_written_reads_as_it_was(value: str, version: str) -> None:
    written_head = head("TEL", [("TYPE", "home"), ("X-FOR", value)], "item1", version)
    found = line(f"{written_head}:1", version)
    assert (found.group, found.name, types(found), param(found, "X-FOR")) == ("item1", "TEL", ["home"], value)


def test_a_head_is_written_as_its_version_has_it() -> None:
    assert head("TEL", [("TYPE", "home"), ("TYPE", "pref")], "", "3.0") == "TEL;TYPE=home,pref"
    assert head("TEL", [("TYPE", "home"), ("TYPE", "pref")], "", "2.1") == "TEL;HOME;PREF"


def test_a_line_is_shown_unfolded_as_evidence() -> None:
    found = line(b"item1.TEL;type=C\r\n ELL:+49 30 2\xc3\r\n \xa4")
    assert written(found) == "item1.TEL;type=CELL:+49 30 2ä"
    assert head_of(found) == "item1.TEL;type=CELL"
