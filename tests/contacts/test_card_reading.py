"""What a card says: every property in its place, every text whole, and nothing left out."""

import base64
import struct
import warnings
import zlib
from dataclasses import fields

import pytest
from hypothesis import given, settings

from contacts.card import CardAddress, CardAffiliation, Contact, Detail, Name, PartialDate, Photo, contact_of
from contacts.platforms import PLATFORMS
from contacts.vcard import read, split

from .generated import CARDS, FILES, PICTURES, picture

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20


def contact(*lines: str, version: str = "3.0", region: str = "") -> Contact:
    text = "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])
    return contact_of(read(text.encode()), region)


def handles(*lines: str, version: str = "3.0") -> list[tuple[str, str, str, bool]]:
    """Return (platform, value, label, preferred) of each handle."""
    found = contact(*lines, version=version)
    return [(handle.platform, handle.value, handle.label, handle.preferred) for handle in found.handles]


@settings(max_examples=300)
@given(FILES | CARDS)
def test_whatever_a_card_holds_its_texts_are_clean(data: bytes) -> None:
    for piece in split(data):
        if not piece.problem:
            found = contact_of(read(piece.raw), "DE")
            for field in fields(found):
                value = repr(getattr(found, field.name)) if field.name != "photo" else ""
                assert "\\x00" not in value
                assert "\\ud8" not in value
            assert all(handle.platform in PLATFORMS and handle.normalised for handle in found.handles)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["FN:Anna Berg", "N:Other;Name"], "Anna Berg"),
        (["FN:", "N:Berg;Anna;Eva;Dr.;Jr."], "Dr. Anna Eva Berg, Jr."),
        (["ORG:Acme", "NICKNAME:Anni"], "Anni"),
        (["ORG:Acme;Sales", "TEL:112"], "Acme"),
        (["NICKNAME:Anni", "TEL:112"], "Anni"),
        (["N:Berg;Anna", "ORG:Acme", "X-ABShowAs:COMPANY"], "Acme"),
        (["TEL:112", "EMAIL:a@example.org"], "a@example.org"),
        (["X-SKYPE:anna", "TEL:112"], "112"),
        (["NOTE:nobody"], ""),
    ],
)
def test_a_card_without_fn_is_called_by_what_it_has(lines: list[str], name: str) -> None:
    assert contact(*lines).display_name == name


def test_the_parts_of_a_name_are_in_their_places() -> None:
    assert contact("N:Berg, Tal;Anna;Eva,Pia;Dr.;Jr.,M.D.").name == Name(
        "Dr.", "Anna", "Eva, Pia", "Berg, Tal", "Jr., M.D."
    )
    assert contact("N:Berg;Anna", version="2.1").name == Name("", "Anna", "", "Berg", "")
    assert contact("N:Berg;Anna;;;;more").details == (Detail("Name", "more"),)


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("TEL;TYPE=HOME:112", "home"),
        ("TEL;type=pref;type=INTERNET;type=WORK:112", "work"),
        ("TEL;CELL;VOICE:112", "cell"),
        ("TEL;FAX;WORK:112", "work fax"),
        ('TEL;TYPE="voice,home":112', "home"),
        ("TEL;TYPE=X-Boat:112", "boat"),
        ("TEL;TYPE=x-evolution-callback:112", "callback"),
        ("TEL;X-EPOCCNTMODELLABEL1=Mokki:112", "Mokki"),
        ("TEL;VOICE:112", ""),
        ("TEL:112", ""),
    ],
)
def test_the_label_is_the_first_type_that_says_where(line: str, label: str) -> None:
    assert handles(line) == [("phone", "112", label, "pref" in line)]


def test_the_label_of_a_group_wins() -> None:
    lines = [
        "item1.TEL;TYPE=HOME:112",
        "ITEM1.X-ABLABEL:Summer house",
        "item2.TEL:110",
        "item2.X-ABLabel:_$!<HomePage>!$_",
    ]
    assert handles(*lines, "item3.TEL;TYPE=WORK:111", "item3.X-ABLabel:") == [
        ("phone", "112", "Summer house", False),
        ("phone", "110", "home page", False),
        ("phone", "111", "work", False),
    ]


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("_$!<AssistantPhone>!$_", "assistant phone"),
        ("GRAND_CENTRAL", "Google Voice"),
        ("PROFILE", "profile"),
        ("homeFax", "home fax"),
        ("Profile of my dog", "Profile of my dog"),
        ("My_Label", "My_Label"),
    ],
)
def test_the_labels_that_programs_make_up_are_words(written: str, label: str) -> None:
    assert handles("item1.TEL:112", f"item1.X-ABLabel:{written}") == [("phone", "112", label, False)]
    # What a person wrote is marked as theirs.
    assert handles("item1.TEL:112", f"item1.X-ABLabel;VALUE=text:{written}") == [("phone", "112", written, False)]


