"""From what a person typed to their address books."""

from typing import Any

import dns.exception
import dns.resolver
import dns.rrset
import httpx
import pytest

from contacts.dav import OtherSite
from contacts.directories import discovery
from contacts.directories.base import Book, Connection
from contacts.directories.carddav import CardDavBackend
from contacts.exceptions import DirectoryDenied, DirectoryUnreachable, NotADirectory
from contacts.srv import ask_path, ask_srv
from project.outgoing import Answer, OutgoingError
from tests.contacts.directories.scripted import (
    BOOK,
    COLLECTION,
    Asked,
    Says,
    Scripted,
    found,
    href,
    multistatus,
)

ALICE = {"username": "alice", "password": "secret"}
MOVED = Says(302, headers={"Location": "/dav/"})
PAGE = Says(200, b"<!DOCTYPE html><title>Sign in</title>", {"Content-Type": "text/html"})


def books(url: str, credential: dict[str, str] | None = None) -> list[Book]:
    with CardDavBackend(Connection({"url": url}, ALICE if credential is None else credential)) as backend:
        return backend.books()


def keeps_books(server: Scripted, *, at: str = "/dav/") -> None:
    """Have an account with a home of two books below at."""
    server.says("PROPFIND", at, multistatus(found(at, current_user_principal=href("/dav/alice/"))))
    server.says("PROPFIND", "/dav/alice/", multistatus(found("/dav/alice/", addressbook_home_set=href("/dav/home/"))))
    types = '<c:address-data-type content-type="text/vcard" version="{}"/>'
    both = {**BOOK, "supported_address_data": types.format("3.0") + types.format("4.0")}
    server.says(
        "PROPFIND",
        "/dav/home/",
        multistatus(
            found("/dav/home/", **COLLECTION),
            found("/dav/home/friends/", **both, displayname="My friends", getctag="7", addressbook_description="dear"),
            found("/dav/home/work%20mates/", **BOOK),
            found("/dav/home/calendar/", resourcetype="<d:collection/><c:calendar/>"),
        ),
    )


def test_a_host_leads_to_its_books_through_the_well_known_address(server: Scripted) -> None:
    server.says("PROPFIND", "/.well-known/carddav", MOVED)
    keeps_books(server)
    friends, mates = books(server.url)
    assert (friends.href, friends.name) == (server.url + "/dav/home/friends/", "My friends")
    assert (friends.ctag, friends.description) == ("7", "dear")
    assert (mates.href, mates.name) == (server.url + "/dav/home/work%20mates/", "work mates")


def test_what_a_sync_has_to_know_is_kept_with_the_book(server: Scripted) -> None:
    server.says("PROPFIND", "/.well-known/carddav", MOVED)
    keeps_books(server)
    reports = "<d:supported-report><d:report><{}/></d:report></d:supported-report>"
    server.says(
        "PROPFIND",
        "/dav/home/",
        multistatus(
            found("/dav/home/a/", **BOOK, supported_report_set=reports.format("c:addressbook-multiget")),
            found("/dav/home/b/", **BOOK, supported_report_set=reports.format("d:sync-collection")),
            found("/dav/home/c/", **BOOK, supported_address_data="<c:address-data-type version='3.0'/>"),
        ),
    )
    assert [book.properties for book in books(server.url)] == [
        {"has_sync": False},
        {"has_sync": True},
        {"version": "3.0"},
    ]


def test_vcard_4_is_noted_where_it_is_offered(server: Scripted) -> None:
    keeps_books(server, at="/")
    assert books(server.url)[0].properties["version"] == "4.0"


@pytest.mark.parametrize("answer", [Says(404), Says(405), PAGE, Says(500), Says(403), Says(301)])
def test_without_a_well_known_address_the_root_is_asked(server: Scripted, answer: Says) -> None:
    server.says("PROPFIND", "/.well-known/carddav", answer)
    keeps_books(server, at="/")
    assert len(books(server.url)) == 2


def test_a_location_without_encryption_or_slash_is_followed_on_the_own_host(server: Scripted) -> None:
    server.says("PROPFIND", "/.well-known/carddav", Says(301, headers={"Location": server.url + "/dav"}))
    keeps_books(server, at="/dav")
    assert len(books(server.url)) == 2


@pytest.mark.parametrize("path", ["/dav/", "/dav/alice/", "/dav/home/"])
def test_any_address_of_the_account_leads_to_all_its_books(server: Scripted, path: str) -> None:
    keeps_books(server)
    assert len(books(server.url + path)) == 2


def test_the_address_of_a_book_means_that_book(server: Scripted) -> None:
    server.says(
        "PROPFIND", "/b/", multistatus(found("/b/", **BOOK, displayname="B", current_user_principal=href("/p/")))
    )
    assert [(book.href, book.name) for book in books(server.url + "/b/")] == [(server.url + "/b/", "B")]
    assert server.methods() == ["PROPFIND"]


