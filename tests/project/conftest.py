"""What tests of the ground find: loopback allowed, names of our own, a client, a certificate, tables."""

import datetime
import socket
import ssl
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from project import outgoing
from project.outgoing import Outgoing
from tests.project.machines import registered, tables

__all__ = ["registered", "tables"]


@pytest.fixture
def loopback(settings) -> None:
    """The operator allows the machine itself."""
    settings.PARLEY_PRIVATE_NETWORKS = ["127.0.0.0/8", "::1"]


@pytest.fixture
def client(loopback) -> Iterator[Outgoing]:
    with Outgoing(time_max_s=5) as client:
        yield client


class Names:
    """A name server. known: (name, port) to the socket addresses that it gives, one list for each time it is asked."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], list[list[tuple[str, int]]]] = {}
        self.asked: list[str] = []

    def point(self, name: str, port: int, *answers: list[tuple[str, int]]) -> None:
        self.known[name, port] = list(answers)

    def look_up(self, host: str, port: int, **options: object) -> list:
        answers = self.known.get((host, port))
        if answers is None:
            if host[0].isdigit() or ":" in host or host == "localhost":
                return GETADDRINFO(host, port, **options)  # numbers need no name server
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        self.asked.append(host)
        addresses = answers[0] if len(answers) == 1 else answers.pop(0)
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address, port in addresses
        ]


GETADDRINFO = socket.getaddrinfo


@pytest.fixture
def names(monkeypatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.look_up)
    return names


@pytest.fixture
def certified(tmp_path: Path, monkeypatch) -> Callable[..., ssl.SSLContext]:
    """Return the TLS of a server with a certificate for names; is_trusted: the client knows who signed it."""

    def certify(*names: str, is_trusted: bool = True) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        )
        certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        path = tmp_path / "certificate.pem"
        path.write_bytes(
            certificate
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        if is_trusted:
            trusting = ssl.create_default_context(cadata=certificate.decode())
            monkeypatch.setattr(outgoing, "_tls", lambda: trusting)
        serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        serving.load_cert_chain(path)
        return serving

    return certify


def _name(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
