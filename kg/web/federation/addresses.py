"""Which addresses can be asked: public ones alone, however they are written."""

import ipaddress
import re
import socket
from typing import Final
from urllib.parse import urlsplit

from kg.errors import InvalidValue

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # assigned to protocols
        "192.88.99.0/24",  # relays from IPv4 to IPv6
        "2001::/23",  # assigned to protocols, tunnels that hold an IPv4 address among them
        "2001:db8::/32",  # for examples
        "2002::/16",  # holds an IPv4 address (6to4)
        "3fff::/20",  # for examples
    )
)
"""Networks that Python 3.11 takes for global. Other holders of IPv4 are not in 2000::/3."""
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f<>\"{}|^`\\]")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet; what is no address is not.

    >>> [is_public(each) for each in ("8.8.8.8", "127.0.0.1", "::ffff:8.8.8.8", "2002:808:808::")]
    [True, False, False, False]
    """
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(read, ipaddress.IPv6Address) and (read.scope_id or read not in _GLOBAL_UNICAST):
        return False
    return (
        read.is_global
        and not (read.is_multicast or read.is_reserved or read.is_unspecified)
        and not any(read in each for each in _NOT_PUBLIC if each.version == read.version)
    )


def check_endpoint(url: str) -> None:
    """Raises InvalidValue for what cannot be an endpoint that SERVICE may name."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refused(url, f"is no address ({error})") from error
    if parts.scheme not in ("http", "https") or not host or _UNSAFE.search(url):
        raise _refused(url, "is no http or https address")
    if "@" in parts.netloc:
        raise _refused(url, "holds credentials, which every client could use")
    if "#" in url:
        raise _refused(url, "has a fragment, which no server sees")
    literal = _literal(host)
    is_local = host.rstrip(".").lower().rpartition(".")[2] == "localhost"
    if is_local or (literal is not None and not is_public(literal)):
        raise _refused(url, "is not on the public internet")


def _literal(host: str) -> str | None:
    """Gives the IP address that a host is, also in the forms that the C library reads; or None."""
    try:
        return str(ipaddress.ip_address(host.rstrip(".")))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
    except (OSError, UnicodeError):
        return None


def _refused(url: str, reason: str) -> InvalidValue:
    return InvalidValue(
        f'"{url}" {reason}, given for --service. Give the public address of a SPARQL endpoint, '
        "such as https://query.wikidata.org/sparql."
    )
