"""The networks on which people can be reached: their names on cards, how addresses compare, where they lead.

Sources: RFC 6350 (IMPP, TEL, EMAIL), RFC 4770, Apple's X-SOCIALPROFILE and X-SERVICE-TYPE, the X- properties of
Evolution, KDE, Google and phones, and the addresses of profiles that the networks themselves document. A third of
this file are tables.
"""

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote, unquote, urlsplit

import idna

from contacts.exceptions import InvalidHandle
from contacts.phones import normalise_phone

VALUE_MAX = 512  # characters; what is longer is no address
# Where many people may have the same one: no sign that two parties are the same.
SHARED = frozenset({"website", "other"})
_BY_PHONE = frozenset({"phone", "whatsapp", "signal", "imessage", "facetime", "viber", "telegram"})
_BY_EMAIL = frozenset({"email", "imessage", "facetime", "msn", "google_talk", "teams", "skype"})

# key: (label for people, where an account is to be seen, other names that cards use)
_TABLE: dict[str, tuple[str, str, str]] = {
    "email": ("E-mail", "", ""),
    "phone": ("Phone", "", ""),
    "whatsapp": ("WhatsApp", "", ""),
    "signal": ("Signal", "", "sgnl"),
    "telegram": ("Telegram", "https://t.me/{}", "tg"),
    "matrix": ("Matrix", "https://matrix.to/#/{}", "element"),
    "xmpp": ("Jabber (XMPP)", "xmpp:{}", "jabber"),
    "sip": ("SIP", "sip:{}", "sips"),
    "skype": ("Skype", "", "skypeusername"),
    "threema": ("Threema", "https://threema.id/{}", ""),
    "viber": ("Viber", "", ""),
    "imessage": ("iMessage", "", ""),
    "facetime": ("FaceTime", "", ""),
    "wechat": ("WeChat", "", "weixin"),
    "line": ("LINE", "", ""),
    "kakaotalk": ("KakaoTalk", "", "kakao"),
    "qq": ("QQ", "", ""),
    "discord": ("Discord", "", ""),
    "slack": ("Slack", "", ""),
    "teams": ("Microsoft Teams", "", "msteams"),
    "google_talk": ("Google Talk", "", "googletalk gtalk googlechat hangouts"),
    "icq": ("ICQ", "", ""),
    "aim": ("AIM", "", ""),
    "msn": ("MSN Messenger", "", "msnim windowslive"),
    "yahoo": ("Yahoo Messenger", "", "ymsgr yahooid yahoomessenger"),
    "gadugadu": ("Gadu-Gadu", "", "gadu gg"),
    "groupwise": ("GroupWise", "", ""),
    "irc": ("IRC", "", "ircs"),
    "mastodon": ("Mastodon", "", "fediverse"),
    "bluesky": ("Bluesky", "https://bsky.app/profile/{}", "bsky"),
    "threads": ("Threads", "https://www.threads.net/@{}", ""),
    "x": ("X (Twitter)", "https://x.com/{}", "twitter"),
    "facebook": ("Facebook", "https://www.facebook.com/{}", "fb"),
    "instagram": ("Instagram", "https://www.instagram.com/{}", ""),
    "linkedin": ("LinkedIn", "https://www.linkedin.com/in/{}", ""),
    "xing": ("XING", "https://www.xing.com/profile/{}", ""),
    "youtube": ("YouTube", "https://www.youtube.com/@{}", ""),
    "tiktok": ("TikTok", "https://www.tiktok.com/@{}", ""),
    "snapchat": ("Snapchat", "https://www.snapchat.com/add/{}", ""),
    "pinterest": ("Pinterest", "https://www.pinterest.com/{}", ""),
    "reddit": ("Reddit", "https://www.reddit.com/user/{}", ""),
    "github": ("GitHub", "https://github.com/{}", ""),
    "gitlab": ("GitLab", "https://gitlab.com/{}", ""),
    "twitch": ("Twitch", "https://www.twitch.tv/{}", ""),
    "flickr": ("Flickr", "https://www.flickr.com/people/{}", ""),
    "vk": ("VK", "https://vk.com/{}", "vkontakte"),
    "weibo": ("Weibo", "https://weibo.com/{}", "sinaweibo"),
    "myspace": ("Myspace", "https://myspace.com/{}", ""),
    "soundcloud": ("SoundCloud", "https://soundcloud.com/{}", ""),
    "orcid": ("ORCID", "https://orcid.org/{}", ""),
    "website": ("Website", "", ""),
    "other": ("Other", "", ""),
}
PLATFORMS = MappingProxyType({key: label for key, (label, _, _) in _TABLE.items()})