def test_an_account_that_stands_in_two_properties_is_one() -> None:
    lines = [
        "X-YAHOO;type=WORK:anna",
        "item1.IMPP;X-SERVICE-TYPE=Yahoo;type=WORK:ymsgr:anna",
        "X-YAHOO-ID;type=HOME:anna",
    ]
    assert handles(*lines) == [("yahoo", "anna", "work", False), ("yahoo", "anna", "home", False)]


def test_the_preferred_one_is_known_in_both_forms() -> None:
    assert handles("TEL:110", "TEL;TYPE=HOME,PREF:112") == [("phone", "110", "", False), ("phone", "112", "home", True)]
    found = handles("EMAIL;PREF=2:a@b.example", "EMAIL;PREF=30:c@b.example", "TEL;PREF=50:112", version="4.0")
    assert [preferred for *_, preferred in found] == [True, False, True]
    assert handles("TEL;CELL;PREF:112", version="2.1") == [("phone", "112", "cell", True)]


@pytest.mark.parametrize(
    ("line", "platform", "value", "label"),
    [
        ("TEL;VALUE=uri:tel:+1-415-555-2671;ext=5", "phone", "+1-415-555-2671;ext=5", ""),
        ("TEL;VALUE=uri:sip:anna@sip.example", "sip", "anna@sip.example", ""),
        ("TEL:+1,,22", "phone", "+1,,22", ""),
        ("X-MS-TEL;VOICE;COMPANY:112", "phone", "112", "company"),
        ("EMAIL:mailto:anna@example.org", "email", "anna@example.org", ""),
        ("IMPP:xmpp:anna%40home@jabber.example", "xmpp", "anna@home@jabber.example", ""),
        ("IMPP;X-SERVICE-TYPE=GoogleTalk;type=HOME:xmpp:anna", "google_talk", "anna", "home"),
        ("IMPP;X-SERVICE-TYPE=Skype;type=HOME:skype:anna", "skype", "anna", "home"),
        ("IMPP:aim:goim?screenname=anna%20b", "aim", "anna b", ""),
        ("IMPP;TYPE=OTHER:skype:anna", "skype", "anna", "other"),
        ("IMPP;X-SERVICE-TYPE=Nobody:nobody:anna", "other", "nobody:anna", "Nobody"),
        ("IMPP:sms:112", "phone", "112", ""),
        ("X-SOCIALPROFILE;type=twitter;x-user=anna:http://twitter.com/anna", "x", "http://twitter.com/anna", ""),
        ("X-SOCIALPROFILE;type=linkedin;x-user=anna:x-apple:anna", "linkedin", "anna", ""),
        ("X-SOCIALPROFILE;TYPE=MASTODON:@anna@social.example", "mastodon", "@anna@social.example", ""),
        (
            "X-SOCIALPROFILE;TYPE=nowhere:https://nowhere.example/anna",
            "other",
            "https://nowhere.example/anna",
            "nowhere",
        ),
        (
            "SOCIALPROFILE;SERVICE-TYPE=Mastodon:https://social.example/@anna",
            "mastodon",
            "https://social.example/@anna",
            "",
        ),
        ("X-SOCIALPROFILE;TYPE=matrix:@icq:example.org", "matrix", "@icq:example.org", ""),
        ("X-JABBER:anna@jabber.example", "xmpp", "anna@jabber.example", ""),
        ("X-SKYPE-USERNAME:anna", "skype", "anna", ""),
        ("X-messaging/icq-All:12345", "icq", "12345", ""),
        ("X-TWITTER:anna", "x", "anna", ""),
        ("X-MS-IMADDRESS:anna", "other", "anna", "chat"),
        ("URL;TYPE=WORK:http\\://www.example.org", "website", "http://www.example.org", "work"),
        ("URL:https://github.com/anna", "github", "https://github.com/anna", ""),
        ("URL:https://github.com/anna/project", "website", "https://github.com/anna/project", ""),
    ],
)
def test_a_handle_is_of_the_network_that_its_line_names(line: str, platform: str, value: str, label: str) -> None:
    assert handles(line) == [(platform, value, label, False)]


