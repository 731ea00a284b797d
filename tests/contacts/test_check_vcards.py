"""check_vcards: what it says about a folder of cards, and when it fails."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from contacts.management.commands import check_vcards

EXPORTS = Path(__file__).parents[1] / "data" / "vcards"


def checked(folder: Path, **options: Any) -> str:
    out = StringIO()
    call_command("check_vcards", str(folder), stdout=out, **options)
    return out.getvalue()


def failing(folder: Path) -> str:
    """Return what is said of a folder where something differs."""
    out = StringIO()
    with pytest.raises(CommandError, match="do not come back as they were"):
        call_command("check_vcards", str(folder), stdout=out)
    return out.getvalue()


def put(folder: Path, *lines: str) -> Path:
    (folder / "deep").mkdir()
    (folder / "deep" / "a.VCF").write_bytes("\r\n".join(["BEGIN:VCARD", *lines, "END:VCARD", ""]).encode())
    return folder


def test_our_own_cards_come_back_as_they_were() -> None:
    reports = json.loads(checked(EXPORTS, json=True))
    assert len(reports) == 11
    for report in reports:
        assert report["bytes_differ"] == report["edits_differ"] == report["values_differ"] == []
        assert report["unlisted"] == report["refused"] == []
        assert bool(report["unreadable"]) == (report["file"] == "oddities.vcf")


def test_a_folder_of_good_cards_has_one_line(tmp_path: Path) -> None:
    assert checked(put(tmp_path, "VERSION:3.0", "FN:Anna")) == "1 card in 1 file; nothing differs.\n"


def test_what_cannot_be_read_is_named_with_its_card(tmp_path: Path) -> None:
    said = checked(put(tmp_path, "FN:Anna", "no property", "PHOTO;ENCODING=b:!"))
    assert "deep/a.VCF: unreadable: card 1 (Anna): stray text: no property\n" in said
    assert "deep/a.VCF: unreadable: card 1 (Anna): PHOTO: the picture is damaged: this is not base64\n" in said
    assert said.endswith("1 card in 1 file; nothing differs, unreadable: 2.\n")


def test_a_card_that_is_refused_is_named_with_the_reason(tmp_path: Path) -> None:
    folder = put(tmp_path, "FN:Anna", "NOTE:" + "x" * 1_100_000)
    (folder / "b.vcf").write_bytes(b"BEGIN:VCARD\r\nFN:Ben\r\nEND:VCARD\r\n")
    said = checked(folder)
    assert "refused: card 1 (Anna): The card of Anna is larger than 1 MiB without its photo." in said


def test_it_fails_when_bytes_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = check_vcards.edited
    monkeypatch.setattr(check_vcards, "edited", lambda *args: honest(*args).replace(b"Anna", b"Anne"))
    assert "a.VCF: bytes differ: card 1 (Anna)\n" in failing(put(tmp_path, "FN:Anna", "NICKNAME:x"))


def test_it_tells_what_else_an_edit_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = check_vcards.edited

    def careless(card: Any, old: Any, new: Any) -> bytes:
        return honest(card, old, new).replace(b"Anna", b"Anne") if old != new else card.raw

    monkeypatch.setattr(check_vcards, "edited", careless)
    said = failing(put(tmp_path, "FN:Anna", "NICKNAME:x"))
    assert "edit differs: card 1 (Anna): another line changed with the nickname: b'FN:Anna\\r\\n'" in said
    assert "value differs: card 1 (Anna): FN does not read 'Anna' any more" in said


def test_it_tells_which_line_is_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = check_vcards.contact_of
    monkeypatch.setattr(check_vcards, "contact_of", lambda card: check_vcards.replace(honest(card), notes=""))
    said = failing(put(tmp_path, "FN:Anna", "NOTE:lost"))
    assert "not listed: card 1 (Anna): NOTE: 'lost'" in said


def test_what_is_said_twice_is_shown(tmp_path: Path) -> None:
    folder = put(tmp_path, "FN:Anna", "X-YAHOO:anna", "X-YAHOO-ID:anna", "BDAY:20160801", "BDAY:2016-08-01")
    assert checked(folder) == "1 card in 1 file; nothing differs.\n"


def test_a_folder_without_cards_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no \.vcf file"):
        checked(tmp_path)
    with pytest.raises(CommandError, match="no folder"):
        checked(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="is a file, not a folder"):
        checked(put(tmp_path, "FN:Anna") / "deep" / "a.VCF")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes(range(256)) * 40, "There is no vCard in this text."),
        (b"", "this file is empty"),
        (b"%PDF-1.7 BEGIN:VCARD", "There is no vCard in this text."),
    ],
)
def test_a_file_that_is_no_card_in_spite_of_its_name_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.vcf").write_bytes(data)
    out = StringIO()
    with pytest.raises(CommandError, match="no card that can be read"):
        call_command("check_vcards", str(tmp_path), stdout=out)
    assert reason in out.getvalue()
    (tmp_path / "b.vcf").write_bytes(b"BEGIN:VCARD\r\nFN:Ben\r\nEND:VCARD\r\n")
    assert checked(tmp_path).endswith("1 card in 2 files; nothing differs, refused: 1.\n")
