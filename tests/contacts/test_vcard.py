"""Bytes of files and cards: nothing is lost, whatever it is, and nothing takes long."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contacts.card import contact_of, edited
from contacts.exceptions import UnreadableCard
from contacts.lines import logical
from contacts.vcard import Card, read, split

from .generated import CARDS, FILES

EXPORTS = sorted((Path(__file__).parents[1] / "data" / "vcards").glob("*.vcf"))
MIB = 1024 * 1024


def card(*lines: str | bytes, version: str = "3.0") -> bytes:
    """Return the bytes of a card with these lines."""
    encoded = (line if isinstance(line, bytes) else line.encode() for line in lines)
    return b"\r\n".join([b"BEGIN:VCARD", b"VERSION:" + version.encode(), *encoded, b"END:VCARD", b""])


def values(found: Card) -> list[tuple[str, str]]:
    """Return (name, value) of what stands between the first and the last line of a card."""
    return [(line.name, line.value) for line in found.lines[2:-1]]


def refusal(data: bytes) -> str:
    """Return why bytes are not read as a card, "" when they are."""
    try:
        contact_of(read(data), "DE")
    except UnreadableCard as reason:
        return str(reason)
    return ""


def one(line: str | bytes, version: str = "3.0") -> str:
    """Return the value of a line, as read in a card of its own."""
    [(_, value)] = values(read(card(line, version=version)))
    return value


@settings(max_examples=400)
@given(FILES | CARDS)
@example(b"\xff\xfe")
@example(b"\xff\xfeB\x00E")
@example(b"BEGIN:VCARD\nAGENT:\n\n\nBEGIN:VCARD\nEND:VCARD")
@example(b"BEGIN:VCARD\nN;QUOTED-PRINTABLE:=\n\n\n=41\nEND:VCARD\n")
def test_the_cards_of_a_file_put_together_are_the_file(data: bytes) -> None:
    assert b"".join(piece.raw for piece in split(data)) == data


@settings(max_examples=400)
@given(FILES | CARDS)
def test_the_lines_of_a_card_put_together_are_the_card(data: bytes) -> None:
    assert b"".join(logical(data)) == data
    for piece in split(data):
        if not piece.problem:
            found = read(piece.raw)
            assert found.raw == piece.raw
            assert b"".join(line.raw for line in found.lines) == piece.raw


@settings(max_examples=400)
@given(st.binary(max_size=200) | FILES | CARDS)
@example(b"\xff\xfeB\x00")
@example(b"BEGIN:VCARD\n:\n")
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes) -> None:
    assert refusal(data) in {"", "There is no vCard in this text: no line says BEGIN:VCARD."}


@settings(max_examples=300)
@given(FILES | CARDS)
def test_every_text_of_a_line_is_clean(data: bytes) -> None:
    for piece in split(data):
        if not piece.problem:
            for line in read(piece.raw).lines:
                for text in (
                    piece.name,
                    line.value,
                    line.group,
                    *(value for _, found in line.params for value in found),
                ):
                    assert "\0" not in text
                    text.encode()


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_an_export_comes_back_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    pieces = list(split(data))
    assert b"".join(piece.raw for piece in pieces) == data
    for piece in pieces:
        assert not piece.problem
        assert b"".join(line.raw for line in read(piece.raw).lines) == piece.raw


def test_there_are_exports_of_eight_kinds_of_programs() -> None:
    assert {"ios", "macos", "google", "outlook", "android", "evolution", "nokia", "blackberry"} <= {
        path.stem for path in EXPORTS
    }


def test_a_file_is_cut_where_cards_begin() -> None:
    data = b"Header\n" + card("FN:Anna") + b"\r\n\r\n" + card("N:Berg;Ben") + b"-- \n"
    first, second = split(data)
    assert (first.number, first.name, first.raw[:7]) == (1, "Anna", b"Header\n")
    assert (second.number, second.name, second.raw[-4:]) == (2, "Ben Berg", b"-- \n")
    assert not first.problem
    assert not second.problem


def test_a_card_without_its_end_stops_where_the_next_begins() -> None:
    broken = b"BEGIN:VCARD\nFN:Anna\n"
    first, second = split(broken + card("FN:Ben"))
    assert (first.raw, first.name) == (broken, "Anna")
    assert second.name == "Ben"
    assert [line.name for line in read(first.raw).lines] == ["BEGIN", "FN"]


def test_a_card_inside_a_card_stays_whole() -> None:
    inner = b"AGENT:\r\nBEGIN:VCARD\r\nFN:Inner\r\nAGENT:\r\nBEGIN:VCARD\r\nEND:VCARD\r\nEND:VCARD\r\n"
    data = b"BEGIN:VCARD\r\nVERSION:2.1\r\nFN:Outer\r\n" + inner + b"TEL:112\r\nEND:VCARD\r\n"
    [piece] = split(data)
    agent = read(piece.raw).lines[3]
    assert (piece.name, agent.name, agent.raw) == ("Outer", "AGENT", inner)
    assert read(piece.raw).lines[4].value == "112"


def test_text_without_a_card_has_a_problem() -> None:
    [piece] = split(b"<html>Please sign in</html>")
    assert piece.problem == "There is no vCard in this text."
    with pytest.raises(UnreadableCard, match="no line says BEGIN:VCARD"):
        read(piece.raw)
    assert list(split(b"")) == []


@pytest.mark.parametrize(
    "begin", [b"BEGIN:VCARD \r\n", b"begin:vcard\r\n", b"\xef\xbb\xbfBEGIN:VCARD\r\n", b"Begin: VCard\r\n"]
)
def test_a_card_may_begin_in_many_ways(begin: bytes) -> None:
    [piece] = split(begin + b"FN:Anna\r\nEnd:vCard \r\n")
    assert piece.name == "Anna"
    assert read(piece.raw).lines[0].name == "BEGIN"


@pytest.mark.parametrize(
    ("line", "version"), [("VERSION:2.1", "2.1"), ("version:3.0", "3.0"), ("VERSION:4", "4.0"), ("FN:x", "3.0")]
)
def test_the_version_is_read_wherever_it_stands(line: str, version: str) -> None:
    assert read(f"BEGIN:VCARD\nN:x\n{line}\nEND:VCARD\n".encode()).version == version


def test_folds_go_before_bytes_become_letters() -> None:
    assert one(b"FN:M\xc3\r\n \xbcller") == "Müller"
    assert one(b"NOTE:one\r\n  two\r\n\tthree") == "one twothree"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"NOTE:This is a very long description\r\n that exists", "This is a very long description that exists"),
        (b"NOTE:This is a very long description\r\n  that exists", "This is a very long description that exists"),
        (b"NOTE:" + b"x" * 70 + b"\r\n yz", "x" * 70 + "yz"),
    ],
)
def test_version_2_1_folds_at_white_space_unless_it_was_cut_by_width(line: bytes, value: str) -> None:
    assert one(line, "2.1") == value


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\r\r\n"])
def test_every_line_end_is_one(end: bytes) -> None:
    found = read(end.join([b"BEGIN:VCARD", b"VERSION:3.0", b"FN:An", b" na", b"TEL:1", b"END:VCARD", b""]))
    assert [line.value for line in found.lines if line.name in {"FN", "TEL"}] == ["Anna", "1"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"FN;QUOTED-PRINTABLE:M=C3=BCller", "Müller"),
        (b"FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=\r\n=BCller", "Müller"),
        (b"NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0A=\r\n b=\r\nc", "a\n bc"),
        (b"NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0A=\r\n\r\n", "a\n"),
        (b"NOTE;CHARSET=utf-8;ENCODING=QUOTED-PRINTABLE:=C3=\r\n\r\n=A4", "ä"),
        (b"LABEL;CHARSET=Windows-1252;ENCODING=QUOTED-PRINTABLE:M=FChle", "Mühle"),
        (b"FN;CHARSET=ISO-8859-1:M\xfcller", "Müller"),
        (b"FN;CHARSET=Shift_JIS:\x83e\x83X\x83g", "テスト"),
        (b"FN;CHARSET=nonsense:M\xfcller", "Müller"),
        (b"FN;CHARSET=unicode_escape:\\ud800", "\\ud800"),
        (b"FN:M\xfcller", "Müller"),
        (b"FN:M\x00\xc3\xbcller", "Müller"),
    ],
)
def test_a_value_is_decoded_as_it_was_meant(line: bytes, value: str) -> None:
    assert one(line, "2.1").rstrip() == value.rstrip()


def test_lines_without_a_character_set_are_read_in_the_one_that_another_line_names() -> None:
    found = read(card("Βαγγέλης".encode("cp1253").join([b"FN:", b""]), "LABEL;CHARSET=Windows-1253:A", version="2.1"))
    assert values(found)[0] == ("FN", "Βαγγέλης")


def test_what_cannot_be_decoded_says_so() -> None:
    [_, _, line, _] = read(card(b"NOTE:\xc3\xa4\xc3\xb6\xc3\xbc\xc3")).lines
    assert (line.value, line.problem) == ("äöü\ufffd", "damaged UTF-8")


def test_a_card_in_utf_16_is_read_without_a_mark_too() -> None:
    data = "\ufeff" + card("FN:Ζωή").decode() + card("FN:𝛼").decode()
    for codec in ("utf-16-le", "utf-16-be"):
        pieces = list(split(data.encode(codec) + b"\r"))
        assert [piece.name for piece in pieces] == ["Ζωή", "𝛼"]
        assert b"".join(piece.raw for piece in pieces) == data.encode(codec) + b"\r"
        assert values(read(pieces[1].raw))[0] == ("FN", "𝛼")


def test_base64_may_lack_its_leading_white_space() -> None:
    found = read(b"BEGIN:VCARD\nVERSION:2.1\nPHOTO;BASE64:\nQUJD\n  REVG\n\nTEL:1\nEND:VCARD\n")
    assert values(found) == [("PHOTO", "QUJDREVG"), ("", ""), ("TEL", "1")]


def test_a_card_over_1_mib_is_refused_by_name_and_its_photo_does_not_count() -> None:
    large = card("FN:Anna", "NOTE:" + "x" * MIB)
    with_photo = card("FN:Ben", "PHOTO;ENCODING=b:" + "QUJD" * (MIB // 2))
    refused, fine = split(large + with_photo)
    assert refused.problem == "The card of Anna is larger than 1 MiB without its photo."
    assert not fine.problem
    with pytest.raises(UnreadableCard, match="The card of Anna is larger than 1 MiB"):
        read(refused.raw)
    assert len(values(read(fine.raw))[1][1]) == 2 * MIB


def test_a_card_of_too_many_lines_is_refused() -> None:
    with pytest.raises(UnreadableCard, match="more than 20,000 lines"):
        read(card(*["X:1"] * 20_001))


def repeated(piece: bytes, size: int = 16 * MIB) -> bytes:
    return piece * (size // len(piece))


HOSTILE = {
    "one line": lambda: b"x" * 32 * MIB,
    "one value": lambda: card(b"NOTE:" + b"x" * 31 * MIB),
    "tiny lines": lambda: card(repeated(b"A:\n")),
    "stray lines": lambda: card(repeated(b"A\n")),
    "empty lines": lambda: card(repeated(b"\n")),
    "returns": lambda: card(repeated(b"\r")),
    "folds": lambda: card(b"NOTE:" + repeated(b"\n ")),
    "soft breaks": lambda: card(b"NOTE;QUOTED-PRINTABLE:" + repeated(b"=\r\n")),
    "cards in cards": lambda: repeated(b"AGENT:\nBEGIN:VCARD\n", 4 * MIB),
    "ends": lambda: repeated(b"END:VCARD\n", 4 * MIB),
    "cards": lambda: repeated(b"BEGIN:VCARD\n", 2 * MIB),
    "quotes": lambda: repeated(b'BEGIN:VCARD\nFN;"', 4 * MIB),
    "loose base64": lambda: card(b"PHOTO;BASE64:\n" + repeated(b"QUJD\n")),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_takes_no_time(kind: str) -> None:
    data = HOSTILE[kind]()
    started = time.process_time()
    pieces = list(split(data))
    for piece in pieces[:100]:
        try:
            read(piece.raw)
        except UnreadableCard:
            continue
    assert time.process_time() - started < 4


HOSTILE_CARDS = {
    "parameters": b"TEL" + b";A=b" * 250_000 + b":1",
    "empty parameters": b"TEL" + b";" * 1_000_000 + b":1",
    "equal signs": b"TEL;A" + b"=a" * 500_000,
    "quotes": b"TEL;A=" + b'"a' * 500_000 + b":1",
    "escaped quotes": b"TEL;A=" + b'\\"' * 500_000 + b":1",
    "types": b"TEL;TYPE=" + b"a," * 500_000 + b":1",
    "groups": b"a." * 500_000 + b"TEL:1",
    "fields": b"N:" + b";" * 1_000_000,
    "backslashes": b"ORG:" + b"\\" * 1_000_000,
    "items": b"CATEGORIES:" + b"a\\,," * 200_000,
    "numbers": b"\r\n".join(b"TEL:+49301%06d" % number for number in range(19_000)),
    "labels": b"\r\n".join(b"i%d.TEL:%d\r\ni%d.X-ABLabel:x" % (at, at, at) for at in range(9_000)),
    "one group": b"\r\n".join(b"g.ORG:a\r\ng.TITLE:b" for _ in range(9_000)),
    "a digit": b"BDAY:" + b"1" * 1_000_000,
    "an address": b"EMAIL:" + b"a@" * 500_000,
    "one value": b"NOTE:" + b"x" * 1_000_000,
    "folds": b"NOTE:" + b"abcdefghijklmnop\r\n " * 50_000,
    "soft breaks": b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"=C3=A4=\r\n" * 100_000,
    "cards in a card": b"AGENT:\r\nBEGIN:VCARD\r\n" * 45_000,
    "colons": b"ADR;LABEL=" + b":" * 1_000_000,
}


@pytest.mark.parametrize("kind", HOSTILE_CARDS)
def test_a_hostile_card_takes_no_time(kind: str) -> None:
    data = card(HOSTILE_CARDS[kind])
    started = time.process_time()
    found = read(data)
    contact = contact_of(found, "DE")
    assert time.process_time() - started < 2
    # An edit reads it three times more.
    started = time.process_time()
    edited(found, contact, replace(contact, nickname="Neu", handles=contact.handles[1:]))
    assert time.process_time() - started < 6


def test_a_large_file_is_split_lazily() -> None:
    data = card("FN:Anna") * 100_000
    started = time.process_time()
    assert next(split(data)).name == "Anna"
    assert time.process_time() - started < 0.2
