"""Cards of invented people, and how they come into a book."""

from collections.abc import Iterable
from typing import Any

from contacts.card import CardHandle, Contact, Name
from contacts.directories.base import Entry
from contacts.models import Directory, Folder, Party
from contacts.models.mirroring import Placement, draw, mirror
from project.accounts.models import User
from project.words import key_of


def email(address: str, label: str = "home", **more: Any) -> CardHandle:
    return CardHandle("email", address, address.lower(), label, line=f"EMAIL;TYPE={label}:{address}", **more)


def phone(number: str, label: str = "mobile") -> CardHandle:
    return CardHandle("phone", number, number.replace(" ", ""), label, line=f"TEL;TYPE={label}:{number}")


def contact(name: str, *handles: CardHandle, **more: Any) -> Contact:
    """What a card of name says; its uid is the name unless another is given."""
    given, _, family = name.partition(" ")
    defaults = {"uid": name, "display_name": name, "name": Name(given=given, family=family), "handles": handles}
    return Contact(**{**defaults, **more})


def placed(folder: Folder, *contacts: Contact, of: Iterable[Party] = ()) -> list[Party]:
    """Write cards into folder as a sync does; of: the parties whose cards these are, as far as there are any."""
    parties = [*of, *[None] * len(contacts)]
    placements = [
        Placement(
            Entry(f"/{says.uid}.vcf", "1"),
            f"BEGIN:VCARD\r\nUID:{says.uid}\r\nEND:VCARD\r\n".encode(),
            says,
            party,
            key_of(f"/{says.uid}.vcf"),
            picture=draw(says, None, party.avatar_digest if party else ""),
        )
        for says, party in zip(contacts, parties, strict=False)
    ]
    return [Party.objects.get(pk=party.pk) for party in mirror(folder.owner_id, folder, placements, "carddav")]


def folder_of(owner: User, name: str = "Friends") -> Folder:
    """A mirrored folder of a directory that is not asked."""
    directory = Directory.objects.create(owner=owner, backend_class="memory", name=f"Directory of {name}")
    return Folder.objects.create(owner=owner, directory=directory, name=name, source_href=f"/{name}/", href_key=name)
