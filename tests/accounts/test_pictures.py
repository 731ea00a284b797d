"""Pictures: what is taken, what is kept of it, and who sees it."""

import struct
import zlib
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from project.accounts import tasks
from project.accounts.exceptions import InvalidPicture
from project.accounts.models import User
from project.accounts.pictures import square
from tests.accounts.pages import text_of
from tests.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options) -> bytes:
    buffer = BytesIO()
    Image.new(mode, size, options.pop("colour", None)).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb(side: int) -> bytes:
    """A PNG of side by side pixels in a few kilobytes."""
    rows = zlib.compress(b"\0" * (side // 8 + 1) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def upload(browser: Client, content: bytes, name: str = "me.png", kind: str = "image/png"):
    return browser.post("/settings/picture/", {"picture": SimpleUploadedFile(name, content, kind)})


def kept() -> list[str]:
    return default_storage.listdir("pictures")[1] if default_storage.exists("pictures") else []


def shown(user: User) -> Image.Image:
    user.refresh_from_db()
    return Image.open(user.picture.open())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_becomes_a_square_of_256_pixels(alice, kind):
    assert upload(signed_in(alice), picture(kind)).headers["Location"] == "/settings/"
    assert (shown(alice).format, shown(alice).size) == ("WEBP", (256, 256))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_colour_model_are_taken(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    content = picture(kind, mode=mode)
    assert square(BytesIO(content), len(content)).size > 0


def test_a_photo_is_turned_upright_and_tells_nothing_of_its_place(alice):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010E] = "made at home"
    lying = Image.new("RGB", (80, 40), "red")
    lying.paste(Image.new("RGB", (40, 40), "blue"), (40, 0))
    buffer = BytesIO()
    lying.save(buffer, "JPEG", exif=exif)
    upload(signed_in(alice), buffer.getvalue())
    upright = shown(alice).convert("RGB")
    assert upright.getpixel((128, 40))[0] > 200, "what was left is above now"
    assert upright.getpixel((128, 216))[2] > 200
    assert not shown(alice).getexif()
    assert b"made at home" not in alice.picture.open().read()


def test_of_a_moving_picture_the_first_frame_is_kept(alice):
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    upload(signed_in(alice), buffer.getvalue())
    assert shown(alice).convert("RGB").getpixel((10, 10))[0] > 200


def test_the_name_of_the_file_is_not_the_one_that_was_uploaded(alice):
    upload(signed_in(alice), picture(), name="../../evil.php")
    [name] = kept()
    assert name.endswith(".webp")
    assert len(name) == 37


LIES = {
    "empty": b"",
    "text": b"hello",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "png without an end": picture()[:50],
    "png with a wrong checksum": picture()[:-20] + b"\0" * 20,
    "jpeg cut off": picture("JPEG", (500, 500))[:300],
    "gif header": b"GIF89a",
    "webp header": b"RIFF\xff\xff\xff\xffWEBPVP8 ",
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "ico": picture("ICO"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
    "png of nothing": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 0, 8, 2, 0, 0, 0)),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_is_not_a_picture_is_refused(alice, lie):
    answer = upload(signed_in(alice), LIES[lie])
    assert answer.status_code == 422
    assert 'id="id_picture_error"' in text_of(answer)
    assert not kept()


@pytest.mark.parametrize("side", [5_100, 13_000, 30_000, 2**31 - 1])
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(alice, side, monkeypatch):
    content = png_bomb(min(side, 8_000))
    if side > 8_000:  # only the header tells the size, which is what a liar would write
        header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        content = content[:8] + chunk(b"IHDR", header) + content[33:]
    monkeypatch.setattr(Image.Image, "load", lambda *args: pytest.fail("decoded"))
    assert upload(signed_in(alice), content).status_code == 422


def test_a_file_of_more_than_5_mb_is_refused(alice):
    answer = upload(signed_in(alice), picture() + b"\0" * 5 * 1024 * 1024)
    assert answer.status_code == 422
    assert "larger than 5 MB" in text_of(answer)


def test_a_text_that_unpacks_without_end_is_refused():
    bomb = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * 70_000_000, 9))
    content = picture()
    content = content[:33] + bomb + content[33:]
    with pytest.raises(InvalidPicture):
        square(BytesIO(content), len(content))


@pytest.mark.parametrize("fields", [{}, {"picture": "a text"}, {"picture": ""}])
def test_a_form_without_a_file_is_refused(alice, fields):
    assert signed_in(alice).post("/settings/picture/", fields).status_code == 422


def test_the_old_picture_is_removed_when_the_new_one_is_sure(alice, django_capture_on_commit_callbacks):
    browser = signed_in(alice)
    upload(browser, picture())
    [old] = kept()
    with django_capture_on_commit_callbacks(execute=True):
        upload(browser, picture())
        assert old in kept()
    assert old not in kept()
    assert len(kept()) == 1


def test_a_picture_can_be_taken_away(alice, django_capture_on_commit_callbacks):
    browser = signed_in(alice)
    upload(browser, picture())
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/settings/picture/remove/")
    alice.refresh_from_db()
    assert not alice.picture
    assert not kept()


def test_a_deleted_account_takes_its_picture_along(alice, django_capture_on_commit_callbacks):
    upload(signed_in(alice), picture())
    alice.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete()
    assert not kept()


def test_pictures_of_nobody_are_swept_after_a_day(alice, monkeypatch):
    upload(signed_in(alice), picture())
    default_storage.save("pictures/stray.webp", ContentFile(b"x"))
    tasks.sweep_pictures.call_local()
    assert len(kept()) == 2
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=2))
    tasks.sweep_pictures.call_local()
    [left] = kept()
    assert left != "stray.webp"


@pytest.fixture
def address(alice) -> str:
    upload(signed_in(alice), picture())
    alice.refresh_from_db()
    return f"/people/{alice.public_id}/picture/?v={alice.picture_version}"


def test_people_of_this_server_see_the_picture(bob, address):
    answer = signed_in(bob).get(address)
    assert answer.status_code == 200
    assert Image.open(BytesIO(b"".join(answer))).format == "WEBP"


def test_a_picture_is_nothing_but_a_picture_to_a_browser(bob, address):
    headers = signed_in(bob).get(address).headers
    assert headers["Content-Type"] == "image/webp"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, max-age=86400"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_visitor_finds_no_picture(visitor, address):
    answer = visitor.get(address)
    absent = visitor.get("/people/0000000000000000/picture/")
    assert (answer.status_code, text_of(answer)) == (404, text_of(absent))


@pytest.mark.parametrize("person", ["0000000000000000", "a%00b", "..%2f..%2fetc", "ilou000000000000"])
def test_the_picture_of_nobody_is_not_found(bob, person):
    assert signed_in(bob).get(f"/people/{person}/picture/").status_code == 404


def test_who_has_no_picture_is_not_found(alice, bob):
    assert signed_in(bob).get(f"/people/{alice.public_id}/picture/").status_code == 404


def test_a_picture_whose_file_is_lost_is_not_found(alice, bob, address):
    default_storage.delete(User.objects.get(pk=alice.pk).picture.name)
    assert signed_in(bob).get(address).status_code == 404


def test_the_address_changes_with_the_picture(alice, address):
    upload(signed_in(alice), picture())
    alice.refresh_from_db()
    assert alice.picture_version not in address