_NAMES = {name: key for key, (_, _, names) in _TABLE.items() for name in (key.replace("_", ""), *names.split())}
_ACCOUNT = r"@?([\w.-]{1,100})"
# host: (platform, the path of a profile); only addresses that can be nothing but somebody's own page.
_PROFILES = {
    "twitter.com": ("x", _ACCOUNT),
    "x.com": ("x", _ACCOUNT),
    "facebook.com": ("facebook", r"(?:people/[^/]+/|profile\.php\?id=)?([\w.-]{1,100})"),
    "instagram.com": ("instagram", _ACCOUNT),
    "linkedin.com": ("linkedin", r"(?:in|pub)/([^/?#]{1,100})"),
    "xing.com": ("xing", r"profile/([\w.-]{1,100})"),
    "youtube.com": ("youtube", r"(?:@|(?:c|user|channel)/)([\w.-]{1,100})"),
    "tiktok.com": ("tiktok", r"@([\w.-]{1,100})"),
    "snapchat.com": ("snapchat", r"add/([\w.-]{1,100})"),
    "pinterest.com": ("pinterest", _ACCOUNT),
    "reddit.com": ("reddit", r"(?:u|user)/([\w.-]{1,100})"),
    "github.com": ("github", _ACCOUNT),
    "gitlab.com": ("gitlab", _ACCOUNT),
    "twitch.tv": ("twitch", _ACCOUNT),
    "flickr.com": ("flickr", r"(?:people|photos)/([\w.@-]{1,100})"),
    "vk.com": ("vk", _ACCOUNT),
    "weibo.com": ("weibo", r"(?:u/|n/)?([\w.-]{1,100})"),
    "myspace.com": ("myspace", _ACCOUNT),
    "soundcloud.com": ("soundcloud", _ACCOUNT),
    "orcid.org": ("orcid", r"(\d{4}-\d{4}-\d{4}-\d{3}[\dXx])"),
    "bsky.app": ("bluesky", r"profile/([\w.:-]{1,100})"),
    "threads.net": ("threads", r"@([\w.-]{1,100})"),
    "threads.com": ("threads", r"@([\w.-]{1,100})"),
    "t.me": ("telegram", r"(\w{4,40}|\+\d{6,15})"),
    "telegram.me": ("telegram", r"(\w{4,40}|\+\d{6,15})"),
    "wa.me": ("whatsapp", r"\+?(\d{6,15})"),
    "signal.me": ("signal", r"#p/(\+\d{6,15})"),
    "matrix.to": ("matrix", r"#/(@[^/?#]+:[^/?#]+)"),
    "threema.id": ("threema", r"(\w{8})"),
    "mastodon.social": ("mastodon", r"@([\w.@-]{1,100})"),
    "mastodon.online": ("mastodon", r"@([\w.@-]{1,100})"),
    "chaos.social": ("mastodon", r"@([\w.@-]{1,100})"),
}
# First steps of paths that are the network's own pages.
_NO_ACCOUNT = {
    "about", "account", "accounts", "api", "apps", "blog", "business", "company", "contact", "developers",
    "directory", "discover", "download", "events", "explore", "feed", "features", "games", "group", "groups",
    "hashtag", "help", "home", "i", "in", "intent", "jobs", "legal", "live", "login", "logout", "marketplace",
    "marketing", "messages", "new", "news", "notifications", "orgs", "p", "pages", "people", "photo.php", "photos",
    "policies", "popular", "posts", "press", "pricing", "privacy", "profile", "profile.php", "public", "reel",
    "reels", "search", "settings", "share", "share.php", "sharer", "sharer.php", "shop", "signin", "signup", "site",
    "stories", "story.php", "support", "terms", "tos", "topics", "tv", "upload", "video", "videos", "watch", "web",
}  # fmt: skip
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.?|\[[0-9a-f:.]+\]")
_ASCII_EMAIL = re.compile(r"[!-?A-~]{1,250}@[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?")
_IN_ANGLES = re.compile(r"[^<>]*<([^<>\s]+@[^<>\s]+)>\s*")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


