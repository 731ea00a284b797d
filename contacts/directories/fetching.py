"""Fetching cards of a CardDAV server: many at once, and the ones that make trouble alone.

Servers run out of memory over large answers, cut them, or refuse a batch for one card in it. So a batch that fails
is halved until the card is found that it fails for; that one is asked for by GET, and if that fails too, it is
reported with the reason while all others go in.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from contacts.dav import Dav, NoAnswer, OtherSite, Reply
from contacts.directories.base import Entry, Fetched
from contacts.exceptions import DirectoryUnreachable, ListingIncomplete
from contacts.hrefs import canonical_href, host_of, origin_of, path_of
from contacts.salvage import BrokenAnswer, is_damaged

BATCH = 50
BATCH_MAX = 100
# Cards in a row that the server fails for; then it is the server, not the cards.
FAILURES_MAX = 20
NO_MULTIGET = frozenset({405, 415, 501})
CARD_MARK = b"begin:vcard"
CARD_END = re.compile(rb"END:[ \t]*VCARD\s*\Z", re.IGNORECASE)
DAMAGED = "The server sent signs in this card that its answers cannot hold, so its text may be damaged."


class Fetching:
    """The cards of one book. url: of the book; version: of the cards that are asked for, "" for any."""

    def __init__(self, dav: Dav, url: str, version: str = "", batch: int = BATCH) -> None:
        self._dav, self._url, self._version = dav, url, version
        self._batch = max(1, min(batch, BATCH_MAX))
        self._has_multiget = True
        self._failures = 0

    def cards(self, entries: Sequence[Entry]) -> Iterator[Fetched]:
        """Yield a Fetched for each entry; raises DirectoryError where it is not about a single card."""
        for start in range(0, len(entries), self._batch):
            waiting = [list(entries[start : start + self._batch])]
            while waiting:
                batch = waiting.pop()
                received = self._together(batch) if self._has_multiget else None
                if received is not None:
                    yield from received
                elif len(batch) > 1 and self._has_multiget:
                    middle = len(batch) // 2
                    waiting += [batch[middle:], batch[:middle]]
                else:
                    yield from (self._alone(entry) for entry in batch)

    def _together(self, batch: list[Entry]) -> list[Fetched] | None:
        """Return the cards of a batch, or None if it has to be halved."""
        try:
            reply = self._dav.multiget(self._url, [path_of(entry.href, self._url) for entry in batch], self._version)
            if reply.status in NO_MULTIGET:
                self._has_multiget = False
            if reply.is_success and not reply.is_list:
                raise ListingIncomplete(f"{host_of(self._url)} answered with a web page instead of its contacts.")
            found = self._found(reply) if reply.is_list else None
        except BrokenAnswer:
            return None
        except NoAnswer as silence:
            self._require_life(silence)
            return None
        if found is None:
            return None
        self._failures = 0
        received = []
        for entry in batch:
            answer = found.get(canonical_href(entry.href, self._url))
            if answer is None:
                received.append(self._alone(entry))
            elif answer.is_gone:
                received.append(Fetched(entry.href, is_gone=True))
            else:
                received.append(replace(answer, href=entry.href, etag=answer.etag or entry.etag))
        return received

    def _found(self, reply: Reply) -> dict[str, Fetched]:
        """Return what a multiget says, by the key of the place. What it says nothing useful of is left out."""
        found: dict[str, Fetched] = {}
        for response in reply.responses():
            key = canonical_href(response.href, reply.url)
            if response.status in {404, 410}:
                found.setdefault(key, Fetched(response.href, is_gone=True))
            elif "address-data" in response.found and (raw := response.found["address-data"].raw).strip():
                problem = DAMAGED if is_damaged(response.found["address-data"].carried) else ""
                found[key] = Fetched(response.href, response.text("getetag"), raw, problem)
        return found

    def _alone(self, entry: Entry) -> Fetched:
        """Return one card, asked for by GET."""
        host = host_of(self._url)
        try:
            reply = self._dav.get(origin_of(self._url) + path_of(entry.href, self._url), self._version)
        except NoAnswer as silence:
            self._require_life(silence)
            return Fetched(entry.href, entry.etag, problem=str(silence))
        except (BrokenAnswer, OtherSite) as reason:
            return Fetched(entry.href, entry.etag, problem=str(reason))
        if reply.is_missing:
            return Fetched(entry.href, is_gone=True)
        if reply.is_success and CARD_MARK in reply.body[:4096].lower():
            self._failures = 0
            problem = "" if CARD_END.search(reply.body) else f"{host} sent only the beginning of this contact."
            return Fetched(entry.href, reply.headers.get("etag", "") or entry.etag, reply.body, problem)
        if reply.is_success:
            return Fetched(entry.href, entry.etag, problem=f"{host} sent something else than a contact.")
        self._failures += reply.status >= 500
        if self._failures > FAILURES_MAX:
            raise DirectoryUnreachable(f"{host} answers with errors ({reply.status}).")
        return Fetched(entry.href, entry.etag, problem=f"{host} did not give this contact ({reply.status}).")

    def _require_life(self, silence: NoAnswer) -> None:
        """Raise the silence unless the server answers something else: then it is about what was asked."""
        if not self._dav.propfind(self._url, "D:resourcetype").is_list:
            raise silence
