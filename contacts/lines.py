"""The bytes under a vCard: cards in a file, logical lines in a card, folding.

A logical line keeps its bytes as they came; what it says is made from a copy. So nothing here ever has to be undone.
Sources: RFC 6350 and RFC 2425 (folding), RFC 2045 (soft breaks), vCard 2.1 (RFC 822 folding), and what files of
phones and servers do to them: lines ended by CR CR LF, folds inside a character, soft breaks followed by an empty
line, base64 without leading white space, cards inside cards. Every step is linear in its input.
"""

import re
from collections.abc import Iterator

from contacts.charsets import BOM

# Possessive throughout, so that no input makes a match go back.
_END = rb"(?:\r{1,2}\n|\n|\r)"
# Empty lines in a row; base64 without a property; a line with its folded continuations and its end.
_LINE = re.compile(
    rb"(?P<empty>[\r\n]++)"
    rb"|(?P<base64>(?:[A-Za-z0-9+/=]++" + _END + rb"(?![ \t]))++)"
    rb"|[^\r\n]*+(?:" + _END + rb"[ \t][^\r\n]*+)*+" + _END + rb"?+"
)
_BASE64_LINES = re.compile(rb"(?:[ \t]*+[A-Za-z0-9+/=]++[ \t]*+(?:" + _END + rb"|\Z))++")
_SOFT_LINES = re.compile(rb"(?:[^\r\n=]*+(?:=(?!" + _END + rb")[^\r\n=]*+)*+=" + _END + rb")*+")
_EMPTY_BEFORE_QUOTED = re.compile(rb"[\r\n]++(=[0-9A-Fa-f]{2})?+")
_FOLD = re.compile(_END + rb"[ \t]")
_FOLD_2_1 = re.compile(rb"([^\r\n]*+)" + _END + rb"([ \t]++)")
_SOFT_BREAK = re.compile(rb"=[ \t]*+[\r\n]++|=[ \t]*+\Z")
_MARK = re.compile(rb"(?:\xef\xbb\xbf)?+(BEGIN|END):[ \t]*+VCARD[ \t\r\n]*+\Z", re.IGNORECASE)
_AGENT = re.compile(rb"(?:[^\s:;]++\.)?AGENT[^:\r\n]*+:[ \t]*+(BEGIN:VCARD)?[ \t\r\n]*+\Z", re.IGNORECASE)
_CARD_WORD = re.compile(rb":[ \t]*+vcard", re.IGNORECASE)
_AGENT_BEFORE = re.compile(rb"(?:[^\s:;]++\.)?AGENT[^:]*+:\Z", re.IGNORECASE)
_BINARY = re.compile(rb"[^:\"]*;(?:ENCODING=)?(?:BASE64|B)[;:,]", re.IGNORECASE)

# Hard folding cuts at a width, RFC 822 folding at a space; a line of 2.1 this long was cut by width.
_HARD_FOLD_BYTES = 72


def one_line(data: bytes, at: int) -> bytes:
    """Return the line that starts at a place in data, with its folds and its end."""
    found = _LINE.match(data, at)
    return found[0] if found else b""


def mark_of(line: bytes) -> bytes:
    """Return b"BEGIN" or b"END" for a line that begins or ends a card, else b""."""
    found = _MARK.match(line) if len(line) < 100 else None
    return found[1].upper() if found else b""


def logical(data: bytes) -> Iterator[bytes]:
    """Yield the logical lines of one card, with their line ends and folds: joined, they are data.

    Empty lines in a row are one. A card inside (AGENT of 2.1) is one line, from its name to its END.
    """
    has_agent = re.search(rb"AGENT", data, re.IGNORECASE) is not None
    at = 0
    while at < len(data):
        found = _LINE.match(data, at)
        assert found  # it also matches nothing at all
        start, at = at, found.end()
        if not found.lastgroup:
            line = found[0]
            if has_agent and len(line) < 200 and (agent := _AGENT.match(line)):
                at = _end_of_inner(data, at, depth=1 if agent[1] else 0)
            elif _is_soft(line) and b"QUOTED-PRINTABLE" in line[: line.find(b":")].upper():
                at = _end_of_soft(data, at)
            elif (more := _BASE64_LINES.match(data, at)) and _BINARY.match(line):
                at = more.end()
        yield data[start:at]


