"""Which IP addresses are public: hosts anywhere, as against this machine, its networks and its cloud. Pure."""

from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address

# What IANA's registries of special-purpose addresses hold, and multicast.
_SPECIAL_V4 = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # A cloud's own services answer its machines here, at an address that looks public.
    )
)  # fmt: skip
# Every other IPv6 address is local, or carries an IPv4 address inside that nobody has looked at.
_UNICAST_V6 = ip_network("2000::/3")
_SPECIAL_V6 = tuple(
    ip_network(one) for one in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def is_public(address: Address) -> bool:
    """Whether it is a host's on the public internet, and no more than that."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)