def test_a_handle_comes_with_its_comparable_form_its_evidence_and_its_id() -> None:
    [handle] = contact("TEL;TYPE=HO\r\n ME:030 23125 001", region="DE").handles
    assert handle.normalised == "+493023125001"
    assert handle.line == "TEL;TYPE=HOME:030 23125 001"
    assert contact("X-SOCIALPROFILE;type=facebook;x-userid=77:anna").handles[0].external_id == "77"


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("TEL;TYPE=WORK:ask Anna", Detail("Phone (work)", "ask Anna")),
        ("EMAIL:nobody", Detail("E-mail", "nobody")),
        ("X-AIM:" + "a" * 600, Detail("Aim", "a" * 600)),
        ("URL:javascript:alert(1)", Detail("Website", "javascript:alert(1)")),
    ],
)
def test_what_cannot_be_an_address_is_a_detail(line: str, detail: Detail) -> None:
    assert contact(line).handles == ()
    assert contact(line).details == (detail,)


@pytest.mark.parametrize(
    ("line", "birthday"),
    [
        ("BDAY:1990-05-15", PartialDate(1990, 5, 15)),
        ("BDAY:19900515", PartialDate(1990, 5, 15)),
        ("BDAY:1990-5-5", PartialDate(1990, 5, 5)),
        ("BDAY:1990-05-15T00:00:00Z", PartialDate(1990, 5, 15)),
        ("BDAY;VALUE=date-time:19900515T231000+0200", PartialDate(1990, 5, 15)),
        ("BDAY:--0515", PartialDate(None, 5, 15)),
        ("BDAY:--05-15", PartialDate(None, 5, 15)),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29", PartialDate(None, 2, 29)),
        ("BDAY;X-APPLE-OMIT-YEAR=2000:2000-05-15", PartialDate(None, 5, 15)),
        ("BDAY:1604-05-15", PartialDate(None, 5, 15)),
    ],
)
def test_a_birthday_is_read_with_or_without_its_year(line: str, birthday: PartialDate) -> None:
    assert contact(line).birthday == birthday


def test_a_day_that_stands_in_two_lines_is_said_once() -> None:
    found = contact("BDAY;ALTID=1:20160801", "BDAY;ALTID=1;VALUE=text:2016-08-01", "BDAY:1999-01-02")
    assert found.birthday == PartialDate(2016, 8, 1)
    assert found.details == (Detail("Birthday", "1999-01-02"),)


@pytest.mark.parametrize(
    "value", ["circa 1800", "1990-02-30", "19723101", "1990-05", "---15", "15.05.1990", "1990-05-15x"]
)
def test_what_names_no_day_is_a_detail(value: str) -> None:
    assert contact(f"BDAY:{value}").birthday is None
    assert contact(f"BDAY:{value}").details == (Detail("Birthday", value),)


@pytest.mark.parametrize(
    "lines",
    [
        ["ANNIVERSARY:20110917"],
        ["X-ANNIVERSARY:2011-09-17"],
        ["X-EVOLUTION-ANNIVERSARY:2011-09-17"],
        ["X-WAB-WEDDING_ANNIVERSARY:20110917"],
        ["item1.X-ABDATE:2011-09-17", "item1.X-ABLabel:_$!<Anniversary>!$_"],
        ["X-ANDROID-CUSTOM:vnd.android.cursor.item/contact_event;2011-09-17;1;;"],
    ],
)
def test_an_anniversary_is_known_under_many_names(lines: list[str]) -> None:
    assert contact(*lines).anniversary == PartialDate(2011, 9, 17)


def test_other_dates_are_details_with_their_label() -> None:
    found = contact("item1.X-ABDATE:20040301", "item1.X-ABLabel:first kiln", "X-ABDATE:1604-03-01")
    assert found.details == (Detail("First kiln", "2004-03-01"), Detail("Date", "--03-01"))


def test_lists_are_whole() -> None:
    found = contact(
        "NICKNAME:Anni,Bella", "NICKNAME:Cleo\\, D", "CATEGORIES:Friends,Chess\\, blitz", "CATEGORIES:Work,Friends"
    )
    assert found.nickname == "Anni, Bella, Cleo, D"
    assert found.categories == ("Friends", "Chess, blitz", "Work")


def test_notes_stand_below_each_other() -> None:
    assert contact("NOTE:one\\ntwo", "NOTE:three, four").notes == "one\ntwo\n\nthree, four"


