"""Signed tokens for links, cookies and chat visitors: HMAC-SHA256 over a purpose and a payload."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping

Payload = Mapping[str, str | int]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature(key: bytes, purpose: str, body: str) -> bytes:
    return hmac.new(key, f"{purpose}.{body}".encode(), hashlib.sha256).digest()


def sign(key: bytes, purpose: str, payload: Payload, *, valid_s: int) -> str:
    """A token that `verify` accepts for `valid_s` seconds and for the same purpose alone."""
    body = _encode(json.dumps({**payload, "exp": int(time.time()) + valid_s}, sort_keys=True).encode())
    return f"{body}.{_encode(_signature(key, purpose, body))}"


def verify(key: bytes, purpose: str, token: str) -> dict[str, str | int] | None:
    """The payload, or None when the token is forged, stale or made for another purpose."""
    body, _, signature = token.partition(".")
    try:
        given = _decode(signature)
        if not hmac.compare_digest(given, _signature(key, purpose, body)):
            return None
        payload = json.loads(_decode(body))
    except (ValueError, UnicodeError):
        return None
    if not isinstance(payload, dict) or int(payload.get("exp", 0)) < time.time():
        return None
    return payload


def matches(key: bytes, raw_body: bytes, signature_hex: str, *, algorithm: str = "sha256") -> bool:
    """Whether a webhook's hex signature belongs to its raw body."""
    expected = hmac.new(key, raw_body, algorithm).hexdigest()
    return hmac.compare_digest(expected.encode(), signature_hex.strip().lower().encode())
