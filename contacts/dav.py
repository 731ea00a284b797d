"""Asking WebDAV servers, as one account: PROPFIND, REPORT and GET (RFC 4918, RFC 3253, RFC 6352).

What stands in the way of every request is told here, in sentences: no answer, a wrong password, a server that has
enough. Any other status is for the caller, who knows what was asked. Status codes come first: what servers write
into the body of an error is often wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin

from contacts.exceptions import DirectoryDenied, DirectoryUnreachable, NotADirectory
from contacts.hrefs import absolute, canonical_href, host_of, is_downgrade, may_know, origin_of, path_of
from contacts.multistatus import Multistatus, Response, multiget, propfind, sync_collection
from contacts.salvage import BrokenAnswer
from project.outgoing import Answer, Basic, Bearer, Digest, Outgoing, OutgoingError, Refused, TooLarge

__all__ = ["BrokenAnswer", "Dav", "NoAnswer", "OtherSite", "Reply", "canonical_href", "path_of"]

HOPS_MAX = 5
PICTURE_MAX_BYTES = 5 * 1024 * 1024
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
BUSY: Final = frozenset({429, 503})
RETRY_AFTER_MAX_S = 24 * 3600
XML = {"Content-Type": "application/xml; charset=utf-8", "Accept": "application/xml, text/xml"}


class NoAnswer(DirectoryUnreachable):
    """A request that got no answer, as opposed to a server that asks to be left alone."""


class OtherSite(NotADirectory):
    """A server names another one, which is not known to belong to it."""


@dataclass(frozen=True)
class Reply:
    """What a server said. url: where it said so, after redirects; is_list: whether it is a multistatus."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_list(self) -> bool:
        return self.status == 207

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_missing(self) -> bool:
        return self.status in {404, 410}

    def listed(self) -> Multistatus:
        """Return the list to be read; raises BrokenAnswer, now or while it is read."""
        if not self.is_list:
            what = "a web page instead of its address book" if self.is_success else f"an error ({self.status})"
            raise BrokenAnswer(f"{host_of(self.url)} answered with {what}.")
        return Multistatus(self.body)

    def responses(self) -> Iterator[Response]:
        return iter(self.listed())


