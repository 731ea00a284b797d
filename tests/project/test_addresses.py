"""Which addresses may be dialled when somebody else names them."""

from ipaddress import ip_address

import pytest

from project.addresses import may_be_dialled

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
    "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::200e", "2620:fe::fe",
]  # fmt: skip
NOT_PUBLIC = [
    # this network, unspecified
    "0.0.0.0", "0.0.0.1", "0.255.255.255", "::",
    # private
    "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255", "fc00::1",
    "fdff::1",
    # shared, loopback, link-local, site-local
    "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255", "::1", "169.254.0.1", "169.254.255.255",
    "fe80::1", "febf::1", "fec0::1",
    # protocol assignments, documentation, relays, benchmarks
    "192.0.0.8", "192.0.2.1", "198.51.100.1", "203.0.113.255", "192.52.193.1", "192.88.99.1", "198.18.0.0",
    "198.19.255.255", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
    # multicast, reserved, broadcast
    "224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "240.0.0.1", "255.255.255.254", "255.255.255.255", "4000::1",
]  # fmt: skip
METADATA = [
    "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "100.100.100.200",
    "192.0.0.192",
]  # fmt: skip
# Ways of writing an IPv4 address into an IPv6 one: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056), ISATAP.
WRAPPINGS = ["::ffff:{0}", "64:ff9b::{0}", "2002:{1}::1", "2606:4700::5efe:{0}", "2606:4700::200:5efe:{0}"]
# Compatible (RFC 4291), translated (RFC 2765), NAT64 of a network's own (RFC 8215), Teredo (RFC 4380).
CLOSED_WRAPPINGS = ["::{0}", "::ffff:0:{0}", "64:ff9b:1::{0}", "2001:0:{1}::1", "2001::{0}"]


def wrapped(form: str, inner: str) -> str:
    packed = ip_address(inner).packed.hex()
    return form.format(inner, f"{packed[:4]}:{packed[4:]}")


def may(text: str, *allowed: str) -> bool:
    return may_be_dialled(ip_address(text), allowed)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_may_be_dialled(address):
    assert may(address)


@pytest.mark.parametrize("address", [*NOT_PUBLIC, *METADATA])
def test_what_is_not_public_is_refused(address):
    assert not may(address)


@pytest.mark.parametrize("form", WRAPPINGS)
@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"])
def test_an_address_inside_cannot_be_wrapped_into_another(form, inner):
    assert may(wrapped(form, "8.8.8.8"))
    assert not may(wrapped(form, inner))


@pytest.mark.parametrize("form", CLOSED_WRAPPINGS)
@pytest.mark.parametrize("inner", ["8.8.8.8", "127.0.0.1", "192.168.1.1"])
def test_wrappings_that_no_server_has_are_refused_whatever_they_hold(form, inner):
    assert not may(wrapped(form, inner))


def test_the_operator_allows_networks():
    assert may("192.168.1.7", "192.168.1.0/24")
    assert not may("192.168.2.7", "192.168.1.0/24")
    assert may("fd12::7", "192.168.1.0/24", "fd12::/16")
    assert may("127.0.0.1", "127.0.0.0/8")


def test_a_mapped_address_is_the_address_it_maps():
    assert may("::ffff:192.168.1.7", "192.168.1.0/24")


def test_other_wrappings_are_not_what_the_operator_allowed():
    assert not may(wrapped("2002:{1}::1", "192.168.1.7"), "192.168.1.0/24")
    assert not may("64:ff9b::192.168.1.7", "192.168.1.0/24")


@pytest.mark.parametrize("address", METADATA)
def test_the_metadata_of_a_cloud_must_be_named_by_itself(address):
    assert not may(address, "0.0.0.0/0", "::/0", "169.254.0.0/16", "169.254.169.254/31", "fd00::/8")
    assert may(address, address)


def test_the_metadata_of_a_cloud_cannot_be_mapped_either():
    assert not may("::ffff:169.254.169.254", "0.0.0.0/0", "::/0")


def test_an_address_on_one_interface_is_judged_as_without_it():
    assert not may("fe80::1%eth0")
    assert not may("fd00:ec2::254%eth0", "::/0")
