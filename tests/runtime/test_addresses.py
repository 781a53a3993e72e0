"""Which addresses are of the public internet."""

from ipaddress import ip_address

import pytest

from runtime.addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "168.63.129.16",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
        "ff02::1", "2001::7f00:1", "2001:db8::1", "2002:7f00:1::1", "2002:a9fe:a9fe::",
    ],
)  # fmt: skip
def test_what_is_local_reserved_or_carries_another_address_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:2800:21f::1"]
)
def test_a_host_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))