def test_several_homes_give_their_books_together_and_each_once(server: Scripted) -> None:
    keeps_books(server, at="/")
    homes = href("/dav/home/") + href("/shared/")
    server.says("PROPFIND", "/dav/alice/", multistatus(found("/dav/alice/", addressbook_home_set=homes)))
    server.says(
        "PROPFIND", "/shared/", multistatus(found("/dav/home/friends", **BOOK), found("/shared/office/", **BOOK))
    )
    assert [book.name for book in books(server.url)] == ["My friends", "work mates", "office"]


def test_an_account_without_books_is_no_error(server: Scripted) -> None:
    keeps_books(server, at="/")
    server.says("PROPFIND", "/dav/home/", multistatus(found("/dav/home/", **COLLECTION)))
    assert books(server.url) == []


def test_a_server_that_does_not_ask_who_it_is_gets_the_password_all_the_same(server: Scripted) -> None:
    def stranger(asked: Asked) -> Says:
        who = href("/dav/alice/") if "Authorization" in asked.headers else "<d:unauthenticated/>"
        return multistatus(found("/", current_user_principal=who))

    keeps_books(server, at="/")
    server.says("PROPFIND", "/", stranger)
    assert len(books(server.url)) == 2
    with pytest.raises(DirectoryDenied, match="asks for a user name"):
        books(server.url, {})


def test_a_wrong_password_is_said_and_not_tried_elsewhere(server: Scripted) -> None:
    server.says("PROPFIND", "/.well-known/carddav", Says(401, headers={"WWW-Authenticate": "Basic"}))
    keeps_books(server, at="/")
    with pytest.raises(DirectoryDenied, match="did not accept this user name and password"):
        books(server.url)
    assert {asked.path for asked in server.asked} == {"/.well-known/carddav"}


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (Says(404), NotADirectory, "keeps no address books at this address"),
        (PAGE, NotADirectory, "keeps no address books at this address"),
        (Says(207, b"<!DOCTYPE html>"), NotADirectory, "keeps no address books at this address"),
        (Says(207, b"<d:multistatus"), NotADirectory, "keeps no address books at this address"),
        (multistatus(), NotADirectory, "keeps no address books at this address"),
        (Says(403), DirectoryDenied, "does not let this account read"),
        (Says(502), DirectoryUnreachable, r"answered with an error \(502\)"),
    ],
)
def test_the_reason_is_one_to_act_on(server: Scripted, answer: Says, kind: type[Exception], sentence: str) -> None:
    for path in ("/.well-known/carddav", "/"):
        server.says("PROPFIND", path, answer)
    with pytest.raises(kind, match=sentence):
        books(server.url)


def test_nobody_at_home_is_asked_once() -> None:
    with pytest.raises(DirectoryUnreachable, match=r"127\.0\.0\.1"):
        books("http://127.0.0.1:1/")


def test_a_home_on_another_site_is_named_and_not_asked(server: Scripted, elsewhere: Scripted) -> None:
    keeps_books(server, at="/")
    theirs = found("/dav/alice/", addressbook_home_set=href(elsewhere.url + "/dav/home/"))
    server.says("PROPFIND", "/dav/alice/", multistatus(theirs))
    with pytest.raises(OtherSite, match=elsewhere.url):
        books(server.url)
    assert elsewhere.asked == []


class ICloud:
    """project.outgoing.Outgoing, where the account is at one host and its home at another of the same site."""

    requests = bytes_received = 0
    heard: list[tuple[str, bool]] = []

    def __init__(self, *, auth: object, auth_origin: str) -> None:
        self.is_known = auth is not None

    def request(self, method: str, url: str, **_: Any) -> Answer:
        self.heard.append((url, self.is_known))
        said = {
            "https://contacts.icloud.com/.well-known/carddav": found(
                "/", current_user_principal=href("/17/principal/")
            ),
            "https://contacts.icloud.com/17/principal/": found(
                "/17/principal/", addressbook_home_set=href("https://p42-contacts.icloud.com:443/17/carddavhome/")
            ),
            "https://p42-contacts.icloud.com/17/carddavhome/": found("/17/carddavhome/card/", **BOOK),
        }
        if url not in said:
            raise OutgoingError("There is nobody here.")
        return Answer(207, httpx.Headers(), multistatus(said[url]).body, url)

    def close(self) -> None:
        pass


def test_a_home_on_another_host_of_the_same_site_gets_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.dav.Outgoing", ICloud)
    monkeypatch.setattr(ICloud, "heard", [])
    assert [book.href for book in books("contacts.icloud.com")] == [
        "https://p42-contacts.icloud.com/17/carddavhome/card/"
    ]
    assert ICloud.heard[-1] == ("https://p42-contacts.icloud.com/17/carddavhome/", True)


# --- What a person types -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "url", "domain"),
    [
        (" example.org ", "https://example.org", "example.org"),
        ("alice@example.org", "https://example.org", "example.org"),
        ("mailto:alice@example.org", "https://example.org", "example.org"),
        ("Alice@Müller.example", "https://xn--mller-kva.example", "xn--mller-kva.example"),
        ("example.org:8443", "https://example.org:8443", ""),
        ("example.org/dav/alice@example.org/", "https://example.org/dav/alice@example.org/", ""),
        ("http://nas/dav", "http://nas/dav", ""),
        ("carddavs://example.org", "https://example.org", ""),
        ("192.168.1.2", "https://192.168.1.2", ""),
        ("[2001:db8::1]:5232", "https://[2001:db8::1]:5232", ""),
    ],
)
def test_names_addresses_and_urls_are_understood(typed: str, url: str, domain: str) -> None:
    assert (discovery.understood(typed).url, discovery.understood(typed).domain) == (url, domain)