def test_an_address_has_seven_parts_and_its_label() -> None:
    found = contact("ADR;TYPE=HOME,PREF:Box 1;2nd floor;Lane 5, rear;Town;Shire;D-1;Land", "ADR:;;;;;;", "ADR:;Room 2")
    assert found.addresses == (
        CardAddress("home", "Box 1", "2nd floor", "Lane 5, rear", "Town", "Shire", "D-1", "Land", preferred=True),
        CardAddress("", "", "Room 2"),
    )
    assert contact('ADR;LABEL="Lane 5\\nTown":;;Lane 5;Town').details == (Detail("Address label", "Lane 5\nTown"),)


def test_an_organisation_comes_with_its_units_title_and_role() -> None:
    found = contact("ORG:Acme\\, Inc.;R, D;Lab", "TITLE:Head", "ROLE:Boss", "TITLE:Treasurer")
    assert found.affiliations == (
        CardAffiliation("Acme, Inc.", "R, D, Lab", "Head", "Boss"),
        CardAffiliation("", "", "Treasurer", ""),
    )


def test_lines_of_one_group_belong_to_one_organisation() -> None:
    found = contact("ORG:First", "a.TITLE:Second title", "a.ORG:Second", "TITLE:First title", "b.ORG:Third")
    assert found.affiliations == (
        CardAffiliation("First", "", "First title", ""),
        CardAffiliation("Second", "", "Second title", ""),
        CardAffiliation("Third", "", "", ""),
    )


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["KIND:group"], "group"),
        (["X-ADDRESSBOOKSERVER-KIND:group"], "group"),
        (["KIND:org"], "organization"),
        (["X-ABShowAs:COMPANY"], "organization"),
        (["X-ADDRESSBOOKSERVER-KIND:group", "X-ABShowAs:COMPANY"], "group"),
        (["KIND:individual"], "person"),
        (["KIND:location"], "person"),
        ([], "person"),
    ],
)
def test_a_card_is_of_a_person_an_organisation_or_a_group(lines: list[str], kind: str) -> None:
    assert contact(*lines).kind == kind


def test_members_and_uids_are_compared_without_urn() -> None:
    found = contact(
        "UID:urn:uuid:A-1", "MEMBER:urn:uuid:B-2", "X-ADDRESSBOOKSERVER-MEMBER:URN:UUID:C-3", "MEMBER:mailto:d@e"
    )
    assert (found.uid, found.members) == ("A-1", ("B-2", "C-3", "mailto:d@e"))


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("PHOTO;ENCODING=b;TYPE=JPEG:{}", "3.0"),
        ("PHOTO;ENCODING=b,b;X-ABCROP-RECTANGLE=ABClipRect_1&0&0:{}", "3.0"),
        ("PHOTO;ENCODING=BASE64;TYPE=JPEG:{}", "3.0"),
        ("PHOTO;BASE64:\r\n  {}", "3.0"),
        ("PHOTO;JPEG;ENCODING=BASE64:\r\n {}\r\n", "2.1"),
        ("PHOTO:data:image/jpeg;base64,{}", "4.0"),
        ("PHOTO;VALUE=uri:data:image/jpeg\\;base64\\,{}", "3.0"),
        ("PHOTO:{}", "3.0"),
    ],
)
def test_a_photo_is_read_in_all_its_encodings(line: str, version: str) -> None:
    assert contact(line.format(base64.b64encode(JPEG).decode()), version=version).photo == Photo(JPEG)


@pytest.mark.parametrize(
    "line", ["PHOTO;VALUE=uri:{}", "PHOTO;TYPE=GIF:{}", "PHOTO;VALUE=URL;TYPE=PNG:{}", "PHOTO;URL:{}"]
)
def test_a_photo_may_be_an_address(line: str) -> None:
    uri = "https://example.org/a,b.jpg?c=1;d"
    assert contact(line.format(uri)).photo == Photo(uri=uri)


