"""Lines that name a way to reach somebody, in both directions: TEL, EMAIL, IMPP, URL, X-SOCIALPROFILE, X-SKYPE ..."""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from contacts.card.contact import CardHandle
from contacts.exceptions import InvalidHandle
from contacts.platforms import VALUE_MAX, normalise, platform_named, profile_of
from contacts.values import Line, param, text, types
from contacts.vcard import written

# Phones of assistants, companies and cars, from Outlook and Nokia.
_PHONES = {"TEL": "", "X-MS-TEL": "", "X-ASSISTANT-TEL": "assistant", "X-EVOLUTION-TELEX": "telex"}
_SOCIAL = {"IMPP", "X-SOCIALPROFILE", "SOCIALPROFILE", "X-MS-IMADDRESS", "X-IM", "X-IMPP"}
_WEBSITES = {"URL", "X-URL", "X-MS-URL"}
_KDE = re.compile(r"X-MESSAGING/([A-Z]+)")
# What URIs of old messengers say besides the account: aim:goim?screenname=anna
_VERB = re.compile(r"(?:goim\?screenname=|sendim\?|chat\?contact=|addfriend\?|add\?)", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# Platforms with a URI scheme of their own, and the name that Apple gives them in X-SERVICE-TYPE.
_SCHEMES = {
    "xmpp": ("xmpp", "Jabber"), "sip": ("sip", "SIP"), "skype": ("skype", "Skype"), "aim": ("aim", "AIM"),
    "icq": ("icq", "ICQ"), "msn": ("msnim", "MSN"), "yahoo": ("ymsgr", "Yahoo"), "qq": ("qq", "QQ"),
    "google_talk": ("xmpp", "GoogleTalk"), "gadugadu": ("gg", "GaduGadu"), "groupwise": ("groupwise", "GroupWise"),
    "irc": ("irc", "IRC"),
}  # fmt: skip
_OLD_NAMES = {"xmpp": "X-JABBER", "google_talk": "X-GOOGLE-TALK"} | {
    key: f"X-{key.upper()}" for key in ("sip", "skype", "aim", "icq", "msn", "yahoo", "qq", "gadugadu", "groupwise")
}


class Reach(NamedTuple):
    """What a line names, before anybody asked whether it can be an address.

    service: the label of a network that is unknown to us; word: the TYPE that named the network, and so is no label.
    """

    platform: str
    value: str
    service: str = ""
    external_id: str = ""
    word: str = ""


class HandleLine(NamedTuple):
    """A new line for a handle. is_uri: the value is written as it is, without backslashes before commas."""

    name: str
    params: list[tuple[str, str]]
    value: str
    is_uri: bool = False


def is_handle_line(name: str) -> bool:
    """Tell whether a property names a way to reach somebody."""
    return name in {"EMAIL"} or name in _PHONES or name in _SOCIAL or name in _WEBSITES or bool(_platform_of(name))


def reach_of(line: Line, version: str) -> Reach | None:
    """Return what a line of is_handle_line names, None when its value is empty."""
    value = text(line, version)
    if not value:
        return None
    if line.name == "EMAIL":
        is_uri = value[:7].lower() == "mailto:"
        return Reach("email", unquote(value[7:]).partition("?")[0] if is_uri else value)
    if line.name in _PHONES:
        return _from_phone(line, value)
    if line.name in _WEBSITES:
        return Reach(profile_of(value)[0] or "website", value)
    if line.name in _SOCIAL:
        return _from_social(line, value)
    platform = _platform_of(line.name)
    scheme, rest = _scheme_of(value)
    return Reach(platform, unquote(rest) if platform_named(scheme) == platform else value)


def _scheme_of(value: str) -> tuple[str, str]:
    """Return (scheme in lower case, the rest) of a URI, ("", value) for anything else (RFC 3986, 3.1)."""
    found = _SCHEME.match(value)
    return (found[1].lower(), value[found.end() :]) if found else ("", value)


def _platform_of(name: str) -> str:
    """Return the platform that the name of an X- property names: X-SKYPE, X-messaging/aim-All (KDE)."""
    if not name.startswith("X-"):
        return ""
    found = _KDE.match(name)
    platform = platform_named(found[1] if found else name[2:])
    return "" if platform in {"email", "phone", "website", "other"} else platform


def _from_phone(line: Line, value: str) -> Reach:
    scheme, rest = _scheme_of(value)
    if scheme == "tel":
        return Reach("phone", unquote(rest), _PHONES[line.name])
    if platform_named(scheme):
        return Reach(platform_named(scheme), unquote(rest))
    return Reach("phone", value, _PHONES[line.name])


def _from_social(line: Line, value: str) -> Reach:
    service = param(line, "X-SERVICE-TYPE") or param(line, "SERVICE-TYPE") or param(line, "X-SERVICE")
    # IMPP;TYPE=other is where, X-SOCIALPROFILE;TYPE=other is what.
    places = {"email", "phone", "website"} | ({"other"} if line.name == "IMPP" else set())
    word = next((word for word in types(line) if platform_named(word) not in {"", *places}), "")
    platform = platform_named(service or word)
    scheme, rest = _scheme_of(value)
    if scheme in {"http", "https"}:
        platform = platform or profile_of(value)[0]
        if not service and not platform and line.name != "IMPP":
            service = word = next((word for word in types(line) if word not in {"pref", "home", "work"}), "")
    elif scheme and (platform_named(scheme) or scheme in {"x-apple", "tel", "sms", "mailto"}):
        value = unquote(_VERB.sub("", rest, count=1))
        if scheme == "x-apple":
            value = param(line, "X-USER") or value
        platform = platform or {"tel": "phone", "sms": "phone", "mailto": "email"}.get(scheme, platform_named(scheme))
    if line.name == "X-MS-IMADDRESS":
        service = "chat"
    return Reach(platform or "other", value, "" if platform else service, param(line, "X-USERID"), word)


def handle_of(line: Line, reach: Reach, label: str, *, preferred: bool, region: str) -> CardHandle | None:
    """Return the handle that a line names, None for what cannot be an address."""
    if len(reach.value) > VALUE_MAX:
        return None
    try:
        normalised = normalise(reach.platform, reach.value, region)
    except InvalidHandle:
        return None
    return CardHandle(
        reach.platform, reach.value, normalised, label, preferred, reach.external_id[:VALUE_MAX], written(line)
    )


def line_for(handle: CardHandle, version: str) -> HandleLine:
    """Return the line that names a handle in a card of a version, without its label."""
    platform, value = handle.platform, handle.value
    if platform in {"email", "phone"}:
        return HandleLine("EMAIL" if platform == "email" else "TEL", [], value)
    if platform == "website":
        return HandleLine("URL", [], value, is_uri=True)
    if version == "2.1" and platform in _OLD_NAMES:
        return HandleLine(_OLD_NAMES[platform], [], value)
    if platform in _SCHEMES:
        scheme, service = _SCHEMES[platform]
        uri = f"{scheme}:{quote(value, safe='@:+._~-/!$*')}"
        return HandleLine("IMPP", [("X-SERVICE-TYPE", service)], uri, is_uri=True)
    user = [("X-USERID", handle.external_id)] if handle.external_id else []
    return HandleLine("X-SOCIALPROFILE", [("TYPE", platform), *user], value)
