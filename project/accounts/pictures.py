"""Pictures of people: whatever is uploaded is decoded, cropped and written anew, so nothing of the file remains."""

import struct
import threading
import warnings
import zlib
from io import BytesIO
from typing import BinaryIO

from django.core.files.base import ContentFile
from PIL import Image, ImageOps

from project.accounts.exceptions import InvalidPicture

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")  # no other decoder of Pillow ever sees a stranger's bytes
SIZE_MAX_BYTES = 5 * 1024 * 1024
PIXELS_MAX = 25_000_000
SIDE_PX = 256

# A decoded picture of 25 megapixels takes 100 MB: one at a time.
_one_at_a_time = threading.Lock()
# What Pillow raises for files that are broken or that lie, besides its own.
_BROKEN = (
    OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, EOFError, OverflowError, MemoryError,
    struct.error, zlib.error, Warning, Image.DecompressionBombError,
)  # fmt: skip


def square(file: BinaryIO, size_bytes: int) -> ContentFile:
    """Return a picture as we keep it: 256 pixels square, WebP, upright, without metadata.

    file: as uploaded; size_bytes: its length. Raises InvalidPicture with a sentence for whoever uploaded it.
    """
    if size_bytes > SIZE_MAX_BYTES:
        raise InvalidPicture("This file is larger than 5 MB. Choose a smaller picture.")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _redraw(file)
        except _BROKEN as error:
            raise InvalidPicture(
                "This file cannot be read as a picture. Choose a JPEG, PNG, WebP or GIF file."
            ) from error


def problem_of(data: bytes) -> str:
    """Say why a picture would not be drawn, as far as its head tells; "" when it may well be. Nothing is decoded."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                is_too_large = image.width * image.height > PIXELS_MAX
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            is_too_large = True
        except _BROKEN:
            return "it is no JPEG, PNG, WebP or GIF"
    return "it has more than 25 million pixels" if is_too_large else ""


def _redraw(file: BinaryIO) -> ContentFile:
    with Image.open(file, formats=FORMATS) as image:
        if image.width * image.height > PIXELS_MAX:
            raise InvalidPicture("This picture has more than 25 million pixels. Choose a smaller one.")
        image.draft("RGB", (2 * SIDE_PX, 2 * SIDE_PX))  # a JPEG is decoded no larger than it is needed
        upright = ImageOps.exif_transpose(image)
        has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
        plain = upright.convert("RGBA" if has_alpha else "RGB")
        cropped = ImageOps.fit(plain, (SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    clean = Image.new(cropped.mode, cropped.size)
    clean.paste(cropped)
    buffer = BytesIO()
    clean.save(buffer, "WEBP", quality=85)
    return ContentFile(buffer.getvalue())
