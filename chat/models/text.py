"""What the text of a message and of a title may be."""

import unicodedata
from collections.abc import Sequence

from chat.exceptions import InvalidMessage
from project.accounts.names import is_visible

BODY_MAX = 20_000  # characters (code points)
TITLE_MAX = 100


def clean_body(body: object) -> str:
    """Return the body of a message as it is kept: line ends are newlines.

    body: 1 to BODY_MAX characters, at least one of them to be seen; newline and tab are its only control characters.
    Raises InvalidMessage with a sentence that says what is wrong.
    """
    if not isinstance(body, str):
        raise InvalidMessage("A message is a text.")
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    if not any(map(is_visible, body)):
        raise InvalidMessage("Write something first: an empty message is not sent.")
    if len(body) > BODY_MAX:
        raise InvalidMessage(f"This message has {len(body):,} characters; {BODY_MAX:,} are the most. Send it in parts.")
    _refuse_controls(body, allowed="\n\t")
    return body


def clean_title(title: object) -> str:
    """Return the title of a group on one line; "" takes the title away. Raises InvalidMessage."""
    if not isinstance(title, str):
        raise InvalidMessage("A title is a text.")
    title = title.strip()
    if len(title) > TITLE_MAX:
        raise InvalidMessage(f"This title has {len(title)} characters; {TITLE_MAX} are the most.")
    _refuse_controls(title, allowed="")
    return title


def listed(names: Sequence[str], more: int = 0) -> str:
    """Return names as people say them, and how many there are besides: "Anna, Ben and 2 others"."""
    if more > 0:
        return f"{', '.join(names)} and {more} other{'s' if more > 1 else ''}"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _refuse_controls(text: str, allowed: str) -> None:
    # Cs: half of a surrogate pair, which JSON can carry and UTF-8 cannot.
    for character in set(text).difference(allowed):
        if unicodedata.category(character) in {"Cc", "Cs"}:
            raise InvalidMessage(f"The character U+{ord(character):04X} cannot be sent. Take it out and try again.")
