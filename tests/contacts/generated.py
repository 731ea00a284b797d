"""Contacts, cards and bytes that Hypothesis invents."""

import calendar
from collections import Counter
from dataclasses import fields
from io import BytesIO
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from contacts.card import (
    CardAddress,
    CardAffiliation,
    CardHandle,
    Contact,
    Detail,
    Name,
    PartialDate,
    Photo,
)
from project.accounts.names import is_visible

LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0\r")


def picture(kind: str, **options: Any) -> bytes:
    """Return a small picture."""
    buffer = BytesIO()
    Image.new("RGB", (3, 2), "red").save(buffer, kind, **options)
    return buffer.getvalue()


PICTURES = [picture("PNG"), picture("JPEG", quality=10), picture("GIF"), picture("WEBP")]


def texts(exclude: str = "", max_size: int = 30) -> st.SearchStrategy[str]:
    """Texts as a card can hold them: not empty, without white space around them."""
    letters = st.characters(exclude_categories=("Cs",), exclude_characters="\0\r" + exclude)
    favourites = st.sampled_from([letter for letter in "a Ä;,:\\\n\"'=é𝛼" if letter not in exclude])
    return st.text(favourites | letters, max_size=max_size).map(str.strip).filter(bool)


def labels(exclude: str = "") -> st.SearchStrategy[str]:
    known = ["", "", "home", "work", "cell", "work fax", "pager", "PROFILE", "homeFax", "_$!<HomePage>!$_"]
    return st.sampled_from(known) | texts(exclude, 12)


@st.composite
def dates(draw: st.DrawFn) -> PartialDate:
    year = draw(st.none() | st.integers(1605, 9999))
    month = draw(st.integers(1, 12))
    last = calendar.monthrange(2000 if year is None else year, month)[1]
    return PartialDate(year, month, draw(st.integers(1, last)))


ACCOUNTS = st.from_regex(r"[a-z][a-z0-9_.-]{0,12}[a-z0-9]", fullmatch=True)
VALUES = {
    "email": ACCOUNTS.map(lambda name: f"{name}@example.org"),
    "phone": st.integers(10**6, 10**8).map(lambda number: f"+49 30 {number}"),
    "website": ACCOUNTS.map(lambda name: f"https://example.org/{name}?a=1,2;3"),
    "xmpp": ACCOUNTS.map(lambda name: f"{name}@jabber.example"),
    "matrix": ACCOUNTS.map(lambda name: f"@{name}:example.org"),
    **dict.fromkeys(("skype", "x", "instagram", "mastodon", "other", "google_talk", "icq", "threema"), ACCOUNTS),
}


def handles(exclude: str = "") -> st.SearchStrategy[CardHandle]:
    return st.sampled_from(sorted(VALUES)).flatmap(
        lambda platform: st.builds(
            CardHandle, st.just(platform), VALUES[platform], st.just(""), labels(exclude), st.booleans(), st.just("")
        )
    )


def contacts(exclude: str = "") -> st.SearchStrategy[Contact]:
    """Contacts that name somebody; exclude: characters that their texts do not have."""
    text, part = texts(exclude), st.just("") | texts(exclude)
    address = st.builds(CardAddress, labels(exclude), *[part] * 7, preferred=st.booleans())
    affiliation = st.builds(CardAffiliation, part, part, part, part)
    return st.builds(
        Contact,
        kind=st.sampled_from(["person", "organization", "group"]),
        uid=st.uuids().map(str) | st.from_regex(r"[a-zA-Z0-9-]{1,20}", fullmatch=True),
        display_name=text.filter(lambda name: any(map(is_visible, name))),
        name=st.builds(Name, part, part, part, part, part),
        nickname=st.lists(texts(exclude + ","), max_size=3).map(", ".join),
        birthday=st.none() | dates(),
        anniversary=st.none() | dates(),
        notes=st.just("") | texts(exclude, 200),
        handles=st.lists(handles(exclude), max_size=4, unique_by=lambda handle: handle.as_said).map(tuple),
        addresses=st.lists(address.filter(lambda found: any(found[1:8])), max_size=2).map(tuple),
        affiliations=st.lists(affiliation.filter(any), max_size=3).map(tuple),
        categories=st.lists(text, max_size=3, unique=True).map(tuple),
        members=st.lists(st.uuids().map(str) | st.just("mailto:a@example.org"), max_size=2, unique=True).map(tuple),
        photo=st.none()
        | st.sampled_from(PICTURES).map(lambda data: Photo(data))
        | st.just(Photo(uri="https://example.org/a,b;c.jpg")),
        details=st.lists(st.builds(Detail, st.sampled_from(["Spouse", "Mother"]) | text, text), max_size=3).map(tuple),
    )


def said(contact: Contact, *, ordered: bool = False) -> dict[str, Any]:
    """Return what a contact says, to compare: without what is derived, and without the order of its lists."""
    found = {field.name: getattr(contact, field.name) for field in fields(contact)}
    found["handles"] = tuple((*handle[:2], *handle[3:5]) for handle in contact.handles)
    if not ordered:
        for name in ("handles", "addresses", "affiliations", "categories", "members", "details"):
            found[name] = Counter(found[name])
    return found


PIECES = [
    b"BEGIN:VCARD", b"END:VCARD", b"begin:vcard ", b"VERSION:2.1", b"VERSION:3.0", b"VERSION:4.0", b"\r\n", b"\n",
    b"\r\n", b"\r", b"\r\r\n", b" ", b"\t", b"\r\n ", b"=", b"=\r\n", b"=C3=", b"FN:", b"N:", b"AGENT:", b":", b";",
    b",", b'"', b"\\", b"item1.", b"a.b.", b"TEL;TYPE=home:", b"TEL;CELL:", b"X-ABLabel:", b"EMAIL:a@example.org",
    b"NOTE;ENCODING=QUOTED-PRINTABLE:", b";CHARSET=windows-1253", b"PHOTO;ENCODING=b:", b"PHOTO;BASE64:", b"QUJD",
    b"ADR;LABEL=", b"BDAY:1604-05-04", b"CATEGORIES:a,b", b"NICKNAME:x", b"ORG:a;b", b"TITLE:t", b"\xef\xbb\xbf",
    b"\xff", b"\xc3", b"\xbc", b"\x00", b"\xed\xa0\x80", b"data:image/png;base64,QUJD", b"URL:https://x.com/anna",
    b"X-messaging/aim-All:", b"IMPP:xmpp:", b"KIND:group", b"MEMBER:urn:uuid:", b"X-ABShowAs:COMPANY", b"PREF=",
]  # fmt: skip
# Bytes that look like a file of cards, more or less.
FILES = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=60).map(b"".join)
FILES |= st.binary(max_size=60)
FILES |= st.tuples(st.sampled_from([b"\xff\xfe", b"\xfe\xff"]), FILES).map(b"".join)
# The same as whole lines between BEGIN and END.
CARDS = st.tuples(
    st.sampled_from([b"\r\n", b"\n", b"\r"]), st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map(b"".join))
).map(lambda made: made[0].join([b"BEGIN:VCARD", *made[1], b"END:VCARD", b""]))