@pytest.mark.parametrize(
    "typed", ["", "ftp://example.org", "file:///etc/passwd", "https://", "a b", "https://x:99999/"]
)
def test_anything_else_is_explained(typed: str) -> None:
    with pytest.raises(NotADirectory):
        books(typed)


def test_a_password_in_the_address_is_refused_before_it_goes_anywhere() -> None:
    with pytest.raises(NotADirectory, match="in their own fields") as refused:
        books("https://alice:secret@example.org/")
    assert "secret" not in str(refused.value)


def test_with_an_address_the_user_name_may_be_left_out(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = CardDavBackend(Connection({"url": "alice@example.org"}, {"password": "secret"}))
    assert backend.dav.has_credential


def test_on_this_machine_no_encryption_is_needed(server: Scripted) -> None:
    keeps_books(server, at="/")
    assert len(books(server.url.removeprefix("http://"))) == 2


class OnlyPlain(ICloud):
    """Where nobody answers behind TLS."""

    heard: list[tuple[str, bool]] = []

    def request(self, method: str, url: str, **_: Any) -> Answer:
        self.heard.append((url, self.is_known))
        if url.startswith("https:"):
            raise OutgoingError("No encrypted connection can be made.")
        return Answer(401, httpx.Headers(), b"", url)


def test_without_encryption_elsewhere_the_person_has_to_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.dav.Outgoing", OnlyPlain)
    monkeypatch.setattr(OnlyPlain, "heard", [])
    with pytest.raises(DirectoryUnreachable, match=r"enter http://nas\.example\.org if that is meant"):
        books("nas.example.org")
    assert [url for url, _ in OnlyPlain.heard if url.startswith("https:")] == [
        "https://nas.example.org/.well-known/carddav"
    ]
    assert ("http://nas.example.org", False) in OnlyPlain.heard
    assert ("http://nas.example.org", True) not in OnlyPlain.heard


def test_an_address_inside_is_refused_with_its_reason(server: Scripted, settings: Any) -> None:
    settings.PARLEY_PRIVATE_NETWORKS = []
    with pytest.raises(DirectoryUnreachable, match="inside a private network"):
        books(server.url)
    assert server.asked == []


# --- DNS -----------------------------------------------------------------------------------------------------------


def says_dns(monkeypatch: pytest.MonkeyPatch, **records: str) -> None:
    def answer(name: str, kind: str, **_: Any) -> dns.rrset.RRset:
        if kind not in records:
            raise dns.exception.Timeout
        return dns.rrset.from_text_list(name + ".", 60, "IN", kind, records[kind].split("|"))

    monkeypatch.setattr(dns.resolver, "resolve", answer)


def test_dns_names_the_server_and_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    says_dns(
        monkeypatch, SRV="10 1 8443 b.example.org.|0 1 443 a.example.org.|0 5 443 c.example.org.", TXT='"path=/dav/"'
    )
    assert ask_srv("example.org") == [("c.example.org", 443), ("a.example.org", 443), ("b.example.org", 8443)]
    assert ask_path("example.org") == "/dav/"


@pytest.mark.parametrize("record", ["0 0 0 .", "0 0 443 localhost."])
def test_dns_may_say_that_there_is_no_service(monkeypatch: pytest.MonkeyPatch, record: str) -> None:
    says_dns(monkeypatch, SRV=record)
    assert ask_srv("example.org") == []


@pytest.mark.parametrize("failure", [dns.exception.Timeout, dns.resolver.NoNameservers, OSError])
def test_a_network_without_dns_is_no_error(monkeypatch: pytest.MonkeyPatch, failure: type[Exception]) -> None:
    def silence(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(dns.resolver, "resolve", silence)
    assert ask_srv("example.org") == []
    assert ask_path("example.org") == ""


def test_a_server_of_the_domain_that_dns_names_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    says_dns(monkeypatch, SRV="0 1 443 contacts.icloud.com.")
    monkeypatch.setattr("contacts.dav.Outgoing", ICloud)
    monkeypatch.setattr(ICloud, "heard", [])
    assert len(books("alice@icloud.com")) == 1
    assert ICloud.heard[0] == ("https://contacts.icloud.com/.well-known/carddav", True)


def test_a_server_elsewhere_that_dns_names_gets_no_password_but_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    says_dns(monkeypatch, SRV="0 1 443 contacts.icloud.com.")
    monkeypatch.setattr("contacts.dav.Outgoing", ICloud)
    monkeypatch.setattr(ICloud, "heard", [])
    with pytest.raises(OtherSite, match=r"https://contacts\.icloud\.com"):
        books("alice@example.org")
    assert not [url for url, _ in ICloud.heard if "icloud" in url]