def platform_named(name: str) -> str:
    """Return the key of a platform by any name that cards give it ("Twitter", "GoogleTalk"), "" for unknown ones."""
    return _NAMES.get(re.sub(r"[\W_]+", "", name.lower()), "") if len(name) < 40 else ""


def profile_of(url: str) -> tuple[str, str]:
    """Return (platform, account) where url is somebody's page on a known network, else ("", "")."""
    parts = _web_parts(url)
    if not parts:
        return "", ""
    host, path = parts
    platform, pattern = _PROFILES.get(host.removeprefix("www.").removeprefix("m.").removeprefix("mobile."), ("", ""))
    if not platform and host.endswith(".linkedin.com"):
        platform, pattern = _PROFILES["linkedin.com"]
    found = re.fullmatch(pattern, re.sub(r"/+\Z", "", path)) if platform else None
    account = unquote(found[1]) if found else ""
    if not account or (account.lower() in _NO_ACCOUNT and found and found[0] == found[1]):
        return "", ""
    if platform == "mastodon":
        account = _fediverse_account(url)
    elif platform == "whatsapp":
        account = f"+{account}"
    return platform, account


def _web_parts(url: str) -> tuple[str, str] | None:
    """Return (host in lower case, path with query and fragment) of an http address, None for anything else."""
    url = url.strip()
    if not url[:8].lower().startswith(("http://", "https://")):
        if _SCHEME.match(url) and not re.match(r"[\w.-]+:\d", url):
            return None
        url = "https://" + url
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError:
        return None
    if not host or "@" in parts.netloc or re.search(r"[\x00-\x20\x7f]", url):
        return None
    if not host.isascii():
        host = _a_label(host)
    elif ":" in host:
        host = f"[{host}]"
    if not _HOST.fullmatch(host):
        return None
    path = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
    path += f"#{parts.fragment}" if parts.fragment else ""
    return host + (f":{port}" if port not in {None, 80, 443} else ""), path


