"""Which client a request counts for: its key, or else its address."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from risicoatlas.access.actor import Actor

Network = IPv4Network | IPv6Network
# What one subscriber gets.
IPV6_PREFIX_BITS = 64


def identity(environ: dict[str, Any], actor: Actor, proxies: Sequence[Network]) -> str | None:
    """One text per client; None for an address of this machine, behind which anybody may be."""
    if actor.key_id:
        return f"key {actor.key_id}"
    address = _address(environ, proxies)
    if address is None or address.is_loopback:
        return None
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX_BITS), strict=False))
    return str(address)


def _address(environ: dict[str, Any], proxies: Sequence[Network]) -> IPv4Address | IPv6Address | None:
    """The peer; behind a trusted proxy the last address of ``X-Forwarded-For`` that is no trusted proxy itself. What
    any other peer writes there is its own invention."""
    address = _parsed(environ.get("REMOTE_ADDR", ""))
    chain = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while address is not None and any(address in network for network in proxies) and chain:
        address = _parsed(chain.pop()) or address
    return address


@lru_cache(maxsize=1024)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
