"""Who gets to know a password, and how it is proved without telling it."""

import hashlib
import itertools
import re

import pytest

from project.outgoing import Basic, Bearer, Digest, Outgoing, OutgoingError, Unreachable
from tests.project.web import Heard, answer, leading, serving

BASIC = Basic("al\u00efce", "SECRET")
BEARER = Bearer("SECRET")
SAID = {BASIC: "Basic YWzDr2NlOlNFQ1JFVA==", BEARER: "Bearer SECRET"}


@pytest.mark.parametrize("auth", [BASIC, BEARER])
def test_credentials_go_along_at_once(loopback, auth):
    with serving(answer()) as web, Outgoing(auth=auth) as client:
        client.request("PROPFIND", web.url())
        assert [heard.headers["authorization"] for heard in web.heard] == [SAID[auth]]


@pytest.mark.parametrize("auth", [BASIC, BEARER])
def test_credentials_go_to_their_origin_only(loopback, auth):
    with serving(answer()) as web, serving(answer()) as carols:
        with Outgoing(auth=auth, auth_origin=web.url("")) as client:
            client.request("GET", carols.url())
            client.request("GET", web.url(host="localhost"))
            client.request("GET", web.url())
        assert "authorization" not in carols.heard[0].headers
        assert ["authorization" in heard.headers for heard in web.heard] == [False, True]


class Guarded:
    """What a server with Digest authentication says (RFC 7616), to al\u00efce with the password SECRET."""

    def __init__(
        self, algorithm: str = "SHA-256", password: str = "SECRET", uses: int = 10**6, extra: str = ""
    ) -> None:
        self.algorithm, self.password, self.uses, self.extra = algorithm, password, uses, extra
        self.nonces = (f"nonce{number}" for number in itertools.count())
        self.nonce, self.counts = next(self.nonces), set()

    def __call__(self, heard: Heard) -> bytes:
        if self.admits(heard):
            return answer(b"welcome")
        self.nonce, self.counts = next(self.nonces), set()
        algorithm = f", algorithm={self.algorithm}" if self.algorithm else ""
        challenge = f'Digest realm="a, b", qop="auth,auth-int", nonce="{self.nonce}", opaque="o"{algorithm}'
        return answer(b"who?", 401, WWW_Authenticate=challenge)

    def admits(self, heard: Heard) -> bool:
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', heard.headers.get("authorization", "").replace("a, b", "realm")))
        if said.get("nonce") != self.nonce or said["nc"] in self.counts or len(self.counts) >= self.uses:
            return False
        self.counts.add(said["nc"])
        name, _, _ = (self.algorithm or "MD5").lower().replace("-", "").partition("sess")
        known = self.digest(name, f"al\u00efce:a, b:{self.password}")
        if self.algorithm.endswith("sess"):
            known = self.digest(name, f"{known}:{self.nonce}:{said['cnonce']}")
        asked = self.digest(name, f"{heard.method}:{heard.target}")
        expected = self.digest(name, f"{known}:{self.nonce}:{said['nc']}:{said['cnonce']}:auth:{asked}")
        return said["uri"] == heard.target and said["response"] == expected and said["opaque"] == "o"

    def digest(self, name: str, text: str) -> str:
        return hashlib.new(name, text.encode()).hexdigest()


@pytest.fixture
def digesting(loopback):
    with Outgoing(auth=Digest("al\u00efce", "SECRET"), time_max_s=5) as client:
        yield client


@pytest.mark.parametrize("algorithm", ["", "MD5", "SHA-256", "MD5-sess", "SHA-256-sess"])
def test_a_password_is_proved_without_being_told(digesting, algorithm):
    with serving(Guarded(algorithm)) as web:
        assert digesting.request("PROPFIND", web.url("/a?b=c"), content=b"<x/>").body == b"welcome"
        assert not any("SECRET" in str(heard) for heard in web.heard)
        assert [heard.body for heard in web.heard] == [b"<x/>", b"<x/>"]


def test_one_challenge_serves_many_requests(digesting):
    with serving(Guarded()) as web:
        for number in range(10):
            assert digesting.request("REPORT", web.url(f"/{number}")).status == 200
        assert (len(web.heard), digesting.requests, web.connections) == (11, 11, 1)


def test_a_challenge_that_is_used_up_is_replaced(digesting):
    with serving(Guarded(uses=3)) as web:
        assert [digesting.request("GET", web.url()).status for _ in range(6)] == [200] * 6
        assert len(web.heard) == 8


def test_a_wrong_password_is_told_and_not_tried_for_ever(digesting):
    with serving(Guarded(password="other")) as web:
        assert digesting.request("GET", web.url()).status == 401
        assert len(web.heard) == 2


@pytest.mark.parametrize(
    "challenge",
    [
        "", "Basic realm=x", "Digest", "Digest ", "Digest realm", "Digest realm=x", 'Digest nonce="x"', "Digest ,,,",
        'Digest realm="x", nonce="y", algorithm=SHA-512-256', 'Digest realm="x", nonce="y", algorithm=none',
        'Digest realm="x", nonce="y", qop="auth-int"', 'Digest realm="x", nonce="y", qop="none"',
    ],
)  # fmt: skip
def test_a_challenge_that_nobody_can_take_is_a_refusal(digesting, challenge):
    with serving(answer(b"", 401, WWW_Authenticate=challenge)) as web:
        assert digesting.request("GET", web.url()).status == 401
        assert len(web.heard) == 1


def test_of_several_challenges_one_that_is_understood_is_taken(digesting):
    guarded = Guarded("MD5")

    def say(heard):
        other = b'WWW-Authenticate: Basic realm="x"\r\nWWW-Authenticate: Digest realm="x", nonce="y", algorithm=new\r\n'
        return guarded(heard).replace(b"WWW-Auth", other + b"WWW-Auth")

    with serving(say) as web:
        assert digesting.request("GET", web.url()).body == b"welcome"


def test_a_challenge_of_another_origin_is_not_met(digesting):
    with serving(Guarded()) as carols, serving(leading(a=carols.url("/"))) as web:
        assert digesting.request("GET", web.url("/a")).status == 401
        assert "authorization" not in carols.heard[0].headers
        assert len(carols.heard) == 1


def test_secrets_are_not_shown():
    for auth in (Basic("alice", "SECRET"), Digest("alice", "SECRET"), Bearer("SECRET")):
        assert "SECRET" not in repr(auth)
        assert "SECRET" not in repr(Outgoing(auth=auth))


@pytest.mark.parametrize("auth", [BASIC, BEARER])
def test_errors_name_the_host_and_nothing_else(loopback, auth):
    with serving(b"nonsense\r\n\r\n") as web, Outgoing(auth=auth) as client, pytest.raises(Unreachable) as error:
        client.request("GET", web.url("/path?token=SECRET"))
    said = str(error.value)
    assert "127.0.0.1" in said
    assert not any(text in said for text in ("SECRET", "path", "token", "al\u00efce"))
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_a_token_that_cannot_be_sent_is_not_repeated(loopback):
    with serving(answer()) as web, Outgoing(auth=Bearer("SECRET\r\nEvil: 1")) as client:
        with pytest.raises(OutgoingError) as error:
            client.request("GET", web.url())
        assert "SECRET" not in str(error.value)
        assert web.heard == []
