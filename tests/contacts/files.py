"""Cards as text, for what reads and writes files of them."""


def card(name: str, *lines: str, uid: str | None = None) -> bytes:
    """Return a card of name; its UID is the name unless another is given, and there is none with ""."""
    head = [] if uid == "" else [f"UID:{uid or name}"]
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *head, f"FN:{name}", *lines, "END:VCARD", ""]).encode()


def group_card(name: str, *members: str) -> bytes:
    """Return the card of a group; members: UIDs."""
    named = [f"MEMBER:urn:uuid:{member}" for member in members]
    head = ["BEGIN:VCARD", "VERSION:4.0", "KIND:group", f"UID:{name}", f"FN:{name}"]
    return "\r\n".join([*head, *named, "END:VCARD", ""]).encode()


HUGE = card("Gus", *["NOTE:" + "x" * 1000] * 1100)
"""A card that is larger than one may be."""
