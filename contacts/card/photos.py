"""Pictures on cards: base64 of 2.1 and 3.0, data: URIs of 4.0, and addresses; read only, never decoded as a picture.

What is shown of them is drawn anew from their pixels: project.accounts.pictures.
"""

import base64
import re
from urllib.parse import unquote_to_bytes

from contacts.card.contact import Photo
from contacts.values import Line, text

PHOTO_MAX_BYTES = 5 * 1024 * 1024

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}\Z")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_KINDS = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG", "png"), (b"GIF8", "gif"), (b"RIFF", "webp"), (b"BM", "bmp"))


def photo_of(line: Line, version: str) -> tuple[Photo | None, str]:
    """Return (photo, problem) of a PHOTO line; both are empty for a line without a value, or with a foreign URI."""
    value = line.value.strip()
    if line.encoding != "base64" or value[:5].lower() == "data:" or _WEB.match(value):
        value = text(line, version)
        if _WEB.match(value):
            return Photo(uri=value), ""
        if value[:5].lower() == "data:":
            return _from_data_uri(value)
        if not (len(value) > 100 and _BASE64.match(value)):
            return None, ""
    return _from_base64(value) if value else (None, "")


def _from_data_uri(value: str) -> tuple[Photo | None, str]:
    kind, comma, payload = value.partition(",")
    if kind.lower().endswith(";base64"):
        return _from_base64("".join(payload.split()))
    data = unquote_to_bytes(payload)
    if len(data) > PHOTO_MAX_BYTES:
        return None, "the picture is larger than 5 MiB"
    return (Photo(data), "") if data else (None, "" if not comma else "a picture without its data")


def _from_base64(value: str) -> tuple[Photo | None, str]:
    if len(value) * 3 // 4 > PHOTO_MAX_BYTES + 2:
        return None, "the picture is larger than 5 MiB"
    bare = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return None, "the picture is damaged: this is not base64"
    return (Photo(data), "") if data else (None, "")


def encoded_photo(photo: Photo, version: str) -> tuple[list[tuple[str, str]], str, bool]:
    """Return (parameters, value, whether the value is base64) of a PHOTO line."""
    if photo.uri:
        params = {"2.1": [("VALUE", "URL")], "3.0": [("VALUE", "uri")]}.get(version, [])
        return params, photo.uri.replace("\\", "%5C"), False
    kind = next((name for magic, name in _KINDS if photo.data.startswith(magic)), "")
    data = base64.b64encode(photo.data).decode("ascii")
    if version == "4.0":
        return [], f"data:{f'image/{kind}' if kind else 'application/octet-stream'};base64,{data}", True
    named = [("TYPE", kind.upper())] if kind else []
    return [("ENCODING", "BASE64" if version == "2.1" else "b"), *named], data, True
