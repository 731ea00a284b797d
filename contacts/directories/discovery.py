"""From what a person typed to the address books of an account (RFC 6764, RFC 6352 section 7.1, RFC 5397).

A host name or an e-mail address is asked of DNS (SRV, TXT), then of /.well-known/carddav, then of the root; a URL is
tried as it is first. There the account's principal is asked for, of it the home, or several, and in each home
the books. A URL that is a book is the one book that is meant.

DNS is not signed, so a host that SRV names gets the password only if it belongs to the site that was typed
(RFC 6764, section 8); otherwise the person is told its address, and may enter it.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from contacts.dav import Dav, NoAnswer, OtherSite, Reply
from contacts.directories.base import Book
from contacts.exceptions import DirectoryDenied, DirectoryError, DirectoryUnreachable, NotADirectory
from contacts.hrefs import absolute, ascii_host, canonical_href, host_of, is_same_site, origin_of
from contacts.multistatus import Response
from contacts.salvage import BrokenAnswer
from contacts.srv import ask_path, ask_srv

WELL_KNOWN = "/.well-known/carddav"
ABOUT_BOOK = (
    "D:resourcetype",
    "D:displayname",
    "S:getctag",
    "C:addressbook-description",
    "C:supported-address-data",
    "D:supported-report-set",
)
ABOUT_ACCOUNT = ("D:current-user-principal", "C:addressbook-home-set")
_SCHEMES = {"http": "http", "https": "https", "carddav": "http", "carddavs": "https"}


class Typed(NamedTuple):
    """What a person typed. url: where to begin; is_bare: without a scheme; domain: to be asked of DNS, or ""."""

    url: str
    is_bare: bool
    domain: str = ""


def understood(typed: str) -> Typed:
    """Return what a host name, an e-mail address or a URL means. Raises NotADirectory for anything else."""
    scheme, mark, rest = typed.strip().partition("://")
    if not mark:
        scheme, rest = "https", scheme.removeprefix("mailto:")
        if "/" not in rest:
            rest = rest.rpartition("@")[2]
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        raise NotADirectory("Enter the user name and the password in their own fields, not in the address.")
    try:
        scheme = _SCHEMES[scheme.lower()]
        parts = urlsplit(f"{scheme}://{authority}")
        port = parts.port
        host = ascii_host(parts.hostname or "")
        url = origin_of(f"{scheme}://{authority}")
    except (KeyError, ValueError):
        raise NotADirectory("Enter the name of a server, an e-mail address, or an address such as https://…") from None
    has_domain = not mark and not path and port is None and "." in host and not _is_address(host)
    return Typed(url + slash + path, not mark, host if has_domain else "")


def find_books(dav: Dav, typed: str) -> list[Book]:
    """Return the address books of an account; none where it has a home without any.

    Raises NotADirectory, DirectoryDenied, DirectoryUnreachable, with what the person can do about it.
    """
    return _Search(dav, understood(typed)).books()


class _Search:
    """One search; it remembers why places were no use, to tell the best reason in the end."""

    def __init__(self, dav: Dav, typed: Typed) -> None:
        self.dav, self.typed = dav, typed
        self.reasons: list[DirectoryError] = []
        self.silent: set[str] = set()

    def books(self) -> list[Book]:
        for url in self._places():
            if origin_of(url) in self.silent:
                continue
            try:
                found = self._books_from(url)
            except NoAnswer as reason:
                self.silent.add(origin_of(url))
                self.reasons.append(reason)
            except (NotADirectory, BrokenAnswer, _Refused) as reason:
                self.reasons.append(reason)
            else:
                if found is not None:
                    return found
        raise self._best_reason()

    def _best_reason(self) -> DirectoryError:
        """Return the reason that helps most: another address to enter, a right that is missing, silence."""
        for kind in (OtherSite, _Refused, NoAnswer):
            found = next((reason for reason in self.reasons if isinstance(reason, kind)), None)
            if isinstance(found, NoAnswer) and self.typed.is_bare and self._answers_plainly():
                return NoAnswer(f"{found} It does answer without encryption: enter {self._plain()} if that is meant.")
            if found is not None:
                return found.reason if isinstance(found, _Refused) else found
        return NotADirectory(f"{host_of(self.typed.url)} keeps no address books at this address.")

    def _plain(self) -> str:
        return self.typed.url.replace("https:", "http:", 1)

    def _answers_plainly(self) -> bool:
        """Whether a server answers without encryption. It is not trusted, and hears no password."""
        try:
            self.dav.propfind(self._plain(), "D:resourcetype")
        except NoAnswer:
            return False
        except DirectoryError:
            pass
        return True

    def _places(self) -> Iterator[str]:
        """Yield where to ask, in the order of hope."""
        url, domain = self.typed.url, self.typed.domain
        if urlsplit(url).path.strip("/"):
            yield self._trusted(url)
        if domain:
            yield from self._named_by_dns(domain)
        yield self._trusted(origin_of(url) + WELL_KNOWN)
        yield self._trusted(origin_of(url) + "/")
        if urlsplit(url).scheme == "https" and _is_loopback(host_of(url)):
            # What does not leave the machine needs no encryption.
            self.reasons.clear()
            yield self._trusted(self._plain() if urlsplit(url).path.strip("/") else self._plain() + WELL_KNOWN)
            yield self._trusted(origin_of(self._plain()) + "/")

    def _trusted(self, url: str) -> str:
        self.dav.trust(url)
        return url

    def _named_by_dns(self, domain: str) -> Iterator[str]:
        for host, port in ask_srv(domain):
            authority = host if port == 443 else f"{host}:{port}"
            if is_same_site(host, domain):
                yield self._trusted(f"https://{authority}{ask_path(domain) or WELL_KNOWN}")
            else:
                self.reasons.append(OtherSite(
                    f"{domain} sends on to https://{authority}, which may belong to somebody else. "
                    "If you trust it, enter that address."
                ))  # fmt: skip

    # --- What a place tells ------------------------------------------------------------------------------------

    def _books_from(self, url: str) -> list[Book] | None:
        """Return the books that can be reached from a URL, None if it leads nowhere. Raises DirectoryError."""
        reply, here = self._about(url, *ABOUT_ACCOUNT, *ABOUT_BOOK)
        if _is_book(here) and url == self.typed.url:
            return [self._book(here, reply)]
        homes = self._homes(here, reply)
        for principal in () if homes else _hrefs(here, "current-user-principal"):
            reply, here = self._about(self.dav.follow(principal, reply.url), "C:addressbook-home-set")
            homes = self._homes(here, reply)
        if homes:
            return self._books_in(homes)
        # Old servers have no principals; then the books may be right here.
        return self._books_in([reply.url]) or None

    def _about(self, url: str, *names: str) -> tuple[Reply, Response]:
        """Return what a place says of itself. Raises _Refused, BrokenAnswer, NotADirectory."""
        while True:
            reply = self._listed(url, *names)
            found = list(reply.responses())
            own = canonical_href(reply.url)
            here = next((each for each in found if canonical_href(each.href, reply.url) == own), None)
            here = here or next(iter(found), Response(reply.url))
            is_stranger = "current-user-principal" in here.found and here.found["current-user-principal"].has(
                "unauthenticated"
            )
            if not is_stranger:
                return reply, here
            if not self.dav.insist():
                raise _Refused(DirectoryDenied(self.dav.denial(url)))

    def _listed(self, url: str, *names: str, depth: str = "0") -> Reply:
        reply = self.dav.propfind(url, *names, depth=depth)
        if reply.status == 403:
            raise _Refused(DirectoryDenied(f"{host_of(url)} does not let this account read its address books."))
        if reply.status >= 500 and reply.status != 501:
            raise _Refused(DirectoryUnreachable(f"{host_of(url)} answered with an error ({reply.status})."))
        return reply

    def _homes(self, here: Response, reply: Reply) -> list[str]:
        return [self.dav.follow(href, reply.url) for href in _hrefs(here, "addressbook-home-set")]

    def _books_in(self, homes: list[str]) -> list[Book]:
        found: dict[tuple[str, str], Book] = {}
        for home in homes:
            reply = self._listed(home, *ABOUT_BOOK, depth="1")
            for each in reply.responses():
                if _is_book(each):
                    book = self._book(each, reply)
                    found.setdefault((origin_of(book.href), canonical_href(book.href)), book)
        return list(found.values())

    def _book(self, response: Response, reply: Reply) -> Book:
        href = absolute(response.href, reply.url)
        self.dav.follow(href, reply.url)
        return Book(
            href=href,
            name=response.text("displayname") or unquote(urlsplit(href).path.rstrip("/").rpartition("/")[2]),
            ctag=response.text("getctag"),
            description=response.text("addressbook-description"),
            properties=_properties(response) | ({"scheme": self.dav.scheme} if self.dav.scheme else {}),
        )


class _Refused(DirectoryError):
    """A place that cannot be asked, though another one may be; reason: what to say if none can."""

    def __init__(self, reason: DirectoryError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _is_book(response: Response) -> bool:
    return "resourcetype" in response.found and response.found["resourcetype"].has("addressbook")


def _hrefs(response: Response, name: str) -> tuple[str, ...]:
    return response.found[name].hrefs if name in response.found else ()


def _properties(response: Response) -> dict[str, object]:
    """Return what a sync has to know of a book, so that it need not ask again.

    version: of the cards to ask for, "4.0" where it is offered, because some servers lose photos on the way to 3.0;
    has_sync: False where the server says that it has no sync-collection.
    """
    known: dict[str, object] = {}
    if "supported-address-data" in response.found:
        types = [each.attributes for each in response.found["supported-address-data"].inner if each.attributes]
        offered = {each.get("version", "") for each in types if each.get("content-type", "").lower() == "text/vcard"}
        known["version"] = "4.0" if "4.0" in offered else "3.0"
    if "supported-report-set" in response.found and response.found["supported-report-set"].inner:
        known["has_sync"] = response.found["supported-report-set"].has("sync-collection")
    return known


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
