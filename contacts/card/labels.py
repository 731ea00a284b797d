"""Labels of handles and addresses: TYPE in all its spellings, and Apple's X-ABLabel, which wins."""

import re

from contacts.values import Line

# TYPE values that say nothing about where somebody is reached.
_SILENT = frozenset(
    {"pref", "internet", "voice", "msg", "x400", "uri", "text", "email", "postal", "parcel", "dom", "intl", "inline"}
)
# What a line is; it follows the place, as in "work fax".
_DEVICES = frozenset({"fax", "pager"})
# What is written as a TYPE; other labels are written as X-ABLabel, which keeps their spelling.
_WRITTEN_AS_TYPE = frozenset(
    {"home", "work", "cell", "fax", "pager", "other", "main", "car", "video", "school", "iphone", "assistant"}
)
_BUILT_IN = re.compile(r"_\$!<(.*)>!\$_\Z", re.DOTALL)
# Words of Google and Android for what they have a translation of; people do not write so.
_MACHINE_WORDS = {
    "PROFILE": "profile", "BLOG": "blog", "GRAND_CENTRAL": "Google Voice", "grandCentral": "Google Voice",
    "RELATIVE": "relative", "REFERRED_BY": "referred by", "DOMESTIC_PARTNER": "domestic partner",
    "homeFax": "home fax", "workFax": "work fax", "otherFax": "other fax", "AssistantPhone": "assistant phone",
}  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def label_from_types(types: list[str]) -> str:
    """Return a label from TYPE values in lower case: the first that says where, then "fax" or "pager"."""
    place = device = ""
    for word in types:
        word = word.removeprefix("x-").removeprefix("evolution-")
        if word in _DEVICES:
            device = device or word
        elif word not in _SILENT:
            place = place or word
    return f"{place} {device}".strip()


def unwrapped(label: str) -> str:
    """Return what X-ABLabel says; the own labels of programs in words: "_$!<HomePage>!$_" is "home page"."""
    found = _BUILT_IN.match(label)
    return _CAMEL.sub(" ", found[1]).lower().strip() if found else _MACHINE_WORDS.get(label, label)


def wrapped(label: str) -> str:
    """Return one of Apple's own labels as X-ABLabel writes it: "home page" is "_$!<HomePage>!$_"."""
    return f"_$!<{''.join(word.capitalize() for word in label.split())}>!$_"


def types_for(label: str) -> list[str] | None:
    """Return the TYPE values that give a label, None for one that needs an X-ABLabel."""
    words = label.split(" ") if label else []
    if all(word in _WRITTEN_AS_TYPE for word in words) and label_from_types(words) == label:
        return words
    return None


def says_where(word: str) -> bool:
    """Tell whether a TYPE value belongs to the label."""
    return word.lower().removeprefix("x-") not in _SILENT


def preference(line: Line) -> int:
    """Return 0 where a line is not preferred, 1 for TYPE=pref, else the number of PREF (RFC 6350, 5.3)."""
    for name, values in line.params:
        if name == "TYPE" and any(value.lower() == "pref" for value in values):
            return 1
        if name == "PREF" and values:
            return int(values[0]) if re.fullmatch(r"[0-9]{1,3}", values[0]) and int(values[0]) else 1
    return 0
