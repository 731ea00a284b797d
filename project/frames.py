"""WebSocket frames as bytes (RFC 6455 section 5.2)."""

import struct

FRAME_MAX_BYTES = 64 * 1024  # of text, in one frame from a page


def encode_text_frame(payload: bytes) -> bytes:
    """Return an unmasked, final text frame around payload (UTF-8), as a server sends it (RFC 6455 section 5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload
