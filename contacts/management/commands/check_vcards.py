"""Reads every card of a folder and tells what would not come back as it was.

It fails where something differs, and where there is no card at all; what cannot be decoded, and what is refused, is
reported without failing, because the card keeps it. docs/vcards.md says what each word of the report means.
"""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts.card import Contact, contact_of, edited
from contacts.card.reading import Reading
from contacts.exceptions import UnreadableCard
from contacts.values import Card, Line, text
from contacts.vcard import Piece, read, split

NICKNAME = "Written by check_vcards, für Ärger"
LINES_TRIED_MAX = 500  # of a card, to look for lines that are shown nowhere; it takes the square of them
SAYS_NOTHING = frozenset({"BEGIN", "END", "VERSION"})


@dataclass
class Report:
    """What was found in one file. Each list has sentences; cards: how many could be read."""

    file: str
    cards: int = 0
    bytes_differ: list[str] = field(default_factory=list)
    edits_differ: list[str] = field(default_factory=list)
    values_differ: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether something would not come back, or is not shown, as it was."""
        return bool(self.bytes_differ or self.edits_differ or self.values_differ or self.unlisted)

    @property
    def findings(self) -> Iterator[tuple[str, str]]:
        """Yield (what kind, sentence)."""
        for kind, name in (
            ("bytes differ", "bytes_differ"),
            ("edit differs", "edits_differ"),
            ("value differs", "values_differ"),
            ("not listed", "unlisted"),
            ("unreadable", "unreadable"),
            ("refused", "refused"),
        ):
            for sentence in getattr(self, name):
                yield kind, sentence


class Command(BaseCommand):
    help = (
        "Reads every .vcf file of a folder and reports what differs: bytes after import and export, other lines"
        " or values after an edit, lines that are shown nowhere or cannot be decoded, cards that are refused."
        " Fails where something differs. Needs no database, and writes nothing."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="with all folders in it")
        parser.add_argument("--json", action="store_true", help="write the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            is_file = folder.is_file()
            raise CommandError(f"{folder} is a file, not a folder." if is_file else f"There is no folder {folder}.")
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".vcf" and path.is_file())
        if not files:
            raise CommandError(f"There is no .vcf file in {folder}.")
        reports = [check(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(report) for report in reports], indent=2))
        else:
            self._tell(reports)
        if any(report.differs for report in reports):
            raise CommandError("Some cards do not come back as they were.")
        if not any(report.cards for report in reports):
            raise CommandError(f"There is no card that can be read in {folder}.")

    def _tell(self, reports: list[Report]) -> None:
        for report in reports:
            for kind, sentence in report.findings:
                self.stdout.write(f"{report.file}: {kind}: {sentence}")
        counts = Counter(kind for report in reports for kind, _ in report.findings)
        found = [f"{kind}: {count}" for kind, count in counts.items()]
        if not any(report.differs for report in reports):
            found.insert(0, "nothing differs")
        cards, files = sum(report.cards for report in reports), len(reports)
        words = f"{cards} card{'s' if cards != 1 else ''} in {files} file{'s' if files != 1 else ''}"
        self.stdout.write(f"{words}; {', '.join(found)}.")


def check(name: str, data: bytes) -> Report:
    """Return what is to be said about one file."""
    report = Report(name)
    pieces = list(split(data))
    if b"".join(piece.raw for piece in pieces) != data:
        report.bytes_differ.append("the cards of this file put together are not this file")
    if not pieces:
        report.refused.append("this file is empty")
    for piece in pieces:
        _check_card(piece, report)
    return report


def _check_card(piece: Piece, report: Report) -> None:
    called = f"card {piece.number}" + (f" ({piece.name})" if piece.name else "")
    try:
        if piece.problem:
            raise UnreadableCard(piece.problem)
        card = read(piece.raw)
    except UnreadableCard as error:
        report.refused.append(f"{called}: {error}")
        return
    report.cards += 1
    contact = contact_of(card)
    if b"".join(line.raw for line in card.lines) != piece.raw or edited(card, contact, contact) != piece.raw:
        report.bytes_differ.append(called)
    report.unreadable += [f"{called}: {label or 'stray text'}: {why[:200]}" for label, why in contact.unreadable]
    report.unlisted += [f"{called}: {sentence}" for sentence in _unlisted(card, contact)]
    after = read(edited(card, contact, replace(contact, nickname=NICKNAME)))
    report.edits_differ += [f"{called}: {sentence}" for sentence in _edit_differences(card, after)]
    report.values_differ += [f"{called}: {sentence}" for sentence in _value_differences(card, after)]


def _is_nickname(line: Line) -> bool:
    return line.name == "NICKNAME" or (line.name == "X-ANDROID-CUSTOM" and "/nickname;" in line.value)


def _edit_differences(card: Card, after: Card) -> Iterator[str]:
    """Yield which other lines changed with the nickname."""
    before, now = (Counter(line.raw for line in version.lines if not _is_nickname(line)) for version in (card, after))
    for raw in ((before - now) + (now - before)).elements():
        yield f"another line changed with the nickname: {raw[:100]!r}"
    if (nickname := contact_of(after).nickname) != NICKNAME:
        yield f"the nickname reads {nickname!r} afterwards"


def _value_differences(card: Card, after: Card) -> Iterator[str]:
    """Yield which lines say something else although only the nickname changed."""
    before, now = (Counter(line[1:] for line in version.lines if not _is_nickname(line)) for version in (card, after))
    for _, name, _, value, *_ in (before - now).elements():
        yield f"{name or 'stray text'} does not read {value[:100]!r} any more"
    # Who has no name on the card is called by the nickname then.
    was, found = (replace(contact_of(version), nickname="", display_name="") for version in (card, after))
    if was != found:
        yield "the contact reads otherwise"


def _unlisted(card: Card, contact: Contact) -> Iterator[str]:
    """Yield the lines without which the card would say the same: what they say is shown nowhere."""
    said = Counter((line.name, line.value) for line in card.lines)
    if len(card.lines) > LINES_TRIED_MAX:
        return
    # What two lines say is shown although one of them goes.
    repeated = {at for first, others in Reading(card).repeated.items() for at in (first, *others)}
    for at, line in enumerate(card.lines):
        is_name = line.name == "FN" and text(line, card.version) == contact.display_name
        is_default = line.name in SAYS_NOTHING or (line.name == "KIND" and line.value.lower() == "individual")
        if at in repeated or is_name or is_default or not line.value.strip(";, ") or said[line.name, line.value] > 1:
            continue
        rest = tuple(other for other in card.lines if other is not line)
        if contact_of(card._replace(lines=rest)) == contact:
            yield f"{line.name}: {line.value[:100]!r}"
