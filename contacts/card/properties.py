"""What each property of a card says: one function for each, which adds to the reading of the card."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from contacts.card.contact import CardAddress, Detail, Name
from contacts.card.dates import parse_date
from contacts.card.handles import handle_of, is_handle_line, reach_of
from contacts.card.photos import photo_of
from contacts.values import Line, fields, items, name_fields, param, text
from project.accounts.pictures import problem_of

if TYPE_CHECKING:
    from contacts.card.reading import Reading

_ANNIVERSARIES = frozenset(
    {
        "ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY",
        "X-MS-ANNIVERSARY", "X-WAB-WEDDING_ANNIVERSARY", "X-WAB-WEDDING-ANNIVERSARY",
    }
)  # fmt: skip
_KINDS = {"group": "group", "org": "organization", "organization": "organization"}
_ANDROID = "vnd.android.cursor.item/"
# ContactsContract.CommonDataKinds.Relation, TYPE_ASSISTANT and so on.
_ANDROID_RELATIONS = {
    "1": "Assistant", "2": "Brother", "3": "Child", "4": "Domestic partner", "5": "Father", "6": "Friend",
    "7": "Manager", "8": "Mother", "9": "Parent", "10": "Partner", "11": "Referred by", "12": "Relative",
    "13": "Sister", "14": "Spouse",
}  # fmt: skip


def read_property(reading: "Reading", line: Line, at: int) -> None:
    """Read a line that has a value. at: its place in the card."""
    reader = _READERS.get(line.name) or (_read_handle if is_handle_line(line.name) else None)
    if reader:
        reader(reading, line, at)
    else:
        reading.detail(line, at)


def _read_handle(reading: "Reading", line: Line, at: int) -> None:
    reach = reach_of(line, reading.version)
    if reach is None:
        return
    label = reading.label(line, reach.service, reach.word)
    preferred = reading.is_preferred(line)
    handle = handle_of(line, reach, label, preferred=preferred, region=reading.region)
    if handle:
        reading.add_handle(handle, at)
    else:
        reading.detail(line, at)


def _read_formatted(reading: "Reading", line: Line, at: int) -> None:
    if not reading.formatted and (value := text(line, reading.version)):
        reading.formatted.append((value, at))
    else:
        reading.detail(line, at)


def _read_name(reading: "Reading", line: Line, at: int) -> None:
    if reading.name:
        reading.detail(line, at)
        return
    parts = name_fields(line, reading.version)
    family, given, additional, prefix, suffix, *more = [*parts, "", "", "", "", ""]
    if any(parts):
        reading.name.append((Name(prefix, given, additional, family, suffix), at))
    for part in filter(None, more):
        # Components of RFC 9554, or a semicolon too many.
        reading.details.append((Detail("Name", part), at))


def _read_nickname(reading: "Reading", line: Line, at: int) -> None:
    reading.nicknames += [(value, at) for value in items(line, reading.version)]


def _read_date(reading: "Reading", line: Line, at: int) -> None:
    days = reading.birthday if line.name == "BDAY" else reading.anniversary
    day = parse_date(text(line, reading.version), param(line, "X-APPLE-OMIT-YEAR"))
    if day and not days:
        days.append((day, at))
    elif day and day == days[0][0]:
        reading.repeat(days[0][1], at)
    else:
        words = "Birthday" if line.name == "BDAY" else "Anniversary"
        reading.details.append((Detail(words, text(line, reading.version)), at))


def _read_apple_date(reading: "Reading", line: Line, at: int) -> None:
    if reading.label(line).lower() == "anniversary":
        _read_date(reading, line, at)
    else:
        day = parse_date(text(line, reading.version), param(line, "X-APPLE-OMIT-YEAR"))
        reading.detail(line, at, str(day) if day else None)


def _read_note(reading: "Reading", line: Line, at: int) -> None:
    if value := text(line, reading.version):
        reading.notes.append((value, at))


def _read_address(reading: "Reading", line: Line, at: int) -> None:
    parts = [*fields(line, reading.version), "", "", "", "", "", ""]
    if any(parts[:7]):
        po_box, extended, street, locality, region, postal_code, country = parts[:7]
        places = po_box, extended, street, locality, region, postal_code, country
        reading.addresses.append((CardAddress(reading.label(line), *places, reading.is_preferred(line)), at))
    for part in filter(None, parts[7:]):
        reading.details.append((Detail("Address", part), at))
    if label := param(line, "LABEL"):
        reading.details.append((Detail("Address label", label.replace("\\n", "\n").replace("\\,", ",")), at))


def _read_work(reading: "Reading", line: Line, at: int) -> None:
    reading.add_work(line, at)


def _read_categories(reading: "Reading", line: Line, at: int) -> None:
    reading.categories += [(value, at) for value in items(line, reading.version)]


def _read_kind(reading: "Reading", line: Line, at: int) -> None:
    value = text(line, reading.version).lower()
    if line.name == "X-ABSHOWAS":
        value = "org" if value == "company" else value
    if value in _KINDS:
        # A group is a group, whatever else the card says.
        reading.kind = "group" if reading.kind == "group" else _KINDS[value]
    elif value not in {"individual", "person"}:
        reading.detail(line, at)


def _read_member(reading: "Reading", line: Line, at: int) -> None:
    if value := _without_urn(text(line, reading.version)):
        reading.members.append((value, at))


def _read_uid(reading: "Reading", line: Line, at: int) -> None:
    if reading.uid:
        reading.detail(line, at)
    elif value := _without_urn(text(line, reading.version)):
        reading.uid.append((value, at))


def _read_photo(reading: "Reading", line: Line, at: int) -> None:
    photo, problem = photo_of(line, reading.version)
    if problem:
        reading.unreadable.append(Detail(line.name, problem))
    elif photo and not reading.photo:
        reading.photo.append((photo, at))
        if photo.data and (why := problem_of(photo.data)):
            reading.unreadable.append(Detail(line.name, f"the picture cannot be shown: {why}"))
    elif photo or line.value.strip():
        reading.detail(line, at)


def _read_group_label(reading: "Reading", line: Line, at: int) -> None:
    others = reading.groups.get(line.group.lower(), ())
    if all(reading.card.lines[place].name == "X-ABLABEL" for place in others):
        reading.detail(line, at)


def _read_android(reading: "Reading", line: Line, at: int) -> None:
    """Read what Android writes where 2.1 has no property: nicknames, dates and relations, each with a number."""
    parts = [*fields(line, reading.version), "", "", ""]
    kind, value, number, words = parts[0].removeprefix(_ANDROID), parts[1], parts[2], parts[3]
    day = parse_date(value)
    dates = {"3": reading.birthday, "1": reading.anniversary}.get(number)
    if kind == "nickname" and value:
        reading.nicknames.append((value, at))
    elif kind == "contact_event" and day and dates is not None and not dates:
        dates.append((day, at))
    elif kind in {"contact_event", "relation"} and value:
        named = words or (_ANDROID_RELATIONS.get(number, "Related") if kind == "relation" else "Date")
        reading.details.append((Detail(named, str(day or value)), at))
    elif shown := ", ".join(part for part in parts[1:] if part):
        reading.details.append((Detail(kind.capitalize() or "Android", shown), at))


def _without_urn(value: str) -> str:
    return value[9:] if value[:9].lower() == "urn:uuid:" else value


_READERS: dict[str, Callable[["Reading", Line, int], None]] = {
    "FN": _read_formatted,
    "N": _read_name,
    "NICKNAME": _read_nickname,
    "BDAY": _read_date,
    **dict.fromkeys(_ANNIVERSARIES, _read_date),
    "X-ABDATE": _read_apple_date,
    "NOTE": _read_note,
    "ADR": _read_address,
    **dict.fromkeys(("ORG", "TITLE", "ROLE"), _read_work),
    "CATEGORIES": _read_categories,
    **dict.fromkeys(("KIND", "X-ADDRESSBOOKSERVER-KIND", "X-ABSHOWAS"), _read_kind),
    **dict.fromkeys(("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"), _read_member),
    "UID": _read_uid,
    "PHOTO": _read_photo,
    "X-ABLABEL": _read_group_label,
    "X-ANDROID-CUSTOM": _read_android,
}
