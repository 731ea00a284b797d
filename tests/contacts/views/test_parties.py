"""One contact: what its page shows, its card, making, editing, removing and bringing it back."""

import base64
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from contacts.card import CardAddress, CardAffiliation, CardHandle, Contact, Detail, PartialDate, contact_of
from contacts.directories.base import Entry
from contacts.models import Folder, Handle, Organization, Party, PartyHandle, merge
from contacts.models.mirroring import Placement, mirror
from contacts.vcard import read
from project.accounts.models import User
from project.words import key_of
from tests.chat.pages import elements
from tests.contacts.cast import contact, email, folder_of, placed
from tests.contacts.generated import PICTURES
from tests.contacts.views.pages import fields, get, links, post, query_count, url

CARD = """BEGIN:VCARD
VERSION:3.0
UID:full
FN:Dr. Jan Novák
N:Novák;Jan;Karel;Dr.;
NICKNAME:Honza
BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-15
ANNIVERSARY:2010-06-12
ORG:Acme;Garden
TITLE:Gardener
TEL;TYPE=cell,pref:+420 732 123 456
EMAIL;TYPE=work:jan@example.org
URL:https://jan.example.org/?a=1&b=2
item1.X-ABDATE:2001-02-03
item1.X-ABLabel:Graduation
ADR;TYPE=home:;Flat 3;Long Street 1;Praha;;110 00;Czechia
NOTE:Likes tea.\\nReally.
RELATED;TYPE=spouse;VALUE=text:Eva
X-FAVOURITE-COLOUR:green
END:VCARD
"""


def from_card(folder: Folder, text: str = CARD, place: str = "/full.vcf") -> Party:
    """Take a card in as a sync does."""
    raw = text.replace("\n", "\r\n").encode()
    said = contact_of(read(raw), folder.region)
    party = mirror(folder.owner_id, folder, [Placement(Entry(place, "1"), raw, said, key=key_of(place))], "carddav")[0]
    return Party.objects.get(pk=party.pk)


def by_hand(owner: User, name: str = "Jan Novák", *handles: CardHandle, **more: object) -> Party:
    return Party.objects.enter(owner, contact(name, *handles, **more))


# --- The page ------------------------------------------------------------------------------------------------------


def test_everything_on_the_card_is_shown(hers: Client, folder: Folder) -> None:
    page = get(hers, url("party", from_card(folder)))

    for text in (
        "Dr. Jan Novák", "Honza", "15 May<", "12 June 2010", "Gardener, Acme", "Garden", "+420 732 123 456", "cell",
        "jan@example.org", "work", "https://jan.example.org/?a=1&amp;b=2", "Graduation", "2001-02-03",
        "Flat 3\nLong Street 1\n110 00 Praha\nCzechia", "Likes tea.\nReally.", "Spouse", "Eva", "green",
        "“<span data-user-text dir=\"auto\">Friends</span>”", "Directory of Friends",
    ):  # fmt: skip
        assert text in page, text
    assert page.count("preferred") == 1
    assert {"tel:+420732123456", "mailto:jan@example.org", "https://jan.example.org/?a=1&b=2"} <= set(links(page))


def test_the_title_of_the_page_is_the_name(hers: Client, folder: Folder) -> None:
    assert "<title>Dr. Jan Novák · " in get(hers, url("party", from_card(folder)))


def test_a_claim_tells_how_sure_it_is_and_why(hers: Client, folder: Folder) -> None:
    [jan, eva] = placed(folder, contact("Jan", email("x@example.org")), contact("Eva", email("x@example.org", "work")))

    certain, doubtful = get(hers, url("party", jan)), get(hers, url("party", eva))

    assert 'sure-certain">certain<span class="sure-number"> 100 %' in certain
    assert 'sure-doubtful">doubtful<span class="sure-number"> 30 %' in doubtful
    assert "EMAIL;TYPE=work:x@example.org" in doubtful
    assert url("party", jan) in links(doubtful[doubtful.index('class="why"') :])


