"""Faces of the demo's people, drawn here: no photograph of anybody, and nothing to download."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image, ImageColor, ImageDraw

from project.accounts.pictures import SIDE_PX

CANVAS_PX = 1024  # drawn large and made small: Pillow draws without smooth edges
HEAD = (322, 250, 702, 730)
INK = "#2b2433"

Pen = ImageDraw.ImageDraw


@dataclass(frozen=True)
class Face:
    """What somebody looks like. hair: a name in HAIR; colours as Pillow reads them."""

    background: str
    clothes: str
    skin: str
    hair: str
    hair_colour: str
    has_beard: bool = False
    has_glasses: bool = False


def draw(face: Face) -> ContentFile:
    """Return the picture of a face, in the form in which accounts keep pictures."""
    image = Image.new("RGB", (CANVAS_PX, CANVAS_PX), face.background)
    pen = ImageDraw.Draw(image)
    pen.ellipse((112, 90, 912, 890), fill=_mix(face.background, "#ffffff", 0.35))
    behind, in_front = HAIR[face.hair]
    behind(pen, face)
    _body(pen, face)
    _head(pen, face)
    in_front(pen, face)
    _features(pen, face)
    buffer = BytesIO()
    image.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS).save(buffer, "WEBP", quality=88)
    return ContentFile(buffer.getvalue())


def _mix(colour: str, other: str, share: float) -> tuple[int, ...]:
    """Return colour with a share (0 to 1) of other in it."""
    pairs = zip(ImageColor.getrgb(colour), ImageColor.getrgb(other), strict=True)
    return tuple(round(a * (1 - share) + b * share) for a, b in pairs)


def _body(pen: Pen, face: Face) -> None:
    pen.ellipse((172, 800, 852, 1500), fill=face.clothes)
    pen.ellipse((392, 740, 632, 900), fill=_mix(face.clothes, INK, 0.18))
    pen.rounded_rectangle((436, 640, 588, 872), radius=70, fill=_mix(face.skin, INK, 0.16))


def _head(pen: Pen, face: Face) -> None:
    for x in (326, 698):
        pen.ellipse((x - 44, 446, x + 44, 552), fill=_mix(face.skin, INK, 0.08))
    pen.ellipse(HEAD, fill=face.skin)
    if face.has_beard:
        pen.chord((318, 260, 706, 748), 8, 172, fill=face.hair_colour)
        pen.ellipse((352, 430, 672, 620), fill=face.skin)


def _features(pen: Pen, face: Face) -> None:
    blush = _mix(face.skin, "#e0526a", 0.24)
    for x in (432, 592):
        outside = x - 42 if x < 512 else x + 42
        pen.ellipse((outside - 36, 548, outside + 36, 606), fill=blush)
        pen.ellipse((x - 25, 466, x + 25, 524), fill=INK)
        pen.ellipse((x - 3, 474, x + 15, 492), fill="#ffffff")
        pen.arc((x - 52, 402, x + 52, 470), 205, 335, fill=_mix(face.hair_colour, INK, 0.4), width=15)
        if face.has_glasses:
            pen.ellipse((x - 70, 426, x + 70, 564), outline=INK, width=12)
    if face.has_glasses:
        pen.arc((488, 462, 536, 510), 190, 350, fill=INK, width=12)
    pen.arc((486, 520, 538, 578), 20, 160, fill=_mix(face.skin, INK, 0.3), width=12)
    pen.chord((430, 556, 594, 680), 15, 165, fill="#8d2f3f")
    pen.chord((446, 566, 578, 650), 15, 165, fill="#ffffff")


# --- Hair: what is seen behind the head, and what before it ----------------------------------------------------


def _nothing(pen: Pen, face: Face) -> None:
    pass


def _cap(pen: Pen, face: Face) -> None:
    pen.ellipse((300, 214, 724, 640), fill=face.hair_colour)


def _fringe(pen: Pen, face: Face) -> None:
    pen.chord((312, 236, 712, 700), 203, 337, fill=face.hair_colour)


def _side_parting(pen: Pen, face: Face) -> None:
    pen.chord((316, 240, 708, 690), 184, 318, fill=face.hair_colour)
    pen.chord((330, 240, 712, 660), 262, 352, fill=face.hair_colour)


def _long(pen: Pen, face: Face) -> None:
    pen.rounded_rectangle((276, 206, 748, 930), radius=226, fill=face.hair_colour)


def _swept(pen: Pen, face: Face) -> None:
    pen.chord((308, 226, 716, 760), 182, 358, fill=face.hair_colour)
    pen.ellipse((352, 356, 692, 700), fill=face.skin)
    pen.chord((340, 300, 700, 726), 0, 180, fill=face.skin)


def _bob(pen: Pen, face: Face) -> None:
    pen.rounded_rectangle((268, 204, 756, 724), radius=212, fill=face.hair_colour)


def _bun(pen: Pen, face: Face) -> None:
    pen.ellipse((412, 92, 612, 292), fill=face.hair_colour)
    _cap(pen, face)


def _curls(pen: Pen, face: Face) -> None:
    for aside, y in ((0, 206), (102, 236), (182, 310), (220, 410), (212, 520)):
        for x in (512 - aside, 512 + aside):
            pen.ellipse((x - 84, y - 84, x + 84, y + 84), fill=face.hair_colour)


def _curls_in_front(pen: Pen, face: Face) -> None:
    for x, y in ((390, 330), (452, 296), (512, 282), (572, 296), (634, 330)):
        pen.ellipse((x - 56, y - 56, x + 56, y + 56), fill=face.hair_colour)


def _scarf(pen: Pen, face: Face) -> None:
    pen.ellipse((262, 172, 762, 850), fill=face.hair_colour)
    pen.rounded_rectangle((300, 560, 724, 1024), radius=180, fill=face.hair_colour)


def _scarf_in_front(pen: Pen, face: Face) -> None:
    pen.ellipse((262, 172, 762, 850), fill=face.hair_colour)
    pen.ellipse((344, 306, 680, 724), fill=face.skin)
    pen.chord((300, 700, 724, 1000), 180, 360, fill=_mix(face.hair_colour, INK, 0.12))


HAIR: dict[str, tuple[Callable[[Pen, Face], None], Callable[[Pen, Face], None]]] = {
    "bald": (_nothing, _nothing),
    "bob": (_bob, _fringe),
    "bun": (_bun, _swept),
    "curls": (_curls, _curls_in_front),
    "long": (_long, _swept),
    "scarf": (_scarf, _scarf_in_front),
    "short": (_cap, _side_parting),
    "fringe": (_cap, _fringe),
}
