"""Words for people, for whatever stands on a card and has no field of its own."""

import re

from contacts.card.photos import photo_of
from contacts.values import Line, param, text, types

_WORDS = {
    "ADR": "Address", "AGENT": "Agent", "BIRTHPLACE": "Birthplace", "CALADRURI": "Calendar requests",
    "CALURI": "Calendar", "CLASS": "Access", "CLIENTPIDMAP": "Client", "DEATHDATE": "Died on",
    "DEATHPLACE": "Place of death", "EMAIL": "E-mail", "EXPERTISE": "Expertise", "FBURL": "Free and busy times",
    "FN": "Name", "GENDER": "Gender", "GEO": "Position", "GRAMGENDER": "Grammatical gender", "HOBBY": "Hobby",
    "IMPP": "Messenger", "INTEREST": "Interest", "KEY": "Key", "KIND": "Kind", "LABEL": "Address label",
    "LANG": "Language", "LANGUAGE": "Language of the card", "LOGO": "Logo", "MAILER": "Mail program",
    "MEMBER": "Member", "N": "Name", "NAME": "Name of the source", "ORG": "Organization",
    "ORG-DIRECTORY": "Directory of the organization", "PHOTO": "Photo", "PRODID": "Written by", "PROFILE": "Profile",
    "PRONOUNS": "Pronouns", "RELATED": "Related", "REV": "Changed at the source", "ROLE": "Role",
    "SORT-STRING": "Sorted by", "SOUND": "Sound", "SOURCE": "Source", "TEL": "Phone", "TITLE": "Title",
    "TZ": "Time zone", "UID": "Identifier", "URL": "Website", "XML": "XML",
    "X-ABADR": "Address format", "X-ABDATE": "Date", "X-ABLABEL": "Label", "X-ABRELATEDNAMES": "Related",
    "X-ABUID": "Identifier at Apple", "X-EVOLUTION-FILE-AS": "Filed as", "X-MAIDENNAME": "Maiden name",
    "X-PHONETIC-FIRST-NAME": "Phonetic first name", "X-PHONETIC-LAST-NAME": "Phonetic last name",
    "X-PHONETIC-MIDDLE-NAME": "Phonetic middle name", "X-PHONETIC-ORG": "Phonetic organization",
    "X-WAB-GENDER": "Gender",
}  # fmt: skip
_RELATION_WORDS = ("SPOUSE", "CHILD", "CHILDREN", "PARTNER", "MANAGER", "ASSISTANT", "MOTHER", "FATHER", "FRIEND")
# Relations as RFC 6350 (6.6.6) names them, in words.
_RELATIONS = {"co-worker": "Colleague", "colleague": "Colleague", "co-resident": "Housemate", "me": "Myself"}
# FullContact hides what its exports know in hexadecimal digits: "X-FC-RelatedNames:Mother".
_FULL_CONTACT = re.compile(r"X-FCENCODED-((?:[0-9A-F]{2})+)\Z")
# Lines that say something about another line of their group.
_COMPANIONS = frozenset({"X-ABADR", "X-ABLABEL"})
_GENDERS = {"M": "male", "F": "female", "O": "other", "N": "none", "U": "unknown"}
_PREFIX = re.compile(
    r"X-(?:ABPERSON-|EVOLUTION-|KADDRESSBOOK-X-|KADDRESSBOOK-|MOZILLA-|MS-OL-|MS-|WAB-|ANDROID-|EPOC-)?"
)


def words_for(name: str) -> str:
    """Return the name of a property in words: "X-PHONETIC-FIRST-NAME" is "Phonetic first name"."""
    if name in _WORDS:
        return _WORDS[name]
    if found := _FULL_CONTACT.match(name):
        return bytes.fromhex(found[1]).decode("utf-8", "replace").rpartition(":")[2] or name
    bare = _PREFIX.sub("", name, count=1) or name
    if (relation := re.sub(r"[-_/]?NAME\Z", "", bare)) in _RELATION_WORDS:
        return relation.capitalize()
    return " ".join(re.split(r"[-_/]+", bare)).strip().capitalize() or name


def label_for(line: Line, label: str, own_label: str = "") -> str:
    """Return the label of a detail. label: of its group or TYPE; own_label: of its group alone (X-ABLabel)."""
    if line.name in {"RELATED", "X-ABRELATEDNAMES"}:
        word = label or next((word for word in types(line) if word not in {"pref", "contact"}), "")
        return _RELATIONS.get(word.lower(), word[:1].upper() + word[1:]) or _WORDS["RELATED"]
    if line.name.startswith("X-") and line.name not in _COMPANIONS and own_label:
        return own_label[:1].upper() + own_label[1:] if line.name == "X-ABDATE" else own_label
    words = words_for(line.name)
    # The TYPE of a picture is its format; the format of an address needs no label beside the address.
    is_plain = line.encoding == "base64" or line.name in _COMPANIONS
    return f"{words} ({label})" if label and not is_plain else words


def value_for(line: Line, version: str) -> str:
    """Return the text of a detail; for data, how much of it there is."""
    if line.encoding == "base64" or line.value[:5].lower() == "data:":
        if line.name in {"PHOTO", "LOGO"}:
            photo, problem = photo_of(line, version)
            return f"picture, {len(photo.data):,} bytes" if photo and photo.data else problem
        return f"data, {len(line.value) * 3 // 4:,} bytes"
    value = text(line, version)
    if line.name == "GEO":
        return value.removeprefix("geo:").replace(";", ", ")
    if line.name == "X-WAB-GENDER":
        return {"1": "female", "2": "male"}.get(value, value)
    if line.name == "GENDER":
        sex, _, words = value.partition(";")
        return " ".join(filter(None, (_GENDERS.get(sex.upper(), sex), words and f"({words})" if sex else words)))
    if line.name == "RELATED" and param(line, "VALUE").lower() != "text":
        return value.removeprefix("urn:uuid:")
    return value
