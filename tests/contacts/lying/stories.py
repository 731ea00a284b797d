"""Stories for Hypothesis to tell: a server of some style, what people do to their books, and syncs with lies."""

from dataclasses import dataclass

from hypothesis import strategies as st

from . import deeds, lies
from .cards import HANDLES, MORE, Card
from .deeds import Deed
from .honest import Style
from .lies import Lie

UIDS = ("", *(f"u{number}" for number in range(1, 9)))


@dataclass(frozen=True)
class Sync:
    """One sync. lies: that are told in it; has_discovery: books are asked for too; is_full: everything is listed."""

    lies: tuple[Lie, ...] = ()
    has_discovery: bool = False
    is_full: bool = False


Step = Deed | Sync


@dataclass(frozen=True)
class Story:
    """counts: how many cards each book begins with."""

    style: Style
    counts: tuple[int, ...]
    steps: tuple[Step, ...]


small = st.integers(0, 15)
masks = st.sampled_from([0xFFFF, 0xFFFF, 1, 2, 0x5555, 0xFFFE]) | st.integers(1, 0xFFFF)
shares = st.floats(0, 0.9999)
uids = st.sampled_from(UIDS)
names = st.sampled_from(["Anna", "Ben", "Cyd", "M\u00fcller", "\u674e"])
reaches = st.lists(st.integers(0, len(HANDLES) - 1), max_size=4, unique=True).map(tuple)
more = st.lists(st.integers(0, len(MORE) - 1), max_size=3, unique=True).map(tuple)
members = st.lists(uids.filter(bool) | st.just("mailto:anna@example.org"), max_size=3, unique=True).map(tuple)
kinds = st.sampled_from(["person", "person", "organization", "group"])
cards = st.builds(Card, uids, names, reaches, kinds, members, more)

changes: st.SearchStrategy[Deed] = st.one_of(
    st.builds(deeds.Put, cards, small, small),
    st.builds(deeds.Drop, small, small),
    st.builds(deeds.Change, small, small, names, reaches, more),
    st.builds(deeds.Rename, small, small, small),
    st.builds(deeds.NewUid, small, small, uids),
    st.builds(deeds.Swap, small, small, st.lists(small, min_size=1, max_size=2).map(tuple)),
    st.builds(deeds.Twin, small, small, small, names),
    st.builds(deeds.Move, small, small),
    st.builds(deeds.Become, small, small, kinds, members),
    st.builds(deeds.Spoil, small, small),
    st.builds(deeds.Shift, cards, small),
    st.builds(deeds.Empty, small, st.integers(0, 6)),
    st.builds(deeds.Retitle, names, small),
)
anything_done = changes | st.builds(deeds.MakeAnew, small)

