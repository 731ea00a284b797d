"""Two edits of one card: both are kept where they do not meet, and ours where they do."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contacts.card import Contact, build, contact_of, edited, rebase
from contacts.exceptions import UnreadableCard
from contacts.vcard import read

from .generated import CARDS, contacts, said

FIELDS = ["display_name", "name", "nickname", "birthday", "notes", "handles", "addresses", "categories", "photo", "uid"]


def _is_readable(raw: bytes) -> bool:
    try:
        read(raw)
    except UnreadableCard:
        return False
    return True


READABLE = CARDS.filter(_is_readable)


def card(*lines: str, end: str = "\r\n", version: str = "3.0") -> bytes:
    return end.join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()


def changed(raw: bytes, new: Contact, name: str) -> bytes:
    found = read(raw)
    old = contact_of(found)
    return edited(found, old, replace(old, **{name: getattr(new, name)}))


@settings(max_examples=60, deadline=None)
@given(
    contacts(), contacts(), contacts(), st.lists(st.sampled_from(FIELDS), min_size=2, max_size=2, unique=True),
    st.sampled_from(["3.0", "4.0"]),
)  # fmt: skip
def test_edits_of_different_fields_are_both_kept(
    base: Contact, mine: Contact, yours: Contact, names: list[str], version: str
) -> None:
    raw = build(base, version)
    merged = rebase(raw, changed(raw, mine, names[0]), changed(raw, yours, names[1]))
    wanted = replace(base, **{names[0]: getattr(mine, names[0]), names[1]: getattr(yours, names[1])})
    assert said(contact_of(read(merged))) == said(wanted)


@settings(max_examples=100)
@given(READABLE, READABLE)
def test_where_one_side_changed_nothing_the_other_stands(base: bytes, other: bytes) -> None:
    assert rebase(base, base, other) == other
    assert rebase(base, other, other) == other


@settings(max_examples=100)
@given(READABLE)
@example(b"BEGIN:VCARD\r\nNICKNAME:x\r\nEND:VCARD\r\nNICKNAME:x\r\n")
def test_ours_stands_on_an_unchanged_card(base: bytes) -> None:
    found = read(base)
    old = contact_of(found)
    ours = edited(found, old, replace(old, nickname="Neu"))
    assert contact_of(read(rebase(base, ours, base))).nickname == "Neu"


def test_where_both_changed_a_line_ours_stays() -> None:
    base = card("FN:Anna", "TEL;TYPE=HOME:1", "NOTE:n")
    ours = card("FN:Anna", "TEL;TYPE=HOME:2", "NOTE:n")
    assert rebase(base, ours, card("FN:Ann", "TEL;TYPE=HOME:3", "NOTE:n")) == card(
        "FN:Ann", "TEL;TYPE=HOME:2", "NOTE:n"
    )
    assert rebase(base, ours, card("FN:Anna", "NOTE:n")) == card("FN:Anna", "TEL;TYPE=HOME:2", "NOTE:n")
    assert rebase(base, card("FN:Anna", "NOTE:n"), card("FN:Anna", "TEL;TYPE=WORK:1", "NOTE:n")) == card(
        "FN:Anna", "NOTE:n"
    )


def test_what_either_side_took_out_stays_out() -> None:
    base = card("FN:Anna", "TEL:1", "TEL:2", "NOTE:n")
    merged = rebase(base, card("FN:Anna", "TEL:2", "NOTE:n"), card("FN:Anna", "TEL:1", "TEL:2"))
    assert merged == card("FN:Anna", "TEL:2")


def test_what_both_added_is_there_once_and_what_one_added_stays() -> None:
    base = card("FN:Anna", "NOTE:n")
    merged = rebase(base, card("FN:Anna", "TEL:1", "TEL:2", "NOTE:n"), card("FN:Anna", "TEL:3", "NOTE:n", "TEL:1"))
    assert merged == card("FN:Anna", "TEL:2", "TEL:3", "NOTE:n", "TEL:1")


def test_another_order_fold_and_line_end_are_no_change() -> None:
    base = card("FN:Anna", "NOTE:one two", "TEL:1", end="\n")
    ours = card("FN:Anna", "NOTE:one two", "TEL:2", end="\n")
    theirs = card("TEL:1", "NOTE:one\r\n  two", "FN:Anna", "REV:1")
    assert rebase(base, ours, theirs) == card("TEL:2", "NOTE:one\r\n  two", "FN:Anna", "REV:1")


def test_a_group_that_both_invented_is_not_mixed_up() -> None:
    base = card("FN:Anna")
    ours = card("FN:Anna", "item1.TEL:1", "item1.X-ABLabel:mine")
    theirs = card("FN:Anna", "item1.EMAIL:a@b.example", "item1.X-ABLabel:theirs")
    labels = {handle.value: handle.label for handle in contact_of(read(rebase(base, ours, theirs))).handles}
    assert labels == {"1": "mine", "a@b.example": "theirs"}


def test_a_card_that_moved_to_utf_16_takes_the_edit_along() -> None:
    base, ours = card("FN:Zoë"), card("FN:Zoë", "NOTE:ä")
    theirs = ("\ufeff" + base.decode()).encode("utf-16-le")
    assert rebase(base, ours, theirs) == ("\ufeff" + ours.decode()).encode("utf-16-le")


def test_what_is_no_card_is_refused() -> None:
    with pytest.raises(UnreadableCard):
        rebase(b"", card("FN:Anna"), card("FN:Anna"))
