"""The cards that the honest part of the server holds, and what may be in them."""

from dataclasses import dataclass

UNREADABLE = "<html>this is no card</html>"


@dataclass(frozen=True)
class Card:
    """One card as its owner wrote it. reach: numbers of handles, which several cards may share; uid: may be ""."""

    uid: str
    name: str
    reach: tuple[int, ...] = ()
    kind: str = "person"
    members: tuple[str, ...] = ()
    more: tuple[int, ...] = ()
    is_readable: bool = True

    @property
    def text(self) -> str:
        if not self.is_readable:
            return f"{UNREADABLE} {self.name}"
        lines = ["VERSION:3.0", f"FN:{self.name}", f"N:{self.name};;;;"]
        lines += [f"UID:{self.uid}"] if self.uid else []
        lines += [HANDLES[number % len(HANDLES)] for number in self.reach]
        lines += {"group": ["X-ADDRESSBOOKSERVER-KIND:group"], "organization": ["X-ABShowAs:COMPANY"]}.get(
            self.kind, []
        )
        lines += [f"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:{uid}" for uid in self.members]
        lines += [MORE[number % len(MORE)] for number in self.more]
        return "\r\n".join(["BEGIN:VCARD", *lines, "END:VCARD", ""])


HANDLES = (
    "EMAIL;TYPE=home:anna@example.org",
    "EMAIL;TYPE=work:ANNA@Example.ORG",
    "EMAIL:office@example.org",
    "EMAIL;TYPE=PREF:m\u00fcller@example.net",
    "TEL;TYPE=cell:+420 777 123 456",
    "TEL:+420777123456",
    "X-SOCIALPROFILE;TYPE=twitter;X-USERID=11:https://twitter.com/anna",
    "X-SOCIALPROFILE;TYPE=twitter;X-USERID=11:https://twitter.com/anna_new",
    "X-SOCIALPROFILE;TYPE=twitter;X-USERID=12:https://twitter.com/anna",
    "IMPP:xmpp:anna@example.org",
    "TEL:not a number",
)
MORE = (
    "ORG:Garden Ltd;Trees",
    "TITLE:Gardener",
    "ADR;TYPE=home:;;Long Street 1;Town;;12345;Land",
    "ADR;TYPE=work:;;Short Street 2;Town;;12345;Land",
    "CATEGORIES:Friends,Garden",
    "CATEGORIES:friends",
    "NOTE:\u017elu\u0165ou\u010dk\u00fd k\u016f\u0148\\, & <b>\\n two lines",
    "BDAY:--0515",
    'X-ODD;A="b":c',
    "GEO:1;2",
)