@pytest.mark.parametrize(
    ("source", "words"), [("carddav", "CardDAV"), ("import", "imported file"), ("manual", "typed here")]
)
def test_a_claim_tells_where_it_came_from(source: str, words: str, hers: Client, folder: Folder) -> None:
    [jan] = placed(folder, contact("Jan", email("x@example.org")))
    PartyHandle.objects.update(source=source)

    page = get(hers, url("party", jan))

    assert f"A card says so ({words})." in page
    assert '<code data-user-text dir="auto">EMAIL;TYPE=home:x@example.org</code>' in page


def test_an_inferred_claim_is_called_so(hers: Client, alice: User, folder: Folder) -> None:
    [acme] = placed(folder, contact("Acme", email("info@acme.example"), kind="organization"))
    Organization.objects.update(domain="acme.example")
    handle = Handle.objects.upsert(alice, "email", "sales@acme.example")
    Handle.objects.suggest([handle.pk])

    page = get(hers, url("party", acme))

    assert "40 %" in page
    assert "it was inferred" in page
    assert "The address is in the domain acme.example." in page


def test_a_dismissed_claim_stands_apart_and_can_be_taken_back(hers: Client, folder: Folder) -> None:
    _, eva = placed(folder, contact("Jan", email("x@example.org")), contact("Eva", email("x@example.org")))
    link = PartyHandle.objects.get(party=eva)
    link.dismiss()

    page = get(hers, url("party", eva))

    assert "1 address that you said is not theirs" in page
    assert url("confirm", eva, link.handle) in page


def test_an_organisation_lists_who_works_there_and_they_lead_to_it(hers: Client, folder: Folder) -> None:
    acme, jan = placed(
        folder,
        contact("Acme", kind="organization"),
        contact("Jan", affiliations=(CardAffiliation("Acme", "Garden", "Gardener"),)),
    )

    assert url("party", jan) in links(get(hers, url("party", acme)).partition("<main")[2])
    assert url("party", acme) in links(get(hers, url("party", jan)).partition("<main")[2])


def test_addresses_of_merged_entries_stand_once(alice: User, hers: Client, folder: Folder) -> None:
    home = CardAddress("home", street="Long Street 1", locality="Praha")
    [jan] = placed(folder, contact("Jan", addresses=(home,), affiliations=(CardAffiliation("Acme"),)))
    [twin] = placed(folder_of(alice, "Work"), contact("J.", addresses=(home,), affiliations=(CardAffiliation("Acme"),)))
    merge(jan, twin)

    page = get(hers, url("party", jan)).partition("<main")[2]

    assert page.count("Long Street 1") == 1
    assert page.count(">Acme<") == 2  # under the name, and among the organisations


def test_where_the_own_card_is_silent_a_merged_entry_speaks(alice: User, hers: Client, folder: Folder) -> None:
    [jan] = placed(folder, contact("Jan", nickname="Honza"))
    [twin] = placed(
        folder_of(alice, "Work"),
        contact("J.", nickname="Johnny", birthday=PartialDate(1990, 5, 15), notes="From work"),
    )
    merge(jan, twin)

    page = get(hers, url("party", jan)).partition("<main")[2]
    about, _, merged = page.partition('id="merged-head"')

    assert "15 May 1990" in about
    assert "From work" in about
    assert "Honza" in about
    assert "Johnny" in merged
    assert url("unmerge", twin) in merged


def test_a_merged_entry_leads_to_the_one_that_stands_for_it(alice: User, hers: Client, folder: Folder) -> None:
    [jan], [twin] = placed(folder, contact("Jan")), placed(folder_of(alice, "Work"), contact("J."))
    merge(jan, twin)

    assert hers.get(url("party", twin))["Location"] == url("party", jan)


def test_a_picture_that_cannot_be_drawn_is_told(hers: Client, folder: Folder) -> None:
    photo = base64.b64encode(PICTURES[0][:-20]).decode()
    party = from_card(folder, CARD.replace("END:VCARD", f"PHOTO;ENCODING=b;TYPE=PNG:{photo}\nEND:VCARD"))

    page = get(hers, url("party", party))

    assert not party.avatar
    assert "the picture is damaged" in page


def test_lines_that_cannot_be_read_are_listed(hers: Client, folder: Folder) -> None:
    party = from_card(folder, CARD.replace("X-FAVOURITE-COLOUR:green", "this is <b>no</b> line"))

    page = get(hers, url("party", party))

    assert "1 line of the card cannot be read" in page
    assert "this is &lt;b&gt;no&lt;/b&gt; line" in page


