"""A card while it is edited: its lines, of which single ones are written anew, added or taken out."""

from collections import Counter
from collections.abc import Iterable, Sequence

from contacts.card.composing import Composer, end_of, style_of
from contacts.card.heads import without_params
from contacts.card.reading import Reading
from contacts.values import Card
from contacts.vcard import fallback_charset, head_of

_COMPANIONS = frozenset({"X-ABLABEL", "X-ABADR"})


class Draft:
    """Changes of one card. at, after, places: where lines stand in card."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.reading = Reading(card)
        self.style = style_of(card)
        self.composer = Composer(self.style, [line.group for line in card.lines])
        self.lines = [[line.raw] for line in card.lines]
        self._members: Counter[str] = Counter()
        self.added: list[list[bytes]] = [[] for _ in card.lines]
        ends = (at for at, line in enumerate(card.lines) if line.name == "END")
        self.last = next(ends, len(card.lines)) - 1

    @property
    def raw(self) -> bytes:
        """The card as it is now."""
        raw = self._joined()
        if fallback_charset(raw) != fallback_charset(self.card.raw):
            # The one line went that named the character set of others.
            for at, line in enumerate(self.card.lines):
                if self.lines[at] == [line.raw] and line.name and not _is_utf8(line.raw):
                    self.rewrite(at, line.value)
            raw = self._joined()
        return raw

    def _joined(self) -> bytes:
        pairs = zip(self.lines, self.added, strict=True)
        return b"".join(line for own, added in pairs for line in (*own, *added))

    @property
    def top(self) -> int:
        """The place after which names are looked for: VERSION, else BEGIN."""
        names = [line.name for line in self.card.lines]
        return names.index("VERSION") if "VERSION" in names else names.index("BEGIN")

    def put(self, at: int, *lines: bytes) -> None:
        """Write lines in the place of a line."""
        self.lines[at] = list(lines)

    def add(self, lines: Iterable[bytes], after: int = -1) -> None:
        """Write new lines after a line, by default at the end of the card."""
        at = after if after >= 0 else self.last
        while at > 0 and (self._is_open(at) or self._is_before_white_space(at)):
            at -= 1
        if self.lines[at] and not end_of(self.lines[at][-1], self.style.utf16):
            # The last line of a card that breaks off.
            self.lines[at].append(self.style.eol.encode(self.style.utf16 or "ascii"))
        self.added[at].extend(lines)

    def _is_open(self, at: int) -> bool:
        """Tell whether a line ends with a soft break, so that the next one would become a part of it."""
        line = self.card.lines[at]
        # An empty line after a soft break closes it.
        content = line.raw.replace(b"\0", b"").removesuffix(end_of(line.raw, self.style.utf16).encode())
        return line.encoding == "quoted-printable" and content.rstrip(b" \t").endswith(b"=")

    def _is_before_white_space(self, at: int) -> bool:
        """Tell whether the next line, which an empty one sets off, would read as a fold of what is put before it."""
        return self.card.lines[at + 1 : at + 2] != () and self.card.lines[at + 1].raw.lstrip(b"\0")[:1] in {b" ", b"\t"}

    def drop(self, at: int) -> None:
        """Take a line out, with the label of its group if nothing else has that group."""
        self.lines[at] = []
        line = self.card.lines[at]
        group = line.group.lower()
        if group and line.name not in _COMPANIONS:
            if not self._members:
                # How many lines of each group need its label.
                self._members = Counter(line.group.lower() for line in self.card.lines if line.name not in _COMPANIONS)
            self._members[group] -= 1
            if not self._members[group]:
                for place in self.reading.groups[group]:
                    self.lines[place] = []

    def drop_repeated(self, at: int) -> None:
        """Take out the lines that say what a line says too, because that is going to change."""
        for place in self.reading.repeated.get(at, ()):
            self.drop(place)

    def behind(self, at: int) -> int:
        """Return the place of the last line that is grouped with a line."""
        group = self.card.lines[at].group.lower()
        return max(at, self.reading.groups[group][-1]) if group else at

    def rewrite(self, at: int, value: str, *unwanted: str) -> None:
        """Write another value, with its backslashes, into a line; unwanted: parameters that go."""
        head = without_params(head_of(self.card.lines[at]), "ENCODING", "CHARSET", *unwanted)
        self.put(at, self.composer.raw(head, value))

    def text(self, name: str, places: Sequence[int], value: str, after: int = -1) -> None:
        """Write a text into the first of its lines, and take out the others; without any, into a new line."""
        for at in places[1 if value else 0 :]:
            self.drop(at)
        if value and places:
            self.rewrite(places[0], self.composer.escaped(value))
        elif value:
            self.add([self.composer.line(name, value)], after)

    def items(self, name: str, places: Iterable[int], values: Sequence[str]) -> None:
        """Write a list into the first of its lines, and take out the others; without any, into a new line."""
        unique = list(dict.fromkeys(places))
        own = [at for at in unique if self.card.lines[at].name == name][: 1 if values else 0]
        for at in unique:
            if at not in own:
                self.drop(at)
        value = ",".join(self.composer.escaped(item, is_part=True) for item in values)
        if own:
            self.rewrite(own[0], value)
        elif values:
            self.add([self.composer.parts(name, values, ",")])


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
