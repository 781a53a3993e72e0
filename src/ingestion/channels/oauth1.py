"""Signs a request in a user's name as RFC 5849 (OAuth 1.0a, HMAC-SHA1) says. Pure but for the nonce and the clock."""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Credentials:
    """Of the app (consumer) and of the account in whose name it speaks."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)


def authorization(
    method: str, url: str, credentials: Credentials, *, nonce: str = "", timestamp: int | None = None
) -> str:
    """The Authorization header of a request whose body is no form, so that the body is not signed."""
    oauth = {
        "oauth_consumer_key": credentials.consumer_key,
        "oauth_nonce": nonce or secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time()) if timestamp is None else timestamp),
        "oauth_token": credentials.token,
        "oauth_version": "1.0",
    }
    signed = {**oauth, "oauth_signature": _signature(method, url, credentials, oauth)}
    return "OAuth " + ", ".join(f'{name}="{_escape(value)}"' for name, value in signed.items())


def _signature(method: str, url: str, credentials: Credentials, oauth: dict[str, str]) -> str:
    key = f"{_escape(credentials.consumer_secret)}&{_escape(credentials.token_secret)}"
    digest = hmac.new(key.encode(), base_string(method, url, oauth).encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def base_string(method: str, url: str, oauth: dict[str, str]) -> str:
    """What is signed: method, address without query, and all parameters, sorted (RFC 5849, section 3.4.1)."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port not in (None, _PORTS.get(parts.scheme)) else ""
    address = f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path or '/'}"
    given = [*parse_qsl(parts.query, keep_blank_values=True), *oauth.items()]
    pairs = sorted((_escape(name), _escape(value)) for name, value in given)
    parameters = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((method.upper(), _escape(address), _escape(parameters)))


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
