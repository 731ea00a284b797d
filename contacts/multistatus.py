"""The XML of WebDAV: what servers answer (207 Multi-Status, RFC 4918 section 13) and what they are asked.

Servers answer with more than the standard allows: control characters of cards, Latin-1 bytes, the namespace "DAV".
What XML forbids is carried through the parser as private characters and comes out as the very bytes the server sent.
Nothing is guessed about an answer that ends early: it raises BrokenAnswer, and never reads as a shorter one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, cast
from xml.sax.saxutils import escape

from lxml import etree

from contacts.salvage import BrokenAnswer, carried, href_of, readable, restored

PIECE_BYTES = 64 * 1024
NAMESPACES = {"D": "DAV:", "C": "urn:ietf:params:xml:ns:carddav", "S": "http://calendarserver.org/ns/"}

_STATUS = re.compile(r"\b([1-5]\d\d)\b")


class Inner(NamedTuple):
    """An element inside a property: its local name, its text and its attributes."""

    name: str
    text: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Property:
    """The value of one property. carried: its text as it came through the parser."""

    carried: str = ""
    inner: tuple[Inner, ...] = ()

    @property
    def raw(self) -> bytes:
        """The bytes that the server sent; line ends are CRLF again, which XML makes LF (RFC 6352, 10.4)."""
        text = self.carried.replace("\r\n", "\n").replace("\n", "\r\n")
        return restored(text)

    @property
    def text(self) -> str:
        """The value for people and for comparing: without what XML forbids."""
        return readable(self.carried).strip()

    @property
    def hrefs(self) -> tuple[str, ...]:
        return tuple(href_of(each.text) for each in self.inner if each.name == "href" and each.text.strip())

    def has(self, name: str) -> bool:
        """Whether an element of this local name stands inside."""
        return any(each.name == name for each in self.inner)


@dataclass(frozen=True, slots=True)
class Response:
    """What was said of one resource. status: of the resource itself, None where only its properties have one.

    found: the properties that it has, by local name. href: in the server's own spelling.
    """

    href: str
    status: int | None = None
    found: dict[str, Property] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.found[name].text if name in self.found else ""


class Multistatus:
    """An answer, read piece by piece; iterate over it once.

    sync_token is there afterwards. Raises BrokenAnswer for anything but a whole multistatus, and for a document that
    declares types: entities have no business here.
    """

    def __init__(self, body: bytes) -> None:
        self.sync_token = ""
        self._body = carried(body)

    def __iter__(self) -> Iterator[Response]:
        parser = etree.XMLPullParser(
            events=("end",),
            tag=("{*}response", "{*}sync-token"),
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for start in range(0, len(self._body), PIECE_BYTES):
                parser.feed(self._body[start : start + PIECE_BYTES])
                yield from self._read(parser)
            root = parser.close()
        except etree.XMLSyntaxError:
            raise BrokenAnswer("The server's answer is damaged, or ends before it is complete.") from None
        yield from self._read(parser)
        if _local(root) != "multistatus":
            raise BrokenAnswer("The server answered with something else than a list.")

    def _read(self, parser: etree.XMLPullParser) -> Iterator[Response]:
        for _, element in cast(Iterator[tuple[str, etree._Element]], parser.read_events()):
            root = element.getparent()
            if root is None or root.getparent() is not None:
                continue  # a property may be called like that too
            if _local(element) == "sync-token":
                self.sync_token = readable(element.text or "").strip()
            else:
                yield from _responses(element)
            # What has been read is let go, so that a long list takes no more memory than a short one.
            element.clear()
            while element.getprevious() is not None:
                del root[0]


def _responses(element: etree._Element) -> Iterator[Response]:
    """Yield one response for each href of a response element; several may share one status."""
    hrefs, status, found = [], None, {}
    for child in element:
        name = _local(child)
        if name == "href":
            hrefs.append(href_of(child.text or ""))
        elif name == "status":
            status = _status(child)
        elif name == "propstat" and _is_found(child):
            for prop in child.iterchildren("{*}prop"):
                found.update({_local(value): _property(value) for value in prop})
    for href in hrefs:
        yield Response(href, status, found)


def _is_found(propstat: etree._Element) -> bool:
    status = next((_status(child) for child in propstat.iterchildren("{*}status")), None)
    return status is None or 200 <= status < 300


def _property(element: etree._Element) -> Property:
    inner = (Inner(_local(each), each.text or "", _attributes(each)) for each in element.iterdescendants())
    return Property(element.text or "", tuple(inner) if len(element) else ())


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _status(element: etree._Element) -> int | None:
    found = _STATUS.search((element.text or "").partition(" ")[2] or element.text or "")
    return int(found[1]) if found else None


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


# --- What is asked -----------------------------------------------------------------------------------------------


def propfind(*names: str) -> bytes:
    """Return the body of a PROPFIND. names: with a prefix of NAMESPACES, such as "D:getetag"."""
    return _document("D:propfind", f"<D:prop>{_elements(names)}</D:prop>")


def sync_collection(token: str) -> bytes:
    """Return the body of a sync-collection REPORT (RFC 6578, 3.2).

    It never sets a limit: servers that cut the answer there still give the token of the whole.
    """
    token, wanted = f"<D:sync-token>{escape(token)}</D:sync-token>", "<D:prop><D:getetag/></D:prop>"
    return _document("D:sync-collection", f"{token}<D:sync-level>1</D:sync-level>{wanted}")


def multiget(hrefs: Iterable[str], version: str) -> bytes:
    """Return the body of an addressbook-multiget REPORT (RFC 6352, 8.7). version: of the cards, "" for any."""
    data = f'<C:address-data content-type="text/vcard" version="{version}"/>' if version else "<C:address-data/>"
    wanted = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
    return _document("C:addressbook-multiget", f"<D:prop><D:getetag/>{data}</D:prop>{wanted}")


def _elements(names: Iterable[str]) -> str:
    return "".join(f"<{name}/>" for name in names)


def _document(root: str, content: str) -> bytes:
    prefixes = {"D", *re.findall(r"<([A-Z]):", f"<{root}>{content}")}
    declared = "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in sorted(prefixes))
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{root}{declared}>{content}</{root}>'.encode()
