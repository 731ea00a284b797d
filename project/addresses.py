"""Which addresses Parley may dial when somebody else names the server.

Written down from IANA's two registries of special-purpose addresses (RFC 6890), because ipaddress.is_global differs
between versions of Python, and looks into no address that wraps another one.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # private
        "100.64.0.0/10",  # shared by the customers of a provider
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  # documentation
        "192.52.193.0/24", "192.88.99.0/24",  # relays: AMT, 6to4
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]  # fmt: skip
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32", "3fff::/20",  # documentation
    )
]  # fmt: skip
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")
_ISATAP = {0x00005EFE, 0x02005EFE}

# Where clouds hand out the keys of the machine to whoever asks from it.
_METADATA = {
    ip_address(text)
    for text in (
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23",  # AWS
        "fd20:ce::254",  # Google
        "168.63.129.16",  # Azure, though public by its number
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
    )
}  # fmt: skip


def may_be_dialled(address: Address, allowed: Iterable[str | Network] = ()) -> bool:
    """Tell whether an address is public, or in a network that the operator allowed.

    An address of a cloud's metadata must be allowed by itself, as a network of one.
    """
    networks = [ip_network(network) for network in allowed]
    return _may_be_dialled(address, networks)


def _may_be_dialled(address: Address, networks: list[Network]) -> bool:
    if isinstance(address, IPv6Address):
        address = IPv6Address(int(address))  # without the name of an interface
        if address in _MAPPED:  # on the wire it is the IPv4 address
            return _may_be_dialled(_last_32_bits(address), networks)
    holding = [network for network in networks if address in network]
    if address in _METADATA:
        return any(network.num_addresses == 1 for network in holding)
    if holding:
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return _is_public_6(address) and all(_may_be_dialled(inner, []) for inner in _wrapped(address))


def _is_public_6(address: IPv6Address) -> bool:
    if address in _NAT64:
        return True
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _wrapped(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses at which some gateway would unpack what is sent to this one."""
    wrapped = []
    if address in _NAT64 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        wrapped.append(_last_32_bits(address))
    if address in _6TO4:
        wrapped.append(IPv4Address(int(address) >> 80 & 0xFFFFFFFF))
    return wrapped


def _last_32_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
