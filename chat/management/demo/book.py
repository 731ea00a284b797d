"""The address book of the demo: a few hundred invented people and organisations, always the same ones.

They come as vCards, by the same way as everybody's: a directory that keeps them in memory is synced once. Addresses
end in .example (RFC 2606), and numbers lie in ranges that are kept for fiction where a country has one.
"""

import base64
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

from contacts.models import Directory
from project.accounts.models import User

from .cast import CAST, Person
from .faces import HAIR, Face, draw

SEED = 1912
PEOPLE = 260
WITH_FACES = 24

# fmt: off
GIVEN = (
    "Ada Aino Alba Amara André Anouk Bao Beatriz Björn Bogdan Carmen Chiara Chloé Dagmar Daniel Dilnoza Dmitri Eamon "
    "Elif Emeka Emil Eszter Farid Fatima Filip Freya Gabriela Giovanni Grace Hana Haruto Hedda Hiroshi Ignacio Ilse "
    "Imani Ingrid Isak Jakub Jamila Jarmila João Jürgen Kaede Karim Katarzyna Kofi Lena Lev Lior Lucía Ludvík Łukasz "
    "Maeve Magnus Malika Marek Marta Mehmet Mina Miro Nadia Nia Niko Noor Oluwaseun Oskar Pavla Petra Quentin Rafael "
    "Rosa Sana Sigrid Sindri Sofie Stelios Tamar Thandi Tuan Ülkü Viktor Vilde Wanda Xiulan Yara Yusuf Zdeněk Zuzana"
)
FAMILY = (
    "Abebe Andersson Bauer Benali Bianchi Blažek Brân Castro Chaudhry Cohen Costa Demir Dvořák Eriksen Fekete "
    "Fernandes Fischer García Georgiou Hansen Haugen Horák Ibrahim Ito Jansen Jovanović Kaplan Kask Kowalczyk Krüger "
    "Laine Lindqvist MacLeod Mbeki Meyer Moreau Mwangi Nagy Nguyen Nielsen Novotný Nowak Ó_Brien Okonkwo Östberg "
    "Pálsson Papadopoulos Park Peeters Petrov Popescu Rahman Reyes Ricci Rossi Saar Sato Šimek Silva Søndergaard "
    "Sørensen Tanaka Thorne Tran Urban van_Dijk Varga Vlček Wagner Weiss Wójcik Yamada Yildiz Zelenko Zimmermann"
)
NATIVE = ["佐藤 健", "李娜", "김민준", "Мария Соколова", "Γιώργος Νικολάου", "نور الدين", "דנה לוי", "สมชาย ใจดี"]
ORGANIZATIONS = [
    ("Bakery at the Bridge", "bridge-bakery"), ("Brightwater Dental", "brightwater"), ("City Library", "library"),
    ("Harbour Street School", "harbour-school"), ("Kite & Lantern Books", "kitelantern"),
    ("Meadow Housing Cooperative", "meadow-coop"), ("Northlight Studio", "northlight"), ("Old Mill Theatre", "oldmill"),
    ("Riverside Rowing Club", "riverside-rowing"), ("Sunflower Pharmacy", "sunflower"),
    ("Tandem Bicycle Workshop", "tandem"), ("Walnut Tree Kindergarten", "walnut-tree"),
]
TITLES = ["Teacher", "Bookseller", "Architect", "Nurse", "Carpenter", "Editor", "Coach", "Pharmacist", "Accountant"]
STREETS = ["Linden Lane", "Quay Road", "Mill Street", "Orchard Way", "Castle Hill", "Station Square"]
TOWNS = [("Brno", "602 00", "Czechia"), ("Porto", "4000-008", "Portugal"), ("Leeds", "LS1 4AP", "United Kingdom")]
CATEGORIES = ["Choir", "Family", "Neighbours", "Rowing", "School", "Work"]
PLATFORMS = ["X-SOCIALPROFILE;TYPE=mastodon:https://social.example/@", "IMPP:matrix:u/", "IMPP:xmpp:"]
# fmt: on
# What people call each other, where it is not what somebody calls themself.
NICKNAMES = {
    ("anna", "zoe"): "Zoë (3rd floor)",
    ("tomas", "anna"): "Anna Garden",
    ("wei", "tomas"): "Tomás (ground floor)",
}


def fill(people: Sequence[User]) -> None:
    """Give each of people a small book of the others, and the first one the large one too; sync them."""
    for number, owner in enumerate(people):
        me = next(person.key for person in CAST if person.email == owner.email)
        friends = [person for person in CAST if person.key != me]
        books = [_book("phone", "Phone", (_friend(person, NICKNAMES.get((me, person.key))) for person in friends))]
        if number == 0:
            random = Random(SEED)  # noqa: S311 - invented people, not secrets
            books += [_book("work", "Organisations", _organizations()), _book("home", "People", _everybody(random))]
        directory = Directory.objects.create(
            owner=owner, backend_class="memory", name="Example contacts", config={"books": books}, interval_minutes=0
        )
        directory.sync(by_owner=True)


