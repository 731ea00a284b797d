"""Cards after the shapes of phones and programs, of invented people: what a person would see of them."""

from pathlib import Path

import pytest

from contacts.card import Contact, Detail, Name, PartialDate, contact_of
from contacts.vcard import read, split

FOLDER = Path(__file__).parents[1] / "data" / "vcards"


def export(name: str, region: str = "DE") -> list[Contact]:
    pieces = split((FOLDER / f"{name}.vcf").read_bytes())
    return [contact_of(read(piece.raw), region) for piece in pieces]


def reached(contact: Contact) -> dict[str, str]:
    """Return {normalised: "platform label"} of the handles of a contact, with a star where it is preferred."""
    return {
        handle.normalised: f"{handle.platform} {handle.label}".strip() + "*" * handle.preferred
        for handle in contact.handles
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.vcf") if path.stem != "oddities"))
def test_everything_in_an_export_can_be_read(name: str) -> None:
    assert [contact.unreadable for contact in export(name) if contact.unreadable] == []
    assert all(contact.display_name for contact in export(name))


def test_ios() -> None:
    person, shop = export("ios")
    assert person.name == Name("", "Mareike", "Lou", "Brandt", "")
    assert (person.nickname, person.uid) == ("Mari, Lou", "")
    assert (person.birthday, person.anniversary) == (PartialDate(None, 2, 29), PartialDate(2011, 9, 17))
    assert person.notes == "Mag keine Anrufe vor zehn, schreibt lieber.\nGlasuren: Kobalt; Eisen."
    assert reached(person) == {
        "mareike@brandt.example": "email home*",
        "m.brandt@werkstatt.example": "email work",
        "+4915550112233": "phone cell*",
        "+493023125011": "phone home fax",
        "+4915550112244": "phone iphone",
        "+493023125012": "phone Ferienhaus",
        "brandt.example/?a=1,2": "website home page*",
        "mari.toepfert": "instagram",
        "maritoepfert": "x",
        "mareike@chat.example": "xmpp home*",
    }
    assert person.handles[-2].external_id == "20450123"
    assert person.addresses[0][:5] == ("home", "", "", "Ahornweg 7\nHinterhaus", "Berlin")
    assert {("Erster Ofen", "2004-03-01"), ("Spouse", "Jonas Brandt"), ("Mother", "Käthe")} <= set(person.details)
    assert person.photo
    assert person.photo.data[:3] == b"\xff\xd8\xff"
    assert (shop.kind, shop.birthday) == ("organization", PartialDate(None, 5, 4))


def test_macos() -> None:
    person, club = export("macos", "IE")
    assert person.name == Name("Prof.", "Fergus", "Patrick, Brendan", "O'Dowd", "PhD, FRS")
    assert person.affiliations[0] == ("Trinity Lab, Ltd.", "Optics, Lasers", "Reader", "")
    assert person.addresses[0][1:4] == ("PO Box 12", "Room 3, 2nd floor", "1 College Green")
    assert person.categories == ("Physics", "Chess, blitz")
    assert '"quotes" and a colon: and commas, of course.' in person.notes
    assert reached(person)["live:fergus"] == "skype work"
    assert person.photo
    assert person.photo.data[:4] == b"\x89PNG"
    assert (club.kind, club.members) == (
        "group",
        ("5ad380fd-b2de-4261-ba99-de1d1db52fbe", "9d3a1c54-0000-4000-8000-000000000002"),
    )
    assert club.members[0] == person.uid


def test_google() -> None:
    person, list_only = export("google", "PT")
    assert person.birthday == PartialDate(None, 4, 15)
    assert reached(person) == {
        "ines.carvalho@mail.example": "email home",
        "ines@estudio.example": "email work",
        "boletim@estudio.example": "email Newsletter",
        "+351210550101": "phone cell",
        "+351210550102": "phone home fax",
        "+351210550103": "phone Google Voice",
        "estudio.example": "website work",
        "inescarvalho": "github profile",
        "ines-carvalho": "linkedin profile",
        "ines.carvalho": "google_talk",
        "ines@jabber.example": "xmpp",
        "123456789": "icq",
    }
    assert person.photo
    assert person.photo.uri == "https://photos.example/contacts/ines/photo.jpg"
    assert list_only.display_name == "avisos@clube.example"
    assert list_only.categories == ("myContacts",)


def test_outlook() -> None:
    [person] = export("outlook")
    assert person.display_name == "Jürgen Köhler"
    assert person.affiliations == (("Bäckerei Köhler, Söhne", "Versand", "Geschäftsführer", "Bäcker"),)
    assert person.notes == "Liefert dienstags\n\nSchlüssel beim Nachbarn"
    assert person.addresses[0][:8] == ("work", "", "Halle 2", "Mühlenstraße 4", "Köln", "NRW", "50667", "Deutschland")
    assert Detail("Address label (work)", "Halle 2\nMühlenstraße 4\n50667 Köln NRW\nDeutschland") in person.details
    assert (person.birthday, person.anniversary) == (PartialDate(1961, 7, 4), PartialDate(1988, 6, 11))
    assert reached(person)["+493023125023"] == "phone work fax"
    assert reached(person)["+493023125024"] == "phone assistant"
    assert reached(person)["juergen@koehler.example"] == "email*"


def test_android() -> None:
    person, pizza, nobody = export("android", "SE")
    assert (person.display_name, person.nickname) == ("Åsa Ångström", "Ossi")
    assert person.notes == "Ångström och vänner i Göteborg, alla"
    assert person.anniversary == PartialDate(2005, 7, 2)
    assert person.details == (Detail("Spouse", "Märta"),)
    assert reached(person)["+46315550101"] == "phone cell*"
    assert reached(person)["+46315550102"] == "phone work"
    assert reached(person)["+46315550104"] == "phone stuga"
    assert person.photo
    assert (pizza.display_name, nobody.display_name) == ("Pizza", "endast@epost.example")


def test_evolution() -> None:
    [person] = export("evolution", "CZ")
    assert (person.display_name, person.nickname) == ("Ing. Božena Nováková", "Bóža")
    assert person.categories == ("Přátelé", "Práce")
    assert person.affiliations[0] == ("Knihovna", "Fond, Regionální", "Knihovnice", "Katalog")
    assert reached(person)["bozena@novakova.example"] == "email work*"
    assert reached(person)["+420555010102"] == "phone callback"
    assert person.notes.count("příliš žluťoučký kůň") == 2


def test_nokia() -> None:
    [person] = export("nokia", "FI")
    assert (person.display_name, person.notes) == ("Eero Mäkelä", "Vene lähtee\nkuudelta")
    assert reached(person)["+35895550101"] == "phone cell*"
    assert reached(person)["+35895550103"] == "phone video"
    assert reached(person)["+35895550105"] == "phone Mokki"
    assert reached(person)["+35895550106"] == "phone assistant"
    assert reached(person)["eero@poc.makela.example"] == "sip poc"


def test_blackberry() -> None:
    [person] = export("blackberry", "ZA")
    assert person.name == Name("Ms", "Thandi", "", "Mokoena", "")
    assert person.photo
    assert reached(person)["+27115550103"] == "phone work fax"
    assert person.details == (Detail("Blackberry pin", "2100000A"),)


def test_nextcloud() -> None:
    person, group, school = export("nextcloud", "TR")
    assert person.uid == "7a51f0f6-0000-4000-8000-000000000042"
    assert (person.birthday, person.anniversary) == (PartialDate(1986, 9, 23), PartialDate(None, 10, 11))
    assert reached(person) == {
        "sirin@yilmaz.example": "email home",
        "s.yilmaz@okul.example": "email work*",
        "+902125550101": "phone cell*",
        "+902125550102": "phone work",
        "@sirin:chat.example": "matrix home",
        "sirin@home@jabber.example": "xmpp",
        "sirin@social.example": "mastodon",
        "sirin.yilmaz": "facebook",
        "sirin": "telegram",
        "yilmaz.example/a;b?c=1,2": "website",
    }
    assert {("Name", "S. Yilmaz"), ("Gender", "female (kadın)"), ("Spouse", "Emre")} <= set(person.details)
    assert ("Address label", "Lale Sk. 5\nİstanbul: Kadıköy") in person.details
    assert group.members == (person.uid, "mailto:veli@okul.example", "tel:+90-212-555-0109")
    assert (group.kind, school.kind) == ("group", "organization")


def test_utf_16() -> None:
    person, other = export("utf16", "GR")
    assert (person.display_name, person.notes, other.display_name) == ("Ζωή Παππά", "𝛼 και ω", "Δεύτερη")


def test_oddities() -> None:
    smith, broken, miller = export("oddities", "GB")
    assert smith.display_name == "Smith, John, Jr."
    assert smith.affiliations == (("Acme, Inc.", "R, D", "A, B", ""),)
    assert smith.notes == "one, two; three"
    assert reached(smith)["john@jabber.example"] == "xmpp"
    assert [value for label, value in smith.details if label == "Agent"] == [
        "BEGIN:VCARD\nVERSION:2.1\nFN:Inner Agent\nTEL:020 7946 0102\nEND:VCARD"
    ]
    assert smith.unreadable == (Detail("", "Exported by nobody in particular"),)
    assert broken.unreadable == (
        Detail("", "this line is no property"),
        Detail("PHOTO", "the picture is damaged: this is not base64"),
    )
    assert (miller.display_name, miller.notes) == ("Müller", "café")
    assert miller.photo
