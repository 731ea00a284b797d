"""Editing what a card has several of: handles, addresses, affiliations, details; each item in its own line."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any
from urllib.parse import quote

from contacts.card.contact import CardAddress, CardAffiliation, CardHandle, Detail
from contacts.card.draft import Draft
from contacts.card.handles import reach_of
from contacts.card.heads import with_preference, with_types, without_params
from contacts.card.labels import types_for
from contacts.card.matching import changes
from contacts.values import param, raw_fields
from contacts.vcard import head_of


def key_of(item: Any) -> Hashable:
    """Return what makes two items of a list the same, for who writes them."""
    return (*item[:2], *item[3:5]) if isinstance(item, CardHandle) else item


def changed_parts(draft: Draft, at: int, names: Sequence[str], old: Any, new: Any) -> str:
    """Return a structured value in which only the parts that differ are written anew."""
    parts = raw_fields(draft.card.lines[at])
    parts += [""] * (len(names) - len(parts))
    for place, name in enumerate(names):
        if getattr(old, name) != getattr(new, name):
            parts[place] = draft.composer.escaped(getattr(new, name), is_part=True)
    return ";".join(parts)


def _write_list(
    draft: Draft,
    found: Sequence[tuple[Any, int]],
    new: Sequence[Any],
    change: Callable[[int, Any, Any], None],
    compose: Callable[[Any], list[bytes]],
    drop: Callable[[int], None] | None = None,
) -> None:
    """Write what differs in a list of items, each of which has its line."""
    behind = min((at for _, at in found), default=0) - 1
    for what in changes(found, new, key_of, lambda item: item[0] if isinstance(item, CardHandle) else None):
        if what.new is None:
            draft.drop_repeated(what.at)
            (drop or draft.drop)(what.at)
        elif what.at < 0:
            draft.add(compose(what.new), behind)
        else:
            if key_of(what.old) != key_of(what.new):
                draft.drop_repeated(what.at)
                change(what.at, what.old, what.new)
            behind = draft.behind(what.at)


def write_handles(draft: Draft, new: Sequence[CardHandle], as_new: bool) -> None:
    def change(at: int, old: CardHandle, now: CardHandle) -> None:
        line = draft.card.lines[at]
        if as_new:
            _replace(draft, at, draft.composer.handle(now))
            return
        value = line.value
        if old.value != now.value:
            scheme = value[: -len(old.value)] if value.endswith(old.value) else ""
            value = draft.composer.escaped(now.value)
            if scheme:
                value = scheme + quote(now.value, safe="@:+._~-/!$*;=")
            elif line.name == "URL":
                value = now.value.replace("\\", "\\\\")
            reach = reach_of(line._replace(value=value, encoding=""), draft.card.version)
            if reach is None or reach[:2] != now[:2]:
                # The property cannot say this, as URL no name of an account.
                _replace(draft, at, draft.composer.handle(now))
                return
        _write_labelled(draft, at, value, old, now)

    _write_list(draft, draft.reading.handles, new, change, draft.composer.handle)


def write_addresses(draft: Draft, new: Sequence[CardAddress], as_new: bool) -> None:
    def change(at: int, old: CardAddress, now: CardAddress) -> None:
        if as_new:
            _replace(draft, at, draft.composer.address(now))
        else:
            _write_labelled(draft, at, changed_parts(draft, at, CardAddress._fields[1:8], old, now), old, now)

    _write_list(draft, draft.reading.addresses, new, change, draft.composer.address)


def _write_labelled(
    draft: Draft, at: int, value: str, old: CardHandle | CardAddress, new: CardHandle | CardAddress
) -> None:
    """Write a value, a label and whether it is preferred into a line, and into the X-ABLabel of its group."""
    line, version = draft.card.lines[at], draft.card.version
    written = head = head_of(line)
    more: list[bytes] = []
    if old.preferred != new.preferred:
        written = with_preference(written, version, preferred=new.preferred)
    if old.label != new.label:
        own = draft.reading.labels.get(line.group.lower()) if line.group else None
        words = types_for(new.label)
        if own and (words is None or (own[0] and new.label)):
            draft.text("X-ABLabel", [own[1]], new.label)
        elif words is None:
            group = line.group or draft.composer.fresh_group()
            written = written if line.group else f"{group}.{written}"
            more = [draft.composer.label(new.label, group)]
        else:
            if own:
                draft.put(own[1])
            written = with_types(written, words, version)
    if written != head or value != line.value:
        draft.put(at, draft.composer.raw(without_params(written, "ENCODING", "CHARSET"), value), *more)


def write_details(draft: Draft, new: Sequence[Detail], as_new: bool) -> None:
    # A line that says more than its detail stays: an address loses its label only, a name too long is left alone.
    shared = {at for found in (draft.reading.addresses, draft.reading.name) for _, at in found}
    beyond = {
        detail for detail, at in draft.reading.details if at in shared and not param(draft.card.lines[at], "LABEL")
    }

    def drop(at: int) -> None:
        if at in shared:
            line = draft.card.lines[at]
            draft.put(at, draft.composer.raw(without_params(head_of(line), "LABEL", "ENCODING", "CHARSET"), line.value))
        else:
            draft.drop(at)

    def change(at: int, old: Detail, now: Detail) -> None:
        if at in shared:
            drop(at)
            draft.add(draft.composer.detail(now), at)
        elif as_new or old.label != now.label or draft.composer.escaped(old.value) != draft.card.lines[at].value:
            _replace(draft, at, draft.composer.detail(now))
        else:
            draft.rewrite(at, draft.composer.escaped(now.value))

    found = [(detail, at) for detail, at in draft.reading.details if detail not in beyond]
    _write_list(draft, found, [item for item in new if item not in beyond], change, draft.composer.detail, drop)


def _replace(draft: Draft, at: int, lines: list[bytes]) -> None:
    """Write an item as in a new card, in the place of its old line."""
    draft.drop(at)
    draft.put(at, *lines)


def write_affiliations(draft: Draft, new: Sequence[CardAffiliation], as_new: bool) -> None:
    rows = {max(places): (found, places) for found, places in draft.reading.affiliations()}
    if as_new:
        taken = [at for _, places in rows.values() for at in places if at >= 0]
        for at in taken:
            draft.drop(at)
        draft.add(draft.composer.affiliations(new), min(taken, default=-1))
        return

    def change(at: int, old: CardAffiliation, now: CardAffiliation) -> None:
        org, title, role = rows[at][1]
        if old[:2] != now[:2]:
            _write_organization(draft, org, old, now, at)
        for name, place in (("title", title), ("role", role)):
            if getattr(old, name) != getattr(now, name):
                draft.text(name.upper(), [place] if place >= 0 else [], getattr(now, name), at)

    def drop(at: int) -> None:
        for place in rows[at][1]:
            if place >= 0:
                draft.drop(place)

    def compose(item: CardAffiliation) -> list[bytes]:
        return draft.composer.affiliation(item, grouped=bool(rows) and bool(item.title or item.role))

    _write_list(draft, [(found, at) for at, (found, _) in rows.items()], new, change, compose, drop)


def _write_organization(draft: Draft, org: int, old: CardAffiliation, new: CardAffiliation, anchor: int) -> None:
    escaped = draft.composer.escaped
    units = raw_fields(draft.card.lines[org]) if org >= 0 else [""]
    if old.organization != new.organization:
        units[0] = escaped(new.organization, is_part=True)
    if old.department != new.department:
        units[1:] = [escaped(new.department, is_part=True)] if new.department else []
    if org < 0:
        draft.add([draft.composer.raw("ORG", ";".join(units))], anchor)
    elif any(units):
        draft.rewrite(org, ";".join(units))
    else:
        draft.drop(org)