when = {"after": st.sampled_from([0, 0, 0, 1, 2, 4]), "times": st.sampled_from([1, 1, 2, 99])}
STATUSES = [400, 403, 404, 405, 409, 410, 412, 415, 418, 423, 429, 500, 501, 502, 503, 507]
noise = st.binary(max_size=40) | st.sampled_from(
    [b"HTTP/1.1 banana\r\n\r\n", b"HTTP/1.1 207 So\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 207 So\r\n\0: x\r\n\r\n"]
)
plain_faults: st.SearchStrategy[Lie] = st.one_of(
    st.builds(lies.Status, **when, status=st.sampled_from(STATUSES), retry_after=st.sampled_from(["", "9", "x"])),
    st.builds(lies.Forgets, **when, status=st.sampled_from([403, 409, 412]), has_reason=st.booleans()),
    st.builds(lies.Page, **when, status=st.sampled_from([200, 207, 204, 404]), page=small),
    st.builds(lies.Denies, **when, challenge=st.sampled_from(['Basic realm="x"', "", 'Digest realm="x", nonce="y"'])),
    st.builds(lies.Torn, **when, share=shares),
    st.builds(lies.Cut, **when, share=shares, is_abrupt=st.booleans()),
    st.builds(lies.Noise, **when, raw=noise),
    st.builds(
        lies.SendsOn,
        **when,
        status=st.sampled_from([301, 302, 303, 307, 308]),
        to=st.sampled_from(["stranger", "itself", "up", "elsewhere", "secret", "nowhere", "other", "user"]),
    ),
    st.builds(lies.LeavesOut, **when, mask=masks),
    st.builds(lies.Refuses, **when, mask=masks, status=st.sampled_from([403, 500, 507, 200])),
    st.builds(lies.Damages, **when, mask=masks, sign=st.sampled_from(["\x07", "&#0;", "\uffff"])),
    st.builds(lies.Buries, **when, mask=masks),
    st.builds(lies.Mourns, **when, mask=masks),
    st.builds(lies.HidesEtags, **when, mask=masks),
    st.builds(lies.LosesToken, **when, token=st.sampled_from(["", "x", "http://example.org/ns/0/99"])),
    st.builds(lies.OfOthers, **when, to=st.sampled_from(["/dav/books/other/", "/dav/books/", "/"])),
)
# What somebody may do to a book that is being read and put no card where another one stood.
quiet = st.one_of(
    st.builds(deeds.Drop, small, small),
    st.builds(deeds.Change, small, small, names, reaches, more),
    st.builds(deeds.Become, small, small, kinds, members),
    st.builds(deeds.Spoil, small, small),
    st.builds(deeds.Empty, small, st.integers(0, 6)),
)
quiet_faults = plain_faults | st.builds(lies.Meanwhile, **when, deed=quiet)
faults = plain_faults | st.builds(lies.Meanwhile, **when, deed=changes)
lies_of_all_kinds = faults | st.one_of(
    st.builds(lies.CutsOff, **when, mask=masks),
    st.builds(lies.BuriesInLists, **when, mask=masks),
    st.builds(lies.Repeats, **when),
    st.builds(lies.OneEtag, **when, mask=masks),
    st.builds(lies.SaysNothingNew, **when),
    st.builds(lies.ListsAll, **when),
    st.builds(lies.Meanwhile, **when, deed=anything_done),
)

FORGETS = ["403 reason", "403", "409 reason", "412"]
QUIRKS = {
    "has_tokens": st.sampled_from([True, True, False]),
    "has_ctag": st.booleans(),
    "has_etags": st.sampled_from([True, True, True, False]),
    "spelling": st.sampled_from(["plain", "bare", "lower", "absolute", "relative", "doubled"]),
    "page": st.sampled_from([0, 0, 1, 3]),
    "missing": st.sampled_from(["told", "left out", "all"]),
    "recalls": st.booleans(),
    "scheme": st.sampled_from(["Basic", "Basic", "Digest"]),
    "framing": st.sampled_from(["length", "length", "chunked", "gzip", "close"]),
    "has_multiget": st.sampled_from([True, True, True, False]),
}
decent_styles = st.builds(Style, **QUIRKS, forgets=st.sampled_from(FORGETS))
styles = st.builds(Style, **QUIRKS, counts=st.booleans(), forgets=st.sampled_from([*FORGETS, "full", "empty"]))
counts = st.lists(st.sampled_from([3, 8, 8, 12, 1, 0]), min_size=1, max_size=2).map(tuple)


some_lies = st.lists(lies_of_all_kinds, min_size=1, max_size=3).map(tuple)
some_quiet_faults = st.lists(quiet_faults, min_size=1, max_size=3).map(tuple)
some_faults = st.lists(faults, min_size=1, max_size=3).map(tuple)


def syncs(told: st.SearchStrategy[tuple[Lie, ...]]) -> st.SearchStrategy[Sync]:
    return st.builds(
        Sync,
        told,
        st.sampled_from([False, False, True]),
        st.sampled_from([False, False, True]),
    )


def stories(
    told: st.SearchStrategy[tuple[Lie, ...]] = some_lies,
    style: st.SearchStrategy[Style] = styles,
    done: st.SearchStrategy[Deed] = anything_done,
) -> st.SearchStrategy[Story]:
    deeds_done = st.lists(done, max_size=4).map(tuple)
    rounds = st.tuples(deeds_done, syncs(told)).map(lambda done_and_sync: (*done_and_sync[0], done_and_sync[1]))
    steps = st.lists(rounds, min_size=1, max_size=4).map(lambda parts: tuple(step for part in parts for step in part))
    return st.builds(Story, style, counts, steps)
