"""Reading what servers answer: whole, damaged, and written by somebody with bad intentions."""

import subprocess
import sys
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from contacts.multistatus import Multistatus, Response, multiget, propfind, sync_collection
from contacts.salvage import BrokenAnswer
from tests.contacts.directories.scripted import card, entry, found, multistatus, status


def read(body: bytes) -> list[Response]:
    return list(Multistatus(body))


def card_in(body: bytes) -> bytes:
    return read(body)[0].found["address-data"].raw


def with_card(data: bytes) -> bytes:
    return multistatus(found("/b/a.vcf", address_data="CARD")).body.replace(b"CARD", data)


def test_resources_properties_and_the_token_are_read() -> None:
    listed = Multistatus(multistatus(entry("/b/a.vcf", '"1"'), status("/b/c.vcf", 404), token="t 1").body)
    a, c = list(listed)
    assert (a.href, a.status, a.text("getetag")) == ("/b/a.vcf", None, '"1"')
    assert (c.href, c.status, c.found) == ("/b/c.vcf", 404, {})
    assert listed.sync_token == "t 1"


def test_only_properties_that_were_found_count() -> None:
    body = multistatus(entry("/b/a.vcf")).body.replace(b"200 OK", b"404 Not Found")
    assert read(body)[0].found == {}


def test_hrefs_that_share_a_status_are_told_apart() -> None:
    body = multistatus(status("/b/a.vcf</d:href><d:href>/b/b.vcf", 404)).body
    assert [(each.href, each.status) for each in read(body)] == [("/b/a.vcf", 404), ("/b/b.vcf", 404)]


def test_the_namespace_of_sogo_is_understood() -> None:
    assert read(multistatus(entry("/b/a.vcf")).body.replace(b'"DAV:"', b'"DAV"'))[0].text("getetag") == '"1"'


def test_properties_inside_cdata_and_with_comments_are_read() -> None:
    assert card_in(with_card(b"<!-- x --><![CDATA[BEGIN:VCARD\nNOTE:a<b&c\nEND:VCARD\n]]>")) == (
        b"BEGIN:VCARD\r\nNOTE:a<b&c\r\nEND:VCARD\r\n"
    )


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"&#13;\n", b"&#xD;&#xA;", b"&#13;&#10;"])
def test_lines_of_a_card_end_as_they_did_before_xml(line_end: bytes) -> None:
    assert card_in(with_card(b"BEGIN:VCARD" + line_end + b"END:VCARD" + line_end)) == b"BEGIN:VCARD\r\nEND:VCARD\r\n"


@pytest.mark.parametrize("sent", [b"\x07", b"&#7;", b"&#x07;"])
def test_a_control_character_comes_out_as_it_was_sent(sent: bytes) -> None:
    assert card_in(with_card(b"NOTE:a" + sent + b"b")) == b"NOTE:a\x07b"


def test_latin_1_bytes_come_out_as_they_were_sent_beside_real_utf_8() -> None:
    assert (
        card_in(with_card(b"N:M\xfcller;J\xc3\xbcrgen \xf0\x9f\x98\x80"))
        == b"N:M\xfcller;J\xc3\xbcrgen \xf0\x9f\x98\x80"
    )


@pytest.mark.parametrize("character", ["\U0010ff41", "\U0010fffd", "\ufffe", "\U0001f600"])
def test_characters_that_nobody_uses_come_out_too(character: str) -> None:
    assert card_in(with_card(b"NOTE:" + character.encode())) == b"NOTE:" + character.encode()


@given(st.binary(max_size=60))
def test_whatever_bytes_a_card_has_come_back(data: bytes) -> None:
    sent = data.replace(b"\r", b"").replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b"]]>", b"]]&gt;")
    expected = data.replace(b"\r", b"").replace(b"\n", b"\r\n")
    assert card_in(with_card(b"x" + sent)) == b"x" + expected


