"""Building a new card from what it shall say."""

from contacts.card.composing import Composer, Style
from contacts.card.contact import Contact


def build(contact: Contact, version: str = "4.0") -> bytes:
    """Return a new card of a version, "4.0", "3.0" or "2.1"; without a uid it gets one of its own (RFC 4122)."""
    composer = Composer(Style(version=version, width_bytes=0 if version == "2.1" else 75))
    lines = [composer.line("BEGIN", "VCARD"), composer.line("VERSION", version), composer.uid(contact.uid)]
    lines += composer.kind(contact.kind)
    lines.append(composer.line("FN", contact.display_name))
    if any(contact.name) or version != "4.0":
        lines.append(composer.name(contact.name))
    if contact.nickname:
        lines.append(composer.parts("NICKNAME", contact.nickname.split(", "), ","))
    for name, day in (("BDAY", contact.birthday), ("ANNIVERSARY", contact.anniversary)):
        if day:
            lines += composer.date(name, day)
    lines += composer.affiliations(contact.affiliations)
    for handle in contact.handles:
        lines += composer.handle(handle)
    for address in contact.addresses:
        lines += composer.address(address)
    if contact.notes:
        lines.append(composer.line("NOTE", contact.notes))
    if contact.categories:
        lines.append(composer.parts("CATEGORIES", contact.categories, ","))
    lines += [composer.member(member) for member in contact.members]
    if contact.photo:
        lines.append(composer.photo(contact.photo))
    for detail in contact.details:
        lines += composer.detail(detail)
    lines.append(composer.line("END", "VCARD"))
    return b"".join(lines)
