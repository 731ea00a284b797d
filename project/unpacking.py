"""Bodies of answers as they were before the server packed them (RFC 9110 section 8.4), within a limit.

A few kilobytes can unpack to gigabytes: what comes out is counted while it comes out.
"""

import zlib
from collections.abc import Iterable, Iterator

GZIP, ZLIB, BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class TooMuch(OSError):
    """More than the limit, packed or unpacked."""


class NotUnpackable(OSError):
    """A packing that nobody asked for, or one that is broken or breaks off."""


def unpacked(parts: Iterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """Return a body of at most max_bytes; encoding: as Content-Encoding says. Raises TooMuch, NotUnpackable."""
    parts = _within(parts, max_bytes)
    match encoding.strip().lower():
        case "" | "identity":
            pass
        case "gzip" | "x-gzip":
            parts = _inflated(parts, GZIP, max_bytes)
        case "deflate":
            parts = _inflated(parts, ZLIB, max_bytes)
        case _:
            raise NotUnpackable
    return b"".join(_within(parts, max_bytes))


def _within(parts: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for part in parts:
        size += len(part)
        if size > max_bytes:
            raise TooMuch
        yield part


def _inflated(parts: Iterable[bytes], form: int, max_bytes: int) -> Iterator[bytes]:
    packing, head = zlib.decompressobj(form), b""
    has_begun = False
    for part in parts:
        if form == ZLIB and not has_begun:
            # "deflate" means zlib, but many send it bare; two bytes tell.
            head += part
            if len(head) < 2:
                continue
            part, packing = head, zlib.decompressobj(ZLIB if _is_zlib(head) else BARE)
        has_begun = True
        try:
            while part:
                yield packing.decompress(part, max_bytes + 1)
                # One packed file may follow another (RFC 1952 section 2.2); anything else behind it means nothing.
                part = packing.unused_data if form == GZIP and packing.unused_data.startswith(b"\x1f\x8b") else b""
                if part:
                    packing = zlib.decompressobj(form)
        except zlib.error:
            raise NotUnpackable from None
    if (has_begun or head) and not packing.eof:
        raise NotUnpackable


def _is_zlib(head: bytes) -> bool:
    return head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