def test_a_declared_encoding_is_heeded() -> None:
    body = multistatus(entry("/b/a.vcf", "ü")).body.decode().replace("utf-8", "ISO-8859-1").encode("latin-1")
    assert read(body)[0].text("getetag") == "ü"
    body = multistatus(entry("/b/a.vcf", "ü")).body.decode().replace("utf-8", "utf-16").encode("utf-16")
    assert read(body)[0].text("getetag") == "ü"


def test_an_href_with_raw_bytes_can_be_sent_back() -> None:
    assert read(multistatus(entry("/b/HREF")).body.replace(b"HREF", b"M\xfcller.vcf"))[0].href == "/b/M%FCller.vcf"


def test_names_for_people_are_readable_even_when_they_are_damaged() -> None:
    body = multistatus(found("/b/", displayname="NAME")).body.replace(b"NAME", b"Caf\xe9 \x01")
    assert read(body)[0].text("displayname") == "Café \ufffd"


WHOLE = multistatus(entry("/b/a.vcf"), entry("/b/b.vcf"), token="t").body


def test_a_list_cut_off_anywhere_is_no_shorter_list() -> None:
    assert len(read(WHOLE)) == 2
    for end in range(len(WHOLE)):
        with pytest.raises(BrokenAnswer):
            read(WHOLE[:end])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"\xef\xbb\xbf\n <!doctype HTML>", "web page"),
        (b"<html><head/></html>", "web page"),
        (b"", "damaged"),
        (b"   ", "damaged"),
        (b"OK", "damaged"),
        (b"<a/>", "something else"),
        (WHOLE + b"junk", "damaged"),
        (WHOLE.replace(b"<d:href>", b"<d:href>&nbsp;", 1), "damaged"),
    ],
)
def test_what_is_no_list_is_not_read_as_one(body: bytes, reason: str) -> None:
    with pytest.raises(BrokenAnswer, match=reason):
        read(body)


@pytest.mark.parametrize(
    "prologue",
    [
        b'<!DOCTYPE d:multistatus [<!ENTITY a "b">]>',
        b'<!-- <a> --> <!DOCTYPE d:multistatus SYSTEM "http://127.0.0.1/x.dtd">',
        b'<?x y?>\n<!DOCTYPE d:multistatus [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE d:m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_declared_types_and_entities_are_refused(prologue: bytes, encoding: str) -> None:
    body = b'<?xml version="1.0"?>' + prologue + b'<d:multistatus xmlns:d="DAV:"/>'
    with pytest.raises(BrokenAnswer, match="declares document types"):
        read(body.decode().encode(encoding))


def test_depth_has_an_end() -> None:
    with pytest.raises(BrokenAnswer):
        read(b'<d:multistatus xmlns:d="DAV:">' + b"<d:x>" * 100_000)


READ_A_LONG_LIST = """
import resource
from contacts.multistatus import Multistatus
entry = '<d:response><d:href>/b/{0}.vcf</d:href><d:propstat><d:prop><d:getetag>"{0:064}"</d:getetag></d:prop>\
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>'
body = ('<d:multistatus xmlns:d="DAV:">' + "".join(map(entry.format, range(60_000))) + "</d:multistatus>").encode()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert sum(1 for _ in Multistatus(body)) == 60_000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ru_maxrss counts in other units")
def test_a_long_list_takes_hardly_more_memory_than_its_text() -> None:
    # lxml's memory is not Python's, so a process of its own tells how much it took.
    done = subprocess.run([sys.executable, "-c", READ_A_LONG_LIST], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 40  # MiB; the text alone has 10, and a tree of it 150


def test_what_is_asked_is_escaped() -> None:
    assert b"<D:sync-token>a&amp;b&lt;</D:sync-token>" in sync_collection("a&b<")
    assert b"<D:href>/a&amp;b.vcf</D:href>" in multiget(["/a&b.vcf"], "")
    assert b"<S:getctag/>" in propfind("S:getctag")


def test_what_is_asked_is_well_formed() -> None:
    for body in (propfind("D:getetag", "C:addressbook-home-set"), sync_collection("t"), multiget(["/a"], "4.0")):
        assert etree.fromstring(body) is not None


def test_a_card_is_read_whole() -> None:
    assert card_in(with_card(escape(card("anna")).encode())) == card("anna").encode()