def test_a_photo_that_is_none_or_too_large_is_listed_and_the_card_goes_in() -> None:
    broken = contact("FN:Anna", "PHOTO;ENCODING=b:not base64!")
    assert (broken.photo, broken.display_name) == (None, "Anna")
    assert broken.unreadable == (Detail("PHOTO", "the picture is damaged: this is not base64"),)
    large = contact("FN:Anna", "PHOTO;ENCODING=b:" + "QUJD" * (5 * 1024 * 1024 // 3 + 10))
    assert large.photo is None
    assert large.unreadable == (Detail("PHOTO", "the picture is larger than 5 MiB"),)
    huge = contact("FN:Anna", "PHOTO;ENCODING=b:" + "QUJD" * (4 * 1024 * 1024))
    assert huge.unreadable == (Detail("PHOTO", "larger than 5 MiB"),)


def bomb(side: int) -> bytes:
    """A PNG that says it has side by side pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"x")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bomb(5_001), "it has more than 25 million pixels"),
        (bomb(10_000), "it has more than 25 million pixels"),
        (bomb(60_000), "it has more than 25 million pixels"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "it is no JPEG, PNG, WebP or GIF"),
        (picture("TIFF"), "it is no JPEG, PNG, WebP or GIF"),
        (picture("JPEG")[:30], "it is no JPEG, PNG, WebP or GIF"),
        (b"\xff\xd8\xff" + b"lie" * 50, "it is no JPEG, PNG, WebP or GIF"),
    ],
)
def test_a_picture_that_lies_is_refused_with_a_sentence_and_the_card_goes_in(data: bytes, why: str) -> None:
    line = "PHOTO;ENCODING=b;TYPE=JPEG:" + base64.b64encode(data).decode()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = contact("FN:Anna", line, "TEL:112")
    assert found.unreadable == (Detail("PHOTO", f"the picture cannot be shown: {why}"),)
    assert (found.display_name, len(found.handles), found.photo) == ("Anna", 1, Photo(data))


@pytest.mark.parametrize("data", [*PICTURES, bomb(5_000)], ids=len)
def test_a_picture_of_a_kind_that_is_shown_says_nothing(data: bytes) -> None:
    assert contact("FN:Anna", "PHOTO;ENCODING=b:" + base64.b64encode(data).decode()).unreadable == ()


def test_a_photo_of_5_mib_goes_in() -> None:
    data = bytes(5 * 1024 * 1024)
    assert contact("PHOTO;ENCODING=b:" + base64.b64encode(data).decode()).photo == Photo(data)


@pytest.mark.parametrize(
    ("lines", "details"),
    [
        (["RELATED;TYPE=spouse;VALUE=text:Eva"], [("Spouse", "Eva")]),
        (["RELATED;TYPE=co-worker:urn:uuid:7"], [("Colleague", "7")]),
        (["item1.X-ABRELATEDNAMES:Eva", "item1.X-ABLabel:_$!<Mother>!$_"], [("Mother", "Eva")]),
        (["item1.X-ABRELATEDNAMES:Eva", "item1.X-ABLabel:godmother"], [("Godmother", "Eva")]),
        (["X-EVOLUTION-SPOUSE:Eva", "X-MS-MANAGER:Pia"], [("Spouse", "Eva"), ("Manager", "Pia")]),
        (["GENDER:F;she", "LANG:de"], [("Gender", "female (she)"), ("Language", "de")]),
        (["GEO:1.5;2.5", "TZ:+01:00"], [("Position", "1.5, 2.5"), ("Time zone", "+01:00")]),
        (["X-PHONETIC-FIRST-NAME:An-na"], [("Phonetic first name", "An-na")]),
        (["item1.X-WHATEVER:a;b,c", "item1.X-ABLabel:My label"], [("My label", "a;b,c")]),
        (["FN:Anna", "FN:Anne"], [("Name", "Anne")]),
        (["LABEL;TYPE=HOME:Lane 5\\nTown"], [("Address label (home)", "Lane 5\nTown")]),
        (["LOGO;ENCODING=b;TYPE=PNG:QUJD"], [("Logo", "picture, 3 bytes")]),
        (["KEY;X509;ENCODING=b:QUJD"], [("Key", "data, 3 bytes")]),
        (["item1.X-ABLabel:alone"], [("Label", "alone")]),
        (["X-FCENCODED-582D46432D413A4D6F74686572:Eva"], [("Mother", "Eva")]),
    ],
)  # fmt: skip
def test_whatever_else_has_a_name_is_a_detail(lines: list[str], details: list[tuple[str, str]]) -> None:
    assert [tuple(detail) for detail in contact(*lines).details] == details


def test_what_cannot_be_decoded_is_listed() -> None:
    data = "BEGIN:VCARD\r\nFN:Anna\r\nno property\r\nNOTE:äöü".encode() + b"\xc3\r\nEND:VCARD\r\nafter\r\n"
    found = contact_of(read(data))
    assert found.notes == "äöü\ufffd"
    assert found.unreadable == (
        Detail("", "no property"),
        Detail("NOTE", "damaged UTF-8: äöü\ufffd"),
        Detail("", "after"),
    )


def test_empty_values_say_nothing() -> None:
    found = contact(
        "FN:Anna", "TEL:", "ADR:;;;;;;", "ORG:;", "TITLE:", "PHOTO:", "NOTE: ", "BDAY:", "X-ABLabel:", "CATEGORIES:,"
    )
    assert found == Contact(display_name="Anna")
