"""Reading a card: what each of its lines says about the contact, and in which line it stands.

Whatever has no field becomes a detail, whatever cannot be decoded is listed as unreadable: nothing is left out but
empty values and the frame of a card (BEGIN, END, VERSION). Editing asks the same reading where to write.
"""

from collections.abc import Iterator
from typing import NamedTuple

from contacts.card.contact import (
    CardAddress,
    CardAffiliation,
    CardHandle,
    Contact,
    Detail,
    Name,
    PartialDate,
    Photo,
)
from contacts.card.details import label_for, value_for
from contacts.card.labels import label_from_types, preference, unwrapped
from contacts.card.properties import read_property
from contacts.values import Card, Line, fields, param, text, types
from project.accounts.names import is_visible

_FRAME = frozenset({"BEGIN", "END", "VERSION"})
_NOKIA_LABEL = "X-EPOCCNTMODELLABEL1"


class Work(NamedTuple):
    """One line of ORG, TITLE or ROLE. at: its place among the lines."""

    at: int
    group: str
    line: Line


class Reading:
    """A card taken apart. The lists hold (what was read, the place of its line)."""

    def __init__(self, card: Card, region: str = "") -> None:
        self.card, self.version, self.region = card, card.version, region
        self.labels: dict[str, tuple[str, int]] = {}
        self.groups: dict[str, list[int]] = {}
        self.best: dict[str, int] = {}
        self.kind = "person"
        self.uid: list[tuple[str, int]] = []
        self.formatted: list[tuple[str, int]] = []
        self.name: list[tuple[Name, int]] = []
        self.nicknames: list[tuple[str, int]] = []
        self.birthday: list[tuple[PartialDate, int]] = []
        self.anniversary: list[tuple[PartialDate, int]] = []
        self.notes: list[tuple[str, int]] = []
        self.handles: list[tuple[CardHandle, int]] = []
        self.addresses: list[tuple[CardAddress, int]] = []
        self.work: dict[str, list[Work]] = {"ORG": [], "TITLE": [], "ROLE": []}
        self.categories: list[tuple[str, int]] = []
        self.members: list[tuple[str, int]] = []
        self.photo: list[tuple[Photo, int]] = []
        self.details: list[tuple[Detail, int]] = []
        self.unreadable: list[Detail] = []
        # Where a line says once more what another says: {place of the first: places of the others}.
        self.repeated: dict[int, list[int]] = {}
        self._handle_places: dict[CardHandle, int] = {}
        self._survey()
        for at, line in enumerate(card.lines):
            self._read(line, at)

    def _survey(self) -> None:
        """Note what lines say about other lines: labels of groups, the best preference of each property."""
        for at, line in enumerate(self.card.lines):
            if line.group:
                group = line.group.lower()
                self.groups.setdefault(group, []).append(at)
                if line.name == "X-ABLABEL":
                    label = text(line, self.version)
                    self.labels[group] = (label if param(line, "VALUE").lower() == "text" else unwrapped(label), at)
            if line.params and (rank := preference(line)):
                self.best[line.name] = min(self.best.get(line.name, rank), rank)

    def _read(self, line: Line, at: int) -> None:
        if not line.name:
            if line.value:
                self.unreadable.append(Detail("", line.value))
            return
        if line.problem:
            self.unreadable.append(Detail(line.name, f"{line.problem}: {line.value}" if line.value else line.problem))
        if not line.value or line.name in _FRAME:
            return
        read_property(self, line, at)

    def own_label(self, line: Line) -> str:
        """Return the X-ABLabel of the group of a line, "" without one."""
        return self.labels.get(line.group.lower(), ("", 0))[0] if line.group else ""

    def label(self, line: Line, service: str = "", word: str = "") -> str:
        """Return the label of a line: of its group, else service, else of its TYPE without the word."""
        if own := self.own_label(line):
            return own
        if service or not line.params:
            return service
        return label_from_types([found for found in types(line) if found != word]) or param(line, _NOKIA_LABEL)

    def is_preferred(self, line: Line) -> bool:
        """Tell whether no line of the same property is preferred to this one."""
        return bool(line.params) and preference(line) == self.best.get(line.name, -1)

    def detail(self, line: Line, at: int, value: str | None = None) -> None:
        """List a line as a detail."""
        shown = value_for(line, self.version) if value is None else value
        if shown:
            self.details.append((Detail(label_for(line, self.label(line), self.own_label(line)), shown), at))

    def add_handle(self, handle: CardHandle, at: int) -> None:
        """Keep a handle, once: Apple writes some accounts in two properties."""
        first = self._handle_places.setdefault(handle.as_said, at)
        if first == at:
            self.handles.append((handle, at))
        else:
            self.repeat(first, at)

    def repeat(self, first: int, at: int) -> None:
        """Note that a line says what the line at first says too."""
        self.repeated.setdefault(first, []).append(at)

    def add_work(self, line: Line, at: int) -> None:
        """Keep a line of ORG, TITLE or ROLE until all of them are there."""
        self.work[line.name].append(Work(at, line.group.lower(), line))

    def affiliations(self) -> Iterator[tuple[CardAffiliation, tuple[int, int, int]]]:
        """Yield each affiliation with the places of its ORG, TITLE and ROLE, -1 for a missing one.

        Lines of one group belong together, the others by their order.
        """
        for row in self._work_rows():
            org, title, role = (row.get(name) for name in ("ORG", "TITLE", "ROLE"))
            units = fields(org.line, self.version) if org else []
            found = CardAffiliation(
                units[0] if units else "",
                ", ".join(unit for unit in units[1:] if unit),
                text(title.line, self.version) if title else "",
                text(role.line, self.version) if role else "",
            )
            if any(found):
                yield found, (org.at if org else -1, title.at if title else -1, role.at if role else -1)

    def _work_rows(self) -> list[dict[str, Work]]:
        together = {
            group
            for group, places in self.groups.items()
            if len({self.card.lines[place].name for place in places} & self.work.keys()) > 1
        }
        grouped: dict[str, dict[str, Work]] = {}
        loose: dict[str, list[Work]] = {name: [] for name in self.work}
        for name, found in self.work.items():
            for work in found:
                row = grouped.setdefault(work.group, {}) if work.group in together else {name: work}
                if name in row:
                    loose[name].append(work)
                else:
                    row[name] = work
        rows = [
            {name: found[place] for name, found in loose.items() if place < len(found)}
            for place in range(max(map(len, loose.values())))
        ]
        return sorted([*grouped.values(), *rows], key=lambda row: min(work.at for work in row.values()))

    @property
    def contact(self) -> Contact:
        """What the card says."""
        handles = tuple(handle for handle, _ in self.handles)
        affiliations = tuple(found for found, _ in self.affiliations())
        name = self.name[0][0] if self.name else Name()
        nickname = ", ".join(value for value, _ in self.nicknames)
        return Contact(
            kind=self.kind,
            uid=self.uid[0][0] if self.uid else "",
            display_name=self._display_name(name, nickname, affiliations, handles),
            name=name,
            nickname=nickname,
            birthday=self.birthday[0][0] if self.birthday else None,
            anniversary=self.anniversary[0][0] if self.anniversary else None,
            notes="\n\n".join(note for note, _ in self.notes),
            handles=handles,
            addresses=tuple(address for address, _ in self.addresses),
            affiliations=affiliations,
            categories=tuple(dict.fromkeys(value for value, _ in self.categories)),
            members=tuple(dict.fromkeys(value for value, _ in self.members)),
            photo=self.photo[0][0] if self.photo else None,
            details=tuple(detail for detail, _ in self.details),
            unreadable=tuple(self.unreadable),
        )

    def _display_name(
        self, name: Name, nickname: str, affiliations: tuple[CardAffiliation, ...], handles: tuple[CardHandle, ...]
    ) -> str:
        """Return FN, or what to call somebody whose card has none, or one that nobody can see."""
        formatted = self.formatted[0][0] if self.formatted else ""
        organization = next((found.organization for found in affiliations if found.organization), "")
        full = " ".join(filter(None, name[:4])) + (f", {name.suffix}" if name.suffix else "")
        first, second = (organization, full) if self.kind == "organization" else (full, nickname)
        reached = sorted(handles, key=lambda handle: {"email": 0, "phone": 1}.get(handle.platform, 2))
        names = (formatted, first, second, organization, nickname, reached[0].value if reached else "")
        return next((one for one in names if any(map(is_visible, one))), "")


def contact_of(card: Card, region: str = "") -> Contact:
    """Return what a card says.

    region: ISO 3166 code of the country that telephone numbers without a prefix belong to.
    """
    return Reading(card, region).contact
