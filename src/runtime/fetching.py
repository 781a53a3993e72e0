"""Fetches a file from an address that somebody else chose, and reaches public hosts alone, whatever they answer.

A host is resolved once, all its addresses are checked, and the connection goes to one of those: neither a redirect
nor a name that changes meanwhile leads inside. Of an address no error holds more than its host.
"""

import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

import httpx

from runtime.addresses import Address, is_public
from runtime.errors import Permanent, Retryable

_MOST_REDIRECTS = 3
_MOST_ADDRESSES = 3
_CONNECT_S = 5.0
_SILENCE_S = 10.0
_WHOLE_S = 60.0
_LONGEST_PAUSE_S = 86_400.0
_PORTS = {"https": 443, "http": 80}
_REDIRECTS = (301, 302, 303, 307, 308)
# 401: once the credentials are right again, the file can be had.
_FOR_NOW = (401, 408, 425, 429)

HeadersFor = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True)
class Fetched:
    """`name` is the last part of the address's path, `type` what the server says: neither is to be relied on."""

    name: str
    type: str
    content: bytes = field(repr=False)


def _resolve(host: str, port: int) -> list[str]:
    return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Reach:
    """What may be reached. `loopback`: tests may, with and without TLS and at any port, as far as `allows` agrees."""

    resolve: Callable[[str, int], Sequence[str]] = _resolve
    allows: Callable[[Address], bool] = is_public
    loopback: bool = False
    tls: ssl.SSLContext | None = None


_reach = Reach()


def use_reach(reach: Reach | None) -> None:
    """Replace what this process may reach (tests stay on loopback); None: public hosts by HTTPS again."""
    global _reach  # one per process, chosen once
    _reach = reach or Reach()


