"""Where resources of a WebDAV server are: spellings of one place, and places that one account may be asked at.

Servers spell the same place in several ways (%40 and @, %7E and ~, lower-case %c3) and are asked in their own way;
what tells places apart is the path in one spelling.
"""

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

import idna

_AUTHORITY = re.compile(r"(?i)([a-z][a-z0-9+.-]*):/*([^/?#]*)([^#]*)")
_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")
_PORTS = {"http": 80, "https": 443}
# Names under which countries hand out names: what stands below them belongs to different people.
# fmt: off
_SHARED_LABELS = frozenset({
    "ac", "co", "com", "edu", "gen", "go", "gob", "gov", "gv", "id", "lg", "ltd", "me", "mil", "ne", "net", "nom", "or",
    "org", "plc", "sch",
})
# fmt: on


def canonical_href(href: str, base: str = "/") -> str:
    """Return what tells a place of a server from others, whatever way it is spelled.

    href: as the server wrote it; base: the collection in whose answer it stood. Scheme and host are left away, each
    segment is decoded to bytes and encoded again, empty and dot segments and the slash at the end are removed.
    Letters that only look alike (Unicode normal forms) stay apart: to a server they are two places.
    """
    path, mark, query = path_of(href, base).partition("?")
    segments: list[str] = []
    for segment in path.split("/"):
        decoded = unquote_to_bytes(segment.encode("utf-8", "surrogatepass"))
        if decoded == b"..":
            del segments[-1:]
        elif decoded not in {b"", b"."}:
            segments.append(quote(decoded, safe=""))
    asked = quote(unquote_to_bytes(query.encode("utf-8", "surrogatepass")), safe="=&") if query else ""
    return "/" + "/".join(segments) + (mark + asked if asked else "")


def path_of(href: str, base: str) -> str:
    """Return the path, and query, of an href in the server's own spelling, as it is sent back to it.

    It is never an absolute URI, which iCloud refuses. A relative one stands below base, which is a collection.
    """
    href = href.strip()
    if found := _AUTHORITY.fullmatch(href) if "://" in href[:12] else None:
        path = found[3]
        return path if path.startswith("/") else "/" + path
    href = href.partition("#")[0]
    if href.startswith("/"):
        return href
    below = path_of(base, "/") if base != "/" else "/"
    return below.partition("?")[0].rstrip("/") + "/" + href


def absolute(href: str, base: str) -> str:
    """Return the URL of an href that stood in the answer of base, in the server's own spelling.

    Servers behind a proxy that ends TLS believe that they speak http: on their own host that is corrected.
    """
    href = href.strip()
    if not _AUTHORITY.fullmatch(href) or "://" not in href[:12]:
        return origin_of(base) + path_of(href, base)
    there, here = urlsplit(origin_of(href)), urlsplit(origin_of(base))
    if (there.scheme, here.scheme) == ("http", "https") and there.hostname == here.hostname:
        return origin_of(base) + path_of(href, base)
    return origin_of(href) + path_of(href, base)


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, such as "https://dav.example.org"; raises ValueError for what is none."""
    parts = urlsplit(url)
    scheme, port = parts.scheme.lower(), parts.port
    if scheme not in _PORTS or not parts.hostname:
        raise ValueError("no web address")
    host = ascii_host(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if port in {None, _PORTS[scheme]} else f"{scheme}://{host}:{port}"


def host_of(url: str) -> str:
    """Return the host of a URL, for sentences."""
    return urlsplit(url).hostname or url


def ascii_host(host: str) -> str:
    """Return a host as DNS knows it; raises ValueError for what cannot be one."""
    host = host.rstrip(".").lower()
    if host.isascii():
        if not _HOST.fullmatch(host):
            raise ValueError("no host")
        return host
    return idna.encode(host, uts46=True).decode()  # IDNAError is a ValueError


def may_know(url: str, other: str) -> bool:
    """Whether the password for the server of url may go to the server of other, which url itself has named.

    To the same origin; to the same host behind TLS; and, between servers behind TLS, to another host of the same
    site: iCloud's contacts.icloud.com names p42-contacts.icloud.com. Whoever names it was proven by its certificate,
    and knows the password already. Sites are told by their names alone, without a list of public suffixes.
    """
    here, there = urlsplit(origin_of(url)), urlsplit(origin_of(other))
    if (here.scheme, here.netloc) == (there.scheme, there.netloc):
        return True
    if there.scheme != "https":
        return False
    host, other_host = here.hostname or "", there.hostname or ""
    return host == other_host or (here.scheme == "https" and is_same_site(host, other_host))


def is_downgrade(url: str, other: str) -> bool:
    """Whether going from url to other gives up encryption."""
    return origin_of(url).startswith("https:") and not origin_of(other).startswith("https:")


def is_same_site(host: str, other: str) -> bool:
    """Whether two hosts belong to the same people, as far as their names tell."""
    return host == other or _site(host) == _site(other) != ""


def _site(host: str) -> str:
    """Return the name below which everything belongs to the same people; "" for addresses and single names."""
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        return ""
    is_shared = len(labels[-1]) == 2 and len(labels) > 1 and labels[-2] in _SHARED_LABELS
    size = 3 if is_shared else 2
    return ".".join(labels[-size:]) if len(labels) >= size else ""
