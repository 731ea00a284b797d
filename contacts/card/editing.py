"""Editing a card: only the lines of what differs between two contacts change, all others keep their bytes.

First each change is made in the line where the reading found it, keeping its parameters. The result is read again;
what does not say yet what it should (a URL that became an account name, a title that pairs with the wrong company)
is then written as in a new card.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from contacts.card.contact import Contact, Name, PartialDate, Photo
from contacts.card.dates import format_date, parse_date
from contacts.card.draft import Draft
from contacts.card.heads import without_params
from contacts.card.item_editing import (
    changed_parts,
    key_of,
    write_addresses,
    write_affiliations,
    write_details,
    write_handles,
)
from contacts.card.photos import photo_of
from contacts.card.reading import Reading
from contacts.values import Card, item_pairs, param
from contacts.vcard import head_of, read

_KIND_LINES = frozenset({"KIND", "X-ADDRESSBOOKSERVER-KIND", "X-ABSHOWAS"})
_PARTS = (Name, PartialDate, Photo)
_LISTS = ("handles", "addresses", "affiliations", "categories", "members", "details")


def edited(card: Card, old: Contact, new: Contact) -> bytes:
    """Return a card with the differences between old and new written into it.

    old: what was read in this card, or in an earlier version of it: what the card says beyond old stays. The order
    of handles, addresses and details is the card's own, and a display name that was made of other fields, because
    the card has no FN, follows them.
    """
    names = [name for name in _WRITERS if _said(getattr(old, name)) != _said(getattr(new, name))]
    target = _target(Reading(card).contact, old, new)
    for as_new in (False, True):
        found = Reading(card).contact
        differing = [name for name in names if _said(getattr(found, name)) != _said(getattr(target, name))]
        if not differing:
            break
        draft = Draft(card)
        for name in differing:
            _WRITERS[name](draft, getattr(target, name), as_new)
        card = read(draft.raw)
    return card.raw


def _said(value: Any) -> Any:
    """Return what is written of a value, without what is derived from it, and without the order of a list."""
    return Counter(map(key_of, value)) if isinstance(value, tuple) and not isinstance(value, _PARTS) else value


def _target(found: Contact, old: Contact, new: Contact) -> Contact:
    """Return what the card shall say: new, and what the card says that old did not know."""
    parts = (own if before == now else now for before, now, own in zip(old.name, new.name, found.name, strict=True))
    lists: dict[str, Any] = {}
    for name in _LISTS:
        known = {key_of(item) for item in (*getattr(old, name), *getattr(new, name))}
        more = (item for item in getattr(found, name) if key_of(item) not in known)
        lists[name] = (*getattr(new, name), *more)
    # A card says each of them once.
    lists["handles"] = tuple({handle.as_said: handle for handle in lists["handles"]}.values())
    return replace(new, name=Name(*parts), **lists)


def _write_display_name(draft: Draft, new: str, as_new: bool) -> None:
    draft.text("FN", [at for _, at in draft.reading.formatted], new, draft.top)


def _write_name(draft: Draft, new: Name, as_new: bool) -> None:
    places = [at for at, line in enumerate(draft.card.lines) if line.name == "N"]
    if not draft.reading.name:
        if places:
            draft.put(places[0], draft.composer.name(new))
        else:
            draft.add([draft.composer.name(new)], draft.top)
        return
    old, at = draft.reading.name[0]
    draft.rewrite(at, changed_parts(draft, at, ("family", "given", "additional", "prefix", "suffix"), old, new))


def _write_nickname(draft: Draft, new: str, as_new: bool) -> None:
    draft.items("NICKNAME", [at for _, at in draft.reading.nicknames], new.split(", ") if new else [])


def _write_birthday(draft: Draft, new: PartialDate | None, as_new: bool) -> None:
    _write_date(draft, "BDAY", draft.reading.birthday, new, as_new)


def _write_anniversary(draft: Draft, new: PartialDate | None, as_new: bool) -> None:
    _write_date(draft, "ANNIVERSARY", draft.reading.anniversary, new, as_new)


def _write_date(
    draft: Draft, name: str, found: Sequence[tuple[PartialDate, int]], new: PartialDate | None, as_new: bool
) -> None:
    at = found[0][1] if found else -1
    line = draft.card.lines[at]
    draft.drop_repeated(at)
    if found and new and not as_new and line.name != "X-ANDROID-CUSTOM":
        value, params = format_date(new, draft.card.version, line.value)
        kind = [] if param(line, "VALUE").lower() == "date" else ["VALUE"]
        head = without_params(head_of(line), "ENCODING", "CHARSET", "X-APPLE-OMIT-YEAR", *kind)
        draft.put(at, draft.composer.raw(head + "".join(f";{key}={word}" for key, word in params), value))
        return
    for place, other in enumerate(draft.card.lines):
        # A second date of the same name would take the place of the first.
        is_second = found and other.name == line.name != "X-ABDATE" and parse_date(other.value)
        if found and (place == at or is_second):
            draft.drop(place)
    if new:
        draft.add(draft.composer.date(name, new))


def _write_notes(draft: Draft, new: str, as_new: bool) -> None:
    draft.text("NOTE", [at for _, at in draft.reading.notes], new)


def _write_uid(draft: Draft, new: str, as_new: bool) -> None:
    places = [at for _, at in draft.reading.uid]
    if places and new:
        draft.put(places[0], draft.composer.uid(new))
    elif places:
        draft.drop(places[0])
    elif new:
        draft.add([draft.composer.uid(new)], draft.top)


def _write_kind(draft: Draft, new: str, as_new: bool) -> None:
    for at, line in enumerate(draft.card.lines):
        if line.name in _KIND_LINES:
            draft.drop(at)
    draft.add(draft.composer.kind(new), draft.top)


def _write_photo(draft: Draft, new: Photo | None, as_new: bool) -> None:
    at = draft.reading.photo[0][1] if draft.reading.photo else -1
    after = draft.card.lines[at + 1] if at >= 0 else None
    if draft.card.version == "2.1" and after and not after.name and not after.value:
        # The empty line that ends base64.
        draft.put(at + 1)
    if new and at >= 0:
        draft.put(at, draft.composer.photo(new))
    elif new:
        draft.add([draft.composer.photo(new)])
    else:
        for place, line in enumerate(draft.card.lines):
            # Nor does another picture take its place.
            if line.name == "PHOTO" and photo_of(line, draft.card.version)[0]:
                draft.drop(place)


def _write_categories(draft: Draft, new: Sequence[str], as_new: bool) -> None:
    places = list(dict.fromkeys(at for _, at in draft.reading.categories))
    if as_new or not places:
        draft.items("CATEGORIES", places, new)
        return
    known = {value for value, _ in draft.reading.categories}
    more = [draft.composer.escaped(value, is_part=True) for value in new if value not in known]
    for at in places:
        pairs = item_pairs(draft.card.lines[at], draft.card.version)
        kept = [raw for raw, value in pairs if value in new] + (more if at == places[-1] else [])
        if not kept:
            draft.drop(at)
        elif kept != [raw for raw, _ in pairs]:
            draft.rewrite(at, ",".join(kept))


def _write_members(draft: Draft, new: Sequence[str], as_new: bool) -> None:
    found = draft.reading.members
    wanted = set(new)
    for value, at in found:
        if value not in wanted:
            draft.drop(at)
    known = {value for value, _ in found}
    name = draft.card.lines[found[0][1]].name if found else ""
    lines = [draft.composer.member(value, name) for value in new if value not in known]
    draft.add(lines, max((at for _, at in found), default=-1))


_WRITERS: dict[str, Callable[[Draft, Any, bool], None]] = {
    "uid": _write_uid,
    "kind": _write_kind,
    "name": _write_name,
    "display_name": _write_display_name,
    "nickname": _write_nickname,
    "birthday": _write_birthday,
    "anniversary": _write_anniversary,
    "notes": _write_notes,
    "affiliations": write_affiliations,
    "handles": write_handles,
    "addresses": write_addresses,
    "categories": _write_categories,
    "members": _write_members,
    "photo": _write_photo,
    "details": write_details,
}
