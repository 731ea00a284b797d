"""What somebody typed to find a person, where it stands, and which letters of a text it is.

Words are compared as project.words.fold() leaves them, so accents and case do not matter; a word is found anywhere in
another, which is how Chinese or Japanese names are found. Telephone numbers are found in any writing.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from contacts.exceptions import InvalidHandle
from contacts.phones import normalise_phone
from contacts.platforms import PLATFORMS
from project.words import fold

if TYPE_CHECKING:
    from .handle import PartyHandle
    from .party import Party

WORDS_MAX = 10
NUMBER_FROM = 3  # digits; shorter ones are searched as words
_NUMBER = re.compile(r"[\d\s()+./-]*\d[\d\s()+./-]*\Z")
_TRUNK_ZERO = re.compile(r"\(0+\)")


class Terms(NamedTuple):
    """What to look for. needles: of each of them, one of its alternatives has to be there."""

    needles: tuple[tuple[str, ...], ...] = ()
    is_number: bool = False

    @classmethod
    def of(cls, query: str, region: str = "") -> "Terms":
        """Return the terms of what was typed. region: ISO 3166 code, whose national telephone numbers it may hold."""
        if numbers := _numbers_in(query, region):
            return cls((numbers,), is_number=True)
        words = (word.strip(",;") for word in fold(query.replace("\0", " ")).split())
        return cls(tuple((word,) for word in dict.fromkeys(filter(None, words)))[:WORDS_MAX])

    def within(self, condition: Callable[[str], Q]) -> Q:
        """Return that everything is found. condition: says where one text is looked for."""
        return self._every(lambda needle: condition(needle))

    def at_start(self, condition: Callable[[str], Q]) -> Q:
        """Return that everything is found where a word starts. Words of a search text follow a space each."""
        if self.is_number:
            return self._every(lambda needle: condition(f" +{needle}") | condition(f" {needle}"))
        return self._every(lambda needle: condition(f" {needle}"))

    def _every(self, condition: Callable[[str], Q]) -> Q:
        wanted = Q()
        for alternatives in self.needles:
            one = Q()
            for needle in alternatives:
                one |= condition(needle)
            wanted &= one
        return wanted

    def missing_in(self, text: str) -> "Terms":
        """Return the terms that text, folded, does not have."""
        kept = (needles for needles in self.needles if not any(needle in text for needle in needles))
        return self._replace(needles=tuple(kept))

    def are_in(self, text: str) -> bool:
        """Whether text, folded, has something of this."""
        return any(needle in text for needles in self.needles for needle in needles)

    def spans_in(self, text: str) -> list[tuple[int, int]]:
        """Return where in text this stands, as pairs of start and end, in order and apart from each other."""
        folded, places = _places(text, only_digits=self.is_number)
        found = []
        for needle in (needle for needles in self.needles for needle in needles):
            start = folded.find(needle)
            while start >= 0:
                found.append((places[start], places[start + len(needle) - 1] + 1))
                start = folded.find(needle, start + len(needle))
        spans: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if spans and start <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            else:
                spans.append((start, end))
        return spans


class Match(NamedTuple):
    """Where a party matches, other than in its name."""

    label: str  # "work e-mail"; "" where the text says enough
    text: str
    link: "PartyHandle | None" = None


def match_of(party: "Party", terms: Terms) -> Match | None:
    """Return the first thing besides its name that shows why a party was found, None where the name does.

    party: with its links, affiliations and person loaded.
    """
    if not (missing := terms.missing_in(fold(party.display_name))).needles:
        return None
    for match in _texts(party):
        if missing.are_in(fold(match.text)) or (match.link and missing.are_in(match.link.handle.normalised)):
            return _as_searched(match, missing)
    return None


def is_found_by_dismissed_alone(party: "Party", terms: Terms) -> bool:
    """Whether nothing but an address that is not theirs, on the owner's word, says what was typed."""
    said = " ".join([party.display_name, *(match.text for match in _texts(party))])
    said += " ".join(link.handle.normalised for link in party.links.all() if not link.is_dismissed)
    missing = terms.missing_in(fold(said))
    dismissed = [link.handle for link in party.links.all() if link.is_dismissed]
    return any(missing.are_in(fold(f"{handle.value} {handle.normalised}")) for handle in dismissed)


def _texts(party: "Party") -> list[Match]:
    found = []
    if party.kind == "person":
        found.append(Match("", party.person.nickname))
    for work in party.affiliations.all():
        found += [Match("", work.organization_name), Match("", work.department)]
    links = [link for link in party.links.all() if not link.is_dismissed]
    links.sort(key=lambda link: (link.is_undecided, not link.preferred, link.pk))
    found += [Match(label_of(link), link.handle.value, link) for link in links]
    if party.kind == "person":
        one = party.person
        names = (one.name_prefix, one.given_name, one.additional_name, one.family_name, one.name_suffix)
        found.append(Match("", " ".join(filter(None, names))))
    return [match for match in found if match.text]


def _as_searched(match: Match, terms: Terms) -> Match:
    """Return a match in the writing that shows it: a number that was typed otherwise, as it is called from abroad."""
    if match.link and not terms.spans_in(match.text):
        return match._replace(text=match.link.handle.normalised)
    return match


def label_of(link: "PartyHandle") -> str:
    """Return what a handle is, in words: "work e-mail", "mobile", "Telegram"."""
    platform = link.handle.platform
    label = " ".join(link.label.split())[:40]
    if platform == "phone":
        return label or "phone"
    name = "e-mail" if platform == "email" else PLATFORMS.get(platform, platform)
    return f"{label} {name}".strip() if platform == "email" else name


def _numbers_in(query: str, region: str) -> tuple[str, ...]:
    """Return the digits of a telephone number, none for other texts; a whole one also as it is called from abroad."""
    if not _NUMBER.match(query):
        return ()
    digits = _digits(_TRUNK_ZERO.sub("", query)).lstrip("0")
    if len(digits) < NUMBER_FROM:
        return ()
    try:
        called = normalise_phone(query, region)
    except InvalidHandle:
        called = ""
    return tuple(dict.fromkeys([digits, called[1:]])) if called.startswith("+") else (digits,)


def _digits(text: str) -> str:
    return "".join(str(int(letter)) for letter in text if letter.isdecimal())


def _places(text: str, *, only_digits: bool) -> tuple[str, list[int]]:
    """Return text folded, and for each of its letters the place in text that it comes from."""
    folded, places = "", []
    for place, letter in enumerate(text):
        letters = _digits(letter) if only_digits else " " if letter.isspace() else fold(letter)
        folded += letters
        places += [place] * len(letters)
    return folded, places