def test_the_card_is_shown_on_request_and_long_values_shortened(hers: Client, folder: Folder) -> None:
    photo = "PHOTO;ENCODING=b;TYPE=JPEG:" + "\n ".join(["QUJD" * 18] * 4000)
    party = from_card(folder, CARD.replace("NOTE:", f"{photo}\nNOTE:<b>bold</b> "))

    page = get(hers, url("card", party))

    assert "X-FAVOURITE-COLOUR:green" in page
    assert "NOTE:&lt;b&gt;bold&lt;/b&gt; Likes tea." in page
    assert len(page) < 100_000


def test_an_edit_of_a_synced_card_is_told(hers: Client, folder: Folder) -> None:
    party = from_card(folder)
    old = party.contact()
    party.edit(old, Contact(**{**old.__dict__, "notes": "Mine"}))

    page = get(hers, url("party", party))

    assert "Edited here." in page
    assert "Mine" in page


HOSTILE = '"><script>broken()</script>'


def test_hostile_text_of_a_card_is_text_and_no_unsafe_address_is_a_link(hers: Client, folder: Folder) -> None:
    hostile = CardHandle("other", "javascript:broken()", "javascript:broken()", HOSTILE, line=f"URL:{HOSTILE}")
    website = CardHandle("website", "javascript:broken()//x.example", "javascript:broken()", "x")
    data = CardHandle("website", "data:text/html,<script>broken()</script>", "data:", "x")
    mail = CardHandle("email", '"onmouseover=broken()"@example.org', '"onmouseover=broken()"@example.org', "x")
    [party] = placed(
        folder,
        contact(
            HOSTILE, hostile, website, data, mail, nickname=HOSTILE, notes=HOSTILE, categories=(HOSTILE,),
            details=(Detail(HOSTILE, HOSTILE),), addresses=(CardAddress(HOSTILE, street=HOSTILE),),
            affiliations=(CardAffiliation(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        ),
    )  # fmt: skip

    for place in ("party", "card", "edit", "merge"):
        page = get(hers, url(place, party))
        assert "<script>broken" not in page
        for one in elements(page):
            assert not [name for name in one if name.startswith("on")]
            for name in ("href", "src", "action"):
                assert (one.get(name) or "/").startswith(("/", "#", "?", "mailto:", "https://")), one
    assert "mailto:%22onmouseover%3Dbroken%28%29%22@example.org" in links(get(hers, url("party", party)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x" * 10_000, "x" * 10_000),
        ("\u200b\u200d\ufeff", "jan@example.org"),  # nobody sees or finds such a name
        ("a\u200bb", "a\u200bb"),
        ("\u202eexe.doc", "\u202eexe.doc"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("שרה", "שרה"),
    ],
)
def test_a_contact_of_any_name_is_listed_found_shown_edited_and_merged(
    name: str, shown: str, alice: User, hers: Client, folder: Folder
) -> None:
    party = from_card(folder, f"BEGIN:VCARD\nVERSION:3.0\nUID:odd\nFN:{name}\nEMAIL:jan@example.org\nEND:VCARD\n")
    other = by_hand(alice, "Other")

    assert party.display_name == shown
    row = f'<span class="book-name" data-user-text dir="auto">{shown}</span>'
    for address in ("/contacts/", "/contacts/?q=jan@"):
        assert row in get(hers, address)
    assert f'<h2 class="party-name" data-user-text dir="auto">{shown}</h2>' in get(hers, url("party", party))
    assert shown in get(hers, url("compare", party, other))
    post(hers, url("edit", party), fields(get(hers, url("edit", party)), "party-form") | {"notes": "Tea"})
    party.refresh_from_db()
    assert (party.display_name, party.notes) == (shown, "Tea")
    assert name.encode() in b"".join(bytes(party.raw_vcard).split(b"\r\n "))


def test_the_page_of_a_contact_takes_few_queries_whatever_it_shows(alice: User, hers: Client, folder: Folder) -> None:
    [plain] = placed(folder, contact("Plain", email("x@example.org")))
    rich, *twins = placed(
        folder,
        *(
            contact(
                f"Rich {n}",
                *(email(f"{n}-{m}@example.org") for m in range(20)),
                email("x@example.org"),
                addresses=tuple(CardAddress("home", street=f"{n} {m}") for m in range(5)),
                affiliations=tuple(CardAffiliation(f"Org {m}") for m in range(5)),
                categories=tuple(f"Group {m}" for m in range(10)),
            )
            for n in range(5)
        ),
        *(contact(f"Org {m}", kind="organization") for m in range(5)),
    )
    for twin in twins[:3]:
        merge(rich, twin)

    some, many = (query_count(hers, url("party", one)) for one in (twins[3], rich))

    assert query_count(hers, url("party", plain)) <= some == many <= 18


# --- The picture ---------------------------------------------------------------------------------------------------


def picture() -> ContentFile:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "green").save(buffer, "WEBP")
    return ContentFile(buffer.getvalue())


def test_a_picture_is_served_to_its_owner_alone(hers: Client, strangers: Client, folder: Folder) -> None:
    [jan] = placed(folder, contact("Jan"))
    jan.change_avatar(picture())
    jan.save()

    response = hers.get(url("avatar", jan))

    assert response.status_code == 200
    assert b"".join(response.streaming_content) == jan.avatar.open().read()
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "private" in response["Cache-Control"]
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert f"{url('avatar', jan)}?v={jan.avatar_version}" in get(hers, url("party", jan))
    for browser in (strangers, Client()):
        theirs, nobodys = browser.get(url("avatar", jan)), browser.get(url("avatar", "0" * 16))
        assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
        assert theirs.status_code == 404


def test_a_picture_that_is_not_there_is_not_found(hers: Client, folder: Folder) -> None:
    [jan] = placed(folder, contact("Jan"))
    assert hers.get(url("avatar", jan)).status_code == 404
    jan.change_avatar(picture())
    jan.save()
    jan.avatar.storage.delete(jan.avatar.name)
    assert hers.get(url("avatar", jan)).status_code == 404


# --- Making --------------------------------------------------------------------------------------------------------


def test_a_person_is_entered_by_hand(alice: User, hers: Client) -> None:
    form = fields(get(hers, url("new")), "party-form") | {
        "given_name": "Jan", "family_name": "Novák", "handles-0-value": "+420 732 123 456", "handles-0-label": "mobile",
        "handles-1-value": "Jan@Example.org", "affiliations-0-organization": "Acme",
        "addresses-0-street": "Long Street 1\r\nFlat 3", "birthday_day": "29", "birthday_month": "2",
        "notes": "Tea\r\nno milk",
    }  # fmt: skip

    place = post(hers, url("new"), form)

    jan = Party.objects.get()
    assert place == url("party", jan)
    assert (jan.owner, jan.display_name, jan.notes) == (alice, "Jan Novák", "Tea\nno milk")
    assert (jan.person.given_name, jan.person.birthday) == ("Jan", PartialDate(None, 2, 29))
    handles = jan.handles.values_list("platform", "normalised")
    assert set(handles) == {("phone", "+420732123456"), ("email", "jan@example.org")}
    assert jan.affiliations.get().organization_name == "Acme"
    assert jan.addresses.get().street == "Long Street 1\nFlat 3"


def test_an_organisation_is_entered_by_hand(hers: Client) -> None:
    form = fields(get(hers, url("new") + "?kind=organization"), "party-form")
    assert form["kind"] == "organization"

    post(hers, url("new"), form | {"display_name": "Acme", "handles-1-value": "info@acme.example"})

    acme = Party.objects.get()
    assert (acme.kind, acme.display_name, acme.organization.domain) == ("organization", "Acme", "acme.example")
    assert acme.organization.legal_name == "Acme"


def test_a_number_alone_makes_a_contact(hers: Client) -> None:
    post(hers, url("new"), fields(get(hers, url("new")), "party-form") | {"handles-0-value": "+420 732 123 456"})

    assert Party.objects.get().display_name == "+420 732 123 456"


def test_nothing_at_all_makes_no_contact(hers: Client) -> None:
    response = hers.post(url("new"), fields(get(hers, url("new")), "party-form"))

    assert response.status_code == 422
    assert "Give a name, or at least an address or a number." in response.content.decode()
    assert not Party.objects.exists()


def test_what_cannot_be_an_address_is_said_beside_it_and_all_that_was_typed_stays(hers: Client) -> None:
    form = fields(get(hers, url("new")), "party-form") | {
        "given_name": "Jan", "handles-1-value": "no address", "birthday_day": "31", "birthday_month": "2",
        "notes": "<b>Tea</b>",
    }  # fmt: skip
    response = hers.post(url("new"), form)
    page = response.content.decode()

    assert response.status_code == 422
    assert page.index('value="no address"') < page.index("This is no e-mail address.")
    assert "There is no such day." in page
    for text in ('value="Jan"', "&lt;b&gt;Tea&lt;/b&gt;"):
        assert text in page
    assert not Party.objects.exists()


def test_without_javascript_a_button_asks_for_one_more_row(hers: Client) -> None:
    typed = {"given_name": "Jan", "more": "handles", "handles-1-value": "bad"}
    form = fields(get(hers, url("new")), "party-form") | typed

    response = hers.post(url("new"), form)
    again = fields(response.content.decode(), "party-form")

    assert response.status_code == 200
    assert int(again["handles-TOTAL_FORMS"]) == int(form["handles-TOTAL_FORMS"]) + 1
    assert (again["given_name"], again["handles-1-value"]) == ("Jan", "bad")
    assert 'class="errors"' not in response.content.decode()
    assert not Party.objects.exists()


# --- Editing -------------------------------------------------------------------------------------------------------


def test_saving_a_form_that_nobody_touched_changes_nothing(hers: Client, folder: Folder) -> None:
    party = from_card(folder, CARD.replace("Likes tea.\\nReally.", "  Likes   tea.\\n\\n  Really.  "))
    before = bytes(party.raw_vcard)

    place = post(hers, url("edit", party), fields(get(hers, url("edit", party)), "party-form"))

    assert place == url("party", party)
    party.refresh_from_db()
    assert bytes(party.raw_vcard) == before
    assert not party.is_edited_here


def test_an_edit_changes_only_the_lines_that_it_touches(hers: Client, folder: Folder) -> None:
    party = from_card(folder)
    before = bytes(party.raw_vcard).splitlines()
    form = fields(get(hers, url("edit", party)), "party-form")

    post(hers, url("edit", party), form | {"handles-1-value": "new@example.org", "notes": "Coffee"})

    party.refresh_from_db()
    after = bytes(party.raw_vcard).splitlines()
    assert set(before) - set(after) == {b"EMAIL;TYPE=work:jan@example.org", b"NOTE:Likes tea.\\nReally."}
    assert party.is_edited_here
    assert party.notes == "Coffee"
    assert set(party.handles.values_list("normalised", flat=True)) >= {"new@example.org", "+420732123456"}


def test_rows_are_removed_by_a_tick_or_by_emptying_them(hers: Client, folder: Folder) -> None:
    party = from_card(folder)
    form = fields(get(hers, url("edit", party)), "party-form")

    post(hers, url("edit", party), form | {"handles-0-DELETE": "on", "handles-1-value": "", "addresses-0-DELETE": "on"})

    assert list(party.handles.values_list("platform", flat=True)) == ["website"]
    assert not party.addresses.exists()


def test_a_name_made_of_its_parts_follows_them(alice: User, hers: Client) -> None:
    jan = by_hand(alice)
    form = fields(get(hers, url("edit", jan)), "party-form")

    post(hers, url("edit", jan), form | {"family_name": "Dvořák"})

    jan.refresh_from_db()
    assert jan.display_name == "Jan Dvořák"


def test_a_name_of_its_own_stays_when_the_parts_change(alice: User, hers: Client) -> None:
    jan = by_hand(alice, "Jan Novák", display_name="Jenda from the garden")
    form = fields(get(hers, url("edit", jan)), "party-form")

    post(hers, url("edit", jan), form | {"family_name": "Dvořák"})

    jan.refresh_from_db()
    assert (jan.display_name, jan.person.family_name) == ("Jenda from the garden", "Dvořák")


def test_the_legal_name_of_an_organisation_follows_its_name(alice: User, hers: Client) -> None:
    acme = by_hand(alice, "Acme", kind="organization", affiliations=(CardAffiliation("Acme"),))
    form = fields(get(hers, url("edit", acme)), "party-form")

    post(hers, url("edit", acme), form | {"display_name": "Acme Ltd"})

    acme = Party.objects.get()
    assert (acme.display_name, acme.organization.legal_name) == ("Acme Ltd", "Acme Ltd")


def test_a_person_turns_out_to_be_an_organisation(alice: User, hers: Client) -> None:
    acme = by_hand(alice, "Acme")
    form = fields(get(hers, url("edit", acme)), "party-form")

    post(hers, url("edit", acme), form | {"kind": "organization"})

    acme = Party.objects.get()
    assert (acme.kind, acme.display_name) == ("organization", "Acme")


def test_an_edit_does_not_undo_what_a_sync_wrote_meanwhile(hers: Client, folder: Folder) -> None:
    party = from_card(folder)
    form = fields(get(hers, url("edit", party)), "party-form")
    newer = CARD.replace("NICKNAME:Honza", "NICKNAME:Jenda").replace("END:", "TEL;TYPE=home:+420 222 333 444\nEND:")
    raw = newer.replace("\n", "\r\n").encode()
    fresh = Party.objects.defer(None).get(pk=party.pk)
    mirror(
        folder.owner_id, folder, [Placement(Entry("/full.vcf", "2"), raw, contact_of(read(raw)), fresh, fresh.href_key)]
    )

    post(hers, url("edit", party), form | {"notes": "Coffee"})

    party = Party.objects.get()
    assert (party.notes, party.person.nickname) == ("Coffee", "Jenda")
    assert "+420222333444" in party.handles.values_list("normalised", flat=True)


def test_a_form_that_this_server_did_not_draw_changes_nothing(hers: Client, folder: Folder) -> None:
    party = from_card(folder)
    form = fields(get(hers, url("edit", party)), "party-form")

    for forged in ("", "forged", form["drawn_from"][:-2]):
        response = hers.post(url("edit", party), form | {"drawn_from": forged, "notes": "Coffee"})
        assert response.status_code == 422
        assert "This form is too old." in response.content.decode()
    party.refresh_from_db()
    assert party.notes == "Likes tea.\nReally."


def test_a_picture_is_set_drawn_anew_and_removed(alice: User, hers: Client) -> None:
    jan = by_hand(alice)
    form = fields(get(hers, url("edit", jan)), "party-form")
    upload = SimpleUploadedFile("me.webp", picture().read())
    assert "remove_picture" not in get(hers, url("edit", jan))

    post(hers, url("edit", jan), form | {"picture": upload})
    jan.refresh_from_db()
    assert Image.open(jan.avatar.open()).size == (256, 256)
    photo = Party.objects.defer(None).get().contact().photo
    assert photo is not None
    assert Image.open(BytesIO(photo.data)).size == (256, 256)

    form = fields(get(hers, url("edit", jan)), "party-form")
    post(hers, url("edit", jan), form | {"remove_picture": "on"})
    jan.refresh_from_db()
    assert not jan.avatar
    assert Party.objects.defer(None).get().contact().photo is None


def test_a_file_that_is_no_picture_is_refused_beside_its_field(alice: User, hers: Client) -> None:
    jan = by_hand(alice)
    form = fields(get(hers, url("edit", jan)), "party-form")

    response = hers.post(url("edit", jan), form | {"picture": SimpleUploadedFile("x.svg", b"<svg/>"), "notes": "Tea"})

    assert response.status_code == 422
    assert "cannot be read as a picture" in response.content.decode()
    assert ">\nTea</textarea>" in response.content.decode()


def test_a_contact_with_hundreds_of_addresses_is_edited_like_any_other(alice: User, hers: Client) -> None:
    jan = by_hand(alice, "Jan Novák", *(email(f"{n}@example.org") for n in range(600)))
    form = fields(get(hers, url("edit", jan)), "party-form")

    post(hers, url("edit", jan), form | {"handles-599-value": "last@example.org"})

    assert jan.handles.count() == 600
    assert jan.handles.filter(normalised="last@example.org").exists()


def test_a_merged_entry_is_edited_in_its_own_card(alice: User, hers: Client, folder: Folder) -> None:
    jan, twin = from_card(folder), by_hand(alice, "J. Novák", email("old@example.org"))
    merge(jan, twin)
    form = fields(get(hers, url("edit", twin)), "party-form")

    place = post(hers, url("edit", twin), form | {"handles-0-value": "new@example.org"})

    assert place == url("party", jan)
    assert "new@example.org" in jan.links.values_list("handle__normalised", flat=True)
    jan.refresh_from_db()
    assert not jan.is_edited_here


# --- Removing ------------------------------------------------------------------------------------------------------


def test_a_removed_contact_can_be_brought_back_at_once(hers: Client, folder: Folder) -> None:
    party = from_card(folder)

    place = post(hers, url("remove", party))
    page = get(hers, place)

    assert not Party.objects.in_book().exists()
    assert Party.objects.get().is_removed_by_owner
    assert "is removed from your address book" in page
    assert ">Undo<" in page
    assert post(hers, url("restore", party)) == url("party", party)
    assert Party.objects.in_book().get() == party


def test_of_a_contact_that_is_gone_at_its_source_nobody_promises_to_bring_it_back(hers: Client, folder: Folder) -> None:
    party = from_card(folder)
    party.purge()

    page = get(hers, url("party", party)).partition("<main")[2]

    assert "comes back here when it comes back there" in page
    assert "where it can be deleted for good" in page
    assert url("restore", party) not in page


def test_a_contact_is_deleted_for_good_only_after_a_question(alice: User, hers: Client) -> None:
    jan = by_hand(alice, "Jan Novák", email("jan@example.org"))
    assert hers.post(url("erase", jan)).status_code == 404  # it must be removed first
    jan.purge(by_owner=True)

    assert "There is no way back" in get(hers, url("erase", jan))
    assert Party.objects.exists()
    assert post(hers, url("erase", jan)) == url("removed")
    assert not Party.objects.exists()
    assert not Handle.objects.exists()


def test_who_deletes_a_mirrored_contact_for_good_is_told_that_it_may_come_back(hers: Client, folder: Folder) -> None:
    party = from_card(folder)
    party.purge(by_owner=True)

    assert "comes back with a later sync" in get(hers, url("erase", party))


# --- Doors ---------------------------------------------------------------------------------------------------------

READS = ("party", "card", "edit", "merge")
WRITES = ("edit", "remove", "restore", "erase", "party_groups")


@pytest.mark.parametrize("name", READS)
def test_nobody_reads_a_contact_of_somebody_else(name: str, hers: Client, strangers: Client, folder: Folder) -> None:
    party = from_card(folder)
    assert hers.get(url(name, party)).status_code == 200

    theirs, nobodys = strangers.get(url(name, party)), strangers.get(url(name, "0" * 16))

    assert theirs.status_code == 404
    assert theirs.content == nobodys.content


@pytest.mark.parametrize("name", WRITES)
def test_nobody_changes_a_contact_of_somebody_else(
    name: str, alice: User, hers: Client, strangers: Client, folder: Folder
) -> None:
    party = from_card(folder)
    form = fields(get(hers, url("edit", party)), "party-form") | {"notes": "changed"}
    if name in {"restore", "erase"}:
        party.purge(by_owner=True)
    before = Party.objects.values().get()

    theirs, nobodys = strangers.post(url(name, party), form), strangers.post(url(name, "0" * 16), form)

    assert theirs.status_code == 404
    assert theirs.content == nobodys.content
    assert Party.objects.values().get() == before
    if name != "party_groups":
        assert hers.post(url(name, party), form).status_code == 303
        assert list(Party.objects.values()) != [before]


@pytest.mark.parametrize("name", ["remove", "restore", "party_groups"])
def test_no_get_changes_anything(name: str, hers: Client, folder: Folder) -> None:
    assert hers.get(url(name, from_card(folder))).status_code == 405


def test_a_removed_contact_has_no_door_but_its_own(hers: Client, folder: Folder) -> None:
    party = from_card(folder)
    party.purge(by_owner=True)

    for name in ("edit", "card", "merge"):
        assert hers.get(url(name, party)).status_code == 404