def _end_of_inner(data: bytes, at: int, depth: int) -> int:
    """Return where a card inside another ends. depth: 0 before its BEGIN."""
    start = at
    while at < len(data):
        line = one_line(data, at)
        mark = mark_of(line)
        if not depth and mark != b"BEGIN" and line.strip():
            return start
        at += len(line)
        depth += (mark == b"BEGIN") - (mark == b"END")
        if mark == b"END" and not depth:
            return at
    return at if depth else start


def _end_of_soft(data: bytes, at: int) -> int:
    """Return where a line in quoted-printable ends that goes on at a place in data."""
    while at < len(data):
        found = _SOFT_LINES.match(data, at)
        at = found.end() if found else at
        if empty := _EMPTY_BEFORE_QUOTED.match(data, at):
            # The empty line ends the value, unless what follows can only be more of it.
            if not empty[1]:
                return empty.end()
            at = empty.start(1)
            continue
        line = one_line(data, at)
        if mark_of(line):
            return at
        at += len(line)
        if not _is_soft(line):
            return at
    return at


def _is_soft(line: bytes) -> bool:
    return line.rstrip(b" \t\r\n").endswith(b"=")


def cards(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield (bytes, whether there is a card in them): the cards of a file, each with the text before it.

    Joined, the bytes are data. What follows the last card goes with it.
    """
    start = depth = 0
    end = None  # of the last whole card
    for found in _CARD_WORD.finditer(data):
        at = _line_start(data, found.start())
        line = one_line(data, at) if at >= 0 else b""
        mark = mark_of(line)
        if mark == b"END" and depth:
            depth -= 1
            end = at + len(line) if not depth else None
        elif mark == b"BEGIN":
            if depth and _follows_agent(data, at):
                depth += 1
                continue
            if depth or end is not None:
                # The card before ended, or its END is missing.
                yield data[start : at if depth else end], True
                start = at if depth else end or 0
            depth, end = 1, None
    if start < len(data):
        yield data[start:], bool(depth or end is not None)


def _line_start(data: bytes, colon: int) -> int:
    """Return where a line starts whose BEGIN or END stops at colon, -1 when they stand inside a line."""
    for word in (b"BEGIN", b"END"):
        at = colon - len(word)
        if at >= 0 and data[at:colon].upper() == word:
            if data[max(at - 3, 0) : at] == BOM:
                at -= 3
            return at if at == 0 or data[at - 1] in b"\r\n" else -1
    return -1


def _follows_agent(data: bytes, at: int) -> bool:
    before = data[max(at - 300, 0) : at].rstrip(b"\r\n \t")
    line = before[max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 :]
    return _AGENT_BEFORE.match(line) is not None


def unfold(line: bytes, *, is_2_1: bool = False, is_quoted: bool = False) -> bytes:
    """Return a logical line without its end, its folds and soft breaks."""
    content = line.rstrip(b"\r\n")
    if is_quoted:
        content = _SOFT_BREAK.sub(b"", content)
    if b"\n" in content or b"\r" in content:
        content = _FOLD_2_1.sub(_unfolded_2_1, content) if is_2_1 else _FOLD.sub(b"", content)
    return content


def _unfolded_2_1(fold: "re.Match[bytes]") -> bytes:
    """Undo one fold of 2.1: by the letter the white space stays (RFC 822), but many cut as 3.0 does."""
    before, space = fold[1], fold[2]
    if len(space) > 1 or len(before) >= _HARD_FOLD_BYTES:
        return before + space[1:]
    return before + space


def fold(line: str, eol: str, width_bytes: int) -> str:
    """Return a line cut into pieces of at most width_bytes, never inside a character (RFC 6350, 3.2).

    width_bytes: 0 for a card that does not fold.
    """
    data = line.encode()
    if not width_bytes or len(data) <= width_bytes:
        return line
    pieces = []
    start, room = 0, width_bytes
    while len(data) - start > room:
        end = start + room
        while data[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(data[start:end].decode())
        start, room = end, width_bytes - 1
    pieces.append(data[start:].decode())
    return (eol + " ").join(pieces)