class Dav:
    """The servers of one account: mostly one, sometimes several of one site.

    credential: username and password, or token, or nothing. scheme: how the account proves itself ("basic",
    "digest", "bearer"), as found out earlier; "" finds out. Credentials go only where trust() was said of.
    """

    def __init__(self, credential: Mapping[str, str], scheme: str = "") -> None:
        self._credential = credential
        self._outgoings: dict[str, Outgoing] = {}
        self._trusted: set[str] = set()
        self._closed = [0, 0]  # requests and bytes of connections that are closed already
        self.scheme = "bearer" if credential.get("token") else scheme
        self.has_credential = bool(credential.get("token") or credential.get("username"))

    @property
    def requests(self) -> int:
        return self._closed[0] + sum(each.requests for each in self._outgoings.values())

    @property
    def bytes_received(self) -> int:
        return self._closed[1] + sum(each.bytes_received for each in self._outgoings.values())

    def close(self) -> None:
        for each in self._outgoings.values():
            self._closed[0] += each.requests
            self._closed[1] += each.bytes_received
            each.close()
        self._outgoings.clear()

    def trust(self, url: str) -> None:
        """Let the credentials go to the origin of a URL that the person typed, or that discovery has found."""
        self._trusted.add(origin_of(url))

    def follow(self, href: str, base: str) -> str:
        """Return the URL of what a server has named; where the server is trusted, so is that. Raises OtherSite."""
        try:
            url = absolute(href, base)
            is_known = may_know(base, url) or (not self.has_credential and not is_downgrade(base, url))
        except ValueError:
            raise NotADirectory(f"{host_of(base)} names an address that is none.") from None
        if not is_known:
            raise OtherSite(
                f"{host_of(base)} sends on to {origin_of(url)}, which may belong to somebody else. "
                "If you trust it, enter that address."
            )
        if origin_of(base) in self._trusted:
            self.trust(url)
        return url

    # --- Requests ----------------------------------------------------------------------------------------------

    def propfind(self, url: str, *names: str, depth: str = "0") -> Reply:
        """Ask for properties of a resource, and with depth "1" of its members."""
        return self.ask("PROPFIND", url, {**XML, "Depth": depth}, propfind(*names))

    def sync_collection(self, url: str, token: str) -> Reply:
        """Ask what changed in a collection since a token, or, with "", for all of it (RFC 6578)."""
        return self.ask("REPORT", url, {**XML, "Depth": "0"}, sync_collection(token))

    def multiget(self, url: str, hrefs: list[str], version: str) -> Reply:
        """Ask for several cards of a book at once, by paths (RFC 6352, 8.7)."""
        return self.ask("REPORT", url, {**XML, "Depth": "0"}, multiget(hrefs, version))

    def get(self, url: str, version: str = "") -> Reply:
        best = f"text/vcard;version={version}, " if version else ""
        return self.ask("GET", url, {"Accept": f"{best}text/vcard;q=0.9, */*;q=0.1"})

    def picture(self, uri: str, near: str) -> bytes | None:
        """Return a picture that stands at the origin of near, or None. Raises NoAnswer.

        Nowhere else is asked, and no redirect followed: where pictures are would tell others who reads which card.
        """
        try:
            if origin_of(uri) != origin_of(near):
                return None
            wanted, most = {"Accept": "image/*"}, PICTURE_MAX_BYTES
            answer = self._outgoing(uri).request("GET", uri, headers=wanted, follow=0, max_bytes=most)
        except (ValueError, TooLarge, Refused):
            return None
        except OutgoingError as error:
            raise NoAnswer(str(error)) from None
        return answer.body if answer.status == 200 and answer.body else None

    def ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"") -> Reply:
        """Send a request, and follow where it is sent on to, with the same method.

        Raises NoAnswer, DirectoryUnreachable (busy, or not to be asked at all), DirectoryDenied (401), BrokenAnswer
        (too large), OtherSite.
        """
        for _ in range(HOPS_MAX + 1):
            answer = self._answered(method, url, headers, content)
            location = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not location:
                return self._judged(answer)
            url = self.follow(_joined(answer.url, location), url)
        raise NoAnswer(f"{host_of(url)} sends from one address to the next without end.")

    def _answered(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        while True:
            try:
                answer = self._outgoing(url).request(method, url, headers=headers, content=content, follow=0)
            except TooLarge as error:
                raise BrokenAnswer(str(error)) from None
            except Refused as error:
                raise DirectoryUnreachable(str(error)) from None
            except OutgoingError as error:
                raise NoAnswer(str(error)) from None
            if answer.status != 401 or not self._adopt(answer):
                return answer

    def _judged(self, answer: Answer) -> Reply:
        if answer.status == 401:
            raise DirectoryDenied(self.denial(answer.url))
        if answer.status in BUSY:
            retry_after_s = _retry_after_s(answer.headers.get("retry-after", ""))
            raise DirectoryUnreachable(f"{host_of(answer.url)} is busy and asks to try again later.", retry_after_s)
        return Reply(answer.status, answer.url, answer.headers, answer.body)

    def denial(self, url: str) -> str:
        """Return what to tell a person whom the server of a URL did not let in."""
        if not self.has_credential:
            return f"{host_of(url)} asks for a user name and a password."
        what = "token" if self.scheme == "bearer" else "user name and password"
        return f"{host_of(url)} did not accept this {what}."

    # --- Credentials -------------------------------------------------------------------------------------------

    def _outgoing(self, url: str) -> Outgoing:
        origin = origin_of(url)
        if origin not in self._outgoings:
            scheme = self.scheme or self._at_once(origin)
            auth = self._auth(scheme) if origin in self._trusted else None
            self._outgoings[origin] = Outgoing(auth=auth, auth_origin=origin)
        return self._outgoings[origin]

    @staticmethod
    def _at_once(origin: str) -> str:
        # Cyrus shows strangers an empty house rather than ask who they are, so the password goes along unasked.
        # Not without encryption, where the server may know a better way.
        return "basic" if origin.startswith("https:") else ""

    def _auth(self, scheme: str) -> Basic | Digest | Bearer | None:
        if not self.has_credential or not scheme:
            return None
        if scheme == "bearer":
            return Bearer(self._credential["token"])
        kind = Digest if scheme == "digest" else Basic
        return kind(self._credential["username"], self._credential.get("password", ""))

    def _adopt(self, answer: Answer) -> bool:
        """Whether the server asked for credentials in a way that was not tried yet; from now on it is."""
        origin = origin_of(answer.url)
        if self.scheme in {"digest", "bearer"} or not self.has_credential or origin not in self._trusted:
            return False
        challenges = " ".join(answer.headers.get_list("www-authenticate")).lower()
        takes_basic, takes_digest = "basic" in challenges or not challenges, "digest" in challenges
        tried = self.scheme or self._at_once(origin)
        if takes_digest and (not tried or not takes_basic):
            return self._use("digest")
        return takes_basic and not tried and self._use("basic")

    def insist(self) -> bool:
        """Send the credentials along from now on; return whether that is new."""
        return self.has_credential and not self.scheme and self._use("basic")

    def _use(self, scheme: str) -> bool:
        self.scheme = scheme
        self.close()
        return True


def _joined(base: str, location: str) -> str:
    """Return where a redirect leads (RFC 9110, 10.2.2)."""
    try:
        return urljoin(base, location)
    except ValueError:
        raise NotADirectory(f"{host_of(base)} sends on to an address that is none.") from None


def _retry_after_s(value: str) -> float | None:
    """Return how long a server asks to be left alone (RFC 9110, 10.2.3), at most a day; None if it does not say."""
    if value.strip().isdecimal():
        return min(float(value), RETRY_AFTER_MAX_S)
    try:
        left_s = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(left_s, 0.0), RETRY_AFTER_MAX_S)