def nothing_added(_url: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class _Wanted:
    max_bytes: int
    allowed_hosts: Collection[str]
    headers_for: HeadersFor
    deadline: float


def fetch(
    url: str,
    *,
    max_bytes: int,
    allowed_hosts: Collection[str] = (),
    headers_for: HeadersFor = nothing_added,
) -> Fetched:
    """The file at `url`. With `allowed_hosts`, each host on the way is one of them or below one of them.

    `headers_for` is asked for each address on the way: credentials belong to one host. Raises Retryable or Permanent.
    """
    wanted = _Wanted(max_bytes, allowed_hosts, headers_for, time.monotonic() + _WHOLE_S)
    place = _parsed(url)
    for _step in range(_MOST_REDIRECTS + 1):
        found = _ask(place, wanted)
        if isinstance(found, Fetched):
            return found
        place = found
    raise Permanent(f"{_host(place)} is one redirect too many.")


def post(url: str, content: bytes, *, headers: Mapping[str, str]) -> None:
    """Hand `content` to an address that somebody else chose. Raises Retryable or Permanent; no redirect is followed."""
    place = _parsed(url)
    wanted = _Wanted(0, (), nothing_added, time.monotonic() + _WHOLE_S)
    with _connected(place, _checked(place, wanted), headers, content=content) as response:
        status, host = response.status_code, _host(place)
        if status in (408, 425, 429) or status >= 500:
            raise Retryable(f"{host} answered {status}.", retry_after_s=_pause_s(response))
        if not 200 <= status < 300:
            raise Permanent(f"{host} answered {status}.")


def check_address(url: str) -> None:
    """Whether `post` may go there now. Raises Permanent, or Retryable for a host without an address."""
    _checked(_parsed(url), _Wanted(0, (), nothing_added, time.monotonic() + _WHOLE_S))


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise Permanent("The address of the file is none.") from None


def _ask(place: httpx.URL, wanted: _Wanted) -> Fetched | httpx.URL:
    """The file, or where it is said to be."""
    addresses = _checked(place, wanted)
    with _connected(place, addresses, wanted.headers_for(str(place))) as response:
        if response.status_code in _REDIRECTS:
            return _next(place, response.headers.get("location", ""))
        _judge(place, response)
        stated = response.headers.get("content-type", "")
        name = place.path.rstrip("/").rpartition("/")[2]
        return Fetched(name, stated, _content(place, response, wanted))


def _checked(place: httpx.URL, wanted: _Wanted) -> list[Address]:
    """The addresses to connect to. Raises Permanent when the place is not to be reached, Retryable without any."""
    host = _host(place)
    if place.userinfo or not host:
        raise Permanent("The address of the file has no host, or a password in it.")
    if wanted.allowed_hosts and not _is_among(host, wanted.allowed_hosts):
        raise Permanent(f"{host} is not where such a file may be.")
    if place.scheme != "https" and not (_reach.loopback and place.scheme == "http"):
        raise Permanent(f"{host} is not asked by HTTPS.")
    port = _PORTS[place.scheme] if place.port is None else place.port
    if port != _PORTS["https"] and not _reach.loopback:
        raise Permanent(f"{host} is not asked at the port of HTTPS.")
    return _addresses(host, port)


def _host(place: httpx.URL) -> str:
    return place.raw_host.decode("ascii", "replace").lower().rstrip(".")


def _is_among(host: str, allowed: Collection[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in allowed)


def _addresses(host: str, port: int) -> list[Address]:
    try:
        found = [ip_address(one) for one in _reach.resolve(host, port)]
    except (OSError, UnicodeError, ValueError):
        found = []
    if not found:
        raise Retryable(f"{host} has no address.")
    if not all(_reach.allows(one) for one in found):
        raise Permanent(f"{host} is not a public host.")
    if _reach.loopback and not all(one.is_loopback for one in found):
        raise Permanent(f"{host} is not on this machine.")
    return found[:_MOST_ADDRESSES]


@contextmanager
def _connected(
    place: httpx.URL,
    addresses: Sequence[Address],
    headers: Mapping[str, str],
    *,
    content: bytes | None = None,
) -> Iterator[httpx.Response]:
    """The answer of the first address that takes a connection; its body is not read yet.

    One client for one connection: kept ones are told apart by address, and two hosts may share one.
    """
    timeout = httpx.Timeout(_SILENCE_S, connect=_CONNECT_S)
    host = _host(place)
    # What a library says may quote the whole address, so nothing is chained.
    try:
        with httpx.Client(verify=_reach.tls or _tls(), trust_env=False, timeout=timeout) as client:
            response = _first_answer(client, place, addresses, headers, content)
            try:
                yield response
            finally:
                response.close()
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise Retryable(f"{host} gave no answer ({type(error).__name__}).") from None


def _first_answer(
    client: httpx.Client,
    place: httpx.URL,
    addresses: Sequence[Address],
    headers: Mapping[str, str],
    content: bytes | None,
) -> httpx.Response:
    host = _host(place)
    named = {"Host": place.netloc.decode("ascii"), "Accept": "*/*", "Accept-Encoding": "identity", **headers}
    for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
        there = place.copy_with(host=str(address), fragment=None)
        method = "GET" if content is None else "POST"
        sni = {"sni_hostname": host}
        request = client.build_request(method, there, headers=named, content=content, extensions=sni)
        try:
            return client.send(request, stream=True, follow_redirects=False)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if not left:
                raise
    raise Retryable(f"{host} has no address.")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _next(place: httpx.URL, location: str) -> httpx.URL:
    if not location:
        raise Permanent(f"{_host(place)} redirects to nowhere.")
    try:
        return place.join(location)
    except httpx.InvalidURL:
        raise Permanent(f"{_host(place)} redirects to what is no address.") from None


def _judge(place: httpx.URL, response: httpx.Response) -> None:
    status, host = response.status_code, _host(place)
    if status in _FOR_NOW or status >= 500:
        raise Retryable(f"{host} answered {status}.", retry_after_s=_pause_s(response))
    if status != 200:
        raise Permanent(f"{host} answered {status}.")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        # Nobody knows how large it becomes.
        raise Permanent(f"{host} sends the file packed, which was not asked for.")


def _pause_s(response: httpx.Response) -> float | None:
    stated = response.headers.get("retry-after", "").strip()
    return min(float(stated), _LONGEST_PAUSE_S) if stated.isascii() and stated.isdigit() else None


def _content(place: httpx.URL, response: httpx.Response, wanted: _Wanted) -> bytes:
    stated = response.headers.get("content-length", "")
    too_large = Permanent(f"It is larger than {wanted.max_bytes} bytes.")
    if stated.isascii() and stated.isdigit() and int(stated[:20]) > wanted.max_bytes:
        raise too_large
    kept = bytearray()
    for piece in response.iter_raw():
        kept += piece
        if len(kept) > wanted.max_bytes:
            raise too_large
        if time.monotonic() > wanted.deadline:
            raise Retryable(f"{_host(place)} is too slow.")
    return bytes(kept)
