"""What changed in a book of a CardDAV server: by token (RFC 6578), by ctag, by etags.

Tokens and ctags are hints. A token is only ever taken from the answer to the REPORT itself, and one that the server
does not know any more leads to a listing of the whole book. Nothing but a whole multistatus is a listing: whatever
else comes back raises, and never reads as an empty book.
"""

import re
from collections.abc import Iterator

from contacts.dav import Dav, Reply
from contacts.directories.base import Book, Changes, Entry
from contacts.exceptions import BookGone, DirectoryDenied, DirectoryUnreachable, ListingIncomplete
from contacts.hrefs import canonical_href, host_of, path_of
from contacts.multistatus import Multistatus, Response
from contacts.salvage import BrokenAnswer

# What servers say to a token that they have forgotten; RFC 6578 wants 403, and names the reason in the body.
FORGOTTEN = frozenset({400, 403, 404, 409, 410, 412, 500, 507})
# What they say where they know no sync-collection, or not for the whole of a book.
NO_SYNC = frozenset({400, 403, 404, 405, 409, 412, 415, 422, 500, 501, 507})
# How a token of our own begins, for servers that have none: the ctag follows. No server's own holds a space.
CTAG = "ctag "
VCARD_TYPES = frozenset({"text/vcard", "text/x-vcard", "text/directory", "text/plain", "application/octet-stream"})
_COUNTED = re.compile(r"(.*?)(\d{1,18})\Z", re.DOTALL)


class _TokenForgotten(Exception):
    """The server does not know this token any more."""


class _NoSync(Exception):
    """The server has no sync-collection for this book."""


class _Page:
    """One answer to a listing: its entries by the key of their place, each once."""

    def __init__(self, listed: Multistatus, book_url: str) -> None:
        self.changed: dict[str, Entry] = {}
        self.removed: dict[str, str] = {}
        self.has_more = self.has_own = False
        self.own_status: int | None = None
        self._own = canonical_href(book_url)
        self._base = book_url
        strangers = sum(not self._take(response) for response in listed)
        if strangers and not self.changed and not self.removed:
            raise ListingIncomplete(f"{host_of(book_url)} lists contacts that do not belong to this book.")
        self.token = listed.sync_token

    def _take(self, response: Response) -> bool:
        """Note one resource; return whether it is of this book."""
        key = canonical_href(response.href, self._base)
        if key == self._own:
            self.has_own, self.own_status = True, response.status
            self.has_more = self.has_more or response.status == 507
            return True
        below = self._own.rstrip("/") + "/"
        if not key.startswith(below):
            return False
        if "/" in key[len(below) :] or _is_other(response):
            return True
        path = path_of(response.href, self._base)
        if response.status in {404, 410}:
            # A place that was emptied and filled again is filled, in whatever order it is told.
            if key not in self.changed:
                self.removed[key] = path
        else:
            self.removed.pop(key, None)
            self.changed[key] = Entry(path, response.text("getetag"))
        return True


def _is_other(response: Response) -> bool:
    """Whether a member of a book is no card, but a collection or somebody's calendar."""
    if response.href.endswith("/"):
        return True
    if "resourcetype" in response.found and response.found["resourcetype"].has("collection"):
        return True
    kind = response.text("getcontenttype").partition(";")[0].strip().lower()
    return bool(kind) and kind not in VCARD_TYPES and not response.href.lower().endswith(".vcf")


def changes(dav: Dav, book: Book, token: str, *, full: bool) -> Iterator[Changes]:
    """Yield what changed in a book, as DirectoryBackend.changes."""
    if token.startswith(CTAG) and not full:
        yield _compared(dav, book.href, known=token)
        return
    if book.properties.get("has_sync", True):
        try:
            yield from _since(dav, book.href, "" if full else token)
            return
        except _TokenForgotten:
            try:
                yield from _since(dav, book.href, "")
                return
            except _NoSync:
                pass
        except _NoSync:
            pass
    yield _compared(dav, book.href)


def _since(dav: Dav, url: str, token: str) -> Iterator[Changes]:
    """Yield the pages of a sync-collection REPORT. Raises _TokenForgotten and _NoSync before the first of them."""
    is_delta = bool(token)
    asked: set[str] = set()
    while True:
        asked.add(token)
        page = _page_since(dav, url, token, is_first=len(asked) == 1)
        if not page.has_more:
            break
        if not page.token or page.token in asked:
            raise ListingIncomplete(f"The list from {host_of(url)} does not come to an end.")
        yield Changes(tuple(page.changed.values()), tuple(page.removed.values()), token=page.token, has_more=True)
        token = page.token
    is_unchanged = is_delta and len(asked) == 1 and not page.changed and not page.removed
    yield Changes(
        tuple(page.changed.values()),
        tuple(page.removed.values()),
        token=page.token,
        is_complete=not is_delta,
        is_unchanged=is_unchanged,
    )


def _page_since(dav: Dav, url: str, token: str, *, is_first: bool) -> _Page:
    reply = dav.sync_collection(url, token)
    if is_first and token and reply.status in FORGOTTEN:
        raise _TokenForgotten
    if is_first and reply.status in NO_SYNC:
        raise _NoSync
    page = _Page(_listed(reply), reply.url)
    is_refused = page.own_status is not None and page.own_status >= 400 and not page.has_more
    if not page.token or is_refused:
        if is_first:
            raise _NoSync
        raise ListingIncomplete(f"The list from {host_of(url)} does not come to an end.")
    if is_first and token and counts_backwards(token, page.token):
        raise _TokenForgotten
    return page


def counts_backwards(old: str, new: str) -> bool:
    """Whether a token counts from anew: the book was made again, and the old token means nothing (sabre/dav)."""
    before, after = _COUNTED.match(old), _COUNTED.match(new)
    return bool(before and after and before[1] == after[1] and int(after[2]) < int(before[2]))


def _compared(dav: Dav, url: str, known: str = "") -> Changes:
    """Return the listing of all etags; or nothing, if the ctag is the one in known, the token of last time."""
    ctag = ""
    if known != CTAG:
        # Before the list: what changes between the two questions is then found next time.
        reply = dav.propfind(url, "S:getctag")
        ctag = next((response.text("getctag") for response in _listed(reply)), "")
    if ctag and known == CTAG + ctag:
        return Changes(token=known, ctag=ctag, is_unchanged=True)
    reply = dav.propfind(url, "D:getetag", "D:resourcetype", "D:getcontenttype", depth="1")
    page = _Page(_listed(reply), reply.url)
    _require_book(page.own_status, url)
    if page.has_more or not (page.changed or page.has_own):
        raise ListingIncomplete(f"{host_of(url)} sent only a part of its list.")
    return Changes(tuple(page.changed.values()), token=CTAG + ctag, ctag=ctag, is_complete=True)


def _listed(reply: Reply) -> Multistatus:
    """Return a list to be read, or raise what its status means for a book."""
    _require_book(reply.status, reply.url)
    if reply.is_list:
        return reply.listed()
    what = f"something else than its list of contacts ({reply.status})"
    raise BrokenAnswer(f"{host_of(reply.url)} answered with {what}.")


def _require_book(code: int | None, url: str) -> None:
    """Raise what a status of a book means. It may also stand inside of a list, which is empty then (Xandikos)."""
    host = host_of(url)
    if code in {404, 410}:
        raise BookGone(f"{host} does not have this address book any more.")
    if code in {401, 403}:
        raise DirectoryDenied(f"{host} does not let this account read this address book.")
    if code is not None and code >= 500 and code != 507:
        raise DirectoryUnreachable(f"{host} answered with an error ({code}).")
