"""Putting the edits that were made on one version of a card onto another: a three-way merge by lines."""

import re
from collections.abc import Hashable

from contacts.card.composing import Composer, Style, style_of
from contacts.card.matching import changes
from contacts.charsets import from_utf8, to_utf8
from contacts.values import Line
from contacts.vcard import content_of, read

Lines = tuple[Line, ...]

_END_OF_LINE = re.compile(rb"\r{1,2}\n|\n|\r")


def rebase(base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """Return theirs with the edits that lead from base to ours; where both changed a line, ours stays.

    Lines are the same when their content is, however they are folded, in whatever order they stand. Raises
    UnreadableCard.
    """
    before, mine, other = read(base), read(ours), read(theirs)
    found = [(line, at) for at, line in enumerate(before.lines)]
    # Where their card has the lines of base, and which lines are theirs alone.
    places: dict[Line, list[int]] = {line: [] for line in other.lines}
    for at, line in enumerate(other.lines):
        places[line].append(at)
    theirs_of: dict[int, int] = {}
    added = set()
    for what in changes(found, other.lines, _key, _kind):
        if what.new is not None:
            at = places[what.new].pop(0)
            if what.at >= 0:
                theirs_of[what.at] = at
            else:
                added.add(content_of(what.new))
    adapt = _Adapter(style_of(mine), style_of(other), before.lines, mine.lines, other.lines)
    lines = [[line.raw] for line in other.lines]
    here = 0
    for what in changes(found, mine.lines, _key, _kind):
        at = theirs_of.get(what.at, -1)
        if what.new is None:
            if at >= 0:
                lines[at].pop(0)
            continue
        is_changed = what.old is None or content_of(what.old) != content_of(what.new)
        if at >= 0:
            here = at
            if is_changed:
                lines[at][0] = adapt(what.new)
        elif is_changed and not (what.old is None and content_of(what.new) in added):
            lines[here].append(adapt(what.new))
    return b"".join(line for own in lines for line in own)


def _key(line: Line) -> Hashable:
    # What stands after END is no property, though it may look like one.
    return line.name, content_of(line)


def _kind(line: Line) -> Hashable:
    return line.group.lower(), line.name


class _Adapter:
    """Writes our lines as their card is written: its line ends and character set, and groups that it does not have."""

    def __init__(self, own: Style, style: Style, base: Lines, ours: Lines, theirs: Lines) -> None:
        self.own, self.style = own, style
        known, taken = ({line.group.lower() for line in lines} for lines in (base, theirs))
        composer = Composer(style, [line.group for line in (*ours, *theirs)])
        new = dict.fromkeys(line.group.lower() for line in ours if line.group.lower() not in known)
        self.renamed = {group: composer.fresh_group() for group in new if group in taken}

    def __call__(self, line: Line) -> bytes:
        raw = to_utf8(line.raw, self.own.utf16) if self.own.utf16 else line.raw
        if self.own.eol != self.style.eol:
            raw = _END_OF_LINE.sub(self.style.eol.encode(), raw)
        if line.group.lower() in self.renamed:
            raw = self.renamed[line.group.lower()].encode() + raw[len(line.group.encode()) :]
        return from_utf8(raw, self.style.utf16) if self.style.utf16 else raw
