"""Character sets and quoted-printable of vCards, in both directions (RFC 2045, vCard 2.1 CHARSET).

What a phone wrote in 2004 is rarely what it declares: so UTF-8 is tried first, then what the line names, then what
another line of the card names, then Windows-1252. What still does not fit is shown with U+FFFD, and said to be lost.
"""

import binascii
import codecs
import re
from functools import lru_cache

BOM = b"\xef\xbb\xbf"
_SEVERAL_BYTES = {
    "shift_jis", "cp932", "shift_jis_2004", "euc_jp", "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "big5hkscs",
    "cp950", "euc_kr", "cp949", "johab", "hz",
}  # fmt: skip
# Python has codecs that are no character sets, and some that decode to halves of characters.
_CHARSETS = _SEVERAL_BYTES | {
    "ascii", "utf-8", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
    "iso8859-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8",
    "iso8859-9", "iso8859-10", "iso8859-11", "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "koi8-r",
    "koi8-u", "tis-620", "cp874", "cp437", "cp737", "cp850", "cp852", "cp855", "cp857", "cp858", "cp862", "cp866",
    "mac-roman", "mac-cyrillic", "mac-greek", "mac-latin2", "mac-turkish",
}  # fmt: skip


def utf16_of(data: bytes) -> str:
    """Return "utf-16-le" or "utf-16-be" for a card in UTF-16, with or without its mark, else ""."""
    if data[:2] == codecs.BOM_UTF16_LE or data[:4].upper() == b"B\0E\0":
        return "utf-16-le"
    if data[:2] == codecs.BOM_UTF16_BE or data[:4].upper() == b"\0B\0E":
        return "utf-16-be"
    return ""


def to_utf8(data: bytes, utf16: str) -> bytes:
    """Return UTF-16 as UTF-8, one to one: from_utf8 gives back the same bytes, halves of characters included."""
    return data[: len(data) // 2 * 2].decode(utf16, "surrogatepass").encode("utf-8", "surrogatepass")


def from_utf8(data: bytes, utf16: str) -> bytes:
    """Undo to_utf8."""
    return data.decode("utf-8", "surrogatepass").encode(utf16, "surrogatepass")


@lru_cache(maxsize=256)
def _known_charset(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return ""
    return known if known in _CHARSETS else ""


def charset_named(name: str) -> str:
    """Return Python's name of a character set that a card may name, "" when it is none."""
    return _known_charset(name) if len(name) < 40 and re.fullmatch(r"[\w.:-]+", name, re.ASCII) else ""


def decode(data: bytes, charset: str = "", fallback: str = "cp1252") -> tuple[str, str]:
    """Return (text, problem) of the bytes of one value.

    charset: as charset_named gives it, what the line declares; fallback: for a line that declares none and is not
    UTF-8. problem: "" or why the text is not what was meant; it holds U+FFFD then.
    """
    if charset in _SEVERAL_BYTES:
        try:
            return data.decode(charset), ""
        except UnicodeDecodeError:
            pass
    try:
        return data.decode(), ""
    except UnicodeDecodeError:
        pass
    damaged = data.decode("utf-8", "replace")
    lost = damaged.count("\ufffd")
    if lost < sum(letter > "\x7f" for letter in damaged) - lost:
        return damaged, "damaged UTF-8"
    declared = "" if charset in {"utf-8", "ascii"} else charset
    for candidate in filter(None, (declared, fallback, "cp1252")):
        try:
            # What calls itself Latin-1 is what Windows calls so, as browsers have it.
            return data.decode("cp1252" if candidate == "iso8859-1" else candidate), ""
        except UnicodeDecodeError:
            continue
    if charset == "iso8859-1":
        return data.decode(charset), ""
    return data.decode(charset or "cp1252", "replace"), f"not {charset or 'UTF-8'}"


def clean(text: str) -> str:
    """Return text for a database: no NUL, no lone surrogate, line ends as LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def unquoted(data: bytes) -> bytes:
    """Return what quoted-printable bytes stand for."""
    return binascii.a2b_qp(data)


def quoted(text: str, first_column: int, eol: str) -> str:
    """Return text in quoted-printable, UTF-8, with soft breaks at 76 columns.

    first_column: where the value starts in its line.
    """
    parts: list[str] = []
    column = first_column
    data = text.replace("\n", "\r\n").encode()
    for at, byte in enumerate(data):
        if column >= 73:
            parts.append("=" + eol)
            column = 0
        # A line that starts with white space reads as folded, and no line may look like the end of the card.
        is_plain = (
            33 <= byte <= 126 and byte != 0x3D and not (byte == 0x3A and data[at + 1 : at + 6].upper() == b"VCARD")
        )
        if is_plain or (byte == 0x20 and column > 0 and at + 1 < len(data)):
            piece = chr(byte)
        else:
            piece = f"={byte:02X}"
        parts.append(piece)
        column += len(piece)
    return "".join(parts)