def _book(href: str, name: str, cards: Iterator[str]) -> dict[str, object]:
    return {"href": f"/{href}/", "name": name, "cards": {f"{number}.vcf": card for number, card in enumerate(cards)}}


def _card(uid: str, name: str, *lines: str) -> str:
    says = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", *lines, "END:VCARD", ""]
    return "\r\n".join(says)


def _friend(person: Person, nickname: str | None) -> str:
    given, _, family = person.name.partition(" ")
    return _card(
        f"demo-{person.key}",
        nickname or person.name,
        f"N:{family};{given};;;",
        f"EMAIL;TYPE=HOME:{person.email}",
        "CATEGORIES:Courtyard garden",
        _photo(person.face),
    )


def _organizations() -> Iterator[str]:
    for number, (name, domain) in enumerate(ORGANIZATIONS):
        yield _card(
            f"demo-org-{number}",
            name,
            "N:;;;;",
            f"ORG:{name}",
            "X-ABSHOWAS:COMPANY",
            f"TEL;TYPE=WORK:+44 1632 960{100 + number}",
            f"EMAIL;TYPE=WORK:hello@{domain}.example",
            f"URL:https://www.{domain}.example/",
            f"ADR;TYPE=WORK:;;{number + 3} {STREETS[number % len(STREETS)]};Leeds;;LS1 4AP;United Kingdom",
        )


def _everybody(random: Random) -> Iterator[str]:
    names = [
        f"{given} {family.replace('_', ' ')}" for given in GIVEN.split() for family in random.sample(FAMILY.split(), 3)
    ]
    for number, name in enumerate([*NATIVE, *random.sample(names, PEOPLE - len(NATIVE))]):
        yield _somebody(random, number, name)
    members = [f"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:demo-{number}" for number in random.sample(range(PEOPLE), 9)]
    yield _card("demo-group", "Summer trip", "X-ADDRESSBOOKSERVER-KIND:group", *members)
    # The same person once more, as she is in the phone of many: a probable duplicate.
    yield _card("demo-twin", "Ada L.", "EMAIL:person0@mail.example", "TEL;TYPE=CELL:+44 7700 900000")
    yield "<html>What a server answers on a bad day, in place of a card</html>"


def _somebody(random: Random, number: int, name: str) -> str:
    given, _, family = name.partition(" ")
    lines = [f"N:{family};{given};;;", f"EMAIL;TYPE=HOME:person{number}@mail.example"]
    lines.append(f"TEL;TYPE=CELL:+44 7700 900{number:03}")
    if random.random() < 0.4:
        organization, domain = random.choice(ORGANIZATIONS)
        lines += [f"ORG:{organization}", f"TITLE:{random.choice(TITLES)}"]
        lines.append(f"EMAIL;TYPE=WORK:{number}@{domain}.example")
        # Now and then the number is the one of the whole organisation.
        extension = random.randrange(100, 112) if random.random() < 0.06 else 200 + number
        lines.append(f"TEL;TYPE=WORK:+44 1632 960{extension}")
    if random.random() < 0.35:
        town, code, country = random.choice(TOWNS)
        lines.append(f"ADR;TYPE=HOME:;;{random.randrange(1, 90)} {random.choice(STREETS)};{town};;{code};{country}")
    if random.random() < 0.5:
        year = random.choice(["-", str(random.randrange(1950, 2008))])
        lines.append(f"BDAY:{year}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}")
    if random.random() < 0.3:
        lines.append(f"CATEGORIES:{','.join(random.sample(CATEGORIES, random.randrange(1, 3)))}")
    if random.random() < 0.15:
        lines.append(f"{random.choice(PLATFORMS)}person{number}{'' if random.random() < 0.5 else '.home'}")
    if random.random() < 0.1:
        lines.append(f"NICKNAME:{given[:3]}")
    if random.random() < 0.1:
        lines.append("NOTE:Met at the summer party.\\nHas the key to the boathouse.")
    if number < WITH_FACES:
        lines.append(_photo(_face(random)))
    return _card(f"demo-{number}", name, *lines)


def _face(random: Random) -> Face:
    return Face(
        random.choice([person.face.background for person in CAST]),
        random.choice([person.face.clothes for person in CAST]),
        random.choice([person.face.skin for person in CAST]),
        random.choice(sorted(HAIR)),
        random.choice([person.face.hair_colour for person in CAST]),
        has_glasses=random.random() < 0.3,
    )


@cache
def _photo(face: Face) -> str:
    """Return a PHOTO line; long, as some address books write it, which every reader has to take."""
    return f"PHOTO;ENCODING=b;TYPE=WEBP:{base64.b64encode(draw(face).read()).decode()}"