def _a_label(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""


def normalise(platform: str, value: str, region: str = "") -> str:
    """Return an address as it is compared, so that two spellings of one address are the same.

    platform: a key of PLATFORMS; value: as received; region: ISO 3166 code, for telephone numbers without a country.
    Raises InvalidHandle, with a sentence, for what cannot be an address there.
    """
    value = value.strip()
    if not value or len(value) > VALUE_MAX or "\0" in value:
        raise InvalidHandle("This is empty, or too long for an address.")
    if platform == "email":
        return _normalised_email(value)
    if platform == "phone":
        return normalise_phone(value, region)
    if platform == "website":
        return _normalised_website(value)
    named, account = profile_of(value)
    account = account if named == platform else value
    if platform == "mastodon" and (found := _fediverse_account(value)):
        account = found
    if platform in _BY_PHONE and (found := _as_phone(account, region)):
        return found
    if platform in _BY_EMAIL and "@" in account:
        return _normalised_email(account)
    return _normalised_account(platform, account)


def _fediverse_account(value: str) -> str:
    """Return account@host for the address of a profile, on whatever server it is."""
    parts = _web_parts(value) if "://" in value else None
    found = re.fullmatch(r"@([\w.-]+)(?:@([\w.-]+))?", parts[1].rstrip("/")) if parts else None
    return f"{found[1]}@{found[2] or parts[0]}" if found and parts else ""


def _normalised_email(value: str) -> str:
    if value[:7].lower() == "mailto:":
        value = unquote(value[7:].partition("?")[0])
    if "<" in value and (found := _IN_ANGLES.fullmatch(value)):
        value = found[1]
    if _ASCII_EMAIL.fullmatch(value):
        return value.lower()
    local, _, domain = value.rpartition("@")
    is_quoted = len(local) > 2 and local[0] == local[-1] == '"'
    if not local or "@" in local.strip('"') or (re.search(r"[\s\x00-\x1f<>]", local) and not is_quoted):
        raise InvalidHandle("This is no e-mail address.")
    domain = domain.lower() if domain.isascii() else _a_label(domain)
    if not _HOST.fullmatch(domain.replace("_", "-")):
        raise InvalidHandle("The part after the @ is no domain.")
    return f"{unicodedata.normalize('NFC', local).casefold()}@{domain.rstrip('.')}"


def _normalised_website(value: str) -> str:
    parts = _web_parts(value)
    if not parts:
        raise InvalidHandle("This is no address on the web.")
    host, path = parts
    return f"{host.removeprefix('www.')}/{path.rstrip('/')}".rstrip("/")


def _as_phone(account: str, region: str) -> str:
    if not re.fullmatch(r"(?:tel:)?[+\d\s()./-]{5,40}", account):
        return ""
    try:
        return normalise_phone(account, region)
    except InvalidHandle:
        return ""


def _normalised_account(platform: str, account: str) -> str:
    account = unicodedata.normalize("NFKC", account).casefold().strip()
    if platform == "matrix":
        account = re.sub(r"\A(?:matrix:)?u(?:ser)?/", "@", account).partition("?")[0]
    elif platform in {"xmpp", "sip"}:
        account = account.removeprefix(f"{platform}:").partition("?")[0].partition("/")[0].partition(";")[0]
    elif platform in {"icq", "qq", "gadugadu"}:
        account = re.sub(r"[\s-]", "", account)
    if platform != "matrix":
        account = account.lstrip("@")
    if not account:
        raise InvalidHandle("There is no account in this.")
    return account


def link_of(platform: str, value: str) -> str:
    """Return where a handle leads: an http, mailto, tel, sip or xmpp address that is safe in a page, else ""."""
    value = value.strip()
    if not value or len(value) > VALUE_MAX:
        return ""
    if platform in {"website", "other"} or (platform not in {"email", "phone"} and "://" in value):
        return _safe_web(value, platform)
    try:
        account = normalise(platform, value)
    except InvalidHandle:
        return ""
    if platform == "email":
        return f"mailto:{quote(account, safe='@!$*+._~-')}"
    if platform in _BY_PHONE and (platform == "phone" or account.startswith("+")):
        return _phone_link(platform, f"+{account}" if value[0] == "+" and account[0] != "+" else account)
    if platform == "mastodon" and (found := re.fullmatch(r"([\w.-]+)@([\w.-]+)", account)):
        return _safe_web(f"https://{found[2]}/@{found[1]}", "website")
    link = _TABLE.get(platform, ("", "", ""))[1]
    return link.format(quote(account, safe="@:+._~-")) if link else ""


def _phone_link(platform: str, account: str) -> str:
    if platform == "whatsapp":
        return f"https://wa.me/{account.removeprefix('+')}"
    if platform == "signal":
        return f"https://signal.me/#p/{account}"
    if platform == "telegram":
        return f"https://t.me/{account}"
    return f"tel:{account}"


def _safe_web(value: str, platform: str) -> str:
    parts = _web_parts(value)
    if not parts or (platform == "other" and "://" not in value):
        return ""
    host, path = parts
    scheme = "http" if value[:7].lower() == "http://" else "https"
    return f"{scheme}://{host}/{quote(path, safe=_URL_SAFE)}"


platform_named = lru_cache(maxsize=512)(platform_named)
