"""What DNS knows of the CardDAV servers of a domain (RFC 6764, sections 3 and 4)."""

import re
from typing import Any

import dns.exception
import dns.resolver

DNS_TIME_S = 3.0
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")


def ask_srv(domain: str) -> list[tuple[str, int]]:
    """Return the hosts and ports that DNS names for CardDAV over TLS, the best first; none where it says nothing.

    Servers without encryption (_carddav._tcp) are left out: nobody typed http://.
    """
    found = sorted(_asked(f"_carddavs._tcp.{domain}", "SRV"), key=lambda record: (record.priority, -record.weight))
    hosts = [(record.target.to_text().rstrip(".").lower(), int(record.port)) for record in found]
    return [(host, port) for host, port in hosts if _HOST.fullmatch(host)]


def ask_path(domain: str) -> str:
    """Return the path that DNS names for CardDAV, or ""."""
    for record in _asked(f"_carddavs._tcp.{domain}", "TXT"):
        for text in record.strings:
            if text.lower().startswith(b"path=/"):
                return text[len("path=") :].decode("utf-8", "replace")
    return ""


def _asked(name: str, kind: str) -> list[Any]:
    try:
        return list(dns.resolver.resolve(name, kind, lifetime=DNS_TIME_S))
    except (dns.exception.DNSException, OSError, ValueError):
        return []  # a network without DNS, or a domain without the record: the web is asked all the same
